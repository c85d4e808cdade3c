"""The auditor's page: who did and saw what, within the teams they audit and no others."""

from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from assetmap import spatial
from assetmap.access import OPERATOR, Viewer
from assetmap.db import db
from assetmap.models import AuditEntry, Entry, Team, User
from assetmap.register import audit, people
from assetmap.schemas.people import NewPerson
from assetmap.vocabulary import AuditAction, Role
from tests.make import commit, make_entry, make_team, make_user
from tests.queries import MOST_ON_A_PAGE, counted
from tests.web.pages import sign_in

EXPORTED, READ = AuditAction.EXPORTED, AuditAction.READ


def told(session: Session, action: AuditAction, user: User, *entries: Entry, **more: Any) -> None:
    viewer = Viewer(user.name, user.id)
    audit.note(session, action, viewer=viewer, entries=entries, fields=["contact"], **more)


@pytest.fixture
def ours(session: Session) -> Team:
    return make_team(session)


@pytest.fixture
def nia(session: Session, ours: Team) -> User:
    return make_user(session, ours, "editor", "nia@demo.example")


@pytest.fixture
def auditor(session: Session, client: FlaskClient, ours: Team) -> User:
    """The auditor of one team, signed in."""
    user = make_user(session, ours, "auditor", "auditor@demo.example")
    commit()
    sign_in(client, user)
    commit()
    return user


def test_reading_what_is_open_to_everybody_waits_for_nobody_who_writes(
    client: FlaskClient, session: Session, ours: Team, nia: User
) -> None:
    hall = make_entry(session, "asset", ours, phone="01632 960 001")
    path, uid = hall.path, hall.uid
    commit()
    sign_in(client, nia)
    reached = [f"{path}{part}" for part in ("", "/edit", "/suggest")]
    with Session(db.engine) as other:
        spatial.writing(other)
        audit.hold(other)
        for address in (*reached, "/", f"/api/assets/{uid}", f"/api/entries/{uid}/provenance"):
            assert client.get(address).status_code == 200, address
    assert not session.scalars(select(AuditEntry).where(AuditEntry.action == READ)).all()


def test_one_page_tells_who_saw_or_took_an_entry_away(
    client: FlaskClient, session: Session, ours: Team, nia: User, auditor: User
) -> None:
    hall, hut = make_entry(session, "asset", ours), make_entry(session, "asset", ours)
    told(session, READ, nia, hall)
    told(session, EXPORTED, nia, hall, hut, channel="csv", purpose="planning")
    told(session, READ, nia, hut)
    commit()
    page = client.get(f"/audit/?about={hall.ref}").text
    text = " ".join(page.replace("\n", " ").split())
    assert "Nia (Riverside team)" in text
    assert "downloaded 2 entries" in text
    assert "as CSV: contact, for “Planning an event, a walkabout or who to invite”." in text
    assert text.count(": contact") == 2
    by_uid = client.get(f"/audit/?about={hall.uid}&action=exported").text
    assert by_uid.count("account-number") == 1


def test_an_auditor_learns_nothing_of_other_teams(
    client: FlaskClient, session: Session, ours: Team, nia: User, auditor: User
) -> None:
    others = make_team(session, "Harbour team")
    secret = make_entry(session, "asset", others, title="Refuge", visibility="restricted")
    hall = make_entry(session, "asset", ours)
    secret_uid = secret.uid
    told(session, READ, nia, secret)
    told(session, EXPORTED, nia, secret, hall, channel="csv")
    commit()
    page = client.get("/audit/").text
    assert "Refuge" not in page
    assert secret.ref not in page
    assert "downloaded an asset" not in page
    assert "1 entry of your teams" in " ".join(page.split()) or "an entry" in page
    problem = client.get(f"/audit/?about={secret.ref}")
    assert (problem.status_code, "Refuge" in problem.text) == (400, False)
    hidden, nobody = (
        client.get(f"/audit/?about={uid}")
        for uid in (secret_uid, "0198c0de-0000-7000-8000-000000000001")
    )
    assert hidden.status_code == nobody.status_code == 200
    assert "account-number" not in hidden.text + nobody.text


