"""Entries to be looked at: put together from the rows of one query, tied to no session.

A list shows fifty entries and changes none. To have the session keep each of them, and each
category and team, takes several times as long as to ask for them. What is made here has all that
a list shows, refuses to be asked for more, and is never written back.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from operator import itemgetter
from typing import Any

from sqlalchemy import ColumnElement, FromClause, Select, select
from sqlalchemy.orm import Mapper
from sqlalchemy.orm.attributes import instance_state, manager_of_class

from assetmap.connections import RowsAsJson, spelt
from assetmap.models import (
    Area,
    Category,
    Entry,
    EntryArea,
    EntryCovers,
    Finding,
    Partner,
    Team,
)
from assetmap.register.facets import AREA_TYPES

_KINDS: Mapping[str, Mapper[Any]] = {
    kind: mapper for kind, mapper in Entry.__mapper__.polymorphic_map.items() if kind
}
# by names of their own: the rule of who may see what asks of teams and categories, too. By short
# ones: what has more than 4096 letters psycopg reads anew each time
_BESIDE: Mapping[str, tuple[type[Any], FromClause]] = {
    "category": (Category, Category.__table__.alias("term")),
    "parent": (Category, Category.__table__.alias("top")),
    "team": (Team, Team.__table__.alias("keeper")),
    "partner": (Partner, Partner.__table__.alias("body")),
}
EVERY = frozenset(_KINDS)
SHOWN = frozenset({"location"})
WITH_EXACT = SHOWN | {"exact_location"}


@dataclass(frozen=True)
class _Form:
    """How one sort of record lies in a row. root: the class by which a session would know it."""

    of: type[Any]
    root: type[Any]
    names: tuple[str, ...]
    values: Callable[[Sequence[Any]], Sequence[Any]]

    def out_of(self, row: Sequence[Any]) -> Any:
        """The record, as one that a session has let go of."""
        one = manager_of_class(self.of).new_instance()
        one.__dict__.update(zip(self.names, self.values(row), strict=True))
        instance_state(one).key = (self.root, (one.id,), None)
        return one


@dataclass(frozen=True)
class Layout:
    """A query of entries, and how its rows become them."""

    query: Select[Any]
    kind_at: int
    entries: Mapping[str, _Form]
    beside: Mapping[str, _Form]

    def entries_of(self, rows: Iterable[Sequence[Any]]) -> Iterator[Any]:
        """The entries, each with its category, that one's parent, its team, and of a finding whom
        it is assigned to."""
        known: dict[tuple[str, int], Any] = {}

        def beside(name: str, key: int | None, row: Sequence[Any]) -> Any:
            if key is not None and (name, key) not in known:
                known[name, key] = self.beside[name].out_of(row)
            return None if key is None else known[name, key]

        for row in rows:
            entry = self.entries[row[self.kind_at]].out_of(row)
            if (category := beside("category", entry.category_id, row)) is not None:
                category.__dict__["parent"] = beside("parent", category.parent_id, row)
            entry.__dict__["category"] = category
            entry.__dict__["team"] = beside("team", entry.team_id, row)
            if isinstance(entry, Finding):
                partner = beside("partner", entry.assigned_partner_id, row)
                entry.__dict__["assigned_partner"] = partner
            yield entry


@cache
def layout(kinds: frozenset[str], deferred: frozenset[str] = SHOWN) -> Layout:
    """What is asked for entries of some kinds: the same each time, put together and planned once.
    Besides, each row says in `areas` in which areas that people know by name the entry lies.

    deferred: those to be there of the columns that are read only where they are needed.
    """
    places: dict[ColumnElement[Any], int] = {}
    entries = {kind: _form(_KINDS[kind], Entry, places, deferred) for kind in sorted(kinds)}
    tables = dict.fromkeys(table for kind in sorted(kinds) for table in _KINDS[kind].tables)
    some = [name for name in _BESIDE if name != "partner" or Finding.__table__ in tables]
    beside = {
        name: _form(_BESIDE[name][0].__mapper__, _BESIDE[name][0], places, where=_BESIDE[name][1])
        for name in some
    }
    query = select(*places, lies_in(Entry.__table__.c.id).label("areas")).select_from(
        _joined(tables, some)
    )
    kind_at = places[Entry.__table__.c.kind]
    return Layout(query, kind_at, entries, beside)


def _form(
    mapper: Mapper[Any],
    root: type[Any],
    places: dict[ColumnElement[Any], int],
    deferred: frozenset[str] = SHOWN,
    where: FromClause | None = None,
) -> _Form:
    """Where in a row the columns of a class are, which are put there unless they are already."""
    names, numbers = list[str](), list[int]()
    for prop in mapper.column_attrs:
        if prop.deferred and prop.key not in deferred:
            continue
        column: Any = next((c for c in prop.columns if c.table is Entry.__table__), prop.columns[0])
        column = column if where is None else where.c[column.name]
        names.append(prop.key)
        numbers.append(places.setdefault(column, len(places)))
    return _Form(mapper.class_, root, tuple(names), itemgetter(*numbers))


def _joined(tables: Iterable[Any], beside: Iterable[str]) -> FromClause:
    """Entries with what is special to their kinds, and with what stands beside them."""
    entry = Entry.__table__.c
    joined: FromClause = Entry.__table__
    for table in tables:
        if table is not Entry.__table__:
            joined = joined.outerjoin(table, table.c.id == entry.id)
    category = _BESIDE["category"][1].c
    keys: dict[str, ColumnElement[Any]] = {
        "category": entry.category_id,
        "parent": category.parent_id,
        "team": entry.team_id,
        "partner": Finding.__table__.c.assigned_partner_id,
    }
    for name in beside:
        other = _BESIDE[name][1]
        joined = joined.outerjoin(other, other.c.id == keys[name])
    return joined


def lies_in(key: Any) -> ColumnElement[Any]:
    """The areas that people know by name in which an entry with this key lies, each as a list."""
    return (
        select(RowsAsJson(Area.type, Area.code, Area.name, Area.vintage))
        .join(EntryArea, EntryArea.area_id == Area.id)
        .where(EntryArea.entry_id == key, Area.type.in_(spelt(AREA_TYPES)))
        .correlate(key.table)
        .scalar_subquery()
    )


def serves(key: Any) -> ColumnElement[Any]:
    """The codes of the areas that an entry with this key says it serves, each in a list."""
    return (
        select(RowsAsJson(Area.code))
        .join(EntryCovers, EntryCovers.area_id == Area.id)
        .where(EntryCovers.entry_id == key)
        .correlate(key.table)
        .scalar_subquery()
    )
