"""Taking away what was found: accounted for, marked, and asked about when it is much."""

import csv
import json
from pathlib import Path
from typing import Any

import pyogrio
import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from assetmap.access import Viewer
from assetmap.db import db
from assetmap.errors import NotAllowed
from assetmap.formats.csv import NOT_WHOLE
from assetmap.models import (
    Attachment,
    AuditEntry,
    AuditSaid,
    AuditSubject,
    Entry,
    Membership,
    Partner,
    SharingAgreement,
    Team,
    User,
    UserSession,
)
from tests.make import (
    commit,
    make_agreement,
    make_entry,
    make_partner,
    make_person,
    make_team,
    make_user,
)
from tests.web.pages import press, sign_in, token

FEW = 3


@pytest.fixture
def nia(app: Flask, session: Session, client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> User:
    """Somebody of the team that keeps four halls, one of them without a phone, signed in."""
    monkeypatch.setattr("assetmap.register.deployment.purpose_above", lambda _session: FEW - 1)
    team = make_team(session)
    user = make_user(session, team, "editor")
    for n in range(FEW):
        make_entry(session, "asset", team, title=f"Hall {n}", phone="01632 960 123")
    make_entry(session, "asset", team, title="A hut", visibility="team")
    commit()
    sign_in(client, user)
    commit()
    return user


def rows(session: Session, action: str = "exported") -> list[AuditEntry]:
    session.rollback()
    query = select(AuditEntry).where(AuditEntry.action == action).order_by(AuditEntry.seq)
    return list(session.scalars(query))


def test_the_public_takes_open_data_away_with_one_click(
    client: FlaskClient, session: Session, nia: User
) -> None:
    with client.session_transaction() as cookie:
        cookie.clear()
    answer = client.get("/assets.csv")
    assert answer.status_code == 200
    assert answer.text.count("\n") == FEW + 1
    assert "X-Classification" not in answer.headers
    assert rows(session) == []


@pytest.mark.parametrize("path", ["/search.csv", "/search.geojson", "/walkabouts.csv"])
def test_a_download_ends_what_it_has_begun_to_read(
    client: FlaskClient, session: Session, path: str
) -> None:
    for kind in ("asset", "walkabout"):
        make_entry(session, kind, make_team(session, kind))
    commit()
    before = db.engine.pool.checkedout()  # type: ignore[attr-defined]
    assert client.get(path).data
    assert db.engine.pool.checkedout() == before  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "path", ["/assets.csv", "/assets.geojson", "/assets.gpkg", "/contacts.csv", "/audit.csv"]
)
def test_signing_out_stops_each_sort_of_file_on_its_way(
    client: FlaskClient, session: Session, nia: User, path: str, piece_by_piece: None
) -> None:
    team_id = session.scalars(select(Team.id)).one()
    session.add(Membership(user_id=nia.id, team_id=team_id, role="auditor"))
    for n in range(4):
        make_person(
            session, session.get_one(Team, team_id), name=f"Pat {n}", email=f"{n}@x.example"
        )
    commit()
    if path == "/contacts.csv":
        form = {"purpose": "planning", "csrf_token": token(client, "/contacts/")}
        answer = client.post(path, data=form)
    else:
        answer = client.get(path, headers={"X-Purpose": "planning"})
    assert answer.status_code == 200
    pieces = answer.iter_encoded()
    begun = [next(pieces), next(pieces)]
    session.rollback()
    with db.engine.begin() as elsewhere:
        elsewhere.execute(delete(UserSession))
    with pytest.raises(NotAllowed, match="has changed since you began"):
        begun.extend(pieces)
    if path.endswith(".csv"):
        assert b"".join(begun).decode().splitlines()[-1] == NOT_WHOLE
    session.rollback()


def test_many_contact_details_leave_only_when_it_is_said_what_for(
    client: FlaskClient, session: Session, nia: User
) -> None:
    page = client.get("/assets.csv?category=pla_hall")
    assert page.status_code == 428
    assert "What is this download for?" in page.text
    assert rows(session) == []
    page = press(client, "/assets.csv?category=pla_hall", "/assets.csv")
    assert (page.status_code, "Choose what it is for." in page.text) == (422, True)
    sent = press(client, "/assets.csv", "/assets.csv", purpose="planning")
    assert sent.status_code == 200
    assert "Hall 1" in sent.text
    (row,) = rows(session)
    assert (row.purpose, row.channel, row.subject_count) == ("planning", "csv", FEW + 1)
    assert (row.fields, row.details) == (["contact"], {"filters": [], "kind": "asset"})


