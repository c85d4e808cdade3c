"""Showing a place less closely than it is known: always the same way, never at random."""

from functools import cache

import shapely
from pyproj import Transformer
from shapely.geometry.base import BaseGeometry as Shape

GRID_M = {"street": 100.0, "postcode": 250.0}
FALLBACK_GRID_M = 1000.0  # for a small area or ward that is not loaded


@cache
def _to_grid() -> Transformer:
    return Transformer.from_crs(4326, 27700, always_xy=True)


@cache
def _from_grid() -> Transformer:
    return Transformer.from_crs(27700, 4326, always_xy=True)


def snapped(shape: Shape, cell_m: float) -> Shape:
    """The middle of the square of the British National Grid that the shape's own middle lies in.

    shape: any geometry, degrees in EPSG:4326. cell_m: side of a square in metres, above 0.
    Returns a Point, EPSG:4326, at most cell_m / sqrt(2) metres from a point's own place. Every
    place in a square gives the same Point, so asking again tells nothing more.
    """
    middle = shape.representative_point()
    east, north = _to_grid().transform(middle.x, middle.y)
    at = tuple((value // cell_m + 0.5) * cell_m for value in (east, north))
    return shapely.Point(*(round(degrees, 6) for degrees in _from_grid().transform(*at)))


LEAST = 5


def enough(people: int) -> bool:
    """Whether so many people stand behind a figure that none of them can be told from it."""
    return people >= LEAST
