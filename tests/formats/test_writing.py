"""What people take away: CSV, XLSX and GeoJSON, safe to open and the same when read again."""

import csv as stdlib_csv
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import openpyxl
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from shapely.geometry import LineString, Point, Polygon, box

from assetmap.errors import NotAllowed
from assetmap.formats import csv, geojson, xlsx
from assetmap.formats.tables import sniff
from tests.real_data import real

FORMULAS = ["=1+1", "+44 1482 300300", "-2+3", "@SUM(A1)", "\tx", "\rx", "＝1+1"]  # noqa: RUF001
UID = UUID("0190a5d2-6c00-7000-8000-000000000001")

printable = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=30)
lines_of_text = st.text(
    st.characters(exclude_categories=["Cs", "Cc"], include_characters="\n\r\t"), max_size=30
)


def as_csv(rows: Sequence[Mapping[str, object]], columns: Sequence[str]) -> bytes:
    return b"".join(csv.write(rows, columns))


def read_again(data: bytes, name: str) -> list[list[str]]:
    return [list(row.values.values()) for row in sniff(data, name, header=True).rows()]


@pytest.mark.parametrize("text", FORMULAS)
def test_text_that_looks_like_a_formula_gets_an_apostrophe_in_csv(text: str) -> None:
    data = as_csv([{"note": text}], ["note"])
    _, (cell,) = stdlib_csv.reader(io.StringIO(data.decode("utf-8-sig"), newline=""))
    assert cell == "'" + text
    assert read_again(data, "x.csv") == [[text]]


@pytest.mark.parametrize(
    "number", [-0.3792577782758172, "-0.3331", -5, "-5", -1e-7, Decimal("-1.50")]
)
def test_negative_numbers_stay_numbers_in_csv(number: object) -> None:
    assert as_csv([{"n": number}], ["n"]).endswith(f"\r\n{number}\r\n".encode())


def test_csv_names_its_columns_in_full_and_ignores_what_was_not_asked_for() -> None:
    rows: list[dict[str, object]] = [
        {"b": None, "a": ["x", "y"], "secret": 1},
        {"a": datetime(2024, 3, 1, 9, tzinfo=UTC), "b": True},
        {},
    ]
    assert as_csv(rows, ["a", "b"]) == (
        b"\xef\xbb\xbfa,b\r\nx; y,\r\n2024-03-01T09:00:00+00:00,yes\r\n,\r\n"
    )
    assert b"".join(csv.write([], ["a"], bom=False)) == b"a\r\n"


def test_csv_that_is_cut_off_says_so_in_its_last_line() -> None:
    def rows() -> Iterator[Mapping[str, object]]:
        yield {"title": "Mill hall"}
        raise NotAllowed("What you may see has changed since you began.")

    pieces = csv.write(rows(), ["title"], bom=False)
    assert next(pieces).decode().splitlines() == ["title", "Mill hall", csv.NOT_WHOLE]
    with pytest.raises(NotAllowed):
        next(pieces)


def test_csv_comes_in_pieces() -> None:
    rows = ({"a": "x" * 1_000} for _ in range(200))
    assert len(list(csv.write(rows, ["a"]))) > 5


@given(st.lists(st.lists(lines_of_text, min_size=2, max_size=2), max_size=8))
@example([["|", "|0"]])
@example([["a|b|c|d|e", "f|g"]] * 8)
def test_csv_reads_back_as_it_was_written_but_for_an_apostrophe_of_its_own(
    cells: list[list[str]],
) -> None:
    rows = [{"name": "row", "a": a, "b": b} for a, b in cells]
    found = read_again(as_csv(rows, ["name", "a", "b"]), "x.csv")
    assert found == [["row", csv.unguarded(a), csv.unguarded(b)] for a, b in cells]


@given(lines_of_text)
def test_the_guard_can_be_taken_off_again(text: str) -> None:
    guarded = csv.guarded(text)
    assert csv.unguarded(guarded) == text or guarded == text


