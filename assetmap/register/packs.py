"""What a phone takes along on a walkabout, so that it needs no signal on the way."""

import math
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Any, cast

from shapely.geometry.base import BaseGeometry as Shape
from sqlalchemy import ColumnElement, Table, case, func, select
from sqlalchemy.orm import Session, undefer

from assetmap import access, spatial
from assetmap.access import Viewer
from assetmap.db import local_day, now
from assetmap.errors import Invalid, NotFound
from assetmap.models import Asset, Category, Entry, Finding, Offer, Team, Walkabout
from assetmap.models.category import SCHEMES
from assetmap.models.states import DEMANDS, MOVES
from assetmap.register import deployment, next_walk, reasons, search, snapshots
from assetmap.register.opened_by import covered_by, held_closed
from assetmap.schemas.search import EntrySearch
from assetmap.vocabulary import Kind, Precision, SharedField, Visibility

MOST_ENTRIES = 1500
MOST_CHANGED = 600  # of them with what can be changed on the way, the nearest
LONGEST = 600  # letters of a description that is taken along; longer ones are changed at a desk
MOST_WALKS = 50
AROUND_M = 300  # of a planned area: what is across the street
NEAR_M = 1500  # of where somebody stands, when nothing is planned
FURTHEST = 0.25  # degrees across: a force's area is no walk
KINDS = (Kind.ASSET, Kind.GROUP, Kind.OFFER, Kind.FINDING)
Box = tuple[float, float, float, float]
Place = tuple[float, float]
_LIVE = ("planned", "underway")
_GONE = "withdrawn"  # has a way of its own
_ASSET, _OFFER, _FINDING = (cast(Table, one.__table__) for one in (Asset, Offer, Finding))


@dataclass(frozen=True)
class Walk:
    """A walkabout one may join. box: around its planned area; None where nothing is planned."""

    walkabout: Walkabout
    team: str
    box: Box | None


@dataclass(frozen=True)
class Line:
    """An entry as a phone keeps it to know it again. due: it should be looked at again.

    fields: what the viewer may change of it on the way, as drafts name it; phone: empty where they
    may not read it.
    """

    uid: uuid.UUID
    kind: str
    title: str
    category: str | None
    longitude: float
    latitude: float
    where: str
    status: str
    version: int
    checked_on: str | None
    due: bool
    may_change: bool
    phone: str
    fields: Mapping[str, Any] | None


@dataclass(frozen=True)
class Pack:
    """The area, the classification and what is there already, the nearest first."""

    walk: Walk
    area: Shape | None
    stops: Sequence[Mapping[str, Any]]
    box: Box
    terms: Sequence[Category]
    lines: Sequence[Line]
    is_whole: bool


def walks(session: Session, *, viewer: Viewer) -> list[Walk]:
    """Walkabouts of one's teams that are planned or under way, those of today first."""
    access.require_sign_in(viewer)
    today = datetime.combine(local_day(now()), time(), UTC)
    apart = case((Walkabout.starts_at.between(today, today + timedelta(days=1)), 0), else_=1)
    query = (
        select(Walkabout, Team.name)
        .join(Team, Team.id == Walkabout.team_id)
        .where(
            access.visible_entries(viewer),
            Walkabout.team_id.in_(viewer.teams_where()),
            Walkabout.status.in_(_LIVE),
        )
        .options(undefer(Walkabout.location))
        .order_by(apart, Walkabout.starts_at.desc(), Walkabout.id.desc())
        .limit(MOST_WALKS)
    )
    return [Walk(one, team, _box(one)) for one, team in session.execute(query)]


