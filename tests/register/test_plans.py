"""The plan of an event: what the record shows, what people settle, and what it asks of whom."""

import uuid
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy.orm import Session

from assetmap import layers
from assetmap.access import OPERATOR, PUBLIC
from assetmap.db import local_day, now
from assetmap.errors import Conflict, Invalid, NotAllowed, NotFound, SignInFirst
from assetmap.models import Engagement, Team
from assetmap.register import actions, links, plans, surveys, tellings
from assetmap.register.plans import Point
from assetmap.schemas.actions import ActionDraft, TellingDraft
from assetmap.schemas.plans import POINTS, PlanDraft
from assetmap.schemas.surveys import AnswerDraft, SurveyDraft
from assetmap.vocabulary import Relation
from tests import make
from tests.make import make_entry, make_partner, make_team, make_user, viewer_for

TODAY = local_day(now())


@pytest.fixture
def team(session: Session) -> Team:
    return make_team(session)


def event_of(session: Session, team: Team, **more: Any) -> Engagement:
    begins = (now() + timedelta(days=30)).replace(microsecond=0)
    said: dict[str, Any] = {"title": "Canal hub", "starts_at": begins}
    said |= {"ends_at": begins + timedelta(hours=3)}
    made = make_entry(session, "engagement", team, **(said | more))
    assert isinstance(made, Engagement)
    return made


def point(session: Session, event: Engagement, number: int) -> Point:
    found = plans.of(session, event, viewer=OPERATOR)
    return next(one for one in found if one.number == number)


def test_the_plan_has_twenty_five_points_in_three_phases_and_each_names_a_rule_that_there_is(
    session: Session, team: Team
) -> None:
    found = plans.of(session, event_of(session, team), viewer=OPERATOR)
    assert [one.number for one in found] == list(range(1, POINTS + 1))
    assert [one.phase for one in found] == ["before"] * 13 + ["during"] * 6 + ["after"] * 6
    named = {row["number"] for row in layers.event_plan() if row["shown_by"]}
    assert {str(one.number) for one in found if one.evidence is not None} == named


@pytest.mark.parametrize(
    ("kind", "numbers"),
    [("survey", {6, 24, 25}), ("policy", {*range(1, 26)} - {20, 21}), ("surgery", {*range(1, 26)})],
)
def test_a_survey_keeps_three_points_and_policy_work_all_but_two(
    session: Session, team: Team, kind: str, numbers: set[int]
) -> None:
    event = event_of(session, team, engagement_kind=kind)
    assert {one.number for one in plans.of(session, event, viewer=OPERATOR)} == numbers
    if kind == "survey":
        with pytest.raises(NotFound):
            plans.settle(session, event, 1, PlanDraft(), viewer=OPERATOR)


def test_what_the_record_shows_needs_no_tick(session: Session, team: Team) -> None:
    event = event_of(
        session,
        team,
        geometry=make.point(-1.92, 53.735),
        aims="Light on the towpath",
        influence_level="involve",
        influence_statement="You choose three of five",
        use_of_input="The council reads it in May",
        feedback_due=(TODAY + timedelta(days=60)).isoformat(),
        accessibility_plan="A ramp at the side",
        scan_status="none",
    )
    assert point(session, event, 1).state == "todo"  # tied to no hotspot yet
    hotspot = make_entry(session, "hotspot", team, title="The bridge")
    hall = make_entry(session, "asset", team, title="The mill", facilities=["step_free"])
    offer = make_entry(session, "offer", team, title="Tea for fifty")
    links.link(session, event, Relation.ABOUT, hotspot, viewer=OPERATOR)
    links.link(session, event, Relation.HELD_AT, hall, viewer=OPERATOR)
    links.link(session, offer, Relation.ANSWERS, event, viewer=OPERATOR)
    partner = make_partner(session)
    said = ActionDraft(you_said="It is dark", partner=partner.name)
    actions.put(session, event, uuid.uuid4(), said, viewer=OPERATOR)
    states = {one.number: one.state for one in plans.of(session, event, viewer=OPERATOR)}
    shown = {number for number, state in states.items() if state == "shown"}
    assert shown == {1, 3, 6, 13, 15, 16, 18, 19, 20, 21, 23}
    assert [name for _, name in point(session, event, 1).evidence.links] == ["The bridge"]  # type: ignore[union-attr]


def test_people_who_have_been_told_show_on_the_plan(session: Session, team: Team) -> None:
    began = now() - timedelta(days=3)
    event = event_of(session, team, starts_at=began, ends_at=began + timedelta(hours=1))
    assert point(session, event, 24).state == "todo"
    told = TellingDraft(told_on=TODAY, told_by=["poster"], told_to="area")
    tellings.tell(session, event, uuid.uuid4(), told, viewer=OPERATOR)
    assert point(session, event, 24).state == "shown"


