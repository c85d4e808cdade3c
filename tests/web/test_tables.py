"""Tables, notes and ideas of an event on their pages."""

import io
import uuid
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from assetmap.access import OPERATOR
from assetmap.models import Action, Attachment, Engagement, EventNote, EventTable, Team
from assetmap.register import actions, merging, notes, running, tables
from assetmap.schemas.running import PartDraft
from assetmap.schemas.tables import Layout, NoteDraft
from tests.make import commit, make_category, make_entry, make_team, make_user
from tests.queries import MOST_ON_A_PAGE, counted, questions
from tests.web import filled
from tests.web.pages import press, sign_in, token
from tests.web.uploads import jpeg


@pytest.fixture
def team(session: Session) -> Team:
    return make_team(session)


@pytest.fixture
def event(session: Session, client: FlaskClient, team: Team) -> Engagement:
    olu = make_user(session, team, "organiser", "olu@demo.example")
    made = make_entry(session, "engagement", team, title="Canal hub", capacity=30)
    assert isinstance(made, Engagement)
    commit()
    sign_in(client, olu)
    return made


def idea(session: Session, event: Engagement, text: str = "Lamps <now>", **more: Any) -> EventNote:
    made, _ = notes.put(
        session, event, uuid.uuid4(), NoteDraft(text=text, table=1, **more), viewer=OPERATOR
    )
    return made


def test_tables_are_laid_out_led_and_taken_away_again(
    client: FlaskClient, session: Session, event: Engagement
) -> None:
    at = f"{event.path}/tables/"
    too_many = filled.send(client, at, placeless="", people="31")
    assert too_many.status_code == 422
    assert "The event has 30 places." in too_many.text
    assert 'value="31"' in too_many.text
    assert filled.send(client, at, placeless="", people="25").status_code == 303
    assert session.scalars(select(EventTable.seats)).all() == [9, 8, 8]
    same = filled.send(
        client, f"{at}2", placeless="", facilitator="Youth worker", note_taker="youth worker"
    )
    assert same.status_code == 422
    assert "nobody can lead and write at once" in same.text
    filled.send(client, f"{at}2", placeless="", facilitator="Youth <worker>")
    page = client.get(at).text
    assert "Youth &lt;worker&gt;" in page
    assert "2 of 3 without somebody to lead" in page
    press(client, f"{at}clear", at)
    assert "Lay out the tables" in client.get(at).text


def test_who_leads_a_table_is_chosen_from_offers_and_both_pages_say_so(
    client: FlaskClient, session: Session, event: Engagement, team: Team
) -> None:
    make_category(session, "offer", "kno_faci")
    offer = make_entry(session, "offer", team, category="kno_faci", title="Two who <lead>")
    commit()
    at = f"{event.path}/tables/"
    filled.send(client, at, placeless="", people="18")
    page = client.get(f"{at}1").text
    assert f'<option value="offer:{offer.uid}">Two who &lt;lead&gt; ({offer.ref})' in page
    source = f"offer:{offer.uid}"
    assert filled.send(client, f"{at}1", placeless="", facilitator_from=source).status_code == 303
    assert f'<a href="{offer.path}">Two who &lt;lead&gt;</a>' in client.get(at).text
    assert event.title in client.get(offer.path).text
    assert "cannot sit at two" not in client.get(at).text
    filled.send(client, f"{at}2", placeless="", note_taker_from=source)
    assert "helps at tables 1, 2. One person cannot sit at two." in client.get(at).text
    wrong = filled.send(client, f"{at}1", placeless="", note_taker_from=f"contact:{offer.uid}")
    assert wrong.status_code == 422
    assert 'href="#note_taker_from"' in wrong.text


def test_two_who_change_one_table_see_it(client: FlaskClient, event: Engagement) -> None:
    at = f"{event.path}/tables/"
    filled.send(client, at, placeless="", people="9")
    page = f"{at}1"
    assert press(client, page, page, version="1", seats="9", theme="Bins").status_code == 303
    answer = press(client, page, page, version="1", seats="9", theme="Lamps")
    assert answer.status_code == 409
    assert 'value="Lamps"' in answer.text
    assert 'name="version" value="2"' in answer.text


