"""CSV and its relations, from any program: encodings, delimiters, with or without a header."""

import codecs
import csv
import io
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from assetmap.errors import Invalid
from assetmap.formats import headings
from assetmap.formats.csv import unguarded
from assetmap.formats.limits import Limits, beginning, opened
from assetmap.formats.table import (
    NUL_REMOVED,
    Row,
    Table,
    check_cell,
    check_columns,
    check_row,
)

SNIFFED_CHARACTERS = 200_000
SNIFFED_ROWS = 100
DELIMITERS = ("\t", ";", "|", ",")  # a tie goes to the earlier: commas are common in text
_BLOCK_BYTES = 1_000_000
_MOST_NULS = (
    0.2  # of the bytes at the start; text in UTF-16 has more, a stray one in UTF-8 far less
)
_MOST_CONTROLS = 0.1
_SPARE = 2  # the csv module's own bound, above ours so that ours is the one met
_CONTROLS = frozenset(chr(code) for code in range(32)) - set("\t\n\r\f\0")

_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_WINDOWS = (
    "The file is not UTF-8; it was read as Windows text (cp1252). Check that accents are right."
)


@dataclass(frozen=True, slots=True)
class _Layout:
    """How one file is written: everything needed to read it again."""

    source: Path | bytes
    filename: str
    encoding: str
    delimiter: str
    skip: int  # records before the data: title rows and header
    columns: tuple[str, ...]
    limits: Limits


def table(source: Path | bytes, filename: str, *, header: bool | None, limits: Limits) -> Table:
    """The table in a CSV file; see `tables.sniff`."""
    encoding = _encoding(source, filename)
    warnings = [_WINDOWS] if encoding == "cp1252" else []
    csv.field_size_limit(max(csv.field_size_limit(), limits.cell_characters * _SPARE))
    with _text(source, encoding) as text:
        sample = text.read(SNIFFED_CHARACTERS)
    if len(sample) == SNIFFED_CHARACTERS:
        sample = sample[: sample.rfind("\n") + 1] or sample
    _check_text(sample, filename)
    delimiter = _delimiter(sample)
    records = _sampled(sample, delimiter)
    if not records:
        raise Invalid(f"{filename} has no rows.")
    titles = headings.title_rows(records)
    if titles:
        warnings.append(f"The first {titles} filled rows look like a title and were left out.")
    records = records[titles:]
    has_header = headings.has_header(records) if header is None else header
    width = _width(records, has_header=has_header)
    check_columns(width, limits, filename)
    header_cells = [unguarded(cell) for cell in records[0]] if has_header else []
    columns, changed = headings.unique(header_cells, width)
    if not has_header:
        warnings.append("The first row holds data, so the columns are called column_1, column_2 …")
    layout = _Layout(
        source, filename, encoding, delimiter, titles + has_header, tuple(columns), limits
    )
    return Table(
        format="csv",
        columns=columns,
        rows=lambda: _rows(layout),
        warnings=warnings + changed,
        has_header=has_header,
        encoding=encoding,
        delimiter=delimiter,
    )


def _rows(layout: _Layout) -> Iterator[Row]:
    with _text(layout.source, layout.encoding) as text:
        counted = _Counted(text)
        reader = csv.reader(counted, delimiter=layout.delimiter)
        taken, begins, filled = 0, 1, 0
        try:
            for record in reader:
                number, begins = begins, reader.line_num + 1
                odd = counted.odd_quotes()
                if not "".join(record).strip():
                    continue
                filled += 1
                if filled <= layout.skip:
                    continue
                taken += 1
                check_row(taken, layout.limits, layout.filename)
                row = _row(record, number, layout)
                if odd and reader.line_num > number and counted.ended:
                    row.problem = "A quotation mark that opens in this row is never closed."
                yield row
        except csv.Error as error:
            raise Invalid(
                f"Row {begins} cannot be read: a quotation mark may be left open, or a cell has "
                f"more than {layout.limits.cell_characters:,} characters."
            ) from error


def _row(record: list[str], number: int, layout: _Layout) -> Row:
    width = len(layout.columns)
    warnings: list[str] = []
    whole = "".join(record)
    if "\0" in whole:
        record = [cell.replace("\0", "") for cell in record]
        warnings.append(NUL_REMOVED)
    if "'" in whole:  # perhaps a file of ours that comes back
        record = [unguarded(cell) for cell in record]
    if max(map(len, record)) > layout.limits.cell_characters:
        for at, cell in enumerate(record):
            column = layout.columns[at] if at < width else str(at + 1)
            check_cell(cell, number, column, layout.limits)
    problem = None
    if len(record) > width:
        if any(cell.strip() for cell in record[width:]):
            problem = f"The row has {len(record)} cells where there are {width} columns."
    elif len(record) < width:
        cells = "1 cell" if len(record) == 1 else f"{len(record)} cells"
        problem = f"The row has only {cells} where there are {width} columns."
        record = record + [""] * (width - len(record))
    values = dict(zip(layout.columns, record, strict=False))  # what is beyond the columns is empty
    return Row(number, values, problem=problem, warnings=warnings)


