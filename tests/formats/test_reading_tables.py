"""Tables as people really save them: encodings, delimiters, missing headers, broken rows."""

import codecs
import json
from pathlib import Path
from typing import Any

import geopandas
import pytest
from hypothesis import given
from hypothesis import strategies as st
from shapely.geometry import Point

from assetmap.errors import Invalid
from assetmap.formats import tables
from assetmap.formats.tables import Limits, Row, Table, sniff
from tests.real_data import real

TEXT = "name,postcode,note\nCafé Zoë,HU1 3UB,“quoted” – £5\nBath Hall,DN15 7RE,\n"
TINY = Limits(bytes=2_000, json_bytes=1_000, rows=3, columns=4, cell_characters=50)


def rows(table: Table) -> list[Row]:
    return list(table.rows())


def names(table: Table) -> list[str]:
    return [row.values["name"] for row in table.rows()]


@pytest.mark.parametrize(
    ("data", "encoding"),
    [
        (TEXT.encode(), "utf-8"),
        (TEXT.encode("utf-8-sig"), "utf-8-sig"),
        (TEXT.encode("cp1252"), "cp1252"),
        (TEXT.encode("utf-16"), "utf-16"),
        (codecs.BOM_UTF16_BE + TEXT.encode("utf-16-be"), "utf-16"),
        (TEXT.encode("utf-16-le"), "utf-16-le"),
    ],
)
def test_accents_survive_every_usual_encoding(data: bytes, encoding: str) -> None:
    table = sniff(data, "halls.csv")
    assert table.encoding == encoding
    assert table.columns == ["name", "postcode", "note"]
    assert [row.values["name"] for row in rows(table)] == ["Café Zoë", "Bath Hall"]
    assert rows(table)[0].values["note"] == "“quoted” – £5"
    assert any("cp1252" in one for one in table.warnings) == (encoding == "cp1252")


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
def test_every_usual_delimiter_and_line_ending_is_found(delimiter: str, ending: str) -> None:
    lines = [["name", "lat", "note"], ["A", "53,7", "a. b"], ["B", "53,8", "c: d"]]
    quoted = [[f'"{cell}"' if delimiter in cell else cell for cell in line] for line in lines]
    table = sniff(ending.join(delimiter.join(line) for line in quoted).encode(), "x.csv")
    assert table.delimiter == delimiter
    assert [list(row.values.values()) for row in rows(table)] == lines[1:]


def test_a_table_without_a_header_has_numbered_columns() -> None:
    table = sniff(b"A81001,THE SURGERY,TS18 1HU,19740401\nA81002,QUEENS,TS18 2AW,19740401\n", "x")
    assert not table.has_header
    assert table.columns == ["column_1", "column_2", "column_3", "column_4"]
    assert rows(table)[0].values["column_3"] == "TS18 1HU"
    assert rows(table)[0].number == 1


def test_the_person_may_say_whether_there_is_a_header() -> None:
    data = b"2021,2022\n1,2\n"
    assert sniff(data, "x").has_header is False
    table = sniff(data, "x", header=True)
    assert (table.columns, len(rows(table))) == (["2021", "2022"], 1)


def test_rows_are_numbered_as_an_editor_numbers_lines() -> None:
    table = sniff(b'name,note\nA,"two\nlines"\n\nB,x\n,\n', "x.csv")
    assert [(row.number, row.values["name"]) for row in rows(table)] == [(2, "A"), (5, "B")]
    assert rows(table)[0].values["note"] == "two\nlines"


def test_ragged_rows_are_refused_one_by_one() -> None:
    table = sniff(b"name,a,b\nok,1,2\nlong,1,2,3\nshort,1\nshorter\nspare,1,2,,\n", "x.csv")
    assert [row.problem for row in rows(table)] == [
        None,
        "The row has 4 cells where there are 3 columns.",
        "The row has only 2 cells where there are 3 columns.",
        "The row has only 1 cell where there are 3 columns.",
        None,
    ]


def test_a_quotation_mark_left_open_is_a_problem_of_its_row() -> None:
    table = sniff(b'name,note\nA,fine\nB,"never closed\nC,lost\n', "x.csv")
    last = rows(table)[-1]
    assert last.values["name"] == "B"
    assert last.problem == "A quotation mark that opens in this row is never closed."


def test_nul_characters_are_taken_out_with_a_warning() -> None:
    table = sniff(b"name,note\nA\0B,x\nC,y\n", "x.csv")
    first, second = rows(table)
    assert (first.values["name"], first.warnings) == ("AB", ["A NUL character was taken out."])
    assert second.warnings == []


def test_formulas_stay_text() -> None:
    table = sniff(b"name,note\n=cmd|'/C calc'!A0,@SUM(1)\n", "x.csv")
    assert list(rows(table)[0].values.values()) == ["=cmd|'/C calc'!A0", "@SUM(1)"]


def test_headings_that_repeat_or_are_missing_get_names_of_their_own() -> None:
    table = sniff(b"name,phone,phone,,Opening\nA,1,2,3,x\n", "x.csv")
    assert table.columns == ["name", "phone", "phone_2", "column_4", "Opening"]
    assert table.warnings == ["“phone” is the name of two columns; the later is now “phone_2”."]


def test_a_title_above_the_table_is_left_out() -> None:
    table = sniff(b"Halls in Hull,,\n\nname,postcode,phone\nA,HU1 3UB,1\nB,HU2 8AA,2\n", "x.csv")
    assert table.columns == ["name", "postcode", "phone"]
    assert names(table) == ["A", "B"]
    assert "title" in table.warnings[0]


def test_a_table_can_be_read_again() -> None:
    table = sniff(TEXT.encode(), "x.csv")
    assert rows(table) == rows(table)


