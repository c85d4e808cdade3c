"""The plan of an event on its pages and for programs."""

import json
import re

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from assetmap.models import Entry, PlanItem, User
from tests.make import commit, make_entry, make_team, make_user
from tests.queries import MOST_ON_A_PAGE, counted, questions
from tests.web import filled
from tests.web.pages import press, sign_in, token


@pytest.fixture
def event(session: Session, client: FlaskClient) -> Entry:
    team = make_team(session)
    olu = make_user(session, team, "organiser", "olu@demo.example")
    made = make_entry(session, "engagement", team, title="Canal hub", aims="Light & life")
    commit()
    sign_in(client, olu)
    return made


def test_a_point_is_settled_on_its_page_and_the_plan_says_so(
    client: FlaskClient, session: Session, event: Entry
) -> None:
    at = f"{event.path}/plan/"
    assert "Shown by the record" not in client.get(f"{at}7").text
    answer = filled.send(client, f"{at}7", placeless="", status="done", note="Policy <12>")
    assert (answer.status_code, answer.location) == (303, f"{at}#point-7")
    page = client.get(at).text
    assert "Policy &lt;12&gt;" in page
    filled.send(client, f"{at}8", placeless="", status="todo", due_on="2026-12-01")
    filled.send(client, f"{at}8", placeless="", status="waived", note="Not for us")
    history = " ".join(re.sub(r"<[^>]+>", " ", client.get(event.path).text).split())
    assert "Plan 8: due: 1 December 2026" in history
    assert "Plan 8: status: To do changed to Let go" in history
    assert session.scalars(select(PlanItem.number)).all() == [7, 8]


def test_a_tick_without_words_comes_back_with_what_was_typed(
    client: FlaskClient, event: Entry
) -> None:
    answer = filled.send(
        client, f"{event.path}/plan/8", placeless="", status="waived", owner="Sergeant"
    )
    assert answer.status_code == 422
    assert "Give the reason." in answer.text
    assert 'value="Sergeant"' in answer.text


def test_two_who_settle_one_point_see_what_the_other_said(
    client: FlaskClient, event: Entry
) -> None:
    page = f"{event.path}/plan/9"
    assert press(client, page, page, version="0", status="done", note="Mine").status_code == 303
    answer = press(client, page, page, version="0", status="done", note="Other")
    assert answer.status_code == 409
    assert "it now says: “Done: Mine”" in answer.text
    assert ">Other</textarea>" in answer.text
    assert press(client, page, page, version="1", status="done", note="Other").status_code == 303


def test_a_point_that_there_is_not_is_not_found(client: FlaskClient, event: Entry) -> None:
    for number in (0, 26, 10**30):
        assert client.get(f"{event.path}/plan/{number}").status_code == 404


def test_the_plan_takes_few_queries_however_much_is_settled(
    client: FlaskClient, event: Entry
) -> None:
    at = f"{event.path}/plan/"
    client.get(at)
    with counted() as few:
        assert client.get(at).status_code == 200
    for number in (7, 8, 9, 10, 11):
        filled.send(client, f"{at}{number}", placeless="", status="done", note="Seen to")
    with counted() as many:
        assert client.get(at).status_code == 200
    assert len(questions(many)) == len(questions(few)) <= MOST_ON_A_PAGE


def test_a_program_reads_the_plan_and_settles_a_point(
    client: FlaskClient, session: Session, event: Entry
) -> None:
    at = f"/api/engagements/{event.uid}/plan"
    headers = {"X-CSRFToken": token(client, f"{event.path}/plan/1")}
    points = json.loads(client.get(at).data)["points"]
    assert (len(points), points[0]["state"]) == (25, "todo")
    sent = {"status": "done", "note": "Force policy 12"}
    made = client.put(f"{at}/7", json=sent, headers=headers)
    assert (made.status_code, made.headers["ETag"]) == (200, '"1"')
    assert client.put(f"{at}/7", json=sent, headers=headers).status_code == 200
    changed = sent | {"note": "Force policy 13"}
    stale = client.put(f"{at}/7", json=changed, headers=headers | {"If-Match": '"9"'})
    assert stale.status_code in (409, 412)
    good = client.put(f"{at}/7", json=changed, headers=headers | {"If-Match": '"1"'})
    assert good.status_code == 200
    stranger = session.scalars(select(User)).first()
    assert stranger is not None
    assert client.application.test_client().get(at).status_code == 401
