"""How searches and maps grow with the register and with agreements.

    python -m tests.bench.growth [--wards N] [--folder DIR] [--postgis]

Asks registers of 10,000, 100,000 and 1,000,000 entries themselves, without a server, as a partner
with one, ten and a hundred agreements; of a hundred most speak of one ward each. Registers that
are not there yet are filled. Prints the milliseconds until half and 95 of a hundred are answered,
and how many times the smallest register's the largest takes for the 95.
"""

import statistics
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from assetmap.access import Limit, Viewer, viewer_of
from assetmap.app import create_app
from assetmap.db import db
from assetmap.register import sign_in
from tests.bench.loads import addresses
from tests.bench.rule import MOST, asking, times_ms
from tests.bench.run import options, ready

SIZES = (10_000, 100_000, 1_000_000)
AGREEMENTS = (1, 10, 100)
Measured = dict[tuple[str, int, int], tuple[float, float]]  # by load, entries, agreements


def main() -> None:
    """Measure as the command line asks."""
    wanted = options(__doc__).parse_args()
    found: Measured = {}
    for entries in SIZES:
        wanted.entries = entries
        with ready(wanted) as (_, filled, mix), create_app(filled.settings).app_context():
            wards = [one.ward for one in mix.asked]
            loads = addresses(mix.asked, filled.uid)
            for agreements in AGREEMENTS:
                viewer = partner_with(agreements, wards)
                for name, times in measured(loads, viewer).items():
                    found[name, entries, agreements] = times
    print_table(found)


def partner_with(number: int, wards: Sequence[str]) -> Viewer:
    """Somebody of a partner with so many agreements: the ten there are, then one a ward."""
    viewer = viewer_of(db.session, sign_in.known_user(db.session, "out@bench.example").id)
    grants = list(viewer.grants)[:number]
    for n, ward in zip(range(len(grants), number), dict.fromkeys(wards), strict=False):
        grants.append(replace(grants[n % len(grants)], agreement_id=-n, limit=Limit((ward,))))
    return replace(viewer, grants=tuple(grants))


def measured(loads: dict[str, list[str]], viewer: Viewer) -> dict[str, tuple[float, float]]:
    """By load, the p50 and p95 of this viewer's searches."""
    found: dict[str, tuple[float, float]] = {}
    for name, paths in loads.items():
        if not paths[0].startswith(("/api/entries", "/api/map")):
            continue
        counts = "counts=true" in paths[0]
        asks: list[Callable[[], Any]] = [
            asking(path, viewer, facets=counts, account=False) for path in paths[:MOST]
        ]
        (times,) = times_ms([asks])
        found[name] = statistics.median(times), times[int(len(times) * 0.95)]
    return found


def print_table(found: Measured) -> None:
    """As Markdown."""
    heads = [f"{entries:,} entries" for entries in SIZES]
    print(f"| load | agreements | {' | '.join(heads)} | 95 of 100: times |")
    print("|---" * (len(SIZES) + 3) + "|")
    for name in dict.fromkeys(name for name, _, _ in found):
        for agreements in AGREEMENTS:
            cells = [found[name, entries, agreements] for entries in SIZES]
            said = " | ".join(f"{half:.1f} / {most:.1f}" for half, most in cells)
            print(f"| {name} | {agreements} | {said} | {cells[-1][1] / cells[0][1]:.1f} |")


if __name__ == "__main__":
    main()
