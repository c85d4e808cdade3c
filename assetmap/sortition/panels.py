"""Drawing panels: a lot among several that all meet the quotas, so that the smallest chance of
anybody who can be on one is as large as it can be.

Maximin, as in Flanigan, Gölz, Gupta, Hennig & Procaccia, "Fair algorithms for selecting citizens'
assemblies", Nature 596 (2021). A linear program gives the chances of the panels that are known;
its shadow prices say whose chance holds the others back; the panel that would help those most is
sought by integer programming and added, until none helps. Nothing here depends on the clock, so
the same pool, quotas and seed give the same panel.
"""

import math
import random
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
import scipy  # its parts are loaded when they are first used, which takes half a second
from numpy.typing import NDArray

from assetmap.sortition.pools import Numbers, Pool, Quota, off
from assetmap.sortition.solving import milp

METHOD = "maximin 3"
CLOSE = 1e-6  # to what cannot be bettered, of small pools
NEAR = 0.02  # the same of large ones, in parts
LARGE = 400  # sorts of people
VERY_LARGE = 1_000
ROUNDS, ROUNDS_LARGE, ROUNDS_VERY_LARGE = 600, 200, 4
FIRST, LAST, LAST_LARGE = 12, 100, 40  # panels to begin with
ROOM = 8  # times the seats: of a large pool so many are looked at for one of those
TINY = 1e-7
BESIDE = 1e-3  # what lots count against a quota that is missed


@dataclass(frozen=True)
class Portfolio:
    """Panels that meet the quotas, as how many there are of each sort, and the chance of each.
    at_best: what the smallest chance cannot exceed; left: sorts that can be on no panel."""

    panels: Sequence[Numbers]
    chances: Sequence[float]
    at_best: float
    left: frozenset[int] = frozenset()


@dataclass(frozen=True)
class Drawn:
    """Places in the pool: of those who have a seat, and of reserves in their order."""

    seated: Sequence[int]
    reserves: Sequence[int]


@dataclass(frozen=True)
class Eased:
    """A quota that has to give, and to what."""

    quota: Quota
    least: int
    most: int


def easing(pool: Pool, together: Collection[str] = ()) -> list[Eased]:
    """The least that has to give so that a panel can be drawn; nothing where one can. Of several
    ways one that changes the numbers that were asked for by the fewest seats in all.

    together: dimensions whose quotas have one largest number in common, which counts once.
    """
    rows, sorts = len(pool.quotas), len(pool.sorts)
    if _best(pool, np.zeros(sorts)) is not None:
        return []
    shared = np.array([quota.dimension in together for quota in pool.quotas], dtype=bool)
    limits = np.concatenate(  # of each quota how many fewer, how many more; more of all in common
        [pool.least[:rows], np.where(shared, 0, pool.seats), [pool.seats]]
    )
    found = milp(
        np.concatenate([np.zeros(sorts), np.ones(2 * rows + 1)]),
        integrality=np.ones(sorts + 2 * rows + 1),
        bounds=scipy.optimize.Bounds(0, np.concatenate([pool.sizes, limits])),
        constraints=_eased(pool, shared),
        gap=0.0,
    )
    given = np.rint(found.x[sorts:])
    fewer, more = given[:rows], given[rows:-1] + shared * given[-1]
    return [
        Eased(quota, quota.least - int(fewer[n]), quota.most + int(more[n]))
        for n, quota in enumerate(pool.quotas)
        if fewer[n] or more[n]
    ]


def _eased(pool: Pool, shared: NDArray[np.bool_]) -> list["scipy.optimize.LinearConstraint"]:
    """The quotas with what each gives: at least so many, at most so many; and the seats, which
    do not. Columns: sorts, how many fewer of each quota, how many more, and how many of all."""
    rows = len(shared)
    counting, none = pool.counting[:rows], scipy.sparse.csr_array((rows, rows))
    each, common = scipy.sparse.eye_array(rows), shared.astype(np.float64).reshape(rows, 1)
    low = scipy.sparse.hstack([counting, each, none, 0 * common])
    high = scipy.sparse.hstack([counting, none, -each, -common])
    seats = scipy.sparse.hstack([pool.counting[rows:], scipy.sparse.csr_array((1, 2 * rows + 1))])
    return [
        scipy.optimize.LinearConstraint(low, lb=pool.least[:rows]),
        scipy.optimize.LinearConstraint(high, ub=pool.most[:rows]),
        scipy.optimize.LinearConstraint(seats, pool.seats, pool.seats),
    ][0 if rows else 2 :]


