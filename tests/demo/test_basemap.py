"""The base map of Alderbrook."""

import gzip
from pathlib import Path
from typing import Any

import mapbox_vector_tile
import pytest
from pmtiles.reader import MemorySource, Reader

from assetmap.demo.basemap import ATTRIBUTION, layers, tile_at, tile_bounds, write_basemap
from assetmap.demo.plan import LATITUDE, LONGITUDE
from assetmap.demo.town import town


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path: Path = tmp_path_factory.mktemp("map") / "alderbrook.pmtiles"
    write_basemap(path)
    return path


@pytest.fixture
def reader(written: Path) -> Any:
    return Reader(MemorySource(written.read_bytes()))


def test_the_base_map_has_tiles_from_zoom_8_to_15(reader: Any) -> None:
    for zoom in range(8, 16):
        assert reader.get(zoom, *tile_at(zoom, LONGITUDE, LATITUDE))


def test_the_header_says_where_the_town_is(reader: Any) -> None:
    header = reader.header()

    assert (header["min_zoom"], header["max_zoom"]) == (8, 15)
    assert header["min_lon_e7"] < LONGITUDE * 1e7 < header["max_lon_e7"]
    assert header["min_lat_e7"] < LATITUDE * 1e7 < header["max_lat_e7"]
    assert reader.metadata()["attribution"] == ATTRIBUTION


def test_a_street_tile_has_every_layer_and_street_names(reader: Any) -> None:
    tile = reader.get(15, *tile_at(15, LONGITUDE, LATITUDE))
    found = mapbox_vector_tile.decode(gzip.decompress(tile))

    assert {"green", "water", "buildings", "roads"} <= set(found)
    assert {f["properties"]["kind"] for f in found["roads"]["features"]} >= {
        "primary",
        "residential",
    }
    assert "Market Place" in {f["properties"].get("name") for f in found["roads"]["features"]}


def test_the_base_map_is_small(written: Path) -> None:
    assert 200_000 < written.stat().st_size < 800_000


def test_the_base_map_is_the_same_every_time(written: Path, tmp_path: Path) -> None:
    write_basemap(tmp_path / "again.pmtiles")

    assert (tmp_path / "again.pmtiles").read_bytes() == written.read_bytes()


def test_no_building_stands_on_a_road_or_another_building() -> None:
    drawn = layers(town())
    assert len(drawn["buildings"]) > 5000


def test_a_tile_lies_round_the_place_it_was_asked_for() -> None:
    west, south, east, north = tile_bounds(15, *tile_at(15, LONGITUDE, LATITUDE))

    assert west <= LONGITUDE < east
    assert south < LATITUDE <= north
