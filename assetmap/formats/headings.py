"""Telling a header row from the first row of data, and giving every column one name."""

import re
from collections import Counter
from collections.abc import Sequence

from assetmap.formats.postcodes import normal_postcode

LONGEST_HEADING = 120
_TITLE_CELLS = 1
_NARROWEST_TABLE = 3  # columns; a narrower table may well have rows of one cell

_KINDS = (
    ("number", re.compile(r"[+-]?[\d,]*\.?\d+%?")),
    ("date", re.compile(r"\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}(?:[T ][\d:.Z+-]+)?")),
    ("time", re.compile(r"\d{1,2}:\d\d(?::\d\d)?")),
    ("address", re.compile(r"(?:https?://|www\.)\S+|\S+@\S+\.\S+", re.IGNORECASE)),
    ("code", re.compile(r"(?=\S*\d)[A-Z0-9]{1,4}\d{3,}")),
    ("shape", re.compile(r"(?:MULTI)?(?:POINT|LINESTRING|POLYGON)\b.*", re.IGNORECASE | re.DOTALL)),
)
_WORDS = frozenset(
    (
        *("id", "ref", "uid", "code", "name", "title", "label", "description", "notes", "type"),
        *("category", "kind", "status", "tags", "licence", "source", "ward", "lsoa", "date"),
        *("address", "street", "town", "postcode", "post_code", "pcds", "location", "from", "to"),
        *("latitude", "longitude", "lat", "lon", "long", "lng", "x", "y", "wkt", "geometry"),
        *("easting", "eastings", "northing", "northings", "quantity", "unit", "capacity"),
        *("email", "phone", "telephone", "website", "url", "web", "opening_hours"),
        *("organisation", "organization"),
    )
)


def title_rows(rows: Sequence[Sequence[str]]) -> int:
    """How many rows at the top are a title: one filled cell where the table below is wider."""
    widths = [sum(1 for cell in row if cell.strip()) for row in rows]
    usual = Counter(widths).most_common(1)[0][0] if widths else 0
    if usual < _NARROWEST_TABLE:
        return 0
    return next((at for at, width in enumerate(widths) if width > _TITLE_CELLS), 0)


def has_header(rows: Sequence[Sequence[str]]) -> bool:
    """Whether the first row names columns, going by what the rows under it look like."""
    if not rows:
        return False
    first, rest = rows[0], rows[1:]
    known = sum(1 for cell in first if re.sub(r"\W+", "_", cell.strip().lower()) in _WORDS)
    if not rest:
        return known > 0 or all(_kind(cell) in ("text", "") for cell in first)
    votes = known
    for at, cell in enumerate(first):
        below = Counter(_kind(row[at]) for row in rest if at < len(row) and row[at].strip())
        if not below or not cell.strip():
            continue
        usual = below.most_common(1)[0][0]
        if _kind(cell) != "text":
            votes -= 1
        elif usual != "text":
            votes += 1
    return votes >= 0


def unique(headings: Sequence[str], width: int) -> tuple[list[str], list[str]]:
    """A different name for each of `width` columns, and warnings about those changed."""
    names: list[str] = []
    repeated: list[str] = []
    taken: set[str] = set()
    given = [" ".join(heading.split())[:LONGEST_HEADING] for heading in headings]
    for at in range(width):
        heading = given[at] if at < len(given) else ""
        name = heading or f"column_{at + 1}"
        number = 2
        while name in taken:
            name = f"{heading or 'column'}_{number}"
            number += 1
        if heading and name != heading:
            repeated.append(f"“{heading}” is the name of two columns; the later is now “{name}”.")
        taken.add(name)
        names.append(name)
    return names, repeated


def _kind(cell: str) -> str:
    cell = cell.strip()
    if not cell:
        return ""
    if normal_postcode(cell):
        return "postcode"
    return next((kind for kind, pattern in _KINDS if pattern.fullmatch(cell)), "text")
