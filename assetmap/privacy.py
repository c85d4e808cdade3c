"""Showing a place less closely than it is known: always the same way, never at random."""

from collections.abc import Sequence
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


def count_shown(people: int | None) -> int | None:
    """A count of people as it may be shown; None where there is none, or so few of them that each
    could be told."""
    return people if people is not None and (people == 0 or enough(people)) else None


def counts_shown(counts: Sequence[int]) -> list[int | None]:
    """The counts that a whole falls into, beside which its sum is shown; None for those hidden.

    Fewer than five are hidden, but for none at all, and so many of the next larger with them that
    the sum does not give them away.
    """
    hidden = [at for at, count in enumerate(counts) if 0 < count < LEAST]
    rest = sorted((at for at, count in enumerate(counts) if count >= LEAST), key=counts.__getitem__)
    while rest and hidden and _gives_away([counts[at] for at in hidden]):
        hidden.append(rest.pop(0))
    return [None if at in hidden else count for at, count in enumerate(counts)]


def _gives_away(hidden: Sequence[int]) -> bool:
    """Whether the sum of hidden counts tells one of them, or is one of few people itself."""
    few = sum(count < LEAST for count in hidden)
    least, whole = few + LEAST * (len(hidden) - few), sum(hidden)
    is_most = few == len(hidden) and whole == few * (LEAST - 1)
    return len(hidden) == 1 or whole < LEAST or whole == least or is_most
