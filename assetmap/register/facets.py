"""How many of the entries found are of each kind, in each category and in each area."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache, lru_cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Select,
    column,
    exists,
    func,
    literal,
    null,
    select,
    table,
    union_all,
)
from sqlalchemy.orm import Session, aliased

from assetmap.connections import ANEW
from assetmap.models import Area, Category, Entry, EntryArea

MOST_AREAS = 30
AREA_TYPES = ("ward", "neighbourhood", "custom", "parish")
Parent = aliased(Category)
Newer = aliased(Area)
FOUND = table("found", column("id"), column("kind"), column("category_id"))


@dataclass(frozen=True)
class Facet:
    """How many of the entries found have this code."""

    code: str
    label: str
    count: int
    parent: str | None = None


@dataclass(frozen=True)
class Counts:
    """Counts over everything that was found."""

    total: int = 0
    kinds: list[Facet] = field(default_factory=list)
    categories: list[Facet] = field(default_factory=list)
    areas: list[Facet] = field(default_factory=list)


def count(
    session: Session, where: tuple[ColumnElement[bool], ...], values: Mapping[str, Any]
) -> Counts:
    """All the counts in one query, so that what matches is looked for once.

    values: what the conditions are asked with; see `criteria`.
    """
    rows = session.connection().execute(_counts_of(where), values).all()
    of_categories = [row for row in rows if row.kind is not None]
    of_areas = [row for row in rows if row.kind is None]
    kinds: dict[str, int] = {}
    terms: dict[tuple[str, int, str], Facet] = {}
    for row in of_categories:
        kinds[row.kind] = kinds.get(row.kind, 0) + row.n
        if row.code is not None:
            place = (row.scheme, row.sort, row.code)
            before = terms[place].count if place in terms else 0
            terms[place] = Facet(row.code, row.label, before + row.n, row.parent)
    return Counts(
        total=sum(kinds.values()),
        kinds=[Facet(kind, kind.title(), n) for kind, n in sorted(kinds.items(), key=_most)],
        categories=[terms[place] for place in sorted(terms)],
        areas=[
            Facet(row.code, row.label, row.n)
            for row in sorted(of_areas, key=lambda row: (-row.n, row.code))
        ],
    )


@lru_cache(256)
def _counts_of(where: tuple[ColumnElement[bool], ...]) -> CompoundSelect[Any]:
    found = select(Entry.id, Entry.kind, Entry.category_id).where(*where).cte(FOUND.name)
    return _counted().add_cte(found).execution_options(**{ANEW: True})


@cache
def _counted() -> CompoundSelect[Any]:
    """What is counted of the entries `found`: the same whatever was looked for."""
    return union_all(_by_category(), _by_area())


def _by_category() -> Select[Any]:
    columns = (Category.code, Category.label, Category.scheme, Category.sort)
    return (
        select(
            FOUND.c.kind,
            Category.code.label("code"),
            Category.label.label("label"),
            Category.scheme.label("scheme"),
            Category.sort.label("sort"),
            Parent.code.label("parent"),
            func.count().label("n"),
        )
        .select_from(FOUND)
        .outerjoin(Category, Category.id == FOUND.c.category_id)
        .outerjoin(Parent, Parent.id == Category.parent_id)
        .group_by(FOUND.c.kind, Category.id, *columns, Parent.code)
    )


def _by_area() -> Select[Any]:
    newer = exists().where(
        Newer.type == Area.type, Newer.code == Area.code, Newer.vintage > Area.vintage
    )  # a search by the code means that one
    in_each = (
        select(EntryArea.area_id, func.count().label("n"))
        .where(EntryArea.entry_id.in_(select(FOUND.c.id)))
        .group_by(EntryArea.area_id)
        .subquery("in_each")
    )
    most = (
        select(Area.code, Area.name, in_each.c.n)
        .join(in_each, in_each.c.area_id == Area.id)
        .where(Area.type.in_(AREA_TYPES), ~newer)
        .order_by(in_each.c.n.desc(), Area.code)
        .limit(MOST_AREAS)
        .subquery("most")
    )
    return select(null(), most.c.code, most.c.name, literal(""), literal(0), null(), most.c.n)


def _most(pair: tuple[str, int]) -> tuple[int, str]:
    return -pair[1], pair[0]
