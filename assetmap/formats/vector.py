"""Layers of geographic files: GeoJSON, TopoJSON, GeoPackage, shapefile.

Nothing in a file makes us open another, or an address. JSON is read without GDAL, whose other JSON
formats name files. GDAL, which finds a file's format by itself, gets only what can be nothing but
a shapefile (checked by its first bytes, in a zip by those of the part it holds) or an SQLite file
whose tables are plain ones, so that reading them runs nothing. A reference system that names
files is refused before any coordinate is turned.
"""

import re
import sqlite3
import warnings
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyproj
import shapely
import shapely.errors
from numpy.typing import NDArray
from pyproj.exceptions import ProjError

from assetmap.errors import Invalid
from assetmap.formats import json_layers, limits

CHUNK_ROWS = 5_000
MOST_LAYERS = 50
MOST_ZIP_MEMBERS = 200
MOST_UNZIPPED_BYTES = 2_000 * limits.MEGABYTE

_HEAD = 4096
_SQLITE = b"SQLite format 3\0"
_ZIP = b"PK\x03\x04"
_SHAPEFILE = b"\x00\x00\x27\x0a"
_SHAPEFILE_PARTS = frozenset(
    (
        *(".shp", ".shx", ".dbf", ".prj", ".cpg", ".qpj", ".qix", ".sbn", ".sbx", ".qmd"),
        *(".xml", ".txt", ".pdf", ".html", ".md", ".csv"),
    )
)
_DRIVERS = ("GPKG", "ESRI Shapefile")
_NAMES_FILES = ("PARAMETERFILE", "NADGRIDS", "GEOIDGRIDS", "+INIT", "+PROJ=PIPELINE")
_STRANGE_IN_A_NAME = frozenset('\\{}:?*<>|"')
_SPATIAL_INDEX = re.compile(
    r"""CREATE VIRTUAL TABLE (?:"[^"]+"|\w+) USING rtree\s*\([\w\s,]+\)$""", re.IGNORECASE
)
_GENERATED = (2, 3)  # what PRAGMA table_xinfo calls a column that is worked out
_EASTMOST, _NORTHMOST = 180.0, 90.0
_SLACK = 1e-6  # degrees: a border drawn along the date line may miss it by a rounding

Shapes = NDArray[np.object_]


@dataclass(frozen=True, slots=True)
class Layer:
    """One layer of a file: what its columns are called and how its coordinates are meant.

    source: what GDAL opens; of JSON, all that it says. crs: None where the file does not say.
    """

    source: "str | bytes | Chunk"
    name: str
    columns: tuple[str, ...]
    crs: pyproj.CRS | None


@dataclass(frozen=True, slots=True)
class Chunk:
    """A run of features. first: the number of its first one, counting from 1."""

    first: int
    values: dict[str, list[Any]]
    shapes: Shapes


def is_zip(start: bytes) -> bool:
    """Whether a file that begins so is a zip."""
    return start.startswith(_ZIP)


def is_geopackage(start: bytes) -> bool:
    """Whether a file that begins so may be a GeoPackage."""
    return start.startswith(_SQLITE)


def layers(source: Path | bytes, name: str) -> list[Layer]:
    """The layers of a file that have both shapes and columns.

    Raises Invalid when it is none of the formats above, or cannot be read.
    """
    if json_layers.is_json(limits.beginning(source, _HEAD)):
        return _json_layers(source, name)
    opened = _openable(source, name)
    gdal = _gdal()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            names = [str(row[0]) for row in gdal.list_layers(opened) if row[1]]
            if len(names) > MOST_LAYERS:
                raise Invalid(f"{name} has more than {MOST_LAYERS} layers.")
            return [_layer(opened, one) for one in names]
        except _broken(gdal) as error:
            raise Invalid(f"{name} cannot be read as a geographic file.") from error


def chunks(layer: Layer, columns: Sequence[str] | None = None) -> Iterator[Chunk]:
    """The features as the file has them, a few thousand at a time where the format allows it.

    columns: those to read; None means all. Raises Invalid when the file breaks off.
    """
    wanted = list(layer.columns if columns is None else columns)
    if isinstance(layer.source, Chunk):
        yield from _held(layer.source, wanted)
        return
    gdal = _gdal()
    first = 0
    while True:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                meta, _, blobs, values = gdal.raw.read(
                    layer.source,
                    layer=layer.name,
                    columns=wanted,
                    skip_features=first,
                    max_features=CHUNK_ROWS,
                    datetime_as_string=True,
                )
                shapes = shapely.from_wkb(blobs, on_invalid="ignore")
            except _broken(gdal) as error:
                raise Invalid(f"The file breaks off after {first:,} features.") from error
        if len(shapes) == 0:
            return
        named = dict(zip(meta["fields"], (list(column) for column in values), strict=True))
        yield Chunk(first + 1, named, np.asarray(shapes, dtype=object))
        first += len(shapes)
        if len(shapes) < CHUNK_ROWS:
            return


