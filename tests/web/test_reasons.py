"""A restricted record is shown to those who may see it, once they have said why."""

import io
from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from PIL import Image
from sqlalchemy import select
from sqlalchemy.orm import Session

from assetmap.access import OPERATOR, viewer_of
from assetmap.db import now
from assetmap.models import AuditEntry, Entry, Membership, Proposal, Team, User
from assetmap.register import attachments, entries, links, reasons
from assetmap.schemas.attachments import PhotoDetails
from assetmap.schemas.entries import DRAFTS
from assetmap.schemas.reading import checked
from assetmap.vocabulary import Kind, Relation
from tests.make import commit, draft_fields, make_entry, make_user, point
from tests.web.pages import press, sign_in, token

TITLE = "Somebody is frightened here"


@pytest.fixture
def record(session: Session, team: Team) -> Entry:
    """A restricted record that somebody else logged."""
    entry = make_entry(session, "finding", team, title=TITLE, visibility="restricted")
    commit()
    return entry


@pytest.fixture
def officer(session: Session, team: Team, record: Entry, client: FlaskClient) -> User:
    """A data officer of the team, signed in."""
    user = make_user(session, team, "data_officer", "officer@demo.example")
    commit()
    sign_in(client, user)
    return user


def test_it_is_shown_when_it_is_said_why_and_the_answer_is_on_the_account(
    client: FlaskClient, session: Session, record: Entry, officer: User
) -> None:
    path = record.path
    asked = client.get(path)
    assert "Why do you need to see it?" in asked.text
    assert TITLE not in asked.text
    refused = press(client, f"{path}/reason", page="/account/", purpose="other")
    assert (refused.status_code, TITLE in refused.text) == (422, False)
    assert "without naming anybody" in refused.text
    given = press(client, f"{path}/reason", page="/account/", purpose="rights")
    assert (given.status_code, given.location) == (303, path)
    assert TITLE in client.get(path).text
    session.rollback()
    said = session.scalars(select(AuditEntry.purpose).where(AuditEntry.purpose != "")).all()
    assert said == ["rights"]


