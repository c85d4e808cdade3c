"""Many rows at once, the quickest way each database has.

Rows become plain values first, which may wait in a file, so that a database with one writer at a
time is held no longer than it must be.
"""

import json
from collections.abc import Mapping, Sequence
from contextlib import closing
from functools import cache
from typing import Any

import orjson
import shapely
from geoalchemy2 import Geometry
from sqlalchemy import JSON, Dialect, Table, TextClause, delete, func, insert, select, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session
from sqlalchemy.types import TypeEngine

from assetmap.spatial import SRID


def insert_missing(session: Session, table: type[Any], rows: list[dict[str, Any]]) -> None:
    """Insert the rows that are not there yet; leave those that are."""
    postgres = session.get_bind().dialect.name == "postgresql"
    insert = postgresql.insert if postgres else sqlite.insert
    session.execute(insert(table).on_conflict_do_nothing(), rows)


def add_up(session: Session, model: type[Any], same: Sequence[str], sums: Sequence[str]) -> None:
    """Make one row of all that have the same in some columns, with the sums of the others; none
    where the first sum is nothing. They come in the order of those columns, so that rows asked for
    together lie together. On SQLite they are added up as they are written."""
    table: Table = model.__table__
    if session.get_bind().dialect.name != "postgresql":
        session.execute(delete(table).where(table.c[sums[0]] == 0))
        return
    gone = delete(table).returning(*(table.c[name] for name in (*same, *sums))).cte("gone")
    kept = [gone.c[name] for name in same]
    added = [func.sum(gone.c[name]) for name in sums]
    left = select(*kept, *added).group_by(*kept).having(added[0] != 0).order_by(*kept)
    session.execute(insert(table).from_select([*same, *sums], left))


def encoded(
    session: Session, table: Table, columns: Sequence[str], rows: Sequence[Mapping[str, Any]]
) -> list[list[Any]]:
    """Rows as `insert_encoded` takes them: plain values that JSON can keep for a while.

    Geometries are shapely shapes in degrees, EPSG:4326, or None.
    """
    if not rows:
        return []
    dialect = session.get_bind().dialect
    parts: list[list[Any]] = []
    for name in columns:
        kind, values = table.c[name].type, [row[name] for row in rows]
        if isinstance(kind, Geometry) or values.count(values[0]) < len(values):
            parts.append(_encoded(kind, values, dialect))
        else:  # one value for all, as in most columns
            parts.append(_encoded(kind, values[:1], dialect) * len(values))
    return [list(row) for row in zip(*parts, strict=True)]


def _encoded(kind: TypeEngine[Any], values: list[Any], dialect: Dialect) -> list[Any]:
    if isinstance(kind, Geometry):
        shapes = shapely.set_srid(values, SRID)
        keeps_srid = dialect.name == "postgresql"
        return list(shapely.to_wkb(shapes, hex=True, include_srid=keeps_srid).tolist())
    if isinstance(kind, JSON):
        return ["[]" if value == [] else json.dumps(value) for value in values]
    if (process := kind.dialect_impl(dialect).bind_processor(dialect)) is not None:
        return [None if value is None else process(value) for value in values]
    return values


def insert_encoded(
    session: Session, table: Table, columns: Sequence[str], rows: Sequence[Sequence[Any]]
) -> None:
    """Insert rows that `encoded` made, the quickest way this database has."""
    if not rows:
        return
    names = ", ".join(columns)
    connection = session.connection()
    if connection.dialect.name == "postgresql":
        driver = connection.dialect.loaded_dbapi
        with closing(connection.connection.cursor()) as cursor:
            try:
                with cursor.copy(f"COPY {table.name} ({names}) FROM STDIN") as copy:
                    for row in rows:
                        copy.write_row(row)
            except driver.Error as error:  # as what else is asked of the database fails
                raise DBAPIError.instance("COPY", None, error, driver.Error) from error
        return
    shapes = [n for n, name in enumerate(columns) if isinstance(table.c[name].type, Geometry)]
    marks = [f"GeomFromWKB(?, {SRID})" if n in shapes else "?" for n in range(len(columns))]
    connection.exec_driver_sql(
        f"INSERT INTO {table.name} ({names}) VALUES ({', '.join(marks)})",
        [_with_shapes(row, shapes) for row in rows],
    )


def insert_together(
    session: Session, rows: Mapping[Table, Sequence[Mapping[str, Any]]], then: str, **values: Any
) -> None:
    """Insert a few rows into each of some tables without geometry, then change something with a
    statement of these values; on PostgreSQL all in one question."""
    some = {table: these for table, these in rows.items() if these}
    if session.get_bind().dialect.name == "postgresql":
        asked = {
            table.name: orjson.dumps(these, default=str).decode() for table, these in some.items()
        }
        columns = tuple((table.name, tuple(these[0])) for table, these in some.items())
        session.connection().execute(_together(columns, then), values | asked)
        return
    for table, these in some.items():
        names = list(these[0])
        insert_encoded(session, table, names, encoded(session, table, names, these))
    session.connection().execute(_together((), then), values)


@cache
def _together(columns: tuple[tuple[str, tuple[str, ...]], ...], then: str) -> TextClause:
    """A statement that puts JSON into tables, whose names are its parameters, and does one thing
    more. The names are our own."""
    inserted = []
    for table, names in columns:
        listed = ", ".join(names)
        read = f"json_populate_recordset(NULL::{table}, CAST(:{table} AS json))"
        insert_it = f"INSERT INTO {table} ({listed}) SELECT {listed} FROM {read}"
        inserted.append(f"put_{table} AS ({insert_it})")
    return text(f"WITH {', '.join(inserted)} {then}" if inserted else then)


def _with_shapes(row: Sequence[Any], shapes: Sequence[int]) -> tuple[Any, ...]:
    given = list(row)
    for n in shapes:
        given[n] = None if given[n] is None else bytes.fromhex(given[n])
    return tuple(given)


def take_ids(session: Session, table: Table, count: int) -> list[int]:
    """Integer keys for so many new rows. The transaction must be one that writes."""
    if session.get_bind().dialect.name == "postgresql":
        sequence = f"pg_get_serial_sequence('{table.name}', 'id')"
        taken = text(f"SELECT nextval({sequence}) FROM generate_series(1, :count)")
        return list(session.scalars(taken, {"count": count}))
    last = session.scalar(text(f"SELECT coalesce(max(id), 0) FROM {table.name}")) or 0
    return list(range(last + 1, last + count + 1))


def keeps_as_told(session: Session) -> bool:
    """Whether rows lie in the order they came until the database is told of another. SQLite keeps
    them by their keys."""
    return session.get_bind().dialect.name == "postgresql"
