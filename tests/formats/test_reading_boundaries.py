"""Boundaries from every format and reference system, and what is refused and why."""

import json
import zipfile
from pathlib import Path
from typing import Any

import geopandas
import pytest
import shapely
from shapely.geometry import MultiPolygon, Point, Polygon, box

from assetmap.errors import Invalid
from assetmap.formats import boundaries
from tests.real_data import real

BOW_TIE = Polygon([(0, 0), (1, 1), (1, 0), (0, 1)])
HULL_M = box(505_000, 425_000, 512_000, 432_000)  # EPSG:27700


def feature(code: object, shape: Any, name: object = "Somewhere") -> dict[str, Any]:
    geometry = (
        shape if shape is None or isinstance(shape, dict) else shapely.geometry.mapping(shape)
    )
    return {"type": "Feature", "properties": {"CD": code, "NM": name}, "geometry": geometry}


def collection(path: Path, *features: dict[str, Any], **members: Any) -> Path:
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features, **members}))
    return path


def read(path: Path) -> boundaries.Boundaries:
    return boundaries.read(path, code="CD", name="NM")


@pytest.mark.parametrize(
    ("file", "code", "name", "count"),
    [
        ("pfa_2020_ew.geojson", "pfa20_code", "pfa20_name", 43),
        ("ltla_2024_uk.geojson", "ltla24_code", "ltla24_name", 361),
        ("ward22_humberside.geojson", "ward22_code", "ward22_name", 79),
        ("lsoa21_humberside.geojson", "lsoa21_code", "lsoa21_name", 591),
        ("ward_2013/E06000010.json", "WD13CD", "WD13NM", 23),
        ("oa_2011/E06000010.json", "OA11CD", "OA11CD", 853),
    ],
)
def test_every_area_of_a_published_file_is_read(
    file: str, code: str, name: str, count: int
) -> None:
    found = boundaries.read(real(f"boundaries/{file}"), code=code, name=name)
    assert len(found.areas) == count
    assert found.refused == []
    assert all(area.boundary.is_valid and not area.boundary.has_z for area in found.areas)


def test_invalid_published_polygons_are_mended_and_reported() -> None:
    found = boundaries.read(
        real("boundaries/lsoa_2011/E06000012.json"), code="LSOA11CD", name="LSOA11NM"
    )
    assert found.repaired == ["E01013154", "E01013176"]
    assert all(area.boundary.is_valid for area in found.areas)


def test_geopackage_and_shapefiles_in_metres_come_out_in_degrees(tmp_path: Path) -> None:
    frame = geopandas.GeoDataFrame(
        {"CD": ["E05"], "NM": ["Ŵyre"]}, geometry=[HULL_M], crs="EPSG:27700"
    )
    frame.to_file(tmp_path / "wards.gpkg")
    frame.to_file(tmp_path / "wards.shp", encoding="utf-8")
    with zipfile.ZipFile(tmp_path / "wards.zip", "w") as archive:
        for part in tmp_path.glob("wards.[sdpc][hbrp][pxfjg]"):
            archive.write(part, f"a folder/{part.name}")
    for file in ("wards.gpkg", "wards.shp", "wards.zip"):
        (area,) = read(tmp_path / file).areas
        assert (area.code, area.name) == ("E05", "Ŵyre")
        west, south, east, north = area.boundary.bounds
        assert -0.42 < west < east < -0.28
        assert 53.70 < south < north < 53.78


def test_a_legacy_crs_member_is_obeyed(tmp_path: Path) -> None:
    crs = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::27700"}}
    path = collection(tmp_path / "w.geojson", feature("A", HULL_M), crs=crs)
    (area,) = read(path).areas
    assert area.boundary.contains(Point(-0.33, 53.744))


