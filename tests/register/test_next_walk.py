"""Where to walk next: what is due near by, as one walk that somebody can do."""

import itertools
import math
from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from assetmap.access import OPERATOR
from assetmap.db import now
from assetmap.models import Walkabout
from assetmap.register import entries, links, next_walk
from assetmap.register.next_walk import MOST_STOPS, STEP_M, Stop
from assetmap.vocabulary import Relation
from tests.make import HERE, make_entry, make_team, point

east = st.floats(-0.03, 0.03)  # four kilometres across
places = st.lists(st.tuples(east, st.floats(-0.02, 0.02), st.floats(1, 2)), max_size=60)


def metres(one: Stop, other: Stop) -> float:
    return next_walk.length_m([one, other])


@settings(max_examples=25, deadline=None)
@given(places)
def test_a_walk_has_few_stops_each_once_and_each_a_step_from_another(
    found: list[tuple[float, float, float]],
) -> None:
    stops = [Stop(n, HERE[0] + x, HERE[1] + y, w) for n, (x, y, w) in enumerate(found)]
    chosen = next_walk.cluster(stops)
    assert len(chosen) == len({stop.key for stop in chosen}) <= MOST_STOPS
    assert bool(chosen) == bool(stops)
    for n, stop in enumerate(chosen[1:], 1):
        assert min(metres(stop, before) for before in chosen[:n]) <= STEP_M * 1.01
    route = next_walk.in_order(chosen)
    assert {stop.key for stop in route} == {stop.key for stop in chosen}
    ends = range(len(route) + 1)
    for i, j in itertools.combinations(ends, 2):  # the plane is true to a part in a thousand
        turned = [*route[:i], *reversed(route[i:j]), *route[j:]]
        assert next_walk.length_m(route) <= next_walk.length_m(turned) * 1.001 + 0.01


def test_stops_along_a_street_are_walked_from_one_end_to_the_other() -> None:
    street = [Stop(n, HERE[0] + n * 0.001, HERE[1]) for n in range(8)]
    for mixed in itertools.islice(itertools.permutations(street), 0, 40_000, 1_999):
        keys = [stop.key for stop in next_walk.in_order(mixed)]
        assert keys in (list(range(8)), list(range(7, -1, -1)))
    assert math.isclose(next_walk.length_m(street), 7 * metres(*street[:2]), rel_tol=1e-9)


def test_the_next_walk_goes_to_what_is_due_near_by_and_nowhere_else(session: Session) -> None:
    team, others = make_team(session), make_team(session, "Others")
    walk = make_entry(session, "walkabout", team, status="underway", starts_at="2026-05-01T10:00Z")
    long_ago = now().date() - timedelta(days=400)
    stale = make_entry(session, "asset", team, title="Stale")
    far = make_entry(session, "asset", team, title="Far", geometry=point(HERE[0] + 0.04, HERE[1]))
    for one in (stale, far):
        entries.check(session, one, viewer=OPERATOR, on=long_ago)
    entries.check(session, make_entry(session, "asset", team, title="Fresh"), viewer=OPERATOR)
    make_entry(session, "finding", team, title="Open")
    make_entry(session, "finding", others, title="Theirs")
    make_entry(session, "finding", team, title="Routed", status="routed")
    seen = make_entry(session, "finding", team, title="Seen since")
    entries.check(session, seen, viewer=OPERATOR)
    assert isinstance(walk, Walkabout)
    found = next_walk.suggest(session, walk, viewer=OPERATOR)
    assert sorted(entry.title for entry, _ in found.stops) == ["Open", "Stale"]
    assert found.area is not None
    assert found.area.area > 0


def test_a_walk_that_nobody_planned_is_followed_by_one_near_what_was_logged_on_it(
    session: Session,
) -> None:
    team = make_team(session)
    walk = make_entry(session, "walkabout", team, geometry=None, starts_at="2026-05-01T10:00Z")
    make_entry(session, "finding", team, title="Open near by")
    make_entry(session, "finding", team, title="Far", geometry=point(HERE[0] + 0.04, HERE[1]))
    assert isinstance(walk, Walkabout)
    assert not next_walk.suggest(session, walk, viewer=OPERATOR).has_place
    logged = make_entry(session, "offer", team, title="Football")
    links.link(session, logged, Relation.FOUND_ON, walk, viewer=OPERATOR)
    found = next_walk.suggest(session, walk, viewer=OPERATOR)
    assert [entry.title for entry, _ in found.stops] == ["Open near by"]
    assert found.has_place
