"""Saved searches on their pages and for programs: kept, run, shared, taken away and back."""

import uuid
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from assetmap.access import viewer_of
from assetmap.models import SavedSearch
from assetmap.register import saved_searches
from assetmap.register.sign_in import make_token
from assetmap.schemas.saved_searches import kept, query_of
from assetmap.schemas.search import Filters
from tests.api.callers import Caller
from tests.make import commit, make_area, make_entry, make_team, make_user, point
from tests.queries import MOST_ON_A_PAGE, counted, questions
from tests.web import filled
from tests.web.pages import press, sign_in

START = "/saved-searches/new?search=%3Ftext%3Dhall%26where%3DRiverside"
FIRST = "/saved-searches/"


def town(session: Session) -> tuple[Any, Any, Any]:
    """A team with two people, and a hall that is the team's own; somebody of another team."""
    team, others = make_team(session), make_team(session, "Others")
    make_area(session)
    make_entry(session, "asset", team, title="Hall of ours", visibility="team", geometry=point())
    people = (
        make_user(session, team, "viewer", "ann@demo.example"),
        make_user(session, team, "editor", "ben@demo.example"),
        make_user(session, others, "viewer", "cat@demo.example"),
    )
    commit()
    return people


def test_a_search_is_saved_as_it_is_seen_run_renamed_taken_away_and_put_back(
    client: FlaskClient, session: Session
) -> None:
    ann, _, cat = town(session)
    assert "saved-searches" not in client.get("/?text=hall").text
    sign_in(client, ann)
    seen = client.get("/?text=hall&where=Riverside").text
    assert START.replace("%3D", "=").replace("%26", "&").split("search=")[0] in seen
    assert "“hall”" in client.get(START).text
    nameless = filled.send(client, START, placeless="", name="")
    assert (nameless.status_code, 'href="#name"' in nameless.text) == (422, True)
    named = filled.send(client, START, placeless="", name="Ring bob@home.example")
    assert (named.status_code, "Name nobody" in named.text) == (422, True)
    assert filled.send(client, START, placeless="", name="Halls <b>").status_code == 303
    again = filled.send(client, START, placeless="", name="halls <B>")
    assert (again.status_code, "of this name" in again.text) == (422, True)
    with counted() as queries:
        listed = client.get(FIRST).text
    assert len(questions(queries)) <= MOST_ON_A_PAGE
    print(listed[listed.index("Halls &lt") :][:400])
    assert "Halls &lt;b&gt;" in listed
    assert "in Riverside (ward)" in listed
    made = session.scalars(select(SavedSearch)).one()
    assert made.criteria == {"area": ["ward:E05000001"], "text": "hall"}
    ran = client.get(made.path, follow_redirects=True)
    assert (ran.request.path, "Hall of ours" in ran.text) == ("/", True)
    edit = f"{made.path}/edit"
    assert filled.send(client, edit, placeless="", name="Our halls").status_code == 303
    stale = filled.send(client, edit, placeless="", version="1", name="Mine")
    assert (stale.status_code, "a moment ago" in stale.text) == (409, True)
    assert press(client, f"{made.path}/remove", FIRST).status_code == 303
    assert client.get(made.path).status_code == 404
    assert press(client, f"{made.path}/put-back", FIRST).status_code == 303
    assert client.get(edit).status_code == 200
    sign_in(client, cat)
    assert client.get(made.path).status_code == 404
    assert press(client, f"{made.path}/put-back", FIRST).status_code == 404


def test_whoever_runs_a_shared_search_finds_what_they_may_see_and_its_editors_tidy_up(
    client: FlaskClient, session: Session
) -> None:
    ann, ben, cat = town(session)
    sign_in(client, ann)
    team = next(iter(viewer_of(session, ann.id).called.values()))
    strange = next(iter(viewer_of(session, cat.id).called.values()))
    wrong = filled.send(client, START, placeless="", name="Halls", team=str(strange.uid))
    assert (wrong.status_code, "Choose a team of yours" in wrong.text) == (422, True)
    sent = filled.send(client, START, placeless="", name="Halls", team=str(team.uid))
    assert sent.status_code == 303
    made = session.scalars(select(SavedSearch)).one()
    sign_in(client, ben)
    assert "by Ann" in client.get(FIRST).text
    assert "Hall of ours" in client.get(made.path, follow_redirects=True).text
    assert (
        filled.send(client, f"{made.path}/edit", placeless="", name="Better halls").status_code
        == 303
    )
    saved_searches.forget_of(session, ann.id)
    commit()
    session.expire_all()
    assert (
        session.scalars(select(SavedSearch)).one().name == "Better halls"
    )  # the team's, whoever goes
    sign_in(client, cat)
    assert client.get(made.path).status_code == 404
    assert made.name not in client.get(FIRST).text


def test_programs_save_search_share_and_forget_as_pages_do(app: Flask, session: Session) -> None:
    ann, _, cat = town(session)
    ours, theirs = (Caller(app, make_token(session, one.email)) for one in (ann, cat))
    commit()
    uid, ring = uuid.uuid4(), [[-1.93, 53.73], [-1.91, 53.73], [-1.91, 53.74], [-1.93, 53.73]]
    wide = Filters.model_validate(
        {
            "kind": ["asset", "group"],
            "near": [-1.92, 53.735],
            "within_m": 1500,
            "within": {"type": "Polygon", "coordinates": [ring]},
            "overdue": False,
            "sort": "distance",
        }
    )
    at, said = f"/api/saved-searches/{uid}", {"name": "Wide", "criteria": kept(wide)}
    assert (ours.put(at, said).status_code, ours.put(at, said).status_code) == (201, 200)
    given = ours.get(at).get_json()
    assert given["run"].endswith(query_of(wide))
    assert (given["yours"], given["criteria"]["within_m"]) == (True, 1500)
    assert ours.get(given["run"]).status_code == 200
    assert ours.get(f"/?{query_of(wide)}").status_code == 200
    assert [one["name"] for one in ours.get("/api/saved-searches").get_json()["searches"]] == [
        "Wide"
    ]
    for wrong in ({}, {"sort": "newest"}, {"area": ["E99999999"]}, {"text": "x" * 101}):
        answer = ours.put(f"/api/saved-searches/{uuid.uuid4()}", {"name": "B", "criteria": wrong})
        assert answer.status_code in (400, 422), wrong
    assert ours.put(at, said | {"name": "C"}).status_code == 409
    assert ours.put(at, said | {"name": "C"}, headers={"If-Match": "1"}).status_code == 200
    assert theirs.get("/api/saved-searches").get_json() == {"searches": []}
    assert [theirs.get(at).status_code, theirs.put(at, said).status_code] == [404, 404]
    assert (theirs.delete(at).status_code, ours.delete(at).status_code) == (404, 204)
    assert ours.get(at).status_code == 404
