"""Layers of geographic files (GeoJSON, TopoJSON, GeoPackage, shapefile), read through GDAL.

A file is looked at before GDAL is: some of its other formats name files to fetch.
"""

import warnings
import zipfile
from collections.abc import Iterator, Sequence
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
from assetmap.formats import limits

CHUNK_ROWS = 5_000
MOST_LAYERS = 50
MOST_ZIP_MEMBERS = 200
MOST_UNZIPPED_BYTES = 2_000 * limits.MEGABYTE

_SQLITE = b"SQLite format 3\0"
_ZIP = b"PK\x03\x04"
_SHAPEFILE = b"\x00\x00\x27\x0a"
_SHAPEFILE_PARTS = frozenset(
    (
        *(".shp", ".shx", ".dbf", ".prj", ".cpg", ".qpj", ".qix", ".sbn", ".sbx", ".qmd"),
        *(".xml", ".txt", ".pdf", ".html", ".md", ".csv"),
    )
)
_READ_IN_PIECES = ("GPKG", "ESRI Shapefile")
_READ_WHOLE = ("GeoJSON", "GeoJSONSeq", "TopoJSON", "ESRIJSON", "JSONFG")
_EASTMOST, _NORTHMOST = 180.0, 90.0
_SLACK = 1e-6  # degrees: a border drawn along the date line may miss it by a rounding

Shapes = NDArray[np.object_]


@dataclass(frozen=True, slots=True)
class Layer:
    """One layer of a file: what its columns are called and how its coordinates are meant.

    crs: None where the file does not say.
    in_pieces: whether GDAL can begin in the middle of it.
    """

    source: str | bytes
    name: str
    columns: tuple[str, ...]
    crs: pyproj.CRS | None
    in_pieces: bool


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
    gdal = _gdal()
    wanted = list(layer.columns if columns is None else columns)
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
                    max_features=CHUNK_ROWS if layer.in_pieces else None,
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
        if not layer.in_pieces or len(shapes) < CHUNK_ROWS:
            return


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


def _layer(opened: str | bytes, name: str) -> Layer:
    about = _gdal().read_info(opened, layer=name)
    if about["driver"] not in _READ_IN_PIECES + _READ_WHOLE:
        raise Invalid(f"A {about['driver']} file is not one of those that can be read.")
    try:
        crs = pyproj.CRS.from_user_input(about["crs"]) if about["crs"] else None
    except ProjError as error:
        raise Invalid("The file's coordinate reference system is not known.") from error
    columns = tuple(str(column) for column in about["fields"])
    return Layer(opened, name, columns, crs, in_pieces=about["driver"] in _READ_IN_PIECES)


def _openable(source: Path | bytes, name: str) -> str | bytes:
    """What GDAL is to open, after making sure that it is what it may open."""
    start = limits.beginning(source, 4096)
    if is_zip(start):
        return _zipped_shapefile(source, name)
    is_json = start.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] == b"{"
    is_shapefile = start.startswith(_SHAPEFILE)
    if is_shapefile and isinstance(source, bytes):
        raise Invalid(f"{name} is one part of a shapefile. Zip all its parts together.")
    if is_json or is_shapefile or is_geopackage(start):
        return source if isinstance(source, bytes) else str(source.absolute())
    raise Invalid(
        f"{name} is not GeoJSON, TopoJSON, GeoPackage, a shapefile or a zipped shapefile."
    )


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
    strange = [
        one.filename for one in members if Path(one.filename).suffix.lower() not in _SHAPEFILE_PARTS
    ]
    if strange:
        raise Invalid(f"{name} holds {strange[0][:60]}, which is no part of a shapefile.")
    if len(found) != 1:
        raise Invalid(f"{name} must hold one shapefile; it holds {len(found) or 'none'}.")
    if ".." in found[0] or found[0].startswith("/"):
        raise Invalid(f"{name} names files outside itself.")
    return f"/vsizip/{{{source.absolute()}}}/{found[0]}"


def _by_the_way(filename: str) -> bool:
    """What a Mac adds to a zip."""
    return filename.startswith("__MACOSX/") or filename.endswith(".DS_Store")
