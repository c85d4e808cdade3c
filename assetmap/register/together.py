"""Several queries asked by one statement, for a page that would otherwise ask one after another."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Label, Select, cast, inspect, literal_column, null, select, union_all
from sqlalchemy.orm import InstrumentedAttribute, Session, aliased

Column = InstrumentedAttribute[Any]


def read(session: Session, *queries: Select[*tuple[Any, ...]]) -> list[list[tuple[Any, ...]]]:
    """What each query finds, as the database has it now, in the order of keys.

    queries: each of one kind of record that has a key of its own, and what more is said of it; no
    two of the same kind.
    """
    asked = [_columns(query) for query in queries]
    parts = [
        query.order_by(None).with_only_columns(
            literal_column(str(number)).label("part"),
            *(_said(one, is_own=number == of) for of, some in enumerate(asked) for one in some),
        )
        for number, query in enumerate(queries)
    ]
    every = union_all(*parts).subquery()
    wanted: list[Any] = [every.c.part]
    order: list[Any] = [every.c.part]
    width = []
    for query, columns in zip(queries, asked, strict=True):
        kind = query.column_descriptions[0]["entity"]
        more = [every.c[_name(one)] for one in columns[len(_of_kind(kind)) :]]
        wanted += [aliased(kind, every), *more]
        width.append(1 + len(more))
        order.append(every.c[_name(columns[0])])
    found: list[list[tuple[Any, ...]]] = [[] for _ in queries]
    statement = select(*wanted).order_by(*order).execution_options(populate_existing=True)
    for row in session.execute(statement):
        start = 1 + sum(width[: row[0]])
        found[row[0]].append(tuple(row[start : start + width[row[0]]]))
    return found


def _columns(query: Select[*tuple[Any, ...]]) -> list[Column]:
    """The columns of its records, the key first, and then what more it asks for."""
    first, *more = query.column_descriptions
    return [*_of_kind(first["entity"]), *(one["expr"] for one in more)]


def _of_kind(kind: Any) -> Sequence[Column]:
    mapper = inspect(kind)
    (key,) = mapper.primary_key
    own = mapper.get_property_by_column(key).key
    names = [own, *(one.key for one in mapper.column_attrs if one.key != own)]
    return [getattr(kind, name) for name in names]


def _said(column: Column, *, is_own: bool) -> Label[Any]:
    said = column if is_own else cast(null(), column.type)
    return said.label(_name(column))


def _name(column: Column) -> str:
    return f"{column.class_.__tablename__}_{column.key}"
