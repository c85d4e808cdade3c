"""“You said, we did” on pages and for programs, and what is still owed."""

import csv
import io
import json
import uuid
from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from assetmap.access import OPERATOR
from assetmap.db import local_day, now
from assetmap.models import Action, AuditEntry, Engagement, Telling, User
from assetmap.register import actions
from assetmap.schemas.actions import ActionDraft
from tests.make import commit, make_entry, make_partner, make_team, make_user
from tests.queries import MOST_ON_A_PAGE, counted
from tests.web import filled
from tests.web.pages import press, sign_in, token

TODAY = local_day(now())


@pytest.fixture
def event(session: Session) -> Engagement:
    team = make_team(session)
    make_user(session, team, "organiser", "olu@demo.example")
    began = (now() - timedelta(days=40)).replace(microsecond=0)
    made = make_entry(
        session,
        "engagement",
        team,
        title="Canal hub",
        status="held",
        starts_at=began,
        ends_at=began + timedelta(hours=3),
    )
    commit()
    assert isinstance(made, Engagement)
    return made


@pytest.fixture
def olu(client: FlaskClient, session: Session, event: Engagement) -> User:
    found = session.scalars(select(User).where(User.email == "olu@demo.example")).one()
    sign_in(client, found)
    return found


def said(session: Session, event: Engagement, words: str = "It is dark", **more: Any) -> Action:
    draft = ActionDraft(you_said=words, **more)
    made, _ = actions.put(session, event, uuid.uuid4(), draft, viewer=OPERATOR)
    commit()
    return made


def send(client: FlaskClient, path: str, **changed: str | list[str]) -> TestResponse:
    return filled.send(client, path, placeless="", **changed)


def test_an_organiser_writes_down_what_was_said_and_answers_it_and_everybody_reads_it(
    client: FlaskClient, session: Session, event: Engagement, olu: User
) -> None:
    at = f"{event.path}/said"
    answer = send(client, f"{at}/new", you_said="The towpath is dark", theme="Lighting")
    assert (answer.status_code, answer.location) == (303, at)
    kept = session.scalars(select(Action)).one()
    path = f"{at}/{kept.uid}/edit"
    answer = send(
        client, path, status="done", we_did="Six lamps along the towpath", is_public="true"
    )
    assert answer.status_code == 303
    stranger = client.application.test_client()
    page = stranger.get(at).text
    assert "The towpath is dark" in page
    assert "Six lamps along the towpath" in page
    assert "/edit" not in page


def test_a_form_that_is_sent_twice_adds_one(
    client: FlaskClient, session: Session, event: Engagement, olu: User
) -> None:
    page = f"{event.path}/said/new"
    uid = str(uuid.uuid4())
    for _ in range(2):
        answer = press(client, page, page, uid=uid, you_said="It is dark", status="proposed")
        assert answer.status_code == 303
    assert session.scalars(select(Action.number)).all() == [1]


def test_what_can_not_be_kept_comes_back_with_all_that_was_typed(
    client: FlaskClient, session: Session, event: Engagement, olu: User
) -> None:
    answer = send(
        client, f"{event.path}/said/new", you_said="It is <b>dark</b>", status="done", theme="Light"
    )
    assert answer.status_code == 422
    assert "Say what was done." in answer.text
    assert "It is &lt;b&gt;dark&lt;/b&gt;" in answer.text
    assert 'value="Light"' in answer.text


def test_words_about_somebody_can_be_kept_once_it_is_said_that_they_are_not(
    client: FlaskClient, session: Session, event: Engagement, olu: User
) -> None:
    page, words = f"{event.path}/said/new", "Ring 07700 900123 when it is dark"
    answer = send(client, page, you_said=words)
    assert answer.status_code == 422
    assert "words_checked" in answer.text
    assert send(client, page, you_said=words, words_checked="true").status_code == 303


def test_two_who_change_one_point_both_see_what_the_other_wrote(
    client: FlaskClient, session: Session, event: Engagement, olu: User
) -> None:
    kept = said(session, event)
    page = f"{event.path}/said/{kept.uid}/edit"
    first = {"you_said": "It is dark at night", "status": "proposed", "version": "1"}
    assert press(client, page, page, **first).status_code == 303
    second = {"you_said": "It is dark in winter", "status": "proposed", "version": "1"}
    answer = press(client, page, page, **second)
    assert answer.status_code == 409
    assert "It is dark in winter" in answer.text
    assert "It now says: It is dark at night" in answer.text
    assert press(client, page, page, **(second | {"version": "2"})).status_code == 303
    session.expire_all()
    assert session.scalars(select(Action.you_said)).one() == "It is dark in winter"


def test_what_was_taken_away_is_put_back_on_the_same_page(
    client: FlaskClient, session: Session, event: Engagement, olu: User
) -> None:
    kept, at = said(session, event), f"{event.path}/said"
    assert press(client, f"{at}/{kept.uid}/remove", at).status_code == 303
    assert "1 point was taken away" in client.get(at).text
    assert press(client, f"{at}/{kept.uid}/put-back", at).status_code == 303
    assert "taken away" not in client.get(at).text


