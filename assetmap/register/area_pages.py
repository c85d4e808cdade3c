"""What is known of one area: what is in it, how fresh it is, what is new and what covers it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, case, func, select
from sqlalchemy.orm import Session, aliased, joinedload, undefer

from assetmap import spatial
from assetmap.access import Viewer
from assetmap.db import local_day, now
from assetmap.errors import NotFound
from assetmap.formats import geojson
from assetmap.models import Area, Category, Entry, EntryArea
from assetmap.register import search
from assetmap.schemas.areas import AreaChoice
from assetmap.schemas.search import EntrySearch
from assetmap.vocabulary import AREA_TYPE_LABELS, AreaType, Kind

RECENTLY = timedelta(days=183)
MOST_RECENT = 6
MOST_COVERING = 5
MOST_CATEGORIES = 12
MOST_CHILDREN = 60
MOST_OF_ONE_CODE = 20
OUTLINE_STEPS = 800  # an outline is drawn to this part of its width: about one pixel


@dataclass(frozen=True)
class Counted:
    """How many there are of something."""

    code: str
    label: str
    count: int


@dataclass(frozen=True)
class Freshness:
    """How many entries were made sure of lately, are due, were long ago, or never were."""

    recent: int = 0
    due: int = 0
    older: int = 0
    never: int = 0

    @property
    def total(self) -> int:
        """All of them; each is counted once."""
        return self.recent + self.due + self.older + self.never


@dataclass(frozen=True)
class AreaPage:
    """All that an area's page says. Counts are of what the viewer may see and is not over."""

    area: Area
    others: list[Area]  # other vintages and types with this code
    kinds: list[Counted]
    categories: list[Counted]
    freshness: Freshness
    recent: list[Entry]
    covering: list[Entry]
    covering_total: int
    children: list[tuple[Area, int]]
    children_total: int

    @property
    def total(self) -> int:
        """How many entries lie in the area."""
        return self.freshness.total

    @property
    def token(self) -> str:
        """The area as a search names it: `type:code` where another type has the code, with
        `@vintage` where a newer one of its type has."""
        area = self.area
        clash = any(other.type != area.type for other in self.others)
        old = any(o.type == area.type and o.vintage > area.vintage for o in self.others)
        code = f"{area.type}:{area.code}" if clash or old else area.code
        return f"{code}@{area.vintage}" if old else code

    @property
    def sentence(self) -> str:
        """What is known of the area, in a sentence or two."""
        label = AREA_TYPE_LABELS[self.area.type]
        article = "an" if label[0] in "AEIOU" else "a"
        where = f" in {self.area.parent.name}" if self.area.parent else ""
        what = f"{self.area.name} is {article} {label[0].lower()}{label[1:]}{where}."
        covers = _many(self.covering_total, "entry covers it", "entries cover it")
        if self.total == 0:
            known = f"{covers}, and" if self.covering_total else "So far"
            return f"{what} {known} nothing is known to be in it."
        known = _many(self.total, "entry is known here", "entries are known here")
        due = _many(self.freshness.due, "is due a check", "are due a check")
        also = f" and {covers}" if self.covering_total else ""
        return f"{what} {known}{also}{f'; {due}' if self.freshness.due else ''}."


def _many(count: int, one: str, many: str) -> str:
    return f"{count:,} {one if count == 1 else many}"


def page(session: Session, code: str, choice: AreaChoice, *, viewer: Viewer) -> AreaPage:
    """What an area's page says, in at most six queries.

    Without a type or vintage the latest of those with the code is meant. Raises NotFound.
    """
    area, others = _called(session, code, choice)
    kinds, categories, freshness = _counts(session, area, viewer=viewer)
    covering, covering_total = _covering(session, area, viewer=viewer)
    children, children_total = _children(session, area, viewer=viewer)
    return AreaPage(
        area=area,
        others=others,
        kinds=kinds,
        categories=categories,
        freshness=freshness,
        recent=_recent(session, area, viewer=viewer),
        covering=covering,
        covering_total=covering_total,
        children=children,
        children_total=children_total,
    )


def outlines(areas: Sequence[Area]) -> dict[str, Any]:
    """A GeoJSON FeatureCollection of outlines, as coarse as a small map needs.

    The areas must have been loaded with their boundaries.
    """
    return {"type": "FeatureCollection", "features": [_outline(area) for area in areas]}


def _outline(area: Area) -> dict[str, Any]:
    boundary = spatial.shape_of(area.boundary)
    coarse = max(area.east - area.west, area.north - area.south) / OUTLINE_STEPS
    drawn = boundary.simplify(coarse) if boundary is not None else None
    return {
        "type": "Feature",
        "properties": {"code": area.code, "name": area.name},
        "geometry": geojson.geometry(drawn),
    }


