"""Passing on by page: who may, who reads it, and that nothing typed is lost or kept."""

import re

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from assetmap.models import Entry, Finding, Link, Membership, Referral, Team, User, Walkabout
from tests.make import (
    commit,
    make_category,
    make_entry,
    make_partner,
    make_referral,
    make_team,
    make_user,
    viewer_for,
)
from tests.queries import MOST_ON_A_PAGE, counted, questions
from tests.web.filled import send
from tests.web.pages import press, sign_in, token

SECRET = "Somebody sells pills behind the bandstand"
USUAL = {"category": "intelligence", "urgency": "routine", "may_be_named": "no"}


def pass_on(client: FlaskClient, **said: object) -> TestResponse:
    return client.post("/referrals/new", data=said | {"csrf_token": token(client)})


def uid_in(page: str, name: str = "uid") -> str:
    found = re.search(rf'name="{name}"\s+value="([^"]*)"', page)
    assert found, f"the form has no {name}"
    return found[1]


@pytest.fixture
def receiver(session: Session, team: Team) -> User:
    return make_user(session, team, "approver", "receiver@example.org")


def test_a_finding_passed_on_by_its_button_is_read_by_the_receiver_alone(
    client: FlaskClient, session: Session, team: Team, editor: User, receiver: User
) -> None:
    finding = make_entry(session, "finding", team, title="By the bandstand", description=SECRET)
    path, uid = finding.path, finding.uid
    commit()
    assert f"/referrals/new?from={uid}" in client.get(path).text
    page = client.get(f"/referrals/new?from={uid}").text
    assert SECRET in page
    assert "999" in page
    said = USUAL | {"from": uid, "uid": uid_in(page), "words": "Told by a neighbour"}
    done = pass_on(client, **said)
    assert done.status_code == 303
    assert pass_on(client, **said).status_code == 303  # sent twice
    (kept,) = session.scalars(select(Referral)).all()
    address = f"/referrals/{kept.uid}"
    after = client.get(path).text
    assert "Passed on" in after
    assert SECRET not in after
    assert client.get(address).status_code == 403
    assert client.get("/referrals/").status_code == 403
    sign_in(client, receiver)
    assert "Something the police should know" in client.get("/referrals/").text
    shown = client.get(address).text
    assert SECRET in shown
    assert "Told by a neighbour" in shown
    sheet = client.get(f"{address}/sheet").text
    assert SECRET in sheet
    assert "Not to be identified" in sheet
    assert editor.name not in sheet


def test_a_finding_is_passed_on_as_it_is_when_nothing_is_added(
    client: FlaskClient, session: Session, team: Team, editor: User, receiver: User
) -> None:
    finding = make_entry(session, "finding", team, title="By the bandstand", description=SECRET)
    path = f"/referrals/new?from={finding.uid}"
    commit()
    page = client.get(path).text
    hidden = re.findall(r'<input type="hidden"\s+name="([^"]+)"\s+value="([^"]*)"', page)
    done = pass_on(client, **dict(hidden), **USUAL)
    assert done.status_code == 303, done.text
    kept = session.scalars(select(Referral)).one()
    sign_in(client, receiver)
    assert SECRET in client.get(f"/referrals/{kept.uid}").text


