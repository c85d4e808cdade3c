"""Text and JSON that say where something is, read strictly and with bounds on everything."""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal, NoReturn

import numpy as np
import orjson
import shapely
from shapely.errors import ShapelyError
from shapely.geometry import shape as from_mapping
from shapely.geometry.base import BaseGeometry

from assetmap.errors import Invalid

DEGREES = 4326
MOST_VERTICES = 50_000
LONGEST_WKT = 5_000_000
LONGEST_JSON = 20_000_000
LONGEST_NUMBER = 40
LONGEST_PAIR = 100
LARGEST = 1e15  # no coordinate of any reference system comes near

# --- numbers -------------------------------------------------------------------------------------

_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,3})?", re.ASCII)
_THOUSANDS = re.compile(r"[+-]?\d{1,3}(?:,\d{3})+(?:\.\d+)?", re.ASCII)
_DECIMAL_COMMA = re.compile(r"[+-]?\d+,\d+", re.ASCII)


def number(text: str, *, degrees: bool) -> float:
    """A finite number, with a comma read as people write it.

    degrees: True reads "53,744" as 53.744; False, for metres, reads "510,027" as 510027.
    Raises Invalid about the field "location" for anything else, NaN and infinity included.
    """
    given = text.strip().replace("\u2212", "-").removesuffix("°")
    if not degrees and _THOUSANDS.fullmatch(given):
        given = given.replace(",", "")
    elif _DECIMAL_COMMA.fullmatch(given):
        given = given.replace(",", ".")
    value = float(given) if _NUMBER.fullmatch(given) else math.nan
    if len(given) > LONGEST_NUMBER or not math.isfinite(value):
        _refuse(f"“{text.strip()[:30]}” is not a number.")
    return value


# --- two numbers in one text ---------------------------------------------------------------------

_PART = r"([NSEW]?)\s*([+-]?\d+(?:\.\d+)?)\s*°?\s*([NSEW]?)"
_PAIR = re.compile(rf"[(\[]?\s*{_PART}\s*(?:[,;]\s*|\s)\s*{_PART}\s*[)\]]?", re.ASCII)


def parse_pair(text: str, order: Literal["lat,lon", "lon,lat"] = "lon,lat") -> tuple[float, float]:
    """(longitude, latitude) from "53.74, -0.33" or "-0.33 53.74", whichever the order says.

    Letters win over the order: "53.74 N, 0.33 W". Raises Invalid about the field "location".
    """
    given = text.strip().upper().replace("\u2212", "-")
    found = _PAIR.fullmatch(given) if len(given) <= LONGEST_PAIR else None
    if found is None:
        _refuse(f"“{text.strip()[:40]}” is not a pair of numbers with a comma between.")
    first, second = _lettered(*found.group(1, 2, 3)), _lettered(*found.group(4, 5, 6))
    axes = first[1] + second[1]
    if axes not in ("", "NE", "EN"):
        _refuse(f"“{text.strip()[:40]}” needs one of N or S and one of E or W.")
    latitude_first = axes == "NE" if axes else order == "lat,lon"
    latitude, longitude = (first, second) if latitude_first else (second, first)
    return longitude[0], latitude[0]


def _lettered(before: str, digits: str, after: str) -> tuple[float, str]:
    """The number with its sign, and N or E for the axis its letter names, if it has one."""
    letter = before + after
    value = number(digits, degrees=True)
    if letter in ("S", "W"):
        value = -value
    return value, {"S": "N", "W": "E"}.get(letter, letter)


# --- British National Grid -----------------------------------------------------------------------

_LETTERS = "ABCDEFGHJKLMNOPQRSTUVWXYZ"  # five by five, no I
_GRID_REFERENCE = re.compile(r"([HJNOST][A-HJ-Z])\s*(\d{0,10}|\d{1,5}\s+\d{1,5})", re.ASCII)
_SQUARE_M = 100_000
_EAST_SQUARES, _NORTH_SQUARES = 7, 13
_MOST_DIGITS = 5


