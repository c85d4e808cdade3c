"""XLSX as a table: the first visible sheet, read row by row."""

import re
import warnings
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, time
from itertools import islice
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import ParseError

import openpyxl
from openpyxl.utils import range_boundaries
from openpyxl.utils.exceptions import InvalidFileException

from assetmap.errors import Invalid
from assetmap.formats import headings
from assetmap.formats.limits import BROKEN_ZIP, MEGABYTE, Limits, opened
from assetmap.formats.table import (
    NUL_REMOVED,
    Row,
    Table,
    check_cell,
    check_columns,
    check_row,
)

SNIFFED_ROWS = 100
BLOCK_ROWS = 200
MOST_UNZIPPED_BYTES = 1_000 * MEGABYTE
MOST_MERGED = 20_000
_MERGED = re.compile(rb'<(?:\w+:)?mergeCell\s[^>]*?ref="([A-Z]{1,3}\d{1,7}:[A-Z]{1,3}\d{1,7})"')
_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")
_BLOCK_BYTES = 262_144
_OVERLAP_BYTES = 300  # a tag may lie across two blocks
_FORMULA_KEPT = "A formula was kept as its text, not worked out."


@dataclass(frozen=True, slots=True)
class _Cell:
    text: str
    is_formula: bool = False


@dataclass(slots=True)
class _Merge:
    """A merged block, 1-based and inclusive. text: its value, once its top row has been read."""

    left: int
    top: int
    bottom: int
    text: str = ""


@dataclass(frozen=True, slots=True)
class _Layout:
    source: Path | bytes
    filename: str
    sheet: str
    merges: tuple[tuple[int, int, int], ...]  # left, top, bottom
    skip: int
    columns: tuple[str, ...]
    limits: Limits


def table(source: Path | bytes, filename: str, *, header: bool | None, limits: Limits) -> Table:
    """The table on the first visible sheet of a workbook; see `tables.sniff`.

    A block merged downwards gives its value to every row of it; merged across, to its left-most
    column only.
    """
    _check_bomb(source, filename)
    sheet, said, member = _first_sheet(source, filename)
    merges = _merges(source, member, filename)
    if merges:
        blocks = "1 block" if len(merges) == 1 else f"{len(merges)} blocks"
        said.append(
            f"{blocks} of merged cells: a value merged down several rows was given "
            "to each of them; one merged across stays in its first column."
        )
    draft = _Layout(source, filename, sheet, merges, 0, (), limits)
    records = [
        [cell.text for cell in record] for _, record in islice(_records(draft), SNIFFED_ROWS)
    ]
    if not records:
        raise Invalid(f"The sheet {sheet} of {filename} is empty.")
    titles = headings.title_rows(records)
    if titles:
        said.append(f"The first {titles} filled rows look like a title and were left out.")
    records = records[titles:]
    has_header = headings.has_header(records) if header is None else header
    width = max(len(record) for record in records)
    check_columns(width, limits, filename)
    columns, changed = headings.unique(records[0] if has_header else [], width)
    if not has_header:
        said.append("The first row holds data, so the columns are called column_1, column_2 …")
    layout = _Layout(source, filename, sheet, merges, titles + has_header, tuple(columns), limits)
    return Table(
        format="xlsx",
        columns=columns,
        rows=lambda: _rows(layout),
        warnings=said + changed,
        has_header=has_header,
    )


def _rows(layout: _Layout) -> Iterator[Row]:
    width = len(layout.columns)
    for taken, (number, record) in enumerate(islice(_records(layout), layout.skip, None), start=1):
        check_row(taken, layout.limits, layout.filename)
        cells = record[:width] + [_Cell("")] * (width - len(record))
        row = Row(number)
        if len(record) > width:
            row.problem = f"The row has {len(record)} cells where there are {width} columns."
        if any(cell.is_formula for cell in cells):
            row.warnings.append(_FORMULA_KEPT)
        if any("\0" in cell.text for cell in cells):
            row.warnings.append(NUL_REMOVED)
        for column, cell in zip(layout.columns, cells, strict=True):
            check_cell(cell.text, number, column, layout.limits)
            row.values[column] = cell.text.replace("\0", "")
        yield row


def _records(layout: _Layout) -> Iterator[tuple[int, list[_Cell]]]:
    """Every filled row, with its number, merged cells filled down, and no empty end."""
    waiting = [_Merge(*edges) for edges in layout.merges]
    with _book(layout.source, layout.filename) as book:
        page = book[layout.sheet]
        page.reset_dimensions()
        try:
            for number, raw in enumerate(_quietly(page.iter_rows()), start=1):
                check_columns(_used(raw), layout.limits, layout.filename)
                record = [_cell(one) for one in raw[: _used(raw)]]
                _fill_down(record, number, waiting)
                if any(cell.text.strip() for cell in record):
                    yield number, record
        except _BROKEN as error:
            raise Invalid(f"{layout.filename} breaks off or is damaged.") from error


