"""The pages that every kind of entry has, on both databases."""

import uuid

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from assetmap.access import OPERATOR
from assetmap.db import db
from assetmap.models import Entry, Team, User
from assetmap.register import links, merging
from assetmap.vocabulary import Kind, Relation
from tests.make import (
    commit,
    make_area,
    make_entry,
    make_team,
    make_user,
)
from tests.queries import MOST_ON_A_PAGE, counted
from tests.web.filled import filled, send
from tests.web.pages import press, sign_in

KINDS = [kind.value for kind in Kind]


def only(session: Session, kind: str) -> Entry:
    db.session.expire_all()
    return session.scalars(select(Entry).where(Entry.kind == kind)).one()


@pytest.mark.parametrize("kind", KINDS)
def test_anybody_may_read_the_page_of_a_public_entry(
    client: FlaskClient, session: Session, team: Team, kind: str
) -> None:
    entry = make_entry(session, kind, team, title="By the river", description="Two\nlines")
    ref, path = entry.ref, entry.path
    commit()
    page = client.get(path)
    assert page.status_code == 200
    assert "By the river" in page.text
    assert ref in page.text
    assert f"{path}/edit" not in page.text


@pytest.mark.parametrize("kind", KINDS)
def test_a_list_as_a_file_says_once_in_what_letters_it_is(
    client: FlaskClient, team: Team, kind: str
) -> None:
    commit()
    answer = client.get(f"/{Kind(kind).plural}.csv")
    assert answer.content_type == "text/csv; charset=utf-8"


@pytest.mark.parametrize("kind", KINDS)
def test_a_page_sends_eight_queries_at_most(
    client: FlaskClient, session: Session, team: Team, editor: User, kind: str
) -> None:
    ward = make_area(session)
    walk = make_entry(session, "walkabout", team)
    entry = make_entry(session, kind, team, covers_areas=[ward.code], radius_m=200)
    if kind != "hotspot":
        links.link(session, entry, Relation.FOUND_ON, walk, viewer=OPERATOR)
    plural, path = Kind(kind).plural, entry.path
    commit()
    for address in (path, f"{path}/edit", f"/{plural}/new", f"/{plural}/", f"{path}/links"):
        db.session.close()
        with counted() as sent:
            client.get(address)
        assert len(sent) <= MOST_ON_A_PAGE, address


@pytest.mark.parametrize(
    "verb", ["check", "state", "withdraw", "links", "unlink", "edit", "photos"]
)
def test_nothing_is_changed_without_the_token_of_a_form(
    client: FlaskClient, session: Session, team: Team, editor: User, verb: str
) -> None:
    entry = make_entry(session, "asset", team)
    path = entry.path
    commit()
    assert client.post(f"{path}/{verb}", data={"version": "1"}).status_code == 400
    assert only(session, "asset").version == 1


@pytest.mark.parametrize("verb", ["check", "state", "withdraw"])
def test_nothing_is_done_to_another_version_than_the_page_showed(
    client: FlaskClient, session: Session, team: Team, editor: User, verb: str
) -> None:
    entry = make_entry(session, "asset", team)
    path = entry.path
    commit()
    send(client, f"{path}/edit", title="Changed meanwhile")
    answer = press(client, f"{path}/{verb}", path, version="1", status="closed", why="Gone")
    assert answer.status_code == 409
    assert only(session, "asset").version == 2


def test_still_here_is_one_press(
    client: FlaskClient, session: Session, team: Team, editor: User
) -> None:
    entry = make_entry(session, "asset", team, review_due="2020-01-01")
    path = entry.path
    commit()
    assert "Check overdue" in client.get(path).text
    said = filled(client.get(path).text, "/check")
    page = client.post(f"{path}/check", data=said, follow_redirects=True).text
    assert "Checked today" in page


def test_a_finding_goes_through_its_states_in_words(
    client: FlaskClient, session: Session, team: Team, editor: User
) -> None:
    entry = make_entry(session, "finding", team, status="reopened")
    path = entry.path
    commit()
    refused = send(client, f"{path}/state", status="resolved")
    assert refused.status_code == 422
    assert "Say what was done." in refused.text
    send(client, f"{path}/state", status="resolved", resolution="Lamp mended")
    page = client.get(path).text
    assert "Lamp mended" in page
    answer = send(client, f"{path}/state", status="verified", by_resident="yes")
    assert answer.status_code == 303
    assert "Verified by a resident" in client.get(path).text


def test_a_state_it_cannot_reach_is_refused_by_name(
    client: FlaskClient, session: Session, team: Team, editor: User
) -> None:
    walk = make_entry(session, "walkabout", team, status="underway")
    path = walk.path
    commit()
    assert send(client, f"{path}/state", status="fulfilled").status_code == 422
    answer = send(client, f"{path}/state", status="complete")
    assert answer.status_code == 422
    assert "intelligence scan" in answer.text