@pytest.mark.parametrize(
    ("file", "count", "has_header"),
    [
        ("places/libraries.csv", 4_231, True),
        ("places/nhs_epraccur.csv", 15_971, False),
        ("places/edubase_2017_6k_extract_no_personal.csv", 6_022, True),
        ("places/mobile_libraries/york_routes.csv", 45, True),
        ("places/derived_places_humberside.geojson", 350, True),
        ("police_uk/2018-10-humberside-street.csv", 9_192, True),
    ],
)
def test_published_tables_are_read_whole(file: str, count: int, has_header: bool) -> None:
    table = sniff(real(file), Path(file).name)
    found = rows(table)
    assert (len(found), table.has_header) == (count, has_header)
    assert [row.problem for row in found if row.problem] == []


def feature(**members: Any) -> dict[str, Any]:
    return {"type": "Feature", "properties": {"name": "A"}, **members}


def test_geojson_features_are_rows_and_a_wrong_one_is_refused_alone() -> None:
    point = {"type": "Point", "coordinates": [-0.33, 53.74]}
    features = [
        feature(id=7, geometry=point),
        feature(properties={"tags": ["a", "b"], "open": True, "n": {"x": 1}}, geometry=None),
        feature(geometry={"type": "Point", "coordinates": ["x", 1]}),
        "nonsense",
    ]
    data = json.dumps({"type": "FeatureCollection", "features": features}).encode("utf-8-sig")
    table = sniff(data, "x.geojson")
    assert table.columns == ["id", "name", "tags", "open", "n"]
    first, second, third, fourth = rows(table)
    assert first.geometry == Point(-0.33, 53.74)
    assert (first.values["id"], first.values["name"]) == ("7", "A")
    assert list(second.values.values()) == ["", "", "a; b", "yes", '{"x":1}']
    assert (second.geometry, second.problem) == (None, None)
    assert third.problem == "A position is two numbers: longitude, latitude."
    assert fourth.problem == "This is not a Feature."


def test_geojson_in_metres_comes_out_in_degrees() -> None:
    crs = {"type": "name", "properties": {"name": "EPSG:27700"}}
    place = feature(geometry={"type": "Point", "coordinates": [510_027, 428_807]})
    data = {"type": "FeatureCollection", "crs": crs, "features": [place]}
    (row,) = rows(sniff(json.dumps(data).encode(), "x.json"))
    assert isinstance(row.geometry, Point)
    assert (row.geometry.x, row.geometry.y) == pytest.approx((-0.33314, 53.74404), abs=1e-4)


def test_a_geopackage_is_read_from_disk_and_from_memory(tmp_path: Path) -> None:
    frame = geopandas.GeoDataFrame(
        {"name": ["A", None], "places": [12, 3]},
        geometry=[Point(510_027, 428_807), None],
        crs="EPSG:27700",
    )
    frame.to_file(tmp_path / "x.gpkg")
    for source in (tmp_path / "x.gpkg", (tmp_path / "x.gpkg").read_bytes()):
        table = sniff(source, "x.gpkg")
        first, second = rows(table)
        assert (table.format, table.columns) == ("geopackage", ["name", "places"])
        assert first.values == {"name": "A", "places": "12"}
        assert isinstance(first.geometry, Point)
        assert first.geometry.x == pytest.approx(-0.33314, abs=1e-4)
        assert (second.values["name"], second.geometry) == ("", None)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "is empty"),
        (b"\n\n , ,\n", "no rows"),
        (b"x" * 2_001, "MB"),
        (b'{"a": "' + b"x" * 1_000 + b'"}', "MB"),
        (b"a,b,c,d,e\n1,2,3,4,5\n", "5 columns"),
        (b"%PDF-1.7", "PDF"),
        (b"\xd0\xcf\x11\xe0 xls", "old Excel"),
        (b"\x89PNG\r\n", "picture"),
        (b"\x7fELF\x02\x01\x01\x03\x04\x05\x06\x07\x01\x02\x03\x04", "does not hold text"),
        (b"name\n\x81\x8d\xff\n", "cannot be read as text"),
        (b"PK\x03\x04 broken", "broken"),
        (b'{"type": "Topology"}', "not a GeoJSON FeatureCollection"),
        (b'{"type": ', "cannot be read as JSON"),
    ],
)
def test_what_is_no_table_or_too_large_is_refused_in_words(data: bytes, said: str) -> None:
    with pytest.raises(Invalid, match=said):
        sniff(data, "upload", limits=TINY)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"name\n" + b"A\n" * 4, "more than 3 rows"),
        (b"name,note\nA," + b"x" * 51 + b"\n", "Row 2, column note"),
    ],
)
def test_a_bound_met_while_reading_names_what_it_is(data: bytes, said: str) -> None:
    table = sniff(data, "upload", limits=TINY)
    with pytest.raises(Invalid, match=said):
        rows(table)


def test_ten_megabytes_of_geojson_are_read() -> None:
    point = {"type": "Point", "coordinates": [-0.33, 53.74]}
    one = json.dumps(feature(properties={"name": "x" * 900}, geometry=point))
    data = '{"type": "FeatureCollection", "features": [' + ",".join([one] * 10_000) + "]}"
    assert sum(1 for _ in tables.sniff(data.encode(), "big.geojson").rows()) == 10_000


@given(st.binary(max_size=300) | st.text(max_size=300).map(str.encode))
def test_any_bytes_are_a_table_or_refused_in_words(data: bytes) -> None:
    try:
        table = sniff(data, "upload")
        found = rows(table)
    except Invalid:
        return
    assert all(list(row.values) == table.columns for row in found)