def test_the_answer_holds_for_its_record_and_person_and_for_eight_hours(
    session: Session,
    team: Team,
    record: Entry,
    officer: User,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    another = make_entry(session, "finding", team, visibility="restricted")
    colleague = make_user(session, team, "editor", "editor@demo.example")
    reasons.give(session, record, "rights", viewer=viewer_of(session, officer.id))
    commit()
    viewer = viewer_of(session, officer.id)
    assert not reasons.asks(session, record, viewer=viewer)
    assert reasons.asks(session, another, viewer=viewer)
    assert reasons.asks(session, record, viewer=viewer_of(session, colleague.id))
    monkeypatch.setattr(reasons, "now", lambda: now() + timedelta(hours=8, seconds=1))
    assert reasons.asks(session, record, viewer=viewer)


def test_whoever_logged_it_is_not_asked(client: FlaskClient, session: Session, team: Team) -> None:
    user = make_user(session, team, "editor", "editor@demo.example")
    own = make_entry(
        session,
        "finding",
        team,
        title=TITLE,
        visibility="restricted",
        viewer=viewer_of(session, user.id),
    )
    commit()
    sign_in(client, user)
    assert TITLE in client.get(own.path).text


def test_a_program_says_why_in_a_header(client: FlaskClient, record: Entry, officer: User) -> None:
    for path in (f"/api{record.path}", f"/api/entries/{record.uid}/history"):
        assert client.get(path).status_code == 428
        assert client.get(path, headers={"X-Purpose": "x" * 151}).status_code == 400
    said = {"X-Purpose": "Answering a request"}
    assert TITLE in client.get(f"/api{record.path}", headers=said).text
    assert client.get(f"/api/entries/{record.uid}/history").status_code == 200


def test_no_page_beside_its_own_shows_what_it_says_before_it_is_said_why(
    client: FlaskClient, session: Session, team: Team, record: Entry, officer: User
) -> None:
    session.add(Membership(user_id=officer.id, team_id=team.id, role="editor"))
    other = make_entry(session, "finding", team, visibility="restricted")
    said = Proposal(entry_id=record.id, kind="finding", about="details", base_version=1)
    said.changes, said.digest = {"title": "No"}, "0" * 64
    session.add(said)
    commit()
    pages = (
        f"{record.path}/edit",
        f"{record.path}/suggest",
        f"/merges/new?keep={record.uid}&gone={other.uid}",
        f"/referrals/new?from={record.uid}",
        f"/proposals/{said.uid}",
    )
    for page in pages:
        asked = client.get(page)
        assert (asked.status_code, TITLE in asked.text) == (428, False), page
    for one in (record, other):
        reasons.give(session, one, "rights", viewer=viewer_of(session, officer.id))
    commit()
    assert {client.get(page).status_code for page in pages} == {200}


def test_no_list_shows_what_it_says_beside_its_name_before_it_is_said_why(
    client: FlaskClient, session: Session, team: Team, officer: User
) -> None:
    session.add(Membership(user_id=officer.id, team_id=team.id, role="editor"))
    said: dict[str, Any] = {"description": "Frightening words", "phone": "01632 960123"}
    make_entry(session, "asset", team, title="Mill hall", visibility="restricted", **said)
    twin = make_entry(session, "asset", team, title="Mill hall")
    commit()
    for page in ("/search?text=frightening", f"{twin.path}/same", f"{twin.path}/same?text=mill"):
        shown = client.get(page).text
        assert "Mill hall" in shown
        assert "Frightening words" not in shown, page
        assert said["phone"] not in shown, page


def test_no_refused_answer_to_a_suggestion_shows_what_the_record_says(
    client: FlaskClient, session: Session, team: Team, record: Entry, officer: User
) -> None:
    session.add(Membership(user_id=officer.id, team_id=team.id, role="editor"))
    said = Proposal(entry_id=record.id, kind="finding", about="details", base_version=1)
    said.changes, said.digest = {"title": "No"}, "0" * 64
    session.add(said)
    commit()
    for answer in ("accept", "refuse"):  # with nothing ticked, and no reason given
        refused = press(client, f"/proposals/{said.uid}/{answer}", page="/account/")
        assert (refused.status_code, TITLE in refused.text) == (428, False), answer
    reasons.give(session, record, "rights", viewer=viewer_of(session, officer.id))
    commit()
    refused = press(client, f"/proposals/{said.uid}/accept", page="/account/")
    assert (refused.status_code, TITLE in refused.text) == (422, True)


def test_a_program_that_changes_a_record_is_told_what_it_says_only_when_it_says_why(
    client: FlaskClient, session: Session, team: Team, record: Entry, officer: User
) -> None:
    session.add(Membership(user_id=officer.id, team_id=team.id, role="editor"))
    entries.change(  # so that another change of the title clashes, and would be told this one
        session,
        record,
        checked(DRAFTS[Kind.FINDING], draft_fields(session, Kind.FINDING, title=TITLE + " now")),
        viewer=OPERATOR,
        base_version=1,
    )
    commit()
    at = f"/api/entries/{record.uid}"
    sent = {"title": "Another", "category": "env_litt", "geometry": point()}
    asked = {"X-CSRFToken": token(client, "/account/"), "If-Match": '"1"'}
    why = asked | {"X-Purpose": "Answering a request"}

    def answers(headers: dict[str, str]) -> list[tuple[int, bool]]:
        given = (
            client.post(f"{at}/check", json={"how": "visit"}, headers=headers),
            client.post(f"{at}/status", json={"status": "triaged"}, headers=headers),
            client.put(f"/api{record.path}", json=sent, headers=headers),
        )
        return [(one.status_code, TITLE in one.text) for one in given]

    assert answers(asked) == [(428, False)] * 3
    session.rollback()
    assert (record.status, record.checked_on) == ("new", None)
    assert answers(why) == [(200, True), (200, True), (409, True)]


def test_what_holds_it_leaves_only_when_it_is_said_why(
    client: FlaskClient, session: Session, team: Team, record: Entry, officer: User
) -> None:
    make_entry(session, "walkabout", team, title=TITLE, visibility="restricted")
    make_entry(session, "asset", team, title="A hall")
    commit()
    files = ("/search.csv", "/findings.geojson", "/walkabouts.csv")
    for path in (*files, "/api/entries", "/api/entries?kind=finding"):
        refused = client.get(path)
        assert (refused.status_code, TITLE in refused.text) == (428, False), path
    asked = client.get("/walkabouts.csv").text
    assert "<strong>1</strong> that is restricted" in asked
    assert 'href="/walkabouts/?"' in asked
    assert client.get("/assets.csv").status_code == 200
    for path in files:
        given = press(client, path, page="/account/", purpose="keeping")
        assert (given.status_code, TITLE in given.text) == (200, True), path
        assert TITLE in client.get(f"{path}?purpose=keeping").text, path
    found = client.get("/api/entries?kind=finding", headers={"X-Purpose": "keeping"})
    assert TITLE in found.text
    assert TITLE in client.get("/api/entries?kind=finding").text  # it was said a moment ago
    session.rollback()
    kept = select(AuditEntry.purpose).where(AuditEntry.action.in_(("read", "exported")))
    assert set(session.scalars(kept)) == {"keeping", ""}


def test_pictures_of_a_restricted_record_are_opened_for_a_reason_and_put_on_the_account(
    client: FlaskClient, session: Session, record: Entry, officer: User
) -> None:
    picture = io.BytesIO()
    Image.new("RGB", (60, 40), "navy").save(picture, "JPEG")
    details = PhotoDetails(alt_text="The fence", consent_scope="internal")
    kept = attachments.attach(session, record, picture.getvalue(), details, viewer=OPERATOR)
    path, photo = record.path, f"/photos/{kept.uid}.jpg"
    commit()
    assert client.get(photo).status_code == 428
    assert client.get(f"{photo}?small=1").status_code == 428
    press(client, f"{path}/reason", page="/account/", purpose="rights")
    seen = select(AuditEntry.fields).where(AuditEntry.action == "read", AuditEntry.purpose == "")
    session.rollback()
    before = len(session.scalars(seen).all())
    for address in (path, f"{photo}?small=1", photo):
        assert client.get(address).status_code == 200
    session.rollback()
    assert session.scalars(seen.order_by(AuditEntry.seq)).all()[before:] == [["photos"]] * 2


def test_what_it_is_tied_to_tells_a_program_nothing_of_it_before_it_is_said_why(
    client: FlaskClient, session: Session, team: Team, record: Entry, officer: User
) -> None:
    walk = make_entry(session, "walkabout", team)
    links.link(session, record, Relation.FOUND_ON, walk, viewer=OPERATOR)
    path = f"/api/entries/{walk.uid}/provenance"
    commit()
    refused = client.get(path)
    assert (refused.status_code, TITLE in refused.text) == (428, False)
    assert TITLE in client.get(path, headers={"X-Purpose": "keeping"}).text