class _Counted:
    """Lines on their way to the reader, counting quotation marks since last asked."""

    def __init__(self, lines: Iterable[str]) -> None:
        self._lines = iter(lines)
        self._quotes = 0
        self.ended = False

    def __iter__(self) -> "_Counted":
        return self

    def __next__(self) -> str:
        try:
            line = next(self._lines)
        except StopIteration:
            self.ended = True
            raise
        self._quotes += line.count('"')
        return line

    def odd_quotes(self) -> bool:
        """Whether the record just read has an odd number of them."""
        odd, self._quotes = self._quotes % 2 == 1, 0
        return odd


@contextmanager
def _text(source: Path | bytes, encoding: str) -> Iterator[io.TextIOWrapper]:
    with (
        opened(source) as file,
        io.TextIOWrapper(file, encoding=encoding, newline="") as text,
    ):
        yield text


def _encoding(source: Path | bytes, filename: str) -> str:
    """UTF-8 where the whole file is, else UTF-16 by its marks or NULs, else Windows'."""
    start = beginning(source, SNIFFED_CHARACTERS)
    for mark, name in _BOMS:
        if start.startswith(mark):
            _check_decodes(source, name, filename)
            return name
    even, odd = start[0::2].count(0), start[1::2].count(0)
    if even + odd > len(start) * _MOST_NULS:
        name = "utf-16-le" if odd > even else "utf-16-be"
        _check_decodes(source, name, filename)
        return name
    if _decodes(source, "utf-8"):
        return "utf-8"
    _check_decodes(source, "cp1252", filename)
    return "cp1252"


def _decodes(source: Path | bytes, encoding: str) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)()
    with opened(source) as file:
        try:
            while block := file.read(_BLOCK_BYTES):
                decoder.decode(block)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return False
    return True


def _check_decodes(source: Path | bytes, encoding: str, filename: str) -> None:
    if not _decodes(source, encoding):
        raise Invalid(f"{filename} cannot be read as text. Save it as CSV in UTF-8.")


def _check_text(sample: str, filename: str) -> None:
    """Something with this many control characters is no table, whatever its bytes decode to."""
    controls = sum(1 for character in sample[: SNIFFED_ROWS * 100] if character in _CONTROLS)
    if controls > len(sample[: SNIFFED_ROWS * 100]) * _MOST_CONTROLS:
        raise Invalid(f"{filename} is not a table: it does not hold text.")


def _delimiter(sample: str) -> str:
    """The one that splits the first row, and most others into as many cells.

    Of two, the one that need not take a header for a title: a cell may hold a list of its own.
    """

    def score(delimiter: str) -> tuple[float, int, int]:
        records = _sampled(sample, delimiter)
        titles = headings.title_rows(records)
        records = records[titles:]
        if not records or len(records[0]) == 1:
            return 0.0, 0, 0
        width = len(records[0])
        agree = sum(1 for record in records if len(record) == width) / len(records)
        return round(agree, 1), -titles, width

    scores = {delimiter: score(delimiter) for delimiter in DELIMITERS}
    best = max(DELIMITERS, key=scores.__getitem__)
    return best if scores[best][0] else ","


def _sampled(sample: str, delimiter: str) -> list[list[str]]:
    """The first filled rows."""
    reader = csv.reader(io.StringIO(sample, newline=""), delimiter=delimiter)
    try:
        filled = (record for record in reader if any(cell.strip() for cell in record))
        return list(islice(filled, SNIFFED_ROWS))
    except csv.Error as error:
        raise Invalid(f"Row {reader.line_num} cannot be read as CSV: {error}.") from error


def _width(records: Sequence[Sequence[str]], *, has_header: bool) -> int:
    """How many columns: the header's, less its empty end; without one, what most rows have."""
    if not has_header:
        return Counter(len(record) for record in records).most_common(1)[0][0]
    width = len(records[0])
    used = max((at + 1 for record in records for at, cell in enumerate(record) if cell), default=1)
    while width > used and not records[0][width - 1].strip():
        width -= 1
    return width
