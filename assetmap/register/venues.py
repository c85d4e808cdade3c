"""Where an event is held: places of the map that can hold it, and choosing one of them."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from sqlalchemy import ColumnElement, Row, and_, or_, select
from sqlalchemy.orm import Session, with_polymorphic

from assetmap import access, spatial
from assetmap.access import Viewer
from assetmap.db import local_day
from assetmap.errors import Invalid
from assetmap.models import Asset, Category, Engagement, Entry, Link
from assetmap.register import entries, links, plans, snapshots
from assetmap.schemas.venues import VenueWanted
from assetmap.settings import LOCAL
from assetmap.vocabulary import Kind, LocationMethod, Precision, Relation

MOST = 12
LOOKED_AT = 90  # the nearest, of which those that fit best are given
WALK_M = 1_000.0  # a quarter of an hour on foot, by roads
_METRES = 111_195.0  # in a degree of latitude
_MOST_GROUPS = 5_000
# kinds of place with a room that is let, where nobody has written down how many it holds
_ROOMS = (
    *("pla_hall", "pla_wors", "pla_room", "pla_leis", "cul_arts"),
    *("lyp_libr", "lyp_yout", "lyp_adul", "lyp_coll"),
)


@dataclass(frozen=True)
class From:
    """What places are looked for around: the event itself, or what it is about."""

    title: str
    longitude: float
    latitude: float
    entry: Entry


@dataclass(frozen=True)
class Venue:
    """A place and how it fits an event. away_m: from what was asked, in metres; groups: how many
    are within a walk of it; lacks: what is wanted and not written down, as codes; is_small: it
    is known to hold fewer; there: other events that are held there on the same day."""

    place: Entry
    away_m: float | None
    groups: int
    lacks: Sequence[str]
    is_small: bool
    there: Sequence[Engagement]


@dataclass(frozen=True)
class Around:
    """What an event is tied to that matters for where it is held."""

    held_at: Sequence[Entry]
    origins: Sequence[From]


def around(session: Session, event: Engagement, *, viewer: Viewer) -> Around:
    """Where it is held now, and what a place may be looked for near to; what the viewer may see of
    both. Raises NotAllowed outside its team."""
    plans.require_inside(session, event, viewer=viewer)
    other = with_polymorphic(Entry, [Asset])
    is_venue = Link.relation == Relation.HELD_AT.value
    is_about = and_(Link.relation == Relation.ABOUT.value, other.kind == Kind.HOTSPOT.value)
    seen = select(Entry.id).where(access.visible_entries(viewer))
    rows = session.execute(
        select(Link.relation, other)
        .join(other, other.id == Link.to_id)
        .where(Link.from_id == event.id, or_(is_venue, is_about), other.id.in_(seen))
        .order_by(Link.id)
        .limit(50)
    ).all()
    held = [row[1] for row in rows if row[0] == Relation.HELD_AT.value]
    about = [event, *(row[1] for row in rows if row[0] == Relation.ABOUT.value)]
    return Around(
        held,
        [
            From(one.title, one.longitude, one.latitude, one)
            for one in about
            if one.longitude is not None and one.latitude is not None
        ],
    )


def find(
    session: Session,
    event: Engagement,
    wanted: VenueWanted,
    tied: Around,
    *,
    viewer: Viewer,
) -> tuple[Sequence[Venue], Sequence[Venue]]:
    """How the places it is held at fit, and others near by: those that have all that is wanted
    first, then the nearest. What is known to be too small is left out of the others.

    Raises Invalid where `near` is nothing that it is tied to.
    """
    start = _start(wanted, tied)
    near = _places(session, wanted, start, tied, viewer=viewer) if start else []
    groups = _groups(session, start, wanted, viewer=viewer) if start and near else []
    places = [*tied.held_at, *near]
    there = _there(session, event, [one.id for one in places], viewer=viewer)
    fits = [_fit(one, wanted, start, groups, there.get(one.id, ())) for one in places]
    held, others = fits[: len(tied.held_at)], fits[len(tied.held_at) :]
    others.sort(key=lambda one: (bool(one.there), len(one.lacks), one.away_m or 0, one.place.id))
    return held, others[:MOST]


def choose(
    session: Session, event: Engagement, place: Entry, *, move: bool, viewer: Viewer
) -> None:
    """Hold it there and nowhere else; the same again changes nothing.

    move: put the event where the place is, when that is shown exactly. Raises NotAllowed, Invalid
    for what is no place.
    """
    access.require_change(viewer, event)
    entries.wait_for(session, event)
    for held in around(session, event, viewer=viewer).held_at:
        if held.id != place.id:
            links.unlink(session, event, Relation.HELD_AT, held, viewer=viewer)
    links.link(session, event, Relation.HELD_AT, place, viewer=viewer)
    if move and is_exact(place):
        _move(session, event, place, viewer=viewer)


def give_up(session: Session, event: Engagement, place: Entry, *, viewer: Viewer) -> None:
    """Hold it there no longer. Raises NotAllowed, NotFound when it is not held there."""
    access.require_change(viewer, event)
    links.unlink(session, event, Relation.HELD_AT, place, viewer=viewer)


def is_exact(place: Entry) -> bool:
    """Whether an event may be put where this place is shown."""
    return place.longitude is not None and place.precision == Precision.EXACT.value


def _move(session: Session, event: Engagement, place: Entry, *, viewer: Viewer) -> None:
    assert place.longitude is not None  # it is shown exactly
    assert place.latitude is not None
    point = {"type": "Point", "coordinates": [place.longitude, place.latitude]}
    where = {
        "geometry": point,
        "location_method": LocationMethod.ADDRESS.value,
        "accuracy_m": place.accuracy_m,
        "precision": Precision.EXACT.value,
        "address": place.shown_address,
        "postcode": place.shown_postcode,
    }
    draft = snapshots.draft_of(event.kind, snapshots.of(session, event) | where)
    entries.change(session, event, draft, viewer=viewer, base_version=event.version)


def _start(wanted: VenueWanted, tied: Around) -> From | None:
    if wanted.near is None:
        return tied.origins[0] if tied.origins else None
    for one in tied.origins:
        if one.entry.uid == wanted.near:
            return one
    raise Invalid.field("near", "Choose one of these.")


def _places(
    session: Session, wanted: VenueWanted, start: From, tied: Around, *, viewer: Viewer
) -> Sequence[Asset]:
    here = (start.longitude, start.latitude)
    room = select(Category.id).where(Category.scheme == "asset", Category.code.in_(_ROOMS))
    query = (
        select(Asset)
        .where(
            access.visible_entries(viewer),
            Asset.kind == Kind.ASSET.value,
            Asset.status == "active",
            or_(Asset.capacity > 0, Asset.hire_terms != "", Asset.category_id.in_(room)),
            Asset.id.not_in([one.id for one in tied.held_at]),
            spatial.near(Asset.location, *here, wanted.within_m),
            *_large_enough(wanted),
        )
        .order_by(spatial.distance_m(Asset.location, *here), Asset.id)
        .limit(LOOKED_AT)
    )
    return session.scalars(query).all()


def _large_enough(wanted: VenueWanted) -> list[ColumnElement[bool]]:
    if wanted.people is None:
        return []
    return [or_(Asset.capacity.is_(None), Asset.capacity >= wanted.people)]


def _groups(
    session: Session, start: From, wanted: VenueWanted, *, viewer: Viewer
) -> Sequence[tuple[float, float]]:
    """Where the groups are that could walk to one of these places, as far as it is shown."""
    reach = spatial.box_around(start.longitude, start.latitude, wanted.within_m + WALK_M)
    rows: Iterable[Row[float, float]] = session.execute(
        select(Entry.longitude, Entry.latitude)
        .where(
            access.visible_entries(viewer),
            Entry.kind == Kind.GROUP.value,
            Entry.status != "closed",
            Entry.longitude.is_not(None),
            spatial.intersects(Entry.location, spatial.as_sql(reach)),
        )
        .limit(_MOST_GROUPS)
    )
    return [(row[0], row[1]) for row in rows]


def _there(
    session: Session, event: Engagement, keys: Sequence[int], *, viewer: Viewer
) -> Mapping[int, list[Engagement]]:
    """By place, the other events that are held there on the days of this one."""
    if not keys:
        return {}
    first = datetime.combine(local_day(event.starts_at), time.min, LOCAL)
    last = datetime.combine(local_day(event.ends_at), time.min, LOCAL) + timedelta(days=1)
    rows = session.execute(
        select(Link.to_id, Engagement)
        .join(Engagement, Engagement.id == Link.from_id)
        .where(
            Link.relation == Relation.HELD_AT.value,
            Link.to_id.in_(keys),
            access.visible_entries(viewer),
            Engagement.id != event.id,
            Engagement.status != "cancelled",
            Engagement.starts_at < last,
            Engagement.ends_at > first,
        )
        .order_by(Engagement.starts_at, Engagement.id)
        .limit(100)
    )
    found: dict[int, list[Engagement]] = {}
    for key, other in rows:
        found.setdefault(key, []).append(other)
    return found


def _fit(
    place: Entry,
    wanted: VenueWanted,
    start: From | None,
    groups: Iterable[tuple[float, float]],
    there: Sequence[Engagement],
) -> Venue:
    holds = place.capacity if isinstance(place, Asset) else None
    has = place.facilities if isinstance(place, Asset) else ()
    lacks = [need for need in wanted.needs if need not in has]
    if wanted.people is not None and holds is None:
        lacks.append("capacity")
    here = (place.longitude, place.latitude)
    return Venue(
        place,
        _apart_m((start.longitude, start.latitude), here) if start else None,
        sum((away := _apart_m(here, one)) is not None and away <= WALK_M for one in groups),
        lacks,
        wanted.people is not None and holds is not None and holds < wanted.people,
        there,
    )


def _apart_m(
    one: tuple[float | None, float | None], other: tuple[float | None, float | None]
) -> float | None:
    """Metres between two places of one town, on a flat map of it."""
    if one[0] is None or one[1] is None or other[0] is None or other[1] is None:
        return None
    east = (one[0] - other[0]) * math.cos(math.radians(one[1]))
    return _METRES * math.hypot(east, one[1] - other[1])
