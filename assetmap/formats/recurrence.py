"""When something happens again and again: iCalendar rules (RFC 5545), checked and put in words."""

import re
from datetime import UTC, date, datetime
from typing import NoReturn

from dateutil.rrule import rrulestr

from assetmap.errors import Invalid

LONGEST = 200
MOST_INTERVAL, MOST_TIMES = 99, 1_000
_TRIAL_START = datetime(2024, 1, 1)  # noqa: DTZ001

_DAYS = {
    "MO": "Monday",
    "TU": "Tuesday",
    "WE": "Wednesday",
    "TH": "Thursday",
    "FR": "Friday",
    "SA": "Saturday",
    "SU": "Sunday",
}
_WORKING_DAYS = {"MO", "TU", "WE", "TH", "FR"}
_MONTHS = (
    *("January", "February", "March", "April", "May", "June", "July", "August"),
    *("September", "October", "November", "December"),
)
_LENGTHS = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
_PLACES = {
    1: "first", 2: "second", 3: "third", 4: "fourth", 5: "fifth",
    -1: "last", -2: "second last", -3: "third last", -4: "fourth last", -5: "fifth last",
}  # fmt: skip

_NUMBERS = r"{0}(?:,{0})*"
_SHAPES = {
    "FREQ": "DAILY|WEEKLY|MONTHLY|YEARLY",
    "INTERVAL": r"[1-9]\d{0,3}",
    "COUNT": r"[1-9]\d{0,4}",
    "UNTIL": r"\d{8}(?:T\d{6}Z?)?",
    "WKST": "MO|TU|WE|TH|FR|SA|SU",
    "BYDAY": _NUMBERS.format(r"(?:[+-]?[1-5])?(?:MO|TU|WE|TH|FR|SA|SU)"),
    "BYMONTHDAY": _NUMBERS.format(r"(?:-1|[1-9]|[12]\d|3[01])"),
    "BYMONTH": _NUMBERS.format(r"(?:[1-9]|1[0-2])"),
    "BYSETPOS": r"-?[1-5]",
    "BYHOUR": r"1?\d|2[0-3]",
    "BYMINUTE": r"[1-5]?\d",
}


def check(rrule: str) -> str:
    """The rule in its usual spelling: upper case, no "RRULE:", FREQ first.

    Raises Invalid about the field "pattern" when it is no rule, is too wide, or never happens.
    """
    parts = _parts(rrule)
    tidy = ";".join(f"{name}={value}" for name, value in parts.items())
    _check_happens(tidy)
    return tidy


def describe(rrule: str) -> str:
    """The rule in plain English: "Every Tuesday", "First Monday of the month".

    Raises Invalid about the field "pattern" when it is no rule.
    """
    parts = _parts(rrule)
    interval = int(parts.get("INTERVAL", "1"))
    words = {"DAILY": _daily, "WEEKLY": _weekly, "MONTHLY": _monthly, "YEARLY": _yearly}
    said = words[parts["FREQ"]](parts, interval)
    if parts["FREQ"] != "YEARLY" and "BYMONTH" in parts:
        said += f" in {_months(parts)}"
    if "BYHOUR" in parts:
        said += f" at {int(parts['BYHOUR'])}:{int(parts.get('BYMINUTE', '0')):02d}"
    if "UNTIL" in parts:
        last = _day(parts["UNTIL"])
        said += f", until {last.day} {_MONTHS[last.month - 1]} {last.year}"
    if "COUNT" in parts:
        count = int(parts["COUNT"])
        said += ", once" if count == 1 else f", {count} times"
    return said[0].upper() + said[1:]


def _parts(rrule: str) -> dict[str, str]:
    given = rrule.strip().upper().removeprefix("RRULE:").strip(";")
    if not given or len(given) > LONGEST:
        _refuse(f"Give a rule such as FREQ=WEEKLY;BYDAY=TU, of {LONGEST} characters at most.")
    parts: dict[str, str] = {}
    for part in given.split(";"):
        name, _, value = part.partition("=")
        if name not in _SHAPES or name in parts:
            _refuse(f"“{part[:30]}” does not belong in a rule such as FREQ=WEEKLY;BYDAY=TU.")
        if not re.fullmatch(_SHAPES[name], value, re.ASCII):
            _refuse(f"{name} cannot be “{value[:30]}”.")
        parts[name] = value
    if "FREQ" not in parts:
        _refuse("The rule needs FREQ: DAILY, WEEKLY, MONTHLY or YEARLY.")
    _check_together(parts)
    return {"FREQ": parts.pop("FREQ"), **parts}


def _check_together(parts: dict[str, str]) -> None:
    if int(parts.get("INTERVAL", "1")) > MOST_INTERVAL:
        _refuse(f"INTERVAL is {MOST_INTERVAL} at most.")
    if int(parts.get("COUNT", "1")) > MOST_TIMES:
        _refuse(f"COUNT is {MOST_TIMES:,} at most.")
    if "COUNT" in parts and "UNTIL" in parts:
        _refuse("Give COUNT or UNTIL, not both.")
    _check_days(parts)
    if "BYMINUTE" in parts and "BYHOUR" not in parts:
        _refuse("BYMINUTE needs BYHOUR.")
    if "UNTIL" in parts:
        _day(parts["UNTIL"])


