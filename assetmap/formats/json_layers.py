"""GeoJSON and TopoJSON as layers of shapes, read here and by nobody else.

GDAL is kept away from JSON: several of its formats are JSON, or are found in the midst of it, and
name files and addresses to open; its GeoJSON fetches a reference system from wherever a file says.
"""

import itertools
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import orjson
import pyproj
import shapely
from numpy.typing import NDArray
from pyproj.exceptions import ProjError

from assetmap.errors import Invalid

MOST_CORNERS = 30_000_000  # in all shapes: a TopoJSON may say one line again and again
_KNOWN_CRS = re.compile(
    r"(?:urn:(?:x-)?ogc:def:crs:|https?://www\.opengis\.net/(?:def/crs|gml/srs)/)?"
    r"(?:EPSG[:/](?:[\d.]{0,8}[:/])?|epsg\.xml#)(?P<number>\d{4,6})|"
    r"(?:urn:(?:x-)?ogc:def:crs:)?(?:OGC:(?:[\d.]{0,5}:)?)?CRS84H?",
    re.IGNORECASE,
)
_DEGREES = 4326
_SHAPES = frozenset(
    (
        *("Point", "MultiPoint", "LineString", "MultiLineString"),
        *("Polygon", "MultiPolygon", "GeometryCollection"),
    )
)


@dataclass(frozen=True, slots=True)
class JsonLayer:
    """One layer: a column of values for each property, a shape or None for each feature."""

    name: str
    columns: dict[str, list[Any]]
    shapes: NDArray[np.object_]
    crs: pyproj.CRS | None


def is_json(start: bytes) -> bool:
    """Whether a file that begins so may be a JSON object."""
    return start.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] == b"{"


def decoded(content: bytes, name: str) -> Any:
    """What the JSON says, also when it was saved by an old program. Raises Invalid."""
    content = content.removeprefix(b"\xef\xbb\xbf")
    try:
        return orjson.loads(content)
    except orjson.JSONDecodeError:
        try:
            return orjson.loads(content.decode("cp1252"))
        except (UnicodeDecodeError, orjson.JSONDecodeError) as error:
            raise Invalid(f"{name} is not GeoJSON: it cannot be read as JSON.") from error


def crs_named(crs: object, name: str) -> pyproj.CRS | None:
    """The reference system of the `crs` member that GeoJSON had before 2016; None without one.

    Only systems that are known by their number are taken: never a definition that names files or
    a place to fetch one from. Raises Invalid for those.
    """
    if crs is None:
        return None
    properties = crs.get("properties") if isinstance(crs, dict) else None
    named = properties.get("name") if isinstance(properties, dict) else None
    match = _KNOWN_CRS.fullmatch(named.strip()) if isinstance(named, str) else None
    if match is None:
        raise Invalid(f"{name} has a crs member that is not known. Save it as EPSG:4326.")
    try:
        return pyproj.CRS.from_epsg(int(match["number"] or _DEGREES))
    except ProjError as error:
        raise Invalid(f"{name} is in “{match[0][:60]}”, which is not known.") from error


def layers(content: bytes, name: str) -> list[JsonLayer]:
    """The layers of a GeoJSON or TopoJSON file. Raises Invalid when it is neither."""
    given = decoded(content, name)
    kind = given.get("type") if isinstance(given, dict) else None
    features = [given] if kind == "Feature" else given.get("features") if kind else None
    if kind in ("Feature", "FeatureCollection") and isinstance(features, list):
        crs = crs_named(given.get("crs"), name) or pyproj.CRS.from_epsg(_DEGREES)
        return [_layer(name, features, crs, None)]
    if kind == "Topology" and isinstance(given.get("objects"), dict):
        told, arcs = crs_named(given.get("crs"), name), _Arcs.read(given, name)
        return [
            _layer(str(title)[:200], _features_of(one), told, arcs)
            for title, one in given["objects"].items()
        ]
    raise Invalid(f"{name} is JSON, but neither GeoJSON nor TopoJSON.")


def _layer(
    name: str, features: Sequence[Any], crs: pyproj.CRS | None, arcs: "_Arcs | None"
) -> JsonLayer:
    columns: dict[str, list[Any]] = {}
    shapes = np.empty(len(features), dtype=object)
    for at, one in enumerate(features):
        feature = one if isinstance(one, dict) else {}
        given = feature.get("properties")
        values = dict(given) if isinstance(given, dict) else {}
        if "id" in feature:
            values.setdefault("id", feature["id"])
        for key, value in values.items():
            nested = isinstance(value, dict | list)
            column = columns.setdefault(key, [None] * len(features))
            column[at] = orjson.dumps(value).decode() if nested else value
        shapes[at] = _shape(feature if arcs else feature.get("geometry"), arcs)
    return JsonLayer(name, columns, shapes, crs)


