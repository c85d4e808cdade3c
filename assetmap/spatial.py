"""The one place that knows SpatiaLite from PostGIS.

Everything is stored in WGS 84 (EPSG:4326, longitude before latitude); every distance that
leaves this module is in metres on the ellipsoid.
"""

import errno
import json
import math
import os
import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import shapely
from geoalchemy2 import Geometry
from geoalchemy2.shape import from_shape, to_shape
from pyproj import Geod
from shapely.geometry.base import BaseGeometry as Shape
from sqlalchemy import ColumnElement, Connection, Float, Table, Text, bindparam, literal, text
from sqlalchemy.engine import make_url
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

from assetmap.connections import (
    Condition,
    engine_url,
    lock_for_writing,
    read_enough,
    writing,
)

__all__ = [
    "SRID",
    "among",
    "as_sql",
    "box_around",
    "circle",
    "distance_from",
    "distance_m",
    "embedded_file",
    "engine_url",
    "extension_problem",
    "in_boxes",
    "index_again",
    "intersects",
    "is_around",
    "is_out_of_room",
    "lock_for_writing",
    "meets",
    "narrow",
    "near",
    "place",
    "read_enough",
    "sent",
    "shape_of",
    "stored",
    "unindexed",
    "versions",
    "writing",
]

SRID = 4326
METRES_PER_DEGREE = 111_000  # a little under the true length, so boxes err on the large side

_ELLIPSOID = Geod(ellps="WGS84")
_CIRCLE_POINTS = 64


def as_sql(shape: Shape) -> ColumnElement[Any]:
    """A shapely geometry (degrees, WGS 84) as a bound parameter."""
    return literal(from_shape(shape, srid=SRID), Geometry(srid=SRID))


def stored(shape: Shape | None) -> Any:
    """A shapely geometry as the value of a geometry column."""
    return None if shape is None else from_shape(shape, srid=SRID)


def shape_of(value: Any) -> Shape | None:
    """The value of a geometry column as a shapely geometry."""
    return None if value is None else to_shape(value)


def box_around(longitude: float, latitude: float, within_m: float) -> Shape:
    """A box in degrees that holds every point within `within_m` metres of the place."""
    north = within_m / METRES_PER_DEGREE
    widest = min(89.0, abs(latitude) + north)  # a degree is shortest where the box is furthest out
    east = north / max(0.01, math.cos(math.radians(widest)))
    return shapely.box(longitude - east, latitude - north, longitude + east, latitude + north)


def circle(longitude: float, latitude: float, radius_m: float) -> Shape:
    """A polygon of 64 points, each `radius_m` metres from the place along the ellipsoid."""
    bearings = [360 * n / _CIRCLE_POINTS for n in range(_CIRCLE_POINTS)]
    here = [longitude] * _CIRCLE_POINTS, [latitude] * _CIRCLE_POINTS
    east, north, _ = _ELLIPSOID.fwd(*here, bearings, [radius_m] * _CIRCLE_POINTS)
    return shapely.MultiPolygon([shapely.Polygon(list(zip(east, north, strict=True)))])


class intersects(Condition):
    """True where an indexed geometry column meets a shape; driven by the spatial index.

    `column` must be a mapped geometry column, `shape` any geometry expression.
    """

    name = "intersects"
    inherit_cache = True


class meets(Condition):
    """The same test, but only as a filter on rows that something else has already found."""

    name = "meets"
    inherit_cache = True


class is_around(Condition):
    """True where the box around an indexed geometry column meets that around a shape."""

    name = "is_around"
    inherit_cache = True


class _InBoxes(Condition):
    name = "in_boxes"
    inherit_cache = True


def in_boxes(
    column: Any, boxes: Sequence[tuple[float, float, float, float]]
) -> ColumnElement[bool]:
    """True where an indexed geometry column comes near any of these boxes, and perhaps a metre
    beyond: west, south, east, north in degrees. They are sent as one value."""
    return _InBoxes(column, literal(json.dumps(boxes), Text()))


class _DistanceM(FunctionElement[float]):
    type = Float()
    name = "distance_m"
    inherit_cache = True


def distance_m(column: Any, longitude: float, latitude: float) -> ColumnElement[float]:
    """Metres from a place to the nearest point of a geometry, along the ellipsoid."""
    here = as_sql(shapely.Point(longitude, latitude))
    return _DistanceM(column, here, literal(narrow(latitude)))


def distance_from(column: Any, here: str, narrow: str) -> ColumnElement[float]:
    """The same from a place given as parameters of these names; see `place` and `narrow`."""
    return _DistanceM(column, place(here), bindparam(narrow, type_=Float()))


def place(name: str) -> ColumnElement[Any]:
    """A geometry given as the parameter `name`, as `sent` has it."""
    return bindparam(name, type_=Geometry(srid=SRID))


def sent(shape: Shape) -> str:
    """A shapely geometry (degrees, WGS 84) as the value of a parameter."""
    return f"SRID={SRID};{shape.wkt}"


