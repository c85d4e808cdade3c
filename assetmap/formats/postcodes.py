"""Postcode files: Code-Point Open, and the National Statistics lookups (NSPL, ONSPD).

Read as a stream, so the whole of Britain takes no more memory than one town.
"""

import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path
from typing import BinaryIO

from pyproj import Transformer

from assetmap.errors import Invalid

CHUNK_ROWS = 5_000
INWARD = 3  # characters after the space
LONGEST_TYPED = 12

# The general shape, as published for government forms; the odd one out is Girobank's.
_POSTCODE = re.compile(r"(?:[A-Z][A-HJ-Y]?[0-9][A-Z0-9]?|GIR|NPT)[0-9][A-Z]{2}")
_CLEARLY_NOT = re.compile(r"[^A-Z0-9]")

NO_LATITUDE = 99.0  # 99.999999 means no position
NO_POSITION_QUALITY = frozenset({9, 90})  # NSPL, Code-Point
NO_SUCH_AREA = re.compile(r"[A-Z]9{8}")  # a pseudo code such as E99999999

# Code-Point Open has no header row; these are its columns.
CODE_POINT = (
    *("pcds", "quality", "easting", "northing", "country"),
    *("regional_ha", "ha", "county", "lad", "ward"),
)

# Column names change with every release: the old ones first, then the new, then Code-Point's own.
_HEADERS = {
    "pcds": r"pcds|pc|postcode",
    "introduced": r"dointr",
    "terminated": r"doterm",
    "quality": r"osgrdind|gridind|pq|positional_quality_indicator",
    "easting": r"oseast1m|east1m|ea|eastings?",
    "northing": r"osnrth1m|north1m|no|northings?",
    "latitude": r"lat|latitude",
    "longitude": r"long|longitude",
    "ward": r"ward|osward|wd\d\dcd|wc|admin_ward_code",
    "lad": r"laua|oslaua|lad\d\dcd|dc|admin_district_code",
    "lsoa": r"lsoa\d\d(?:cd)?",
}


@dataclass(frozen=True, slots=True)
class PostcodeRow:
    """One postcode, in degrees (EPSG:4326); both are None where the file gives no position.

    introduced, terminated: "YYYYMM". terminated is None while it is in use.
    quality: as published (Code-Point 10-90, NSPL 1-9); smaller is better.
    """

    pcds: str
    longitude: float | None = None
    latitude: float | None = None
    introduced: str | None = None
    terminated: str | None = None
    ward: str | None = None
    lsoa: str | None = None
    lad: str | None = None
    quality: int | None = None


@dataclass(slots=True)
class _Draft:
    row: dict[str, str]
    pcds: str
    grid: tuple[float, float] | None = None
    degrees: tuple[float, float] | None = None


def normal_postcode(text: str) -> str | None:
    """A British postcode in its usual form ("hu13ub" → "HU1 3UB"), or None if it is not one.

    Case and spaces do not matter. It looks like a postcode; whether it exists is not known here.
    """
    if len(text) > LONGEST_TYPED * 2:
        return None
    joined = "".join(text.split()).upper()
    if len(joined) > LONGEST_TYPED or _CLEARLY_NOT.search(joined):
        return None
    if not _POSTCODE.fullmatch(joined):
        return None
    return f"{joined[:-INWARD]} {joined[-INWARD:]}"


def read(source: Path | BinaryIO, *, northern_ireland: bool = False) -> Iterator[PostcodeRow]:
    """Every postcode of one CSV file, terminated ones too, a few thousand at a time.

    northern_ireland: read BT postcodes as well; they come under a narrower licence than the rest.
    Raises Invalid, naming the line, when the file is not one of the known kinds or a line is wrong.
    """
    if isinstance(source, Path):
        with source.open("rb") as file:
            yield from read(file, northern_ireland=northern_ireland)
        return
    text = io.TextIOWrapper(source, encoding="utf-8-sig", errors="replace", newline="")
    try:
        for chunk in _chunks(_drafts(text, northern_ireland=northern_ireland)):
            yield from _placed(chunk)
    finally:
        text.detach()


def _drafts(text: Iterable[str], *, northern_ireland: bool) -> Iterator[_Draft]:
    reader = csv.reader(text)
    try:
        first = next(reader, [])
        columns, rows = _columns(first, reader)
        for row in rows:
            if not any(row):
                continue
            draft = _draft(row, columns, reader.line_num)
            if northern_ireland or not draft.pcds.startswith("BT"):
                yield draft
    except csv.Error as error:
        raise Invalid(f"Line {reader.line_num} cannot be read as CSV: {error}.") from error


