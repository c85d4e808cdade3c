"""Areas: loading boundaries, which lies in which, and finding one."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import shapely
from shapely.geometry.base import BaseGeometry as Shape
from sqlalchemy import ColumnElement, case, func, insert, or_, select, tuple_, update
from sqlalchemy.orm import Session, joinedload, undefer

from assetmap import access, connections, spatial, textsearch
from assetmap.access import Viewer
from assetmap.errors import Invalid
from assetmap.formats.boundaries import AreaShape, Boundaries
from assetmap.models import Area, Entry, EntryArea
from assetmap.register import area_assignment, audit, deployment, search
from assetmap.register.area_assignment import Progress, Reassigned
from assetmap.register.area_index import AreaIndex, in_parts
from assetmap.schemas.areas import AreaBrowse, AreaSort
from assetmap.schemas.search import EntrySearch
from assetmap.schemas.text import one_line
from assetmap.vocabulary import AREA_TYPES_AS_KNOWN, AreaType, AuditAction

LONGEST_NAME = 120
DECIMALS, STORED_TO = 9, 2e-9  # degrees: a tenth of a millimetre, and two of its last digit

# A code travels in addresses, where commas and colons mean something else.
_CODE = re.compile(r"[\w][\w .&'()/+-]*")

# Which types may hold an area of a type, the nearest first.
BIGGER = {
    "oa": ("lsoa", "msoa", "ward", "lad", "pfa"),
    "lsoa": ("ward", "msoa", "lad", "pfa"),
    "msoa": ("lad", "pfa"),
    "ward": ("lad", "csp", "bcu", "pfa"),
    "parish": ("lad", "pfa"),
    "neighbourhood": ("lad", "csp", "bcu", "pfa"),
    "custom": ("ward", "lad", "pfa"),
    "lad": ("csp", "bcu", "pfa"),
    "csp": ("bcu", "pfa"),
    "bcu": ("pfa",),
}


@dataclass(frozen=True)
class Loaded:
    """What loading a file did.

    repaired: codes of areas whose outline was mended. refused: a sentence for each left out.
    """

    added: int = 0
    updated: int = 0
    unchanged: int = 0
    repaired: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    reassigned: Reassigned = field(default_factory=Reassigned)


@dataclass(frozen=True)
class Sort:
    """One type and vintage of area, and how many are loaded."""

    type: str
    vintage: str
    count: int


def load(
    session: Session,
    found: Boundaries,
    *,
    type: AreaType,  # noqa: A002
    vintage: str = "",
    source: str | None = None,
    viewer: Viewer,
    progress: Progress | None = None,
) -> Loaded:
    """Add areas, or update those of the same type, code and vintage; entries follow.

    Loading the same again changes nothing. Areas of other types and vintages stay beside them.
    Raises Invalid, changing nothing, when no area can be kept; NotAllowed unless the viewer is an
    administrator.
    """
    access.require_admin(viewer)
    spatial.lock_for_writing(session, "areas")
    kept, refused = _fit(session, found)
    if not kept:
        raise Invalid(f"No area can be loaded from this file. {' '.join(refused[:1])}".strip())
    added, renamed, redrawn = 0, 0, set[int]()
    for part in in_parts(kept):
        new, named, drawn = _write(session, part, type=type, vintage=vintage, source=source)
        added, renamed, redrawn = added + new, renamed + named, redrawn | drawn
    reassigned = Reassigned()
    if redrawn:
        set_parents(session)
        reassigned = area_assignment.reassign(
            session, viewer=viewer, changed=redrawn, progress=progress
        )
        connections.learn_sizes(session)
    updated = len(redrawn) - added + renamed
    unchanged = len(kept) - added - updated
    if added or updated:
        said = {"type": type.value, "added": added, "updated": updated}
        audit.note(
            session,
            AuditAction.LOADED,
            viewer=viewer,
            entity="area",
            teams=viewer.roles,
            details=said,
        )
    return Loaded(added, updated, unchanged, found.repaired, refused, reassigned)


def _fit(session: Session, found: Boundaries) -> tuple[list[AreaShape], list[str]]:
    """The areas that this register can keep, and why others are left out."""
    west, south, east, north = deployment.extent(session)
    refused = [f"Feature {number}: {reason}." for number, reason in found.refused]
    kept: list[AreaShape] = []
    for area in found.areas:
        at = area.boundary.bounds
        if not _CODE.fullmatch(area.code):
            refused.append(f"{area.code} cannot be a code: use letters, digits and - . / only.")
        elif at[2] < west or at[0] > east or at[3] < south or at[1] > north:
            refused.append(f"{area.code} lies outside the extent of this register.")
        else:
            kept.append(area)
    return kept, refused


def _write(
    session: Session,
    shapes: Sequence[AreaShape],
    *,
    type: str,  # noqa: A002
    vintage: str,
    source: str | None,
) -> tuple[int, int, set[int]]:
    """Insert and update; how many are new, how many only changed name or source, keys of those
    whose outline is new or changed."""
    same_sort = (Area.type == type, Area.vintage == vintage)
    there = session.execute(
        select(Area.id, Area.code, Area.name, Area.source, Area.boundary).where(
            *same_sort, Area.code.in_([shape.code for shape in shapes])
        )
    )
    known = {row.code: row for row in there}
    fresh: list[dict[str, Any]] = []
    altered: list[dict[str, Any]] = []
    redrawn: set[int] = set()
    for shape in shapes:
        row = known.get(shape.code)
        columns = _columns(shape, source)
        if row is None:
            fresh.append({"type": type, "vintage": vintage, "code": shape.code, **columns})
        elif redraws := not _same_outline(row.boundary, shape):
            redrawn.add(row.id)
        if row is not None and (redraws or _says_more(row, columns)):
            altered.append({"id": row.id, **columns})
    if altered:
        session.execute(update(Area), altered)
    if fresh:
        session.execute(insert(Area), fresh)
        codes = [columns["code"] for columns in fresh]
        keys = select(Area.id).where(*same_sort, Area.code.in_(codes))
        return len(fresh), len(altered) - len(redrawn), redrawn | set(session.scalars(keys))
    return 0, len(altered) - len(redrawn), redrawn


def _columns(shape: AreaShape, source: str | None) -> dict[str, Any]:
    name = one_line(shape.name.replace("\0", ""))[:LONGEST_NAME] or shape.code
    inside = shape.boundary.representative_point()
    west, south, east, north = shape.boundary.bounds
    columns = {
        "name": name,
        "name_folded": " ".join(textsearch.words(name))[:LONGEST_NAME],
        "boundary": spatial.stored(shape.boundary),
        "longitude": inside.x,
        "latitude": inside.y,
        "west": west,
        "south": south,
        "east": east,
        "north": north,
    }
    return columns | ({"source": source} if source else {})


def _same_outline(stored: Any, shape: AreaShape) -> bool:
    before = spatial.shape_of(stored)
    if before is None:
        return False
    return bool(shapely.equals_exact(_in_order(before), _in_order(shape.boundary), STORED_TO))


def _in_order(shape: Shape) -> Shape:
    """A shape to compare: the last of a number's digits may not be stored as they were read."""
    return shapely.transform(shape, lambda places: places.round(DECIMALS)).normalize()