def _held(whole: Chunk, wanted: Sequence[str]) -> Iterator[Chunk]:
    for start in range(0, len(whole.shapes), CHUNK_ROWS):
        part = slice(start, start + CHUNK_ROWS)
        values = {name: whole.values[name][part] for name in wanted}
        yield Chunk(start + 1, values, whole.shapes[part])


def text(value: object) -> str:
    """An attribute as text: no "nan", no "101.0" for a whole number."""
    match value:
        case None:
            return ""
        case float() | np.floating() if not np.isfinite(value):
            return ""
        case float() | np.floating() if float(value).is_integer():
            return str(int(value))
        case bytes():
            return ""
    return str(value).replace("\0", "").strip()


def in_degrees(shapes: Shapes, crs: pyproj.CRS | None) -> Shapes:
    """The shapes in EPSG:4326, two-dimensional, longitude before latitude.

    Coordinates that cannot be turned become infinite. Without a crs they must be degrees already:
    raises Invalid otherwise.
    """
    flat: Shapes = shapely.force_2d(shapes)
    if crs is None:
        if not within_the_world(flat).all():
            raise Invalid(
                "The file does not say which coordinate reference system it is in, and its "
                "coordinates are not degrees. Save it with one, such as EPSG:27700."
            )
        return flat
    degrees = pyproj.CRS.from_epsg(4326)
    if crs.equals(degrees, ignore_axis_order=True):
        return flat
    try:
        transformer = pyproj.Transformer.from_crs(crs, degrees, always_xy=True)
        points = shapely.get_coordinates(flat)
        moved = np.column_stack(transformer.transform(points[:, 0], points[:, 1]))
    except ProjError as error:
        raise Invalid("The file's coordinate reference system cannot be used.") from error
    turned: Shapes = shapely.set_coordinates(flat, moved)
    return turned


def within_the_world(shapes: Shapes) -> NDArray[np.bool_]:
    """For each shape, whether it is empty or all of it is between -180 and 180, -90 and 90."""
    bounds = shapely.bounds(shapes)
    west, south, east, north = bounds.T
    inside = (
        (west >= -_EASTMOST - _SLACK)
        & (east <= _EASTMOST + _SLACK)
        & (south >= -_NORTHMOST - _SLACK)
        & (north <= _NORTHMOST + _SLACK)
    )
    nothing = shapely.is_missing(shapes) | shapely.is_empty(shapes)
    return np.asarray(inside | nothing, dtype=np.bool_)


def _gdal() -> Any:
    import pyogrio  # brings geopandas with it, a second that only loading should cost
    import pyogrio.errors
    import pyogrio.raw

    return pyogrio


def _broken(gdal: Any) -> tuple[type[Exception], ...]:
    """What a damaged file raises; NameError is pyogrio's slip on a bad reference system."""
    errors = gdal.errors
    return (
        *(errors.DataSourceError, errors.DataLayerError, errors.FieldError, errors.CRSError),
        *(errors.FeatureError, errors.GeometryError, shapely.errors.ShapelyError),
        *(ValueError, NameError),
    )


def _json_layers(source: Path | bytes, name: str) -> list[Layer]:
    with limits.opened(source) as file:
        found = json_layers.layers(file.read(), name)
    if len(found) > MOST_LAYERS:
        raise Invalid(f"{name} has more than {MOST_LAYERS} layers.")
    return [
        Layer(Chunk(1, one.columns, one.shapes), one.name, tuple(one.columns), one.crs)
        for one in found
    ]


def _layer(opened: str | bytes, name: str) -> Layer:
    about = _gdal().read_info(opened, layer=name)
    if about["driver"] not in _DRIVERS:
        raise Invalid(f"A {about['driver']} file is not one of those that can be read.")
    try:
        crs = pyproj.CRS.from_user_input(about["crs"]) if about["crs"] else None
    except ProjError as error:
        raise Invalid("The file's coordinate reference system is not known.") from error
    if crs is not None and any(word in crs.to_wkt().upper() for word in _NAMES_FILES):
        raise Invalid("The file's coordinate reference system names other files.")
    columns = tuple(str(column) for column in about["fields"])
    return Layer(opened, name, columns, crs)


