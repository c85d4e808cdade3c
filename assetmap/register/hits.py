"""What was found, with all that a list shows of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import Row, Select, select
from sqlalchemy.orm import Session, joinedload, undefer, with_polymorphic

from assetmap import access
from assetmap.access import Viewer
from assetmap.connections import has_key
from assetmap.models import Area, Category, Entry, EntryArea
from assetmap.register.facets import AREA_TYPES
from assetmap.vocabulary import SharedField


@dataclass(frozen=True)
class Hit:
    """One entry found, and what is known of how it matched."""

    entry: Entry
    distance_m: float | None = None
    areas: tuple[Area, ...] = ()
    reads: frozenset[SharedField] = frozenset()  # what of it whoever asked may read besides
    is_own: bool = False  # kept by a team of whoever asked
    by_person: bool = False  # asked for by somebody known, not a passer-by
    giver: str = ""  # of an offer to be taken away: the group or place that makes it


def load(session: Session, ids: Sequence[int], *, viewer: Viewer) -> list[Hit]:
    """These entries in this order, with all that a list shows of them, in two queries."""
    return _loaded(_entries(viewer), session, ids, [None] * len(ids), viewer)


def still_seen(
    session: Session, ids: Sequence[int], away_m: Sequence[float | None], *, viewer: Viewer
) -> list[Hit]:
    """The same, each with the metres to it, without what somebody has closed to the viewer since
    its key was found."""
    return _loaded(_seen(viewer), session, ids, away_m, viewer)


def _loaded(
    query: Select[Any],
    session: Session,
    ids: Sequence[int],
    away_m: Sequence[float | None],
    viewer: Viewer,
) -> list[Hit]:
    if not ids:
        return []
    found = {row[0].id: row for row in session.execute(query, {"keys": list(ids)})}
    areas = _areas_of(session, ids)
    both = zip(ids, away_m, strict=True)
    return [_hit(found[key], areas, metres, viewer=viewer) for key, metres in both if key in found]


def _hit(
    row: Row[Any],
    areas: Mapping[int, tuple[Area, ...]],
    distance_m: float | None = None,
    *,
    viewer: Viewer,
) -> Hit:
    entry = row[0]
    return Hit(
        entry,
        distance_m,
        areas.get(entry.id, ()),
        access.read_of(row),
        is_own=access.sees_exactly(viewer, entry.team_id),
        by_person=viewer.is_signed_in,
    )


@access.once
def _entries(viewer: Viewer) -> Select[Any]:
    """The entries of all kinds with these `keys`, with all that a list shows of them: the same
    statement whatever was looked for, which is put together and planned once."""
    whole = with_polymorphic(Entry, "*")
    return (
        select(whole, *access.reads(viewer))
        .options(
            joinedload(whole.category).joinedload(Category.parent),
            joinedload(whole.team),
            joinedload(whole.Finding.assigned_partner),
            undefer(whole.location),
        )
        .where(has_key(whole.id, "keys"))
    )


@access.once
def _seen(viewer: Viewer) -> Select[Any]:
    return _entries(viewer).where(access.visible_entries(viewer))


def _areas_of(session: Session, ids: Sequence[int]) -> dict[int, tuple[Area, ...]]:
    """The areas that each of these entries lies in, of the types people know by name."""
    if not ids:
        return {}
    rows = session.execute(_areas(), {"keys": list(ids)})
    areas: dict[int, tuple[Area, ...]] = {}
    for entry_id, area in rows:
        areas[entry_id] = (*areas.get(entry_id, ()), area)
    return areas


@cache
def _areas() -> Select[int, Area]:
    return (
        select(EntryArea.entry_id, Area)
        .join(Area, Area.id == EntryArea.area_id)
        .where(has_key(EntryArea.entry_id, "keys"), Area.type.in_(AREA_TYPES))
        .order_by(Area.type.desc(), Area.vintage.desc(), Area.code)
    )