def test_another_event_near_in_the_same_week_is_named_unless_it_is_hidden_or_called_off(
    session: Session, team: Team
) -> None:
    where = {"geometry": make.point(-1.92, 53.735)}
    event = event_of(session, team, **where)
    other = make_team(session, "Next door")
    besides: list[tuple[str, dict[str, Any]]] = [
        ("Same week", {}),
        ("Called off", {"status": "cancelled"}),
        ("Far away", {"geometry": make.point(-1.80, 53.735)}),
        ("Hidden", {"visibility": "team"}),
    ]
    for title, more in besides:
        event_of(session, other, **(where | {"title": title} | more))
    late = event.starts_at + timedelta(days=9)
    event_of(session, other, **where, title="Later", starts_at=late, ends_at=late + timedelta(1))
    mine = viewer_for(make_user(session, team), team)
    found = next(one for one in plans.of(session, event, viewer=mine) if one.number == 3)
    assert found.state == "todo"
    assert [name for _, name in found.evidence.links] == ["Same week"]  # type: ignore[union-attr]


def test_a_settled_point_keeps_its_reason_and_beats_what_the_record_shows(
    session: Session, team: Team
) -> None:
    event = event_of(session, team, accessibility_plan="A ramp")
    assert point(session, event, 6).state == "shown"
    draft = PlanDraft(status="not_applicable", note="It is held on the phone")
    kept = plans.settle(session, event, 6, draft, viewer=OPERATOR)
    assert (point(session, event, 6).state, kept.version) == ("not_applicable", 1)
    again = plans.settle(session, event, 6, draft, viewer=OPERATOR, base_version=9)
    assert again.version == 1
    with pytest.raises(Conflict):
        plans.settle(session, event, 6, PlanDraft(owner="Sergeant"), viewer=OPERATOR)


@pytest.mark.parametrize("status", ["done", "not_applicable", "waived"])
def test_a_tick_without_words_is_refused(status: str) -> None:
    with pytest.raises(ValueError, match="note: "):
        PlanDraft(status=status)


def test_a_point_is_late_when_its_day_has_passed_and_nothing_settles_it(
    session: Session, team: Team
) -> None:
    event = event_of(session, team)
    past = PlanDraft(owner="Sergeant", due_on=TODAY - timedelta(days=1))
    plans.settle(session, event, 7, past, viewer=OPERATOR)
    assert plans.late(plans.of(session, event, viewer=OPERATOR)) == 1
    done = past.model_copy(update={"status": "done", "note": "Force policy 12"})
    plans.settle(session, event, 7, done, viewer=OPERATOR, base_version=1)
    assert plans.late(plans.of(session, event, viewer=OPERATOR)) == 0


def test_the_plan_is_its_teams_and_is_changed_by_whoever_changes_the_event(
    session: Session, team: Team
) -> None:
    event = event_of(session, team)
    with pytest.raises(SignInFirst):
        plans.of(session, event, viewer=PUBLIC)
    other = make_team(session, "Next door")
    stranger = viewer_for(make_user(session, other, email="x@demo.example"), other)
    with pytest.raises(NotAllowed):
        plans.of(session, event, viewer=stranger)
    reader = viewer_for(make_user(session, team, "viewer"), team, "viewer")
    assert len(plans.of(session, event, viewer=reader)) == POINTS
    with pytest.raises(NotAllowed):
        plans.settle(session, event, 7, PlanDraft(owner="Sergeant"), viewer=reader)


def test_a_note_with_somebodys_number_is_refused(session: Session, team: Team) -> None:
    event = event_of(session, team)
    draft = PlanDraft(status="done", note="Ring 07700 900123")
    with pytest.raises(Invalid) as problem:
        plans.settle(session, event, 17, draft, viewer=OPERATOR)
    assert set(problem.value.problems) == {"note"}


def test_enough_people_asked_as_they_went_show_on_the_plan(session: Session, team: Team) -> None:
    event = event_of(session, team)
    sheet = SurveyDraft(measures=("trust",), open_for="after")
    survey = surveys.set_up(session, event, sheet, viewer=OPERATOR)
    for number in range(5):
        assert point(session, event, 25).state == "todo", number
        surveys.answer(session, survey, uuid.uuid4(), AnswerDraft(given={"trust": 9}))
    assert point(session, event, 25).state == "shown"


def test_within_three_kilometres_is_a_circle_and_no_square(session: Session, team: Team) -> None:
    event = event_of(session, team, geometry=make.point(-1.93, 53.72))
    corner = event_of(session, team, title="Corner", geometry=make.point(-1.8883, 53.7448))
    edge = event_of(session, team, title="Edge", geometry=make.point(-1.8883, 53.72))
    shown = point(session, event, 3).evidence
    assert shown is not None
    assert [title for _, title in shown.links] == [edge.title]
    assert corner.title not in shown.said
