"""What an event's survey shows: the share above 7 before and after, and how sure that is.

A share is of those who answered the question. Intervals hold 95 in 100 times: Wilson's for a share
(E. B. Wilson 1927), Newcombe's hybrid of two of them for a change (R. G. Newcombe 1998, method 10).
"""

import math
from collections import Counter
from collections.abc import Container, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

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
    is_after_only: bool = False


class Chosen(NamedTuple):
    """One question with answers to choose from: the share of each, before and after; None where
    too few chose it, or too few answered at all."""

    code: str
    asks: str
    options: Sequence[str]
    before: list[Share | None] | None
    after: list[Share | None] | None


def chosen(
    questions: Sequence[dict[str, Any]],
    before: Sequence[dict[str, int]],
    after: Sequence[dict[str, int]],
    *,
    stops: Mapping[str, Sequence[int]],
) -> list[Chosen]:
    """What each question with answers to choose from shows; the rest as for `measured`."""
    found = []
    for one in questions:
        if options := one.get("options", ()):
            sides = (
                Counter(_settled(sheets, stops.get(phase, ()), one["code"]))
                for phase, sheets in (("before", before), ("after", after))
            )
            first, last = (
                choices([side[number] for number in range(1, len(options) + 1)]) for side in sides
            )
            found.append(Chosen(one["code"], one["asks"], options, first, last))
    return found


def measured(
    questions: Sequence[dict[str, Any]],
    before: Sequence[dict[str, int]],
    after: Sequence[dict[str, int]],
    *,
    stops: Mapping[str, Sequence[int]] | None = None,
    after_only: Container[str] = (),
) -> list[Measure]:
    """What each question from 1 to 10 shows. before, after: answer sheets in the order they came,
    a number from 1 to 10 by code. stops: by phase, after how many sheets answers were stopped, each
    time; where it is not given, once, after all. after_only: codes that are not asked before."""
    everything = {"before": [len(before)], "after": [len(after)]}
    stopped = everything if stops is None else stops
    found = []
    for one in questions:
        if "options" in one:
            continue
        code = one["code"]
        is_after_only = code in after_only
        first = None if is_after_only else share(_settled(before, stopped.get("before", ()), code))
        last = share(_settled(after, stopped.get("after", ()), code))
        grown = change(first, last) if first and last else None
        found.append(Measure(code, one["asks"], first, last, grown, is_after_only))
    return found


def _settled(sheets: Sequence[dict[str, int]], stops: Sequence[int], code: str) -> Sequence[int]:
    """The answers to show: those in by the last stop that added enough to the ones shown before.
    The difference of two figures is one, too: of fewer people it would tell who they are."""
    shown: list[int] = []
    for count in stops:
        by_then = [sheet[code] for sheet in sheets[:count] if code in sheet]
        if privacy.enough(len(by_then) - len(shown)):
            shown = by_then
    return shown


def share(answers: Iterable[int]) -> Share | None:
    """The share of answers above 7; None for fewer than are shown."""
    given = list(answers)
    if not privacy.enough(len(given)):
        return None
    above = sum(value > ABOVE for value in given)
    return Share(above, len(given), above / len(given), *wilson(above, len(given)))


def choices(counts: Sequence[int]) -> list[Share | None] | None:
    """The share of each answer that people chose from; None for one of too few, and for all where
    too few chose at all."""
    answered = sum(counts)
    if not privacy.enough(answered):
        return None
    return [
        None
        if count is None
        else Share(count, answered, count / answered, *wilson(count, answered))
        for count in privacy.counts_shown(counts)
    ]


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
