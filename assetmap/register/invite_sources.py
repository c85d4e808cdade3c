"""Which groups an invite list comes to, and why: at a place, serving it, searched for or picked."""

import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

import shapely
from shapely.geometry.base import BaseGeometry as Shape
from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict

from assetmap import access, spatial
from assetmap.access import Viewer
from assetmap.errors import BadRequest, Invalid, NotFound
from assetmap.models import Area, Asset, Entry, EntryArea, EventGuest, InviteList
from assetmap.register import collections, entries, ground, saved_searches, search, writing
from assetmap.register import criteria as asking
from assetmap.register.area_index import in_parts
from assetmap.schemas.invite_lists import Criteria
from assetmap.schemas.reading import from_query
from assetmap.schemas.search import EntrySearch
from assetmap.vocabulary import Kind

MOST = 2_000  # groups of one list
LOOKED_AT = 20_000  # of one place, before they are narrowed by whom they are for
_GROUPS = (Kind.GROUP,)


@dataclass(frozen=True, order=True)
class Reason:
    """A rule by which a group is on the list: at, serves, search, saved, collection, wanted or
    picked. place: where, or whom, in words."""

    rule: str
    place: str = ""


@dataclass(frozen=True)
class GroupFound:
    """A group and why it is there. reach: whom it is for."""

    id: int
    uid: uuid.UUID
    title: str
    reach: Sequence[str]
    reasons: Sequence[Reason]

    @property
    def path(self) -> str:
        """Where its page is."""
        return f"/{Kind.GROUP.plural}/{self.uid}"


@dataclass(frozen=True)
class Found:
    """The groups by name. notes: what of the wishes could not be met, in words. too_many: how many
    there would be, where they are more than a list holds; then none is given."""

    groups: Sequence[GroupFound] = ()
    notes: Sequence[str] = ()
    too_many: int = 0


@dataclass(frozen=True)
class Place:
    """Somewhere, as it is called, with its outline. area: the key of it where it is one, with its
    type and code."""

    label: str
    shape: Shape
    area: int | None = None
    type: str = ""
    code: str = ""


@dataclass
class _Gathered:
    """Keys of groups with why they are there, while they are being looked for."""

    reasons: dict[int, set[Reason]] = field(default_factory=dict)
    by_hand: set[int] = field(default_factory=set)
    notes: list[str] = field(default_factory=list)

    def add(self, keys: Iterable[int], reason: Reason) -> None:
        for key in keys:
            self.reasons.setdefault(key, set()).add(reason)


def find(session: Session, made: InviteList, wanted: Criteria, *, viewer: Viewer) -> Found:
    """The groups that a list comes to, as far as the viewer may see them."""
    found = _Gathered()
    for gather in (_by_place, _by_search, _by_saved):
        try:
            gather(session, wanted, found, viewer=viewer)
        except Invalid as error:  # an area or a term that is no longer there
            found.notes.append(" ".join(error.problems.values()) or str(error))
    _by_hand(session, made, wanted, found, viewer=viewer)
    rows = _still_seen(session, found.reasons, viewer=viewer)
    reach = {_folded(one) for one in wanted.reach}
    groups = [
        GroupFound(row.id, row.uid, row.title, row.serves, sorted(found.reasons[row.id]))
        for row in rows
        if row.id in found.by_hand or not reach or reach & {_folded(one) for one in row.serves}
    ]
    if len(groups) > MOST:
        return Found((), found.notes, len(groups))
    if missing := len(found.by_hand - {row.id for row in rows}):
        one = "1 group that was" if missing == 1 else f"{missing} groups that were"
        found.notes.append(f"{one} picked or wanted is over, or not open to you any more.")
    return Found(groups, found.notes)


def check(session: Session, wanted: Criteria, *, viewer: Viewer) -> None:
    """Raise Invalid, by field, for what can not be looked for: an area that is not loaded, a shape
    beyond the register's ground, a hotspot that is not there, a search that is none."""
    _check_kept(session, wanted, viewer=viewer)
    try:
        _base(session, wanted, viewer=viewer)
        list(places(session, wanted, viewer=viewer))
        if wanted.search:
            _read(wanted.search)
            search.work_out(session, _read(wanted.search), viewer=viewer)
    except NotFound as error:
        raise Invalid.field("hotspot", str(error)) from error
    except Invalid as error:
        known = {one: what for one, what in error.problems.items() if one in Criteria.model_fields}
        raise Invalid(str(error), known or {"search": str(error)}) from error


