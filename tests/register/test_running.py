"""The running order of an event, and the events before and after one."""

import uuid
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from assetmap import layers
from assetmap.access import OPERATOR, PUBLIC
from assetmap.db import now
from assetmap.errors import Conflict, Invalid, NotAllowed, SignInFirst
from assetmap.models import Engagement, EventPart, Team
from assetmap.register import actions, links, running, series
from assetmap.schemas.actions import ActionDraft
from assetmap.schemas.entries import EngagementDraft
from assetmap.schemas.running import MOST_MINUTES, PartDraft
from assetmap.settings import LOCAL
from assetmap.vocabulary import Relation
from tests.make import make_entry, make_team, make_user, viewer_for
from tests.queries import counted

BEGINS = datetime(2026, 10, 24, 18, tzinfo=LOCAL)


@pytest.fixture
def team(session: Session) -> Team:
    return make_team(session)


def event_of(session: Session, team: Team, starts: datetime = BEGINS, **more: Any) -> Engagement:
    said: dict[str, Any] = {
        "starts_at": starts,
        "ends_at": starts + timedelta(hours=2),
        "title": "Panel",
    } | more
    made = make_entry(session, "engagement", team, **said)
    assert isinstance(made, Engagement)
    return made


def add(session: Session, event: Engagement, title: str, minutes: int = 30, **more: Any) -> Any:
    draft = PartDraft(title=title, minutes=minutes, **more)
    return running.put(session, event, uuid.uuid4(), draft, viewer=OPERATOR)


def clocks(session: Session, event: Engagement) -> list[str]:
    found = running.timed(event, running.of(session, event, viewer=OPERATOR))
    return [f"{one.starts_at.astimezone(LOCAL):%a %H:%M} {one.part.title}" for one in found]


def test_each_part_begins_when_the_one_before_it_ends(session: Session, team: Team) -> None:
    event = event_of(session, team)
    for title, minutes in (("Welcome", 20), ("Questions", 45), ("Close", 10)):
        add(session, event, title, minutes)
    assert clocks(session, event) == ["Sat 18:00 Welcome", "Sat 18:20 Questions", "Sat 19:05 Close"]


def test_the_second_day_begins_at_the_same_hour_by_the_clock_though_the_clocks_changed(
    session: Session, team: Team
) -> None:
    event = event_of(session, team, ends_at=BEGINS + timedelta(days=1, hours=3))
    add(session, event, "First evening")
    add(session, event, "Second evening", day=2)
    assert clocks(session, event) == ["Sat 18:00 First evening", "Sun 18:00 Second evening"]


def test_minutes_pass_though_the_clocks_go_back_in_the_middle(session: Session, team: Team) -> None:
    event = event_of(session, team, datetime(2026, 10, 25, 0, 30, tzinfo=LOCAL))
    add(session, event, "Night walk", 90)
    add(session, event, "Tea", 30)
    assert clocks(session, event) == ["Sun 00:30 Night walk", "Sun 01:00 Tea"]


def test_a_part_is_moved_taken_away_and_put_back(session: Session, team: Team) -> None:
    event = event_of(session, team)
    first, second, third = (add(session, event, title) for title in ("A", "B", "C"))
    running.move(session, event, third.uid, by=-1, viewer=OPERATOR)
    running.move(session, event, first.uid, by=-1, viewer=OPERATOR)
    assert [one.title for one in running.of(session, event, viewer=OPERATOR)] == ["A", "C", "B"]
    running.remove(session, event, third.uid, viewer=OPERATOR)
    assert [one.title for one in running.of(session, event, viewer=OPERATOR)] == ["A", "B"]
    running.put_back(session, event, third.uid, viewer=OPERATOR)
    assert [one.title for one in running.of(session, event, viewer=OPERATOR)] == ["A", "C", "B"]
    assert second.version == 1


def test_the_same_part_sent_twice_is_one_and_an_old_form_overwrites_nothing(
    session: Session, team: Team
) -> None:
    event, uid = event_of(session, team), uuid.uuid4()
    draft = PartDraft(title="Welcome", minutes=20)
    for _ in range(2):
        running.put(session, event, uid, draft, viewer=OPERATOR)
    assert len(running.of(session, event, viewer=OPERATOR)) == 1
    longer = draft.model_copy(update={"minutes": 25})
    running.put(session, event, uid, longer, viewer=OPERATOR, base_version=1)
    other = draft.model_copy(update={"minutes": 30})
    with pytest.raises(Conflict):
        running.put(session, event, uid, other, viewer=OPERATOR, base_version=1)