def portfolio(pool: Pool) -> Portfolio:
    """The lot to draw by, where a panel can be drawn at all (`easing` says so). Raises TooHard."""
    can, at_best, wanted = _shares(pool)
    panels: dict[bytes, Numbers] = {}
    is_large = len(pool.sorts) > LARGE
    for panel in _first(pool, can, wanted, at_best, is_large=is_large):
        panels.setdefault(panel.tobytes(), panel)
    able = _cover(pool, can, panels, is_large=is_large)
    if (able != can).any():  # what parts of people can be on binds nobody
        can, at_best = able, 1.0
    close = NEAR if is_large else CLOSE
    known = list(panels.values())
    smallest, chances, prices = _weigh(pool, known, can)
    for _ in range(_rounds(len(pool.sorts))):
        if smallest >= at_best * (1 - close):
            break
        found = _best(pool, prices, gap=close / 2 if is_large else 0.0)
        if found is None or found.tobytes() in panels:
            break
        reach = float(prices @ found) * (1 + (close / 2 if is_large else 0.0))
        at_best = min(at_best, reach)
        if smallest >= at_best * (1 - close):
            break
        panels[found.tobytes()] = found
        known.append(found)
        smallest, chances, prices = _weigh(pool, known, can)
    kept = [(panel, chance) for panel, chance in zip(known, chances, strict=True) if chance > TINY]
    whole = sum(chance for _, chance in kept)
    return Portfolio(
        [panel for panel, _ in kept],
        [float(chance / whole) for _, chance in kept],
        at_best,
        frozenset(int(sort) for sort in np.flatnonzero(~can)),
    )


def _rounds(sorts: int) -> int:
    """How many panels are sought that help the worst off; of very large pools each takes long."""
    if sorts > VERY_LARGE:
        return ROUNDS_VERY_LARGE
    return ROUNDS_LARGE if sorts > LARGE else ROUNDS


def chances(pool: Pool, lot: Portfolio) -> list[float]:
    """Of everybody in the pool: the chance of a seat. They add up to the seats."""
    of_sort = sum(
        (chance * panel for panel, chance in zip(lot.panels, lot.chances, strict=True)),
        start=np.zeros(len(pool.sorts)),
    )
    found = [0.0] * len(pool.people)
    for sort, some in enumerate(pool.sorts):
        for place in some:
            found[place] = float(of_sort[sort]) / len(some)
    return found


def draw(pool: Pool, lot: Portfolio, *, seed: int, reserves: int = 0) -> Drawn:
    """One panel by lot, and reserves out of all others, of whom about as many count for each
    quota as on the panel."""
    lots = random.Random(seed)  # noqa: S311  # anybody may draw it again
    (panel,) = lots.choices(lot.panels, lot.chances)
    seated = _people(pool, panel, lots)
    others = [place for place in range(len(pool.people)) if place not in set(seated)]
    many = min(reserves, len(others))
    quotas = [_part(quota, many, pool.seats) for quota in pool.quotas]
    rest = Pool(quotas, [pool.people[place] for place in others], many)
    stood_by = [others[place] for place in _nearest(rest, lots)] if rest.seats else []
    lots.shuffle(stood_by)
    return Drawn(sorted(seated), stood_by)


def replacement(
    pool: Pool, seated: Sequence[int], reserves: Sequence[int], others: Sequence[int], *, seed: int
) -> int | None:
    """Who takes a seat that is free: of the reserves, or where there is none of the others, whoever
    leaves the quotas nearest to met; the first of these reserves, or by lot. None: nobody is
    there. seated: all who have a seat still."""
    some = reserves or others
    if not some:
        return None
    misses = {place: sum(map(abs, off(pool, [*seated, place]))) for place in some}
    best = [place for place in some if misses[place] == min(misses.values())]
    return best[0] if reserves else random.Random(seed).choice(best)  # noqa: S311


