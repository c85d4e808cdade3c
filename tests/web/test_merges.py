"""Merging two entries on pages."""

import re
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from assetmap.access import OPERATOR
from assetmap.db import db
from assetmap.models import Entry, EventTable, Survey, Team
from assetmap.register import links
from assetmap.vocabulary import Kind, Relation
from tests.make import (
    commit,
    make_agreement,
    make_area,
    make_entry,
    make_partner,
    make_team,
    make_user,
)
from tests.queries import MOST_ON_A_PAGE, counted
from tests.web.pages import press, sign_in


def signed_in(client: FlaskClient, session: Session) -> tuple[Entry, Entry]:
    """Somebody of the team that keeps two halls that are one."""
    team = make_team(session)
    user = make_user(session, team)
    keep = make_entry(session, "asset", team, title="Oak Hall")
    gone = make_entry(session, "asset", team, title="Oak <b>Halls</b>", phone="01632 960 123")
    commit()
    sign_in(client, user)
    return keep, gone


def test_two_entries_are_compared_merged_and_taken_apart_again(
    client: FlaskClient, session: Session
) -> None:
    keep, gone = signed_in(client, session)
    kept, left = keep.path, gone.path
    keep_ref, keep_uid = keep.ref, keep.uid
    page = client.get(f"/merges/new?keep={keep.uid}&gone={gone.ref}")
    assert page.status_code == 200
    assert "Oak &lt;b&gt;Halls" in page.text
    versions = f"{keep.version}.{gone.version}"
    done = press(client, "/merges/", keep=keep.uid, gone=gone.uid, versions=versions, why="Same")
    assert done.status_code == 303
    result = client.get(done.location)
    assert "1 blank field filled in" in result.text
    moved = client.get(left)
    assert (moved.status_code, moved.location) == (301, kept)
    told = client.get(kept).text
    assert all(words in told for words in ("Another was merged into it", "Merged into another"))
    assert f"{keep_ref} Oak Hall" in told
    assert str(keep_uid) not in told.split('id="history"')[-1]
    undone = press(client, f"{done.location}/undo")
    assert (undone.status_code, undone.location) == (303, kept)
    assert client.get(left).status_code == 200


def test_a_merge_made_from_an_old_page_is_refused(client: FlaskClient, session: Session) -> None:
    keep, gone = signed_in(client, session)
    answer = press(client, "/merges/", keep=keep.uid, gone=gone.uid, versions="9.9")
    assert answer.status_code == 409


def test_merging_once_more_from_another_tab_leads_to_the_merge(
    client: FlaskClient, session: Session
) -> None:
    keep, gone = signed_in(client, session)
    pressed = {"keep": keep.ref, "gone": gone.ref, "versions": f"{keep.version}.{gone.version}"}
    address = f"/merges/new?keep={keep.ref}&gone={gone.ref}"
    made = press(client, "/merges/", **pressed)
    again = press(client, "/merges/", **pressed)
    assert (again.status_code, again.location) == (303, made.location)
    assert "These two are one entry already" in client.get(again.location).text
    old = client.get(address)
    assert (old.status_code, old.location) == (303, made.location)
    press(client, f"{made.location}/undo")
    compared = client.get(address)
    seen = re.search(r'name="versions" value="([\d.]+)"', compared.text)
    assert seen is not None
    assert press(client, "/merges/", **pressed | {"versions": seen[1]}).status_code == 303
    sign_in(client, make_user(session, make_team(session, "Others"), email="else@demo.example"))
    assert press(client, "/merges/", **pressed).status_code == 404


def test_undoing_a_merge_once_more_from_another_tab_leads_to_the_page_that_says_so(
    client: FlaskClient, session: Session
) -> None:
    keep, gone = signed_in(client, session)
    versions = f"{keep.version}.{gone.version}"
    made = press(client, "/merges/", keep=keep.ref, gone=gone.ref, versions=versions)
    press(client, f"{made.location}/undo")
    again = press(client, f"{made.location}/undo")
    assert (again.status_code, again.location) == (303, made.location)
    page = client.get(again.location).text
    assert "This merge has been undone." in page
    assert all(f'<a href="{one.path}">{one.ref}' in page for one in (keep, gone))


def test_nobody_merges_what_is_not_theirs_or_not_there(
    client: FlaskClient, session: Session
) -> None:
    keep, _ = signed_in(client, session)
    theirs = make_entry(session, "asset", make_team(session, "Others"))
    group = make_entry(session, "group", make_team(session, "Third"))
    commit()
    for other, status in ((theirs.uid, 403), (group.uid, 422), (keep.uid, 422), ("x", 400)):
        assert client.get(f"/merges/new?keep={keep.uid}&gone={other}").status_code == status