@dataclass(frozen=True, slots=True)
class GridSquare:
    """A square of the British National Grid (EPSG:27700): south-west corner and side, metres."""

    EPSG: ClassVar[int] = 27700

    easting: float
    northing: float
    size_m: float

    @property
    def middle(self) -> tuple[float, float]:
        """(easting, northing) of the middle, in metres."""
        return self.easting + self.size_m / 2, self.northing + self.size_m / 2

    @property
    def accuracy_m(self) -> float:
        """How far the true place may be from the middle: half a diagonal."""
        return self.size_m / math.sqrt(2)


def parse_grid_reference(text: str) -> GridSquare:
    """The square that "SK 5887 0390" or "TA0996928805" names.

    Raises Invalid about the field "location" for Irish references and anything else.
    """
    given = " ".join(text.upper().split())[:LONGEST_NUMBER]
    found = _GRID_REFERENCE.fullmatch(given)
    if found is None:
        _refuse(f"“{text.strip()[:30]}” is not a British grid reference such as SK 5887 0390.")
    letters, digits = found.groups()
    east, north = _halves(digits, given)
    first, second = (_LETTERS.index(letter) for letter in letters)
    column = (first % 5) * 5 + second % 5 - 10
    line = (4 - first // 5) * 5 + (4 - second // 5) - 5
    if not (0 <= column < _EAST_SQUARES and 0 <= line < _NORTH_SQUARES):
        _refuse(f"{letters} is not a square of the British National Grid.")
    size = _SQUARE_M / 10 ** len(east)
    return GridSquare(
        column * _SQUARE_M + int(east or 0) * size, line * _SQUARE_M + int(north or 0) * size, size
    )


def grid_reference(easting: float, northing: float, digits: int = 4) -> str:
    """The reference of the square that a place lies in, as in "SK 5887 0390".

    easting, northing: metres, EPSG:27700. digits: of each half, 0 to 5 (5 means one metre).
    Raises Invalid about the field "location" off the British National Grid.
    """
    column, line = math.floor(easting / _SQUARE_M), math.floor(northing / _SQUARE_M)
    if not (0 <= column < _EAST_SQUARES and 0 <= line < _NORTH_SQUARES):
        _refuse("That is not on the British National Grid.")
    if not 0 <= digits <= _MOST_DIGITS:
        _refuse(f"A grid reference has 0 to {_MOST_DIGITS} digits each way.")
    across, up = column + 10, line + 5
    first = (4 - up // 5) * 5 + across // 5
    second = (4 - up % 5) * 5 + across % 5
    size = _SQUARE_M // 10**digits
    halves = (f"{int(part % _SQUARE_M) // size:0{digits}d}" for part in (easting, northing))
    return " ".join([_LETTERS[first] + _LETTERS[second], *(halves if digits else ())])


def _halves(digits: str, given: str) -> tuple[str, str]:
    east, gap, north = digits.partition(" ")
    if not gap:
        middle = len(digits) // 2
        east, north = digits[:middle], digits[middle:]
    if len(east) != len(north):
        _refuse(f"“{given}” needs as many digits east as north.")
    return east, north


# --- WKT -----------------------------------------------------------------------------------------

_SRID = re.compile(r"\s*SRID\s*=\s*(\d{1,7})\s*;", re.IGNORECASE | re.ASCII)


def parse_wkt(text: str) -> tuple[BaseGeometry, int | None]:
    """A shape from WKT, and its EPSG number if it says one ("SRID=27700;POINT (…)").

    Raises Invalid about the field "location" when it cannot be read.
    """
    if len(text) > LONGEST_WKT:
        _refuse(f"The WKT is longer than {LONGEST_WKT:,} characters.")
    srid = _SRID.match(text)
    rest = text[srid.end() :] if srid else text
    try:
        with np.errstate(invalid="ignore"):  # "nan" is refused with the rest of the shape
            shape = shapely.from_wkt(rest.strip())
    except (ShapelyError, ValueError):
        _refuse(f"“{rest.strip()[:40]}” is not WKT such as POINT (-0.33 53.74).")
    return shape, int(srid[1]) if srid else None


# --- GeoJSON -------------------------------------------------------------------------------------

_DEPTH = {
    "Point": 0,
    "MultiPoint": 1,
    "LineString": 1,
    "MultiLineString": 2,
    "Polygon": 2,
    "MultiPolygon": 3,
}
_LEAST = {"LineString": 2, "MultiLineString": 2, "Polygon": 3, "MultiPolygon": 3}
_POSITION = range(2, 5)  # how many numbers


def parse_geojson(given: object) -> BaseGeometry:
    """A shape from a GeoJSON geometry or Feature: decoded, or still text or bytes.

    Every part is checked: type, nesting, numbers, corners (50,000 in all). Rings left open are
    closed. Raises Invalid about the field "location".
    """
    if isinstance(given, str | bytes):
        given = _decoded(given)
    if isinstance(given, dict) and given.get("type") == "Feature":
        given = given.get("geometry")
    if not isinstance(given, dict):
        _refuse("This is not a GeoJSON geometry.")
    kind = given.get("type")
    if not isinstance(kind, str) or kind not in _DEPTH:
        _refuse(f"A GeoJSON location is one of {', '.join(_DEPTH)}.")
    coordinates, count = _level(given.get("coordinates"), _DEPTH[kind], _LEAST.get(kind, 1))
    if count > MOST_VERTICES:
        _refuse(f"The shape has more than {MOST_VERTICES:,} corners. Simplify it.")
    if kind in ("Polygon", "MultiPolygon"):
        _close(coordinates, _DEPTH[kind])
    try:
        return from_mapping({"type": kind, "coordinates": coordinates})
    except (ShapelyError, ValueError, TypeError):
        _refuse("The coordinates do not make a shape.")


def _decoded(text: str | bytes) -> object:
    if len(text) > LONGEST_JSON:
        _refuse(f"The GeoJSON is longer than {LONGEST_JSON // 1_000_000} MB.")
    try:
        decoded: object = orjson.loads(text)
    except orjson.JSONDecodeError:
        _refuse("This is not GeoJSON: it cannot be read as JSON.")
    return decoded


def _level(given: object, depth: int, least: int) -> tuple[list[object], int]:
    """The coordinates as plain lists, all 2D, and how many positions there are."""
    if not isinstance(given, Sequence) or isinstance(given, str | bytes):
        _refuse("The coordinates are not nested as that type needs.")
    if depth == 0:
        return _position(given), 1
    if depth == 1 and len(given) < least:
        _refuse(f"A line needs 2 positions and a ring 3; one here has {len(given)}.")
    if len(given) > MOST_VERTICES:
        _refuse(f"The shape has more than {MOST_VERTICES:,} corners. Simplify it.")
    made: list[object] = []
    count = 0
    for one in given:
        part, positions = _level(one, depth - 1, least)
        count += positions
        made.append(part)
    return made, count


def _position(given: Sequence[object]) -> list[object]:
    if len(given) not in _POSITION:
        _refuse("A position is two numbers: longitude, latitude.")
    numbers: list[object] = []
    for one in given:
        if isinstance(one, bool) or not isinstance(one, int | float):
            _refuse("A position is two numbers: longitude, latitude.")
        if not abs(one) <= LARGEST:  # NaN too
            _refuse("A coordinate is not a number.")
        numbers.append(float(one))
    return numbers[:2]


def _close(coordinates: list[object], depth: int) -> None:
    for one in coordinates:
        assert isinstance(one, list)
        if depth > _DEPTH["Polygon"]:
            _close(one, depth - 1)
        elif one[0] != one[-1]:
            one.append(one[0])


def _refuse(problem: str) -> NoReturn:
    raise Invalid(problem, {"location": problem})
