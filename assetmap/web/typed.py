"""Days, times, money and repeats, as people type them."""

import re
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from assetmap.errors import Invalid
from assetmap.formats import numbers
from assetmap.schemas.entries import MOST_PENCE
from assetmap.settings import LOCAL

_DAYS = ("%Y-%m-%d", "%d/%m/%Y", "%d-%m-%Y", "%d.%m.%Y", "%d %m %Y", "%d %B %Y", "%d %b %Y")
_TIMES = ("%H:%M", "%H:%M:%S", "%H.%M", "%H%M", "%I%p", "%I:%M%p")
_DAY = "(?:MO|TU|WE|TH|FR|SA|SU)"
_ONE_WEEKLY = re.compile(rf"FREQ=WEEKLY;BYDAY=({_DAY}(?:,{_DAY})*)")
_MONTHLY = re.compile(rf"FREQ=MONTHLY;BYDAY=(([1-4]|-1){_DAY}(?:,\2{_DAY})*)")


def day(given: str, field: str) -> str:
    """A day as ISO 8601. Raises Invalid for the field."""
    found = _first(given, _DAYS, str.title)
    if found is None:
        raise Invalid.field(field, "Give a day such as 27 3 2026.")
    return found.date().isoformat()


def moment(given: str, field: str) -> str:
    """A day and a time by the clock on the wall here, as an instant. Raises Invalid."""
    day_part, _, time_part = given.replace("T", " ").strip().rpartition(" ")
    on = _first(day_part, _DAYS, str.title)
    at = _first(time_part, _TIMES, str.upper)
    if on is None or at is None:
        raise Invalid.field(field, "Give a day and a time such as 27 3 2026 14:30.")
    here = datetime.combine(on.date(), at.time(), LOCAL)
    instant = here.astimezone(UTC)
    if instant.astimezone(LOCAL).replace(tzinfo=None) != here.replace(tzinfo=None):
        raise Invalid.field(
            field, f"The clocks go forward then: there is no {here:%H:%M} that day. Give another."
        )
    return instant.isoformat()


def pence(given: str, field: str) -> int:
    """Pounds as pence. Raises Invalid for what is not money."""
    try:
        pounds = Decimal(numbers.plain(given.replace("£", "")))
        whole = pounds * 100
        if not whole.is_finite() or whole != whole.to_integral_value() or whole < 0:
            raise InvalidOperation
    except InvalidOperation as error:
        raise Invalid.field(field, "Give an amount in pounds, such as 2.50.") from error
    if whole > MOST_PENCE:
        raise Invalid.field(field, f"Give {MOST_PENCE // 100:,} pounds or less.")
    return int(whole)


def rule(days: Iterable[str], week: str, own: str) -> str:
    """The recurrence that ticked days and a week of the month mean, or the rule somebody wrote."""
    if own:
        return own
    ticked = [f"{week}{one}" for one in days]
    if not ticked:
        return ""
    return f"FREQ={'MONTHLY' if week else 'WEEKLY'};BYDAY={','.join(ticked)}"


def repeats(rule_text: str) -> tuple[list[str], str, str]:
    """The other way: days, week of the month, and the rule when it is none of the simple ones."""
    if match := _ONE_WEEKLY.fullmatch(rule_text):
        return match[1].split(","), "", ""
    if match := _MONTHLY.fullmatch(rule_text):
        return [one.removeprefix(match[2]) for one in match[1].split(",")], match[2], ""
    return [], "", rule_text


def local(iso: str | None) -> str:
    """An instant for a box that holds a day and a time."""
    return datetime.fromisoformat(iso).astimezone(LOCAL).strftime("%Y-%m-%dT%H:%M") if iso else ""


def as_pounds(in_pence: int | None) -> str:
    """Pence as people type pounds."""
    return f"{Decimal(in_pence) / 100:.2f}".removesuffix(".00") if in_pence else ""


def _first(given: str, patterns: Iterable[str], shape: Callable[[str], str]) -> datetime | None:
    text: Any = shape(" ".join(given.split()))
    for pattern in patterns:
        try:
            found = datetime.strptime(text, pattern)  # noqa: DTZ007  # a day has no zone yet
        except ValueError:
            continue
        return found
    return None