def test_a_note_is_taken_and_the_next_begins_at_the_same_table(
    client: FlaskClient, session: Session, event: Engagement
) -> None:
    part = running.put(
        session, event, uuid.uuid4(), PartDraft(title="Ideas", minutes=20), viewer=OPERATOR
    )
    at, uid = f"{event.path}/notes/", part.uid
    commit()
    answer = filled.send(
        client, f"{at}?table=3&part={uid}", placeless="", text="It is <dark>", kind="concern"
    )
    assert answer.location == f"{at}?table=3&part={uid}#text"
    page = client.get(answer.location).text
    assert "It is &lt;dark&gt;" in page
    assert 'value="3"' in page
    assert f'<option value="{uid}" selected' in page
    assert client.get(f"{at}?table=4").text.count("is &lt;dark") == 0
    assert client.get(f"{at}?table=99").status_code == 400


def test_a_note_that_can_not_be_kept_comes_back_with_what_was_typed(
    client: FlaskClient, event: Engagement
) -> None:
    at = f"{event.path}/notes/"
    for wrong, box in (
        ({"text": "Ring 07700 900123"}, "text"),
        ({"text": "Dark", "table": "0"}, "table"),
        ({"text": "", "table": "2"}, "text"),
    ):
        answer = filled.send(client, at, placeless="", **wrong)
        assert answer.status_code == 422
        assert f'href="#{box}"' in answer.text
        assert all(typed in answer.text for typed in wrong.values())


def test_a_note_of_a_table_that_there_is_not_is_refused_and_an_idea_noted_twice_says_so(
    client: FlaskClient, session: Session, event: Engagement
) -> None:
    tables.lay_out(session, event, Layout(people=16, seats=8), viewer=OPERATOR)
    for words in ("Lamps now", "lamps  now.", "A run"):
        idea(session, event, words)
    at = f"{event.path}/notes/"
    commit()
    slip = filled.send(client, at, placeless="", text="A bench", table="22")
    assert slip.status_code == 422
    assert "There is no table 22: the last is 2." in slip.text
    assert filled.send(client, at, placeless="", text="A bench", table="2").status_code == 303
    assert client.get(f"{event.path}/ideas/").text.count("Noted 2 times") == 2


def test_words_that_seem_to_be_about_somebody_are_noted_once_it_is_said_that_they_are_not(
    client: FlaskClient, session: Session, event: Engagement
) -> None:
    at, words = f"{event.path}/notes/", "Ring 07700 900123"
    assert "words_checked" not in client.get(at).text
    answer = filled.send(client, at, placeless="", text=words)
    assert (answer.status_code, "words_checked" in answer.text) == (422, True)
    kept = filled.send(client, at, placeless="", text=words, words_checked="true")
    assert kept.status_code == 303
    made = session.scalars(select(EventNote)).one()
    other = filled.send(client, f"{at}{made.uid}", placeless="", text="Ring 07700 900456")
    assert (other.status_code, "words_checked" in other.text) == (422, True)


def test_a_note_sent_twice_is_one_and_with_other_words_comes_back_as_one_more(
    client: FlaskClient, session: Session, event: Engagement
) -> None:
    at = f"{event.path}/notes/"
    form = filled.filled(client.get(at).text, at)
    form["text"] = "It is dark"
    assert [client.post(at, data=form).status_code for _ in range(2)] == [303, 303]
    assert session.scalars(select(EventNote.text)).all() == ["It is dark"]
    form["text"] = "It is cold"
    again = client.post(at, data=form)
    assert again.status_code == 409
    assert "A note was kept with this form already" in again.text
    assert client.post(at, data=filled.filled(again.text, at)).status_code == 303
    session.expire_all()
    assert set(session.scalars(select(EventNote.text))) == {"It is dark", "It is cold"}


def test_a_note_is_changed_with_its_votes_kept_taken_away_and_put_back(
    client: FlaskClient, session: Session, event: Engagement
) -> None:
    made = idea(session, event, votes=7)
    at, uid = f"{event.path}/notes/", made.uid
    commit()
    assert filled.send(client, f"{at}{uid}", placeless="", text="Lamps, all").status_code == 303
    session.expire_all()
    found = session.scalars(select(EventNote)).one()
    assert (found.text, found.votes) == ("Lamps, all", 7)
    press(client, f"{at}{uid}/remove", at)
    assert "1 note was taken away" in client.get(at).text
    press(client, f"{at}{uid}/put-back", at)
    assert "1 note</h2>" in client.get(at).text


