"""Where to walk next: what is due for a look near where a walk went, as one walkable round."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

import shapely
from shapely.geometry.base import BaseGeometry
from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session, joinedload

from assetmap import access, spatial
from assetmap.access import Viewer
from assetmap.db import local_day, now
from assetmap.models import Entry, Walkabout
from assetmap.models.states import OVER
from assetmap.register import board
from assetmap.vocabulary import Kind, Visibility

REACH_M = 1_500.0
STEP_M = 400.0  # from one stop to the next nearest: five minutes' walk
MOST_STOPS = 25
MOST_LOOKED_AT = 1_000
ROUND_IT_M = 60.0  # of ground around the stops in the area that is suggested
_STALE = (Kind.ASSET.value, Kind.GROUP.value, Kind.OFFER.value)


@dataclass(frozen=True)
class Stop:
    """A place to look at again. weight: what is due longest or is gravest counts most."""

    key: int
    longitude: float
    latitude: float
    weight: float = 1.0


@dataclass(frozen=True)
class Suggested:
    """The next walk: its stops in walking order with why each, and the ground around them."""

    stops: Sequence[tuple[Entry, str]]
    length_m: float
    area: BaseGeometry | None
    left: int  # more that is due within reach, beyond this one walk
    has_place: bool  # whether it is known where the walk before it went


def suggest(session: Session, walked: Walkabout, *, viewer: Viewer) -> Suggested:
    """What to look at next near a walkabout: entries whose check is due, and open findings of its
    team that nobody has looked at since. One query, or two where nothing was drawn."""
    ground = where_it_went(session, walked, viewer=viewer)
    due = [] if ground is None else _due(session, walked, ground, viewer=viewer)
    today = local_day(now())
    stops = [
        Stop(entry.id, entry.longitude, entry.latitude, _weight(entry, today))
        for entry in due
        if entry.longitude is not None and entry.latitude is not None
    ]
    route = in_order(cluster(stops))
    known = {entry.id: entry for entry in due}
    chosen = [(known[stop.key], _why(known[stop.key], today)) for stop in route]
    left = len(stops) - len(route)
    return Suggested(chosen, length_m(route), around(route), left, ground is not None)


def where_it_went(session: Session, walked: Walkabout, *, viewer: Viewer) -> BaseGeometry | None:
    """The ground of a walkabout: what was drawn of it; of one that nobody planned, where what was
    logged on it lies."""
    drawn = spatial.shape_of(walked.location)
    if drawn is not None:
        return drawn
    query = (
        select(Entry.longitude, Entry.latitude)
        .where(
            board.logged_on(walked, viewer),
            Entry.visibility != Visibility.RESTRICTED.value,
        )
        .order_by(Entry.id)
        .limit(board.MOST)
    )
    rows = session.execute(query)
    places = [(east, north) for east, north in rows if east is not None and north is not None]
    return shapely.MultiPoint(places) if places else None


def cluster(stops: Sequence[Stop], most: int = MOST_STOPS, step_m: float = STEP_M) -> list[Stop]:
    """Stops that make one walk: from where most is due close together, ever the nearest, until
    none is within a step of those chosen or there are enough."""
    if not stops:
        return []
    plane = _plane(stops)
    tree = shapely.STRtree([shapely.Point(at) for at in plane])
    pulls = [
        sum(stops[k].weight for k in tree.query(shapely.Point(at), "dwithin", distance=step_m))
        for at in plane
    ]
    first = max(range(len(stops)), key=lambda n: (pulls[n], stops[n].weight, -stops[n].key))
    chosen, away = [first], [math.dist(plane[first], at) for at in plane]
    while len(chosen) < most:
        left = [n for n in range(len(stops)) if n not in chosen and away[n] <= step_m]
        if not left:
            break
        nearest = min(left, key=lambda n: (away[n], -stops[n].weight, stops[n].key))
        chosen.append(nearest)
        away = [min(a, math.dist(plane[nearest], at)) for a, at in zip(away, plane, strict=True)]
    return [stops[n] for n in chosen]


def in_order(stops: Sequence[Stop]) -> list[Stop]:
    """The same stops as a short walk: ever the nearest from the one furthest out, then without
    the crossings that this leaves."""
    if len(stops) < 3:
        return list(stops)
    plane = _plane(stops)
    middle = (sum(x for x, _ in plane) / len(plane), sum(y for _, y in plane) / len(plane))
    route = [max(range(len(stops)), key=lambda n: math.dist(middle, plane[n]))]
    while len(route) < len(stops):
        left = (n for n in range(len(stops)) if n not in route)
        route.append(min(left, key=lambda n: math.dist(plane[route[-1]], plane[n])))
    return [stops[n] for n in _uncrossed(route, plane)]


def _uncrossed(route: list[int], plane: Sequence[tuple[float, float]]) -> list[int]:
    """The route with pieces of it turned around for as long as that makes it shorter."""

    def gap(a: int, b: int) -> float:
        return math.dist(plane[a], plane[b])

    shorter = True
    while shorter:
        shorter = False
        for i in range(len(route) - 1):
            for j in range(i + 1, len(route)):
                before = gap(route[i - 1], route[i]) if i else 0.0
                after = gap(route[j], route[j + 1]) if j + 1 < len(route) else 0.0
                turned = gap(route[i - 1], route[j]) if i else 0.0
                turned += gap(route[i], route[j + 1]) if j + 1 < len(route) else 0.0
                if turned < before + after - 1e-6:
                    route[i : j + 1] = reversed(route[i : j + 1])
                    shorter = True
    return route


def length_m(stops: Sequence[Stop]) -> float:
    """How far it is from the first stop to the last, as the crow flies, in metres."""
    plane = _plane(stops)
    return sum(math.dist(a, b) for a, b in pairwise(plane))


def around(stops: Sequence[Stop]) -> BaseGeometry | None:
    """The ground that holds these stops and a little around them, in degrees."""
    if not stops:
        return None
    circles = [spatial.circle(stop.longitude, stop.latitude, ROUND_IT_M) for stop in stops]
    hull = shapely.union_all(circles).convex_hull.simplify(0.0001)
    return shapely.set_precision(hull, 0.00001)


def _plane(stops: Sequence[Stop]) -> list[tuple[float, float]]:
    """Each stop in metres on a plane that is true enough over a few kilometres."""
    if not stops:
        return []
    north = 111_320.0
    east = north * math.cos(math.radians(stops[0].latitude))
    return [(stop.longitude * east, stop.latitude * north) for stop in stops]


def _due(
    session: Session, walked: Walkabout, ground: BaseGeometry, *, viewer: Viewer
) -> list[Entry]:
    today = local_day(now())
    stale = and_(Entry.kind.in_(_STALE), Entry.review_due < today)
    unseen = or_(Entry.checked_on.is_(None), Entry.checked_on <= local_day(walked.starts_at))
    of_team = and_(Entry.kind == Kind.FINDING.value, Entry.team_id == walked.team_id, unseen)
    over = or_(
        *(and_(Entry.kind == kind, Entry.status.in_(states)) for kind, states in OVER.items())
    )
    west, south, east, north = ground.bounds
    corners = [spatial.box_around(*at, REACH_M) for at in ((west, south), (east, north))]
    reach = shapely.union_all(corners).envelope
    query = (
        select(Entry)
        .where(
            access.visible_entries(viewer),
            or_(stale, of_team),
            ~over,
            spatial.intersects(Entry.location, spatial.as_sql(reach)),
            Entry.visibility != Visibility.RESTRICTED.value,
            Entry.longitude.is_not(None),
        )
        .options(joinedload(Entry.category))
        .order_by(Entry.review_due, Entry.id)
        .limit(MOST_LOOKED_AT)
    )
    return [entry for entry in session.scalars(query) if _is_near(entry, ground)]


def _is_near(entry: Entry, ground: BaseGeometry) -> bool:
    scale = (111_320.0 * math.cos(math.radians(ground.centroid.y)), 111_320.0)
    here = shapely.Point(entry.longitude * scale[0], entry.latitude * scale[1])  # type: ignore[operator]
    return bool(shapely.dwithin(shapely.transform(ground, lambda at: at * scale), here, REACH_M))


def _weight(entry: Entry, today: date) -> float:
    """How much it matters to look: a finding, or what has been due for longest."""
    if entry.kind == Kind.FINDING or entry.review_due is None:
        return 2.0
    return 1.0 + min(1.0, (today - entry.review_due).days / 365)


def _why(entry: Entry, today: date) -> str:
    """Why it is on the walk, in words."""
    if entry.kind == Kind.FINDING:
        return f"Still {entry.status.replace('_', ' ')}: has anything been done?"
    days = (today - entry.review_due).days if entry.review_due else 0
    return f"Check due for {days} day{'' if days == 1 else 's'}: is it still here?"