def _shape(drawn: object, arcs: "_Arcs | None") -> Any:
    """A geometry, whatever it claims beside its coordinates; None for what is none."""
    plain = _plain(drawn, arcs)
    return shapely.from_geojson(orjson.dumps(plain), on_invalid="ignore") if plain else None


def _plain(drawn: object, arcs: "_Arcs | None") -> dict[str, Any] | None:
    if not isinstance(drawn, dict) or drawn.get("type") not in _SHAPES:
        return None
    kind = drawn["type"]
    if kind == "GeometryCollection":
        parts = drawn.get("geometries")
        held = [_plain(one, arcs) for one in parts] if isinstance(parts, list) else []
        return {"type": kind, "geometries": [one for one in held if one]}
    coordinates = drawn.get("coordinates") if arcs is None else arcs.coordinates(drawn)
    return {"type": kind, "coordinates": coordinates}


def _features_of(topological: object) -> list[Any]:
    """The geometries of an object of a TopoJSON: each is a feature with its own properties."""
    if not isinstance(topological, dict):
        return []
    parts = topological.get("geometries")
    if topological.get("type") == "GeometryCollection" and isinstance(parts, list):
        return parts
    return [topological]


class _Arcs:
    """The lines that the shapes of a TopoJSON share, in coordinates."""

    def __init__(self, lines: list[list[list[float]]], scale: "_Scale | None", name: str) -> None:
        self._lines = lines
        self._scale = scale
        self._left = MOST_CORNERS
        self._name = name

    @classmethod
    def read(cls, topology: dict[str, Any], name: str) -> "_Arcs":
        """The arcs of a topology. Raises Invalid when they are not lists of positions."""
        try:
            scale = _Scale.read(topology.get("transform"))
            lines = [_line(arc, scale) for arc in topology["arcs"]]
        except (KeyError, TypeError, ValueError, IndexError) as error:
            raise Invalid(f"{name} is not whole TopoJSON: its arcs cannot be read.") from error
        return cls(lines, scale, name)

    def coordinates(self, drawn: dict[str, Any]) -> Any:
        """The coordinates of a geometry that is made of arcs, or is points."""
        try:
            if drawn["type"] in ("Point", "MultiPoint"):
                return self._points(drawn["coordinates"])
            return self._joined(drawn["arcs"])
        except (KeyError, TypeError, ValueError, IndexError) as error:
            raise Invalid(f"{self._name} is not whole TopoJSON: it lacks an arc.") from error

    def _points(self, given: Any) -> Any:
        if given and isinstance(given[0], list):
            return [self._points(one) for one in given]
        return self._scale.turn(given[0], given[1]) if self._scale else [*given[:2]]

    def _joined(self, arcs: list[Any]) -> list[Any]:
        if arcs and isinstance(arcs[0], list):
            return [self._joined(one) for one in arcs]
        corners: list[list[float]] = []
        for number in arcs:
            line = self._lines[number] if number >= 0 else self._lines[~number][::-1]
            self._left -= len(line)
            if self._left < 0:
                raise Invalid(f"{self._name} has more than {MOST_CORNERS:,} corners.")
            corners += line[1:] if corners else line  # the last of one is the first of the next
        return corners


@dataclass(frozen=True, slots=True)
class _Scale:
    """How whole numbers become coordinates: each times a step, from a corner."""

    step: tuple[float, float]
    corner: tuple[float, float]

    @classmethod
    def read(cls, given: Any) -> "_Scale | None":
        if given is None:
            return None
        (east, north), (west, south) = given["scale"], given["translate"]
        return cls((float(east), float(north)), (float(west), float(south)))

    def turn(self, across: float, up: float) -> list[float]:
        return [across * self.step[0] + self.corner[0], up * self.step[1] + self.corner[1]]


def _line(arc: list[list[float]], scale: _Scale | None) -> list[list[float]]:
    """The corners of an arc; with a scale each is told from the one before."""
    if scale is None:
        return [[float(corner[0]), float(corner[1])] for corner in arc]
    return [scale.turn(across, up) for across, up in _summed(arc)]


def _summed(arc: list[list[float]]) -> Iterator[tuple[float, float]]:
    across = itertools.accumulate(float(corner[0]) for corner in arc)
    up = itertools.accumulate(float(corner[1]) for corner in arc)
    return zip(across, up, strict=True)
