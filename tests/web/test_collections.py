"""Collections on their pages and for programs, and as where invite lists come from."""

import uuid
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from assetmap import spatial
from assetmap.access import OPERATOR, viewer_of
from assetmap.models import Collection, CollectionItem, InviteList
from assetmap.register import collections, entries, merging, saved_searches
from assetmap.register.sign_in import make_token
from assetmap.schemas.collections import CollectionDraft
from assetmap.schemas.saved_searches import SavedSearchDraft
from assetmap.schemas.search import Filters
from tests.api.callers import Caller
from tests.make import commit, make_entry, make_team, make_user, point
from tests.queries import MOST_ON_A_PAGE, counted, questions
from tests.web import filled
from tests.web.pages import press, sign_in

FIRST = "/collections/"


def town(session: Session) -> tuple[Any, ...]:
    """A team with somebody who looks and somebody who edits, and somebody of another team; a group
    open to all and one of the team's own."""
    team, others = make_team(session), make_team(session, "Others")
    people = (
        make_user(session, team, "viewer", "ann@demo.example"),
        make_user(session, team, "editor", "ben@demo.example"),
        make_user(session, others, "organiser", "cat@demo.example"),
    )
    groups = [
        make_entry(session, "group", team, title=f"Choir {seen}", visibility=seen, geometry=point())
        for seen in ("public", "team")
    ]
    commit()
    return (*people, *groups, team)


def test_entries_are_collected_shown_shared_taken_out_and_the_whole_taken_away_and_back(
    client: FlaskClient, session: Session
) -> None:
    ann, ben, cat, choir, inner, team = town(session)
    assert "/collections/" not in client.get("/?text=choir").text
    sign_in(client, ann)
    both = f"/collections/add?entry={choir.uid}&entry={inner.uid}"
    assert f"entry={choir.uid}" in client.get("/?text=choir").text
    assert f"/collections/add?entry={choir.uid}" in client.get(choir.path).text
    nameless = filled.send(client, both, placeless="", name="")
    assert (nameless.status_code, "Choir public" in nameless.text) == (422, True)
    named = filled.send(client, both, placeless="", name="Singing <b>")
    assert named.status_code == 303
    made = session.scalars(select(Collection)).one()
    with counted() as queries:
        page = client.get(made.path).text
    assert len(questions(queries)) <= MOST_ON_A_PAGE
    for said in ("Singing &lt;b&gt;", "2 entries", "Choir team", "Yours alone", "data-map"):
        assert said in page
    for unclear in ({"name": ""}, {"name": "New", "collection": str(made.uid)}):
        asked = filled.send(client, both, placeless="", **unclear)
        assert (asked.status_code, 'href="#collection"' in asked.text) == (422, True)
    again = filled.send(client, both, placeless="", collection=str(made.uid), name="")
    assert (again.status_code, session.scalar(select(func.count(CollectionItem.id)))) == (303, 2)
    sheet = client.get(f"/search.csv?collection={made.uid}&status=any&purpose=keeping").text
    assert [one in sheet for one in ("Choir public", "Choir team")] == [True, True]
    edit = f"{made.path}/edit"
    assert filled.send(client, edit, placeless="", team=str(team.uid)).status_code == 303
    sign_in(client, ben)
    assert "Take entries out" in client.get(made.path).text
    assert press(client, f"{made.path}/take-out", made.path, entry=inner.uid).status_code == 303
    assert "1 entry" in client.get(FIRST).text
    stale = filled.send(client, edit, placeless="", version="1", name="Mine")
    assert (stale.status_code, "a moment ago" in stale.text) == (409, True)
    sign_in(client, cat)
    assert client.get(made.path).status_code == 404
    found = client.get(f"/api/entries?collection={made.uid}").get_json()
    assert (found["numberMatched"], found["features"]) == (0, [])
    sign_in(client, ann)
    assert press(client, f"{made.path}/remove", edit).status_code == 303
    assert client.get(made.path).status_code == 404
    assert press(client, f"{made.path}/put-back", FIRST).status_code == 303
    assert "Choir public" in client.get(made.path).text