def _quietly(rows: Iterator[Any]) -> Iterator[Any]:
    """The rows, without openpyxl's warnings about dates it cannot tell."""
    while True:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            block = list(islice(rows, BLOCK_ROWS))
        if not block:
            return
        yield from block


def _fill_down(record: list[_Cell], number: int, waiting: list[_Merge]) -> None:
    """Give each merged block's value to this row; `waiting` is in order of top row."""
    done = False
    for merge in waiting:
        if merge.top > number:
            break
        done = done or merge.bottom < number
        if merge.top == number and merge.left <= len(record):
            merge.text = record[merge.left - 1].text
        elif merge.top < number <= merge.bottom and merge.text:
            record += [_Cell("")] * (merge.left - len(record))
            record[merge.left - 1] = _Cell(merge.text)
    if done:
        waiting[:] = [merge for merge in waiting if merge.bottom >= number]


def _cell(one: Any) -> _Cell:
    value = one.value
    if one.data_type == "f":
        return _Cell(str(getattr(value, "text", value) or ""), is_formula=True)
    match value:
        case None:
            text = ""
        case str():
            text = _ESCAPED.sub(lambda found: chr(int(found[1], 16)), value)
        case bool():
            text = "yes" if value else "no"
        case float() if value.is_integer():
            text = str(int(value))
        case datetime() if value.time() == time(0):
            text = value.date().isoformat()
        case datetime() | date() | time():
            text = value.isoformat()
        case _:
            text = str(value)
    return _Cell(text)


def _used(raw: Sequence[Any]) -> int:
    """How many cells up to the last filled one."""
    return next((at for at in range(len(raw), 0, -1) if raw[at - 1].value is not None), 0)


# What openpyxl raises for a damaged file, depending on where the damage is.
_BROKEN = (
    *BROKEN_ZIP,
    *(InvalidFileException, ParseError, KeyError, IndexError, TypeError, AttributeError),
)


@contextmanager
def _book(source: Path | bytes, filename: str) -> Iterator[Any]:
    with opened(source) as file:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # styles and extensions it does not keep
                book: Any = openpyxl.load_workbook(file, read_only=True, keep_links=False)
        except _BROKEN as error:
            raise Invalid(f"{filename} is damaged, or is not an Excel workbook.") from error
        try:
            yield book
        finally:
            book.close()


def _first_sheet(source: Path | bytes, filename: str) -> tuple[str, list[str], str]:
    """The first visible sheet, a warning if there are others, and its place in the zip."""
    with _book(source, filename) as book:
        pages = [page for page in book.worksheets if page.sheet_state == "visible"]
        if not pages:
            raise Invalid(f"{filename} has no visible sheet.")
        others = ", ".join(str(page.title) for page in pages[1:])
        said = [f"Only the sheet {pages[0].title} is read; there are also {others}."]
        return str(pages[0].title), said if others else [], str(pages[0]._worksheet_path)


def _merges(source: Path | bytes, member: str, filename: str) -> tuple[tuple[int, int, int], ...]:
    """The blocks merged over several rows or columns: left column, top row, bottom row.

    openpyxl only tells of them when it holds the whole sheet in memory, so they are looked up.
    """
    found: set[tuple[int, int, int]] = set()
    try:
        for block in _blocks(source, member):
            for match in _MERGED.finditer(block):
                left, top, _, bottom = range_boundaries(match[1].decode())
                found.add((int(left or 1), int(top or 1), int(bottom or 1)))
            if len(found) > MOST_MERGED:
                raise Invalid(f"{filename} has more than {MOST_MERGED:,} blocks of merged cells.")
    except _BROKEN as error:
        raise Invalid(f"{filename} breaks off or is damaged.") from error
    return tuple(sorted(found, key=lambda edges: (edges[1], edges[0])))


def _blocks(source: Path | bytes, member: str) -> Iterator[bytes]:
    """A member of the zip in pieces, each beginning with the end of the one before."""
    with opened(source) as file, zipfile.ZipFile(file) as archive, archive.open(member) as sheet:
        kept = b""
        while block := sheet.read(_BLOCK_BYTES):
            yield kept + block
            kept = (kept + block)[-_OVERLAP_BYTES:]


def _check_bomb(source: Path | bytes, filename: str) -> None:
    with opened(source) as file, zipfile.ZipFile(file) as archive:
        unzipped = sum(member.file_size for member in archive.infolist())
    if unzipped > MOST_UNZIPPED_BYTES:
        raise Invalid(f"{filename} unpacks to more than {MOST_UNZIPPED_BYTES // MEGABYTE:,} MB.")
