"""CSV for people to take away: UTF-8, streamed, and safe to open in a spreadsheet."""

import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from enum import Enum

import orjson

CHUNK_CHARACTERS = 32_768
NOT_WHOLE = "This file is not whole: it was cut off here. Download it again."
BOM = b"\xef\xbb\xbf"

# What a spreadsheet takes for the start of a formula, full-width forms included.
_FORMULA = tuple("=+-@\t\r\n＝＋－＠")  # noqa: RUF001
_NEGATIVE_NUMBER = re.compile(r"-\d{1,30}(?:\.\d{1,30})?(?:[eE][+-]?\d{1,3})?", re.ASCII)


def write(
    rows: Iterable[Mapping[str, object]],
    columns: Sequence[str],
    *,
    bom: bool = True,
    head: bool = True,
) -> Iterator[bytes]:
    """A CSV file in pieces: a header of `columns`, then a line for each row.

    A column the row lacks is left empty; what the row has besides is left out.
    bom: begin with a byte-order mark, without which Excel misreads accents. head: with that and
    the header; without them it goes on with a file that was broken off.
    Text that a spreadsheet would run as a formula gets a leading apostrophe. When the rows fail
    half-way, the last line says so: an answer that is cut off looks whole to whoever saves it.
    """
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    if bom and head:
        yield BOM
    if head:
        writer.writerow([guarded(name) for name in columns])
    try:
        for row in rows:
            writer.writerow([guarded(plain(row.get(name))) for name in columns])
            if buffer.tell() >= CHUNK_CHARACTERS:
                yield _taken(buffer)
    except Exception:
        writer.writerow([NOT_WHOLE])
        yield _taken(buffer)
        raise
    yield _taken(buffer)


def plain(cell: object) -> str:
    """A cell as text: lists joined by "; ", moments as ISO 8601, yes and no for booleans."""
    if isinstance(cell, Enum):
        cell = cell.value
    match cell:
        case None:
            text = ""
        case bool():
            text = "yes" if cell else "no"
        case datetime() | date():
            text = cell.isoformat()
        case Mapping():
            text = orjson.dumps(cell, default=str, option=orjson.OPT_NON_STR_KEYS).decode()
        case list() | tuple() | set() | frozenset():
            text = "; ".join(plain(one) for one in cell)
        case _:
            text = str(cell)
    return text


def guarded(text: str) -> str:
    """The text, with an apostrophe before it if a spreadsheet would take it for a formula.

    Negative numbers are left as they are. NUL, which no reader agrees on, is taken out.
    """
    text = text.replace("\0", "")
    if text.startswith(_FORMULA) and not _NEGATIVE_NUMBER.fullmatch(text):
        return "'" + text
    return text


def unguarded(text: str) -> str:
    """The text without the apostrophe that `guarded` put before it; for reading our own files."""
    rest = text.removeprefix("'")
    return rest if guarded(rest) == text else text


def _taken(buffer: io.StringIO) -> bytes:
    taken = buffer.getvalue().encode("utf-8", errors="replace")
    buffer.seek(0)
    buffer.truncate()
    return taken
