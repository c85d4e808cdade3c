"""The category browser and its forms, as pages."""

import csv
import io
import re

import pytest
from flask import g
from flask.testing import FlaskClient
from sqlalchemy import event
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from assetmap.access import OPERATOR
from assetmap.db import db
from assetmap.gate import SESSION_KEY
from assetmap.models import Team
from assetmap.register import categories
from tests.make import (
    commit,
    make_area,
    make_category,
    make_entry,
    make_session,
    make_team,
    make_user,
)
from tests.web.filled import send

TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')
HOSTILE = "<script>alert(1)</script>{{7*7}}' OR 1=1;--"


@pytest.fixture
def team(session: Session) -> Team:
    team = make_team(session)
    categories.load_default(session)
    commit()
    return team


def sign_in(client: FlaskClient, session: Session, team: Team, role: str = "admin") -> None:
    secret = make_session(session, make_user(session, team, role))
    commit()
    with client.session_transaction() as cookie:
        cookie[SESSION_KEY] = secret


def post(client: FlaskClient, path: str, **fields: str) -> TestResponse:
    g.pop("csrf_token", None)  # the tests' own context outlives a request, real ones don't
    found = TOKEN.search(client.get("/categories/changes").text)
    assert found
    return client.post(path, data={"csrf_token": found[1]} | fields)


def test_everyone_browses_the_three_classifications(client: FlaskClient, team: Team) -> None:
    page = client.get("/categories/")
    assert page.status_code == 200
    for heading in ("Assets and groups", "Offers", "Findings"):
        assert heading in page.text
    assert "Someone will turn up and help." in page.text
    assert "Add a term" not in page.text


def test_a_term_leads_to_the_search_for_what_has_it(
    client: FlaskClient, session: Session, team: Team
) -> None:
    ward = make_area(session, name=HOSTILE)
    make_entry(session, "asset", team)
    make_entry(session, "asset", team, visibility="team")
    commit()
    page = client.get("/categories/asset/pla_hall").text
    assert "Show 1 entry" in page
    assert "/?category=pla_hall&amp;kind=asset&amp;kind=group" in page
    assert f"area={ward.code}" in page
    assert "<script>alert(1)" not in page
    assert client.get("/categories/asset/").text.count("find Village") <= 1


def test_other_classifications_are_named_in_words(client: FlaskClient, team: Team) -> None:
    page = client.get("/categories/asset/ins_coun").text
    assert "amenity=townhall; office=government" in page
    assert "Organisation; Location" in page
    assert "115: human rights" in client.get("/categories/asset/ppl_conn").text


def test_a_routed_finding_says_where_to_turn(client: FlaskClient, team: Team) -> None:
    assert "call 101" in client.get("/categories/finding/cri_expl").text


@pytest.mark.parametrize(
    ("text", "shown"),
    [("hall", True), ("HALLS", True), ("zzzz", False), (HOSTILE, False), ("%", True)],
)
def test_the_tree_is_filtered_by_words(
    client: FlaskClient, team: Team, text: str, shown: bool
) -> None:
    page = client.get("/categories/", query_string={"text": text})
    assert page.status_code == 200
    assert ("/categories/asset/pla_hall" in page.text) == shown
    assert ("No category has those words" in page.text) != shown
    assert "<script>alert(1)" not in page.text


def test_a_misspelt_parameter_is_named(client: FlaskClient, team: Team) -> None:
    answer = client.get("/categories/?txet=hall")
    assert answer.status_code == 400
    assert "txet" in answer.text
    assert client.get("/categories/", query_string={"text": "x" * 101}).status_code == 400


@pytest.mark.parametrize(
    "path", ["/categories/nothing/", "/categories/asset/nothing", "/categories/x/y"]
)
def test_what_is_not_there_is_not_found(client: FlaskClient, team: Team, path: str) -> None:
    assert client.get(path).status_code == 404


