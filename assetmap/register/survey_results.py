"""What an event's survey shows: the share above 7 before and after, and how sure that is.

A share is of those who answered the question. Intervals hold 95 in 100 times: Wilson's for a share
(E. B. Wilson 1927), Newcombe's hybrid of two of them for a change (R. G. Newcombe 1998, method 10).
"""

import math
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from assetmap import privacy

ABOVE = 7
Z = 1.959963984540054  # of the normal distribution, for 95 per cent


class Share(NamedTuple):
    """How many of how many, as a part of 1 with its interval."""

    above: int
    answered: int
    share: float
    low: float
    high: float


class Change(NamedTuple):
    """By how much a share grew, as a part of 1 with its interval."""

    by: float
    low: float
    high: float

    @property
    def is_sure(self) -> bool:
        """Whether no change at all lies outside the interval."""
        return self.low > 0 or self.high < 0


class Measure(NamedTuple):
    """One question, before and after; None where too few answered to tell without telling who."""

    code: str
    asks: str
    before: Share | None
    after: Share | None
    change: Change | None


def measured(
    questions: Sequence[dict[str, str]],
    before: Sequence[dict[str, int]],
    after: Sequence[dict[str, int]],
) -> list[Measure]:
    """What each question shows. before, after: answer sheets, a number from 1 to 10 by code."""
    found = []
    for one in questions:
        code = one["code"]
        first = share(sheet[code] for sheet in before if code in sheet)
        last = share(sheet[code] for sheet in after if code in sheet)
        grown = change(first, last) if first and last else None
        found.append(Measure(code, one["asks"], first, last, grown))
    return found


def share(answers: Iterable[int]) -> Share | None:
    """The share of answers above 7; None for fewer than are shown."""
    given = list(answers)
    if not privacy.enough(len(given)):
        return None
    above = sum(value > ABOVE for value in given)
    return Share(above, len(given), above / len(given), *wilson(above, len(given)))


def wilson(above: int, answered: int) -> tuple[float, float]:
    """Between which shares the true one lies. answered: 1 or more."""
    part, spread = above / answered, Z * Z / answered
    middle = (part + spread / 2) / (1 + spread)
    half = Z * math.sqrt(part * (1 - part) / answered + spread / (4 * answered)) / (1 + spread)
    return max(0.0, middle - half), min(1.0, middle + half)


def change(first: Share, last: Share) -> Change:
    """By how much a share grew between two groups of people."""
    by = last.share - first.share
    down = math.hypot(last.share - last.low, first.high - first.share)
    up = math.hypot(last.high - last.share, first.share - first.low)
    return Change(by, max(-1.0, by - down), min(1.0, by + up))
