"""The survey of an event on its pages: set up, answered by anybody, and read by its team."""

import csv
import io
import threading
import uuid

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from assetmap.models import AuditEntry, Entry, Survey, SurveyAnswer
from tests.make import commit, make_entry, make_team, make_user
from tests.queries import MOST_ON_A_PAGE, counted, questions
from tests.web import filled
from tests.web.pages import press, sign_in, token


@pytest.fixture
def event(session: Session, client: FlaskClient) -> Entry:
    team = make_team(session)
    olu = make_user(session, team, "organiser", "olu@demo.example")
    made = make_entry(session, "engagement", team, title="Canal hub", visibility="public")
    commit()
    sign_in(client, olu)
    return made


def begin(client: FlaskClient, session: Session, event: Entry, open_for: str = "before") -> str:
    """Open the survey; where it is answered."""
    answer = filled.send(client, f"{event.path}/survey/edit", placeless="", open_for=open_for)
    assert (answer.status_code, answer.location) == (303, f"{event.path}/survey/")
    session.expire_all()
    return f"/answer/{session.scalars(select(Survey.code)).one()}"


def test_an_organiser_asks_six_questions_and_anybody_answers_without_an_account(
    client: FlaskClient, session: Session, event: Entry
) -> None:
    at = begin(client, session, event)
    anybody = client.application.test_client()
    page = anybody.get(at).text
    assert page.count("<legend>") == 4  # two are asked after it alone
    assert "Canal hub" in page
    thanks = press(anybody, at, at, uid=str(uuid.uuid4()), **{"q-trust": "9", "q-heard": "4"})
    assert thanks.status_code == 200
    assert "Keep these words" in thanks.text
    assert session.scalars(select(SurveyAnswer.given)).one() == {"trust": 9, "heard": 4}


def test_nobody_who_answers_is_on_the_account_or_gets_a_lasting_cookie(
    client: FlaskClient, session: Session, event: Entry
) -> None:
    at = begin(client, session, event)
    anybody = client.application.test_client()
    before = len(session.scalars(select(AuditEntry.seq)).all())
    press(anybody, at, at, uid=str(uuid.uuid4()), **{"q-trust": "9"})
    session.rollback()
    assert len(session.scalars(select(AuditEntry.seq)).all()) == before


def test_a_sheet_pressed_twice_counts_once_and_says_the_same_words(
    client: FlaskClient, session: Session, event: Entry
) -> None:
    at = begin(client, session, event)
    sheet = {"uid": str(uuid.uuid4()), "q-trust": "9"}
    pages = [press(client, at, at, **sheet).text for _ in range(2)]
    words = [page.partition("<strong>")[2].partition("</strong>")[0] for page in pages]
    assert words[0] == words[1] != ""
    assert len(session.scalars(select(SurveyAnswer.id)).all()) == 1


