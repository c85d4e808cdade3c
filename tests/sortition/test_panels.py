"""Drawing panels: what hypothesis and brute force say of every panel, chance and least easing."""

import csv
import io
import itertools
import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from assetmap.sortition import panels, pools, solving
from assetmap.sortition.pools import Pool, Quota

CATEGORIES = """category,name,min,max
gender,female,3,5
gender,male,3,5
age,young,2,3
age,middle,2,4
age,old,2,4
"""
FEW = settings(max_examples=25, deadline=None)


def respondents(many: int, seed: int) -> str:
    """A file of respondents: id and a column for each category, as published."""
    lots = random.Random(seed)  # noqa: S311  # a file for a test
    lines = ["id,gender,age"]
    for number in range(many):
        gender = lots.choices(["female", "male"], [7, 3])[0]
        age = lots.choices(["young", "middle", "old"], [1, 4, 5])[0]
        lines.append(f"r{number},{gender},{age}")
    return "\n".join(lines)


def read(categories: str, answers: str, seats: int) -> Pool:
    """The pool that the two files stand for."""
    quotas = [
        Quota(row["category"], row["name"], int(row["min"]), int(row["max"]))
        for row in csv.DictReader(io.StringIO(categories))
    ]
    people = [
        frozenset(n for n, one in enumerate(quotas) if row[one.dimension] == one.category)
        for row in csv.DictReader(io.StringIO(answers))
    ]
    return Pool(quotas, people, seats)


@st.composite
def small_pools(draw: st.DrawFn) -> Pool:
    """Few people, who count for some of three quotas each."""
    people = draw(
        st.lists(st.frozensets(st.integers(0, 2), max_size=2), min_size=2, max_size=7),
    )
    seats = draw(st.integers(1, min(4, len(people))))
    quotas = []
    for number in range(3):
        least = draw(st.integers(0, 2))
        quotas.append(Quota("any", str(number), least, least + draw(st.integers(0, 3))))
    return Pool(quotas, people, seats)


def all_panels(pool: Pool) -> list[tuple[int, ...]]:
    every = itertools.combinations(range(len(pool.people)), pool.seats)
    return [panel for panel in every if not any(pools.off(pool, panel))]


def brute_force(pool: Pool) -> float:
    """The largest smallest chance of those who are on any panel, of all panels there are."""
    every = all_panels(pool)
    able = sorted({place for panel in every for place in panel})
    on = np.array([[place in panel for panel in every] for place in able], dtype=float)
    cost = np.append(np.zeros(len(every)), -1.0)
    rows = np.column_stack([-on, np.ones(len(able))])
    whole = np.append(np.ones(len(every)), 0.0).reshape(1, -1)
    found = linprog(cost, A_ub=rows, b_ub=np.zeros(len(able)), A_eq=whole, b_eq=[1.0])
    return float(found.x[-1])


@FEW
@given(small_pools(), st.integers(1, 10**6))
def test_every_panel_meets_its_quotas_and_the_smallest_chance_is_what_brute_force_finds(
    pool: Pool, seed: int
) -> None:
    every = all_panels(pool)
    eased = panels.easing(pool)
    assert bool(eased) == (not every)
    if eased:
        return
    lot = panels.portfolio(pool)
    chances = panels.chances(pool, lot)
    able = {place for panel in every for place in panel}
    assert sum(chances) == pytest.approx(pool.seats)
    assert {place for place, chance in enumerate(chances) if chance > 0} == able
    assert min(chances[place] for place in able) == pytest.approx(brute_force(pool), abs=1e-5)
    for number in range(5):
        drawn = panels.draw(pool, lot, seed=seed + number, reserves=2)
        assert tuple(drawn.seated) in every
        assert len(set(drawn.seated) | set(drawn.reserves)) == len(drawn.seated) + len(
            drawn.reserves
        )
        assert len(drawn.reserves) == min(2, len(pool.people) - pool.seats)
        assert panels.draw(pool, panels.portfolio(pool), seed=seed + number, reserves=2) == drawn


@FEW
@given(small_pools())
def test_what_would_have_to_give_is_enough_and_the_least_there_is(pool: Pool) -> None:
    eased = {one.quota: one for one in panels.easing(pool)}
    if not eased:
        return
    to = [
        Quota(one.dimension, one.category, eased[one].least, eased[one].most)
        if one in eased
        else one
        for one in pool.quotas
    ]
    gives = sum(one.quota.least - one.least + one.most - one.quota.most for one in eased.values())
    assert panels.easing(Pool(to, pool.people, pool.seats)) == []
    every = itertools.combinations(range(len(pool.people)), pool.seats)
    assert gives == min(sum(map(abs, pools.off(pool, panel))) for panel in every)