def _best(
    pool: Pool, prices: Numbers, *, upto: Numbers | None = None, least: int = -1, gap: float = 0.0
) -> Numbers | None:
    """The panel worth most at these prices for one of each sort; None where there is none. upto:
    how many of each sort at most; least: a sort that is to be on it."""
    lowest = np.zeros(len(pool.sorts))
    if least >= 0:
        lowest[least] = 1
    highest = pool.sizes if upto is None else upto
    among = np.flatnonzero(highest)
    if not len(among):
        return None
    largest = float(np.abs(prices).max()) or 1.0
    found = milp(
        -prices[among] / largest,
        integrality=np.ones(len(among)),
        bounds=scipy.optimize.Bounds(lowest[among], highest[among]),
        constraints=scipy.optimize.LinearConstraint(pool.counting[:, among], pool.least, pool.most),
        gap=gap,
    )
    if found.x is None:
        return None
    panel = np.zeros(len(pool.sorts))
    panel[among] = np.rint(found.x)
    return panel


def _shares(pool: Pool) -> tuple[np.ndarray, float, Numbers]:
    """Which sorts can be on a panel as far as parts of people tell, the largest smallest chance
    of these, and how many of each sort are on a panel then on average."""
    sorts = len(pool.sorts)
    one = scipy.sparse.eye_array(sorts)
    below = {"A": pool.counting, "lo": pool.least, "hi": pool.most}
    rows = scipy.sparse.vstack(
        [
            scipy.sparse.hstack([below["A"], scipy.sparse.csr_array((len(pool.least), sorts))]),
            scipy.sparse.hstack([one, -one]),
        ]
    )
    found = milp(
        np.concatenate([np.zeros(sorts), -np.ones(sorts)]),
        bounds=scipy.optimize.Bounds(0, np.concatenate([pool.sizes, np.full(sorts, 0.001)])),
        constraints=scipy.optimize.LinearConstraint(
            rows,
            np.concatenate([below["lo"], np.zeros(sorts)]),
            np.concatenate([below["hi"], np.full(sorts, np.inf)]),
        ),
    )
    can = np.asarray(found.x[sorts:] > TINY)
    held = np.where(can, pool.sizes, 0.0)
    rows = scipy.sparse.vstack(
        [
            scipy.sparse.hstack([below["A"], scipy.sparse.csr_array((len(pool.least), 1))]),
            scipy.sparse.hstack([one, scipy.sparse.csr_array(-held.reshape(-1, 1))]),
        ]
    )
    found = milp(
        np.concatenate([np.zeros(sorts), [-1.0]]),
        bounds=scipy.optimize.Bounds(0, np.concatenate([pool.sizes, [1.0]])),
        constraints=scipy.optimize.LinearConstraint(
            rows,
            np.concatenate([below["lo"], np.zeros(sorts)]),
            np.concatenate([below["hi"], np.full(sorts, np.inf)]),
        ),
    )
    return can, float(found.x[-1]), np.asarray(found.x[:sorts])


def _first(
    pool: Pool, can: np.ndarray, wanted: Numbers, at_best: float, *, is_large: bool
) -> list[Numbers]:
    """Panels to begin with, each of those who are furthest behind what is wanted of them."""
    rarest = float((wanted[can]).min()) if can.any() else 0.0
    last = LAST_LARGE if is_large else LAST
    many = min(last, max(FIRST, math.ceil(2 / max(rarest, TINY)))) if at_best > TINY else FIRST
    so_far, found = np.zeros(len(pool.sorts)), list[Numbers]()
    for number in range(1, many + 1):
        behind = np.where(can, number * wanted - so_far, 0.0)
        upto = np.minimum(pool.sizes, np.maximum(1.0, np.ceil(behind)))
        if is_large:  # the sorts that are furthest behind, and no more than are needed
            order = np.argsort(-behind, kind="stable")[ROOM * pool.seats :]
            upto[order] = 0.0
        panel = _best(pool, behind, upto=upto, gap=0.05)
        if panel is None:
            panel = _best(pool, behind, gap=0.05)
        if panel is None:  # parts of people can meet what whole ones cannot
            break
        so_far += panel
        found.append(panel)
    return found


