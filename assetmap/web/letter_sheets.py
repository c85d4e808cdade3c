"""What letters say, and how they are laid on A4: what fits the window of a DL envelope, and how
large the text can be for one sheet to hold it."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from assetmap.errors import Conflict
from assetmap.formats import letters
from assetmap.formats.letters import Letter, Paragraph
from assetmap.layers import shipped
from assetmap.register.invite_message import Told

# of the address, 76 by 31 mm: class, characters on a line, lines
WINDOW = (("", 36, 6), ("is-close", 45, 8), ("is-small", 54, 9))
# of a label, 55 by 32 mm: the same
LABEL = (("", 26, 7), ("is-close", 30, 8), ("is-small", 36, 10), ("is-tiny", 45, 12))
# of what is told, between what every letter says: class, characters on a line, lines
SHEET = (("", 74, 11), ("is-close", 86, 16))
IN_A_FILE = {"letters": 250, "labels": 1_050}  # people of one PDF
FONTS = "vendor/dejavu-fonts-ttf-2.37.3"
MOST_NAMED = 20
SAID = ("event", "when", "where", "words", "aims", "influence", "changes", "ask")
TOO_LONG = "is-long"  # it runs on to another sheet
Row = Mapping[str, object]
Rooms = Sequence[tuple[str, int, int]]


def letter(row: Row, *, team: str) -> Letter:
    """The letter to somebody who was asked by letter."""
    said = {name: str(row[name]) for name in SAID}
    link, name = str(row["reply_link"]), row["name"]
    typed = link.partition("://")[2]
    given_on, given_with = row["given_on"], row["given_with"]
    when = f"{given_on:%-d %B %Y}" if isinstance(given_on, date) else ""
    whom = ", ".join(map(str, given_with)) if isinstance(given_with, list) else ""
    before = [
        Paragraph(f"Dear {name},"),
        Paragraph("We would like to invite you to", goes_on=True),
        Paragraph(said["event"], bold=True),
        Paragraph(said["when"], bold=True, goes_on=bool(said["where"])),
        Paragraph(said["where"]),
        Paragraph(said["words"]),
        Paragraph(said["aims"]),
        Paragraph(" ".join(filter(None, (said["influence"], said["changes"])))),
    ]
    beside = [
        Paragraph("Will you come?", bold=True, goes_on=True),
        Paragraph("Scan this with a phone, or type this address into a browser:"),
        Paragraph(typed, bold=True),
        Paragraph(
            "It is yours alone, and you need no account. You can say whether you come, who comes"
            " along, and what you need to take part."
        ),
    ]
    foot = (
        f"We write because you agreed on {when}, with {whom}, to be invited by post. If you do not"
        " want that any more, press “I do not want invitations any more” at the address above, or"
        f" say so to {said['ask']}. It ends at once."
    )
    return Letter(
        address(row),
        [one for one in before if one.words],
        link,
        typed,
        beside,
        [Paragraph(f"Questions, or help to answer: {said['ask']}"), Paragraph("Yours,")],
        team,
        foot,
    )


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


@dataclass(frozen=True)
class Parts:
    """A PDF of letters or labels: the first and last of each file, and what none can show."""

    parts: Sequence[tuple[int, int]]
    lacks: Sequence[str]


def parts(sheet: str, rows: Sequence[Row], *, team: str) -> Parts:
    """What of a sheet there is as a PDF."""
    most, count = IN_A_FILE[sheet], len(rows)
    found = [(first, min(first + most - 1, count)) for first in range(1, count + 1, most)]
    return Parts(found, _lacking(sheet, rows, team=team))


def pdf(sheet: str, rows: Sequence[Row], *, team: str, name: str, today: date) -> bytes:
    """Letters or labels as a PDF. name: of their list. Raises Conflict for what it cannot show."""
    if lacks := _lacking(sheet, rows, team=team):
        shown = " ".join(lacks[:MOST_NAMED])
        raise Conflict(f"A PDF of these cannot show {shown}. Print them from their page instead.")
    fonts = shipped("static") / FONTS
    if sheet == "labels":
        return letters.labels(map(address, rows), title=f"Labels: {name}", fonts=fonts)
    given = (letter(row, team=team) for row in rows)
    title = f"Letters: {name}"
    return letters.letters(given, title=title, day=f"{today:%-d %B %Y}", fonts=fonts)


def _lacking(sheet: str, rows: Sequence[Row], *, team: str) -> list[str]:
    """What no PDF can show. What letters say beside names and addresses is the same in all."""
    said = [line for row in rows for line in address(row)]
    if sheet == "letters" and rows:
        said += [team, *(str(rows[0][name]) for name in SAID)]
        said += [str(one) for row in rows for one in (row["name"], row["given_with"])]
    return letters.lacking(said, fonts=shipped("static") / FONTS)


def without_address(rows: Iterable[Row]) -> list[str]:
    """Names of those of whom no address is kept."""
    return [str(row["name"]) for row in rows if not row["address"]]


def beyond(rows: Iterable[Row], rooms: Rooms = WINDOW) -> list[str]:
    """Names of those whose address is not shown as a whole."""
    return [str(row["name"]) for row in rows if size_of(address(row), rooms) == TOO_LONG]


def _fits(lines: Iterable[str], across: int, most: int) -> bool:
    return sum(math.ceil(len(line) / across) or 1 for line in lines) <= most