def test_a_finding_of_a_kind_that_is_never_written_down_is_passed_on_with_all_that_was_typed(
    client: FlaskClient, session: Session, team: Team, editor: User
) -> None:
    make_category(session, "finding", "cri_expl", route_only=True)
    walk = make_entry(session, "walkabout", team)
    walk_uid = str(walk.uid)
    commit()
    page = client.get(f"/findings/new?from={walk_uid}").text
    finding = uid_in(page)
    typed = {"title": "Boy with three phones", "category": "cri_expl", "description": SECRET}
    typed |= {"uid": finding, "from": walk_uid, "longitude": "-1.92", "latitude": "53.735"}
    asked = press(client, "/findings/new", **typed)
    assert asked.status_code == 200
    assert "Boy with three phones" in asked.text
    assert SECRET in asked.text
    assert session.scalars(select(Finding)).all() == []
    said = USUAL | {"uid": uid_in(asked.text), "words": f"Boy with three phones. {SECRET}"}
    said |= {"finding": finding, "finding_category": "cri_expl", "met_on": walk_uid}
    wrong = pass_on(client, **said, where="Nowhere at all")
    assert wrong.status_code == 422
    assert SECRET in wrong.text
    assert uid_in(wrong.text, "finding") == finding
    assert pass_on(client, **said).status_code == 303
    stub = session.scalars(select(Finding)).one()
    assert (str(stub.uid), stub.title, stub.status) == (finding, "Passed on", "routed")
    assert (stub.description, stub.longitude, stub.visibility) == ("", None, "team")
    assert session.scalars(select(Link.relation)).all() == ["found_on"]
    assert session.scalars(select(Referral.entry_id)).one() == stub.id


def test_the_button_on_a_form_passes_on_what_was_typed_and_saves_nothing(
    client: FlaskClient, session: Session, team: Team, editor: User
) -> None:
    hall = make_entry(session, "asset", team, title="Mill Hall", notes="Ask at the shop")
    path = hall.path
    commit()
    typed = {"title": "Mill Hall", "notes": f"Ask at the shop. {SECRET}", "do": "pass_on"}
    asked = press(client, f"{path}/edit", **typed, category="pla_hall", base_version=1)
    assert SECRET in asked.text
    said = USUAL | {"uid": uid_in(asked.text), "from": hall.uid, "words": SECRET}
    assert pass_on(client, **said).status_code == 303
    kept = session.scalars(select(Entry).execution_options(populate_existing=True)).one()
    assert (kept.title, kept.notes, kept.version) == ("Mill Hall", "Ask at the shop", 1)


def test_what_was_met_on_a_walkabout_may_say_where_on_it(
    client: FlaskClient, session: Session, team: Team, editor: User
) -> None:
    walk = make_entry(session, "walkabout", team)
    uid = walk.uid
    commit()
    page = client.get(f"/referrals/new?from={uid}").text
    assert 'name="where"' in page
    said = USUAL | {"from": uid, "uid": uid_in(page), "words": SECRET}
    assert pass_on(client, **said, where="Nowhere at all").status_code == 422
    assert pass_on(client, **said).status_code == 303
    assert session.scalars(select(Referral.entry_id)).one() == walk.id


def test_partners_send_but_never_read_and_notes_are_shown_to_nobody_new(
    client: FlaskClient, session: Session, team: Team
) -> None:
    theirs = make_team(session, "Alder")
    theirs.partner_id = make_partner(session).id
    outsider = make_user(session, theirs, "logger", "alder@example.org")
    approver = make_user(session, theirs, "approver", "chief@example.org")
    hall = make_entry(session, "asset", team, notes="For our eyes", description="A hall")
    uid = hall.uid
    commit()
    sign_in(client, outsider)
    page = client.get(f"/referrals/new?from={uid}")
    assert page.status_code == 200
    assert "For our eyes" not in page.text
    said = USUAL | {"from": uid, "uid": uid_in(page.text)}
    assert pass_on(client, **said, fields="notes").status_code == 422
    assert pass_on(client, **said, fields="description").status_code == 303
    kept = session.scalars(select(Referral)).one()
    sign_in(client, approver)
    for address in ("/referrals/", f"/referrals/{kept.uid}", f"/referrals/{kept.uid}/sheet"):
        assert client.get(address).status_code == 403
    assert 'href="/referrals/"' not in client.get("/").text


