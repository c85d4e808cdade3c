"""The ground plan of Alderbrook: neighbourhoods, small areas, water, railway and parks.

Everything here is in plan metres (east, north) around the market square. `on_earth` bends the plan
a little, so that nothing is ruler-straight, and puts it on the globe. The place is invented:
nothing is taken from a map of anywhere.
"""

import math
import random
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, TypeVar

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import affinity
from shapely.geometry import LineString, MultiPoint, Point, Polygon, box
from shapely.geometry.base import BaseGeometry
from shapely.ops import polygonize, unary_union, voronoi_diagram

G = TypeVar("G", bound=BaseGeometry)
SEED = 20261
LONGITUDE, LATITUDE = -1.92, 53.735
METRES_PER_DEGREE_NORTH = 111_320.0
METRES_PER_DEGREE_EAST = METRES_PER_DEGREE_NORTH * math.cos(math.radians(LATITUDE))
STEP_M = 40.0
HALF_MAP_M = 3000.0
OLD_TOWN_M = 1225.0
SLIVER_M2 = 1000.0
BIG_CELL_M2 = 300_000.0

CENTRE = ("Town Centre", ("Market Quarter", "Priory Fields", "Tanner's Row"))
SECTORS = (
    ("Westgarth", ("Westgarth", "Longmeadow", "Copley Vale")),
    ("Southmoor", ("Fernside", "Southmoor", "Hag Wood")),
    ("Millgate & Weir", ("Millgate", "Weaver's End", "Weir Bottom")),
    ("Eastfield", ("Eastfield", "Ryeland", "Sandybrook")),
    ("Beacon", ("Oldroyd", "Starling Park", "Beacon Hill")),
    ("Northcote", ("Cross Bank", "Northcote", "Thornlea")),
    ("Hollins", ("Kiln Lane", "Ashworth", "Hollins")),
)
WARD_NAMES = (CENTRE[0], *(name for name, _ in SECTORS))
PARKS = (
    ("Priory Fields", "Priory Gardens"),
    ("Westgarth", "Westgarth Recreation Ground"),
    ("Copley Vale", "Copley Vale Meadow"),
    ("Fernside", "Fernside Park"),
    ("Hag Wood", "Hag Wood Fields"),
    ("Millgate", "Millfield Park"),
    ("Weaver's End", "Weaver's Green"),
    ("Eastfield", "Albion Park"),
    ("Ryeland", "Ryeland Playing Fields"),
    ("Oldroyd", "Jubilee Park"),
    ("Beacon Hill", "Beacon Park"),
    ("Cross Bank", "Quarry Park"),
    ("Thornlea", "Thornlea Green"),
    ("Kiln Lane", "Victoria Park"),
    ("Ashworth", "Ashworth Moss"),
)
INDUSTRIAL = ("Weir Bottom", "Sandybrook")
UNDIVIDED = ("Hag Wood", "Weir Bottom", "Sandybrook", "Beacon Hill", "Market Quarter")


@dataclass(frozen=True)
class Neighbourhood:
    """One named part of the town. `built` is the part of it that has streets."""

    name: str
    ward: int
    shape: Polygon
    built: Polygon
    industrial: bool


@dataclass(frozen=True)
class SmallPart:
    """One small area of the plan, inside one neighbourhood of one ward (an index of WARD_NAMES)."""

    ward: int
    neighbourhood: str
    shape: Polygon


@dataclass(frozen=True)
class Plan:
    """The ground plan, in plan metres."""

    neighbourhoods: tuple[Neighbourhood, ...]
    small_parts: tuple[SmallPart, ...]
    town: Polygon
    river: LineString
    canal: LineString
    railway: LineString
    reservoir: Polygon
    woods: tuple[Polygon, ...]
    parks: tuple[tuple[str, Polygon], ...]


def draw() -> Plan:
    """Draw the plan. The same every time."""
    rnd = random.Random(SEED)  # noqa: S311 - a drawing, not a secret
    town = affinity.scale(Point(0, 0).buffer(2050, 64), 1.12, 0.96)
    cells = _neighbourhoods(rnd, town)
    return Plan(
        neighbourhoods=cells,
        small_parts=_small_parts(cells),
        town=town,
        river=_wave(-520, (330, 900, 0.4), (90, 260, 0.0)),
        canal=_wave(-235, (300, 900, 0.55), (0, 1, 0)),
        railway=_wave(360, (210, 1150, 2.6), (60, 520, 1.0), slope=0.06),
        reservoir=affinity.scale(Point(-1330, 1330).buffer(150, 32), 1.5, 0.8),
        woods=tuple(
            affinity.scale(Point(x, y).buffer(r, 5), 1.3, 0.8)
            for x, y, r in (
                (-2350, 1750, 400),
                (2300, -1750, 430),
                (1900, 2080, 320),
                (-2150, -1950, 390),
                (150, -2420, 300),
            )
        ),
        parks=_parks(rnd, cells),
    )


def on_earth(shape: G, step_m: float | None = None) -> G:
    """The shape in EPSG:4326, longitude before latitude; bent along pieces of `step_m` metres."""
    pieces = shapely.segmentize(shape, step_m) if step_m else shape
    placed: G = shapely.transform(pieces, _bend)
    return placed