def _check_kept(session: Session, wanted: Criteria, *, viewer: Viewer) -> None:
    """The same for a saved search and a collection that are not there, or not the viewer's."""
    for name, uid, find_it in (
        ("saved_search", wanted.saved_search, saved_searches.find),
        ("collection", wanted.collection, collections.find),
    ):
        try:
            _ = uid and find_it(session, uid, viewer=viewer)
        except NotFound as error:
            raise Invalid.field(name, str(error)) from error


def _by_place(session: Session, wanted: Criteria, found: _Gathered, *, viewer: Viewer) -> None:
    if not wanted.has_place:
        return
    base = _base(session, wanted, viewer=viewer)
    there: list[Place] = []
    try:
        there += places(session, wanted, viewer=viewer)
    except NotFound:
        found.notes.append("The hotspot is not there, or not open to you any more.")
    if wanted.where != "serving":
        _at(session, base, there, found)
    if wanted.where != "at":
        _serving(session, base, there, found)


def _base(session: Session, wanted: Criteria, *, viewer: Viewer) -> tuple[ColumnElement[bool], ...]:
    """Groups of the wanted categories: the conditions of the one search."""
    asked = EntrySearch(kind=_GROUPS, category=tuple(wanted.category))
    return search.work_out(session, asked, viewer=viewer).where


def places(session: Session, wanted: Criteria, *, viewer: Viewer) -> Iterator[Place]:
    """Where its groups are looked for. Raises Invalid for an area that is not loaded or a shape
    that can not be, NotFound for no such hotspot."""
    areas = search.areas_called(session, wanted.area) if wanted.area else []
    drawn_as = select(Area.id, Area.boundary).where(Area.id.in_([area.id for area in areas]))
    outlines = {row.id: row.boundary for row in session.execute(drawn_as)} if areas else {}
    for area in areas:
        shape = spatial.shape_of(outlines[area.id])
        assert shape is not None  # no area is without
        yield Place(area.label, shape, area.id, area.type, area.code)
    if wanted.within is not None:
        drawn = writing.clean_geometry(session, wanted.within, field="within")
        assert drawn is not None  # one was given
        yield Place("the shape that was drawn", drawn)
    if wanted.near is not None:
        longitude, latitude = wanted.near
        point = {"type": "Point", "coordinates": [longitude, latitude]}
        writing.clean_geometry(session, point, field="near")
        around = spatial.circle(longitude, latitude, wanted.within_m)
        label = f"{wanted.within_m:,} m around {latitude:.5f}, {longitude:.5f}"
        yield Place(label, around)
    if wanted.hotspot is not None:
        spot = entries.find(session, wanted.hotspot, viewer=viewer, kind=Kind.HOTSPOT)
        query = select(Entry.location).where(Entry.id == spot.id)
        if (shape := spatial.shape_of(session.scalar(query))) is not None:
            more = f" and {wanted.buffer_m:,} m around" if wanted.buffer_m else ""
            yield Place(f"{spot.title}{more}", ground.grown(shape, wanted.buffer_m))


def _at(
    session: Session,
    base: Sequence[ColumnElement[bool]],
    places: Sequence[Place],
    found: _Gathered,
) -> None:
    """Those that lie in a place, where everybody sees them to be."""
    labels = {place.area: place.label for place in places if place.area is not None}
    if labels:
        within = select(Entry.id, EntryArea.area_id).join(EntryArea, EntryArea.entry_id == Entry.id)
        rows = session.execute(
            within.where(*base, EntryArea.area_id.in_(labels)).order_by(Entry.id).limit(LOOKED_AT)
        )
        for key, area in rows:
            found.add([key], Reason("at", labels[area]))
    for place in places:
        if place.area is None:
            inside = spatial.intersects(Entry.location, spatial.as_sql(place.shape))
            found.add(_keys(session, (*base, inside)), Reason("at", place.label))


def _serving(
    session: Session,
    base: Sequence[ColumnElement[bool]],
    places: Sequence[Place],
    found: _Gathered,
) -> None:
    """Those whose ground overlaps a place, by more than an edge that neighbours share."""
    for place in places:
        meets = spatial.intersects(Entry.covers, spatial.as_sql(place.shape))
        query = select(Entry.id, Entry.covers).where(*base, meets)
        shapely.prepare(place.shape)
        for key, covers in session.execute(query.order_by(Entry.id).limit(LOOKED_AT)):
            served = spatial.shape_of(covers)
            if served is not None and ground.overlaps(served, place.shape):
                found.add([key], Reason("serves", place.label))