def test_only_whoever_may_change_the_event_keeps_its_running_order(
    session: Session, team: Team
) -> None:
    event = event_of(session, team)
    reader = viewer_for(make_user(session, team, "viewer"), team, "viewer")
    draft = PartDraft(title="Mine", minutes=5)
    with pytest.raises(SignInFirst):
        running.put(session, event, uuid.uuid4(), draft, viewer=PUBLIC)
    with pytest.raises(NotAllowed):
        running.put(session, event, uuid.uuid4(), draft, viewer=reader)


def test_words_that_point_at_somebody_are_refused_by_the_name_of_their_box(
    session: Session, team: Team
) -> None:
    event = event_of(session, team)
    with pytest.raises(Invalid) as refused:
        add(session, event, "Talk", lead="Ring 07700 900123")
    assert list(refused.value.problems) == ["lead"]


@pytest.mark.parametrize("template", layers.event_templates(), ids=lambda one: one["code"])
def test_every_template_is_an_event_that_can_be_kept_with_its_parts(
    session: Session, team: Team, template: dict[str, Any]
) -> None:
    fields = {k: v for k, v in template.items() if k in EngagementDraft.model_fields}
    lasts = running.lasts(template)
    event = event_of(session, team, **fields, ends_at=BEGINS + lasts)
    running.begin(session, event, running.parts_of(template), viewer=OPERATOR)
    timed = running.timed(event, running.of(session, event, viewer=OPERATOR))
    assert [one.part.title for one in timed] == [one["title"] for one in template["part"]]
    assert timed[-1].ends_at.astimezone(LOCAL).time() == (BEGINS + lasts).time()
    assert template["name"]
    assert template["about"]


@given(
    minutes=st.lists(st.integers(1, MOST_MINUTES), min_size=1, max_size=12),
    start=st.datetimes(datetime(2020, 1, 1), datetime(2035, 1, 1)),  # noqa: DTZ001
)
def test_parts_never_overlap_and_leave_no_gap(minutes: list[int], start: datetime) -> None:

    event = Engagement(starts_at=start.replace(tzinfo=UTC))
    parts = [EventPart(day=1, number=n, minutes=m) for n, m in enumerate(minutes)]
    timed = running.timed(event, parts)
    for one, after in pairwise(timed):
        assert one.ends_at == after.starts_at
        assert one.starts_at < one.ends_at
    assert timed[-1].ends_at - timed[0].starts_at == timedelta(minutes=sum(minutes))


def run_of(session: Session, team: Team, count: int, **more: Any) -> list[Engagement]:
    """So many panels, each a quarter after the last and linked as having led to the next."""
    start = now().replace(microsecond=0) - timedelta(weeks=13 * (count - 1))
    made = [
        event_of(session, team, start + timedelta(weeks=13 * n), title=f"Panel {n + 1}", **more)
        for n in range(count)
    ]
    for one, after in pairwise(made):
        links.link(session, one, Relation.LED_TO, after, viewer=OPERATOR)
    return made


def say(session: Session, event: Engagement, words: str, **more: Any) -> Any:
    draft = ActionDraft(you_said=words, **more)
    made, _ = actions.put(session, event, uuid.uuid4(), draft, viewer=OPERATOR)
    return made


DONE: dict[str, Any] = {"status": "done", "we_did": "It is done", "is_public": True}


def test_the_events_before_and_after_one_are_found_in_order_in_one_query(
    session: Session, team: Team
) -> None:
    made = run_of(session, team, 5)
    make_entry(session, "walkabout", team)
    with counted() as sent:
        found = series.of(session, made[2], viewer=OPERATOR)
    assert len(sent) == 1
    assert [one.title for one in found.before] == ["Panel 1", "Panel 2"]
    assert [one.title for one in found.after] == ["Panel 4", "Panel 5"]
    assert found.last is made[1]


def test_a_series_is_not_told_of_through_an_event_that_is_hidden(
    session: Session, team: Team
) -> None:
    made = run_of(session, team, 3)
    made[1].visibility = "team"
    session.flush()
    assert series.of(session, made[2], viewer=PUBLIC).before == []
    assert len(series.of(session, made[2], viewer=OPERATOR).before) == 2


def test_events_that_led_to_one_another_in_a_ring_are_each_found_once(
    session: Session, team: Team
) -> None:
    made = run_of(session, team, 3)
    links.link(session, made[2], Relation.LED_TO, made[0], viewer=OPERATOR)
    found = series.of(session, made[0], viewer=OPERATOR)
    assert len(found.before) == len(found.after) == 2


