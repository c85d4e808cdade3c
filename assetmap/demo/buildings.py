"""Buildings along the streets of Alderbrook, for the base map only."""

import math
import random
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry import Polygon
from shapely.ops import unary_union

from assetmap.demo.plan import OLD_TOWN_M, SEED, Plan
from assetmap.demo.streets import WIDTH_M, Way

TERRACES = ((7.0, 10.0), (8.0, 10.0), (28.0, 9.5), (36.0, 9.5), (16.0, 11.0))
SEMIS = ((14.0, 9.0), (15.0, 10.0), (9.0, 9.0), (16.0, 9.0))


def buildings(plan: Plan, ways: tuple[Way, ...]) -> list[Polygon]:
    """Footprints in plan metres; none touches a road, the water, a park or another footprint."""
    boxes = _candidates(plan, ways)
    open_ground = unary_union(
        [plan.river.buffer(38), plan.railway.buffer(14), plan.canal.buffer(14)]
        + [plan.reservoir.buffer(10)]
        + [park.buffer(4) for _, park in plan.parks]
    )
    roads = [w.line.buffer(WIDTH_M[w.kind], cap_style="flat") for w in ways if w.kind in WIDTH_M]
    blocked = shapely.STRtree(boxes)
    free = np.ones(len(boxes), dtype=bool)
    free[blocked.query([open_ground, *roads], predicate="intersects")[1]] = False
    first, second = blocked.query(boxes, predicate="intersects")
    order = np.lexsort((first, second))
    for earlier, later in zip(first[order], second[order], strict=True):
        if earlier < later and free[earlier]:
            free[later] = False
    return list(boxes[free])


def _candidates(plan: Plan, ways: tuple[Way, ...]) -> NDArray[np.object_]:
    rnd = random.Random(SEED + 2)  # noqa: S311 - a drawing, not a secret
    industrial = unary_union([c.built for c in plan.neighbourhoods if c.industrial])
    shapely.prepare(industrial)
    rings = []
    for way in ways:
        if way.kind not in ("residential", "secondary"):
            continue
        middle = way.line.interpolate(0.5, normalized=True)
        if industrial.contains(middle):
            sizes = tuple((rnd.uniform(34, 70), rnd.uniform(24, 44)) for _ in range(4))
        else:
            sizes = TERRACES if math.hypot(middle.x, middle.y) < OLD_TOWN_M else SEMIS
        for side in (1, -1):
            rings.extend(_along(way, side, sizes, rnd))
    found: Any = shapely.polygons(np.array(rings))
    return np.asarray(found)


def _along(
    way: Way, side: int, sizes: tuple[tuple[float, float], ...], rnd: random.Random
) -> list[list[tuple[float, float]]]:
    rings = []
    along = 14 + rnd.random() * 6
    while along < way.line.length - 12:
        wide, deep = rnd.choice(sizes)
        at = way.line.interpolate(along)
        ahead = way.line.interpolate(min(along + 1, way.line.length))
        turn = math.atan2(ahead.y - at.y, ahead.x - at.x)
        away = (WIDTH_M[way.kind] + 3 + deep / 2) * side
        x, y = at.x - math.sin(turn) * away, at.y + math.cos(turn) * away
        cos, sin = math.cos(turn), math.sin(turn)
        corners = ((-wide, -deep), (wide, -deep), (wide, deep), (-wide, deep), (-wide, -deep))
        rings.append(
            [(x + (a * cos - b * sin) / 2, y + (a * sin + b * cos) / 2) for a, b in corners]
        )
        along += wide / 2 + rnd.choice((2, 3, 4, 9)) + 10
    return rings