def test_a_withdrawn_entry_is_gone_for_all_and_back_with_one_press(
    client: FlaskClient, session: Session, team: Team, editor: User, app: Flask
) -> None:
    entry = make_entry(session, "asset", team, title="Old hall")
    path = entry.path
    commit()
    refused = send(client, f"{path}/withdraw", why=" ")
    assert refused.status_code == 422
    answer = send(client, f"{path}/withdraw", why="Pulled down")
    assert answer.location == f"{path}/withdrawn"
    assert client.get(path).status_code == 404
    assert app.test_client().get(f"{path}/withdrawn").status_code == 401
    page = client.get(answer.location).text
    assert "Pulled down" in page
    back = client.post(f"{path}/bring-back", data=filled(page, "/bring-back"))
    assert back.location == path
    assert client.get(path).status_code == 200


def test_entries_are_linked_by_reference_or_name_and_unlinked(
    client: FlaskClient, session: Session, team: Team, editor: User
) -> None:
    offer = make_entry(session, "offer", team)
    make_entry(session, "finding", team, title="Dark steps")
    path = offer.path
    commit()
    answer = send(client, f"{path}/links", relation="answers yes", other="Dark steps")
    assert answer.status_code == 303, answer.text
    page = client.get(f"{path}/links").text
    assert "Dark steps" in page
    assert "Dark steps" in client.get(path).text
    untie = client.post(f"{path}/unlink", data=filled(page, "/unlink"))
    assert untie.status_code == 303
    assert "linked to nothing" in client.get(f"{path}/links").text


def test_a_name_that_several_have_is_asked_about_and_the_one_pressed_is_taken(
    client: FlaskClient, session: Session, team: Team, editor: User
) -> None:
    offer = make_entry(session, "offer", team)
    path = offer.path
    twins = [make_entry(session, "finding", team, title="Dark steps").ref for _ in range(2)]
    commit()
    answer = send(client, f"{path}/links", relation="answers yes", other="dark steps")
    assert answer.status_code == 422
    assert all(ref in answer.text for ref in twins)
    # the press of one of them comes after what is still in the box, as browsers send it
    chosen = send(client, f"{path}/links", relation="answers yes", other=["dark steps", twins[1]])
    assert chosen.status_code == 303, chosen.text
    assert twins[1] in client.get(f"{path}/links").text


def test_an_entry_that_was_merged_leads_to_the_one_kept(
    client: FlaskClient, session: Session, team: Team
) -> None:
    keep, gone = (make_entry(session, "asset", team) for _ in range(2))
    merging.merge(session, keep, gone, viewer=OPERATOR)
    kept, left = keep.path, gone.path
    commit()
    answer = client.get(left)
    assert (answer.status_code, answer.location) == (301, kept)


def test_what_one_may_not_see_is_not_found(
    client: FlaskClient, session: Session, team: Team
) -> None:
    entry = make_entry(session, "asset", team, visibility="team")
    path = entry.path
    commit()
    assert client.get(path).status_code == 404
    assert client.get(f"/assets/{uuid.uuid4()}").status_code == 404
    assert client.get(path.replace("/assets/", "/offers/")).status_code == 404
    assert client.get(f"{path}/edit").status_code == 401


def test_another_team_may_read_but_not_change(
    client: FlaskClient, session: Session, team: Team
) -> None:
    entry = make_entry(session, "asset", team)
    sign_in(client, make_user(session, make_team(session, "Others"), email="other@demo.example"))
    path = entry.path
    commit()
    assert f"{path}/edit" not in client.get(path).text
    assert press(client, f"{path}/check", "/assets/new", version="1").status_code == 403


@pytest.mark.parametrize(
    ("address", "onward"),
    [("/assets/", "/?kind=asset"), ("/offers/?text=food", "/?kind=offer&text=food")],
)
def test_lists_of_what_is_searched_are_the_search(
    client: FlaskClient, address: str, onward: str
) -> None:
    answer = client.get(address)
    assert (answer.status_code, answer.location) == (302, onward)


def test_findings_that_were_there_before_are_told_apart_from_what_came_of_an_event(
    client: FlaskClient, session: Session, team: Team
) -> None:
    event, offer, finding = (
        make_entry(session, kind, team, title=kind) for kind in ("engagement", "offer", "finding")
    )
    links.link(session, offer, Relation.RAISED_AT, event, viewer=OPERATOR)
    links.link(session, offer, Relation.ANSWERS, finding, viewer=OPERATOR)
    path = event.path
    commit()
    page = " ".join(client.get(path).text.split())
    came = page[page.index('id="came"') : page.index('id="chain"')]
    assert "<b>1</b> Offer" in came
    assert "Finding<" not in came.replace(" <", "<")
    assert "1 other finding is answered by what was offered" in came
