"""The requests that are measured: where people are, of sizes they look at, with words they type."""

import json
import math
import random
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlencode

import shapely

from tests.bench.country import TERMS, TOWNS, Country
from tests.bench.flat import Wards

COUNT = 200
SIZES_KM = {1.5: 20, 6.0: 40, 20.0: 25, 80.0: 15}  # half a box's side: a street, town, city, region
WORDS = dict(zip(TERMS, (3, 3, 3, 2, 1, 1), strict=True))
ZOOMS = (6, 10, 14)
RADIUS_M = 2000
Box = tuple[float, float, float, float]


@dataclass(frozen=True)
class Asked:
    """One request, as every server is asked it. top, leaf: codes of a category; ward: a code."""

    longitude: float
    latitude: float
    box: Box
    top: str
    leaf: str
    term: str
    ward: str


def asked(country: Country, top_of: dict[str, str], wards: Wards) -> list[Asked]:
    """The places, words and categories of the mix, the same for everybody."""
    draw = random.Random(42)  # noqa: S311  # a mix, no secret
    towns, size = country.towns
    out: list[Asked] = []
    while len(out) < COUNT:
        town = draw.choices(range(TOWNS), size.tolist())[0]
        wide = 0.01 + 0.9 * math.sqrt(size[town])
        longitude = round(float(towns[town][0]) + draw.gauss(0, 0.16 * wide), 5)
        latitude = round(float(towns[town][1]) + draw.gauss(0, 0.1 * wide), 5)
        (ward,) = wards.of([shapely.Point(longitude, latitude)])
        half_km = draw.choices(list(SIZES_KM), list(SIZES_KM.values()))[0]
        leaf = draw.choice(country.categories)
        term = draw.choices(list(WORDS), list(WORDS.values()))[0]
        if ward:
            box = around(longitude, latitude, half_km)
            out.append(Asked(longitude, latitude, box, top_of[leaf], leaf, term, ward))
    return out


def around(longitude: float, latitude: float, half_km: float) -> Box:
    """A box in degrees with its middle here."""
    up = half_km / 110.57
    aside = half_km / (111.32 * math.cos(math.radians(latitude)))
    west, east = longitude - aside, longitude + aside
    return round(west, 5), round(latitude - up, 5), round(east, 5), round(latitude + up, 5)


def screen(one: Asked, zoom: int) -> Box:
    """What a screen of 1024 by 768 shows around a place at a zoom."""
    degrees = 360 / 2**zoom / 256
    up = 384 * degrees * math.cos(math.radians(one.latitude))
    west, east = one.longitude - 512 * degrees, one.longitude + 512 * degrees
    return round(west, 5), round(one.latitude - up, 5), round(east, 5), round(one.latitude + up, 5)


def addresses(mix: list[Asked], uid: str) -> dict[str, list[str]]:
    """By load, the paths that our server is asked; counts only where the load is about them."""

    def of(make: Callable[[Asked], dict[str, object]], counts: str = "false") -> list[str]:
        return [f"/api/entries?limit=50&counts={counts}&{urlencode(make(one))}" for one in mix]

    def box(one: Asked) -> str:
        return ",".join(map(str, one.box))

    def here(one: Asked) -> str:
        return f"{one.longitude},{one.latitude}"

    loads = {
        "box, by relevance": of(lambda a: {"text": a.term, "category": a.top, "bbox": box(a)}),
        "box, by distance": of(
            lambda a: {
                "text": a.term,
                "category": a.top,
                "near": here(a),
                "within_m": 20_000,
                "sort": "distance",
            }
        ),
        "ward": of(lambda a: {"text": a.term, "category": a.top, "area": a.ward}),
        "nearest": of(
            lambda a: {
                "category": a.leaf,
                "near": here(a),
                "within_m": RADIUS_M,
                "sort": "distance",
            }
        ),
        "covers": of(lambda a: {"covers": here(a)}),
        "box, words only": of(lambda a: {"text": a.term, "bbox": box(a)}, "true"),
        "box alone": of(lambda a: {"bbox": box(a)}, "true"),
        "entry": [f"/api/assets/{uid}"],
        "entry's page": [f"/assets/{uid}"],
    }
    for zoom in ZOOMS:
        corners = [",".join(map(str, screen(one, zoom))) for one in mix]
        loads[f"map, zoom {zoom}"] = [f"/api/map?bbox={box}&zoom={zoom}" for box in corners]
    return loads


def bodies(mix: list[Asked]) -> list[bytes]:
    """What phones send that log an asset at each of these places."""
    return [
        json.dumps(
            {
                "type": "Feature",
                "geometry": {"type": "Point", "coordinates": [one.longitude, one.latitude]},
                "properties": {"title": f"Hall with {one.term}", "category": one.leaf},
            }
        ).encode()
        for one in mix
    ]
