"""GeoJSON, GeoPackage and zipped shapefiles as tables whose rows carry a shape."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
from shapely.geometry.base import BaseGeometry

from assetmap.errors import Invalid
from assetmap.formats import headings, json_layers, vector
from assetmap.formats.coordinates import DEGREES, parse_geojson
from assetmap.formats.limits import Limits, opened
from assetmap.formats.positions import to_degrees
from assetmap.formats.table import (
    NUL_REMOVED,
    Row,
    Table,
    check_cell,
    check_columns,
    check_row,
)


def geojson_table(source: Path | bytes, filename: str, limits: Limits) -> Table:
    """The features of a GeoJSON file; one that is wrong is a refused row, not a refused file.

    Columns are the properties in the order they first appear, after `id` if features have one.
    """
    with opened(source) as file:
        features, epsg = _features(file.read(), filename)
    check_row(len(features), limits, filename)
    seen: dict[str, None] = {}
    for one in features:
        if isinstance(one, dict) and isinstance(one.get("properties"), dict):
            seen.update(dict.fromkeys(one["properties"]))
    if "id" not in seen and any(isinstance(one, dict) and "id" in one for one in features):
        seen = {"id": None, **seen}
    check_columns(len(seen), limits, filename)
    names, changed = headings.unique(list(seen), len(seen))
    columns = dict(zip(seen, names, strict=True))

    def rows() -> Iterator[Row]:
        for number, one in enumerate(features, start=1):
            yield _feature_row(one, number, columns, epsg, limits)

    return Table("geojson", names, rows, warnings=changed, has_geometry=True)


def layer_table(source: Path | bytes, filename: str, kind: str, limits: Limits) -> Table:
    """The first layer of a GeoPackage or shapefile; a warning names any others."""
    layers = vector.layers(source, filename)
    if not layers:
        raise Invalid(f"{filename} has no layer with shapes.")
    layer = layers[0]
    check_columns(len(layer.columns), limits, filename)
    names, warnings = headings.unique(layer.columns, len(layer.columns))
    if len(layers) > 1:
        others = ", ".join(one.name for one in layers[1:])
        warnings.append(f"Only the layer {layer.name} is read; the file also has {others}.")

    def rows() -> Iterator[Row]:
        for chunk in vector.chunks(layer):
            shapes = vector.in_degrees(chunk.shapes, layer.crs)
            for at, shape in enumerate(shapes):
                number = chunk.first + at
                check_row(number, limits, filename)
                values = {
                    name: vector.text(chunk.values[column][at])
                    for column, name in zip(layer.columns, names, strict=True)
                }
                for name, value in values.items():
                    check_cell(value, number, name, limits)
                yield Row(number, values, geometry=shape)

    return Table(kind, names, rows, warnings=warnings, has_geometry=True)


def _features(content: bytes, filename: str) -> tuple[list[Any], int]:
    """The features, and the EPSG number of their coordinates."""
    decoded = json_layers.decoded(content, filename)
    kind = decoded.get("type") if isinstance(decoded, dict) else None
    if kind == "Feature":
        return [decoded], DEGREES
    if kind != "FeatureCollection" or not isinstance(decoded.get("features"), list):
        raise Invalid(f"{filename} is JSON, but not a GeoJSON FeatureCollection.")
    return decoded["features"], _epsg(decoded.get("crs"), filename)


def _epsg(crs: object, filename: str) -> int:
    """The number in the `crs` member that GeoJSON had before 2016; degrees without one."""
    found = json_layers.crs_named(crs, filename)
    return (found.to_epsg() if found is not None else None) or DEGREES


def _feature_row(
    one: object, number: int, columns: dict[str, str], epsg: int, limits: Limits
) -> Row:
    if not isinstance(one, dict) or one.get("type") != "Feature":
        return Row(number, dict.fromkeys(columns.values(), ""), problem="This is not a Feature.")
    given = one.get("properties")
    properties: dict[str, Any] = given if isinstance(given, dict) else {}
    if "id" in one:
        properties = {"id": one["id"], **properties}
    row = Row(number)
    for name, column in columns.items():
        text = _text(properties.get(name))
        if "\0" in text:
            text = text.replace("\0", "")
            row.warnings = [NUL_REMOVED]
        check_cell(text, number, column, limits)
        row.values[column] = text
    try:
        row.geometry = _shape(one.get("geometry"), epsg)
    except Invalid as error:
        row.problem = str(error)
    return row


def _shape(geometry: object, epsg: int) -> BaseGeometry | None:
    return None if geometry is None else to_degrees(parse_geojson(geometry), epsg)


def _text(value: object) -> str:
    """A property as text; lists of words joined, anything nested as JSON."""
    match value:
        case None:
            return ""
        case str():
            return value
        case bool():
            return "yes" if value else "no"
        case list() if all(isinstance(one, str) for one in value):
            return "; ".join(value)
        case list() | dict():
            return orjson.dumps(value).decode()
    return vector.text(value)