@given(st.lists(printable, min_size=1, max_size=6))
def test_xlsx_reads_back_as_it_was_written(cells: list[str]) -> None:
    data = xlsx.write([{"name": "row", "a": cell} for cell in cells], ["name", "a"])
    expected = [["row", xlsx.readable(cell)] for cell in cells]
    assert read_again(data, "x.xlsx") == expected


def naughty_strings() -> list[str]:
    text = real("security/blns.txt").read_text("utf-8")
    return [line for line in text.split("\n") if line and not line.startswith("#")]


def test_naughty_strings_survive_csv_unchanged() -> None:
    strings = naughty_strings()
    assert len(strings) > 400
    data = as_csv([{"name": "row", "note": one} for one in strings], ["name", "note"])
    assert read_again(data, "x.csv") == [
        ["row", csv.unguarded(csv.guarded(one))] for one in strings
    ]


def test_naughty_strings_survive_xlsx_as_text_and_never_as_formulas() -> None:
    strings = [*naughty_strings(), *FORMULAS, "_x000D_", "#N/A", "TRUE", "1"]
    data = xlsx.write([{"name": "row", "note": one} for one in strings], ["name", "note"])
    assert read_again(data, "x.xlsx") == [["row", xlsx.readable(one)] for one in strings]
    sheet = openpyxl.load_workbook(io.BytesIO(data)).active
    assert sheet is not None
    assert {cell.data_type for row in sheet.iter_rows() for cell in row} == {"s"}


def test_numbers_and_dates_stay_so_in_xlsx() -> None:
    row = {"n": -1.5, "d": date(2024, 3, 1), "t": datetime(2024, 3, 1, 9, tzinfo=UTC), "x": None}
    data = xlsx.write(
        [{**row, "nan": float("nan")}], ["n", "d", "t", "x", "nan"], sheet="a/b[c]\x01"
    )
    sheet = openpyxl.load_workbook(io.BytesIO(data)).active
    assert sheet is not None
    types = [cell.data_type for cell in list(sheet.iter_rows())[1]]
    assert types == ["n", "d", "d", "n", "s"]


def features(data: bytes) -> dict[str, Any]:
    decoded = json.loads(data)
    assert isinstance(decoded, dict)
    return decoded


def test_a_collection_is_streamed_with_its_members_first() -> None:
    shapes = [Point(-0.123456789, 53.987654321), box(0, 50, 1, 51), None]
    stream = geojson.collection_stream(
        (geojson.feature(UID, shape, {"tags": {"b", "a"}}) for shape in shapes), numberMatched=3
    )
    found = features(b"".join(stream))
    assert (found["type"], found["numberMatched"]) == ("FeatureCollection", 3)
    point, polygon, nothing = found["features"]
    assert point["geometry"] == {"type": "Point", "coordinates": [-0.1234568, 53.9876543]}
    assert (point["id"], point["properties"]) == (str(UID), {"tags": ["a", "b"]})
    assert polygon["geometry"]["type"] == "Polygon"
    assert nothing["geometry"] is None


def test_an_empty_collection_is_whole_and_a_long_one_comes_in_pieces() -> None:
    assert features(b"".join(geojson.collection_stream([])))["features"] == []
    many = (geojson.feature(n, Point(n / 1e4, 50), {"note": "x" * 100}) for n in range(2_000))
    pieces = list(geojson.collection_stream(many))
    assert len(pieces) > 5
    assert len(features(b"".join(pieces))["features"]) == 2_000


@pytest.mark.parametrize(
    "shape",
    [
        LineString([(0.123456789, 50), (1, 51.987654321)]),
        Polygon([(0, 50), (1, 50), (1, 51)], [[(0.5, 50.1), (0.6, 50.1), (0.6, 50.2)]]),
    ],
)
def test_no_coordinate_has_more_than_seven_decimals(shape: Any) -> None:
    written = json.loads(geojson.dumps(geojson.geometry(shape)), parse_float=Decimal)

    def decimals(part: Any) -> int:
        if isinstance(part, Decimal):
            return -int(part.as_tuple().exponent)
        return max((decimals(one) for one in part), default=0) if isinstance(part, list) else 0

    assert decimals(written["coordinates"]) <= 7