def test_what_people_were_told_can_hold_a_number_once_it_is_said_that_it_is_nobodys(
    client: FlaskClient, session: Session, event: Engagement, olu: User
) -> None:
    page = f"{event.path}/told"
    said = {"told_by": "poster", "told_to": "area", "words": "Ring the hall on 07700 900123"}
    asked = send(client, page, **said)
    assert (asked.status_code, "words_checked" in asked.text) == (422, True)
    assert send(client, page, **said, words_checked="true").status_code == 303
    assert session.scalars(select(Telling.words)).one() == said["words"]


def test_an_event_is_owed_until_it_is_kept_that_people_were_told(
    client: FlaskClient, session: Session, event: Engagement, olu: User
) -> None:
    assert "Nobody has been told yet" in client.get(f"{event.path}/said").text
    assert "Canal hub" in client.get("/report-back/").text
    page = f"{event.path}/told"
    assert send(client, page, told_by="poster").status_code == 422  # whom is not said
    answer = send(client, page, told_by=["poster", "meeting"], told_to="area", reach="120")
    assert answer.status_code == 303
    assert "about 120 people" in client.get(f"{event.path}/said").text
    assert "Canal hub" not in client.get("/report-back/").text
    kept = session.scalars(select(Telling)).one()
    back = f"{event.path}/told/{kept.uid}/take-back"
    assert press(client, back, f"{event.path}/said").status_code == 303
    assert "Canal hub" in client.get("/report-back/").text


def test_what_is_promised_filters_sorts_and_downloads_on_the_account(
    client: FlaskClient, session: Session, event: Engagement, olu: User
) -> None:
    said(session, event, "=A bench", status="agreed", due_on=TODAY - timedelta(days=2))
    said(session, event, "A bin", status="agreed", due_on=TODAY + timedelta(days=2))
    page = client.get("/report-back/?late=yes").text
    assert ("=A bench" in page, "A bin" in page) == (True, False)
    answer = client.get("/report-back/promised.csv?sort=due")
    rows = list(csv.DictReader(io.StringIO(answer.text.removeprefix("\ufeff"))))
    assert [row["you_said"] for row in rows] == ["'=A bench", "A bin"]
    assert [row["state"] for row in rows] == ["late", "agreed"]
    session.rollback()
    told = session.scalars(select(AuditEntry).where(AuditEntry.action == "exported")).all()
    assert [(row.channel, row.actor_id, row.subject_count) for row in told] == [("csv", olu.id, 1)]
    assert client.get("/report-back/?sort=sideways").status_code == 400


def test_a_page_of_many_points_takes_no_more_queries_than_one_of_few(
    client: FlaskClient, session: Session, event: Engagement, olu: User
) -> None:
    partner = make_partner(session)
    for number in range(3):
        said(session, event, f"Point {number}", partner=partner.name)
    assert client.get(f"{event.path}/said").status_code == 200
    with counted() as few:
        assert client.get(f"{event.path}/said").status_code == 200
    for number in range(9):
        said(session, event, f"More {number}", partner=partner.name)
    with counted() as many:
        assert client.get(f"{event.path}/said").status_code == 200
    assert len(many) == len(few) <= MOST_ON_A_PAGE


def test_a_program_writes_reads_and_tells(
    client: FlaskClient, session: Session, event: Engagement, olu: User
) -> None:
    at = f"/api/engagements/{event.uid}"
    uid = uuid.uuid4()
    headers = {"X-CSRFToken": token(client, f"{event.path}/said/new")}
    sent: dict[str, Any] = {"you_said": "It is dark"}
    made = client.put(f"{at}/actions/{uid}", json=sent, headers=headers)
    assert (made.status_code, json.loads(made.data)["number"], made.headers["ETag"]) == (
        201,
        1,
        '"1"',
    )
    assert client.put(f"{at}/actions/{uid}", json=sent, headers=headers).status_code == 200
    sent |= {"status": "not_possible", "why_not": "No power there", "is_public": True}
    stale = client.put(f"{at}/actions/{uid}", json=sent, headers=headers | {"If-Match": '"4"'})
    assert stale.status_code in (409, 412)
    good = client.put(f"{at}/actions/{uid}", json=sent, headers=headers | {"If-Match": '"1"'})
    assert good.status_code == 200
    told = {"told_on": TODAY.isoformat(), "told_by": ["email"], "told_to": "attendees"}
    kept = client.put(f"{at}/told/{uuid.uuid4()}", json=told, headers=headers)
    assert kept.status_code == 201
    read = json.loads(client.application.test_client().get(f"{at}/actions").data)
    assert [one["why_not"] for one in read["actions"]] == ["No power there"]
    assert [one["told_by"] for one in read["told"]] == [["email"]]
    wrong = client.put(f"{at}/actions/{uuid.uuid4()}", json={"you_said": ""}, headers=headers)
    assert (wrong.status_code, set(json.loads(wrong.data)["problems"])) == (422, {"you_said"})
