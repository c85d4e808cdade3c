"""How letters are laid on A4: what fits the window of a DL envelope, and how large the text can be
for one sheet to hold it."""

import math
from collections.abc import Iterable, Mapping, Sequence

from assetmap.register.invite_message import Told

# of the address, 76 by 31 mm: class, characters on a line, lines
WINDOW = (("", 36, 6), ("is-close", 45, 8), ("is-small", 54, 9))
# of a label, 55 by 32 mm: the same
LABEL = (("", 26, 7), ("is-close", 30, 8), ("is-small", 36, 10), ("is-tiny", 45, 12))
# of what is told, between what every letter says: class, characters on a line, lines
SHEET = (("", 74, 11), ("is-close", 86, 16))
TOO_LONG = "is-long"  # it runs on to another sheet
Row = Mapping[str, object]
Rooms = Sequence[tuple[str, int, int]]


def address(row: Row) -> list[str]:
    """The lines of an address: a line for each part of it where that fits, else on one."""
    groups = row["group"]
    group = next(iter(groups), "") if isinstance(groups, list) else ""
    where = str(row["address"])
    parts = [part.strip() for part in where.replace("\n", ",").split(",")]
    for lines in ([*parts, row["postcode"]], [where, row["postcode"]]):
        found = [str(line) for line in (row["name"], group, *lines) if line]
        if _fits(found, *WINDOW[0][1:]):
            break
    return found


def size_of(lines: Sequence[str], rooms: Rooms = WINDOW) -> str:
    """The class of an address by its size; `TOO_LONG` for one that is not shown as a whole."""
    return next((name for name, *room in rooms if _fits(lines, *room)), TOO_LONG)


def text_size(told: Told, words: str) -> str:
    """The class of letters by the size of their text; `TOO_LONG` where it is more than a sheet."""
    said = [
        told.title,
        told.where,
        told.ask,
        told.ask,
        told.aims,
        f"{told.influence} {told.changes}",
        words,
    ]
    lines = [line for part in said for line in part.splitlines()]
    return next((name for name, *room in SHEET if _fits(lines, *room)), TOO_LONG)


def without_address(rows: Iterable[Row]) -> list[str]:
    """Names of those of whom no address is kept."""
    return [str(row["name"]) for row in rows if not row["address"]]


def beyond(rows: Iterable[Row], rooms: Rooms = WINDOW) -> list[str]:
    """Names of those whose address is not shown as a whole."""
    return [str(row["name"]) for row in rows if size_of(address(row), rooms) == TOO_LONG]


def _fits(lines: Iterable[str], across: int, most: int) -> bool:
    return sum(math.ceil(len(line) / across) or 1 for line in lines) <= most
