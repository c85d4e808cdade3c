"""Excel workbooks: merged cells, dates, formulas, titles, several sheets."""

import io
from collections.abc import Callable
from datetime import date, datetime
from typing import Any

import openpyxl
import pytest

from assetmap.errors import Invalid
from assetmap.formats.tables import Limits, Table, sniff


def book(*lines: list[Any], change: Callable[[Any, Any], None] | None = None) -> bytes:
    workbook = openpyxl.Workbook()
    sheet = workbook.active
    assert sheet is not None
    for line in lines:
        sheet.append(line)
    if change:
        change(workbook, sheet)
    out = io.BytesIO()
    workbook.save(out)
    return out.getvalue()


def lines(table: Table) -> list[list[str]]:
    return [list(row.values.values()) for row in table.rows()]


def test_cells_come_out_as_people_see_them() -> None:
    data = book(
        ["name", "places", "rate", "opened", "seen", "open", "note"],
        ["A", 12, 1.5, date(2024, 3, 1), datetime(2024, 3, 1, 9, 30), True, None],  # noqa: DTZ001
    )
    table = sniff(data, "x.xlsx")
    assert table.format == "xlsx"
    assert lines(table) == [["A", "12", "1.5", "2024-03-01", "2024-03-01T09:30:00", "yes", ""]]


def test_a_value_merged_down_belongs_to_every_row_and_one_merged_across_to_the_first() -> None:
    def merge(_: Any, sheet: Any) -> None:
        sheet.merge_cells("A2:A4")
        sheet.merge_cells("B2:C2")

    data = book(
        ["ward", "name", "phone"],
        ["Avenue", "Hall", None],
        [None, "Club", "1"],
        [None, "Church", "2"],
        ["Bricknell", "School", "3"],
        change=merge,
    )
    table = sniff(data, "x.xlsx")
    assert lines(table) == [
        ["Avenue", "Hall", ""],
        ["Avenue", "Club", "1"],
        ["Avenue", "Church", "2"],
        ["Bricknell", "School", "3"],
    ]
    assert "2 blocks of merged cells" in table.warnings[0]


def test_one_merged_block_is_counted_as_one() -> None:
    data = book(
        ["ward", "name"],
        ["Avenue", "Hall"],
        [None, "Club"],
        change=lambda _, sheet: sheet.merge_cells("A2:A3"),
    )
    assert sniff(data, "x.xlsx").warnings[0].startswith("1 block of merged cells")


def test_a_merged_title_above_the_table_is_left_out() -> None:
    def merge(_: Any, sheet: Any) -> None:
        sheet.merge_cells("A1:C1")

    data = book(
        ["Halls 2024", None, None],
        [],
        ["name", "postcode", "phone"],
        ["A", "HU1 3UB", "1"],
        ["B", "HU2 8AA", "2"],
        change=merge,
    )
    table = sniff(data, "x.xlsx")
    assert table.columns == ["name", "postcode", "phone"]
    assert [row.number for row in table.rows()] == [4, 5]


def test_a_formula_is_kept_as_its_text_with_a_warning() -> None:
    table = sniff(book(["name", "note"], ["=cmd|'/C calc'!A0", "plain"]), "x.xlsx")
    (row,) = table.rows()
    assert row.values == {"name": "=cmd|'/C calc'!A0", "note": "plain"}
    assert row.warnings == ["A formula was kept as its text, not worked out."]


def test_a_date_that_is_none_is_read_past() -> None:
    def mark(_: Any, sheet: Any) -> None:
        sheet["B2"].number_format = "yyyy-mm-dd"

    table = sniff(book(["name", "opened"], ["A", 1e12], change=mark), "x.xlsx")
    assert [row.values["name"] for row in table.rows()] == ["A"]


def test_short_and_empty_rows_are_no_problem_in_a_workbook() -> None:
    table = sniff(book(["name", "a", "b"], ["A"], [], ["B", 1, 2], [None, " "]), "x.xlsx")
    assert lines(table) == [["A", "", ""], ["B", "1", "2"]]
    assert [row.problem for row in table.rows()] == [None, None]


def test_the_first_visible_sheet_is_read_and_the_others_named() -> None:
    def more(workbook: Any, sheet: Any) -> None:
        sheet.sheet_state = "hidden"
        for title in ("Halls", "Clubs"):
            workbook.create_sheet(title).append(["name"])
            workbook[title].append([title])

    table = sniff(book(["name"], ["Hidden"], change=more), "x.xlsx")
    assert lines(table) == [["Halls"]]
    assert table.warnings == ["Only the sheet Halls is read; there are also Clubs."]


def test_a_workbook_without_a_header_has_numbered_columns() -> None:
    table = sniff(book(["HU1 3UB", 1, 2], ["HU2 8AA", 3, 4]), "x.xlsx")
    assert table.columns == ["column_1", "column_2", "column_3"]
    assert lines(table) == [["HU1 3UB", "1", "2"], ["HU2 8AA", "3", "4"]]


def test_an_empty_or_oversized_workbook_is_refused_in_words() -> None:
    with pytest.raises(Invalid, match="empty"):
        sniff(book(), "x.xlsx")
    with pytest.raises(Invalid, match="columns"):
        sniff(book(["a", "b", "c"], [1, 2, 3]), "x.xlsx", limits=Limits(columns=2))
    table = sniff(book(["name"], ["A"], ["B"]), "x.xlsx", limits=Limits(rows=1))
    with pytest.raises(Invalid, match="more than 1 rows"):
        list(table.rows())


@pytest.mark.parametrize("keep", [0.3, 0.6, 0.9, 0.99])
def test_a_workbook_that_breaks_off_is_refused_in_words(keep: float) -> None:
    data = book(["name"], *(["A" * 30] for _ in range(200)))
    with pytest.raises(Invalid, match=r"x\.xlsx"):
        list(sniff(data[: int(len(data) * keep)], "x.xlsx").rows())


@pytest.mark.parametrize("at", range(40, 4_000, 97))
def test_a_damaged_byte_is_read_past_or_refused_in_words(at: int) -> None:
    data = bytearray(book(["name"], *(["A" * 30] for _ in range(200))))
    data[at] ^= 0x5A
    try:
        found = list(sniff(bytes(data), "x.xlsx").rows())
    except Invalid:
        return
    assert len(found) <= 200
