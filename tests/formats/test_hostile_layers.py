"""Geographic files that would have us open other files or addresses are refused, unopened."""

import json
import sqlite3
import zipfile
from contextlib import closing
from pathlib import Path
from typing import Any

import geopandas
import pyogrio
import pyproj
import pytest
import shapely

from assetmap.errors import Invalid
from assetmap.formats import boundaries, vector
from assetmap.formats.tables import sniff

WARD = shapely.box(-0.4, 53.7, -0.3, 53.8)
VRT = (
    "<OGRVRTDataSource><OGRVRTLayer name='w'><SrcDataSource>{}</SrcDataSource>"
    "</OGRVRTLayer></OGRVRTDataSource>"
)


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    """A file that nobody was asked to open."""
    path = tmp_path / "secret.gpkg"
    frame(path)
    return path


@pytest.fixture
def gdal_opens(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Everything that GDAL is asked to open."""
    opened: list[Any] = []
    really = pyogrio.list_layers

    def listed(what: Any) -> Any:
        opened.append(what)
        return really(what)

    monkeypatch.setattr(pyogrio, "list_layers", listed)
    return opened


def frame(path: Path, crs: Any = "EPSG:4326") -> None:
    """A ward of our own, in a file of GDAL's making."""
    rows = {"CD": ["E05"], "NM": ["Ours"]}
    geopandas.GeoDataFrame(rows, geometry=[WARD], crs=crs).to_file(path, layer="w")


def refused(path: Path) -> str:
    """The words in which a file is refused, as boundaries and as a table."""
    with pytest.raises(Invalid) as raised:
        boundaries.read(path, code="CD", name="NM")
    with pytest.raises(Invalid):
        for _ in sniff(path, path.name).rows():
            pass
    return str(raised.value)


@pytest.mark.parametrize(
    "given",
    [
        {"type": "gdal_streamed_alg", "command_line": "gdal vector pipeline ! read {} ! write x"},
        {"gdal_version": "3.12", "type": "gdal_streamed_alg", "command_line": "read {}"},
        {"type": "Tileset", "links": [{"href": "{}"}]},
        {"hasZ": False, "geometryType": "esriGeometryPoint", "features": [{"geometry": "{}"}]},
        {"a": VRT},
        {"a": "<OGRWFSDataSource><URL>{}</URL></OGRWFSDataSource>", "type": "x"},
    ],
)
def test_json_that_names_another_file_is_never_handed_to_gdal(
    tmp_path: Path, secret: Path, gdal_opens: list[Any], given: dict[str, Any]
) -> None:
    path = tmp_path / "w.geojson"
    path.write_text(json.dumps(given).replace("{}", str(secret)))
    assert "neither GeoJSON nor TopoJSON" in refused(path)
    assert gdal_opens == []


def test_a_format_hidden_in_good_geojson_stays_text(
    tmp_path: Path, secret: Path, gdal_opens: list[Any]
) -> None:
    path = tmp_path / "w.json"
    properties = {"CD": "A", "NM": VRT.format(secret)}
    ward = {
        "type": "Feature",
        "properties": properties,
        "geometry": json.loads(shapely.to_geojson(WARD)),
    }
    path.write_text(json.dumps({"type": "FeatureCollection", "features": [ward]}))
    (area,) = boundaries.read(path, code="CD", name="NM").areas
    assert area.name.startswith("<OGRVRTDataSource>")
    assert gdal_opens == []


@pytest.mark.parametrize(
    "crs",
    [
        {"type": "link", "properties": {"href": "http://127.0.0.1:9/crs", "type": "ogcwkt"}},
        {"type": "url", "properties": {"url": "http://127.0.0.1:9/crs"}},
        {"type": "name", "properties": {"name": "+init=/etc/passwd:27700"}},
        {"type": "name", "properties": {"name": "+proj=longlat +nadgrids=/etc/passwd"}},
        {"type": "name", "properties": {"name": "/etc/passwd"}},
        {"type": "name", "properties": {"name": "http://127.0.0.1:9/EPSG:27700"}},
        "EPSG:27700",
    ],
)
def test_a_reference_system_from_elsewhere_is_never_fetched(tmp_path: Path, crs: object) -> None:
    path = tmp_path / "w.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": [], "crs": crs}))
    assert "crs member that is not known" in refused(path)


def test_the_crs_of_a_single_shape_is_left_alone(tmp_path: Path, gdal_opens: list[Any]) -> None:
    drawn = json.loads(shapely.to_geojson(WARD))
    drawn["crs"] = {"type": "link", "properties": {"href": "http://127.0.0.1:9/crs"}}
    ward = {"type": "Feature", "properties": {"CD": "A", "NM": "B"}, "geometry": drawn}
    path = tmp_path / "w.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": [ward]}))
    (area,) = boundaries.read(path, code="CD", name="NM").areas
    assert area.boundary.equals(WARD)
    assert gdal_opens == []


