"""A made-up country for measuring: towns, wards with crooked borders, entries where people are.

Everything follows from its number of entries alone, so that two machines measure the same thing.
Towns crowd, categories and words follow a long tail, as they do on real registers.
"""

import csv
import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

Floats = NDArray[np.float64]
WEST, SOUTH, EAST, NORTH = -5.5, 50.2, 1.5, 55.6
TOWNS = 1500
RURAL = 0.05  # of the entries lie anywhere
LIVE = 0.96
CORNERS = 4  # times a border's line is broken in two
FILE_ROWS = 100_000  # what one import takes
# words that are looked for, and the share of descriptions that have them
TERMS = {"wheelchair": 0.2, "volunteers": 0.12, "toddler": 0.04, "arthritis": 0.01}
TERMS |= {"ukulele": 0.003, "woodturning": 0.001}
VISIBILITIES = {"public": 0.7, "partner": 0.2, "team": 0.09, "restricted": 0.01}
SYLLABLES = "ash bar bex brad cal ches cor den fel gar hart hol kel lang mal nor oak pem".split()
ENDINGS = "ton ham ley ford bury wick field by stead mouth dale well minster wood".split()
NAMES = "Friendly Open Green Old New United Central East West Royal Harbour Hilltop Mill".split()
SORTS = "Centre Hall Club Group Society Hub Trust Network Rooms Space Place Kitchen".split()
DOES = "offers hosts runs supports organises welcomes shares".split()
WHAT = (
    "weekly sessions,drop-in mornings,evening workshops,free advice,hot meals,group walks,"
    "family days,quiet space,hall hire,a lending library,peer support,language practice,"
    "coffee mornings,a warm space,befriending calls,equipment loans,open days,hospital transport"
).split(",")
WHO = (
    "local residents,older people,young people,carers,families,new arrivals,job seekers,"
    "beginners,people living alone,disabled people,refugees,veterans,parents and babies,anyone"
).split(",")
ALSO = (
    "Step free entrance,Booking is not needed,Open at weekends,Please call before you visit,"
    "Parking on site,Near the bus stop,Donations welcome,Hearing loop available,Term time only"
).split(",")