def test_something_else_is_said_in_words(client: FlaskClient, session: Session, nia: User) -> None:
    page = press(client, "/assets.csv", "/assets.csv", purpose="other")
    assert page.status_code == 422
    for named in ("Ring Pat on 01632 960123", "Pat Example was arrested"):
        named_one = {"purpose": "other", "purpose_words": named}
        assert press(client, "/assets.csv", "/assets.csv", **named_one).status_code == 422, named
    press(client, "/assets.csv", "/assets.csv", purpose="other", purpose_words="A leaflet")
    (row,) = rows(session)
    assert (row.purpose[:8], "leaflet" in row.purpose) == ("other: #", False)
    said = session.scalars(select(AuditSaid)).one()
    assert (said.seq, said.words) == (row.seq, "A leaflet")


def test_a_purpose_in_the_address_is_enough(
    client: FlaskClient, session: Session, nia: User
) -> None:
    assert client.get("/assets.geojson?purpose=planning&text=hall").status_code == 200
    (row,) = rows(session)
    assert row.details["filters"] == ["text"]
    assert "hall" not in json.dumps(row.details)


def test_a_file_is_marked_in_its_name_and_in_a_header(
    client: FlaskClient, session: Session, nia: User
) -> None:
    answer = client.get("/assets.csv?text=hall&purpose=planning")
    assert answer.headers["X-Classification"] == "OFFICIAL"
    assert "OFFICIAL.csv" in answer.headers["Content-Disposition"]
    assert answer.data.startswith(b"\xef\xbb\xbfref,")


def test_a_restricted_finding_marks_the_whole_file_in_its_first_line(
    client: FlaskClient, session: Session, nia: User
) -> None:
    entry = session.scalars(select(Entry)).first()
    assert entry is not None
    team = entry.team_id
    from_team = Viewer(nia.name, nia.id, {team: frozenset({"editor"})})
    made = session.get(Team, team)
    assert made is not None
    make_entry(session, "finding", made, viewer=from_team, visibility="restricted")
    commit()
    answer = client.get("/findings.csv")
    assert answer.headers["X-Classification"] == "OFFICIAL-SENSITIVE"
    assert answer.data.startswith(b'\xef\xbb\xbf"# OFFICIAL-SENSITIVE"\r\nref,')
    shapes = client.get("/findings.geojson")
    assert shapes.json is not None
    assert shapes.json["classification"] == "OFFICIAL-SENSITIVE"


def test_the_way_of_a_walkabout_as_a_file_is_marked_and_accounted_for(
    client: FlaskClient, session: Session, nia: User
) -> None:
    entry = session.scalars(select(Entry)).first()
    assert entry is not None
    walk = make_entry(
        session, "walkabout", session.get_one(Team, entry.team_id), stops=["Mill Lane | -1.9, 53.7"]
    )
    commit()
    answer = client.get(f"{walk.path}/tracks.gpx")
    assert (answer.status_code, answer.headers["X-Classification"]) == (200, "OFFICIAL")
    assert f"{walk.ref}-OFFICIAL.gpx" in answer.headers["Content-Disposition"]
    assert b"<desc>OFFICIAL</desc>" in answer.data
    (row,) = rows(session)
    assert (row.action, row.channel, row.subject_count) == ("exported", "gpx", 1)


def agreed(session: Session, **said: Any) -> tuple[Team, User, SharingAgreement]:
    """The team that keeps what there is, somebody of a partner's team, and what the two agreed."""
    partner = make_partner(session)
    agreement = make_agreement(session, partner, **said)
    theirs = make_team(session, "Alder team")
    theirs.partner_id = partner.id
    ours = session.scalars(select(Team).join(Entry, Entry.team_id == Team.id)).first()
    assert ours is not None
    return ours, make_user(session, theirs, "viewer", "jo@demo.example"), agreement


