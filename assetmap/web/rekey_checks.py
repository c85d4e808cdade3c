"""The check list of a paper pack, keyed in: still here, changed, gone, by number."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal

from sqlalchemy.orm import Session

from assetmap import access
from assetmap.access import Viewer
from assetmap.errors import Invalid, RegisterError
from assetmap.register import deliveries
from assetmap.register.paper import MOST, Numbered

Found = Literal["here", "changed", "gone"]
BOXES: tuple[Found, ...] = ("here", "changed", "gone")
LABELS = {"here": "Still here", "changed": "Changed", "gone": "Gone"}
MOST_TYPED = 4000  # characters in a box
_SPAN = re.compile(r"(\d{1,5})\s*[-–]\s*(\d{1,5})")
_LINE = re.compile(r"([\d\s,;–-]*\d)(?![\d])[\s:.,)]*(.*)")


@dataclass(frozen=True)
class Mark:
    """One tick on paper, and what was written beside it."""

    number: int
    found: Found
    note: str = ""


def read(typed: Mapping[str, str], places: Mapping[int, Numbered]) -> list[Mark]:
    """The ticks that three boxes say. Raises Invalid for the box that is wrong."""
    marks: dict[int, Mark] = {}
    problems: dict[str, str] = {}
    for box in BOXES:
        try:
            for mark in _of_box(box, typed.get(box, "")[:MOST_TYPED]):
                place = places.get(mark.number)
                if place is None:
                    raise Invalid.field(box, f"There is no number {mark.number} on the map.")
                if place.entry is None:
                    words = f"Number {mark.number} is not on the register any more. Leave it out."
                    raise Invalid.field(box, words)
                if mark.number in marks and marks[mark.number].found != box:
                    raise Invalid.field(box, f"Number {mark.number} is in two boxes.")
                marks[mark.number] = mark
        except Invalid as error:
            problems |= error.problems
    if problems:
        raise Invalid("Some numbers need mending.", problems)
    return [marks[number] for number in sorted(marks)]


def keep(
    session: Session,
    marks: list[Mark],
    places: Mapping[int, Numbered],
    on: date,
    *,
    viewer: Viewer,
) -> list[int]:
    """Mark what was seen. Gives the numbers that only another team may mark as still here."""
    left = []
    for mark in marks:
        entry = places[mark.number].entry
        assert entry is not None  # `read` refuses the others
        if mark.found == "here" and not access.may_add_to(viewer, entry.team_id):
            left.append(mark.number)
            continue
        try:
            deliveries.saw(session, entry.uid, mark.found, viewer=viewer, on=on, note=mark.note)
        except RegisterError as error:
            raise Invalid.field(mark.found, f"Number {mark.number}: {error}") from error
    return left


def _of_box(box: Found, typed: str) -> Iterator[Mark]:
    """Numbers and spans; of what changed or is gone, a line may go on in words."""
    for line in typed.splitlines():
        if not line.strip():
            continue
        match = _LINE.match(line.strip())
        if match is None or (box == "here" and match[2]):
            raise Invalid.field(box, "Begin each line with a number, such as 12 or 3-6.")
        for number in _numbers(box, match[1]):
            yield Mark(number, box, match[2].strip()[:500])


def _numbers(box: Found, typed: str) -> Iterator[int]:
    for first, last in _SPAN.findall(typed):
        if not 0 <= int(last) - int(first) <= MOST:
            raise Invalid.field(box, f"{first}-{last} is no span of numbers.")
        yield from range(int(first), int(last) + 1)
    yield from (int(one) for one in re.findall(r"\d{1,5}", _SPAN.sub(" ", typed)))
