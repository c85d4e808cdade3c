"""Which groups an invite list comes to, and why: at a place, serving it, searched for or picked."""

import uuid
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

import shapely
from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Row,
    Select,
    and_,
    case,
    cast,
    false,
    func,
    literal_column,
    null,
    or_,
    select,
    union_all,
)
from sqlalchemy.orm import InstrumentedAttribute, Session, aliased
from werkzeug.datastructures import MultiDict

from assetmap import access, spatial
from assetmap.access import Viewer
from assetmap.errors import BadRequest, Invalid, NotFound
from assetmap.models import Asset, Entry, EntryArea, EventGuest, InviteList
from assetmap.register import collections, ground, invite_places, saved_searches, search
from assetmap.register import criteria as asking
from assetmap.register.invite_places import Place, Places
from assetmap.schemas.invite_lists import Criteria
from assetmap.schemas.reading import from_query
from assetmap.schemas.search import EntrySearch
from assetmap.vocabulary import Kind

MOST = 2_000  # groups of one list
LOOKED_AT = 20_000  # of one place, before they are narrowed by whom they are for
_GROUPS = (Kind.GROUP,)
_ASSET = Asset.__table__
_Column = ColumnElement[Any] | InstrumentedAttribute[Any]
_NO_AREA: _Column = cast(null(), BigInteger)
_NO_GROUND: _Column = case((false(), Entry.covers))  # none, of the same type on either database


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
    there would be, where they are more than a list holds; then none is given. places: where they
    were looked for; None where nothing was, as of a list that is frozen. left_then: keys of groups
    at which the viewer knows somebody who was left out when it was frozen."""

    groups: Sequence[GroupFound] = ()
    notes: Sequence[str] = ()
    too_many: int = 0
    places: Places | None = None
    left_then: frozenset[int] = frozenset()


@dataclass(frozen=True)
class _Source:
    """Where groups come from, as a query of them, and the reasons that a row of it gives."""

    query: Select[Any]
    why: Callable[[Row[Any]], Iterable[Reason]]
    is_by_hand: bool = False


@dataclass
class _Gathered:
    """Groups with why they are there, while they are being looked for. by_hand: keys of those that
    stay whomever they are for, and may be over or hidden."""

    rows: dict[int, Row[Any]] = field(default_factory=dict)
    reasons: dict[int, set[Reason]] = field(default_factory=dict)
    by_hand: set[int] = field(default_factory=set)

    def add(self, row: Row[Any], source: _Source) -> None:
        if source.is_by_hand:
            self.by_hand.add(row.id)
        if row.uid is not None and (reasons := {*source.why(row)}):
            self.rows[row.id] = row
            self.reasons.setdefault(row.id, set()).update(reasons)


def find(session: Session, made: InviteList, wanted: Criteria, *, viewer: Viewer) -> Found:
    """The groups that a list comes to, as far as the viewer may see them."""
    notes: list[str] = []
    sources: list[_Source] = []
    places = invite_places.known(session, wanted, viewer=viewer) if wanted.has_place else Places()
    for gather in (_by_place, _by_search, _by_saved):
        try:
            sources += gather(session, wanted, places, notes, viewer=viewer)
        except Invalid as error:  # a term that is no longer there
            notes.append(" ".join(error.problems.values()) or str(error))
    sources += _by_hand(made, wanted, viewer=viewer)
    found = _gathered(session, sources)
    reach = {_folded(one) for one in wanted.reach}
    groups = [
        GroupFound(row.id, row.uid, row.title, row.serves, sorted(found.reasons[row.id]))
        for row in sorted(found.rows.values(), key=lambda row: (row.title_folded, row.id))
        if row.id in found.by_hand or not reach or reach & {_folded(one) for one in row.serves}
    ]
    if len(groups) > MOST:
        return Found((), notes, len(groups), places)
    if missing := len(found.by_hand - found.rows.keys()):
        one = "1 group that was" if missing == 1 else f"{missing} groups that were"
        notes.append(f"{one} picked or wanted is over, or not open to you any more.")
    return Found(groups, notes, 0, places)


def _gathered(session: Session, sources: Sequence[_Source]) -> _Gathered:
    """What all the sources bring, by one query."""
    found = _Gathered()
    if not sources:
        return found
    parts = [
        one.query.add_columns(literal_column(str(number)).label("source"))
        for number, one in enumerate(sources)
    ]
    every = union_all(*parts).subquery()
    order = every.c.source.desc(), every.c.id  # what was picked by hand is the last source
    for row in session.execute(select(every).order_by(*order).limit(LOOKED_AT * len(parts))):
        found.add(row, sources[row.source])
    return found


def check(session: Session, wanted: Criteria, *, viewer: Viewer) -> None:
    """Raise Invalid, by field, for what can not be looked for: an area that is not loaded, a shape
    beyond the register's ground, a hotspot that is not there, a search that is none."""
    _check_kept(session, wanted, viewer=viewer)
    try:
        _base(session, wanted, viewer=viewer)
        list(invite_places.places(session, wanted, viewer=viewer))
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