def pack(session: Session, uid: uuid.UUID, *, viewer: Viewer, near: Place | None = None) -> Pack:
    """What to take along on a walkabout. near: where one stands, if no area is planned.

    Raises NotFound, Invalid for "near" when there is neither, or the area is too large.
    """
    walk = find(session, uid, viewer=viewer)
    box = around(session, walk, near, viewer=viewer)
    terms = session.scalars(
        select(Category)
        .where(Category.scheme.in_(SCHEMES), Category.active)
        .order_by(Category.sort, Category.id)
    ).all()
    lines = _lines(session, box, viewer=viewer)
    shape = spatial.shape_of(walk.walkabout.location)
    stops = stops_of(walk.walkabout, viewer=viewer)
    return Pack(walk, shape, stops, box, terms, lines[:MOST_ENTRIES], len(lines) <= MOST_ENTRIES)


def stops_of(walkabout: Walkabout, *, viewer: Viewer) -> list[dict[str, Any]]:
    """What a walkabout is planned to pass, in order; where that is, for its own team alone."""
    if access.sees_exactly(viewer, walkabout.team_id):
        return list(walkabout.stops)
    return [{"name": one["name"]} for one in walkabout.stops]


def to_account(session: Session, lines: Sequence[Line], *, viewer: Viewer) -> Sequence[Any]:
    """Rows of what is taken along, as `audit_taking.took` wants them: those still to be seen.
    contacts: whether a line holds a phone number."""
    called = [line.uid for line in lines if line.phone]
    query = select(
        Entry.id,
        Entry.uid,
        Entry.team_id,
        Entry.kind,
        Entry.visibility,
        case((Entry.uid.in_(called), 1), else_=0).label("contacts"),
        covered_by(viewer),
        held_closed(viewer),
    )
    uids = [line.uid for line in lines]
    return session.execute(query.where(Entry.uid.in_(uids), access.visible_entries(viewer))).all()


def find(session: Session, uid: uuid.UUID, *, viewer: Viewer) -> Walk:
    """A walkabout that the viewer may see, with its area. Raises NotFound, ReasonRequired."""
    access.require_sign_in(viewer)
    row = session.execute(
        select(Walkabout, Team.name)
        .join(Team, Team.id == Walkabout.team_id)
        .where(Walkabout.uid == uid, access.visible_entries(viewer))
        .options(undefer(Walkabout.location))
    ).one_or_none()
    if row is None:
        raise NotFound("There is no such walkabout, or it is not open to you.")
    reasons.require(session, row[0], viewer=viewer)
    return Walk(row[0], row[1], _box(row[0]))


def around(session: Session, walk: Walk, near: Place | None, *, viewer: Viewer) -> Box:
    """The box to take along: the planned area and a street more, or what is near; for who cannot
    say where they stand, what is near where the walk went."""
    if walk.box is not None:
        west, south, east, north = walk.box
        reach = spatial.box_around((west + east) / 2, (south + north) / 2, AROUND_M).bounds
        across, up = (reach[2] - reach[0]) / 2, (reach[3] - reach[1]) / 2
        box = (west - across, south - up, east + across, north + up)
    elif near is not None:
        box = spatial.box_around(*near, NEAR_M).bounds
    elif (went := next_walk.where_it_went(session, walk.walkabout, viewer=viewer)) is not None:
        box = spatial.box_around(went.centroid.x, went.centroid.y, NEAR_M).bounds
    else:
        raise Invalid.field("near", "Say where you are: this walkabout has no area yet.")
    if box[2] - box[0] > FURTHEST or box[3] - box[1] > FURTHEST:
        raise Invalid.field("near", "The area is too large to take along. Plan a smaller one.")
    west, south, east, north = deployment.extent(session)
    kept = (max(box[0], west), max(box[1], south), min(box[2], east), min(box[3], north))
    if kept[0] >= kept[2] or kept[1] >= kept[3]:
        raise Invalid.field("near", "This is outside the area that the register covers.")
    return kept


def _box(walkabout: Walkabout) -> Box | None:
    shape = spatial.shape_of(walkabout.location)
    return None if shape is None else shape.bounds