def test_what_an_agreement_opened_is_told_with_the_agreement(
    client: FlaskClient, session: Session, nia: User
) -> None:
    team, jo, agreement = agreed(session)
    shown = make_entry(session, "asset", team, title="Shared hall", visibility="partner")
    commit()
    sign_in(client, jo)
    commit()
    assert client.get("/assets.csv?purpose=sharing").status_code == 200
    found = {row.agreement_id: row for row in rows(session)}
    assert set(found) == {None, agreement.id}
    subjects = session.scalars(
        select(AuditSubject.uid).where(AuditSubject.seq == found[agreement.id].seq)
    ).all()
    assert subjects == [shown.uid]


def test_contact_details_that_an_agreement_opened_on_a_public_entry_are_told_with_it(
    client: FlaskClient, session: Session, nia: User
) -> None:
    team, jo, agreement = agreed(session, fields=["contact"])
    reached: dict[str, Any] = {"phone": "01632 960931", "contact_visibility": "partner"}
    shown = make_entry(session, "asset", team, title="Reached by partners", **reached)
    commit()
    sign_in(client, jo)
    commit()
    for address in ("/assets.csv?purpose=sharing", shown.path, f"/api{shown.path}"):
        action = "exported" if "csv" in address else "read"
        before = len(rows(session, action))
        assert b"01632 960931" in client.get(address).data
        told = rows(session, action)[before:]
        assert agreement.id in {row.agreement_id for row in told}, address


def test_of_two_agreements_that_open_an_entry_the_one_that_opens_more_of_it_is_told(
    client: FlaskClient, session: Session, nia: User
) -> None:
    team, jo, narrow = agreed(session, fields=["contact"])
    receiver = session.get_one(Partner, narrow.receiver_id)
    wide = make_agreement(session, receiver, fields=["contact", "exact_location", "notes"])
    said: dict[str, Any] = {
        "visibility": "partner",
        "precision": "ward",
        "notes": "The side door sticks",
    }
    shown = make_entry(session, "asset", team, title="Shared hall", **said)
    commit()
    sign_in(client, jo)
    commit()
    for address in (shown.path, f"/api{shown.path}"):
        before = len(rows(session, "read"))
        assert b"The side door sticks" in client.get(address).data
        assert {row.agreement_id for row in rows(session, "read")[before:]} == {wide.id}


def test_where_one_agreement_opens_contacts_and_another_notes_each_is_told_with_what_it_opened(
    client: FlaskClient, session: Session, nia: User
) -> None:
    team, jo, reach = agreed(session, fields=["contact"])
    receiver = session.get_one(Partner, reach.receiver_id)
    tell = make_agreement(session, receiver, fields=["notes"], kinds=["asset"])
    make_agreement(session, receiver, fields=["notes"], kinds=["offer"])  # speaks of no asset
    said: dict[str, Any] = {
        "visibility": "partner",
        "contact_visibility": "partner",
        "phone": "01632 960931",
        "notes": "The side door sticks",
    }
    shown = make_entry(session, "asset", team, title="Shared hall", **said)
    commit()
    sign_in(client, jo)
    commit()
    for address in (
        shown.path,
        f"/api{shown.path}",
        "/api/entries?kind=asset",
        "/assets.geojson?purpose=sharing",
    ):
        action = "exported" if "geojson" in address else "read"
        before = len(rows(session, action))
        given = client.get(address).data
        assert b"The side door sticks" in given, address
        assert b"01632 960931" in given, address
        told = rows(session, action)[before:]
        by = {row.agreement_id: row for row in told if row.agreement_id is not None}
        assert {key: row.fields for key, row in by.items()} == {
            reach.id: ["contact"],
            tell.id: ["notes"],
        }, address
        for row in by.values():
            subjects = select(AuditSubject.uid).where(AuditSubject.seq == row.seq)
            assert session.scalars(subjects).all() == [shown.uid], address
    assert b"The side door sticks" not in client.get("/assets.csv?purpose=sharing").data
    last = {row.agreement_id for row in rows(session)[-2:]}
    assert last == {None, reach.id}, "a table holds no notes, and names no agreement on them"


