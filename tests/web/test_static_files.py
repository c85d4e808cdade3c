"""Static files are kept for ever by browsers; the base map is read by ranges."""

import gzip
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from pmtiles.tile import Compression, TileType, zxy_to_tileid
from pmtiles.writer import Writer

from assetmap.settings import Settings
from assetmap.web import static_files
from assetmap.web.static_files import Tree

BOUNDS = (-1.96, 53.71, -1.87, 53.76)


def write_map(path: Path, layers: tuple[str, ...]) -> None:
    with path.open("wb") as file:
        writer = Writer(file)
        writer.write_tile(zxy_to_tileid(0, 0, 0), gzip.compress(b"tile"))
        west, south, east, north = (int(degrees * 1e7) for degrees in BOUNDS)
        writer.finalize(
            {
                "tile_type": TileType.MVT,
                "tile_compression": Compression.GZIP,
                "min_zoom": 0,
                "max_zoom": 0,
                "min_lon_e7": west,
                "min_lat_e7": south,
                "max_lon_e7": east,
                "max_lat_e7": north,
                "center_zoom": 0,
                "center_lon_e7": west,
                "center_lat_e7": south,
            },
            {"attribution": "Us", "vector_layers": [{"id": one, "fields": {}} for one in layers]},
        )


def serve(settings: Settings) -> Flask:
    app = Flask("static_files_only", static_folder=None)
    app.extensions["settings"] = settings
    static_files.install(app)
    return app


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(instance=tmp_path, basemap="demo")


@pytest.fixture
def app(settings: Settings) -> Flask:
    return serve(settings)


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


def url(app: Flask, path: str) -> str:
    return str(app.jinja_env.globals["asset"](path))  # type: ignore[operator]


def test_a_file_of_this_release_may_be_kept_for_ever(app: Flask, client: FlaskClient) -> None:
    answer = client.get(url(app, "css/assetmap.css"))
    assert answer.status_code == 200
    assert answer.mimetype == "text/css"
    assert "immutable" in answer.headers["Cache-Control"]


def test_a_file_of_another_release_is_answered_but_not_kept(client: FlaskClient) -> None:
    answer = client.get("/s/000000000000/js/start.js")
    assert answer.status_code == 200
    assert answer.mimetype == "text/javascript"
    assert answer.headers["Cache-Control"] == "no-cache"


def test_text_is_packed_only_for_those_who_can_unpack_it(app: Flask, client: FlaskClient) -> None:
    address = url(app, "vendor/leaflet-1.9.4/leaflet.js")
    plain = client.get(address)
    packed = client.get(address, headers={"Accept-Encoding": "gzip"})
    refused = client.get(address, headers={"Accept-Encoding": "gzip;q=0"})
    assert gzip.decompress(packed.data) == plain.data == refused.data
    assert packed.headers["Content-Encoding"] == "gzip"
    assert "Content-Encoding" not in refused.headers
    assert "Accept-Encoding" in plain.headers["Vary"]


@pytest.mark.parametrize("path", ["css/none.css", "../pyproject.toml", "vendor/vendor.py", ""])
def test_what_is_not_shipped_is_not_served(client: FlaskClient, path: str) -> None:
    assert client.get(f"/s/000000000000/{path}").status_code == 404


def test_a_misspelt_asset_stops_the_page(app: Flask) -> None:
    with pytest.raises(KeyError, match="css/assetmapp"):
        url(app, "css/assetmapp.css")


def test_the_version_changes_with_any_byte_or_name() -> None:
    trees = [Tree({"a": b"1"}), Tree({"a": b"2"}), Tree({"b": b"1"}), Tree({"a": b"1", "b": b""})]
    assert len({tree.version for tree in trees}) == len(trees)
    assert Tree({"a": b"1"}).version == trees[0].version


def test_the_base_map_is_read_by_ranges(settings: Settings, client: FlaskClient) -> None:
    path = settings.instance / "basemap.pmtiles"
    write_map(path, ("green", "roads", "wards"))
    part = client.get("/basemap.pmtiles", buffered=True, headers={"Range": "bytes=0-6"})
    assert part.status_code == 206
    assert part.data == b"PMTiles"
    assert client.get("/basemap.pmtiles", buffered=True).data == path.read_bytes()
    beyond = client.get("/basemap.pmtiles", buffered=True, headers={"Range": "bytes=99999999-"})
    assert beyond.status_code == 416


def test_without_a_file_the_map_is_plain_ground_and_the_address_is_empty(
    app: Flask, client: FlaskClient, settings: Settings
) -> None:
    assert client.get("/basemap.pmtiles", buffered=True).status_code == 404
    with app.app_context():
        assert static_files.base_map()["source"] == "none"
        assert static_files.base_map()["bounds"] == settings.extent


@pytest.mark.parametrize(
    ("layers", "style"), [(("green", "roads", "wards"), "town"), (("earth", "roads"), "protomaps")]
)
def test_a_map_file_says_its_bounds_credit_and_style(
    tmp_path: Path, layers: tuple[str, ...], style: str
) -> None:
    path = tmp_path / "area.pmtiles"
    write_map(path, layers)
    app = serve(Settings(instance=tmp_path, basemap=f"pmtiles:{path}"))
    with app.app_context():
        told = static_files.base_map()
    assert told["bounds"] == pytest.approx(BOUNDS)
    assert (told["source"], told["style"]) == ("pmtiles:/basemap.pmtiles", style)
    assert told["attribution"] == "Us"


def test_raster_tiles_carry_their_credit(tmp_path: Path) -> None:
    basemap = "raster:https://tiles.example/{z}/{x}/{y}.png|© Somebody"
    app = serve(Settings(instance=tmp_path, basemap=basemap))
    with app.app_context():
        told = static_files.base_map()
    assert told["source"] == "raster:https://tiles.example/{z}/{x}/{y}.png"
    assert told["attribution"] == "© Somebody"