def _lines(session: Session, box: Box, *, viewer: Viewer) -> list[Line]:
    """What is in a box, the nearest to its middle first; one more than a pack holds."""
    wanted = search.work_out(session, EntrySearch(kind=KINDS, bbox=box), viewer=viewer)
    query = (
        select(
            Entry.uid,
            Entry.kind,
            Entry.title,
            Category.code,
            Entry.longitude,
            Entry.latitude,
            Entry.address,
            Entry.precision,
            Entry.status,
            Entry.version,
            Entry.checked_on,
            func.coalesce(Entry.review_due < wanted.today, False).label("due"),
            access.changeable(viewer).label("may_change"),
            *access.reads(viewer),
            *_changed_on_the_way(),
        )
        .outerjoin(Category, Category.id == Entry.category_id)
        .outerjoin(_ASSET, _ASSET.c.id == Entry.id)
        .outerjoin(_OFFER, _OFFER.c.id == Entry.id)
        .outerjoin(_FINDING, _FINDING.c.id == Entry.id)
        .where(*wanted.where, Entry.visibility != Visibility.RESTRICTED.value)
        .order_by(_away(box), Entry.id)
        .limit(MOST_ENTRIES + 1)
    )
    rows = enumerate(session.execute(query))
    return [_line(row, has_fields=number < MOST_CHANGED) for number, row in rows]


def _changed_on_the_way() -> list[ColumnElement[Any]]:
    """What people change standing before a thing, where its row has it."""
    place = func.coalesce(Entry.exact_location, Entry.location)
    return [
        Entry.__table__.c.description,
        (func.coalesce(func.ST_Dimension(place), 0) == 0).label("is_point"),
        _ASSET.c.phone,
        _ASSET.c.opening_hours,
        _OFFER.c.quantity,
        _OFFER.c.unit,
        _OFFER.c.available_from,
        _OFFER.c.available_to,
        _FINDING.c.severity,
    ]


def _fields(row: Any, reads: frozenset[SharedField]) -> dict[str, Any]:
    """By the names that a change gives them; nothing that the viewer may not read."""
    found: dict[str, Any] = {}
    if len(row.description) <= LONGEST:
        found["description"] = row.description
    if SharedField.EXACT_LOCATION in reads:
        found["address"] = row.address
    if row.kind in (Kind.ASSET, Kind.GROUP):
        found["opening_hours"] = row.opening_hours
        if SharedField.CONTACT in reads:
            found["phone"] = row.phone
    if row.kind == Kind.OFFER:
        for name in ("quantity", "unit", "available_from", "available_to"):
            found[name] = snapshots.as_json(getattr(row, name))
    if row.kind == Kind.FINDING:
        found["severity"] = row.severity
    if row.is_point and SharedField.EXACT_LOCATION in reads:
        found["geometry"] = None  # it may be put elsewhere; a line or an area only at a desk
    return found


def moves() -> dict[str, dict[str, list[str]]]:
    """By kind and state, the states that something may be taken to with nothing more to be said."""
    return {
        kind.value: {
            now: [then for then in ways if (kind.value, then) not in DEMANDS and then != _GONE]
            for now, ways in MOVES[kind.value].items()
        }
        for kind in KINDS
    }


def _line(row: Any, *, has_fields: bool) -> Line:
    reads = access.read_of(row)
    may_change = bool(row.may_change)
    return Line(
        uid=row.uid,
        kind=row.kind,
        title=row.title,
        category=row.code,
        longitude=row.longitude,
        latitude=row.latitude,
        where=row.address if row.precision == Precision.EXACT else "",
        status=row.status,
        version=row.version,
        checked_on=row.checked_on and row.checked_on.isoformat(),
        due=bool(row.due),
        may_change=may_change,
        phone=(row.phone or "") if SharedField.CONTACT in reads else "",
        fields=_fields(row, reads) if may_change and has_fields else None,
    )


def _away(box: Box) -> ColumnElement[Any]:
    """How far from the middle, squared, in degrees of latitude: only the order counts."""
    west, south, east, north = box
    middle = (south + north) / 2
    narrow = math.cos(math.radians(middle))
    across = (Entry.longitude - (west + east) / 2) * narrow
    up = Entry.latitude - middle
    return across * across + up * up
