"""Who can be drawn, the quotas that a panel has to meet, and what is wrong with those at sight.

Somebody may count for several quotas, of one dimension too. Those who count for the same ones are
alike to every quota: the solver draws so many of each sort, and lots fall among those alike.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import scipy  # its parts are loaded when they are first used, which takes half a second
from numpy.typing import NDArray

Numbers = NDArray[np.float64]


@dataclass(frozen=True)
class Quota:
    """How many of a panel count for a category of a dimension, from least to most."""

    dimension: str
    category: str
    least: int
    most: int

    @property
    def name(self) -> str:
        """What its fields are called after."""
        return f"{self.dimension}-{self.category}"


@dataclass(frozen=True)
class Pool:
    """people: for each of those who can be drawn, the numbers of the quotas they count for."""

    quotas: Sequence[Quota]
    people: Sequence[frozenset[int]]
    seats: int

    @cached_property
    def sorts(self) -> Sequence[Sequence[int]]:
        """Those who are alike, by their place in the pool."""
        found: dict[frozenset[int], list[int]] = {}
        for place, counts_for in enumerate(self.people):
            found.setdefault(counts_for, []).append(place)
        return list(found.values())

    @cached_property
    def sizes(self) -> Numbers:
        """How many there are of each sort."""
        return np.array([len(some) for some in self.sorts], dtype=np.float64)

    @cached_property
    def counting(self) -> "scipy.sparse.csr_array":
        """A row for each quota and a last one for the seats, 1 where a sort counts."""
        pairs = [
            (quota, sort)
            for sort, some in enumerate(self.sorts)
            for quota in (*self.people[some[0]], len(self.quotas))
        ]
        rows, columns = zip(*pairs, strict=True) if pairs else ((), ())
        shape = len(self.quotas) + 1, len(self.sorts)
        return scipy.sparse.csr_array((np.ones(len(pairs)), (rows, columns)), shape=shape)

    @property
    def least(self) -> Numbers:
        """Of each row."""
        return np.array([*(quota.least for quota in self.quotas), self.seats], dtype=np.float64)

    @property
    def most(self) -> Numbers:
        """Of each row."""
        return np.array([*(quota.most for quota in self.quotas), self.seats], dtype=np.float64)


def counts(pool: Pool, panel: Sequence[int]) -> list[int]:
    """How many of a panel, by their places in the pool, count for each quota."""
    found = [0] * len(pool.quotas)
    for place in panel:
        for quota in pool.people[place]:
            found[quota] += 1
    return found


def off(pool: Pool, panel: Sequence[int]) -> list[int]:
    """By how many each quota is missed: below 0 where there are too few."""
    return [
        min(0, count - quota.least) or max(0, count - quota.most)
        for quota, count in zip(pool.quotas, counts(pool, panel), strict=True)
    ]


def problems(pool: Pool, labels: Mapping[str, str]) -> dict[str, str]:
    """What is wrong at sight, by field: seats, or the name of a quota with -least or -most.
    labels: what dimensions are called."""
    found: dict[str, str] = {}
    if not pool.people:
        found["seats"] = "Nobody is there to be drawn: the pool is empty."
    elif pool.seats > len(pool.people):
        found["seats"] = f"Only {len(pool.people):,} are there to be drawn from."
    for quota in pool.quotas:
        if quota.least > pool.seats:
            found[f"{quota.name}-least"] = f"There are only {pool.seats:,} seats."
        elif quota.least > quota.most:
            found[f"{quota.name}-least"] = "Give at most as many as the number on its right."
    return found or _do_not_add_up(pool, labels)


def _do_not_add_up(pool: Pool, labels: Mapping[str, str]) -> dict[str, str]:
    """Dimensions of which nobody counts for two categories, where more seats are asked for than
    there are, or where everybody counts for one and fewer are allowed."""
    found: dict[str, str] = {}
    for dimension in dict.fromkeys(quota.dimension for quota in pool.quotas):
        its = {n: quota for n, quota in enumerate(pool.quotas) if quota.dimension == dimension}
        each = {len(its.keys() & pool.people[some[0]]) for some in pool.sorts}
        first = next(iter(its.values())).name
        least = sum(quota.least for quota in its.values())
        most = sum(quota.most for quota in its.values())
        label = labels.get(dimension, dimension)
        if max(each) <= 1 and least > pool.seats:
            found[f"{first}-least"] = (
                f"{label}: the smallest numbers add up to {least:,} of {pool.seats:,} seats,"
                f" {least / pool.seats:.0%}."
            )
        elif each == {1} and most < pool.seats:
            found[f"{first}-most"] = (
                f"{label}: the largest numbers add up to {most:,} only, and there are"
                f" {pool.seats:,} seats."
            )
    return found