def _cover(
    pool: Pool, can: np.ndarray, panels: dict[bytes, Numbers], *, is_large: bool
) -> np.ndarray:
    """Add a panel with each sort that is on none yet; which sorts can be on one."""
    able = can.copy()
    covered = sum(panels.values(), start=np.zeros(len(pool.sorts))) > 0
    for sort in np.flatnonzero(can):
        if covered[sort]:
            continue
        behind = np.where(can & ~covered, 1.0, 0.0)
        panel = None
        if is_large:  # those on none yet first, and no more than are needed
            behind[sort] = 2.0
            upto = pool.sizes.copy()
            upto[np.argsort(-behind, kind="stable")[ROOM * pool.seats :]] = 0.0
            panel = _best(pool, behind, upto=upto, least=int(sort), gap=0.05)
        if panel is None:
            panel = _best(pool, behind, least=int(sort), gap=0.05)
        if panel is None:
            able[sort] = False
        else:
            panels.setdefault(panel.tobytes(), panel)
            covered |= panel > 0
    return able


def _weigh(
    pool: Pool, panels: Sequence[Numbers], can: np.ndarray
) -> tuple[float, Numbers, Numbers]:
    """The largest smallest chance that these panels give to those who can be on one, the chance of
    each panel then, and what one more of each sort is worth."""
    shares = np.column_stack([panel[can] / pool.sizes[can] for panel in panels])
    many = len(panels)
    found = scipy.optimize.linprog(
        np.concatenate([np.zeros(many), [-1.0]]),
        A_ub=scipy.sparse.hstack(
            [scipy.sparse.csr_array(-shares), scipy.sparse.csr_array(np.ones((len(shares), 1)))]
        ),
        b_ub=np.zeros(len(shares)),
        A_eq=np.concatenate([np.ones(many), [0.0]]).reshape(1, -1),
        b_eq=[1.0],
        bounds=(0, 1),
        method="highs",
    )
    prices = np.zeros(len(pool.sorts))
    prices[can] = np.maximum(0.0, -found.ineqlin.marginals) / pool.sizes[can]
    return float(found.x[-1]), np.asarray(found.x[:-1]), prices


def _people(pool: Pool, panel: Numbers, lots: random.Random) -> list[int]:
    """So many of each sort, by lot."""
    return [
        place
        for some, many in zip(pool.sorts, panel, strict=True)
        for place in (lots.sample(some, round(many)) if many else ())
    ]


def _part(quota: Quota, seats: int, of: int) -> Quota:
    """What a quota comes to of so many of the seats."""
    least, most = math.floor(quota.least * seats / of), math.ceil(quota.most * seats / of)
    return Quota(quota.dimension, quota.category, least, most)


def _nearest(pool: Pool, lots: random.Random) -> list[int]:
    """Those by lot who are as near to the quotas as the pool lets them be."""
    rows, sorts = len(pool.quotas), len(pool.sorts)
    slack = (
        scipy.sparse.vstack([scipy.sparse.eye_array(rows), scipy.sparse.csr_array((1, rows))])
        if rows
        else scipy.sparse.csr_array((1, 0))
    )
    prices = [BESIDE * lots.random() / pool.seats for _ in range(sorts)]
    upto = np.full(2 * rows, float(pool.seats))
    found = milp(
        np.concatenate([-np.array(prices), np.ones(2 * rows)]),
        integrality=np.ones(sorts + 2 * rows),
        bounds=scipy.optimize.Bounds(0, np.concatenate([pool.sizes, upto])),
        constraints=scipy.optimize.LinearConstraint(
            scipy.sparse.hstack([pool.counting, slack, -slack]), pool.least, pool.most
        ),
    )
    return _people(pool, np.rint(found.x[:sorts]), lots)
