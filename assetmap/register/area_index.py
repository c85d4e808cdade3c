"""Which areas many places lie in, at once: the same answers as `indexing.areas_of`, in bulk.

One point against one database index is quick; a hundred thousand of them, as an import or new
boundaries bring, are quicker here: about a hundred times.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
import shapely
from geoalchemy2.shape import to_shape
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry as Shape
from sqlalchemy import select
from sqlalchemy.orm import Session

from assetmap.models import Area
from assetmap.register.indexing import LEAST_OVERLAP

Keys = NDArray[np.int64]
Shapes = NDArray[np.object_]
ROWS_AT_ONCE = 2_000
_POINT, _MULTIPOINT = 0, 4  # as shapely numbers them
T = TypeVar("T")
Box = tuple[float, float, float, float]


@dataclass(frozen=True)
class AreaIndex:
    """Every area's outline in memory, found by its box first.

    keys, groups, boundaries: one for each area, in the order of type, vintage and code; areas of
    one type and vintage share a group.
    """

    keys: Keys
    groups: Keys
    boundaries: Shapes
    tree: shapely.STRtree

    @classmethod
    def load(
        cls, session: Session, types: Iterable[str] | None = None, box: Box | None = None
    ) -> "AreaIndex":
        """All the areas that are loaded, or those of some types, or those that meet a box of
        degrees (west, south, east, north)."""
        query = select(Area.id, Area.type, Area.vintage, Area.code, Area.boundary)
        if types is not None:
            query = query.where(Area.type.in_(sorted(types)))
        if box is not None:
            west, south, east, north = box
            query = query.where(
                Area.west <= east, Area.east >= west, Area.south <= north, Area.north >= south
            )
        rows = session.execute(query.execution_options(yield_per=ROWS_AT_ONCE))
        found = [
            (kind, vintage, code, key, to_shape(boundary))
            for key, kind, vintage, code, boundary in rows
        ]
        return cls.of(found)

    @classmethod
    def of(cls, areas: Iterable[tuple[str, str, str, int, Shape]]) -> "AreaIndex":
        """An index of (type, vintage, code, key, boundary); boundaries in degrees, EPSG:4326."""
        ordered = sorted(areas, key=lambda area: area[:4])
        names = {name: n for n, name in enumerate(dict.fromkeys(area[:2] for area in ordered))}
        boundaries: Shapes = np.array([area[4] for area in ordered], dtype=object)
        shapely.prepare(boundaries)
        return cls(
            keys=np.array([area[3] for area in ordered], dtype=np.int64),
            groups=np.array([names[area[:2]] for area in ordered], dtype=np.int64),
            boundaries=boundaries,
            tree=shapely.STRtree(boundaries),
        )

    def assign(self, shapes: Sequence[Shape | None] | Shapes) -> list[list[int]]:
        """The keys of the areas that each shape lies in, in ascending order.

        shapes: degrees, EPSG:4326; None and empty shapes lie nowhere. A point on a border lies in
        the area whose code comes first, one of each type and vintage. A line or polygon lies in
        every area that it shares more than a border with.
        """
        given: Shapes = np.asarray(shapes, dtype=object)
        at, area = self._meeting(given)
        kinds = shapely.get_type_id(given)
        point = kinds[at] == _POINT
        at_point, area_point = self._first_of_each_group(at[point], area[point])
        at_shape, area_shape = self._sharing_ground(given, kinds, at[~point], area[~point])
        pairs = np.concatenate([at_point, at_shape]), np.concatenate([area_point, area_shape])
        return self._listed(*pairs, len(given))

    def _meeting(self, given: Shapes) -> tuple[Keys, Keys]:
        """Positions of every (shape, area) that meet."""
        at, area = self.tree.query(given)
        meets = shapely.intersects(self.boundaries[area], given[at])
        return at[meets], area[meets]

    def _first_of_each_group(self, at: Keys, area: Keys) -> tuple[Keys, Keys]:
        """Of the areas of a group that meet one point, that with the first code."""
        order = np.lexsort((area, self.groups[area], at))
        at, area = at[order], area[order]
        group = self.groups[area]
        first = np.ones(len(at), dtype=bool)
        first[1:] = (at[1:] != at[:-1]) | (group[1:] != group[:-1])
        return at[first], area[first]

    def _sharing_ground(
        self, given: Shapes, kinds: NDArray[np.integer[Any]], at: Keys, area: Keys
    ) -> tuple[Keys, Keys]:
        """Of the pairs that meet, those that share more than a border."""
        shared = shapely.intersection(given[at], self.boundaries[area])
        is_line = shapely.area(given[at]) == 0
        keep = shapely.area(shared) > LEAST_OVERLAP**1.5
        keep |= is_line & (shapely.length(shared) > LEAST_OVERLAP)
        keep |= kinds[at] == _MULTIPOINT
        return at[keep], area[keep]

    def _listed(self, at: Keys, area: Keys, count: int) -> list[list[int]]:
        keys = self.keys[area]
        order = np.lexsort((keys, at))
        ends = np.searchsorted(at[order], np.arange(count + 1))
        flat = keys[order].tolist()
        return [flat[ends[n] : ends[n + 1]] for n in range(count)]


@dataclass
class Outlines:
    """The outlines that run after run of places may lie in, fetched as they are asked for.

    The first run fetches what is round it; one that lies elsewhere fetches all that there is.
    """

    session: Session
    _index: AreaIndex | None = None
    _box: Box = (-180.0, -90.0, 180.0, 90.0)

    def assign(self, shapes: Sequence[Shape | None]) -> list[list[int]]:
        """As `AreaIndex.assign`."""
        placed = [shape for shape in shapes if shape is not None and not shape.is_empty]
        if not placed:
            return [[] for _ in shapes]
        west, south, east, north = (float(edge) for edge in shapely.total_bounds(placed))
        if self._index is None:
            self._box = (west, south, east, north)
            self._index = AreaIndex.load(self.session, box=self._box)
        elif not _holds(self._box, (west, south, east, north)):
            self._box = (-180.0, -90.0, 180.0, 90.0)
            self._index = AreaIndex.load(self.session)
        return self._index.assign(shapes)


def _holds(outer: Box, inner: Box) -> bool:
    return (
        outer[0] <= inner[0]
        and outer[1] <= inner[1]
        and outer[2] >= inner[2]
        and outer[3] >= inner[3]
    )


def in_parts(items: Sequence[T], size: int = ROWS_AT_ONCE) -> Iterable[Sequence[T]]:
    """Runs of at most `size` items, in order."""
    return (items[start : start + size] for start in range(0, len(items), size))
