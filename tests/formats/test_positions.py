"""Where a row says something is: every way of saying it, and every way of getting it wrong."""

import json
from typing import Any, Literal

import pytest
import shapely
from hypothesis import example, given
from hypothesis import strategies as st
from shapely.geometry import GeometryCollection, LineString, MultiPoint, Point, Polygon, box

from assetmap.errors import Invalid
from assetmap.formats.coordinates import grid_reference
from assetmap.formats.positions import (
    MENDED,
    MOST_VERTICES,
    PositionColumns,
    clean_shape,
    locate,
    parse_geojson,
    parse_grid_reference,
    parse_pair,
    parse_wkt,
    to_degrees,
)
from tests.real_data import real

BRITAIN = (-8.7, 49.8, 1.8, 60.9)
HULL = (-0.3331, 53.7440)
NOWHERE = float("nan")
everywhere = st.floats(allow_nan=True, allow_infinity=True)
near = st.tuples(st.floats(-9, 2), st.floats(49, 61))


def refusal(geometry: Any) -> str:
    with pytest.raises(Invalid) as raised:
        clean_shape(geometry, BRITAIN)
    return raised.value.problems["location"]


@pytest.mark.parametrize(
    ("columns", "row"),
    [
        (PositionColumns(longitude="x", latitude="y"), {"x": "-0.3331", "y": " 53.7440 "}),
        (PositionColumns(longitude="x", latitude="y"), {"x": "-0,3331", "y": "53,744"}),
        (PositionColumns(easting="x", northing="y"), {"x": "510,027", "y": "428807"}),
        (PositionColumns(easting="x", northing="y", epsg=3857), {"x": "-37080", "y": "7121940"}),
        (PositionColumns(wkt="w"), {"w": "POINT (-0.3331 53.744)"}),
        (PositionColumns(wkt="w"), {"w": "SRID=27700;POINT Z (510027 428807 12)"}),
        (PositionColumns(wkt="w", epsg=27700), {"w": "POINT (510027 428807)"}),
        (PositionColumns(pair="p"), {"p": "53.744, -0.3331"}),
        (PositionColumns(pair="p", pair_order="lon,lat"), {"p": "(-0.3331 53.744)"}),
        (PositionColumns(pair="p"), {"p": "0.3331° W; 53.744° N"}),
        (PositionColumns(grid_reference="g"), {"g": "TA 10027 28807"}),
        (PositionColumns(longitude="x", latitude="y", wkt="w"), {"w": "POINT (-0.3331 53.744)"}),
    ],
)
def test_every_way_of_saying_where_gives_the_same_place(
    columns: PositionColumns, row: dict[str, str]
) -> None:
    found = locate(row, columns, BRITAIN)
    assert found is not None
    shape, warnings = found
    assert isinstance(shape, Point)
    assert (shape.x, shape.y) == pytest.approx(HULL, abs=1e-3)
    assert not shape.has_z
    assert warnings == []


def test_a_row_that_says_nothing_has_no_place() -> None:
    columns = PositionColumns(longitude="x", latitude="y", wkt="w")
    assert locate({"x": " ", "y": "", "w": ""}, columns, BRITAIN) is None
    assert locate({}, PositionColumns(), BRITAIN) is None


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ({"x": "-0.33", "y": ""}, "Only one of longitude and latitude"),
        ({"x": "NaN", "y": "53.7"}, "“NaN” is not a number"),
        ({"x": "inf", "y": "53.7"}, "not a number"),
        ({"x": "1e999", "y": "53.7"}, "not a number"),
        ({"x": "west", "y": "53.7"}, "“west” is not a number"),
        ({"x": "53.74", "y": "-0.33"}, "look swapped"),
        ({"x": "0", "y": "0.0"}, "0, 0"),
        ({"x": "2.35", "y": "48.85"}, "outside the area"),
        ({"x": "510027", "y": "428807"}, "not degrees"),
        ({"e": "0", "n": "0"}, "easting and northing are 0, 0"),
        ({"e": "510027"}, "Only one of easting and northing"),
        ({"w": "POINT (1"}, "is not WKT"),
        ({"w": "SRID=999999;POINT (1 1)"}, "EPSG:999999"),
        ({"w": "POINT EMPTY"}, "no location"),
        ({"p": "somewhere"}, "not a pair"),
        ({"p": "53.7 N, 0.3 S"}, "one of N or S"),
        ({"g": "J 5887 0390"}, "not a British grid reference"),
        ({"g": "SK 588 0390"}, "as many digits"),
    ],
)
def test_a_wrong_place_is_refused_and_says_why(row: dict[str, str], said: str) -> None:
    columns = PositionColumns(*("x", "y", "e", "n", None, "w", "p", "lat,lon"), grid_reference="g")
    with pytest.raises(Invalid) as raised:
        locate(row, columns, BRITAIN)
    assert said in raised.value.problems["location"]