def narrow(latitude: float) -> float:
    """How long a degree of longitude is for one of latitude, on the ellipsoid."""
    squared = _ELLIPSOID.es
    bulge = (1 - squared * math.sin(math.radians(latitude)) ** 2) / (1 - squared)
    return max(0.01, bulge * math.cos(math.radians(latitude)))


def near(column: Any, longitude: float, latitude: float, within_m: float) -> ColumnElement[bool]:
    """True where the column lies within so many metres of the place."""
    box = as_sql(box_around(longitude, latitude, within_m))
    return intersects(column, box) & (distance_m(column, longitude, latitude) <= within_m)


class among(Condition):
    """True for a key that a query of keys gives, worked out first and by itself.

    PostgreSQL plans no more than eight joined tables together: without this it reads all rows of
    the tables of every kind to give a page of them.
    """

    name = "among"
    inherit_cache = True


@compiles(among, "postgresql")
def _(element: Any, compiler: Any, **kw: Any) -> str:
    key, keys = (compiler.process(c, **kw) for c in element.clauses)
    return f"({key} = ANY (ARRAY{keys}))"


@compiles(among, "sqlite")
def _(element: Any, compiler: Any, **kw: Any) -> str:
    key, keys = (compiler.process(c, **kw) for c in element.clauses)
    return f"({key} IN {keys})"


@compiles(intersects, "postgresql")
def _(element: Any, compiler: Any, **kw: Any) -> str:
    column, shape = (compiler.process(c, **kw) for c in element.clauses)
    return f"ST_Intersects({column}, {shape})"


@compiles(intersects, "sqlite")
def _(element: Any, compiler: Any, **kw: Any) -> str:
    parts = (one(element, compiler, **kw) for one in (_around_on_sqlite, _meets_on_sqlite))
    return f"({' AND '.join(parts)})"


@compiles(is_around, "postgresql")
def _(element: Any, compiler: Any, **kw: Any) -> str:
    column, shape = (compiler.process(c, **kw) for c in element.clauses)
    return f"({column} && {shape})"


@compiles(is_around, "sqlite")
def _around_on_sqlite(element: Any, compiler: Any, **kw: Any) -> str:
    column, shape = element.clauses
    (base,) = column.base_columns  # the table's own column, even behind an alias
    rowid = f"{compiler.process(column, **kw).rpartition('.')[0]}.rowid"
    return (  # the names are our own tables', never anybody's input
        f"({rowid} IN (SELECT rowid FROM SpatialIndex WHERE"
        f" f_table_name = '{base.table.name}' AND f_geometry_column = '{base.name}'"
        f" AND search_frame = {compiler.process(shape, **kw)}))"
    )


@compiles(_InBoxes, "postgresql")
def _(element: Any, compiler: Any, **kw: Any) -> str:
    column, boxes = element.clauses
    (base,) = column.base_columns
    ctid = f"{compiler.process(column, **kw).rpartition('.')[0]}.ctid"
    corners = ", ".join(f"(box->>{n})::float8" for n in range(4))
    return (
        f"({ctid} IN (SELECT found.ctid FROM"
        f" jsonb_array_elements(CAST({compiler.process(boxes, **kw)} AS jsonb)) AS box"
        f" JOIN {base.table.name} AS found"
        f" ON found.{base.name} && ST_MakeEnvelope({corners}, {SRID})))"
    )


@compiles(_InBoxes, "sqlite")
def _(element: Any, compiler: Any, **kw: Any) -> str:
    column, boxes = element.clauses
    (base,) = column.base_columns
    rowid = f"{compiler.process(column, **kw).rpartition('.')[0]}.rowid"
    west, south, east, north = (f"json_extract(box.value, '$[{n}]')" for n in range(4))
    return (
        f"({rowid} IN (SELECT found.pkid FROM json_each({compiler.process(boxes, **kw)}) AS box"
        f" CROSS JOIN idx_{base.table.name}_{base.name} AS found"  # the boxes go first
        f" WHERE found.xmin <= {east} AND found.xmax >= {west}"
        f" AND found.ymin <= {north} AND found.ymax >= {south}))"
    )


@compiles(meets, "postgresql")
def _(element: Any, compiler: Any, **kw: Any) -> str:
    # the underscored form has no index support, so the planner keeps to the text index
    column, shape = (compiler.process(c, **kw) for c in element.clauses)
    return f"_ST_Intersects({column}, {shape})"


@compiles(meets, "sqlite")
def _meets_on_sqlite(element: Any, compiler: Any, **kw: Any) -> str:
    column, shape = (compiler.process(c, **kw) for c in element.clauses)
    return f"(ST_Intersects({column}, {shape}) = 1)"  # of what has no place it says -1


@compiles(_DistanceM, "postgresql")
def _(element: Any, compiler: Any, **kw: Any) -> str:
    shape, here, _ = element.clauses
    a, b = (compiler.process(c, **kw) for c in (shape, here))
    return f"ST_Distance(({a})::geography, ({b})::geography)"