def _says_more(row: Any, columns: dict[str, Any]) -> bool:
    says: tuple[Any, Any] = row.name, row.source
    return says != (columns["name"], columns.get("source", row.source))


def set_parents(session: Session) -> None:
    """Say of every area which bigger one its own middle lies in, where one is loaded.

    Of several the nearest type counts, then the same vintage, then the latest.
    """
    holders = AreaIndex.load(session, {kind for kinds in BIGGER.values() for kind in kinds})
    rows = session.execute(
        select(Area.id, Area.type, Area.vintage, Area.longitude, Area.latitude, Area.parent_id)
    ).all()
    if not rows:
        return
    sorts = {row.id: (row.type, row.vintage) for row in rows}
    middles = shapely.points([row.longitude for row in rows], [row.latitude for row in rows])
    altered = [
        {"id": row.id, "parent_id": parent}
        for row, around in zip(rows, holders.assign(middles), strict=True)
        if (parent := _parent(row, around, sorts)) != row.parent_id
    ]
    if altered:
        session.execute(update(Area), altered)


def _parent(row: Any, around: Iterable[int], sorts: dict[int, tuple[str, str]]) -> int | None:
    wanted = BIGGER.get(row.type, ())
    able = [key for key in around if key != row.id and sorts[key][0] in wanted]
    if not able:
        return None
    nearest = min(wanted.index(sorts[key][0]) for key in able)
    able = [key for key in able if sorts[key][0] == wanted[nearest]]
    return max(able, key=lambda key: (sorts[key][1] == row.vintage, sorts[key][1], -key))