def test_a_self_crossing_polygon_is_mended_with_a_warning() -> None:
    shape, warnings = clean_shape(Polygon([(-1, 53), (0, 54), (0, 53), (-1, 54)]), BRITAIN)
    assert shape.is_valid
    assert shape.geom_type == "MultiPolygon"
    assert warnings == [MENDED]


def test_what_is_no_shape_is_refused() -> None:
    assert "no location" in refusal(Point())
    assert "not a GeometryCollection" in refusal(GeometryCollection([Point(-1, 53)]))
    assert "not a number" in refusal(parse_wkt("LINESTRING (-1 53, nan 54)")[0])
    assert "no area" in refusal(Polygon([(-1, 53), (0, 54), (-0.5, 53.5), (-1, 53)]))
    assert "no length" in refusal(LineString([(-1, 53), (-1, 53)]))
    assert "0, 0" in refusal(MultiPoint([(-1, 53), (0, 0)]))
    assert "corners" in refusal(LineString([(-1, 53 + n / 1e6) for n in range(MOST_VERTICES + 1)]))


def test_a_shape_half_outside_the_extent_is_refused() -> None:
    assert "outside the area" in refusal(box(1, 53, 3, 54))


SHARED_SIDE = [(0.0, 50.0), (0.0, 49.875), (1.0, 50.0), (0.0, 50.0), (0.0, 51.0), (1.0, 50.0)]


@example(corners=SHARED_SIDE, kind=Polygon)
@given(st.lists(near, min_size=4, max_size=12), st.sampled_from([Polygon, LineString, MultiPoint]))
def test_a_clean_shape_is_always_valid_flat_and_inside_the_extent(
    corners: list[tuple[float, float]], kind: Any
) -> None:
    try:
        shape, _ = clean_shape(kind(corners), BRITAIN)
    except Invalid:
        pass
    else:
        assert shape.is_valid
        assert not shape.is_empty
        west, south, east, north = shape.bounds
        assert west >= BRITAIN[0]
        assert south >= BRITAIN[1]
        assert east <= BRITAIN[2]
        assert north <= BRITAIN[3]


@given(everywhere, everywhere)
def test_any_two_numbers_are_a_place_in_the_extent_or_refused(x: float, y: float) -> None:
    try:
        shape, _ = clean_shape(Point(x, y), BRITAIN)
    except Invalid:
        pass
    else:
        assert shape == Point(x, y)


@given(st.floats(0, 699_999), st.floats(0, 1_299_999), st.integers(0, 5))
def test_a_place_lies_in_the_square_its_grid_reference_names(
    easting: float, northing: float, digits: int
) -> None:
    reference = grid_reference(easting, northing, digits)
    square = parse_grid_reference(reference.lower())
    assert 0 <= easting - square.easting < square.size_m
    assert 0 <= northing - square.northing < square.size_m
    assert grid_reference(*square.middle, digits) == reference
    assert parse_grid_reference(reference.replace(" ", "")) == square


@pytest.mark.parametrize(
    ("reference", "corner"),
    [
        ("SK 5887 0390", (458_870, 303_900)),
        ("TA0996928805", (509_969, 428_805)),
        ("TQ", (500_000, 100_000)),
        ("HP 6 1", (460_000, 1_210_000)),
    ],
)
def test_known_grid_references_name_their_squares(reference: str, corner: tuple[int, int]) -> None:
    square = parse_grid_reference(reference)
    assert (square.easting, square.northing) == corner


