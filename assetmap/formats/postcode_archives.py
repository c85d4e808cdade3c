"""Postcode files as they are published: CSV files, or zips with many of them and their papers."""

import io
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from assetmap.errors import Invalid
from assetmap.formats import limits, postcodes
from assetmap.formats.postcodes import PostcodeRow

MOST_BYTES = 4_000 * limits.MEGABYTE  # unpacked; the National Statistics lookup is about 1 GB
MOST_MEMBERS = 1_000
LONGEST_LINE = 20_000
_BROKEN = (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError, OSError)
_PAPERS = {"doc", "docs", "documents", "user guide"}
_HEADINGS_ONLY = "column_headers"
_IN_PIECES = "multi_csv"  # the folder in which the same postcodes are given again, by area


def read(path: Path, *, northern_ireland: bool = False) -> Iterator[PostcodeRow]:
    """Every postcode of a CSV file, or of the CSV files in a zip that hold postcodes.

    Raises Invalid, naming the file, when there are none or one of them is broken.
    """
    limits.check_size(path, MOST_BYTES, path.name)
    if not zipfile.is_zipfile(path):
        with _named(path.name):
            yield from postcodes.read(path, northern_ireland=northern_ireland)
        return
    with _named(path.name), zipfile.ZipFile(path) as archive:
        for member in _members(archive):
            with archive.open(member) as file, _named(PurePosixPath(member.filename).name):
                yield from postcodes.read(_binary(file), northern_ireland=northern_ireland)


@contextmanager
def _named(name: str) -> Iterator[None]:
    """Say in which file something was wrong."""
    try:
        yield
    except Invalid as error:
        raise Invalid(f"{name}: {error}") from error
    except _BROKEN as error:
        raise Invalid(f"{name} cannot be unpacked.") from error


def _binary(file: object) -> BinaryIO:
    return file  # type: ignore[return-value]  # a ZipExtFile reads bytes like any other


def _members(archive: zipfile.ZipFile) -> list[zipfile.ZipInfo]:
    """The CSV files with postcodes, in the order of their names; none of them twice."""
    members = [one for one in archive.infolist() if one.filename.lower().endswith(".csv")]
    if len(members) > MOST_MEMBERS or sum(one.file_size for one in members) > MOST_BYTES:
        raise Invalid("It is too large when unpacked.")
    data = [one for one in members if _holds_postcodes(archive, one)]
    if not data:
        raise Invalid("There is no file of postcodes in it.")
    whole = [one for one in data if _IN_PIECES not in PurePosixPath(one.filename).parts]
    return sorted(whole or data, key=lambda one: one.filename)


def _holds_postcodes(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> bool:
    """Whether it lies outside the folder of papers and its first line is of a known kind."""
    path = PurePosixPath(member.filename.lower())
    if _PAPERS & set(path.parts) or path.stem.endswith(_HEADINGS_ONLY):
        return False
    with archive.open(member) as file:
        first = file.readline(LONGEST_LINE)
    try:
        list(postcodes.read(io.BytesIO(first), northern_ireland=True))
    except Invalid:
        return False
    return True
