"""How long drawing a balanced panel takes, of invented people: `python -m tests.bench.panels`,
by itself or with how many people, seats, dimensions and categories of each. What counts is the
processor's seconds, by steps; the draw runs on one core."""

import math
import random
import sys
import time

from assetmap.sortition import panels
from assetmap.sortition.pools import Pool, Quota, off

USUAL = (5_000, 100, 6, 10)


def pool_of(people: int, seats: int, dimensions: int, categories: int) -> Pool:
    """People of whom some sections are far rarer among those who are there than where they live,
    and quotas of 15 in 100 about what lives there."""
    lots = random.Random(1)  # noqa: S311  # the same each time
    live = [[lots.random() + 0.2 for _ in range(categories)] for _ in range(dimensions)]
    there = [[share**2 for share in shares] for shares in live]
    drawn = [
        frozenset(
            place * categories + lots.choices(range(categories), shares)[0]
            for place, shares in enumerate(there)
        )
        for _ in range(people)
    ]
    quotas = []
    for place, shares in enumerate(live):
        for number, share in enumerate(shares):
            meant = seats * share / sum(shares)
            least, most = math.floor(meant * 0.85), math.ceil(meant * 1.15)
            quotas.append(Quota(f"d{place}", str(number), least, most))
    return Pool(quotas, drawn, seats)


def main() -> None:
    """Print what each step takes, and what came of the draw."""
    people, seats, dimensions, categories = map(int, sys.argv[1:] or USUAL)
    pool = pool_of(people, seats, dimensions, categories)
    print(f"{people} people, {len(pool.sorts)} sorts, {seats} seats, {len(pool.quotas)} quotas")
    took = [time.process_time()]

    def tell(step: str) -> None:
        took.append(time.process_time())
        print(f"{step:10} {took[-1] - took[-2]:6.1f} s", flush=True)

    eased = panels.easing(pool)
    tell("feasible")
    if eased:
        sys.exit("these quotas cannot be met")
    lot = panels.portfolio(pool)
    tell("portfolio")
    chances = panels.chances(pool, lot)
    drawn = panels.draw(pool, lot, seed=5, reserves=seats // 4)
    tell("draw")
    print(f"in all     {took[-1] - took[0]:6.1f} s of the processor")
    print(
        f"smallest chance {min(chances):.4f}, of at most {lot.at_best:.4f};"
        f" {len(lot.panels)} panels; quotas missed: {sum(map(abs, off(pool, drawn.seated)))}"
    )


if __name__ == "__main__":
    main()
