"""The write-up of an event, drawn from the record."""

import io
import uuid

import docx
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session
from uuid6 import uuid7

from assetmap.access import OPERATOR
from assetmap.db import now
from assetmap.formats import document
from assetmap.models import Engagement, Monitoring, MonitoringCount, PlanItem, PollAnswer
from assetmap.models.audit import AuditEntry, AuditSubject
from assetmap.register import actions, budget, door, links, notes, polls, surveys, tellings
from assetmap.schemas.actions import ActionDraft, TellingDraft
from assetmap.schemas.budget import CostDraft
from assetmap.schemas.door import Arrived
from assetmap.schemas.polls import PollDraft
from assetmap.schemas.surveys import AnswerDraft, SurveyDraft
from assetmap.schemas.tables import NoteDraft
from assetmap.vocabulary import Relation
from tests.make import commit, make_entry, make_partner, make_team, make_user
from tests.queries import MOST_ON_A_PAGE, counted, questions
from tests.web.pages import sign_in


def test_the_write_up_says_what_the_record_holds_and_what_it_lacks(
    client: FlaskClient, session: Session
) -> None:
    team, other = make_team(session), make_team(session, "Others")
    event = make_entry(session, "engagement", team, title="Hub <1>", aims="Light & life")
    empty = make_entry(session, "engagement", team, title="Not held yet")
    assert isinstance(event, Engagement)
    partner = make_partner(session).name
    cost = CostDraft(what="Hall", planned_pence=9_000, spent_pence=8_000)
    budget.put(session, event, "costs", uuid.uuid4(), cost, viewer=OPERATOR)
    door.count(session, event, uuid.uuid4(), Arrived(people=40), viewer=OPERATOR)
    lamps = NoteDraft(text="Lamps", chosen=True)
    notes.put(session, event, uuid.uuid4(), lamps, viewer=OPERATOR)
    said = ActionDraft(you_said="It is <dark>", partner=partner, status="done", we_did="Two lamps")
    actions.put(session, event, uuid7(), said, viewer=OPERATOR)
    told = TellingDraft(
        told_on=event.ends_at.date(), told_by=["email"], told_to="attendees", reach=30
    )
    tellings.tell(session, event, uuid7(), told, viewer=OPERATOR)
    survey = surveys.set_up(
        session, event, SurveyDraft(measures=("trust",), open_for="after"), viewer=OPERATOR
    )
    for number, asks in enumerate(("Which of four?", "Which of seven?")):
        draft = PollDraft(asks=asks, options="Lamps\nBins")
        poll = polls.add(session, event, uuid.uuid4(), draft, viewer=OPERATOR)
        poll.opened_at, poll.closes_at = event.starts_at, event.ends_at
        few_or_enough = 4 + 3 * number
        session.add_all(
            PollAnswer(poll_id=poll.id, voter=f"phone {voter}", chosen=1)
            for voter in range(few_or_enough)
        )
    form = Monitoring(
        engagement_id=event.id, code="abcdefghij", opened_at=now(), closes_at=now(), sheets=9
    )
    session.add(form)
    session.flush()
    for category, people in (("female", 9), ("male", 7)):
        session.add(
            MonitoringCount(
                monitoring_id=form.id, dimension="sex", category=category, people=people
            )
        )
    for value in (8, 9, 9, 10):  # too few to show
        surveys.answer(session, survey, uuid.uuid4(), AnswerDraft(given={"trust": value}))
    session.add(PlanItem(engagement_id=event.id, number=25, status="done", note="It <did>"))
    finding = make_entry(session, "finding", team, title="Steps")
    hidden = make_entry(session, "finding", other, title="Hidden", visibility="team")
    for one in (finding, hidden):
        links.link(session, one, Relation.RAISED_AT, event, viewer=OPERATOR)
    at, bare = f"{event.path}/write-up/", f"{empty.path}/write-up/"
    olu = make_user(session, team, "organiser", "olu@demo.example")
    stranger = make_user(session, other, "organiser", "o@demo.example")
    commit()
    sign_in(client, olu)
    with counted() as queries:
        page = " ".join(client.get(at).text.split())
    assert len(questions(queries)) <= MOST_ON_A_PAGE
    for words in (
        *("Light &amp; life", "40 came", "£80 was spent of £90 planned", "<b>£2</b> for each"),
        *("1 idea was noted, of which 1 was taken on", "Out of it came 1 finding on", partner),
        *("It is &lt;dark&gt;", "Two lamps", "about 30 people", "It &lt;did&gt;"),
        *("Too few to show", "Which of seven? (7 answered)", "<td>9</td>"),
    ):
        assert words in page
    assert ">How many came</a>" not in page
    assert "Which of four?" not in page
    page = client.get(bare).text
    for words in ("How many came</a>", "What it cost</a>", "Nobody has been told yet"):
        assert words in page
    sign_in(client, stranger)
    for where in (at, f"{event.path}/write-up.docx"):
        answer = client.get(where)
        assert (answer.status_code, "dark" in answer.text) == (403, False)


def test_the_document_says_what_the_page_says_and_is_on_the_account(
    client: FlaskClient, session: Session
) -> None:
    team = make_team(session)
    event = make_entry(
        session, "engagement", team, title="Hub <1>", aims="Light\n& life", visibility="team"
    )
    assert isinstance(event, Engagement)
    said = ActionDraft(you_said="=It is <dark>", status="done", we_did="Two lamps")
    actions.put(session, event, uuid7(), said, viewer=OPERATOR)
    survey = surveys.set_up(
        session, event, SurveyDraft(measures=("trust",), open_for="after"), viewer=OPERATOR
    )
    for value in (8, 9, 9, 10, 2, 3):
        surveys.answer(session, survey, uuid.uuid4(), AnswerDraft(given={"trust": value}))
    over = SurveyDraft(measures=("trust",), open_for="")
    surveys.set_up(session, event, over, viewer=OPERATOR, base_version=survey.version)
    olu = make_user(session, team, "editor", "olu@demo.example")
    commit()
    sign_in(client, olu)
    answer = client.get(f"{event.path}/write-up.docx")
    assert answer.content_type == document.TYPE
    assert "OFFICIAL.docx" in answer.headers["Content-Disposition"]
    made = docx.Document(io.BytesIO(answer.data))
    words = [line.text for line in made.paragraphs]
    for line in ("Hub <1>", "Aims: Light\n& life", "What it was for", "How many came"):
        assert line in words
    first, second = ([cell.text for cell in table.rows[1].cells] for table in made.tables)
    assert first == ["=It is <dark>", "Our own team", "Done", "Two lamps"]
    assert second[1:3] == ["Too few to show", "67% of 6"]
    page = client.get(f"{event.path}/write-up/").text
    assert all(words in page for words in ("67% of 6", "=It is &lt;dark&gt;", "Two lamps"))
    assert made.sections[0].header.paragraphs[0].text == "OFFICIAL"
    taken = select(AuditEntry.channel).join(AuditSubject, AuditSubject.seq == AuditEntry.seq)
    noted = taken.where(AuditEntry.action == "exported", AuditSubject.uid == event.uid)
    assert session.scalars(noted).all() == ["document"]
