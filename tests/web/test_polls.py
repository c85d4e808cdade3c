"""Asking the room on its pages: written, opened, answered on phones, closed and shown."""

from datetime import timedelta

from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from assetmap.db import now
from assetmap.models import AuditEntry, Entry, PollAnswer
from tests.make import commit, make_entry, make_team, make_user
from tests.queries import MOST_ON_A_PAGE, counted, questions
from tests.web import filled
from tests.web.pages import press, sign_in


def ready(client: FlaskClient, session: Session, visibility: str = "public") -> tuple[Entry, str]:
    """An event with one question, and where it is."""
    team = make_team(session)
    olu = make_user(session, team, "organiser", "olu@demo.example")
    begins = now() - timedelta(hours=1)
    event = make_entry(
        session,
        "engagement",
        team,
        title="Canal <hub>",
        visibility=visibility,
        starts_at=begins,
        ends_at=begins + timedelta(hours=3),
    )
    commit()
    sign_in(client, olu)
    at = f"{event.path}/polls/"
    said = {"asks": "What <first>?", "options": "Lamps & light\nBins"}
    form = filled.filled(client.get(at).text, "/polls/")
    sent = [client.post(at, data={**form, **said}) for _ in range(2)]
    assert [one.status_code for one in sent] == [303, 303]
    return event, at + sent[0].location.partition("#")[2]


def test_a_room_is_asked_answers_on_its_phones_and_sees_what_came_of_it(
    client: FlaskClient, session: Session
) -> None:
    event, poll = ready(client, session)
    at = f"{event.path}/polls/"
    code = client.get(at).text.partition('class="code">')[2][:6]
    phones = [client.application.test_client() for _ in range(6)]
    joined = phones[0].get(f"/poll/?code={code.upper()}")
    assert (joined.status_code, joined.location) == (303, f"/poll/{code}")
    assert "Nothing is asked just now" in phones[0].get(joined.location).text
    assert press(client, f"{poll}/open", at).status_code == 303
    assert f"/poll/{code}" in client.get(f"{at}wall").text
    here = f"/poll/{code}"
    before = len(session.scalars(select(AuditEntry.seq)).all())
    for number, phone in enumerate(phones):
        page = phone.get(here).text
        assert "What &lt;first&gt;?" in page
        assert "Lamps &amp; light" in page
        for chosen in ("2", "1") if number else ("1",):
            sent = filled.send(phone, here, placeless="", chosen=chosen)
            assert (sent.status_code, sent.location) == (303, here)
        assert "Your answer is in" in phone.get(here).text
        assert filled.send(phone, here, placeless="", chosen="3").status_code == 422
        asked = filled.filled(page, here)["poll"]
    assert press(phones[0], here, here, poll=asked).status_code == 422
    session.rollback()
    assert len(session.scalars(select(AuditEntry.seq)).all()) == before
    assert session.scalars(select(PollAnswer.chosen)).all() == [1] * 6
    assert "100%" not in client.get(at).text
    assert press(client, f"{poll}/close", at).status_code == 303
    late = press(phones[0], here, poll=asked, chosen="2")
    assert late.status_code == 409
    assert "This question is closed" in late.text
    with counted() as queries:
        page = client.get(at).text
    assert len(questions(queries)) <= MOST_ON_A_PAGE
    assert "<strong>100%</strong>" in page
    assert "<strong>0%</strong>" in page
    assert "<strong>100%</strong>" in client.get(f"{at}wall").text
    asked = client.get(f"/api{event.path}/asked").json["polls"]  # type: ignore[index]
    assert [one["share"]["share"] for one in asked[0]["answers"]] == [1.0, 0.0]


def test_a_question_that_cannot_be_kept_comes_back_as_typed_and_unknown_codes_say_so(
    client: FlaskClient, session: Session
) -> None:
    event, poll = ready(client, session, "team")
    at = f"{event.path}/polls/"
    form = filled.filled(client.get(at).text, "/polls/")
    back = client.post(at, data={**form, "asks": "Which one?", "options": "only"})
    assert back.status_code == 422
    assert "Write 2 to 10 answers" in back.text
    assert 'value="Which one?"' in back.text
    named = client.post(at, data={**form, "asks": "Ring 07700 900123?", "options": "a\nb"})
    assert named.status_code == 422
    code = client.get(at).text.partition('class="code">')[2][:6]
    anybody = client.application.test_client()
    assert "Canal" not in anybody.get(f"/poll/{code}").text
    for address in ("/poll/nothing", f"/poll/{'x' * 300}"):
        assert anybody.get(address).status_code == 404
    assert "letters and numbers only" in anybody.get("/poll/?code=a/b").text
    assert press(client, f"{poll}/close", at).status_code == 409
    assert press(client, f"{poll}/remove", at).status_code == 303
    assert "1 question was taken away" in client.get(at).text
    assert anybody.get(f"/poll/{code}").status_code == 404
    assert press(client, f"{poll}/put-back", at).status_code == 303
    assert press(client, f"{poll}/dance", at).status_code == 404
