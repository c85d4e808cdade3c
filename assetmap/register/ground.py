"""Outlines in degrees, measured in metres."""

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import Transformer
from shapely.geometry.base import BaseGeometry as Shape

SLIVER = 0.01  # of the smaller: outlines of neighbours overlap by less where they are drawn roughly


def grown(shape: Shape, metres: float) -> Shape:
    """The shape and all within so many metres of it. shape: degrees in EPSG:4326; measured about
    its own middle, so that it is right to some centimetres as long as all is within 100 km."""
    if not metres:
        return shape
    middle = shape.centroid
    about = f"+proj=aeqd +lat_0={middle.y} +lon_0={middle.x} +ellps=WGS84 +units=m"
    there = Transformer.from_crs(4326, about, always_xy=True)
    back = Transformer.from_crs(about, 4326, always_xy=True)
    wide = shapely.buffer(_moved(shape, there), metres, quad_segs=16)
    return _moved(wide, back)


def _moved(shape: Shape, by: Transformer) -> Shape:
    def points(given: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.column_stack(by.transform(given[:, 0], given[:, 1]))

    return shapely.transform(shape, points)


def overlaps(one: Shape, other: Shape) -> bool:
    """Whether they have more in common than an edge: more than a hundredth of the smaller."""
    common = shapely.intersection(one, other)
    least = min(one.area, other.area)
    return bool(common.area > SLIVER * least) if least else not common.is_empty