def whole(shape: BaseGeometry) -> Polygon:
    """The shape, which must be one polygon. TypeError when it is anything else."""
    if not isinstance(shape, Polygon):
        raise TypeError(shape.geom_type)
    return shape


def _bend(points: NDArray[np.float64]) -> NDArray[np.float64]:
    x, y = points[:, 0], points[:, 1]
    east = x + 70 * np.sin(y / 700 + 0.6) + 35 * np.sin((x + y) / 430) + 12 * np.sin(y / 170)
    north = y + 60 * np.sin(x / 640 + 1.9) + 30 * np.sin((x - y) / 390) + 12 * np.sin(x / 150)
    longitudes = LONGITUDE + east / METRES_PER_DEGREE_EAST
    latitudes = LATITUDE + north / METRES_PER_DEGREE_NORTH
    return np.round(np.column_stack([longitudes, latitudes]), 7)


def _wave(north: float, *waves: tuple[float, float, float], slope: float = 0.0) -> LineString:
    x = np.linspace(-HALF_MAP_M - 400, HALF_MAP_M + 400, 200)
    y = north + slope * x
    for height, length, phase in waves:
        y = y + height * np.sin(x / length + phase)
    return LineString(np.column_stack([x, y]))


def _district() -> Polygon:
    turns = np.linspace(0, 2 * math.pi, 160, endpoint=False)
    radius = 2560 + 110 * np.sin(3 * turns + 0.7) + 60 * np.sin(7 * turns)
    return Polygon(np.column_stack([1.08 * radius * np.cos(turns), radius * np.sin(turns)]))


def _seeds(rnd: random.Random) -> list[tuple[str, int, Point]]:
    found = []
    for i, name in enumerate(CENTRE[1]):
        turn = math.radians(95 + 120 * i)
        found.append((name, 0, Point(280 * math.cos(turn), 260 * math.sin(turn))))
    for sector, (_, names) in enumerate(SECTORS):
        middle = -math.pi + (sector + 0.5) * 2 * math.pi / len(SECTORS)
        for name, radius, aside in zip(names, (930, 1690, 1690), (0, -0.24, 0.24), strict=True):
            turn = middle + aside + rnd.uniform(-0.06, 0.06)
            far = radius + rnd.uniform(-90, 90)
            place = Point(1.08 * far * math.cos(turn), far * math.sin(turn))
            found.append((name, sector + 1, place))
    return found


def _neighbourhoods(rnd: random.Random, town: Polygon) -> tuple[Neighbourhood, ...]:
    seeds = _seeds(rnd)
    wide = box(-9000, -9000, 9000, 9000)
    cells = list(voronoi_diagram(MultiPoint([p for *_, p in seeds]), envelope=wide).geoms)
    district = _district()
    found = []
    for name, ward, place in seeds:
        cell = whole(next(c for c in cells if c.contains(place)).intersection(district))
        found.append(
            Neighbourhood(name, ward, cell, whole(cell.intersection(town)), name in INDUSTRIAL)
        )
    return tuple(found)


def _small_parts(cells: tuple[Neighbourhood, ...]) -> tuple[SmallPart, ...]:
    """Cut every neighbourhood in two, on one set of noded lines, so that all nest exactly."""
    lines: list[BaseGeometry] = [c.shape.exterior for c in cells]
    for cell in cells:
        if cell.name not in UNDIVIDED:
            lines.append(_cut(cell))
    noded = shapely.segmentize(unary_union(lines), STEP_M)
    found = []
    for face in polygonize(noded):
        inside = face.representative_point()
        owner = next((c for c in cells if c.shape.contains(inside)), None)
        if owner is not None and face.area > SLIVER_M2:
            found.append(SmallPart(owner.ward, owner.name, face))
    order = {c.name: i for i, c in enumerate(cells)}
    found.sort(key=lambda p: (p.ward, order[p.neighbourhood], p.shape.centroid.x))
    return tuple(found)


def _cut(cell: Neighbourhood) -> BaseGeometry:
    """A line across the middle of the built part, the short way."""
    middle = cell.built.centroid
    frame: Any = cell.built.minimum_rotated_rectangle
    corners = list(frame.exterior.coords)
    sides = sorted(pairwise(corners), key=lambda s: math.dist(*s))
    (x0, y0), (x1, y1) = sides[0]
    dx, dy = (x1 - x0) * 9, (y1 - y0) * 9
    across = LineString([(middle.x - dx, middle.y - dy), (middle.x + dx, middle.y + dy)])
    return across.intersection(cell.shape)


def _parks(rnd: random.Random, cells: tuple[Neighbourhood, ...]) -> tuple[tuple[str, Polygon], ...]:
    by_name = {c.name: c for c in cells}
    found = []
    for neighbourhood, name in PARKS:
        cell = by_name[neighbourhood].built
        middle, turn = cell.centroid, rnd.uniform(0, 2 * math.pi)
        away = rnd.uniform(20, 90)
        size = rnd.uniform(90, 150) if cell.area > BIG_CELL_M2 else 60
        blob = affinity.scale(Point(0, 0).buffer(size, 4), 1.3, 0.85)
        blob = affinity.rotate(blob, rnd.uniform(0, 180), origin=(0, 0))
        blob = affinity.translate(
            blob, middle.x + away * math.cos(turn), middle.y + away * math.sin(turn)
        )
        found.append((name, whole(blob.intersection(cell.buffer(-20)))))
    return tuple(found)
