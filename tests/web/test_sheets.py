"""Questions with answers to choose from, and a survey on paper: printed, typed in, drawn."""

import csv
import io
import uuid
from typing import Any

from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from assetmap.models import Survey, SurveyAnswer
from tests.make import commit, make_entry, make_team, make_user
from tests.web import filled
from tests.web.pages import press, sign_in

CHOICES = "Which <way>?\nOn foot\nBy bus\n\nFrom where?\nThe estate\nElsewhere"


def test_sheets_of_paper_are_typed_in_drawn_five_at_a_time_and_shown_with_answers_to_choose(
    client: FlaskClient, session: Session
) -> None:
    team = make_team(session)
    olu = make_user(session, team, "organiser", "olu@demo.example")
    lou = make_user(session, team, "logger", "lou@demo.example")
    event = make_entry(session, "engagement", team, title="Canal hub", visibility="public")
    commit()
    sign_in(client, olu)
    at = f"{event.path}/survey/"
    edit: dict[str, Any] = {"measures": ["trust"], "placeless": ""}
    for wrong in ("Which?\nOnly", "Which? On foot, by bus", "Q\n" + "a" * 81 + "\nb"):
        answer = filled.send(client, f"{at}edit", choices=wrong, **edit)
        assert answer.status_code == 422, wrong
    assert filled.send(client, f"{at}edit", choices=CHOICES, **edit).status_code == 303
    assert filled.filled(client.get(f"{at}edit").text, "/edit")["choices"] == CHOICES
    again = filled.send(client, f"{at}edit", placeless="")
    assert (again.status_code, session.scalars(select(Survey.version)).one()) == (303, 1)
    code = session.scalars(select(Survey.code)).one()
    page = client.get(f"{at}sheet?phase=after").text
    for words in ("Which &lt;way&gt;?", "By bus", f"/answer/{code}", "Not at all"):
        assert words in page
    assert client.get(f"{at}sheet?phase=never").status_code == 400
    sign_in(client, lou)
    typed = f"{at}typed"
    for number in range(4):
        sent = filled.send(client, typed, placeless="", **{"q-own1": "1", "q-trust": "9"})
        assert (sent.status_code, sent.location) == (303, f"{typed}?phase=before"), number
    one = {"phase": "before", "q-own1": "2", "pair": "Amber  Otter-27", "uid": str(uuid.uuid4())}
    assert [press(client, typed, typed, **one).status_code for _ in range(2)] == [303, 303]
    other = press(client, typed, typed, **{**one, "q-own1": "1"})
    assert other.status_code == 409
    same_words = press(client, typed, typed, **{**one, "uid": str(uuid.uuid4())})
    assert "Another sheet has these words" in same_words.text
    for bad in ({"q-own1": "3"}, {"q-none": "1"}, {}):
        sent = press(client, typed, typed, phase="before", uid=str(uuid.uuid4()), **bad)
        assert sent.status_code == 422
    assert len(session.scalars(select(SurveyAnswer.id)).all()) == 5
    assert press(client, f"{at}draw", typed).status_code == 403
    assert "<strong>80%</strong>" not in client.get(at).text
    sign_in(client, olu)
    assert "5 sheets were typed in since" in client.get(at).text
    assert press(client, f"{at}draw", at).status_code == 303
    page = client.get(at).text
    assert "were typed in since" not in page
    assert "Which &lt;way&gt;?" in page
    assert page.count("Not shown") == 2  # four and one: neither is told by the other
    rows = list(csv.DictReader(io.StringIO(client.get(f"{at[:-1]}.csv").text.lstrip("\ufeff"))))
    assert [row["answer"] for row in rows] == ["", "On foot", "By bus", "The estate", "Elsewhere"]
    assert [row["before_answered"] for row in rows[1:3]] == ["not shown", "not shown"]
    for _ in range(5):
        filled.send(client, typed, placeless="", **{"q-own1": "2"})
    press(client, f"{at}draw", at)
    page = client.get(at).text
    assert "Not shown" in page
    lost = filled.send(client, f"{at}edit", choices="", **edit)
    assert lost.status_code == 409


def test_who_came_is_counted_from_a_sheet_of_paper(client: FlaskClient, session: Session) -> None:
    team = make_team(session)
    event = make_entry(session, "engagement", team, title="Hub")
    lou = make_user(session, team, "logger", "lou@demo.example")
    commit()
    sign_in(client, lou)
    at = f"{event.path}/door/"
    assert "One stroke for each" in client.get(f"{at}sheet").text
    assert press(client, at, at, uid=str(uuid.uuid4()), people="37").status_code == 303
    assert "37 came" in client.get(at).text
