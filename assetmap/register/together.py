"""Several queries asked by one statement, for a page that would otherwise ask one after another."""

from collections.abc import Mapping, Sequence
from typing import Any

from geoalchemy2 import Geometry
from shapely import Point
from sqlalchemy import (
    ColumnElement,
    Select,
    case,
    cast,
    false,
    inspect,
    literal_column,
    null,
    select,
    union_all,
)
from sqlalchemy.orm import Session, aliased, joinedload
from sqlalchemy.sql.base import ExecutableOption
from sqlalchemy.types import TypeEngine

from assetmap import spatial

NOTHING: Mapping[type, Sequence[str]] = {}

Query = Select[*tuple[Any, ...]]
Rows = list[tuple[Any, ...]]


def read(
    session: Session, *queries: Query, along: Mapping[type, Sequence[str]] = NOTHING
) -> list[Rows]:
    """What each query finds, as the database has it now, in the order of keys.

    queries: each of one kind of record that has a key of its own, and what more is said of it, or
    of columns alone, a key first; no two of the same kind of record. along: by kind, to what else
    of one record it is to be joined.
    """
    asked = [_columns(query) for query in queries]
    parts = [
        query.order_by(None).with_only_columns(
            literal_column(str(number)).label("part"),
            *(
                (one if of == number else _none(one.type)).label(_name(of, place))
                for of, some in enumerate(asked)
                for place, one in enumerate(some)
            ),
        )
        for number, query in enumerate(queries)
    ]
    every = union_all(*parts).subquery()
    wanted: list[Any] = [every.c.part]
    joined: list[ExecutableOption] = []
    starts = [1]
    for number, query in enumerate(queries):
        names = [_name(number, place) for place in range(len(asked[number]))]
        if (kind := _kind(query)) is not None:
            record = aliased(kind, every)
            joined += [joinedload(getattr(record, name)) for name in along.get(kind, ())]
            wanted.append(record)
            names = names[len(names) + 1 - len(query.column_descriptions) :]
        wanted += [every.c[name] for name in names]
        starts.append(len(wanted))
    order = [every.c[_name(number, 0)] for number in range(len(queries))]
    statement = select(*wanted).options(*joined).order_by(every.c.part, *order)
    found: list[Rows] = [[] for _ in queries]
    for row in session.execute(statement, execution_options={"populate_existing": True}):
        found[row[0]].append(tuple(row[starts[row[0]] : starts[row[0] + 1]]))
    return found


def _columns(query: Query) -> list[Any]:
    """The columns of its records, the key first, and then what more it asks for."""
    more = [one["expr"] for one in query.column_descriptions]
    if (kind := _kind(query)) is None:
        return more
    mapper = inspect(kind)
    (key,) = mapper.primary_key
    own = mapper.get_property_by_column(key).key
    names = [own, *(one.key for one in mapper.column_attrs if one.key != own)]
    return [*(getattr(kind, name) for name in names), *more[1:]]


def _kind(query: Query) -> Any:
    """The kind of record that it finds; None where it is of columns alone."""
    found = query.column_descriptions[0]["expr"]
    return found if isinstance(found, type) else None


def _none(of: TypeEngine[Any]) -> ColumnElement[Any]:
    """Nothing, of a type: either database has its own names for those of outlines."""
    if isinstance(of, Geometry):
        return case((false(), spatial.as_sql(Point(0, 0))))
    return cast(null(), of)


def _name(number: int, place: int) -> str:
    return f"of_{number}_{place}"