@pytest.mark.parametrize("order", ["lat,lon", "lon,lat"])
def test_letters_win_over_the_order_of_a_pair(order: Literal["lat,lon", "lon,lat"]) -> None:
    assert parse_pair("53.74N 0.33W", order) == (-0.33, 53.74)
    assert parse_pair("0.33w, 53.74n", order) == (-0.33, 53.74)


def test_coordinates_that_do_not_exist_are_refused() -> None:
    with pytest.raises(Invalid, match="do not exist"):
        to_degrees(Point(1e30, 1e30), 27700)


def test_geojson_features_text_and_open_rings_are_read() -> None:
    ring = [[-1, 53], [0, 53], [0, 54]]
    polygon = {"type": "Polygon", "coordinates": [ring]}
    as_text = json.dumps({"type": "Feature", "geometry": polygon, "properties": None})
    for given_ in (polygon, as_text, as_text.encode()):
        assert parse_geojson(given_).equals(Polygon(ring))
    assert parse_geojson({"type": "Point", "coordinates": [-1, 53, 12]}).has_z is False


def test_the_published_valid_examples_are_read() -> None:
    for path in sorted(real("conformance/geojson_valid/mapbox_valid").rglob("*.geojson")):
        example = json.loads(path.read_text("utf-8"))
        if example["type"] in ("FeatureCollection", "GeometryCollection"):
            continue
        geometry = example["geometry"] if example["type"] == "Feature" else example
        if geometry and geometry["type"] != "GeometryCollection":
            assert parse_geojson(example).geom_type == geometry["type"]


@pytest.mark.parametrize(
    "thing",
    [
        None,
        [],
        "",
        "{",
        "[" * 100_000,
        {},
        {"type": ["Point"]},
        {"type": "Circle", "coordinates": [0, 0]},
        {"type": "Point"},
        {"type": "Point", "coordinates": "0, 0"},
        {"type": "Point", "coordinates": [0]},
        {"type": "Point", "coordinates": [0, 0, 0, 0, 0]},
        {"type": "Point", "coordinates": ["0", "0"]},
        {"type": "Point", "coordinates": [True, False]},
        {"type": "Point", "coordinates": [NOWHERE, 0]},
        {"type": "Point", "coordinates": [10**400, 0]},
        {"type": "Point", "coordinates": [[0, 0]]},
        {"type": "LineString", "coordinates": [[0, 0]]},
        {"type": "Polygon", "coordinates": [[[0, 0], [1, 1]]]},
        {"type": "Polygon", "coordinates": [[0, 0], [1, 1], [1, 0]]},
        {"type": "LineString", "coordinates": [[0, 0]] * (MOST_VERTICES + 1)},
        {"type": "MultiLineString", "coordinates": [[[0, 0]] * 30_000] * 2},
        {"type": "GeometryCollection", "geometries": []},
        {"type": "Feature", "geometry": None},
        {"type": "Feature", "geometry": {"type": "Feature", "geometry": None}},
    ],
)
def test_what_is_not_geojson_is_refused_about_the_location(thing: object) -> None:
    with pytest.raises(Invalid) as raised:
        parse_geojson(thing)
    assert list(raised.value.problems) == ["location"]


json_like = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=20,
)


@given(st.sampled_from(["Point", "LineString", "Polygon", "MultiPolygon"]), json_like)
def test_any_coordinates_are_a_shape_or_refused(kind: str, coordinates: object) -> None:
    try:
        shape = parse_geojson({"type": kind, "coordinates": coordinates})
    except Invalid:
        pass
    else:
        assert shape.geom_type == kind


@given(st.text())
def test_any_text_as_wkt_is_a_shape_or_refused(text: str) -> None:
    try:
        shape, _ = parse_wkt(text)
    except Invalid:
        pass
    else:
        assert isinstance(shape, shapely.Geometry)