def test_the_other_entry_is_found_by_its_reference_or_words(
    client: FlaskClient, session: Session
) -> None:
    keep, gone = signed_in(client, session)
    own, team = session.get_one(Team, keep.team_id), make_team(session, "Others")
    closed = make_entry(session, "asset", own, title="The old scout hut", status="closed")
    theirs = make_entry(session, "asset", team, title="Scout <i>tent</i>", description="Of canvas")
    make_entry(session, "offer", team, title="Scout meals")
    commit()
    compare = f"/merges/new?keep={keep.uid}&gone="
    assert client.get(compare).location == f"{keep.path}/same"
    same, ref = f"{keep.path}/same?text=", keep.ref
    other, found = gone.ref, f"{compare}{closed.uid}"
    not_ours = f"{compare}{theirs.uid}"
    db.session.close()
    with counted() as sent:
        page = client.get(f"{same}scouts").text  # stemmed
    assert len(sent) <= MOST_ON_A_PAGE
    assert found in page
    assert "Scout &lt;i&gt;tent" in page
    assert "Of canvas" in page
    assert "Others keeps it" in page
    assert not_ours not in page
    assert "Scout meals" not in page
    assert "Compare the two" in client.get(f"{same}{other}").text
    assert "No other asset" in client.get(f"{same}{ref}").text
    assert client.get(f"{same}{'x' * 101}").status_code == 400


@pytest.mark.parametrize("kind", [kind.value for kind in Kind])
def test_comparing_two_entries_sends_eight_queries_at_most(
    client: FlaskClient, session: Session, kind: str
) -> None:
    team, body = make_team(session), make_partner(session)
    team.partner_id = body.id
    make_agreement(session, body)
    user = make_user(session, team)
    ward, walk = make_area(session), make_entry(session, "walkabout", team)
    keep, gone = (
        make_entry(session, kind, team, covers_areas=[ward.code], **more)
        for more in _named_by(session, kind, team)
    )
    links.link(session, gone, Relation.LED_TO, walk, viewer=OPERATOR)
    commit()
    sign_in(client, user)
    path = f"/merges/new?keep={keep.uid}&gone={gone.ref}"
    db.session.close()
    with counted() as sent:
        page = client.get(path)
    assert len(sent) <= MOST_ON_A_PAGE
    tied = ("2 links<", "1 link<") if kind == "offer" else ("1 link<", "0 links<")
    assert all(words in page.text for words in tied)  # an offer is, to who gives it
    shown = re.findall(r'data-label="[^"]+">\s*(.*?)\s*<', page.text)
    assert not any(re.fullmatch(r"[0-9a-f-]{36}|[a-z]{3}_[a-z]+", one) for one in shown)
    for name in () if kind not in ("asset", "offer") else ("Oak Trust", "Elm Trust"):
        assert re.search(rf"GRP-\d+ {name}", page.text)


def _named_by(session: Session, kind: str, team: Team) -> list[dict[str, Any]]:
    """For two entries of a kind: another that each of them names, where the kind names any."""
    named = {"asset": "operator", "offer": "group"}.get(kind)
    if named is None:
        return [{}, {}]
    return [
        {named: str(make_entry(session, "group", team, title=f"{title} Trust").uid)}
        for title in ("Oak", "Elm")
    ]


def test_whoever_merges_two_events_is_told_what_of_the_other_is_not_carried_over(
    client: FlaskClient, session: Session
) -> None:
    team = make_team(session)
    user = make_user(session, team)
    keep, gone = (make_entry(session, "engagement", team, title=one) for one in ("Hub", "The hub"))
    session.add_all(Survey(engagement_id=one.id, code=f"hub{one.id:07}") for one in (keep, gone))
    session.add(EventTable(engagement_id=keep.id, number=1, seats=8))
    commit()
    sign_in(client, user)
    page = client.get(f"/merges/new?keep={keep.ref}&gone={gone.ref}").text
    assert f"Both have a survey. What {keep.ref} has stays." in page
    halls = (make_entry(session, "asset", team, title=one) for one in ("Hall", "The hall"))
    keep, gone = halls
    commit()
    page = client.get(f"/merges/new?keep={keep.ref}&gone={gone.ref}").text
    assert "not carried over" not in page


def test_whoever_has_merged_two_events_is_told_what_of_the_other_came_along(
    client: FlaskClient, session: Session
) -> None:
    team = make_team(session)
    user = make_user(session, team)
    keep, gone = (make_entry(session, "engagement", team, title=one) for one in ("Hub", "The hub"))
    session.add_all(Survey(engagement_id=one.id, code=f"hub{one.id:07}") for one in (keep, gone))
    session.add(EventTable(engagement_id=gone.id, number=1, seats=8))
    commit()
    sign_in(client, user)
    versions = f"{keep.version}.{gone.version}"
    done = press(client, "/merges/", keep=keep.uid, gone=gone.uid, versions=versions)
    assert "what lies beside it: tables</li>" in client.get(done.headers["Location"]).text