def test_a_page_asks_the_database_eight_times_at_most(
    client: FlaskClient, session: Session, team: Team
) -> None:
    make_entry(session, "asset", team)
    sign_in(client, session, team)
    asked: list[str] = []

    def note(_c: object, _k: object, statement: str, *_: object) -> None:
        asked.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    for path in ("/categories/", "/categories/asset/", "/categories/asset/pla_hall"):
        session.expire_all()
        asked.clear()
        assert client.get(path).status_code == 200
        assert len(asked) <= 8
    event.remove(db.engine, "before_cursor_execute", note)


def test_a_classification_is_taken_away_as_csv(
    client: FlaskClient, session: Session, team: Team
) -> None:
    make_category(session, "asset", "x_odd", '=HYPERLINK("http://evil.example")')
    make_entry(session, "asset", team)
    make_entry(session, "asset", team, visibility="restricted")
    commit()
    answer = client.get("/categories/asset.csv")
    assert answer.mimetype == "text/csv"
    rows = list(csv.DictReader(io.StringIO(answer.data.decode("utf-8-sig"))))
    assert len(rows) == 92
    by_code = {row["code"]: row for row in rows}
    assert by_code["pla_hall"]["parent"] == "pla"
    assert by_code["pla_hall"]["entries"] == "1"
    assert by_code["x_odd"]["label"].startswith("'=")
    assert by_code["ins_coun"]["osm"] == "amenity=townhall; office=government"


FORMS = ("asset/new-term", "asset/pla_hall/rename", "asset/pla_hall/move",
         "asset/pla_hall/merge", "asset/pla_hall/deprecate", "asset/pla_hall/restore")  # fmt: skip


@pytest.mark.parametrize("path", FORMS)
def test_only_an_administrator_meets_the_forms(
    client: FlaskClient, session: Session, team: Team, path: str
) -> None:
    assert client.get(f"/categories/{path}").status_code == 401
    sign_in(client, session, team, "editor")
    assert client.get(f"/categories/{path}").status_code == 403
    answer = post(client, f"/categories/{path}", label="Mine", into="pla_park", parent="grp")
    assert answer.status_code == 403
    assert categories.history(session) == []


@pytest.mark.parametrize("path", FORMS)
def test_every_form_opens_and_needs_its_token(
    client: FlaskClient, session: Session, team: Team, path: str
) -> None:
    sign_in(client, session, team)
    assert client.get(f"/categories/{path}").status_code == 200
    assert client.post(f"/categories/{path}", data={"label": "Mine"}).status_code == 400


def test_a_term_is_added_and_shown(client: FlaskClient, session: Session, team: Team) -> None:
    sign_in(client, session, team)
    answer = post(
        client, "/categories/asset/new-term", label="Men’s shed", parent="pla", scope_note=HOSTILE
    )
    assert (answer.status_code, answer.location) == (303, "/categories/asset/x_mens_shed")
    page = client.get(answer.location).text
    assert "Men’s shed" in page
    assert "Added" in page
    assert "by Local" in page
    assert "<script>alert(1)" not in page
    assert "{{7*7}}" in page


def test_what_is_wrong_with_a_new_term_is_said_and_what_was_typed_stays(
    client: FlaskClient, session: Session, team: Team
) -> None:
    sign_in(client, session, team)
    answer = post(client, "/categories/asset/new-term", scope_note="Typed <b>", code="No")
    assert answer.status_code == 422
    assert "There is a problem" in answer.text
    assert "Typed &lt;b&gt;" in answer.text
    assert 'href="#label"' in answer.text
    assert 'href="#code"' in answer.text


def test_a_term_is_renamed(client: FlaskClient, session: Session, team: Team) -> None:
    sign_in(client, session, team)
    path = "/categories/asset/pla_hall"
    assert 'value="' in client.get(f"{path}/rename").text
    answer = post(client, f"{path}/rename", label="Assembly room", why="Clearer")
    assert answer.location == path
    page = client.get(path).text
    assert "Assembly room" in page
    assert "Clearer" in page
    client.delete_cookie("session")
    shown = client.get(path).text
    assert "Renamed" in shown
    assert "Clearer" not in shown
    assert "by Local" not in shown


