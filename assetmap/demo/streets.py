"""The streets of Alderbrook: main roads, estate streets with themed names, paths, the railway."""

import math
import random
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import shapely
from shapely import affinity
from shapely.geometry import LineString, Point, Polygon, box
from shapely.geometry.base import BaseGeometry
from shapely.ops import linemerge, unary_union

from assetmap.demo.plan import HALF_MAP_M, OLD_TOWN_M, SEED, Neighbourhood, Plan

WIDTH_M = {"primary": 9.0, "secondary": 7.5, "tertiary": 5.0, "residential": 5.0}
SHORTEST_ROAD_M = 120.0
SHORTEST_STREET_M = 45.0
RADIALS = (
    (12, "Harcastle Road"),
    (70, "Northgate"),
    (150, "Leyburn Road"),
    (205, "Old Mill Road"),
    (268, "Southgate"),
    (325, "Eastfield Road"),
)
THEMES = tuple(
    tuple(line.split(","))
    for line in (
        "Market,Cloth Hall,Tenter,Piece Hall,Cornmarket,Butter,Shambles,Fleece,Bell,Crown,Priory,"
        "Abbot,Cloister,Almoner,Chantry,Guildhall",
        "Mill,Weaver,Dyer,Fuller,Carder,Spinner,Shuttle,Bobbin,Loom,Sizing,Worsted,Heddle,Warp,"
        "Selvedge,Teasel,Twill",
        "Lark,Kestrel,Heron,Finch,Curlew,Plover,Swallow,Dunnock,Wren,Siskin,Lapwing,Swift,Martin,"
        "Redwing,Fieldfare,Linnet",
        "Oak,Elm,Beech,Hawthorn,Rowan,Sycamore,Linden,Alder,Holly,Hazel,Birch,Maple,Hornbeam,"
        "Blackthorn,Willow,Aspen",
        "Albert,Victoria,Jubilee,Coronation,Unity,Providence,Empire,Alma,Prospect,Institute,"
        "Cavendish,Clarence,Regent,Balmoral,Windsor,Alexandra",
        "Chapel,Salem,Bethel,Ebenezer,Hope,Church,Vicarage,Glebe,Parsonage,Sexton,Steeple,Lych,"
        "Zion,Bethesda,Rehoboth,Temperance",
        "Quarry,Delph,Clough,Royd,Ing,Croft,Garth,Intake,Carr,Scar,Bank,Moor,Shaw,Holme,Syke,Thwaite",
        "Harrow,Sickle,Barley,Rye,Haystack,Ploughman,Granary,Drover,Shepherd,Fallow,Furrow,Stable,"
        "Wheatsheaf,Threshing,Scythe,Barn",
        "Orchard,Damson,Bramley,Pearmain,Russet,Costard,Quince,Medlar,Pippin,Cherry,Greengage,"
        "Bullace,Mulberry,Codling,Perry,Plum",
        "Wharf,Lock,Bridge,Ferry,Barge,Towpath,Weir,Sluice,Osier,Ford,Basin,Bargee,Windlass,"
        "Millrace,Staithe,Waterside",
        "Foundry,Station,Signal,Engine,Forge,Anvil,Tannery,Cooper,Salter,Chandler,Fettler,Lamplighter,"
        "Wagon,Turntable,Brass,Iron",
        "Clover,Bramble,Heather,Foxglove,Campion,Speedwell,Meadowsweet,Primrose,Bluebell,Yarrow,"
        "Bracken,Teasel Bank,Harebell,Celandine,Sorrel,Vetch",
    )
)
ENDINGS = (
    "Street",
    "Road",
    "Lane",
    "Terrace",
    "Avenue",
    "Grove",
    "Place",
    "Row",
    "Crescent",
    "Drive",
)
OUTER_ENDINGS = (
    "Avenue",
    "Drive",
    "Close",
    "Grove",
    "Way",
    "Rise",
    "Road",
    "Crescent",
    "Walk",
    "Lane",
)


@dataclass(frozen=True)
class Way:
    """A named road, path or railway in plan metres; a street cut by a park has several ways."""

    kind: str
    name: str
    line: LineString


@dataclass
class Names:
    """Street names still to be given; no two streets of the town share one."""

    rnd: random.Random
    used: set[str]

    def next(self, theme: int, endings: tuple[str, ...]) -> str:
        """A name not given before, from the theme while it lasts."""
        for word in self.rnd.sample(THEMES[theme % len(THEMES)], 16):
            for ending in self.rnd.sample(endings, 3):
                if (name := f"{word} {ending}") not in self.used:
                    self.used.add(name)
                    return name
        return self.next(theme + 5, endings)


def lay(plan: Plan) -> tuple[Way, ...]:
    """All ways of the town."""
    rnd = random.Random(SEED + 1)  # noqa: S311 - a drawing, not a secret
    names = Names(rnd, {name for _, name in RADIALS})
    ways = [*_main_roads(plan), *_estate_roads(plan, names)]
    wet = unary_union(
        [
            plan.river.buffer(50),
            plan.canal.buffer(14),
            plan.railway.buffer(16),
            plan.reservoir.buffer(20),
        ]
    )
    for number, cell in enumerate(plan.neighbourhoods):
        ways.extend(_streets(plan, cell, number, names, wet))
    ways.extend(_lanes(plan, names))
    ways.extend(_paths(plan))
    ways.append(Way("rail", "Alder Valley Line", plan.railway))
    return tuple(ways)