def test_what_one_may_not_see_is_neither_shown_nor_counted_and_merging_leads_on(
    app: Flask, session: Session
) -> None:
    _ann, ben, cat, choir, inner, team = town(session)
    uid, theirs = uuid.uuid4(), next(iter(viewer_of(session, cat.id).called.values())).uid
    ours, far = (Caller(app, make_token(session, one.email)) for one in (ben, cat))
    commit()
    at = f"/api/collections/{uid}"
    assert ours.put(at, {"name": "Singing"}).status_code == 201
    assert ours.put(at, {"name": "Singing", "team": str(theirs)}).status_code == 422
    picked = {"entry": [str(choir.uid), str(inner.uid)]}
    assert ours.post(f"{at}/entries", picked).get_json()["count"] == 2
    assert ours.post(f"{at}/entries", {"entry": [str(uuid.uuid4())]}).status_code == 404
    assert far.post(f"{at}/entries", picked).status_code == 404
    commit()
    spatial.writing(session)
    kept = session.scalars(select(Collection)).one()
    kept.owner_id = cat.id  # as if the rights of whoever made it had changed since
    commit()
    assert far.get(at).get_json()["count"] == 1
    assert "Choir team" not in far.get(f"/api/entries?collection={uid}").text
    assert "Choir team" not in far.get("/api/collections").text
    commit()
    spatial.writing(session)
    other = make_entry(session, "group", team, title="Choir twin", geometry=point())
    record = merging.merge(session, other, session.merge(choir), viewer=OPERATOR)
    commit()
    titles = [
        one["properties"]["title"]
        for one in far.get(f"/api/entries?collection={uid}").get_json()["features"]
    ]
    assert titles == ["Choir twin"]
    commit()
    spatial.writing(session)
    merging.undo(session, record.uid, viewer=OPERATOR)
    commit()
    assert "Choir public" in far.get(f"/api/entries?collection={uid}").text
    assert far.delete(f"{at}/entries/{choir.uid}").status_code == 204
    assert far.get(at).get_json()["count"] == 0
    assert (ours.delete(at).status_code, far.delete(at).status_code) == (404, 204)


def test_an_invite_list_comes_from_a_saved_search_and_a_collection_as_far_as_one_may_open_them(
    client: FlaskClient, session: Session
) -> None:
    _, ben, cat, choir, inner, _ = town(session)
    viewer = viewer_of(session, ben.id)
    kept, _ = collections.put(session, uuid.uuid4(), CollectionDraft(name="Few"), viewer=viewer)
    collections.add(session, kept, [choir.uid], viewer=viewer)
    draft = SavedSearchDraft(name="Choirs", criteria=Filters(text="choir"))
    saved = saved_searches.put(session, uuid.uuid4(), draft, viewer=viewer).made
    commit()
    sign_in(client, ben)
    start = "/invite-lists/new"
    gone = filled.send(client, start, placeless="", name="L", saved_search=str(uuid.uuid4()))
    assert (gone.status_code, 'href="#saved_search"' in gone.text) == (422, True)
    chosen = {"saved_search": str(saved.uid), "collection": str(kept.uid)}
    sent = filled.send(client, start, placeless="", name="Singers", **chosen)
    assert sent.status_code == 303
    page = client.get(sent.location).text
    for said in ("the saved search found it", "in the collection", "Choir team"):
        assert said in page, said
    made = session.scalars(select(InviteList)).one()
    assert made.criteria == chosen
    saved_searches.remove(session, saved, viewer=viewer)
    commit()
    page = client.get(sent.location).text
    assert "There is no such saved search" in page
    assert "Choir team" not in page
    edit = f"{made.path}/edit"
    assert "taken away" in client.get(edit).text
    assert filled.send(client, edit, placeless="", name="Other").status_code == 303
    assert entries.find(session, inner.uid, viewer=viewer)
    sign_in(client, cat)
    refused = filled.send(client, start, placeless="", name="L", collection=str(kept.uid))
    assert (refused.status_code, "no such collection" in refused.text) == (422, True)
    collections.forget_of(session, ben.id)
    commit()
    assert session.scalar(select(func.count(CollectionItem.id))) == 0
