"""Putting entries in their areas again, in bulk, after boundaries have changed."""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, cast

import shapely
from shapely.geometry.base import BaseGeometry as Shape
from sqlalchemy import ColumnElement, Table, bindparam, delete, func, insert, select, update
from sqlalchemy.orm import Session, undefer, with_polymorphic

from assetmap import access, spatial
from assetmap.access import Viewer
from assetmap.models import Area, Entry, EntryArea, EntryCovers
from assetmap.register import indexing, places, writing
from assetmap.register.area_index import AreaIndex, in_parts
from assetmap.vocabulary import Precision

Progress = Callable[[int, int], None]  # how many are done, of how many
_ENTRY = cast(Table, Entry.__table__)
AREA_PRECISIONS = (Precision.LSOA, Precision.WARD)


@dataclass(frozen=True)
class Reassigned:
    """How many entries were looked at.

    moved: lie in other areas, or are shown elsewhere. covers: cover other ground.
    """

    looked_at: int = 0
    moved: int = 0
    covers: int = 0


def reassign(
    session: Session,
    *,
    viewer: Viewer,
    changed: Collection[int] | None = None,
    progress: Progress | None = None,
) -> Reassigned:
    """Work out again which areas entries lie in, where they are shown and what they cover.

    changed: keys of the areas whose outlines are new or altered; None means all.
    Entries that changed areas are indexed again. Versions and histories are left alone: nobody
    said anything new of the entry. Raises NotAllowed unless the viewer is an administrator.
    """
    access.require_admin(viewer)
    spatial.lock_for_writing(session, "areas")
    session.flush()
    covering = _covering(session, changed)
    ids = sorted(_touched(session, changed) | covering)
    index = AreaIndex.load(session) if ids else AreaIndex.of(())
    done = moved = covers = 0
    for part in in_parts(ids):
        shown_elsewhere = _show_again(session, part)
        moved_here = _assign(session, index, part) | shown_elsewhere
        circles = _with_radius(session, shown_elsewhere)
        altered = _cover_again(session, sorted(covering.intersection(part) | circles))
        _index(session, sorted(moved_here))
        moved, covers, done = moved + len(moved_here), covers + altered, done + len(part)
        if progress is not None:
            progress(done, len(ids))
    return Reassigned(len(ids), moved, covers)


def write_areas(session: Session, areas_by_entry: dict[int, list[int]]) -> None:
    """Say which areas entries lie in, in place of those they lay in."""
    for part in in_parts(sorted(areas_by_entry)):
        session.execute(delete(EntryArea).where(EntryArea.entry_id.in_(part)))
        rows = [{"entry_id": e, "area_id": a} for e in part for a in areas_by_entry[e]]
        if rows:
            session.execute(insert(EntryArea), rows)


def _touched(session: Session, changed: Collection[int] | None) -> set[int]:
    """Entries that lay in a changed area, may lie in one now, or are shown by their area."""
    if changed is None:
        return set(session.scalars(select(Entry.id)))
    found: set[int] = set()
    for part in in_parts(sorted(changed)):
        found.update(session.scalars(select(EntryArea.entry_id).where(EntryArea.area_id.in_(part))))
    if (box := _box(session, changed)) is not None:
        inside = spatial.intersects(Entry.location, spatial.as_sql(box))
        found.update(session.scalars(select(Entry.id).where(inside)))
        found.update(session.scalars(select(Entry.id).where(_shown_by_area())))
    return found


def _box(session: Session, changed: Collection[int]) -> Shape | None:
    """The box around all of these areas."""
    boxes: list[Shape] = []
    for part in in_parts(sorted(changed)):
        row = session.execute(
            select(
                func.min(Area.west), func.min(Area.south), func.max(Area.east), func.max(Area.north)
            ).where(Area.id.in_(part))
        ).one()
        if row[0] is not None:
            boxes.append(shapely.box(row[0], row[1], row[2], row[3]))
    return shapely.box(*shapely.total_bounds(boxes)) if boxes else None


def _shown_by_area() -> ColumnElement[bool]:
    return Entry.precision.in_(AREA_PRECISIONS) & Entry.exact_location.is_not(None)


