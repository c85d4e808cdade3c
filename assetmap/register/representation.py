"""How far those who are reached are like those who live there: shares, ratios, and chance.

With category shares s of n that are counted, and p of the population: the ratio of a category is
s / p, its gap s - p, and max(0, p n - count) are short. D = 1/2 sum |s - p|, from 0 (alike) to 1,
and the representativeness index is 1 - D. So few are never quite alike: what D would be by chance
is told from DRAWS multinomial draws of size n from p.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

DRAWS = 5_000
SEED = 2021  # the same draws each time: the same list gives the same figures
LEAST_COUNTED = 10
LEAST_COVERED = 0.6
BEYOND = 0.9  # of the draws are at least as alike: that is no chance any more
TOO_LOW, SHORT = 0.8, 1.0
BY_CHANCE = 0.1  # that a section has nobody among so many who are drawn by lot
MINORITY = 0.4  # groups that are for everybody reach the larger ones


@dataclass(frozen=True)
class Category:
    """One category: how many are counted, and what that is against the population's share."""

    counted: int
    share: float
    expected_share: float

    @property
    def ratio(self) -> float | None:
        """1 where it is as in the population; None where nobody is of it there."""
        return self.share / self.expected_share if self.expected_share else None

    @property
    def gap(self) -> float:
        """In parts of 1."""
        return self.share - self.expected_share


@dataclass(frozen=True)
class Chance:
    """What D comes to by chance alone: on average, and nine times out of ten. percentile: part of
    the draws that are more alike than what was counted."""

    expected: float
    low: float
    high: float
    percentile: float

    @property
    def is_beyond(self) -> bool:
        """Whether it is less alike than chance makes it."""
        return self.percentile > BEYOND


def categories(counts: Sequence[int], population: Sequence[float]) -> list[Category]:
    """The categories of a dimension, in order. population: how many live there of each, of whom
    there are some."""
    n, whole = sum(counts), sum(population)
    return [
        Category(count, count / n if n else 0.0, people / whole)
        for count, people in zip(counts, population, strict=True)
    ]


def dissimilarity(found: Sequence[Category]) -> float:
    """D."""
    return sum(abs(one.gap) for one in found) / 2


def diversity(found: Sequence[Category]) -> float:
    """Of the categories that half of one counted would come from, the part that has somebody."""
    n = sum(one.counted for one in found)
    there = [one for one in found if one.expected_share * 2 * n >= 1]
    return sum(one.counted > 0 for one in there) / len(there) if there else 0.0


def short(one: Category, n: int) -> float:
    """How many more there would have to be of a category among n."""
    return max(0.0, one.expected_share * n - one.counted)


def chance(found: Sequence[Category]) -> Chance:
    """What D would be by chance, for so many as are counted."""
    n = sum(one.counted for one in found)
    expected = np.array([one.expected_share for one in found])
    drawn = np.random.default_rng(SEED).multinomial(n, expected / expected.sum(), size=DRAWS) / n
    unlike = np.abs(drawn - expected).sum(axis=1) / 2
    low, high = np.quantile(unlike, (0.05, 0.95))
    alike = float(np.mean(unlike < dissimilarity(found) - 1e-9))  # as alike is not more alike
    return Chance(float(unlike.mean()), float(low), float(high), alike)


def is_left_out(share: float, people: int) -> bool:
    """Whether it is no chance that so many people have nobody of a section with this share."""
    return 0 < share <= MINORITY and (1 - share) ** people < BY_CHANCE


def is_too_few(one: Category, n: int) -> bool:
    """Whether a category is named where a dimension is less alike than chance makes it."""
    ratio = one.ratio
    return ratio is not None and ratio < TOO_LOW and short(one, n) >= SHORT