def _by_place(
    session: Session, wanted: Criteria, places: Places, notes: list[str], *, viewer: Viewer
) -> Iterator[_Source]:
    if not wanted.has_place:
        return
    base = _base(session, wanted, viewer=viewer)
    notes += places.notes
    if wanted.where != "serving":
        yield from _at(base, places.there)
    if wanted.where != "at" and places.there:
        yield _serving(base, places.there)


def _base(session: Session, wanted: Criteria, *, viewer: Viewer) -> tuple[ColumnElement[bool], ...]:
    """Groups of the wanted categories: the conditions of the one search."""
    asked = EntrySearch(kind=_GROUPS, category=tuple(wanted.category))
    return search.work_out(session, asked, viewer=viewer).where


def _at(base: Sequence[ColumnElement[bool]], places: Sequence[Place]) -> Iterator[_Source]:
    """Those that lie in a place, where everybody sees them to be."""
    labels = {place.area: place.label for place in places if place.area is not None}
    if labels:
        query = _groups(*base, area=EntryArea.area_id)
        within = query.join(EntryArea, EntryArea.entry_id == Entry.id)
        where = EntryArea.area_id.in_(labels)
        yield _Source(within.where(where), lambda row: [Reason("at", labels[row.area])])
    for place in places:
        if place.area is None:
            inside = spatial.intersects(Entry.location, spatial.as_sql(place.shape))
            yield _Source(_groups(*base, inside), _always(Reason("at", place.label)))


def _serving(base: Sequence[ColumnElement[bool]], places: Sequence[Place]) -> _Source:
    """Those whose ground overlaps a place, by more than an edge that neighbours share."""
    meets = [spatial.intersects(Entry.covers, spatial.as_sql(place.shape)) for place in places]
    for place in places:
        shapely.prepare(place.shape)

    def why(row: Row[Any]) -> Iterator[Reason]:
        if (served := spatial.shape_of(row.covers)) is None:
            return
        for place in places:
            if place.shape.intersects(served) and ground.overlaps(served, place.shape):
                yield Reason("serves", place.label)

    return _Source(_groups(*base, or_(*meets), covers=Entry.covers), why)


def _by_search(
    session: Session, wanted: Criteria, _places: Places, notes: list[str], *, viewer: Viewer
) -> Iterator[_Source]:
    if wanted.search:
        asked = _read(wanted.search)
        yield from _searched(session, wanted, notes, asked, Reason("search"), viewer=viewer)


def _by_saved(
    session: Session, wanted: Criteria, _places: Places, notes: list[str], *, viewer: Viewer
) -> Iterator[_Source]:
    """What a saved search finds now, for who is on it to be worked out; and what was collected."""
    for uid, read in ((wanted.saved_search, _of_saved), (wanted.collection, _of_collection)):
        if uid is None:
            continue
        try:
            asked, why = read(session, uid, viewer)
        except NotFound as error:
            notes.append(str(error))
            continue
        yield from _searched(session, wanted, notes, asked, why, viewer=viewer)