def test_an_idea_is_weighed_taken_on_and_becomes_a_promise(
    client: FlaskClient, session: Session, event: Engagement
) -> None:
    made = idea(session, event)
    at, uid = f"{event.path}/ideas/", made.uid
    commit()
    wrong = press(client, f"{at}{uid}", at, version="1", votes="many", realistic="4")
    assert wrong.status_code == 422
    assert 'value="many"' in wrong.text
    kept = press(client, f"{at}{uid}", at, version="1", votes="12", realistic="4", chosen="true")
    assert kept.status_code == 303
    stale = press(client, f"{at}{uid}", at, version="1", votes="3")
    assert stale.status_code == 409
    assert 'value="3"' in stale.text
    assert "Somebody else changed this note" in stale.text
    page = client.get(at).text
    assert "12 votes" in page
    assert "1 is taken on" in page
    promise = f"{event.path}/said/new?note={uid}"
    assert promise in page
    answer = filled.send(
        client, promise, placeless="", status="agreed", due_on="2027-01-31", owner="Engineer"
    )
    assert answer.status_code == 303
    session.expire_all()
    action = session.scalars(select(Action)).one()
    assert action.you_said == "Lamps <now>"
    assert session.scalars(select(EventNote.action_id)).one() == action.id
    assert "Point 1 of what was said" in client.get(at).text


def test_pages_of_tables_notes_and_ideas_are_for_the_team_alone(
    client: FlaskClient, session: Session, event: Engagement
) -> None:
    note = idea(session, event)
    paths = [f"{event.path}/{one}" for one in ("tables/", "notes/", "ideas/", f"notes/{note.uid}")]
    other = make_user(session, make_team(session, "Others"), "organiser", "o@demo.example")
    commit()
    client.delete_cookie("session")
    for path in paths:
        assert client.get(path).status_code in (302, 303, 401)
    sign_in(client, other)
    for path in paths:
        answer = client.get(path)
        assert answer.status_code == 403
        assert "Lamps" not in answer.text


def test_the_pages_of_a_full_event_send_eight_queries_at_most(
    client: FlaskClient, session: Session, event: Engagement
) -> None:
    tables.lay_out(session, event, Layout(people=30, seats=5), viewer=OPERATOR)
    parts = [PartDraft(title=f"Part {n}", minutes=9, kind="solve") for n in range(5)]
    running.begin(session, event, parts, viewer=OPERATOR)
    for n in range(30):
        idea(session, event, f"Idea {n}", votes=n)
    paths = [f"{event.path}/{one}" for one in ("tables/", "notes/", "ideas/")]
    commit()
    for path in paths:
        with counted() as queries:
            assert client.get(path).status_code == 200
        assert len(questions(queries)) <= MOST_ON_A_PAGE, path


def test_no_table_is_added_after_the_sixtieth(client: FlaskClient, event: Engagement) -> None:
    at = f"{event.path}/tables/"
    event.capacity = None
    commit()
    filled.send(client, at, placeless="", people="120", seats="2")
    assert f"{at}60" in client.get(at).text
    assert f"{at}61" not in client.get(at).text
    assert client.get(f"{at}61").status_code == 404
    typed = {"seats": "2", "theme": "", "facilitator": "", "note_taker": "", "version": ""}
    assert press(client, f"{at}61", f"{at}60", **typed).status_code == 404


def test_an_idea_becomes_one_point_until_that_is_taken_away(
    client: FlaskClient, session: Session, event: Engagement
) -> None:
    one = idea(session, event, chosen=True)
    commit()
    new = f"{event.path}/said/new?note={one.uid}"
    typed = filled.filled(client.get(new).text, "/said/new")
    assert client.post(f"{event.path}/said/new", data=typed).status_code == 303
    twice = client.post(f"{event.path}/said/new", data=dict(typed, uid=str(uuid.uuid4())))
    assert twice.status_code == 409
    assert "What you typed is kept." in twice.text
    assert client.get(new).location.endswith("/said#point-1")
    point = session.scalars(select(Action)).one()
    actions.remove(session, event, point.uid, viewer=OPERATOR)
    commit()
    assert f"/said/new?note={one.uid}" in client.get(f"{event.path}/ideas/").text
    assert client.get(new).status_code == 200