def test_merging_asks_first_and_says_how_many(
    client: FlaskClient, session: Session, team: Team
) -> None:
    for visibility in ("public", "restricted"):
        make_entry(session, "asset", team, visibility=visibility)
    sign_in(client, session, team)
    path = "/categories/asset/pla_hall"
    assert "2 entries have this term" in client.get(f"{path}/merge").text
    asked = post(client, f"{path}/merge", into="pla_park", why=HOSTILE)
    assert asked.status_code == 200
    assert "2 entries will be given" in asked.text
    assert "<script>alert(1)" not in asked.text
    assert categories.find(session, "asset", "pla_hall").active
    done = post(client, f"{path}/merge", into="pla_park", why=HOSTILE, confirmed="yes")
    assert done.location == path
    page = client.get(path).text
    assert "No longer used: look under" in page
    assert 'href="/categories/asset/pla_park"' in page
    assert "Show 1 entr" in client.get("/categories/asset/pla_park").text
    assert "No longer used: 1" in client.get("/categories/").text
    assert "took over another term" in client.get("/categories/changes").text


def test_a_merge_that_cannot_be_is_explained(
    client: FlaskClient, session: Session, team: Team
) -> None:
    sign_in(client, session, team)
    path = "/categories/asset/pla_hall/merge"
    for into in ("", "nowhere", "env_litt", HOSTILE[:24]):
        answer = post(client, path, into=into)
        assert answer.status_code == 422
        assert "There is a problem" in answer.text
    answer = post(client, path, into="pla", confirmed="yes")
    assert answer.status_code == 422
    assert categories.find(session, "asset", "pla_hall").active


def test_moving_asks_first(client: FlaskClient, session: Session, team: Team) -> None:
    sign_in(client, session, team)
    path = "/categories/asset/pla_hall"
    assert "found under" in post(client, f"{path}/move", parent="grp").text
    post(client, f"{path}/move", parent="grp", confirmed="yes")
    assert 'href="/categories/asset/grp"' in client.get(path).text


def test_a_term_is_deprecated_and_used_again(
    client: FlaskClient, session: Session, team: Team
) -> None:
    sign_in(client, session, team)
    path = "/categories/asset/pla_hall"
    assert post(client, f"{path}/deprecate", why="Vague").location == path
    assert "No longer used." in client.get(path).text
    assert post(client, f"{path}/deprecate").status_code == 409
    assert post(client, f"{path}/restore").location == path
    assert "/deprecate" in client.get(path).text
    assert post(client, "/categories/asset/pla/deprecate").status_code == 409


def test_an_entry_keeps_a_term_that_is_no_longer_used_while_something_else_is_edited(
    client: FlaskClient, session: Session, team: Team
) -> None:
    hall = make_entry(session, "asset", team, category="pla_hall", title="Hall")
    categories.deprecate(session, categories.find(session, "asset", "pla_hall"), viewer=OPERATOR)
    sign_in(client, session, team, "editor")
    path = f"{hall.path}/edit"
    assert "(no longer used)" in client.get(path).text
    assert "(no longer used)" not in client.get("/assets/new").text
    answer = send(client, path, title="Mended hall")
    assert answer.status_code == 303, answer.text
    session.expire_all()
    assert hall.title == "Mended hall"
    assert hall.category is not None
    assert hall.category.code == "pla_hall"


def test_an_unknown_verb_is_not_found(client: FlaskClient, session: Session, team: Team) -> None:
    sign_in(client, session, team)
    assert client.get("/categories/asset/pla_hall/delete").status_code == 404
    assert client.get("/categories/asset/nothing/rename").status_code == 404