def test_two_presses_at_once_count_once_and_say_the_same_words(
    client: FlaskClient, session: Session, event: Entry
) -> None:
    at, uid = begin(client, session, event), str(uuid.uuid4())
    said = {"csrf_token": token(client, at), "uid": uid, "q-trust": "9"}
    start, answers = threading.Barrier(2), list[TestResponse]()
    with client.session_transaction() as cookie:
        held = dict(cookie)

    def send() -> None:
        anybody = client.application.test_client()
        with anybody.session_transaction() as cookie:
            cookie.update(held)
        start.wait()
        answers.append(anybody.post(at, data=said))

    threads = [threading.Thread(target=send) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [answer.status_code for answer in answers] == [200, 200]
    assert len({answer.text.partition("<strong>")[2][:30] for answer in answers}) == 1
    session.rollback()
    assert len(session.scalars(select(SurveyAnswer.id)).all()) == 1


def test_a_sheet_with_nothing_on_it_comes_back_and_so_do_wrong_numbers(
    client: FlaskClient, session: Session, event: Entry
) -> None:
    at, uid = begin(client, session, event), str(uuid.uuid4())
    empty = press(client, at, at, uid=uid)
    assert empty.status_code == 422
    assert "Answer at least one question." in empty.text
    wrong = press(client, at, at, uid=uid, **{"q-trust": "11", "q-heard": "7"})
    assert wrong.status_code == 422
    assert 'name="q-heard" value="7" checked' in " ".join(wrong.text.split())
    assert press(client, at, at, uid="us", **{"q-trust": "9"}).status_code == 400


def test_what_was_changed_is_shown_with_its_interval_and_downloads(
    client: FlaskClient, session: Session, event: Entry
) -> None:
    at = begin(client, session, event)
    for number in range(10):
        press(client, at, at, uid=str(uuid.uuid4()), **{"q-trust": "9" if number < 2 else "3"})
    filled.send(client, f"{event.path}/survey/edit", placeless="", open_for="after")
    for _ in range(10):
        press(client, at, at, uid=str(uuid.uuid4()), **{"q-trust": "9"})
    filled.send(client, f"{event.path}/survey/edit", placeless="", open_for="")
    page = " ".join(client.get(f"{event.path}/survey/").text.split())
    assert "<strong>20%</strong>" in page
    assert "<strong>100%</strong>" in page
    assert "Up 80 points (between +" in page
    assert "Fewer than 5 people have answered this before or after" in page
    answer = client.get(f"{event.path}/survey.csv")
    rows = list(csv.DictReader(io.StringIO(answer.text.removeprefix("\ufeff"))))
    assert (rows[0]["before_above_7"], rows[0]["after_above_7"]) == ("0.2", "1.0")
    assert rows[1]["before_answered"] == "fewer than 5"
    assert rows[5]["before_answered"] == "not asked"


def test_a_sheet_handed_on_is_a_new_one_and_one_from_before_asks_what_is_asked_now(
    client: FlaskClient, session: Session, event: Entry
) -> None:
    at, uid = begin(client, session, event), str(uuid.uuid4())
    thanks = press(client, at, at, uid=uid, **{"q-trust": "9"})
    assert f'href="{at}"' in thanks.text
    assert f'href="{event.path}/said"' in thanks.text
    second = press(client, at, at, uid=uid, **{"q-trust": "2"})
    assert second.status_code == 422
    assert "If you are somebody else, send your answers now." in second.text
    assert uid not in second.text
    filled.send(client, f"{event.path}/survey/edit", placeless="", open_for="after")
    late = press(client, at, at, uid=str(uuid.uuid4()), phase="before", **{"q-trust": "5"})
    assert late.status_code == 422
    assert "answer them afresh" in late.text
    assert 'name="phase" value="after"' in late.text
    assert " checked" not in late.text
    assert len(session.scalars(select(SurveyAnswer.id)).all()) == 1


def test_the_name_of_an_event_that_is_not_open_to_all_is_not_on_its_sheet(
    client: FlaskClient, session: Session, event: Entry
) -> None:
    at = begin(client, session, event)
    event = session.get_one(Entry, event.id)
    event.visibility = "team"
    commit()
    assert "Canal hub" not in client.application.test_client().get(at).text


def test_a_closed_or_unknown_sheet_says_whom_to_ask(
    client: FlaskClient, session: Session, event: Entry
) -> None:
    at = begin(client, session, event, "")
    for address in (at, "/answer/nothing-here", f"/answer/{'x' * 500}"):
        answer = client.get(address)
        assert answer.status_code == 404
        assert "Ask whoever gave it to you" in answer.text
        assert "No answers are taken now" in answer.text
        assert "What were you looking for?" not in answer.text


def test_the_figures_take_few_queries_however_many_answer(
    client: FlaskClient, session: Session, event: Entry
) -> None:
    at = begin(client, session, event)
    page = f"{event.path}/survey/"
    client.get(page)
    with counted() as few:
        client.get(page)
    for _ in range(12):
        press(client, at, at, uid=str(uuid.uuid4()), **{"q-trust": "9"})
    with counted() as many:
        client.get(page)
    assert len(questions(many)) == len(questions(few)) <= MOST_ON_A_PAGE
