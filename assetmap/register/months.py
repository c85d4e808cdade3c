"""Counting in calendar months."""

import calendar
from datetime import UTC, date, datetime, time


def months_after(day: date, months: int) -> date:
    """The same day of the month so many months on, or back when negative; the month's last where
    it has no such day."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    last = calendar.monthrange(year, month + 1)[1]
    return date(year, month + 1, min(day.day, last))


def start_of(day: date) -> datetime:
    """Midnight UTC, when the day begins."""
    return datetime.combine(day, time(), UTC)