def _by_search(session: Session, wanted: Criteria, found: _Gathered, *, viewer: Viewer) -> None:
    if wanted.search:
        asked = _read(wanted.search)
        _searched(session, wanted, found, asked, Reason("search"), viewer=viewer)


def _by_saved(session: Session, wanted: Criteria, found: _Gathered, *, viewer: Viewer) -> None:
    """What a saved search finds now, for who is on it to be worked out; and what was collected."""
    for uid, read in ((wanted.saved_search, _of_saved), (wanted.collection, _of_collection)):
        if uid is None:
            continue
        try:
            asked, why = read(session, uid, viewer)
        except NotFound as error:
            found.notes.append(str(error))
            continue
        _searched(session, wanted, found, asked, why, viewer=viewer)


def _of_saved(session: Session, uid: uuid.UUID, viewer: Viewer) -> tuple[EntrySearch, Reason]:
    made = saved_searches.find(session, uid, viewer=viewer)
    return saved_searches.as_search(made), Reason("saved")


def _of_collection(session: Session, uid: uuid.UUID, viewer: Viewer) -> tuple[EntrySearch, Reason]:
    collections.find(session, uid, viewer=viewer)
    return EntrySearch(collection=uid), Reason("collection")


def _searched(
    session: Session,
    wanted: Criteria,
    found: _Gathered,
    asked: EntrySearch,
    why: Reason,
    *,
    viewer: Viewer,
) -> None:
    """The groups of what a search finds."""
    if asked.kind and Kind.GROUP not in asked.kind:
        found.notes.append("The search asks for no groups, so it brings none.")
        return
    groups = search.work_out(session, asked.model_copy(update={"kind": _GROUPS}), viewer=viewer)
    both = (*groups.where, *_base(session, wanted, viewer=viewer))
    found.add(_keys(session, both), why)


def _read(given: str) -> EntrySearch:
    """A search out of the query string of /api/entries. Raises BadRequest."""
    pairs = parse_qsl(given.partition("?")[2] or given, keep_blank_values=True)
    if not pairs:
        raise BadRequest.field("search", "Give the address of a search.")
    return from_query(EntrySearch, MultiDict(pairs)).model_copy(update={"cursor": None})


def _by_hand(
    session: Session, made: InviteList, wanted: Criteria, found: _Gathered, *, viewer: Viewer
) -> None:
    """Those picked one by one, and those the event wants. What was merged since leads on."""
    if wanted.groups:
        called = Entry.uid.in_(wanted.groups)
        rows = session.execute(select(Entry.id, Entry.merged_into_id).where(called)).all()
        keys = {into or key for key, into in rows}
        found.add(keys, Reason("picked"))
        found.by_hand |= keys
    if wanted.wanted and made.engagement_id is not None:
        guests = select(EventGuest.guest_id).where(EventGuest.engagement_id == made.engagement_id)
        keys = set(session.scalars(guests))
        found.add(keys, Reason("wanted"))
        found.by_hand |= keys


def _keys(session: Session, where: Sequence[ColumnElement[bool]]) -> Sequence[int]:
    query = select(Entry.id).where(*where).order_by(Entry.id).limit(LOOKED_AT)
    return session.scalars(query).all()


def _still_seen(session: Session, reasons: Mapping[int, Any], *, viewer: Viewer) -> Sequence[Any]:
    """Of these keys, the groups that are not over and that the viewer may see, by name."""
    rows: list[Any] = []
    for part in in_parts(sorted(reasons)):
        rows += session.execute(
            select(Entry.id, Entry.uid, Entry.title, Entry.title_folded, Asset.__table__.c.serves)
            .join(Asset.__table__, Asset.__table__.c.id == Entry.id)
            .where(
                Entry.id.in_(part),
                Entry.kind == Kind.GROUP.value,
                access.visible_entries(viewer),
                asking.not_over(),
            )
        ).all()
    return sorted(rows, key=lambda row: (row.title_folded, row.id))


def _folded(tag: str) -> str:
    return " ".join(tag.casefold().split())
