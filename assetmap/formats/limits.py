"""How much a file may hold before it is refused, in one place."""

import io
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from assetmap.errors import Invalid

MEGABYTE = 1_000_000

# What reading a zip that is damaged, locked or of an unknown kind raises.
BROKEN_ZIP = (zipfile.BadZipFile, zlib.error, RuntimeError, ValueError, EOFError, OSError)


@dataclass(frozen=True, slots=True)
class Limits:
    """The most a table somebody uploads may hold.

    json_bytes: GeoJSON is read whole, so it is bounded more tightly than a CSV.
    cell_characters: room for a long line or outline as WKT.
    """

    bytes: int = 100 * MEGABYTE
    json_bytes: int = 50 * MEGABYTE
    rows: int = 200_000
    columns: int = 300
    cell_characters: int = 500_000


def size_of(source: Path | bytes) -> int:
    """Bytes in a file or in memory. Raises Invalid when the file is not there."""
    if isinstance(source, bytes):
        return len(source)
    try:
        return source.stat().st_size
    except OSError as error:
        raise Invalid(f"{source.name} cannot be read.") from error


def check_size(source: Path | bytes, most: int, name: str) -> None:
    """Raise Invalid when the file is empty or has more than `most` bytes."""
    size = size_of(source)
    if size == 0:
        raise Invalid(f"{name} is empty.")
    if size > most:
        raise Invalid(
            f"{name} is {size / MEGABYTE:,.1f} MB; the most that can be read is "
            f"{most / MEGABYTE:,.0f} MB."
        )


def beginning(source: Path | bytes, length: int) -> bytes:
    """The first `length` bytes."""
    if isinstance(source, bytes):
        return source[:length]
    with source.open("rb") as file:
        return file.read(length)


def opened(source: Path | bytes) -> BinaryIO:
    """The file, or what is in memory, open for reading bytes."""
    return io.BytesIO(source) if isinstance(source, bytes) else source.open("rb")