def _main_roads(plan: Plan) -> Iterator[Way]:
    extent = box(-HALF_MAP_M, -HALF_MAP_M, HALF_MAP_M, HALF_MAP_M)
    reach = HALF_MAP_M * 1.5
    for degrees, name in RADIALS:
        turn = math.radians(degrees)
        start = (60 * math.cos(turn), 60 * math.sin(turn))
        end = (reach * math.cos(turn + 0.08), reach * math.sin(turn + 0.08))
        yield Way("primary", name, pieces(LineString([start, end]).intersection(extent))[0])
    square = affinity.scale(Point(0, 0).buffer(60, 3), 1.15, 0.9)
    yield Way("primary", "Market Place", LineString(square.exterior.coords))
    ring = affinity.scale(Point(0, 0).buffer(430, 32), 1.12, 0.9)
    yield Way("primary", "Ring Road", LineString(ring.exterior.coords))


def _estate_roads(plan: Plan, names: Names) -> Iterator[Way]:
    edges = unary_union([c.shape.exterior for c in plan.neighbourhoods])
    merged = linemerge(pieces(edges)).intersection(plan.town.buffer(-40))
    for number, line in enumerate(pieces(merged)):
        if line.length > SHORTEST_ROAD_M:
            name = names.next(number, ("Road", "Lane", "Road", "Bank"))
            yield Way("secondary", name, line)


def _streets(
    plan: Plan, cell: Neighbourhood, number: int, names: Names, wet: BaseGeometry
) -> Iterator[Way]:
    inner = cell.built.buffer(-17)
    keep = unary_union([wet, *(park.buffer(7) for _, park in plan.parks)])
    inside = inner.difference(keep)
    shapely.prepare(inside)
    endings = ENDINGS if cell.built.centroid.distance(Point(0, 0)) < OLD_TOWN_M else OUTER_ENDINGS
    for line in _grid(cell, names.rnd):
        parts = [p for p in pieces(line.intersection(inside)) if p.length > SHORTEST_STREET_M]
        if parts:
            name = names.next(number, endings)
            yield from (Way("residential", name, part) for part in parts)


def _grid(cell: Neighbourhood, rnd: random.Random) -> Iterator[LineString]:
    """Rows of streets and a few cross streets, turned and, away from the centre, curved."""
    middle, reach = cell.built.centroid, 900.0
    outer = middle.distance(Point(0, 0)) > OLD_TOWN_M
    row, cross = rnd.choice((64.0, 70.0, 78.0)), rnd.choice((165.0, 185.0, 205.0))
    if outer:
        row, cross = row + 12, cross + 25
    if cell.industrial:
        row, cross = 165.0, 215.0
    turn = rnd.uniform(0, 90)
    bend, length = (rnd.uniform(28, 46), rnd.uniform(120, 190)) if outer else (6.0, 260.0)
    lines = [LineString([(x, -reach), (x, reach)]) for x in np.arange(-reach, reach, cross)]
    for y in np.arange(-reach, reach, row):
        stops = [-reach, *sorted(rnd.uniform(-260, 260) for _ in range(2)), reach]
        gap = cross * 0.3 * rnd.random()
        lines.append(LineString([(stops[0], y), (stops[1] - gap, y)]))
        if rnd.random() > (0.25 if outer else 0.08):
            lines.append(LineString([(stops[1], y), (stops[3], y)]))
    for line in lines:
        curved = shapely.transform(
            shapely.segmentize(line, 25),
            lambda p: (
                p + bend * np.column_stack([np.sin(p[:, 1] / length), np.sin(p[:, 0] / length)])
            ),
        )
        yield affinity.translate(affinity.rotate(curved, turn, origin=(0, 0)), middle.x, middle.y)


def _lanes(plan: Plan, names: Names) -> Iterator[Way]:
    """Country lanes that leave the town."""
    extent = box(-HALF_MAP_M, -HALF_MAP_M, HALF_MAP_M, HALF_MAP_M)
    for number in range(9):
        turn = 0.45 + number * 2 * math.pi / 9
        points = [(2050, 1900, 0.0), (2600, 2500, 0.12), (3100, 3000, 0.02), (4300, 4200, 0.14)]
        line = LineString([(a * math.cos(turn + t), b * math.sin(turn + t)) for a, b, t in points])
        dry = line.intersection(extent).difference(plan.river.buffer(30))
        for part in pieces(dry):
            yield Way("tertiary", names.next(number + 6, ("Lane", "Road", "Lane")), part)


def _paths(plan: Plan) -> Iterator[Way]:
    for part in pieces(plan.canal.parallel_offset(11, "left")):
        yield Way("path", "Canal towpath", part)
    for part in pieces(plan.river.parallel_offset(38, "right")):
        yield Way("path", "Riverside walk", part)
    for name, park in plan.parks:
        frame = park.minimum_rotated_rectangle
        if not isinstance(frame, Polygon):
            continue
        a = list(frame.exterior.coords)
        middle = park.centroid.coords[0]
        for first, last in ((0, 2), (1, 3)):
            for part in pieces(LineString([a[first], middle, a[last]]).intersection(park)):
                yield Way("path", f"{name} path", part)


def pieces(shape: BaseGeometry) -> list[LineString]:
    """The lines of a shape, each by itself; other kinds of geometry are left out."""
    return [
        g for g in getattr(shape, "geoms", [shape]) if isinstance(g, LineString) and not g.is_empty
    ]