@dataclass(frozen=True)
class Country:
    """entries: how many; wards: about how many; categories: codes, the most frequent first."""

    entries: int
    wards: int
    categories: tuple[str, ...]
    teams: int = 10

    @cached_property
    def towns(self) -> tuple[Floats, Floats]:
        """Where the towns are, (n, 2) in degrees, and how large, as shares of the entries."""
        draw = np.random.default_rng(1)
        at = draw.uniform((WEST, SOUTH), (EAST, NORTH), (TOWNS, 2))
        size = 1 / np.arange(1, TOWNS + 1) ** 0.9
        return at, size / size.sum()

    def places(self, draw: np.random.Generator, count: int) -> tuple[Floats, NDArray[np.int64]]:
        """So many points, (count, 2) in degrees, and the town each belongs to."""
        at, size = self.towns
        town = draw.choice(TOWNS, count, p=size)
        wide = 0.01 + 0.9 * np.sqrt(size[town])
        points = at[town] + draw.normal(0, 1, (count, 2)) * wide[:, None] * (0.16, 0.1)
        rural = draw.random(count) < RURAL
        points[rural] = draw.uniform((WEST, SOUTH), (EAST, NORTH), (int(rural.sum()), 2))
        return np.clip(points, (WEST, SOUTH), (EAST, NORTH)).round(6), town

    def boundaries(self) -> Iterator[shapely.Polygon]:
        """Wards: what lies nearest to each of many points, small where people are, with borders
        as crooked as real ones, that neighbours share."""
        seeds, _ = self.places(np.random.default_rng(2), self.wards)
        frame = shapely.box(WEST, SOUTH, EAST, NORTH)
        cells: Any = shapely.voronoi_polygons(shapely.MultiPoint(seeds), extend_to=frame)
        for cell in cells.geoms:
            ring = list(cell.intersection(frame).exterior.coords)
            crooked = shapely.Polygon(_crooked(ring))
            yield crooked if crooked.is_valid else shapely.Polygon(ring)

    def write_wards(self, path: Path) -> int:
        """As GeoJSON, for `assetmap areas load`; how many there are."""
        features = [
            {
                "type": "Feature",
                "properties": {"code": f"E05{number:06}", "name": f"Ward {number}"},
                "geometry": shapely.geometry.mapping(shapely.set_precision(ward, 1e-6)),
            }
            for number, ward in enumerate(self.boundaries(), start=1)
        ]
        path.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
        return len(features)

    def write_entries(self, folder: Path) -> Iterator[Path]:
        """As CSV files for `assetmap assets import`, each of one team's, one after another. What
        lies together stands together, as it does in the files that councils give away."""
        for first in range(0, self.entries, FILE_ROWS):
            path = folder / f"entries-{first // FILE_ROWS}.csv"
            with path.open("w", newline="", encoding="utf-8") as file:
                out = csv.writer(file)
                out.writerow(
                    "id,name,description,category,longitude,latitude,visibility,phone".split(",")
                )
                rows = self.rows(first, min(first + FILE_ROWS, self.entries))
                ordered: list[tuple[Any, ...]] = sorted(rows, key=_where)
                out.writerows(ordered)
            yield path

    def rows(self, first: int, end: int) -> Iterator[tuple[Any, ...]]:
        """The entries with these numbers."""
        count = end - first
        draw = np.random.default_rng((3, first))
        points, towns = self.places(draw, count)
        tail = 1 / np.arange(1, len(self.categories) + 1) ** 0.9
        category = draw.choice(len(self.categories), count, p=tail / tail.sum())
        seen = draw.choice(list(VISIBILITIES), count, p=list(VISIBILITIES.values()))
        has = {term: draw.random(count) < share for term, share in TERMS.items()}
        words = (NAMES, SORTS, DOES, WHAT, WHO, WHAT, WHO, ALSO)
        drawn = [draw.choice(some, count).tolist() for some in words]
        for n in range(count):
            kind, sort, does, what, who, other, others, also = (some[n] for some in drawn)
            more = " ".join(term for term in TERMS if has[term][n])
            name = f"{town_name(int(towns[n]))} {kind} {sort} {first + n}"
            said = f"{name} {does} {what} for {who} and {other} for {others}. {also}. {more}"
            where = f"{points[n, 0]:.6f}", f"{points[n, 1]:.6f}"
            code, phone = (
                self.categories[int(category[n])],
                f"0{(first + n) // 1000 + 1200} {960_000 + n % 1000}",
            )
            yield f"b{first + n}", name, said.strip(), code, *where, seen[n], phone


def _where(row: tuple[Any, ...]) -> tuple[str, str]:
    """By tenths of a degree from west to east, in each from south to north."""
    return row[4][:4], row[5]


def town_name(number: int) -> str:
    """What a town is called."""
    a, b = divmod(number, len(SYLLABLES))
    return (SYLLABLES[b] + SYLLABLES[a % len(SYLLABLES)] + ENDINGS[a % len(ENDINGS)]).title()


def _crooked(ring: list[tuple[float, float]]) -> list[tuple[float, float]]:
    out: list[tuple[float, float]] = []
    for start, end in pairwise(ring):
        out += _broken(start, end)[:-1]
    return out


def _broken(start: tuple[float, float], end: tuple[float, float]) -> list[tuple[float, float]]:
    """A line broken again and again at its middle: the same from either side, as both neighbours
    draw it from the same two ends."""
    turned = end < start
    if turned:
        start, end = end, start
    draw = np.random.default_rng([int((value + 400) * 1e7) for value in (*start, *end)])
    line = np.array([start, end])
    for _ in range(CORNERS):
        step = np.diff(line, axis=0)
        aside = np.column_stack((-step[:, 1], step[:, 0])) * draw.uniform(
            -0.16, 0.16, (len(step), 1)
        )
        middle = (line[:-1] + line[1:]) / 2 + aside
        whole = np.empty((len(line) + len(middle), 2))
        whole[0::2], whole[1::2] = line, middle
        line = whole
    points = [(float(x), float(y)) for x, y in line]
    return points[::-1] if turned else points