def test_only_auditors_and_data_officers_read_the_audit(
    client: FlaskClient, session: Session, ours: Team
) -> None:
    commit()
    assert client.get("/audit/").status_code == 401
    for role, status in (("admin", 403), ("editor", 403), ("data_officer", 200)):
        user = make_user(session, ours, role, f"{role}@demo.example")
        commit()
        sign_in(client, user)
        commit()
        assert client.get("/audit/").status_code == status, role


def test_taking_the_audit_away_is_on_it(
    client: FlaskClient, session: Session, nia: User, ours: Team, auditor: User
) -> None:
    told(session, READ, nia, make_entry(session, "asset", ours))
    commit()
    sent = client.get("/audit.csv")
    assert sent.status_code == 200
    assert "read an entry" in sent.text
    session.rollback()
    last = session.scalars(select(AuditEntry).order_by(AuditEntry.seq.desc())).first()
    assert last is not None
    assert (last.action, last.entity, last.actor_id) == ("exported", "audit", auditor.id)


def test_older_rows_are_a_page_away_and_narrow_by_person_and_day(
    client: FlaskClient, session: Session, ours: Team, nia: User, auditor: User
) -> None:
    hall = make_entry(session, "asset", ours)
    for _ in range(5):
        told(session, READ, nia, hall)
        commit()
    page = client.get(f"/audit/?limit=2&person={nia.uid}")
    assert page.text.count("account-number") == 2
    assert "cursor=" in page.text
    assert "account-number" not in client.get("/audit/?until=2001-01-01").text
    for wrong in ("since=soon", "actoin=read", "person=me", "about=nonsense", "cursor=0"):
        assert client.get(f"/audit/?{wrong}").status_code == 400, wrong


def test_the_page_asks_the_database_little(
    client: FlaskClient, session: Session, ours: Team, nia: User, auditor: User
) -> None:
    hall = make_entry(session, "asset", ours)
    for _ in range(20):
        told(session, READ, nia, hall)
        commit()
    with counted() as sent:
        client.get(f"/audit/?about={hall.ref}")
    assert len(sent) <= MOST_ON_A_PAGE, sent


def test_an_entry_leads_its_auditor_to_who_saw_it(
    client: FlaskClient, session: Session, ours: Team, auditor: User
) -> None:
    hall = make_entry(session, "asset", ours)
    commit()
    page = client.get(hall.path).text
    assert f"/audit/?about={hall.ref}" in page
    assert 'class="marked"' in page
    assert "OFFICIAL" in page


def test_the_public_sees_no_mark(client: FlaskClient) -> None:
    assert 'class="marked"' not in client.get("/").text


def test_whose_role_was_given_and_which_is_told_by_name(
    client: FlaskClient, session: Session, ours: Team, nia: User, auditor: User
) -> None:
    new = NewPerson(email=nia.email, team=ours.name, role=Role.ORGANISER)
    people.add(session, new, viewer=OPERATOR)
    commit()
    text = " ".join(client.get("/audit/").text.split())
    assert "changed the role of Nia: given organiser." in text


def test_the_form_of_an_entry_is_a_reading_of_its_exact_place_and_one_row(
    client: FlaskClient, session: Session, ours: Team, nia: User
) -> None:
    home = make_entry(session, "asset", ours, precision="lsoa", notes="Ring twice")
    path = home.path
    commit()
    sign_in(client, nia)
    seen = select(AuditEntry.fields).where(AuditEntry.action == READ)
    for form, held in (("edit", ["exact_location", "notes"]), ("suggest", ["exact_location"])):
        before = len(session.scalars(seen).all())
        assert client.get(f"{path}/{form}").status_code == 200
        session.rollback()
        rows = session.scalars(seen.order_by(AuditEntry.seq)).all()
        assert [sorted(one) for one in rows[before:]] == [held], form