def test_quantised_topojson_is_read(tmp_path: Path) -> None:
    ring = [[0, 0], [100, 0], [0, 100], [-100, 0], [0, -100]]  # each from the one before
    ward = {"type": "Polygon", "arcs": [[0]], "properties": {"CD": "A", "NM": "Avenue"}}
    path = tmp_path / "wards.json"
    path.write_text(
        json.dumps(
            {
                "type": "Topology",
                "transform": {"scale": [0.0001, 0.0001], "translate": [-0.5, 53.5]},
                "objects": {"wards": {"type": "GeometryCollection", "geometries": [ward]}},
                "arcs": [ring],
            }
        )
    )
    (area,) = read(path).areas
    assert area.boundary.bounds == pytest.approx((-0.5, 53.5, -0.49, 53.51))


def test_metres_without_a_reference_system_are_refused(tmp_path: Path) -> None:
    frame = geopandas.GeoDataFrame({"CD": ["A"], "NM": ["B"]}, geometry=[HULL_M], crs=27700)
    frame.to_file(tmp_path / "w.shp")
    (tmp_path / "w.prj").unlink()
    with pytest.raises(Invalid, match="does not say which coordinate reference system"):
        read(tmp_path / "w.shp")


def test_a_missing_column_is_named_with_those_there_are() -> None:
    with pytest.raises(Invalid) as raised:
        boundaries.read(real("boundaries/ward_2013/E06000010.json"), code="WD22CD", name="WD13NM")
    assert "no column WD22CD" in str(raised.value)
    assert "Did you mean WD13CD" in str(raised.value)
    assert "WD13NM" in str(raised.value)


def test_what_is_no_area_is_refused_with_its_number_and_reason(tmp_path: Path) -> None:
    outside = box(170, 10, 190, 20)
    path = collection(
        tmp_path / "w.geojson",
        feature("A", box(0, 50, 1, 51)),
        feature(None, box(0, 50, 1, 51)),
        feature("C", None),
        feature("D", Point(0, 50)),
        feature("E", outside),
        feature("A", box(1, 50, 2, 51)),
        feature("A", box(0, 50, 1, 51)),
        feature("H", Polygon([(0, 50), (1, 51), (2, 52), (0, 50)])),
    )
    found = read(path)
    assert [area.code for area in found.areas] == ["A"]
    assert found.repeated == 1
    assert found.refused == [
        (2, "it has no code"),
        (3, "C has no outline"),
        (4, "D is a Point, not a polygon"),
        (5, "E lies outside -180 to 180, -90 to 90 degrees"),
        (6, "A is there already, as feature 1, with another outline"),
        (8, "H encloses no area"),
    ]


def test_a_bow_tie_becomes_two_triangles(tmp_path: Path) -> None:
    found = read(collection(tmp_path / "w.geojson", feature(7, BOW_TIE, None)))
    (area,) = found.areas
    assert (area.code, area.name, found.repaired) == ("7", "7", ["7"])
    assert isinstance(area.boundary, MultiPolygon)
    assert area.boundary.area == pytest.approx(0.5)


def test_more_features_than_the_bound_are_refused(tmp_path: Path) -> None:
    path = collection(tmp_path / "w.geojson", *(feature(n, box(n, 0, n + 1, 1)) for n in range(3)))
    with pytest.raises(Invalid, match="more than 2 areas"):
        boundaries.read(path, code="CD", name="NM", max_features=2)
    with pytest.raises(Invalid, match="MB"):
        boundaries.read(path, code="CD", name="NM", max_bytes=10)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"not a map",
        b'{"type": "FeatureColl',
        b"SQLite format 3\0 and nothing else",
        b"PK\x03\x04 broken",
        b'{"type": "FeatureCollection", "features": [{"type": "Feature", "properties": '
        b'{"C\xf4": 1}, "geometry": {"type": "Point", "coordinates": [0, 1]}}]}',
        b"<OGRVRTDataSource><OGRVRTLayer name='x'/></OGRVRTDataSource>",
    ],
)
def test_a_file_that_is_no_map_is_refused_in_words(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "file.geojson"
    path.write_bytes(content)
    with pytest.raises(Invalid, match=r"file\.geojson"):
        read(path)


def test_a_zip_with_anything_but_a_shapefile_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "w.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("w.shp", b"")
        archive.writestr("w.vrt", b"<OGRVRTDataSource/>")
    with pytest.raises(Invalid, match=r"w\.vrt"):
        read(path)