def _check_days(parts: dict[str, str]) -> None:
    """Refuse days that no calendar has, or that only some first days ever meet.

    dateutil looks for those until the year 9999.
    """
    frequency, days = parts.get("FREQ"), parts.get("BYDAY", "")
    numbered = re.search(r"\d", days) is not None
    if numbered and frequency not in ("MONTHLY", "YEARLY"):
        _refuse("A numbered day such as 1MO needs FREQ=MONTHLY.")
    if "BYSETPOS" in parts and (
        not days or numbered or "BYMONTHDAY" in parts or frequency not in ("MONTHLY", "YEARLY")
    ):
        _refuse("BYSETPOS needs FREQ=MONTHLY or YEARLY and plain days in BYDAY.")
    if "BYMONTHDAY" in parts and (numbered or frequency == "WEEKLY"):
        _refuse("BYMONTHDAY goes with neither FREQ=WEEKLY nor numbered days.")
    picky = {"BYMONTH"} if frequency == "MONTHLY" else {"BYMONTH", "BYDAY", "BYMONTHDAY"}
    if frequency in ("DAILY", "MONTHLY") and parts.get("INTERVAL", "1") != "1":
        for name in sorted(picky & set(parts)):
            _refuse(f"With FREQ={frequency}, {name} needs INTERVAL=1.")
    if "BYMONTH" in parts and "BYMONTHDAY" in parts:
        months = [int(number) for number in parts["BYMONTH"].split(",")]
        first = min(int(number) for number in parts["BYMONTHDAY"].split(","))
        if first > max(_LENGTHS[month - 1] for month in months):
            _refuse("That never happens: no date fits the rule.")


def _check_happens(rule: str) -> None:
    """Let dateutil, which will work out the dates, have the last word."""
    endless = ";".join(
        part for part in rule.split(";") if not part.startswith(("UNTIL=", "COUNT="))
    )
    try:
        first = next(iter(rrulestr(endless, dtstart=_TRIAL_START)), None)
    except (ValueError, TypeError) as error:
        raise Invalid(_NONSENSE, {"pattern": _NONSENSE}) from error
    if first is None:
        _refuse("That never happens: no date fits the rule.")


_NONSENSE = "That is not a rule such as FREQ=WEEKLY;BYDAY=TU."


def _daily(parts: dict[str, str], interval: int) -> str:
    if "BYDAY" in parts and interval == 1:
        return _weekly(parts, interval)
    return "every day" if interval == 1 else f"every {interval} days"


def _weekly(parts: dict[str, str], interval: int) -> str:
    days = set(parts.get("BYDAY", "").split(",")) - {""}
    if days == set(_DAYS):
        names = "day"
    elif days == _WORKING_DAYS:
        names = "weekday"
    else:
        names = _listed([name for short, name in _DAYS.items() if short in days])
    if interval == 1:
        return f"every {names or 'week'}"
    return f"every {interval} weeks" + (f" on {names}" if names else "")


def _monthly(parts: dict[str, str], interval: int) -> str:
    which = _which(parts)
    if interval == 1:
        return f"{which} of the month" if which else "every month"
    return f"every {interval} months" + (f" on the {which.removeprefix('the ')}" if which else "")


def _yearly(parts: dict[str, str], interval: int) -> str:
    every = "every year" if interval == 1 else f"every {interval} years"
    which = _which(parts)
    if "BYMONTH" in parts:
        of = f"{which.removeprefix('the ')} of " if which else ""
        return f"{every} on the {of}{_months(parts)}" if which else f"{every} in {_months(parts)}"
    return f"{every} on the {which.removeprefix('the ')}" if which else every


def _which(parts: dict[str, str]) -> str:
    """ "first Monday", "the 15th": which days of a month."""
    if "BYSETPOS" in parts and set(parts.get("BYDAY", "").split(",")) == _WORKING_DAYS:
        return f"{_PLACES[int(parts['BYSETPOS'])]} weekday"
    named: list[str] = []
    for part in filter(None, parts.get("BYDAY", "").split(",")):
        number, day = part[:-2] or parts.get("BYSETPOS", ""), _DAYS[part[-2:]]
        named.append(f"{_PLACES[int(number)]} {day}" if number else f"every {day}")
    for part in filter(None, parts.get("BYMONTHDAY", "").split(",")):
        named.append("the last day" if part == "-1" else f"the {_ordinal(int(part))}")
    return _listed(named)


def _months(parts: dict[str, str]) -> str:
    return _listed([_MONTHS[int(number) - 1] for number in parts["BYMONTH"].split(",")])


def _ordinal(number: int) -> str:
    teens = range(11, 14)
    ending = "th" if number in teens else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"


def _listed(names: list[str]) -> str:
    return " and ".join(filter(None, [", ".join(names[:-1]), *names[-1:]]))


def _day(until: str) -> date:
    try:
        return datetime.strptime(until[:8], "%Y%m%d").replace(tzinfo=UTC).date()
    except ValueError:
        _refuse(f"UNTIL cannot be “{until}”: there is no such date.")


def _refuse(problem: str) -> NoReturn:
    raise Invalid(problem, {"pattern": problem})
