"""Places that can hold an event, found near it and chosen."""

import uuid
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from assetmap.access import OPERATOR
from assetmap.errors import Invalid, NotAllowed
from assetmap.models import Asset, Engagement, Link, Team
from assetmap.register import links, merging, venues
from assetmap.register.venues import Venue
from assetmap.schemas.venues import VenueWanted
from assetmap.vocabulary import Relation
from tests.make import HERE, make_entry, make_team, make_user, point, viewer_for


@pytest.fixture
def team(session: Session) -> Team:
    return make_team(session)


@pytest.fixture
def event(session: Session, team: Team) -> Engagement:
    made = make_entry(session, "engagement", team, title="Canal hub")
    assert isinstance(made, Engagement)
    return made


def hall(session: Session, team: Team, title: str, east: float = 0.0, **more: Any) -> Asset:
    where = point(HERE[0] + east, HERE[1])
    made = make_entry(session, "asset", team, title=title, geometry=where, **more)
    assert isinstance(made, Asset)
    return made


def near(session: Session, event: Engagement, **wanted: Any) -> list[Venue]:
    tied = venues.around(session, event, viewer=OPERATOR)
    return list(venues.find(session, event, VenueWanted(**wanted), tied, viewer=OPERATOR)[1])


def test_places_that_have_what_is_wanted_come_first_and_those_too_small_are_left_out(
    session: Session, team: Team, event: Engagement
) -> None:
    hall(session, team, "Near, nothing known", 0.001)
    hall(session, team, "Further, step-free", 0.01, capacity=80, facilities=["step_free"])
    hall(session, team, "Small", 0.002, capacity=20)
    hall(session, team, "In the next town", 0.2, capacity=500)
    hall(session, team, "Shut", 0.001, status="closed")
    make_entry(session, "group", team, title="Anglers", geometry=point(HERE[0] + 0.012, HERE[1]))
    found = near(session, event, people=60, needs=["step_free"])
    assert [one.place.title for one in found] == ["Further, step-free", "Near, nothing known"]
    assert [list(one.lacks) for one in found] == [[], ["step_free", "capacity"]]
    assert [one.groups for one in found] == [1, 1]
    assert found[0].away_m == pytest.approx(659, abs=5)
    assert near(session, event, within_m=100)[0].place.title == "Near, nothing known"


def test_what_is_hidden_from_somebody_is_neither_found_nor_counted_for_them(
    session: Session, team: Team, event: Engagement
) -> None:
    other = make_team(session, "Others")
    viewer = viewer_for(make_user(session, team, "organiser"), team, "organiser")
    secret = hall(session, other, "Refuge", 0.001, visibility="team")
    make_entry(session, "group", other, title="Survivors", visibility="team")
    shared = hall(session, other, "Library", 0.001)
    there = make_entry(session, "engagement", other, title="Private", visibility="team")
    links.link(session, there, Relation.HELD_AT, shared, viewer=OPERATOR)
    links.link(session, event, Relation.HELD_AT, secret, viewer=OPERATOR)
    tied = venues.around(session, event, viewer=viewer)
    held, others = venues.find(session, event, VenueWanted(), tied, viewer=viewer)
    assert held == []
    assert [(one.place.title, one.groups, one.there) for one in others] == [("Library", 0, ())]
    stranger = viewer_for(make_user(session, other, "organiser", "o@demo.example"), other)
    with pytest.raises(NotAllowed):
        venues.around(session, event, viewer=stranger)


def test_another_event_that_is_held_there_on_that_day_is_told_and_comes_last(
    session: Session, team: Team, event: Engagement
) -> None:
    taken, free = hall(session, team, "Taken", 0.001), hall(session, team, "Free", 0.01)
    for title, days in (("Same day", 0), ("Day after", 1)):
        when = {
            name: getattr(event, name) + timedelta(days=days, hours=1)
            for name in ("starts_at", "ends_at")
        }
        other = make_entry(session, "engagement", team, title=title, **when)
        links.link(session, other, Relation.HELD_AT, taken, viewer=OPERATOR)
    found = near(session, event)
    assert [one.place for one in found] == [free, taken]
    assert [other.title for other in found[1].there] == ["Same day"]


def test_a_chosen_place_takes_the_turn_of_the_one_before_and_the_event_moves_there(
    session: Session, team: Team, event: Engagement
) -> None:
    first, second = hall(session, team, "First", 0.001), hall(session, team, "Second", 0.01)
    area = hall(session, team, "Coarse", 0.02, precision="street")
    for _ in range(2):
        venues.choose(session, event, first, move=False, viewer=OPERATOR)
    assert event.longitude == pytest.approx(HERE[0])
    venues.choose(session, event, second, move=True, viewer=OPERATOR)
    assert event.longitude == pytest.approx(HERE[0] + 0.01)
    venues.choose(session, event, area, move=True, viewer=OPERATOR)
    assert event.longitude == pytest.approx(HERE[0] + 0.01)
    held = select(Link.to_id).where(Link.relation == Relation.HELD_AT.value)
    assert session.scalars(held).all() == [area.id]
    venues.give_up(session, event, area, viewer=OPERATOR)
    assert session.scalars(held).all() == []


def test_places_are_looked_for_near_what_the_event_is_about_as_well(
    session: Session, team: Team
) -> None:
    event = make_entry(session, "engagement", team, title="Nowhere yet", geometry=None)
    assert isinstance(event, Engagement)
    place = hall(session, team, "Hall", 0.001)
    assert near(session, event) == []
    spot = make_entry(session, "hotspot", team, title="Towpath")
    links.link(session, event, Relation.ABOUT, spot, viewer=OPERATOR)
    assert [one.place for one in near(session, event, near=spot.uid)] == [place]
    with pytest.raises(Invalid):
        near(session, event, near=uuid.uuid4())


def test_whom_people_ask_is_never_put_together_out_of_two_events_that_are_one(
    session: Session, team: Team
) -> None:
    named = make_entry(session, "engagement", team, title="One", ask_who="Sergeant")
    twin = make_entry(session, "engagement", team, ask_who="Warden", ask_how="01632 960001")
    blank = make_entry(session, "engagement", team, title="Third")
    merging.merge(session, named, twin, viewer=OPERATOR)
    assert isinstance(named, Engagement)
    assert (named.ask_who, named.ask_how) == ("Sergeant", "")
    merging.merge(session, blank, named, viewer=OPERATOR)
    assert isinstance(blank, Engagement)
    assert blank.ask_who == "Sergeant"