def received(client: FlaskClient, receiver: User, category: str) -> tuple[str, dict[str, str]]:
    """Where something is that was just passed on, for the receiver; and what their forms send."""
    page = client.get("/referrals/new").text
    said = USUAL | {"uid": uid_in(page), "words": SECRET, "category": category}
    assert pass_on(client, **said).status_code == 303
    sign_in(client, receiver)
    return f"/referrals/{uid_in(page)}", {"csrf_token": token(client)}


def test_what_nobody_needs_is_let_go_of_without_saying_that_it_was_sent(
    client: FlaskClient, session: Session, team: Team, editor: User, receiver: User
) -> None:
    address, csrf = received(client, receiver, "intelligence")
    shown = client.get(address).text
    assert "Nobody needs it" in shown
    assert "It belongs to another office" not in shown
    assert client.post(f"{address}/return", data=csrf | {"why": "other_office"}).status_code == 409
    assert client.post(f"{address}/return", data=csrf | {"why": "not_needed"}).status_code == 303
    left = client.get(address).text
    assert "Why nobody was sent it" in left
    assert "Came back" not in left
    assert client.post(f"{address}/purge", data=csrf).status_code == 303
    assert SECRET not in client.get(address).text


def test_a_referral_goes_from_hand_to_hand_until_it_is_purged(
    client: FlaskClient, session: Session, team: Team, editor: User, receiver: User
) -> None:
    address, csrf = received(client, receiver, "safeguarding_child")
    assert client.post(f"{address}/purge", data=csrf).status_code == 409
    assert client.post(f"{address}/send", data=csrf).status_code == 422
    office = csrf | {"sent_to": "Children’s front door"}
    assert client.post(f"{address}/send", data=office).status_code == 303
    assert client.post(f"{address}/return", data=csrf | {"why": "not_theirs"}).status_code == 303
    assert client.post(f"{address}/send", data=office).status_code == 303
    assert "Confirm the hand-over" in client.get(address).text
    told = csrf | {"force_reference": "CFD-77"}
    assert client.post(f"{address}/acknowledge", data=told).status_code == 303
    shown = client.get(address).text
    assert SECRET in shown
    assert "CFD-77" in shown
    assert client.post(f"{address}/purge", data=csrf).status_code == 303
    gone = client.get(address).text
    assert SECRET not in gone
    assert "CFD-77" in gone
    assert client.get(f"{address}/sheet").status_code == 409


def test_the_walk_is_over_only_once_the_scan_is_answered_and_a_yes_leads_on(
    client: FlaskClient, session: Session, team: Team, editor: User
) -> None:
    walk = make_entry(session, "walkabout", team, status="underway")
    path, uid = walk.path, walk.uid
    commit()
    assert "Was crime, safeguarding or intelligence met?" in client.get(f"{path}/state").text
    assert send(client, f"{path}/state", status="complete").status_code == 422
    done = send(client, f"{path}/state", status="complete", scan_status="found")
    assert (done.status_code, done.location) == (303, f"/referrals/new?from={uid}")
    session.expire_all()
    kept = session.scalars(select(Walkabout)).one()
    assert (kept.status, kept.scan_status, kept.scanned_by_id) == ("complete", "found", editor.id)
    assert kept.scanned_at is not None
    assert editor.name in client.get(path).text


def test_the_pages_of_referrals_ask_no_more_than_other_pages(
    client: FlaskClient, session: Session, team: Team, editor: User, receiver: User
) -> None:
    raiser = viewer_for(editor, team)
    uids = [make_referral(session, raiser).uid for _ in range(3)]
    path = make_entry(session, "asset", team).path
    theirs = make_team(session, "A partner's")
    theirs.partner_id = make_partner(session).id
    session.add(Membership(user_id=receiver.id, team_id=theirs.id, role="editor"))
    commit()
    sign_in(client, receiver)
    for address in ("/referrals/", "/referrals/new", f"/referrals/{uids[0]}", path):
        with counted() as sent:
            assert client.get(address).status_code == 200
        assert len(questions(sent)) <= MOST_ON_A_PAGE, (address, sent)
