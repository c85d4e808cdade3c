"""Groups that an event wants, and events that want the same ones."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy.orm import Session

from assetmap.access import OPERATOR, Viewer
from assetmap.errors import Invalid, NotAllowed, NotFound
from assetmap.models import Engagement, Team
from assetmap.register import guests, merging, plan_evidence
from tests.make import make_entry, make_team, make_user, point, viewer_for


@pytest.fixture
def team(session: Session) -> Team:
    return make_team(session)


def held(session: Session, team: Team, title: str, days: int = 0, **more: Any) -> Engagement:
    made = make_entry(session, "engagement", team, title=title, **more)
    assert isinstance(made, Engagement)
    made.starts_at, made.ends_at = (
        one + timedelta(days=days) for one in (made.starts_at, made.ends_at)
    )
    return made


def said(session: Session, event: Engagement, viewer: Viewer = OPERATOR) -> Any:
    return [
        (
            one.group.title,
            [other.title for other in one.same_day],
            [other.title for other in one.same_week],
        )
        for one in guests.of(session, event, viewer=viewer)
    ]


def test_a_group_that_two_events_want_on_one_day_comes_first_with_the_other_event(
    session: Session, team: Team
) -> None:
    anglers, choir = (
        make_entry(session, "group", team, title=title, geometry=point(-1.92 + east, 53.735))
        for title, east in (("Anglers", 0.0), ("Choir", 0.001))
    )
    event = held(session, team, "Hub")
    assert guests.near(session, event, (), viewer=OPERATOR) == [anglers, choir]
    assert guests.want(session, event, [anglers, choir], viewer=OPERATOR) == [anglers, choir]
    assert guests.want(session, event, [choir], viewer=OPERATOR) == []
    for title, days, state in (
        ("Same day", 0, "planned"),
        ("That week", 5, "planned"),
        ("Later", 9, "planned"),
        ("Called off", 0, "cancelled"),
    ):
        other = held(session, team, title, days, status=state)
        guests.want(session, other, [choir], viewer=OPERATOR)
    assert said(session, event) == [
        ("Choir", ["Same day"], ["That week"]),
        ("Anglers", [], []),
    ]
    told = plan_evidence.of(session, event, viewer=OPERATOR)["clash"]
    assert (told.is_enough, told.links[0][1]) == (False, "Same day")
    guests.let_go(session, event, choir, viewer=OPERATOR)
    assert said(session, event) == [("Anglers", [], [])]
    with pytest.raises(NotFound):
        guests.let_go(session, event, choir, viewer=OPERATOR)
    with pytest.raises(Invalid):
        guests.want(session, event, [event], viewer=OPERATOR)


def test_neither_a_hidden_group_nor_a_hidden_event_shows_in_a_clash(
    session: Session, team: Team
) -> None:
    other = make_team(session, "Others")
    viewer = viewer_for(make_user(session, team, "organiser"), team, "organiser")
    choir = make_entry(session, "group", team, title="Choir")
    refuge = make_entry(session, "group", other, title="Refuge", visibility="team")
    event = held(session, team, "Hub")
    guests.want(session, event, [choir, refuge], viewer=OPERATOR)
    hidden = held(session, other, "Hidden", visibility="team")
    shown = held(session, other, "Shown")
    guests.want(session, hidden, [choir], viewer=OPERATOR)
    guests.want(session, shown, [refuge], viewer=OPERATOR)
    assert said(session, event, viewer) == [("Choir", [], [])]
    assert "Hidden" not in str(plan_evidence.of(session, event, viewer=viewer)["clash"])
    assert "Shown" not in said(session, event, viewer)
    for ask in (guests.of, guests.near):
        with pytest.raises(NotAllowed):
            ask(session, shown, *((),) * (ask is guests.near), viewer=viewer)


def test_groups_stay_wanted_once_when_they_or_their_events_are_folded_into_one(
    session: Session, team: Team
) -> None:
    one, twin = (make_entry(session, "group", team, title=f"Choir {n}") for n in "ab")
    event, again = held(session, team, "Hub"), held(session, team, "Hub, again")
    guests.want(session, event, [one, twin], viewer=OPERATOR)
    guests.want(session, again, [twin], viewer=OPERATOR)
    record = merging.merge(session, one, twin, viewer=OPERATOR)
    assert sorted(row[0] for row in said(session, event)) == ["Choir a"]
    merging.undo(session, record.uid, viewer=OPERATOR)
    assert sorted(row[0] for row in said(session, event)) == ["Choir a", "Choir b"]
    merging.merge(session, event, again, viewer=OPERATOR)
    assert sorted(row[0] for row in said(session, event)) == ["Choir a", "Choir b"]