@pytest.mark.parametrize(
    "sql",
    [
        "CREATE VIEW v AS SELECT ogr_geocode('Hull') AS CD",
        "CREATE TABLE t (CD, NM AS (CD || 'x'))",
        "CREATE TABLE t (CD, NM GENERATED ALWAYS AS (upper(CD)) STORED)",
        "CREATE VIRTUAL TABLE v USING fts5(CD)",
    ],
)
def test_a_geopackage_that_runs_something_when_read_is_refused_unopened(
    tmp_path: Path, gdal_opens: list[Any], sql: str
) -> None:
    path = tmp_path / "w.gpkg"
    frame(path)
    gdal_opens.clear()
    with closing(sqlite3.connect(path)) as opened:
        opened.execute(sql)
        opened.commit()
    assert "no plain table" in refused(path)
    with pytest.raises(Invalid, match="no plain table"):
        vector.layers(path.read_bytes(), "w.gpkg")
    assert gdal_opens == []


@pytest.mark.parametrize("module", ["VirtualOGR", "VirtualShape", "VirtualText", "rtree"])
def test_a_table_of_another_file_is_refused_unopened(
    tmp_path: Path, secret: Path, gdal_opens: list[Any], module: str
) -> None:
    path = tmp_path / "w.gpkg"
    frame(path)
    gdal_opens.clear()
    sql = f"CREATE VIRTUAL TABLE v USING {module}('{secret}', 'w')"
    with closing(sqlite3.connect(path)) as opened:
        opened.execute("PRAGMA writable_schema = ON")
        opened.execute(
            "INSERT INTO sqlite_schema VALUES ('table', 'v', 'v', 0, ?)",
            (sql,),
        )
        opened.commit()
    refused(path)
    assert gdal_opens == []


def shapefile(tmp_path: Path, **parts: bytes) -> Path:
    """A zipped shapefile, some of its parts replaced or added under names of their own."""
    frame(tmp_path / "w.shp")
    held = {one.name: one.read_bytes() for one in tmp_path.glob("w.*")}
    held |= {name.replace("_", "."): content for name, content in parts.items()}
    path = tmp_path / "wards.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in held.items():
            archive.writestr(name, content)
    return path


def test_a_shapefile_in_a_zip_must_be_one(
    tmp_path: Path, secret: Path, gdal_opens: list[Any]
) -> None:
    path = shapefile(tmp_path, w_shp=VRT.format(secret).encode())
    assert "w.shp, which is not a shapefile" in refused(path)
    assert gdal_opens == []


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("w.vrt", "no part of a shapefile"),
        ("w.shp.gz", "no part of a shapefile"),
        ("../w.prj", "outside itself"),
        ("/etc/w.prj", "outside itself"),
        ("/vsicurl/http://127.0.0.1:9/w.shp", "outside itself"),
        ("..\\w.shp", "outside itself"),
        ("}/vsicurl/x/w.shp", "outside itself"),
        ("a//w.shp", "outside itself"),
        ("a/./w.dbf", "outside itself"),
        ("a\nb.prj", "outside itself"),
    ],
)
def test_a_zip_whose_parts_have_names_that_lead_elsewhere_is_refused_unopened(
    tmp_path: Path, gdal_opens: list[Any], name: str, said: str
) -> None:
    path = tmp_path / "wards.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(name, b"\0\0\x27\x0a")
    assert said in refused(path)
    assert gdal_opens == []


def test_a_reference_system_that_names_a_grid_file_is_refused(tmp_path: Path) -> None:
    crs = pyproj.CRS.from_user_input("+proj=longlat +ellps=airy +nadgrids=/etc/passwd")
    path = shapefile(tmp_path, w_prj=crs.to_wkt("WKT1_GDAL").encode())
    assert "names other files" in refused(path)


def test_a_topojson_that_says_one_line_too_often_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("assetmap.formats.json_layers.MOST_CORNERS", 100)
    wards = [{"type": "Polygon", "arcs": [[0]]} for _ in range(30)]
    arcs = [[[0, 0], [1, 0], [1, 1], [0, 0]]]
    objects = {"w": {"type": "GeometryCollection", "geometries": wards}}
    path = tmp_path / "w.json"
    path.write_text(json.dumps({"type": "Topology", "objects": objects, "arcs": arcs}))
    with pytest.raises(Invalid, match="more than 100 corners"):
        boundaries.read(path, code="CD", name="NM")


@pytest.mark.parametrize("arcs", ["x", [[1]], [None], [[["a", "b"]]]])
def test_a_topojson_without_its_lines_is_refused_in_words(tmp_path: Path, arcs: object) -> None:
    ward = {"type": "Polygon", "arcs": [[7]], "properties": {"CD": "A", "NM": "B"}}
    path = tmp_path / "w.json"
    path.write_text(json.dumps({"type": "Topology", "objects": {"w": ward}, "arcs": arcs}))
    with pytest.raises(Invalid, match="not whole TopoJSON"):
        boundaries.read(path, code="CD", name="NM")
