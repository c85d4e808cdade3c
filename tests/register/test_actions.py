"""What was said at an event, what was done about it, and that people have been told."""

import uuid
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from assetmap import access
from assetmap.access import OPERATOR, PUBLIC
from assetmap.db import local_day, now
from assetmap.errors import Conflict, Invalid, NotAllowed, NotFound
from assetmap.models import Action, Engagement, Entry, History, Team
from assetmap.register import actions, entries, merging, plans, surveys, tellings
from assetmap.schemas.actions import ActionDraft, ReportSearch, TellingDraft
from assetmap.schemas.plans import PlanDraft
from assetmap.schemas.surveys import AnswerDraft, SurveyDraft
from tests.make import limited_to, make_entry, make_partner, make_team, make_user, viewer_for

TODAY = local_day(now())


@pytest.fixture
def team(session: Session) -> Team:
    return make_team(session)


def event_of(session: Session, team: Team, *, days_ago: int = 40, **more: Any) -> Engagement:
    day = now() - timedelta(days=days_ago)
    began = day.replace(hour=9, minute=0, second=0, microsecond=0)  # whatever the clock says now
    said: dict[str, Any] = {"title": "Canal hub", "starts_at": began}
    said |= {"ends_at": began + timedelta(hours=3), "status": "held"}
    made = make_entry(session, "engagement", team, **(said | more))
    assert isinstance(made, Engagement)
    return made


def say(session: Session, event: Entry, words: str = "The path is dark", **more: Any) -> Action:
    draft = ActionDraft(you_said=words, **more)
    return actions.put(session, event, uuid.uuid4(), draft, viewer=OPERATOR)[0]


def test_what_was_said_is_numbered_in_its_order_and_told_in_the_history(
    session: Session, team: Team
) -> None:
    event = event_of(session, team)
    first, second = say(session, event), say(session, event, "Nowhere to sit")
    assert (first.number, second.number) == (1, 2)
    actions.put(
        session,
        event,
        second.uid,
        ActionDraft(you_said="Nowhere to sit", status="done", we_did="Two benches"),
        viewer=OPERATOR,
        base_version=1,
    )
    rows = session.scalars(
        select(History).where(History.entry_id == event.id).order_by(History.version)
    ).all()
    assert [row.verb for row in rows][-3:] == ["point added", "point added", "point changed"]
    assert rows[-1].changes == {
        "point 2: status": ["proposed", "done"],
        "point 2: what was done": [None, "Two benches"],
    }


def test_the_same_sent_again_adds_nothing_and_a_stale_change_is_refused(
    session: Session, team: Team
) -> None:
    event, uid = event_of(session, team), uuid.uuid4()
    draft = ActionDraft(you_said="The path is dark")
    made, is_new = actions.put(session, event, uid, draft, viewer=OPERATOR)
    again, is_second = actions.put(session, event, uid, draft, viewer=OPERATOR)
    assert (is_new, is_second, again.id, again.version) == (True, False, made.id, 1)
    other = ActionDraft(you_said="The path is very dark")
    with pytest.raises(Conflict):
        actions.put(session, event, uid, other, viewer=OPERATOR, base_version=7)
    elsewhere = event_of(session, team, title="Another")
    with pytest.raises(Conflict):
        actions.put(session, elsewhere, uid, draft, viewer=OPERATOR)


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"status": "agreed"}, "due_on"),
        ({"status": "done"}, "we_did"),
        ({"status": "partly_done", "we_did": "One bench"}, "why_not"),
        ({"status": "not_possible"}, "why_not"),
        ({"is_public": True}, "is_public"),
    ],
)
def test_a_state_asks_for_what_people_will_want_to_know(given: dict[str, Any], field: str) -> None:
    with pytest.raises(ValueError, match=f"{field}: "):
        ActionDraft(you_said="The path is dark", **given)


def test_what_is_agreed_is_not_proposed_again_and_what_is_done_can_be_taken_up(
    session: Session, team: Team
) -> None:
    event = event_of(session, team)
    kept = say(session, event, status="agreed", due_on=TODAY)
    back = ActionDraft(you_said=kept.you_said, due_on=TODAY)
    with pytest.raises(Invalid) as problem:
        actions.put(session, event, kept.uid, back, viewer=OPERATOR, base_version=1)
    assert set(problem.value.problems) == {"status"}
    assert actions.next_states("done") == ("done", "in_progress")


