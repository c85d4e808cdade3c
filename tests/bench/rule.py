"""What the rule of who may see what costs a search.

    python -m tests.bench.rule [--entries N] [--wards N] [--folder DIR] [--postgis]

Asks the register itself, without a server, the same searches as four people: with no rule at all
(the operator), signed out, a team's editor, a partner with ten agreements; and as that partner
once more, putting what it was given on the account before it is answered, as the JSON door does.
Prints, for each sort of search, the milliseconds until half and 95 of a hundred are answered, and
how many times that is what it takes with no rule.
"""

import math
import statistics
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from werkzeug.datastructures import MultiDict

from assetmap.access import OPERATOR, PUBLIC, Viewer, viewer_of
from assetmap.app import create_app
from assetmap.db import db
from assetmap.register import audit, audit_taking, clusters, search, sign_in
from assetmap.schemas.reading import from_query
from assetmap.schemas.search import EntrySearch, MapSearch
from tests.bench.loads import addresses
from tests.bench.run import options, ready

MOST = 40
ACCOUNT = "partner, on the account"
ROUNDS = 2  # over the mix; each search counts with its quickest


def main() -> None:
    """Measure as the command line asks."""
    wanted = options(__doc__).parse_args()
    with ready(wanted) as (_, filled, mix), create_app(filled.settings).app_context():
        print_table(addresses(mix.asked, filled.uid), people())


def people() -> dict[str, Viewer]:
    """Those who ask, the operator first."""

    def known(email: str) -> Viewer:
        return viewer_of(db.session, sign_in.known_user(db.session, email).id)

    return {
        "no rule": OPERATOR,
        "signed out": PUBLIC,
        "team": known("in@bench.example"),
        "partner": known("out@bench.example"),
        ACCOUNT: known("out@bench.example"),
    }


def asking(path: str, viewer: Viewer, *, facets: bool, account: bool) -> Callable[[], Any]:
    """The search that an address of the API stands for, by this viewer.

    account: whether what was found is on the audit, and committed, before the answer.
    """
    query = MultiDict(parse_qsl(urlsplit(path).query))
    query.pop("counts", None)  # the JSON door's own
    if path.startswith("/api/map"):  # what a map shows is not on the account
        shown = from_query(MapSearch, query)
        return lambda: clusters.on_map(db.session, shown, viewer=viewer)
    wanted = from_query(EntrySearch, query)

    def ask() -> None:
        found = search.search(db.session, wanted, viewer=viewer, facets=facets)
        if account:
            audit_taking.read(db.session, found.hits, viewer=viewer, filters=query)
            audit.before_it_leaves(db.session)
            db.session.commit()

    return ask


def times_ms(asked: list[list[Callable[[], Any]]]) -> list[list[float]]:
    """For each person, how long each of their searches takes, at its quickest, in order. They take
    turns, so that whatever else the machine does slows all of them."""
    found = [[math.inf] * len(asks) for asks in asked]
    for _ in range(ROUNDS):
        for n, turn in enumerate(zip(*asked, strict=True)):
            for took, ask in zip(found, turn, strict=True):
                began = time.perf_counter()
                ask()
                took[n] = min(took[n], (time.perf_counter() - began) * 1000)
                db.session.rollback()
    return [sorted(took) for took in found]


def print_table(loads: dict[str, list[str]], viewers: dict[str, Viewer]) -> None:
    """As Markdown: p50 and p95 for each viewer, and the ratio of the p50 and p95 to no rule."""
    print("| search | " + " | ".join(viewers) + " |")
    print("|---" * (len(viewers) + 1) + "|")
    for name, paths in loads.items():
        if not paths[0].startswith(("/api/entries", "/api/map")):
            continue
        on_map = paths[0].startswith("/api/map")
        for facets in (False,) if on_map else (False, True):
            cells: list[str] = []
            first = (0.0, 0.0)
            for found in times_ms(
                [
                    [
                        asking(path, viewer, facets=facets, account=who == ACCOUNT)
                        for path in paths[:MOST]
                    ]
                    for who, viewer in viewers.items()
                ]
            ):
                now = statistics.median(found), found[int(len(found) * 0.95)]
                first = first if cells else now
                ratio = f" ({now[0] / first[0]:.1f}×, {now[1] / first[1]:.1f}×)" if cells else ""
                cells.append(f"{now[0]:.1f} / {now[1]:.1f}{ratio}")
            said = name + (", with counts" if facets else "")
            print(f"| {said} | {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main()
