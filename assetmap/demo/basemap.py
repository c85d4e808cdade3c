"""The base map of Alderbrook: one PMTiles file of vector tiles, zoom 8 to 15.

Layers and their `kind`: green (urban industrial park wood), water (river canal lake), buildings,
roads (primary secondary tertiary residential path rail), places (town neighbourhood), wards
(outlines as lines, so that no tile edge is drawn).
"""

import gzip
import math
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import mapbox_vector_tile
import numpy as np
import shapely
from numpy.typing import NDArray
from pmtiles.tile import Compression, TileType, zxy_to_tileid
from pmtiles.writer import Writer
from shapely.geometry import Point, box
from shapely.geometry.base import BaseGeometry
from shapely.ops import unary_union

from assetmap.demo.buildings import buildings
from assetmap.demo.plan import LATITUDE, LONGITUDE, STEP_M, on_earth
from assetmap.demo.streets import pieces
from assetmap.demo.town import NAME, Town, town

MIN_ZOOM, MAX_ZOOM = 8, 15
EXTENT = 4096
MARGIN = 0.04
ATTRIBUTION = "Fictional demonstration town"
FIRST_ZOOM: dict[str, dict[str, int]] = {
    "green": {"urban": 8, "wood": 9, "park": 11, "industrial": 11},
    "water": {"river": 9, "canal": 12, "lake": 10},
    "buildings": {"building": 14},
    "roads": {
        "primary": 9,
        "secondary": 11,
        "tertiary": 11,
        "residential": 13,
        "path": 14,
        "rail": 10,
    },
    "places": {"town": 8, "neighbourhood": 12},
    "wards": {"ward": 8},
}
LAYER_FIELDS = {
    "green": {"kind": "String", "name": "String"},
    "water": {"kind": "String", "name": "String"},
    "buildings": {"kind": "String"},
    "roads": {"kind": "String", "name": "String"},
    "places": {"kind": "String", "name": "String"},
    "wards": {"kind": "String", "name": "String", "code": "String"},
}


@dataclass(frozen=True)
class Feature:
    """One shape of a layer, EPSG:4326, with what a tile says about it."""

    shape: BaseGeometry
    properties: dict[str, str]


def write_basemap(path: Path) -> int:
    """Write the base map to `path` (PMTiles 3, gzipped vector tiles); how many tiles it has."""
    drawn = layers(town())
    west, south, east, north = shapely.total_bounds([f.shape for f in drawn["roads"]])
    tiles = dict(_tiles(drawn, (west, south, east, north)))
    with path.open("wb") as file:
        writer: Any = Writer(file)
        for number in sorted(tiles):
            writer.write_tile(number, tiles[number])
        writer.finalize(
            {
                "tile_type": TileType.MVT,
                "tile_compression": Compression.GZIP,
                "min_zoom": MIN_ZOOM,
                "max_zoom": MAX_ZOOM,
                "min_lon_e7": int(west * 1e7),
                "min_lat_e7": int(south * 1e7),
                "max_lon_e7": int(east * 1e7),
                "max_lat_e7": int(north * 1e7),
                "center_zoom": 14,
                "center_lon_e7": int(LONGITUDE * 1e7),
                "center_lat_e7": int(LATITUDE * 1e7),
            },
            {
                "name": f"{NAME} (fictional)",
                "attribution": ATTRIBUTION,
                "vector_layers": [
                    {"id": name, "fields": fields} for name, fields in LAYER_FIELDS.items()
                ],
            },
        )
    return len(tiles)


def layers(place: Town) -> dict[str, list[Feature]]:
    """The features of every layer, in the order a map draws them."""
    plan = place.plan
    industrial = unary_union([c.built for c in plan.neighbourhoods if c.industrial])
    green = [_drawn(plan.town.buffer(30), "urban"), _drawn(industrial, "industrial")]
    green += [_drawn(wood, "wood") for wood in plan.woods]
    green += [Feature(p.boundary, {"kind": "park", "name": p.name}) for p in place.parks]
    places = [Feature(on_earth(Point(0, 130)), {"kind": "town", "name": NAME})]
    places += [
        _drawn(c.built.representative_point(), "neighbourhood", c.name) for c in plan.neighbourhoods
    ]
    return {
        "green": green,
        "water": [
            _drawn(plan.river.buffer(24), "river", "River Alder"),
            _drawn(plan.canal.buffer(7), "canal", "Alder Canal"),
            _drawn(plan.reservoir, "lake", "Hollins Reservoir"),
        ],
        "buildings": [
            Feature(on_earth(b), {"kind": "building"}) for b in buildings(plan, place.ways)
        ],
        "roads": [_drawn(w.line, w.kind, w.name) for w in place.ways],
        "places": places,
        "wards": [
            Feature(ring, {"kind": "ward", "name": w.name, "code": w.code})
            for w in place.wards
            for ring in pieces(w.boundary.boundary)
        ],
    }