def test_words_about_somebody_are_kept_only_once_they_have_been_looked_at(
    session: Session, team: Team
) -> None:
    event = event_of(session, team)
    said = "Ring me on 07700 900123 about the lights"
    with pytest.raises(Invalid) as problem:
        say(session, event, said)
    assert "phone number" in problem.value.problems["you_said"]
    assert say(session, event, said, words_checked=True).you_said == said


def test_others_see_what_was_opened_to_them_and_whoever_does_it_sees_that_too(
    session: Session, team: Team
) -> None:
    event, partner = event_of(session, team), make_partner(session)
    inside = say(session, event)
    opened = say(session, event, "No bins", status="done", we_did="Three bins", is_public=True)
    theirs = say(session, event, "No lamp", partner=partner.name)
    other = make_team(session, "Alder team")
    other.partner_id = partner.id
    ours, jo = make_user(session, team), make_user(session, other, "viewer", "jo@demo.example")
    seen = {
        name: {one.id for one in actions.of(session, event, viewer=viewer)}
        for name, viewer in [
            ("team", viewer_for(ours, team)),
            ("doer", viewer_for(jo, other, "viewer")),
            ("public", PUBLIC),
        ]
    }
    assert seen == {
        "team": {inside.id, opened.id, theirs.id},
        "doer": {opened.id, theirs.id},
        "public": {opened.id},
    }
    with pytest.raises(NotFound):
        actions.find(session, event, inside.uid, viewer=PUBLIC)
    draft = ActionDraft(you_said="Mine")
    with pytest.raises(NotAllowed):
        actions.put(session, event, uuid.uuid4(), draft, viewer=viewer_for(jo, other, "viewer"))


def test_nothing_of_an_event_that_is_hidden_is_seen_whatever_was_opened(
    session: Session, team: Team
) -> None:
    event = event_of(session, team, visibility="team")
    say(session, event, "No bins", status="done", we_did="Three bins", is_public=True)
    assert actions.of(session, event, viewer=PUBLIC) == []


def test_what_is_taken_away_can_be_put_back(session: Session, team: Team) -> None:
    event = event_of(session, team)
    kept = say(session, event)
    actions.remove(session, event, kept.uid, viewer=OPERATOR)
    assert actions.of(session, event, viewer=OPERATOR) == []
    with pytest.raises(NotFound):
        actions.put_back(session, event, uuid.uuid4(), viewer=OPERATOR)
    actions.put_back(session, event, kept.uid, viewer=OPERATOR)
    assert actions.of(session, event, viewer=OPERATOR) == [kept]


def test_events_older_than_thirty_days_that_told_nobody_are_listed_the_longest_ago_first(
    session: Session, team: Team
) -> None:
    mine = viewer_for(make_user(session, team), team)
    old = event_of(session, team, days_ago=90, title="Old")
    late = event_of(session, team, days_ago=31, title="Late")
    event_of(session, team, days_ago=29, title="Recent")
    event_of(session, team, days_ago=90, title="Called off", status="cancelled")
    event_of(session, team, days_ago=60, title="Never said to have been held", status="draft")
    event_of(session, make_team(session, "Another"), days_ago=90, title="Not ours")
    told = event_of(session, team, days_ago=90, title="Told")
    say(session, old)
    say(session, old, "No bins", status="not_possible", why_not="No money for it")
    draft = TellingDraft(told_on=TODAY, told_by=["meeting"], told_to="attendees", reach=30)
    kept, _ = tellings.tell(session, told, uuid.uuid4(), draft, viewer=mine)
    found = tellings.owed(session, viewer=mine)
    assert [(one.event.title, one.days, one.answered, one.said) for one in found] == [
        ("Old", 90, 1, 2),
        ("Never said to have been held", 60, 0, 0),
        ("Late", 31, 0, 0),
    ]
    tellings.take_back(session, told, kept.uid, viewer=mine)
    assert {one.event.title for one in tellings.owed(session, viewer=mine)} == {
        *(old.title, "Never said to have been held", late.title, told.title)
    }


def test_people_are_told_once_after_the_event_and_not_in_the_future(
    session: Session, team: Team
) -> None:
    event, uid = event_of(session, team), uuid.uuid4()

    def draft(on: Any, **more: Any) -> TellingDraft:
        return TellingDraft(told_on=on, told_by=["poster"], told_to="area", **more)

    for wrong in (TODAY + timedelta(days=1), local_day(event.starts_at) - timedelta(days=1)):
        with pytest.raises(Invalid) as problem:
            tellings.tell(session, event, uid, draft(wrong), viewer=OPERATOR)
        assert set(problem.value.problems) == {"told_on"}
    _, is_new = tellings.tell(session, event, uid, draft(TODAY), viewer=OPERATOR)
    _, again = tellings.tell(session, event, uid, draft(TODAY), viewer=OPERATOR)
    assert (is_new, again) == (True, False)
    with pytest.raises(Conflict):
        tellings.tell(session, event, uid, draft(TODAY, reach=5), viewer=OPERATOR)