def _openable(source: Path | bytes, name: str) -> str | bytes:
    """What GDAL is to open, after making sure that it is what it may open."""
    start = limits.beginning(source, _HEAD)
    if is_zip(start):
        return _zipped_shapefile(source, name)
    is_shapefile = start.startswith(_SHAPEFILE)
    if is_shapefile and isinstance(source, bytes):
        raise Invalid(f"{name} is one part of a shapefile. Zip all its parts together.")
    if is_geopackage(start):
        _require_plain_tables(source, name)
    elif not is_shapefile:
        raise Invalid(
            f"{name} is not GeoJSON, TopoJSON, GeoPackage, a shapefile or a zipped shapefile."
        )
    return source if isinstance(source, bytes) else str(source.absolute())


def _require_plain_tables(source: Path | bytes, name: str) -> None:
    """Raise Invalid unless a GeoPackage has tables and indexes only: a view, a column that is
    worked out and a table of a module run what they say as soon as they are read."""
    try:
        with closing(_sqlite(source)) as opened:
            opened.execute("PRAGMA trusted_schema = OFF")
            made = opened.execute("SELECT type, name, coalesce(sql, '') FROM sqlite_schema")
            strange = [what for kind, what, sql in made if not _is_plain(kind, sql)]
            tables = opened.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")
            for (table,) in [] if strange else tables.fetchall():
                columns = opened.execute("SELECT hidden FROM pragma_table_xinfo(?)", (table,))
                if any(hidden in _GENERATED for (hidden,) in columns):
                    strange.append(table)
    except sqlite3.Error as error:
        raise Invalid(f"{name} cannot be read as a geographic file.") from error
    if strange:
        raise Invalid(
            f"{name} holds “{str(strange[0])[:60]}”, which is no plain table. "
            "Save its layers in a new GeoPackage."
        )


def _sqlite(source: Path | bytes) -> sqlite3.Connection:
    if isinstance(source, Path):
        return sqlite3.connect(f"{source.absolute().as_uri()}?mode=ro&immutable=1", uri=True)
    opened = sqlite3.connect(":memory:")
    opened.deserialize(source)
    return opened


def _is_plain(kind: str, sql: str) -> bool:
    """A table, its index, its spatial index, or a trigger: no trigger runs when one reads."""
    said = sql.upper().split()
    if kind == "table" and said[1:2] != ["TABLE"]:
        return _SPATIAL_INDEX.match(sql) is not None
    return kind in ("table", "index", "trigger")


def _zipped_shapefile(source: Path | bytes, name: str) -> str:
    if isinstance(source, bytes):
        raise Invalid(f"{name}: a zip is read from a file, not from memory.")
    try:
        with zipfile.ZipFile(source) as archive:
            members = [one for one in archive.infolist() if not one.is_dir()]
    except limits.BROKEN_ZIP as error:
        raise Invalid(f"{name} is not a whole zip file.") from error
    members = [one for one in members if not _by_the_way(one.filename)]
    if len(members) > MOST_ZIP_MEMBERS:
        raise Invalid(f"{name} holds more than {MOST_ZIP_MEMBERS} files.")
    if sum(one.file_size for one in members) > MOST_UNZIPPED_BYTES:
        raise Invalid(f"{name} unpacks to more than {MOST_UNZIPPED_BYTES // limits.MEGABYTE} MB.")
    found = [one.filename for one in members if one.filename.lower().endswith(".shp")]
    for one in members:
        if Path(one.filename).suffix.lower() not in _SHAPEFILE_PARTS:
            raise Invalid(f"{name} holds {one.filename[:60]}, which is no part of a shapefile.")
        if not _is_inside(one.filename):
            raise Invalid(f"{name} names files outside itself.")
    if len(found) != 1:
        raise Invalid(f"{name} must hold one shapefile; it holds {len(found) or 'none'}.")
    if not _begins_as_shapefile(source, found[0]):
        raise Invalid(f"{name} holds {found[0][:60]}, which is not a shapefile.")
    return f"/vsizip/{{{source.absolute()}}}/{found[0]}"


def _is_inside(filename: str) -> bool:
    """Whether the name of a part is a plain one below the zip, also as GDAL reads names."""
    parts = filename.split("/")
    plain = filename.isprintable() and not _STRANGE_IN_A_NAME & set(filename)
    return plain and all(part not in ("", ".", "..") for part in parts)


def _begins_as_shapefile(source: Path, filename: str) -> bool:
    try:
        with zipfile.ZipFile(source) as archive, archive.open(filename) as part:
            return part.read(len(_SHAPEFILE)) == _SHAPEFILE
    except limits.BROKEN_ZIP as error:
        raise Invalid(f"{source.name} is not a whole zip file.") from error


def _by_the_way(filename: str) -> bool:
    """What a Mac adds to a zip."""
    return filename.startswith("__MACOSX/") or filename.endswith(".DS_Store")