def _columns(
    first: list[str], rest: Iterator[list[str]]
) -> tuple[Mapping[str, int], Iterator[list[str]]]:
    """Where each field is, and the rows that hold postcodes."""
    if first and normal_postcode(first[0]) and len(first) == len(CODE_POINT):
        return {name: at for at, name in enumerate(CODE_POINT)}, chain([first], rest)
    found: dict[str, int] = {}
    for at, heading in enumerate(first):
        for field, pattern in _HEADERS.items():
            if not re.fullmatch(pattern, heading.strip().lower()):
                continue
            if field not in found or _year(heading) > _year(first[found[field]]):
                found[field] = at
    has_position = {"latitude", "longitude"} <= set(found) or {"easting", "northing"} <= set(found)
    if "pcds" not in found or not has_position:
        raise Invalid(
            "This is neither Code-Point Open nor NSPL/ONSPD: a column with the postcode (pcds) "
            "and columns with its position (lat and long) are needed. The first line has "
            f"{', '.join(name.strip()[:30] for name in first[:12]) or 'nothing'}."
        )
    return found, rest


def _year(heading: str) -> int:
    """Of which year an area's codes are: 21 of "lsoa21cd", which stands after "lsoa11"."""
    year = re.search(r"\d\d", heading)
    return int(year[0]) if year else 0


def _draft(row: list[str], columns: Mapping[str, int], line: int) -> _Draft:
    if len(row) <= max(columns.values()):
        raise Invalid(f"Line {line} has only {len(row)} columns.")
    fields = {name: row[at].strip() for name, at in columns.items()}
    pcds = normal_postcode(fields["pcds"])
    if pcds is None:
        raise Invalid(f"Line {line}: “{fields['pcds'][:20]}” is not a postcode.")
    draft = _Draft(fields, pcds)
    try:
        _position(draft)
    except ValueError as error:
        raise Invalid(f"Line {line}: the position of {pcds} is not a number.") from error
    return draft


def _position(draft: _Draft) -> None:
    row = draft.row
    if _quality(row) in NO_POSITION_QUALITY:
        return
    if "latitude" in row and "longitude" in row:
        if row["latitude"] and row["longitude"]:
            longitude, latitude = float(row["longitude"]), float(row["latitude"])
            if abs(latitude) < NO_LATITUDE and (longitude, latitude) != (0, 0):
                draft.degrees = longitude, latitude
    elif row["easting"] and row["northing"]:
        easting, northing = float(row["easting"]), float(row["northing"])
        if (easting, northing) != (0, 0):
            draft.grid = easting, northing


def _quality(row: Mapping[str, str]) -> int | None:
    given = row.get("quality", "")
    return int(given) if given.isdecimal() else None


def _chunks(drafts: Iterator[_Draft]) -> Iterator[list[_Draft]]:
    while chunk := list(islice(drafts, CHUNK_ROWS)):
        yield chunk


def _placed(chunk: list[_Draft]) -> Iterator[PostcodeRow]:
    """The finished rows, after turning every British National Grid position at once."""
    on_grid = [draft for draft in chunk if draft.grid]
    if on_grid:
        to_degrees = Transformer.from_crs(27700, 4326, always_xy=True)
        eastings, northings = zip(*(draft.grid for draft in on_grid if draft.grid), strict=True)
        longitudes, latitudes = to_degrees.transform(eastings, northings)
        for draft, longitude, latitude in zip(on_grid, longitudes, latitudes, strict=True):
            draft.degrees = float(longitude), float(latitude)
    for draft in chunk:
        longitude, latitude = draft.degrees or (None, None)
        yield PostcodeRow(
            pcds=draft.pcds,
            longitude=longitude,
            latitude=latitude,
            introduced=_month(draft.row.get("introduced", "")),
            terminated=_month(draft.row.get("terminated", "")),
            ward=_code(draft.row.get("ward", "")),
            lsoa=_code(draft.row.get("lsoa", "")),
            lad=_code(draft.row.get("lad", "")),
            quality=_quality(draft.row),
        )


def _month(text: str) -> str | None:
    return text if re.fullmatch(r"\d{4}(0[1-9]|1[0-2])", text) else None


def _code(text: str) -> str | None:
    return None if not text or NO_SUCH_AREA.fullmatch(text) else text