def test_a_note_keeps_its_part_though_that_is_taken_away(
    client: FlaskClient, session: Session, event: Engagement
) -> None:
    draft = PartDraft(title="Solve", minutes=5, kind="solve")
    part = running.put(session, event, uuid.uuid4(), draft, viewer=OPERATOR)
    one = idea(session, event, part=part.uid)
    running.remove(session, event, part.uid, viewer=OPERATOR)
    commit()
    at = f"{event.path}/notes/{one.uid}"
    assert filled.send(client, at, placeless="", text="More lamps").status_code == 303
    session.refresh(one)
    assert (one.text, one.part_id) == ("More lamps", part.id)


def test_an_idea_that_is_taken_on_stays_an_idea(
    client: FlaskClient, session: Session, event: Engagement
) -> None:
    one = idea(session, event, chosen=True, realistic=3)
    commit()
    at = f"{event.path}/notes/{one.uid}"
    assert 'value="concern"' not in client.get(at).text
    refused = filled.send(client, at, placeless="", kind="concern")
    assert (refused.status_code, "Only an idea is voted on" in refused.text) == (422, True)


def test_an_idea_that_came_with_another_event_can_be_weighed(
    client: FlaskClient, session: Session, team: Team, event: Engagement
) -> None:
    other = make_entry(session, "engagement", team, title="Canal hub, again")
    assert isinstance(other, Engagement)
    draft = PartDraft(title="Solve", minutes=5, kind="solve")
    own = [running.put(session, e, uuid.uuid4(), draft, viewer=OPERATOR) for e in (event, other)]
    one = idea(session, other, part=own[1].uid)
    merging.merge(session, event, other, viewer=OPERATOR)
    commit()
    at = f"{event.path}/ideas/"
    assert press(client, f"{at}{one.uid}", at, votes="3", version="1").status_code == 303


def test_a_photo_of_a_flip_chart_stands_with_the_notes_of_its_table_and_nowhere_else(
    client: FlaskClient, session: Session, event: Engagement, team: Team
) -> None:
    at = f"{event.path}/notes/"

    def send(**said: object) -> TestResponse:
        body = {"csrf_token": token(client, at), "alt_text": "Lamps <first>", **said}
        return client.post(f"{at}photos", data=body, content_type="multipart/form-data")

    bad: list[dict[str, object]] = [
        {"at_table": "3"},
        {"at_table": "", "photo": (jpeg(), "a.jpg")},
        {"at_table": "61", "photo": (jpeg(), "a.jpg")},
        {"at_table": "3", "photo": (io.BytesIO(b"no photo"), "a.jpg")},
    ]
    for said in bad:
        back = send(**said)
        assert back.status_code == 422
        assert 'value="Lamps &lt;first&gt;"' in back.text
    assert "/photos/" not in client.get(at).text
    sent = send(at_table="3", photo=(jpeg(), "a.jpg"))
    assert (sent.status_code, sent.location) == (303, f"{at}?table=3#photos")
    kept = session.scalars(select(Attachment)).one()
    assert (kept.at_table, kept.consent_scope, kept.mime) == (3, "internal", "image/jpeg")
    assert f"/photos/{kept.uid}.jpg" in client.get(f"{at}?table=3").text
    assert f"/photos/{kept.uid}.jpg" not in client.get(f"{at}?table=2").text
    assert f"/photos/{kept.uid}.jpg" not in client.get(event.path).text
    assert client.get(f"/photos/{kept.uid}.jpg").status_code == 200
    assert client.application.test_client().get(f"/photos/{kept.uid}.jpg").status_code == 404
    assert press(client, f"{at}photos/{kept.uid}/remove", at).status_code == 303
    assert f"/photos/{kept.uid}.jpg" not in client.get(at).text
    lone = make_user(session, team, "viewer", "v@demo.example")
    commit()
    sign_in(client, lone)
    assert send(at_table="3", photo=(jpeg(), "b.jpg")).status_code == 403
