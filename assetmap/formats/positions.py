"""Where a row, a form or a program says something is, turned into one clean shape.

Everything that reaches the register as a location passes `clean_shape`.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal, NoReturn, cast

import numpy as np
import shapely
from pyproj import Transformer
from pyproj.exceptions import ProjError
from shapely.geometry import LineString, MultiPolygon, Point, Polygon
from shapely.geometry.base import BaseGeometry

from assetmap.errors import Invalid
from assetmap.formats.coordinates import (
    DEGREES,
    GridSquare,
    number,
    parse_geojson,
    parse_grid_reference,
    parse_pair,
    parse_wkt,
)

__all__ = [
    "Extent",
    "GridSquare",
    "PositionColumns",
    "clean_shape",
    "locate",
    "parse_geojson",
    "parse_grid_reference",
    "parse_pair",
    "parse_wkt",
    "to_degrees",
]

Extent = tuple[float, float, float, float]  # west, south, east, north, in degrees

MOST_VERTICES = 50_000
NULL_ISLAND = 1e-6  # degrees; about 10 cm around 0,0
_EASTMOST, _NORTHMOST = 180.0, 90.0
_ALLOWED = ("Point", "MultiPoint", "LineString", "MultiLineString", "Polygon", "MultiPolygon")

MENDED = "The shape crossed itself and was mended."


@dataclass(frozen=True, slots=True)
class PositionColumns:
    """Which columns of a table say where; several kinds may be given, the first filled in wins.

    epsg: of easting, northing and wkt; wkt with an SRID of its own overrides it.
    pair: one column with both numbers, in the order `pair_order`.
    """

    longitude: str | None = None
    latitude: str | None = None
    easting: str | None = None
    northing: str | None = None
    epsg: int | None = None
    wkt: str | None = None
    pair: str | None = None
    pair_order: Literal["lat,lon", "lon,lat"] = "lat,lon"
    grid_reference: str | None = None


def locate(
    row: Mapping[str, str],
    columns: PositionColumns,
    extent: Extent,
    geometry: BaseGeometry | None = None,
) -> tuple[BaseGeometry, list[str]] | None:
    """The shape a row gives, in EPSG:4326, and what to tell its owner; None if it gives none.

    geometry: what a GeoJSON or GeoPackage row carries itself, already in EPSG:4326.
    extent: west, south, east, north in degrees; anything outside is refused.
    Raises Invalid about the field "location".
    """
    shape = geometry if geometry is not None else _from_columns(row, columns)
    return None if shape is None else clean_shape(shape, extent)


def clean_shape(geometry: BaseGeometry, extent: Extent) -> tuple[BaseGeometry, list[str]]:
    """A valid two-dimensional shape inside the extent (EPSG:4326), and warnings in plain words.

    Points, lines, polygons and their multiples; polygons that cross themselves are mended.
    Raises Invalid about the field "location": empty, too detailed, not numbers, at 0,0,
    swapped, or outside the extent (west, south, east, north in degrees).
    """
    if isinstance(geometry, Point) and not geometry.has_z and not geometry.is_empty:
        place = geometry.x, geometry.y
        if _inside(place * 2, extent) and max(map(abs, place)) > NULL_ISLAND:
            return geometry, []  # most are: a hundred thousand of them need not go the long way
    if geometry is None or geometry.is_empty:
        _refuse("There is no location.")
    if geometry.geom_type == "LinearRing":
        geometry = LineString(geometry.coords)
    if geometry.geom_type not in _ALLOWED:
        _refuse(f"A location is a point, a line or a polygon, not a {geometry.geom_type}.")
    if shapely.get_num_coordinates(geometry) > MOST_VERTICES:
        _refuse(f"The shape has more than {MOST_VERTICES:,} corners. Simplify it.")
    with np.errstate(invalid="ignore"):
        flat = shapely.force_2d(geometry)
    _check_place(flat, extent)
    if flat.is_valid:
        return _wound(flat), []
    return _wound(_mended(flat)), [MENDED]


def to_degrees(geometry: BaseGeometry, epsg: int) -> BaseGeometry:
    """The shape in EPSG:4326, from any coordinate reference system, easting before northing."""
    if epsg == DEGREES:
        return geometry
    try:
        transformer = _transformer(epsg)
        if isinstance(geometry, Point) and not geometry.is_empty:
            place = transformer.transform(geometry.x, geometry.y)
            if all(map(math.isfinite, place)):
                return Point(place)
        points = shapely.get_coordinates(geometry)
        longitudes, latitudes = transformer.transform(points[:, 0], points[:, 1])
    except ProjError:
        _refuse(f"EPSG:{epsg} is not a coordinate reference system this can be read in.")
    moved = np.column_stack([longitudes, latitudes])
    if not np.isfinite(moved).all():
        _refuse(f"The coordinates do not exist in EPSG:{epsg}.")
    return shapely.set_coordinates(shapely.force_2d(geometry), moved)


def _from_columns(row: Mapping[str, str], columns: PositionColumns) -> BaseGeometry | None:
    def text(column: str | None) -> str:
        return row.get(column, "").strip() if column else ""

    if text(columns.longitude) or text(columns.latitude):
        _need_both(text(columns.longitude), text(columns.latitude), "longitude and latitude")
        return Point(
            number(text(columns.longitude), degrees=True),
            number(text(columns.latitude), degrees=True),
        )
    if text(columns.easting) or text(columns.northing):
        _need_both(text(columns.easting), text(columns.northing), "easting and northing")
        point = Point(
            number(text(columns.easting), degrees=False),
            number(text(columns.northing), degrees=False),
        )
        if point.x == 0 and point.y == 0:
            _refuse("The easting and northing are 0, 0.")
        return to_degrees(point, columns.epsg or GridSquare.EPSG)
    if given := text(columns.wkt):
        shape, epsg = parse_wkt(given)
        return to_degrees(shape, epsg or columns.epsg or DEGREES)
    if given := text(columns.pair):
        return Point(parse_pair(given, columns.pair_order))
    if given := text(columns.grid_reference):
        square = parse_grid_reference(given)
        return to_degrees(Point(square.middle), GridSquare.EPSG)
    return None


def _need_both(first: str, second: str, names: str) -> None:
    if not (first and second):
        _refuse(f"Only one of {names} is given.")


@lru_cache(maxsize=32)
def _transformer(epsg: int) -> Transformer:
    return Transformer.from_crs(epsg, DEGREES, always_xy=True)


def _check_place(shape: BaseGeometry, extent: Extent) -> None:
    points = shapely.get_coordinates(shape)
    if not np.isfinite(points).all():
        _refuse("A coordinate is not a number.")
    if (np.abs(points) < NULL_ISLAND).all(axis=1).any():
        _refuse("A position of 0, 0 is in the sea off Africa; it means the position is missing.")
    bounds = _bounds(points)
    if _inside(bounds, extent):
        return
    if _inside(_bounds(points[:, ::-1]), extent):
        _refuse("The latitude and longitude look swapped: longitude comes first.")
    west, south, east, north = bounds
    if max(abs(west), abs(east)) > _EASTMOST or max(abs(south), abs(north)) > _NORTHMOST:
        _refuse(
            "The coordinates are not degrees. If they are eastings and northings, say so and "
            "give their coordinate reference system."
        )
    _refuse(
        f"The location {_spoken(points[0])} is outside the area this register covers: "
        f"longitude {extent[0]:g} to {extent[2]:g}, latitude {extent[1]:g} to {extent[3]:g}."
    )


def _bounds(points: np.ndarray[tuple[int, ...], np.dtype[np.float64]]) -> Extent:
    (west, south), (east, north) = points.min(axis=0), points.max(axis=0)
    return float(west), float(south), float(east), float(north)


def _inside(bounds: Extent, extent: Extent) -> bool:
    west, south, east, north = bounds
    return extent[0] <= west and extent[1] <= south and east <= extent[2] and north <= extent[3]


def _spoken(point: np.ndarray[tuple[int, ...], np.dtype[np.float64]]) -> str:
    longitude, latitude = (math.floor(part * 1e5 + 0.5) / 1e5 for part in point)
    return f"{longitude:g}, {latitude:g} (longitude, latitude)"


def _mended(shape: BaseGeometry) -> BaseGeometry:
    """The parts of the same dimension once made valid."""
    if "Polygon" in shape.geom_type:
        return mended_polygon(shape) or _refuse("The polygon encloses no area.")
    parts = shapely.get_parts(shapely.make_valid(shape))
    lines = [part for part in shapely.get_parts(parts) if part.geom_type == "LineString"]
    if not lines:
        _refuse("The line has no length.")
    return lines[0] if len(lines) == 1 else shapely.MultiLineString(lines)


def mended_polygon(shape: BaseGeometry) -> Polygon | MultiPolygon | None:
    """A valid polygon from one that crosses itself; None when nothing of any area is left."""
    valid = shapely.make_valid(shape, method="structure", keep_collapsed=False)
    parts = shapely.get_parts(shapely.get_parts(valid))
    polygons = [part for part in parts if part.geom_type == "Polygon" and part.area > 0]
    if len(polygons) < 2:
        return polygons[0] if polygons else None
    # parts that share a side become one: side by side they would not be valid
    return cast("Polygon | MultiPolygon", shapely.union_all(polygons))


def _wound(shape: BaseGeometry) -> BaseGeometry:
    """Outer rings anticlockwise, holes clockwise, as GeoJSON asks."""
    return shapely.orient_polygons(shape) if "Polygon" in shape.geom_type else shape


def _refuse(problem: str) -> NoReturn:
    raise Invalid(problem, {"location": problem})