@FEW
@given(small_pools(), st.integers(0, 2))
def test_a_largest_number_that_quotas_share_gives_once_and_no_more_than_it_must(
    pool: Pool, cap: int
) -> None:
    shared = [Quota("group", quota.category, 0, cap) for quota in pool.quotas[:2]]
    pool = Pool([*shared, pool.quotas[2]], pool.people, pool.seats)
    eased = {one.quota: one for one in panels.easing(pool, {"group"})}
    to = [
        Quota(one.dimension, one.category, eased[one].least, eased[one].most)
        if one in eased
        else one
        for one in pool.quotas
    ]
    assert panels.easing(Pool(to, pool.people, pool.seats), {"group"}) == []
    assert to[0].most == to[1].most

    def gives(by: list[int]) -> int:
        return max(0, *by[:2]) + abs(by[2])

    every = itertools.combinations(range(len(pool.people)), pool.seats)
    free = [one.quota.least - one.least + one.most - one.quota.most for one in eased.values()]
    asked = to[0].most - cap + sum(free[-1:] if pool.quotas[2] in eased else [])
    assert asked == min(gives(pools.off(pool, panel)) for panel in every)


def test_published_files_are_drawn_from_and_who_declines_is_replaced_within_the_quotas() -> None:
    pool = read(CATEGORIES, respondents(60, 1), 8)
    assert pools.problems(pool, {}) == {}
    lot = panels.portfolio(pool)
    chances = panels.chances(pool, lot)
    assert sum(chances) == pytest.approx(8)
    assert min(chances) > 0.05
    assert min(chances) >= lot.at_best * (1 - 1e-4)
    drawn = panels.draw(pool, lot, seed=7, reserves=6)
    assert drawn == panels.draw(pool, lot, seed=7, reserves=6)
    assert {panels.draw(pool, lot, seed=seed).seated[0] for seed in range(9)} != {drawn.seated[0]}
    assert not any(pools.off(pool, drawn.seated))
    left = list(drawn.seated[1:])
    instead = panels.replacement(pool, left, drawn.reserves, [], seed=7)
    assert instead in drawn.reserves
    missed = [sum(map(abs, pools.off(pool, [*left, one]))) for one in drawn.reserves]
    assert instead == drawn.reserves[missed.index(min(missed))]
    others = sorted(set(range(60)) - set(drawn.seated))
    by_lot = panels.replacement(pool, left, [], others, seed=7)
    assert by_lot == panels.replacement(pool, left, [], others, seed=7)
    assert by_lot is not None
    assert not any(pools.off(pool, [*left, by_lot]))
    assert panels.replacement(pool, left, [], [], seed=7) is None


@pytest.mark.parametrize(
    ("categories", "many", "seats", "field", "said"),
    [
        (CATEGORIES, 0, 8, "seats", "the pool is empty"),
        (CATEGORIES, 5, 8, "seats", "Only 5 are there"),
        (CATEGORIES.replace("3,5", "5,5"), 60, 8, "gender-female-least", "10 of 8 seats, 125%"),
        (CATEGORIES.replace("3,5", "3,3"), 60, 8, "gender-female-most", "add up to 6 only"),
        (CATEGORIES.replace("young,2,3", "young,3,2"), 60, 8, "age-young-least", "at most"),
        (CATEGORIES.replace("young,2,3", "young,9,9"), 60, 8, "age-young-least", "8 seats"),
    ],
)
def test_what_cannot_be_is_said_by_the_field_it_is_in(
    categories: str, many: int, seats: int, field: str, said: str
) -> None:
    wrong = pools.problems(read(categories, respondents(many, 1), seats), {})
    assert list(wrong) == [field]
    assert said in wrong[field]


def test_a_large_pool_of_people_who_are_all_different_is_drawn_from_too(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(panels, "LARGE", 4)
    monkeypatch.setattr(panels, "ROOM", 1)
    pool = read(CATEGORIES, respondents(60, 2), 8)
    lot = panels.portfolio(pool)
    assert not any(pools.off(pool, panels.draw(pool, lot, seed=3).seated))
    assert min(panels.chances(pool, lot)) > 0.5 * lot.at_best


def test_what_takes_too_long_is_given_up_and_reserves_are_no_more_than_the_others() -> None:
    pool = read(CATEGORIES, respondents(30, 4), 8)
    with pytest.raises(solving.TooHard), solving.within(0):
        panels.easing(pool)
    drawn = panels.draw(pool, panels.portfolio(pool), seed=3, reserves=500)
    assert len(drawn.reserves) == len(pool.people) - 8