def _called(session: Session, code: str, choice: AreaChoice) -> tuple[Area, list[Area]]:
    query = (
        select(Area)
        .where(Area.code == code)
        .order_by(Area.vintage.desc(), Area.type, Area.id)
        .limit(MOST_OF_ONE_CODE)
        .options(joinedload(Area.parent), undefer(Area.boundary))
    )
    found = list(session.scalars(query))
    fitting = [
        area
        for area in found
        if choice.type in (None, area.type) and choice.vintage in (None, area.vintage)
    ]
    if not fitting:
        raise NotFound("No area with this code is loaded.")
    return fitting[0], [area for area in found if area is not fitting[0]]


def _inside(
    session: Session, area_ids: Sequence[int], viewer: Viewer
) -> tuple[ColumnElement[bool], ...]:
    """Current entries in the areas that the viewer may see; joins entry_area to entry."""
    seen = search.work_out(session, EntrySearch(), viewer=viewer).where
    return (EntryArea.entry_id == Entry.id, EntryArea.area_id.in_(area_ids), *seen)


def _counts(
    session: Session, area: Area, *, viewer: Viewer
) -> tuple[list[Counted], list[Counted], Freshness]:
    today = local_day(now())
    overdue = and_(Entry.review_due.is_not(None), Entry.review_due < today)
    age = case(
        (overdue, "due"),
        (Entry.checked_on.is_(None), "never"),
        (Entry.checked_on >= today - RECENTLY, "recent"),
        else_="older",
    ).label("age")
    rows = session.execute(
        select(Entry.kind, age, Category.code, Category.label, func.count())
        .select_from(Entry)
        .join(EntryArea, EntryArea.entry_id == Entry.id)
        .outerjoin(Category, Category.id == Entry.category_id)
        .where(*_inside(session, [area.id], viewer))
        .group_by(Entry.kind, age, Category.code, Category.label)
    ).all()
    kinds = dict.fromkeys([kind.value for kind in Kind], 0)
    ages = dict.fromkeys(("recent", "due", "older", "never"), 0)
    terms: dict[tuple[str, str], int] = {}
    for kind, how_old, code, label, count in rows:
        kinds[kind] += count
        ages[how_old] += count
        if code is not None:
            terms[code, label] = terms.get((code, label), 0) + count
    by_kind = [Counted(kind, Kind(kind).plural.title(), n) for kind, n in kinds.items() if n]
    most = sorted(terms.items(), key=lambda term: (-term[1], term[0][1]))
    return by_kind, [Counted(*term, n) for term, n in most], Freshness(**ages)


def _recent(session: Session, area: Area, *, viewer: Viewer) -> list[Entry]:
    query = (
        select(Entry)
        .join(EntryArea, EntryArea.entry_id == Entry.id)
        .where(*_inside(session, [area.id], viewer))
        .order_by(Entry.created_at.desc(), Entry.id.desc())
        .limit(MOST_RECENT)
        .options(joinedload(Entry.category))
    )
    return list(session.scalars(query))


def _covering(session: Session, area: Area, *, viewer: Viewer) -> tuple[list[Entry], int]:
    """Entries that serve the middle of the area, and how many there are."""
    middle = EntrySearch(covers=(area.longitude, area.latitude))
    query = (
        select(Entry, func.count().over())
        .where(*search.work_out(session, middle, viewer=viewer).where)
        .order_by(Entry.created_at.desc(), Entry.id.desc())
        .limit(MOST_COVERING)
        .options(joinedload(Entry.category))
    )
    rows = session.execute(query).all()
    return [entry for entry, _ in rows], rows[0][1] if rows else 0


def _children(
    session: Session, area: Area, *, viewer: Viewer
) -> tuple[list[tuple[Area, int]], int]:
    """The smaller areas in this one with how many entries each has, and how many there are."""
    child = aliased(Area)
    inside = (
        select(func.count())
        .select_from(EntryArea)
        .join(Entry, Entry.id == EntryArea.entry_id)
        .where(EntryArea.area_id == child.id, *_inside_of_any(session, viewer))
        .correlate(child)
        .scalar_subquery()
    )
    order = case({kind.value: n for n, kind in enumerate(AreaType)}, value=child.type)
    rows = session.execute(
        select(child, inside, func.count().over())
        .where(child.parent_id == area.id)
        .order_by(order.desc(), child.vintage.desc(), child.name_folded, child.id)
        .limit(MOST_CHILDREN)
    ).all()
    return [(one, count) for one, count, _ in rows], rows[0][2] if rows else 0


def _inside_of_any(session: Session, viewer: Viewer) -> tuple[ColumnElement[bool], ...]:
    return search.work_out(session, EntrySearch(), viewer=viewer).where