def _of_saved(session: Session, uid: uuid.UUID, viewer: Viewer) -> tuple[EntrySearch, Reason]:
    made = saved_searches.find(session, uid, viewer=viewer)
    return saved_searches.as_search(made), Reason("saved")


def _of_collection(session: Session, uid: uuid.UUID, viewer: Viewer) -> tuple[EntrySearch, Reason]:
    collections.find(session, uid, viewer=viewer)
    return EntrySearch(collection=uid), Reason("collection")


def _searched(
    session: Session,
    wanted: Criteria,
    notes: list[str],
    asked: EntrySearch,
    why: Reason,
    *,
    viewer: Viewer,
) -> Iterator[_Source]:
    """The groups of what a search finds."""
    if asked.kind and Kind.GROUP not in asked.kind:
        notes.append("The search asks for no groups, so it brings none.")
        return
    groups = search.work_out(session, asked.model_copy(update={"kind": _GROUPS}), viewer=viewer)
    both = (*groups.where, *_base(session, wanted, viewer=viewer))
    yield _Source(_groups(*both), _always(why))


def _read(given: str) -> EntrySearch:
    """A search out of the query string of /api/entries. Raises BadRequest."""
    pairs = parse_qsl(given.partition("?")[2] or given, keep_blank_values=True)
    if not pairs:
        raise BadRequest.field("search", "Give the address of a search.")
    return from_query(EntrySearch, MultiDict(pairs)).model_copy(update={"cursor": None})


def _by_hand(made: InviteList, wanted: Criteria, *, viewer: Viewer) -> Iterator[_Source]:
    """Those picked one by one, and those the event wants. What was merged since leads on. Of those
    that are over, or that the viewer may not see, nothing but their key."""
    if wanted.wanted and made.engagement_id is not None:
        guests = _still_seen(EventGuest, EventGuest.guest_id, viewer=viewer)
        here = guests.where(EventGuest.engagement_id == made.engagement_id)
        yield _Source(here, _always(Reason("wanted")), is_by_hand=True)
    if wanted.groups:
        called = aliased(Entry)
        key = func.coalesce(called.merged_into_id, called.id)
        picked = _still_seen(called, key, viewer=viewer).where(called.uid.in_(wanted.groups))
        yield _Source(picked, _always(Reason("picked")), is_by_hand=True)


def _still_seen(named: Any, key: _Column, *, viewer: Viewer) -> Select[Any]:
    """Keys of groups out of a table that names them, with what they are called where they are not
    over and the viewer may see them."""
    seen = and_(
        Entry.id == key,
        Entry.kind == Kind.GROUP.value,
        access.visible_entries(viewer),
        asking.not_over(),
    )
    query = _columns(key, _NO_AREA, _NO_GROUND).select_from(named)
    return query.outerjoin(Entry, seen).outerjoin(_ASSET, _ASSET.c.id == Entry.id)


def _groups(
    *where: ColumnElement[bool],
    area: _Column = _NO_AREA,
    covers: _Column = _NO_GROUND,
) -> Select[Any]:
    """Groups that match. area, covers: what more to say of each."""
    query = _columns(Entry.id, area, covers)
    return query.select_from(Entry).join(_ASSET, _ASSET.c.id == Entry.id).where(*where)


def _columns(key: _Column, area: _Column, covers: _Column) -> Select[Any]:
    return select(
        key.label("id"),
        Entry.uid,
        Entry.title,
        Entry.title_folded,
        _ASSET.c.serves,
        area.label("area"),
        covers.label("covers"),
    )


def _always(reason: Reason) -> Callable[[Row[Any]], Iterable[Reason]]:
    return lambda _: [reason]


def _folded(tag: str) -> str:
    return " ".join(tag.casefold().split())