def kinds_loaded(session: Session) -> list[Sort]:
    """The types and vintages that are loaded, those people know first, the latest first."""
    rows = session.execute(
        select(Area.type, Area.vintage, func.count()).group_by(Area.type, Area.vintage)
    )
    order = {kind: n for n, kind in enumerate(AREA_TYPES_AS_KNOWN)}
    found = [Sort(kind, vintage, count) for kind, vintage, count in rows]
    found.sort(key=lambda sort: sort.vintage, reverse=True)
    return sorted(found, key=lambda sort: order[sort.type])


def browse(
    session: Session, wanted: AreaBrowse, *, viewer: Viewer
) -> tuple[list[Area], int | None]:
    """A page of areas in the order asked for, outlines and the areas they lie in too, and the
    cursor of the next page if there is one.

    Ordered by entries, those count that the viewer may see.
    """
    order = _order(session, wanted.sort, viewer=viewer)
    query = select(Area).options(undefer(Area.boundary), joinedload(Area.parent))
    query = query.order_by(*order).limit(wanted.limit + 1)
    if wanted.type is not None:
        query = query.where(Area.type == wanted.type)
    if wanted.vintage is not None:
        query = query.where(Area.vintage == wanted.vintage)
    if wanted.text:
        folded = " ".join(textsearch.words(wanted.text))
        query = query.where(
            or_(
                Area.name_folded.contains(folded, autoescape=True) if folded else Area.id < 0,
                func.lower(Area.code).startswith(wanted.text.lower(), autoescape=True),
            )
        )
    if wanted.cursor is not None:
        last = select(*order).where(Area.id == wanted.cursor)
        query = query.where(tuple_(*order) > last.scalar_subquery())
    rows = list(session.scalars(query))
    more = len(rows) > wanted.limit
    page = rows[: wanted.limit]
    return page, page[-1].id if more else None


def _order(session: Session, sort: AreaSort, *, viewer: Viewer) -> tuple[Any, ...]:
    """What areas are ordered by, every part of it rising; no two areas are alike in it."""
    by_name = (Area.name_folded, Area.id)
    match sort:
        case AreaSort.NAME:
            return by_name
        case AreaSort.CODE:
            return (Area.code, Area.id)
        case AreaSort.ENTRIES:
            return (-_how_many(session, viewer), *by_name)
    ranks = {kind: rank for rank, kind in enumerate(AREA_TYPES_AS_KNOWN)}
    return (case(ranks, value=Area.type), *by_name)


def _how_many(session: Session, viewer: Viewer) -> ColumnElement[int]:
    """How many current entries the viewer may see lie in an area, within a query of areas."""
    current = search.work_out(session, EntrySearch(), viewer=viewer).where
    return (
        select(func.count())
        .select_from(EntryArea)
        .join(Entry, Entry.id == EntryArea.entry_id)
        .where(EntryArea.area_id == Area.id, *current)
        .correlate(Area)
        .scalar_subquery()
    )


def entry_counts(session: Session, area_ids: Sequence[int], *, viewer: Viewer) -> dict[int, int]:
    """How many current entries the viewer may see lie in each of the areas."""
    current = search.work_out(session, EntrySearch(), viewer=viewer).where
    rows = session.execute(
        select(EntryArea.area_id, func.count())
        .join(Entry, Entry.id == EntryArea.entry_id)
        .where(EntryArea.area_id.in_(area_ids), *current)
        .group_by(EntryArea.area_id)
    )
    return {row[0]: row[1] for row in rows}