def _covering(session: Session, changed: Collection[int] | None) -> set[int]:
    """Entries that were said to cover one of the areas."""
    if changed is None:
        return set(session.scalars(select(EntryCovers.entry_id)))
    found: set[int] = set()
    for part in in_parts(sorted(changed)):
        covers = select(EntryCovers.entry_id).where(EntryCovers.area_id.in_(part))
        found.update(session.scalars(covers))
    return found


def _show_again(session: Session, ids: Sequence[int]) -> set[int]:
    """Step down anew the places that are shown by small area or ward; those that moved."""
    rows = session.execute(
        select(
            Entry.id, Entry.precision, Entry.exact_location, Entry.longitude, Entry.latitude
        ).where(Entry.id.in_(ids), _shown_by_area())
    ).all()
    moved: list[dict[str, Any]] = []
    for key, precision, exact, longitude, latitude in rows:
        shown = places.shown(session, spatial.shape_of(exact), precision)
        if shown is None:
            continue
        middle = shown.representative_point()
        here = round(middle.x, 7), round(middle.y, 7)
        if here != (longitude, latitude):
            place = {"location": spatial.stored(shown), "longitude": here[0], "latitude": here[1]}
            moved.append({"id": key, **place})
    if moved:
        session.execute(update(_ENTRY).where(_this()), _keyed(moved))
    return {row["id"] for row in moved}


def _assign(session: Session, index: AreaIndex, ids: Sequence[int]) -> set[int]:
    """Write the areas that entries lie in now; those that lay in others."""
    rows = session.execute(select(Entry.id, Entry.location).where(Entry.id.in_(ids))).all()
    now = index.assign([spatial.shape_of(location) for _, location in rows])
    before: dict[int, set[int]] = {}
    pairs = select(EntryArea.entry_id, EntryArea.area_id).where(EntryArea.entry_id.in_(ids))
    for entry_id, area_id in session.execute(pairs):
        before.setdefault(entry_id, set()).add(area_id)
    altered = {
        row.id: areas
        for row, areas in zip(rows, now, strict=True)
        if set(areas) != before.get(row.id, set())
    }
    write_areas(session, altered)
    return set(altered)


def _with_radius(session: Session, ids: Iterable[int]) -> set[int]:
    query = select(Entry.id).where(Entry.id.in_(sorted(ids)), Entry.radius_m.is_not(None))
    return set(session.scalars(query))


def _cover_again(session: Session, ids: Sequence[int]) -> int:
    """Draw anew the ground that entries cover; how many cover other ground."""
    if not ids:
        return 0
    named: dict[int, list[Area]] = {}
    pairs = (
        select(EntryCovers.entry_id, Area)
        .join(Area, Area.id == EntryCovers.area_id)
        .where(EntryCovers.entry_id.in_(ids))
        .options(undefer(Area.boundary))
        .execution_options(populate_existing=True)
    )
    for entry_id, area in session.execute(pairs):
        named.setdefault(entry_id, []).append(area)
    query = select(Entry).where(Entry.id.in_(ids)).options(undefer(Entry.covers))
    altered: list[dict[str, Any]] = []
    for entry in session.scalars(query.execution_options(populate_existing=True)):
        ground = writing.covered_ground(entry, named.get(entry.id, []))
        if not _same(spatial.shape_of(entry.covers), ground):
            altered.append({"id": entry.id, "covers": spatial.stored(ground)})
    if altered:
        session.execute(update(_ENTRY).where(_this()), _keyed(altered))
    return len(altered)


def _this() -> ColumnElement[bool]:
    return _ENTRY.c.id == bindparam("key")


def _keyed(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{"key" if name == "id" else name: row[name] for name in row} for row in rows]


def _same(before: Shape | None, after: Shape | None) -> bool:
    if before is None or after is None:
        return before is after
    return bool(shapely.equals_exact(before.normalize(), after.normalize(), tolerance=0))


def _index(session: Session, ids: Sequence[int]) -> None:
    """Bring the text index up to date with entries, whatever their kinds."""
    if ids:
        whole = with_polymorphic(Entry, "*")
        query = select(whole).where(whole.id.in_(ids)).order_by(whole.id)
        found = session.scalars(query.execution_options(populate_existing=True)).all()
        indexing.index(session, found)