def test_since_last_time_holds_what_was_answered_since_and_all_that_is_still_open(
    session: Session, team: Team
) -> None:
    first, second, third = run_of(session, team, 3)
    old = say(session, first, "Answered before the second", **DONE)
    old.answered_at = second.starts_at - timedelta(days=9)
    late = say(session, first, "Answered after the second", **DONE)
    late.answered_at = second.ends_at + timedelta(days=9)
    say(session, first, "Still open from the first")
    last = say(session, second, "Answered at once", **DONE)
    last.answered_at = second.starts_at
    session.flush()
    found = series.since_last(session, series.of(session, third, viewer=OPERATOR), viewer=OPERATOR)
    said = [one.action.you_said for one in found.answered]
    assert said == ["Answered at once", "Answered after the second"]
    assert [one.action.you_said for one in found.still_open] == ["Still open from the first"]


def test_since_last_time_shows_others_only_what_was_opened_to_them(
    session: Session, team: Team
) -> None:
    first, second = run_of(session, team, 2)
    say(session, first, "Opened", **DONE)
    say(session, first, "For the team", status="done", we_did="Quietly")
    say(session, first, "Not answered")
    found = series.since_last(session, series.of(session, second, viewer=PUBLIC), viewer=PUBLIC)
    assert [one.action.you_said for one in found.answered] == ["Opened"]
    assert found.still_open == []


def test_a_point_is_answered_from_the_day_it_is_settled_until_it_is_taken_up_again(
    session: Session, team: Team
) -> None:
    event, uid = event_of(session, team), uuid.uuid4()
    draft = ActionDraft(you_said="It is dark", **DONE)
    made, _ = actions.put(session, event, uid, draft, viewer=OPERATOR)
    assert made.answered_at is not None
    again = ActionDraft(
        you_said="It is dark", status="in_progress", due_on=BEGINS.date(), we_did="Two lamps of ten"
    )
    actions.put(session, event, uid, again, viewer=OPERATOR, base_version=1)
    assert made.answered_at is None


def test_the_next_event_begins_as_long_after_as_the_last_did_and_at_the_same_hour() -> None:
    spring = datetime(2026, 3, 12, 19, tzinfo=LOCAL)
    before = Engagement(starts_at=spring - timedelta(weeks=6))
    event = Engagement(starts_at=spring.astimezone(UTC))
    early = spring - timedelta(days=1)
    quarter = series.next_start(event, None, early)
    assert (quarter.date() - spring.date(), quarter.hour) == (timedelta(weeks=13), 19)
    six_weeks = series.next_start(event, before, early)
    assert (six_weeks.date() - spring.date(), six_weeks.hour) == (timedelta(weeks=6), 19)


@given(weeks=st.integers(0, 600))
def test_the_next_event_is_never_in_the_past_and_on_the_same_weekday(weeks: int) -> None:
    event = Engagement(starts_at=BEGINS.astimezone(UTC))
    today = BEGINS + timedelta(weeks=weeks, hours=5)
    found = series.next_start(event, None, today)
    assert found > today
    assert (found.weekday(), found.hour) == (BEGINS.weekday(), BEGINS.hour)


def test_the_last_part_that_an_event_may_have_can_still_move_to_another_day(
    session: Session, team: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    event = event_of(session, team)
    monkeypatch.setattr(running, "MOST", 1)
    uid = uuid.uuid4()
    running.put(session, event, uid, PartDraft(title="Welcome", minutes=5), viewer=OPERATOR)
    moved = PartDraft(title="Welcome", minutes=5, day=2)
    made = running.put(session, event, uid, moved, viewer=OPERATOR, base_version=1)
    assert made.day == 2


def test_a_part_that_was_taken_away_makes_room_for_another(
    session: Session, team: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(running, "MOST", 2)
    event = event_of(session, team)
    first, _ = (add(session, event, title) for title in ("Welcome", "Close"))
    running.remove(session, event, first.uid, viewer=OPERATOR)
    third = add(session, event, "Tables")
    with pytest.raises(Invalid, match="At most 2"):
        running.put_back(session, event, first.uid, viewer=OPERATOR)
    running.remove(session, event, third.uid, viewer=OPERATOR)
    assert running.put_back(session, event, first.uid, viewer=OPERATOR).removed_at is None


def test_ones_own_events_are_offered_to_copy_though_many_others_are_newer(
    session: Session, team: Team
) -> None:
    user = make_user(session, team, "organiser", "olu@demo.example")
    own = event_of(session, team, BEGINS - timedelta(days=400))
    others = make_team(session, "Others")
    for days in range(3):
        event_of(session, others, BEGINS + timedelta(days=days))
    viewer = viewer_for(user, team, "organiser")
    assert series.to_copy(session, viewer=viewer) == [own]