def _drawn(shape: BaseGeometry, kind: str, name: str = "") -> Feature:
    properties = {"kind": kind, "name": name} if name else {"kind": kind}
    return Feature(on_earth(shape, STEP_M), properties)


def _tiles(
    drawn: dict[str, list[Feature]], bounds: tuple[float, float, float, float]
) -> list[tuple[int, bytes]]:
    west, south, east, north = bounds
    trees = {name: shapely.STRtree([f.shape for f in found]) for name, found in drawn.items()}
    tiles = []
    for zoom in range(MIN_ZOOM, MAX_ZOOM + 1):
        left, top = tile_at(zoom, west, north)
        right, bottom = tile_at(zoom, east, south)
        for column in range(left, right + 1):
            for row in range(top, bottom + 1):
                data = _tile(drawn, trees, zoom, tile_bounds(zoom, column, row))
                if data:
                    tiles.append((zxy_to_tileid(zoom, column, row), data))
    return tiles


def _tile(
    drawn: dict[str, list[Feature]],
    trees: dict[str, Any],
    zoom: int,
    bounds: tuple[float, float, float, float],
) -> bytes:
    wide, high = bounds[2] - bounds[0], bounds[3] - bounds[1]
    frame = box(
        bounds[0] - wide * MARGIN,
        bounds[1] - high * MARGIN,
        bounds[2] + wide * MARGIN,
        bounds[3] + high * MARGIN,
    )
    found = []
    for name, tree in trees.items():
        near = [drawn[name][i] for i in sorted(tree.query(frame, predicate="intersects"))]
        wanted = [f for f in near if FIRST_ZOOM[name][f.properties["kind"]] <= zoom]
        shapes = shapely.simplify([f.shape for f in wanted], wide / EXTENT * 2)
        cut = shapely.clip_by_rect(shapes, *frame.bounds) if name != "places" else shapes
        placed = shapely.transform(cut, partial(_in_tile, bounds=bounds))
        features = [
            {"geometry": shape, "properties": feature.properties}
            for shape, feature in zip(placed, wanted, strict=True)
            if not shape.is_empty
        ]
        if features:
            found.append({"name": name, "features": features})
    if not found:
        return b""
    data: bytes = mapbox_vector_tile.encode(found, default_options={"extents": EXTENT})
    return gzip.compress(data, 9, mtime=0)


def _in_tile(
    points: NDArray[np.float64], bounds: tuple[float, float, float, float]
) -> NDArray[np.float64]:
    """Degrees to tile units, 0 to EXTENT from the south-west corner."""
    west, south, east, north = bounds
    placed: NDArray[np.float64] = np.round(
        (points - (west, south)) * (EXTENT / (east - west), EXTENT / (north - south))
    )
    return placed


def tile_at(zoom: int, longitude: float, latitude: float) -> tuple[int, int]:
    """Column and row of the web-map tile at a place given in degrees."""
    across = 2**zoom
    turn = math.asinh(math.tan(math.radians(latitude))) / math.pi
    return int((longitude + 180) / 360 * across), int((1 - turn) / 2 * across)


def tile_bounds(zoom: int, column: int, row: int) -> tuple[float, float, float, float]:
    """West, south, east, north of a web-map tile, in degrees."""
    across = 2**zoom

    def latitude(edge: int) -> float:
        return math.degrees(math.atan(math.sinh(math.pi * (1 - 2 * edge / across))))

    west, east = column / across * 360 - 180, (column + 1) / across * 360 - 180
    return west, latitude(row + 1), east, latitude(row)
