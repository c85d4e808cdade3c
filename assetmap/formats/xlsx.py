"""XLSX for people to take away. Text is stored as text, so a formula in it never runs."""

import io
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from math import isfinite

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.worksheet._write_only import WriteOnlyWorksheet

from assetmap.errors import Invalid
from assetmap.formats.csv import plain

MOST_ROWS = 1_048_575  # what a sheet holds, less the header
MOST_CHARACTERS = 32_767  # what a cell holds

_NOT_IN_XML = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_NOT_IN_A_TITLE = re.compile(r"[\[\]:*?/\\']")
_TITLE_CHARACTERS = 31
# "_x000D_" in a cell means one character by its code: a real one is spelt out first.
_ESCAPE = re.compile(r"_(?=x[0-9A-Fa-f]{4}_)")


def write(
    rows: Iterable[Mapping[str, object]], columns: Sequence[str], *, sheet: str = "Sheet1"
) -> bytes:
    """A workbook of one sheet: a header of `columns`, then a line for each row.

    Numbers and dates stay numbers and dates; everything else is text. A column the row lacks is
    left empty. Characters XML cannot hold are taken out, cells are cut at 32,767 characters.
    Raises Invalid when there are more rows than a sheet holds.
    """
    book = Workbook(write_only=True)
    title = _NOT_IN_A_TITLE.sub(" ", readable(sheet))[:_TITLE_CHARACTERS]
    page = book.create_sheet(title or "Sheet1")
    assert isinstance(page, WriteOnlyWorksheet)
    page.append([_cell(page, name) for name in columns])
    for at, row in enumerate(rows):
        if at >= MOST_ROWS:
            page.close()
            raise Invalid(f"A sheet holds {MOST_ROWS:,} rows at most; take CSV instead.")
        page.append([_cell(page, row.get(name)) for name in columns])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def readable(text: str) -> str:
    """The text as a cell gives it back: line ends as \\n, no control characters, not too long."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    return _NOT_IN_XML.sub("", lines)[:MOST_CHARACTERS]


def _cell(page: WriteOnlyWorksheet, given: object) -> object:
    match given:
        case None:
            return None
        case bool():
            pass
        case int() | float() | Decimal() if isfinite(given):
            return given
        case datetime():
            return given.replace(tzinfo=None)  # a sheet knows no time zones; ours are UTC
        case date():
            return given
    cell = WriteOnlyCell(page, _ESCAPE.sub("_x005F_", readable(plain(given))))
    cell.data_type = "s"  # or "=1+1" would be a formula
    return cell
