"""GeoJSON out (RFC 7946): longitude before latitude, seven decimals, about a centimetre."""

from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Any

import numpy as np
import orjson
import shapely
from numpy.typing import NDArray
from shapely.geometry import Point, mapping
from shapely.geometry.base import BaseGeometry

DECIMALS = 7
CHUNK_BYTES = 32_768


def geometry(shape: BaseGeometry | None) -> dict[str, Any] | None:
    """The geometry object of a shape in EPSG:4326, or None where there is none."""
    if shape is None or shape.is_empty:
        return None
    if isinstance(shape, Point):
        return {
            "type": "Point",
            "coordinates": [round(shape.x, DECIMALS), round(shape.y, DECIMALS)],
        }
    return dict(mapping(shapely.transform(shape, _rounded)))


def feature(
    uid: object, shape: BaseGeometry | None, properties: Mapping[str, Any], **members: Any
) -> dict[str, Any]:
    """One Feature. `members` are added beside the usual ones, as in `links=[…]`."""
    return {
        "type": "Feature",
        "id": str(uid),
        "geometry": geometry(shape),
        "properties": dict(properties),
        **members,
    }


def dumps(thing: object) -> bytes:
    """JSON text; dates as ISO 8601, uuids and decimals as text, sets as lists."""
    return orjson.dumps(thing, default=_other, option=orjson.OPT_NON_STR_KEYS)


def collection_stream(
    features: Iterable[Mapping[str, Any]], *, has_begun: bool = False, **members: Any
) -> Iterator[bytes]:
    """A FeatureCollection in pieces, never whole in memory.

    `members` (numberMatched, links, facets …) come before the features. has_begun: go on with a
    file that was broken off behind a feature.
    """
    if not has_begun:
        yield dumps({"type": "FeatureCollection", **members})[:-1] + b',"features":['
    buffer = bytearray()
    for at, one in enumerate(features):
        if at or has_begun:
            buffer += b","
        buffer += b"\n" + dumps(one)
        if len(buffer) >= CHUNK_BYTES:
            yield bytes(buffer)
            buffer.clear()
    buffer += b"\n]}\n"
    yield bytes(buffer)


def _rounded(coordinates: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.round(coordinates, DECIMALS)


def _other(thing: object) -> object:
    match thing:
        case set() | frozenset():
            return sorted(thing, key=str)
        case Decimal():
            return str(thing)
        case BaseGeometry():
            return geometry(thing)
    raise TypeError(f"{type(thing).__name__} has no place in JSON")