def test_what_is_late_comes_first_and_words_and_lateness_narrow_it(
    session: Session, team: Team
) -> None:
    mine = viewer_for(make_user(session, team), team)
    event = event_of(session, team)
    soon = TODAY + timedelta(days=5)
    say(session, event, "No day yet")
    say(session, event, "Lights on the path", status="agreed", due_on=soon)
    say(session, event, "A bench", status="in_progress", due_on=TODAY - timedelta(days=1))
    say(session, event, "A bin", status="done", we_did="One bin")

    def listed(**wanted: Any) -> list[str]:
        found = actions.promised(session, ReportSearch(**wanted), viewer=mine)
        return [one.action.you_said for one in found]

    assert listed() == ["A bench", "Lights on the path", "No day yet"]
    assert listed(late="yes") == ["A bench"]
    assert listed(text="LIGHTS") == ["Lights on the path"]
    assert listed(text="canal", sort="newest") == ["A bench", "Lights on the path", "No day yet"]
    assert listed(text="100%") == []


def test_two_events_folded_into_one_keep_all_that_was_said_and_part_again_as_they_were(
    session: Session, team: Team
) -> None:
    keep, gone = event_of(session, team), event_of(session, team, title="Canal hub again")
    say(session, keep, "One")
    say(session, gone, "Two")
    draft = TellingDraft(told_on=TODAY, told_by=["poster"], told_to="area")
    tellings.tell(session, gone, uuid.uuid4(), draft, viewer=OPERATOR)
    record = merging.merge(session, keep, gone, viewer=OPERATOR)
    said = actions.of(session, keep, viewer=OPERATOR)
    assert [(one.number, one.you_said) for one in said] == [(1, "One"), (2, "Two")]
    assert len(tellings.of(session, keep, viewer=OPERATOR)) == 1
    merging.undo(session, record.uid, viewer=OPERATOR)
    said = actions.of(session, gone, viewer=OPERATOR)
    assert [(one.number, one.you_said) for one in said] == [(1, "Two")]
    assert [one.you_said for one in actions.of(session, keep, viewer=OPERATOR)] == ["One"]
    assert len(tellings.of(session, gone, viewer=OPERATOR)) == 1


def test_folding_one_event_into_another_opens_nothing_that_was_said_there(
    session: Session, team: Team
) -> None:
    keep = event_of(session, team, visibility="public")
    gone = event_of(session, team, title="Canal hub again", visibility="team")
    opened = say(session, gone, status="done", we_did="Lit", is_public=True)
    draft = TellingDraft(told_on=TODAY, told_by=["poster"], told_to="area")
    tellings.tell(session, gone, uuid.uuid4(), draft, viewer=OPERATOR)
    record = merging.merge(session, keep, gone, viewer=OPERATOR)
    assert actions.of(session, keep, viewer=PUBLIC) == []
    assert tellings.of(session, keep, viewer=PUBLIC) == []
    assert actions.of(session, keep, viewer=OPERATOR) == [opened]
    merging.undo(session, record.uid, viewer=OPERATOR)
    assert opened.published_at is not None
    assert len(tellings.of(session, gone, viewer=OPERATOR)) == 1


def test_an_event_takes_over_the_plan_and_the_survey_of_one_folded_into_it(
    session: Session, team: Team
) -> None:
    keep, gone = event_of(session, team), event_of(session, team, title="Canal hub again")
    for event, number in ((keep, 4), (gone, 4), (gone, 7)):
        done = PlanDraft(status="done", note=event.title)
        plans.settle(session, event, number, done, viewer=OPERATOR)
    draft = SurveyDraft(measures=("trust",), open_for="after")
    survey = surveys.set_up(session, gone, draft, viewer=OPERATOR)
    surveys.answer(session, survey, uuid.uuid4(), AnswerDraft(given={"trust": 9}))

    def notes(event: Engagement) -> dict[int, str]:
        points = plans.of(session, event, viewer=OPERATOR)
        return {one.number: one.kept.note for one in points if one.kept}

    record = merging.merge(session, keep, gone, viewer=OPERATOR)
    assert notes(keep) == {4: "Canal hub", 7: "Canal hub again"}
    assert surveys.find(session, keep, viewer=OPERATOR) is survey
    assert surveys.open_one(session, survey.code)[1] is keep
    merging.undo(session, record.uid, viewer=OPERATOR)
    assert (notes(keep), len(notes(gone))) == ({4: "Canal hub"}, 2)
    assert surveys.find(session, keep, viewer=OPERATOR) is None
    assert surveys.find(session, gone, viewer=OPERATOR) is survey


