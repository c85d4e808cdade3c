"""Alderbrook: its areas, streets, parks and postcodes, all in EPSG:4326 (longitude, latitude).

`town()` draws it once and keeps it. Codes have the national form but lie in ranges nobody uses
(E05990001, E01990001, E07990001), and postcodes begin with QX, which can never be issued.
"""

from dataclasses import dataclass
from functools import cache

import shapely
from shapely.geometry import LineString, MultiLineString, MultiPolygon, Point, Polygon
from shapely.geometry.base import BaseGeometry

from assetmap.demo import plan as plans
from assetmap.demo.plan import STEP_M, WARD_NAMES, Plan, SmallPart, on_earth
from assetmap.demo.streets import Way, lay, pieces

NAME = "Alderbrook"
DISTRICT_CODE = "E07990001"
VINTAGE = "2024"
POSTCODE_LETTERS = "ABDEFGHJLNPQRSTUWXYZ"
POSTCODES_PER_SMALL_AREA = 6


@dataclass(frozen=True)
class TownArea:
    """An area of the town. `type` is lad, ward or lsoa; `parent` the code of what holds it."""

    type: str
    code: str
    name: str
    boundary: MultiPolygon
    parent: str | None


@dataclass(frozen=True)
class Street:
    """A named street, road or path. `ward` is the code of the ward its middle lies in, if any."""

    name: str
    kind: str
    line: MultiLineString
    ward: str | None


@dataclass(frozen=True)
class Park:
    """A park or green with its ward code."""

    name: str
    boundary: Polygon
    ward: str


@dataclass(frozen=True)
class TownPostcode:
    """A postcode on a street, inside one small area; longitude and latitude in degrees."""

    pcds: str
    longitude: float
    latitude: float
    street: str
    neighbourhood: str
    ward: str
    lsoa: str
    lad: str


@dataclass(frozen=True)
class Town:
    """Everything the base map, the areas and the records are made from."""

    plan: Plan
    ways: tuple[Way, ...]
    district: TownArea
    wards: tuple[TownArea, ...]
    small_areas: tuple[TownArea, ...]
    streets: tuple[Street, ...]
    parks: tuple[Park, ...]
    postcodes: tuple[TownPostcode, ...]
    station: Point
    market_place: Point

    def ward_at(self, place: BaseGeometry) -> str | None:
        """The code of the ward the place's middle lies in, None outside the town."""
        return _at(self.wards, place)

    def small_area_at(self, place: BaseGeometry) -> str | None:
        """The code of the small area the place's middle lies in, None outside the town."""
        return _at(self.small_areas, place)

    def ward(self, name: str) -> TownArea:
        """The ward with that name. KeyError when there is none."""
        return {w.name: w for w in self.wards}[name]

    def park(self, name: str) -> Park:
        """The park with that name. KeyError when there is none."""
        return {p.name: p for p in self.parks}[name]

    def street(self, name: str) -> Street:
        """The street with that name. KeyError when there is none."""
        return {s.name: s for s in self.streets}[name]


@cache
def town() -> Town:
    """Alderbrook, drawn once and kept. The same every time and everywhere."""
    plan = plans.draw()
    ways = lay(plan)
    small_areas = _small_areas(plan)
    wards = _wards(small_areas)
    district = TownArea("lad", DISTRICT_CODE, NAME, _union([w.boundary for w in wards]), None)
    return Town(
        plan=plan,
        ways=ways,
        district=district,
        wards=wards,
        small_areas=small_areas,
        streets=_streets(ways, wards),
        parks=tuple(
            Park(name, shape, _at(wards, shape) or "")
            for name, shape in ((n, on_earth(s, STEP_M)) for n, s in plan.parks)
        ),
        postcodes=_postcodes(plan, ways, small_areas),
        station=on_earth(station(plan)),
        market_place=on_earth(Point(0, 0)),
    )


def ward_code(number: int) -> str:
    """The code of the ward at that place in WARD_NAMES."""
    return f"E05990{number + 1:03d}"