@compiles(_DistanceM, "sqlite")
def _(element: Any, compiler: Any, **kw: Any) -> str:
    # SpatiaLite measures to what is nearest in degrees, which are narrow here: a seventh too
    # far, or more. So what is nearest is looked for where degrees are as long either way.
    shape, here, narrow = (compiler.process(c, **kw) for c in element.clauses)
    a, b = (f"ScaleCoords({one}, {narrow}, 1)" for one in (shape, here))
    nearest = f"ScaleCoords(ST_ClosestPoint({a}, {b}), 1 / {narrow}, 1)"
    return (
        f"CASE WHEN ST_GeometryType({shape}) = 'POINT' OR ST_Intersects({shape}, {here}) = 1"
        f" THEN ST_Distance({shape}, {here}, 1) ELSE ST_Distance({here}, {nearest}, 1) END"
    )


def unindexed(connection: Connection, tables: list[Table]) -> list[str]:
    """Geometry columns, as "table.column", that have no sound spatial index."""
    wanted = [
        (table.name, column.name)
        for table in tables
        for column in table.columns
        if isinstance(column.type, Geometry) and column.type.spatial_index
    ]
    sound = _sound_on_sqlite if connection.dialect.name == "sqlite" else _sound_on_postgis
    return [f"{table}.{column}" for table, column in wanted if not sound(connection, table, column)]


def _sound_on_sqlite(connection: Connection, table: str, column: str) -> bool:
    found = connection.execute(
        text("SELECT CheckSpatialIndex(:table, :column)"), {"table": table, "column": column}
    )
    return found.scalar() == 1


def _sound_on_postgis(connection: Connection, table: str, column: str) -> bool:
    found = connection.execute(
        text(
            "SELECT count(*) FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid"
            " JOIN pg_am m ON m.oid = c.relam JOIN pg_attribute a ON a.attrelid = c.oid"
            " WHERE i.indrelid = to_regclass(:table) AND i.indisvalid AND m.amname = 'gist'"
            " AND a.attname = :column"
        ),
        {"table": table, "column": column},
    )
    return bool(found.scalar())


def versions(connection: Connection) -> str:
    """The spatial engine and its version, in words."""
    if connection.dialect.name == "sqlite":
        spatialite = connection.execute(text("SELECT spatialite_version()")).scalar()
        return f"SpatiaLite {spatialite}, SQLite {sqlite3.sqlite_version}"
    postgis, server = connection.execute(
        text("SELECT postgis_lib_version(), current_setting('server_version')")
    ).one()
    return f"PostGIS {postgis}, PostgreSQL {server}"


def is_out_of_room(error: BaseException) -> bool:
    """True when the disk, or what this process may use of it, is full."""
    inner = getattr(error, "orig", None) or error
    if isinstance(inner, OSError):
        return inner.errno in (errno.ENOSPC, errno.EFBIG, errno.EDQUOT)
    said = str(inner)
    return (
        getattr(inner, "sqlstate", "") == "53100"
        or "database or disk is full" in said
        or "disk I/O error" in said
    )


def embedded_file(database_url: str) -> Path | None:
    """The file of an embedded database; None when a server keeps it."""
    url = make_url(database_url)
    if url.get_backend_name() != "sqlite" or not url.database:
        return None
    return Path(url.database)


def extension_problem() -> str:
    """Why this Python cannot load SpatiaLite, in words; nothing when it can."""
    if not hasattr(sqlite3.Connection, "enable_load_extension"):
        return "this Python's sqlite3 was built without loadable extensions; use another Python"
    connection = sqlite3.connect(":memory:")
    try:
        connection.enable_load_extension(True)  # noqa: FBT003  # it takes no name
        connection.load_extension(os.environ.get("SPATIALITE_LIBRARY_PATH", "mod_spatialite"))
    except sqlite3.Error as error:
        return str(error)
    finally:
        connection.close()
    return ""


def index_again(connection: Connection, table: Table, column: str) -> None:
    """Make the spatial index of a geometry column anew. The names are our own tables'."""
    if connection.dialect.name == "sqlite":
        ours = _triggers(connection, table)
        connection.execute(text(f"SELECT DisableSpatialIndex('{table.name}', '{column}')"))
        connection.execute(text(f"DROP TABLE IF EXISTS idx_{table.name}_{column}"))
        connection.execute(text(f"SELECT CreateSpatialIndex('{table.name}', '{column}')"))
        _put_back(connection, table, ours)
        return
    name = f"idx_{table.name}_{column}"
    connection.execute(text(f"DROP INDEX IF EXISTS {name}"))
    connection.execute(text(f"CREATE INDEX {name} ON {table.name} USING gist ({column})"))


def _triggers(connection: Connection, table: Table) -> dict[str, str]:
    """What makes each trigger of a table, by its name."""
    made = "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = :name"
    return {row[0]: row[1] for row in connection.execute(text(made), {"name": table.name})}


def _put_back(connection: Connection, table: Table, ours: dict[str, str]) -> None:
    """Have the triggers that SpatiaLite made anew be as they were, and none that keeps times where
    there was none; any other that was missing stays."""
    for name, made in _triggers(connection, table).items():
        if ours.get(name) != made and (name in ours or name.startswith("tm")):
            connection.exec_driver_sql(f"DROP TRIGGER {name}")
            if name in ours:
                connection.exec_driver_sql(ours[name])