def test_who_looks_as_a_partner_sees_nothing_of_it_that_they_do_not_see_themselves(
    session: Session, team: Team
) -> None:
    fire = make_partner(session, "Fire and rescue", "fire")
    event = event_of(session, team, visibility="public")
    promise = say(session, event, partner="Fire and rescue", status="agreed", due_on=TODAY)
    other = make_team(session, "Next door")
    looking = access.as_partner(session, fire, viewer_for(make_user(session, other), other))
    assert actions.of(session, event, viewer=looking) == []
    assert actions.promised(session, ReportSearch(), viewer=looking) == []
    assert not actions.does_it(promise, viewer=looking)


def test_whose_role_does_not_hold_where_the_event_is_sees_what_everybody_sees(
    session: Session, team: Team
) -> None:
    event = event_of(session, team, visibility="public")
    say(session, event)
    viewer = viewer_for(make_user(session, team), team)
    elsewhere = limited_to(viewer, team, "ward:E05000009")
    assert actions.is_inside(session, event, viewer=viewer)
    assert not actions.is_inside(session, event, viewer=elsewhere)
    assert actions.of(session, event, viewer=elsewhere) == []
    for read in (plans.of, surveys.results):
        with pytest.raises(NotAllowed):
            read(session, event, viewer=elsewhere)


def test_what_is_promised_is_found_with_its_accents_and_without(
    session: Session, team: Team
) -> None:
    event = event_of(session, team, title="Fête du canal")
    say(session, event, "A CAFÉ that isn't dear")
    for text in ("café", "Café", "isn't", "fete", "FÊTE"):
        found = actions.promised(session, ReportSearch(text=text), viewer=OPERATOR)
        assert len(found) == 1, text


def test_words_in_which_there_is_nothing_to_see_are_none() -> None:
    blank = "\u202e\u200b"
    with pytest.raises(ValueError, match="you_said"):
        ActionDraft(you_said=blank)
    with pytest.raises(ValueError, match="Say what was done"):
        ActionDraft(you_said="Dark", status="done", we_did=blank)
    with pytest.raises(ValueError, match="A tick alone shows nothing"):
        PlanDraft(status="done", note=blank)
    assert SurveyDraft(own=f"Warm?\n{blank}\nTea?").own_questions == ("Warm?", "Tea?")


def test_a_state_that_can_not_follow_is_refused_by_what_can(session: Session, team: Team) -> None:
    made = say(session, event := event_of(session, team), status="done", we_did="Lit")
    partly = ActionDraft(you_said="The path is dark", status="partly_done", we_did="a", why_not="b")
    with pytest.raises(Invalid) as problem:
        actions.put(session, event, made.uid, partly, viewer=OPERATOR, base_version=1)
    assert problem.value.problems == {"status": "What is done can only become in progress."}


def test_a_name_in_a_theme_is_asked_about_as_in_any_text(session: Session, team: Team) -> None:
    with pytest.raises(Invalid) as problem:
        say(session, event_of(session, team), theme="Ring 07700 900123")
    assert set(problem.value.problems) == {"theme"}


def test_nothing_is_written_down_of_an_event_that_was_withdrawn(
    session: Session, team: Team
) -> None:
    event = event_of(session, team)
    entries.withdraw(session, event, viewer=OPERATOR, why="Never was")
    with pytest.raises(Conflict):
        say(session, event)


def test_a_body_that_no_longer_takes_part_stays_with_what_it_does_and_takes_on_nothing_new(
    session: Session, team: Team
) -> None:
    event, partner = event_of(session, team), make_partner(session)
    kept = say(session, event, partner=partner.name)
    partner.is_active = False
    session.flush()
    draft = ActionDraft(you_said="It is very dark", partner=partner.name)
    actions.put(session, event, kept.uid, draft, viewer=OPERATOR, base_version=1)
    assert kept.partner_id == partner.id
    with pytest.raises(Invalid) as problem:
        say(session, event, "No bins", partner=partner.name)
    assert set(problem.value.problems) == {"partner"}