def _at(areas: tuple[TownArea, ...], place: BaseGeometry) -> str | None:
    middle = place.representative_point()
    return next((a.code for a in areas if a.boundary.contains(middle)), None)


def _union(shapes: list[MultiPolygon]) -> MultiPolygon:
    return _multi(shapely.union_all(shapes))


def _multi(shape: BaseGeometry) -> MultiPolygon:
    if isinstance(shape, MultiPolygon):
        return shape
    if isinstance(shape, Polygon):
        return MultiPolygon([shape])
    raise TypeError(shape.geom_type)


def _small_areas(plan: Plan) -> tuple[TownArea, ...]:
    found = []
    seen: dict[int, int] = {}
    for number, part in enumerate(plan.small_parts, start=1):
        letter = "ABCDEFGHIJ"[seen.setdefault(part.ward, 0)]
        seen[part.ward] += 1
        found.append(
            TownArea(
                "lsoa",
                f"E01990{number:03d}",
                f"{NAME} {part.ward + 1:03d}{letter}",
                MultiPolygon([on_earth(part.shape)]),
                ward_code(part.ward),
            )
        )
    return tuple(found)


def _wards(small_areas: tuple[TownArea, ...]) -> tuple[TownArea, ...]:
    return tuple(
        TownArea(
            "ward",
            ward_code(number),
            name,
            _union([s.boundary for s in small_areas if s.parent == ward_code(number)]),
            DISTRICT_CODE,
        )
        for number, name in enumerate(WARD_NAMES)
    )


def _streets(ways: tuple[Way, ...], wards: tuple[TownArea, ...]) -> tuple[Street, ...]:
    lines: dict[tuple[str, str], list[LineString]] = {}
    for way in ways:
        lines.setdefault((way.kind, way.name), []).append(on_earth(way.line, STEP_M))
    return tuple(
        Street(name, kind, MultiLineString(parts), _at(wards, max(parts, key=lambda p: p.length)))
        for (kind, name), parts in lines.items()
        if kind != "rail"
    )


def station(plan: Plan) -> Point:
    """Where Northgate meets the railway, in plan metres."""
    return plan.railway.interpolate(plan.railway.project(Point(170, 510)))


def _postcodes(
    plan: Plan, ways: tuple[Way, ...], small_areas: tuple[TownArea, ...]
) -> tuple[TownPostcode, ...]:
    residential = [w for w in ways if w.kind == "residential"]
    tree = shapely.STRtree([w.line for w in residential])
    found: list[TownPostcode] = []
    for part, area in zip(plan.small_parts, small_areas, strict=True):
        near = [residential[i] for i in sorted(tree.query(part.shape))]
        for street, place in _middles(part, near):
            point = on_earth(place)
            found.append(
                TownPostcode(
                    _pcds(part.ward, len(found)),
                    point.x,
                    point.y,
                    street,
                    part.neighbourhood,
                    ward_code(part.ward),
                    area.code,
                    DISTRICT_CODE,
                )
            )
    return tuple(found)


def _middles(part: SmallPart, ways: list[Way]) -> list[tuple[str, Point]]:
    """The middles of the longest stretches of street well inside the part, one per street."""
    inside = part.shape.buffer(-25)
    stretches: dict[str, LineString] = {}
    for way in ways:
        for piece in pieces(way.line.intersection(inside)):
            if piece.length > max(40.0, stretches.get(way.name, LineString()).length):
                stretches[way.name] = piece
    longest = sorted(stretches.items(), key=lambda s: -s[1].length)[:POSTCODES_PER_SMALL_AREA]
    return [(name, line.interpolate(0.5, normalized=True)) for name, line in longest]


def _pcds(ward: int, number: int) -> str:
    letters = POSTCODE_LETTERS
    first, second = letters[number // 20 % 20], letters[number * 7 % 20]
    return f"QX{ward // 2 + 1} {ward % 2 * 4 + number % 4 + 1}{first}{second}"
