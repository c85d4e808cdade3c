"""A piece of a vector base map: the tiles that cover a box, as a PMTiles file of its own."""

import io
import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from pmtiles.reader import MmapSource, Reader
from pmtiles.tile import zxy_to_tileid
from pmtiles.writer import Writer

from assetmap.errors import Invalid
from assetmap.formats.limits import MEGABYTE

MOST_TILES = 3_000
MOST_BYTES = 30 * MEGABYTE
Box = tuple[float, float, float, float]
OUR_TOWN_LAYERS = {"green", "roads", "wards"}
_FLATTEST = 85.05112878  # degrees: where a square map of the world ends


@dataclass(frozen=True)
class Described:
    """How a base map is drawn. bounds: west, south, east, north, degrees."""

    style: str
    attribution: str
    bounds: Box


@cache
def described(path: Path, changed_at: float) -> Described:
    """Read from the file once; `changed_at` is only there so that a new file is read again."""
    with path.open("rb") as file:
        reader = Reader(MmapSource(file))
        header, metadata = reader.header(), reader.metadata()
    layers = {layer["id"] for layer in metadata.get("vector_layers", [])}
    return Described(
        "town" if layers >= OUR_TOWN_LAYERS else "protomaps",
        metadata.get("attribution", ""),
        (
            header["min_lon_e7"] / 1e7,
            header["min_lat_e7"] / 1e7,
            header["max_lon_e7"] / 1e7,
            header["max_lat_e7"] / 1e7,
        ),
    )


def cut(path: Path, box: Box) -> bytes:
    """The tiles of a PMTiles file that touch a box (west, south, east, north, degrees).

    Raises Invalid for "map" when they are too many for a phone to take along.
    """
    with path.open("rb") as file:
        reader = Reader(MmapSource(file))
        header = reader.header()
        zooms = range(header["min_zoom"], header["max_zoom"] + 1)
        wanted = [tile for zoom in zooms for tile in _covering(zoom, box)]
        if len(wanted) > MOST_TILES:
            raise Invalid.field("map", "The area is too large to take its map along.")
        whole = io.BytesIO()
        writer = Writer(whole)
        for key, z, x, y in sorted((zxy_to_tileid(*tile), *tile) for tile in wanted):
            if tile := reader.get(z, x, y):
                writer.write_tile(key, tile)
            if whole.tell() > MOST_BYTES:
                raise Invalid.field("map", "The map of this area is too large to take along.")
        west, south, east, north = (round(degrees * 1e7) for degrees in box)
        writer.finalize(
            {
                "tile_type": header["tile_type"],
                "tile_compression": header["tile_compression"],
                "min_zoom": header["min_zoom"],
                "max_zoom": header["max_zoom"],
                "min_lon_e7": west,
                "min_lat_e7": south,
                "max_lon_e7": east,
                "max_lat_e7": north,
                "center_zoom": header["max_zoom"],
                "center_lon_e7": (west + east) // 2,
                "center_lat_e7": (south + north) // 2,
            },
            reader.metadata(),
        )
    return whole.getvalue()


def _covering(zoom: int, box: Box) -> Iterator[tuple[int, int, int]]:
    """The tiles of a zoom that touch a box; one more than may be taken along, at most."""
    west, south, east, north = box
    left, top = _tile(zoom, west, north)
    right, bottom = _tile(zoom, east, south)
    count = 0
    for x in range(left, right + 1):
        for y in range(top, bottom + 1):
            yield zoom, x, y
            count += 1
            if count > MOST_TILES:
                return


def _tile(zoom: int, longitude: float, latitude: float) -> tuple[int, int]:
    side = 2**zoom
    flat = math.radians(max(-_FLATTEST, min(_FLATTEST, latitude)))
    x = int((longitude + 180) / 360 * side)
    y = int((1 - math.asinh(math.tan(flat)) / math.pi) / 2 * side)
    return max(0, min(side - 1, x)), max(0, min(side - 1, y))
