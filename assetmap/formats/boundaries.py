"""Boundaries of areas, from any geographic file and any coordinate reference system it declares."""

import difflib
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import shapely
from shapely.geometry import MultiPolygon, Polygon
from shapely.geometry.base import BaseGeometry

from assetmap.errors import Invalid
from assetmap.formats import limits, vector
from assetmap.formats.positions import mended_polygon

MOST_BYTES = 500 * limits.MEGABYTE
MOST_FEATURES = 300_000  # Great Britain has about 230,000 output areas
LONGEST_CODE = 40
LONGEST_NAME = 160


@dataclass(frozen=True, slots=True)
class AreaShape:
    """One area. boundary: valid, two-dimensional, degrees (EPSG:4326), longitude first."""

    code: str
    name: str
    boundary: MultiPolygon


@dataclass(slots=True)
class Boundaries:
    """What a file holds.

    repaired: codes of areas whose outline crossed itself and was mended.
    refused: (number of the feature counting from 1, reason) for those left out.
    repeated: how many features were the same as one before, and left out for that.
    """

    areas: list[AreaShape] = field(default_factory=list)
    repaired: list[str] = field(default_factory=list)
    refused: list[tuple[int, str]] = field(default_factory=list)
    repeated: int = 0


def read(
    path: Path,
    *,
    code: str,
    name: str,
    max_bytes: int = MOST_BYTES,
    max_features: int = MOST_FEATURES,
) -> Boundaries:
    """The areas in a GeoJSON, TopoJSON, GeoPackage, shapefile or zipped shapefile.

    code, name: columns that hold them; upper and lower case do not matter.
    Raises Invalid, changing nothing, when the file cannot be read, is too large, lacks a column
    (the message lists those there are) or does not say how its coordinates are meant.
    """
    limits.check_size(path, max_bytes, path.name)
    layer, code, name = _layer_with(vector.layers(path, path.name), code, name, path.name)
    found = Boundaries()
    seen: dict[str, tuple[int, MultiPolygon]] = {}
    for chunk in vector.chunks(layer, list({code: 0, name: 0})):
        if chunk.first + len(chunk.shapes) - 1 > max_features:
            raise Invalid(f"{path.name} holds more than {max_features:,} areas.")
        shapes = vector.in_degrees(chunk.shapes, layer.crs)
        in_world = vector.within_the_world(shapes)
        for at, shape in enumerate(shapes):
            named = vector.text(chunk.values[code][at]), vector.text(chunk.values[name][at])
            problem = _problem(named[0], shape, in_world=bool(in_world[at]))
            if problem is None:
                problem = _add(found, seen, named, shape, chunk.first + at)
            if problem:
                found.refused.append((chunk.first + at, problem))
    return found


def _layer_with(
    layers: list[vector.Layer], code: str, name: str, file: str
) -> tuple[vector.Layer, str, str]:
    """The first layer that has both columns, and the columns as it spells them."""
    there: list[str] = []
    for layer in layers:
        spelt = {column.lower(): column for column in layer.columns}
        spelt |= {column: column for column in layer.columns}
        both = [spelt.get(one) or spelt.get(one.lower()) for one in (code, name)]
        if both[0] and both[1]:
            return layer, both[0], both[1]
        there += [column for column in layer.columns if column not in there]
    missing = next(
        (one for one in (code, name) if one.lower() not in {each.lower() for each in there}), code
    )
    likely = difflib.get_close_matches(
        missing.lower(), [one.lower() for one in there], n=3, cutoff=0.6
    )
    near = [one for one in there if one.lower() in likely]
    raise Invalid(
        f"{file} has no column {missing}."
        + (f" Did you mean {' or '.join(near)}?" if near else "")
        + f" It has {', '.join(there) or 'no columns'}."
    )


def _problem(code: str, shape: BaseGeometry | None, *, in_world: bool) -> str | None:
    """Why a feature cannot be an area, or None."""
    reason = None
    if not code:
        reason = "it has no code"
    elif len(code) > LONGEST_CODE:
        reason = f"its code is longer than {LONGEST_CODE} characters"
    elif shape is None or shape.is_empty:
        reason = f"{code} has no outline"
    elif "Polygon" not in shape.geom_type:
        reason = f"{code} is a {shape.geom_type}, not a polygon"
    elif not in_world or not np.isfinite(shapely.get_coordinates(shape)).all():
        reason = f"{code} lies outside -180 to 180, -90 to 90 degrees"
    return reason


def _add(
    found: Boundaries,
    seen: dict[str, tuple[int, MultiPolygon]],
    named: tuple[str, str],
    shape: BaseGeometry,
    row: int,
) -> str | None:
    """Take the area in, mended if need be; the reason if it cannot be."""
    code, name = named
    boundary: BaseGeometry | None = shape
    if not shape.is_valid:
        boundary = mended_polygon(shape)
    if boundary is None or boundary.area == 0:
        return f"{code} encloses no area"
    whole = boundary if isinstance(boundary, MultiPolygon) else MultiPolygon([_polygon(boundary)])
    if code in seen:
        earlier, there = seen[code]
        if not shapely.equals_exact(there.normalize(), whole.normalize(), tolerance=0):
            return f"{code} is there already, as feature {earlier}, with another outline"
        found.repeated += 1
        return None
    seen[code] = (row, whole)
    if boundary is not shape:
        found.repaired.append(code)
    found.areas.append(AreaShape(code, (name or code)[:LONGEST_NAME], whole))
    return None


def _polygon(shape: BaseGeometry) -> Polygon:
    assert isinstance(shape, Polygon)
    return shape
