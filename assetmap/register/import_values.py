"""How the text of a column becomes what a draft's field takes."""

import re
from collections.abc import Callable
from datetime import datetime
from typing import Any

from pydantic import TypeAdapter, ValidationError

from assetmap.errors import Invalid
from assetmap.formats import numbers
from assetmap.schemas.text import Instant

_LISTS = frozenset("facilities languages serves tags alt_names checks_needed covers_areas".split())
_CHOICES = frozenset(
    "visibility precision location_method checked_how confidence size_band unit check_status"
    " direction time_of_day observer_kind facilities checks_needed status".split()
)
_NUMBERS = frozenset(
    "capacity quantity accuracy_m radius_m notice_days cost_pence severity".split()
)
_DAYS = frozenset(
    "checked_on review_due available_from available_to expires_on last_contacted_on".split()
)
_DAY_FIRST = re.compile(r"(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})(?:[ T]+(\d{1,2}:\d\d(?::\d\d)?))?")
_MIDNIGHT = re.compile(r"(\d{4}-\d\d-\d\d)[ T]00:00(?::00(?:\.0+)?)?Z?")
_INSTANT: TypeAdapter[datetime] = TypeAdapter(Instant)


def converter(name: str) -> Callable[[str], Any]:
    """How the text of a column becomes what a draft's field takes."""
    if name in _LISTS:
        lowered = name in _CHOICES
        return lambda said: [
            choice(part) if lowered else part.strip()
            for part in re.split(r"[,;|\n]", said)
            if part.strip()
        ]
    if name in _CHOICES:
        return choice
    if name in _NUMBERS:
        return numbers.plain
    if name in _DAYS:
        return lambda said: day_first(said)[:10] if _DAY_FIRST.fullmatch(said) else bare_day(said)
    if name in ("observed_at", "resolved_at"):
        return day_first
    return lambda said: said


def choice(said: str) -> str:
    """A word of a closed list as it is written here."""
    return re.sub(r"\s+", "_", said.strip().lower())


def day_first(said: str) -> str:
    """A British date, day first, in the international form; anything else as it is."""
    match = _DAY_FIRST.fullmatch(said.strip())
    if match is None:
        return said
    day, month, year, time = match.groups()
    try:
        date = datetime(int(year), int(month), int(day))  # noqa: DTZ001  # only to check it
    except ValueError:
        return said
    return f"{date:%Y-%m-%d}" + (f"T{time.zfill(5)}" if time else "")


def bare_day(said: str) -> str:
    """A day without the midnight that spreadsheets put after it."""
    match = _MIDNIGHT.fullmatch(said.strip())
    return match[1] if match else said


def instant(name: str, said: str) -> datetime | None:
    """A day or an instant that a column holds. Raises Invalid for the field."""
    if not said.strip():
        return None
    try:
        return _INSTANT.validate_python(said.strip())
    except ValidationError as error:
        what = next(iter(Invalid.from_pydantic(error).problems.values()))
        raise Invalid.field(name, what) from error