def test_an_agreement_that_opens_nothing_of_an_entry_open_to_all_is_not_told(
    client: FlaskClient, session: Session, nia: User
) -> None:
    team, jo, _ = agreed(session, fields=["contact", "notes", "exact_location"])
    make_entry(session, "asset", team, title="Open hall", phone="01632 960931")
    commit()
    sign_in(client, jo)
    commit()
    for address in ("/api/entries?kind=asset", "/assets.csv?purpose=sharing"):
        action = "exported" if "csv" in address else "read"
        before = len(rows(session, action))
        assert b"01632 960931" in client.get(address).data
        told = rows(session, action)[before:]
        assert {row.agreement_id for row in told} == {None}, address


def test_a_photo_that_an_agreement_opened_on_a_public_entry_is_told_with_it(
    client: FlaskClient, session: Session, nia: User
) -> None:
    team, jo, agreement = agreed(session, fields=["photos"])
    plain, pictured = (make_entry(session, "asset", team, title=f"Hall {n}") for n in "ab")
    kept: dict[str, Any] = {
        "mime": "image/jpeg",
        "bytes": 1,
        "width": 1,
        "height": 1,
        "sha256": "x",
    }
    said = {"alt_text": "The stage", "consent_scope": "partners"}
    session.add(Attachment(entry_id=pictured.id, **kept, **said))
    commit()
    sign_in(client, jo)
    commit()
    assert b"The stage" in client.get(pictured.path).data
    assert client.get(plain.path).status_code == 200
    (told,) = rows(session, "read")
    assert (told.agreement_id, told.fields) == (agreement.id, ["photos"])


def test_an_entry_that_is_not_open_to_everybody_is_read_on_the_account_and_others_are_not(
    client: FlaskClient, session: Session, nia: User
) -> None:
    hut = session.scalars(select(Entry).where(Entry.title == "A hut")).one()
    hall = session.scalars(select(Entry).where(Entry.title == "Hall 1")).one()
    for path in (hut.path, hall.path):
        assert client.get(path).status_code == 200
    (row,) = rows(session, "read")
    assert (row.actor_id, row.subject_count, row.channel) == (nia.id, 1, "page")


def test_a_file_that_broke_off_goes_on_behind_its_last_row(
    client: FlaskClient, session: Session, nia: User
) -> None:
    whole = list(csv.DictReader(client.get("/assets.csv?purpose=planning").text.splitlines()))
    halls = [row["\ufeffref"] for row in whole]
    assert halls == sorted(halls)
    began = client.head("/assets.csv?purpose=planning").headers["X-Taken-At"]
    asked = f"purpose=planning&after={halls[0]}"
    rest = client.get(f"/assets.csv?{asked}")
    assert [line.partition(",")[0] for line in rest.text.splitlines()[1:]] == halls[1:]
    assert "X-Changed-Since" not in rest.headers
    past = client.get(f"/assets.geojson?{asked}&since=2020-01-01T00:00:00Z")
    assert [one["properties"]["ref"] for one in past.get_json(force=True)["features"]] == halls[1:]
    assert past.headers["X-Changed-Since"] == "1"
    since = client.get(f"/assets.csv?{asked}&since=2100-01-01T00:00:00Z")
    assert since.headers["X-Changed-Since"] == "0"
    assert began.endswith("Z")
    for wrong in ("after=7", "after=AST-x", f"since={began}", f"after={halls[0]}&sort=newest"):
        assert client.get(f"/assets.csv?purpose=planning&{wrong}").status_code == 400, wrong


def test_a_geopackage_is_whole_marked_and_on_the_account(
    client: FlaskClient, session: Session, nia: User, tmp_path: Path
) -> None:
    answer = client.get("/assets.gpkg?purpose=planning")
    assert answer.content_type == "application/geopackage+sqlite3"
    assert "OFFICIAL.gpkg" in answer.headers["Content-Disposition"]
    path = tmp_path / "assets.gpkg"
    path.write_bytes(answer.data)
    assert pyogrio.read_info(path)["features"] == FEW + 1
    (row,) = rows(session)
    assert (row.channel, row.subject_count, row.fields) == ("gpkg", FEW + 1, ["contact"])
    assert "GeoPackage" in client.get("/").text
