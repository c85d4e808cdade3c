"""How many of the entries found are of each kind, in each category and in each area."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from sqlalchemy import CTE, Row, Select, Subquery, exists, func, null, select, union_all
from sqlalchemy.orm import Session, aliased

from assetmap.connections import ANEW
from assetmap.models import Area, Category, Entry, EntryArea
from assetmap.register import criteria

MOST_AREAS = 30
AREA_TYPES = ("ward", "neighbourhood", "custom", "parish")
Parent = aliased(Category)
Newer = aliased(Area)
COUNTED = ("code", "label", "scheme", "sort", "parent", "n")  # columns of what is counted


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


def page_and_counts(
    session: Session,
    where: criteria.Asked,
    order: criteria.Asked,
    values: criteria.Values,
    *,
    is_near: bool,
    goes_on: bool,
) -> tuple[list[tuple[Any, ...]], Counts]:
    """A page of keys as `criteria.page` gives them, and all the counts, in one query, so that what
    matches is looked for once.

    values: what the conditions are asked with; see `criteria`.
    """
    query = _page_and_counts(where, order, is_near=is_near, goes_on=goes_on)
    page: list[tuple[Any, ...]] = []
    of_categories: list[Row[Any]] = []
    of_areas: list[Row[Any]] = []
    for row in session.connection().execute(query, values):
        if row.id is not None:
            page.append(tuple(row[: -len(COUNTED)]))
        else:
            (of_areas if row.kind is None else of_categories).append(row)
    return page, _counts(of_categories, of_areas)


def _counts(of_categories: Iterable[Row[Any]], of_areas: Iterable[Row[Any]]) -> Counts:
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
def _page_and_counts(
    where: criteria.Asked, order: criteria.Asked, *, is_near: bool, goes_on: bool
) -> Select[Any]:
    """Rows of three sorts: of the page, which have an id; of kinds and categories; of areas."""
    found = criteria.all_of(where, order, is_near=is_near).add_columns(Entry.category_id).cte()
    keys = [found.c[f"key_{n}"] for n in range(len(order))]
    its = select(found.c.id, found.c.away, found.c.kind, *keys)
    page = criteria.page_of(its, tuple(keys), goes_on=goes_on).subquery()
    none = [null() for _ in keys]
    categories, areas = _by_category(found), _by_area(found)
    every = union_all(
        select(*page.c, *(null().label(name) for name in COUNTED)),
        select(null(), null(), categories.c.kind, *none, *(categories.c[one] for one in COUNTED)),
        select(null(), null(), null(), *none, *(areas.c.get(one, null()) for one in COUNTED)),
    ).subquery()
    in_order = (every.c[key.name].desc() for key in keys)
    return select(every).order_by(*in_order).execution_options(**{ANEW: True})


def _by_category(found: CTE) -> Subquery:
    in_each = (
        select(found.c.kind, found.c.category_id, func.count().label("n"))
        .group_by(found.c.kind, found.c.category_id)
        .subquery()
    )
    return (
        select(
            in_each.c.kind,
            Category.code,
            Category.label,
            Category.scheme,
            Category.sort,
            Parent.code.label("parent"),
            in_each.c.n,
        )
        .outerjoin_from(in_each, Category, Category.id == in_each.c.category_id)
        .outerjoin(Parent, Parent.id == Category.parent_id)
        .subquery()
    )


def _by_area(found: CTE) -> Subquery:
    newer = exists().where(
        Newer.type == Area.type, Newer.code == Area.code, Newer.vintage > Area.vintage
    )  # a search by the code means that one
    in_each = (
        select(EntryArea.area_id, func.count().label("n"))
        .join(found, found.c.id == EntryArea.entry_id)
        .group_by(EntryArea.area_id)
        .subquery()
    )
    return (
        select(Area.code, Area.name.label("label"), in_each.c.n)
        .join(in_each, in_each.c.area_id == Area.id)
        .where(Area.type.in_(AREA_TYPES), ~newer)
        .order_by(in_each.c.n.desc(), Area.code)
        .limit(MOST_AREAS)
        .subquery()
    )


def _most(pair: tuple[str, int]) -> tuple[int, str]:
    return -pair[1], pair[0]
