"""`make bench`: fill a register of a made-up country, serve it as an operator would, and measure.

    python -m tests.bench.run [--entries N] [--wards N] [--seconds S] [--folder DIR] [--postgis]

Prints a table for a partner with ten agreements, and keeps it as JSON beside the database, which
is filled once and then used again.
"""

import argparse
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import shapely
from pydantic import SecretStr
from sqlalchemy import make_url, select, text
from sqlalchemy.orm import aliased

from assetmap.app import create_app
from assetmap.db import db
from assetmap.models import Category
from assetmap.settings import Settings
from tests.bench import cluster, embedded, flat, limit, peers
from tests.bench.asking import Pace, pace, pace_of_logging
from tests.bench.country import Country
from tests.bench.filling import ASSETMAP, Filled, command, fill
from tests.bench.flat import Wards
from tests.bench.loads import Asked, addresses, asked, bodies
from tests.ports import free_port

CLIENTS = (1, 8)
MANY = 50  # phones, and people who search meanwhile
Found = dict[str, dict[int, Pace]]  # by load and number of clients


@dataclass(frozen=True)
class Mix:
    """What is asked, and what it is asked about. top_of: each category's top term."""

    country: Country
    top_of: dict[str, str]
    wards: Wards
    asked: list[Asked]


def main() -> None:
    """Measure as the command line asks."""
    given = options(__doc__)
    given.add_argument("--seconds", type=float, default=5)
    given.add_argument("--peers", action="store_true", help="install and ask other tools too")
    wanted = given.parse_args()
    limits: Found = {}
    others: dict[str, Found] = {}
    with ready(wanted) as (folder, filled, mix):
        with serving(filled.settings) as (port, process):
            found = measure(port, addresses(mix.asked, filled.uid), filled.partner, wanted.seconds)
            found |= written(port, mix, filled, wanted.seconds)
            memory_mb = resident_mb(process)
        limits, others = beside(filled.settings.database_url, folder, mix, wanted)
        sizes = index_mb(filled.settings)
    print_table(found, limits)
    print_others(found, others)
    print(f"\nmost memory of the service: {memory_mb} MB")
    print_indexes(sizes)
    kept = {"service": found, "database alone": limits, "indexes": sizes} | others
    (folder / "measured.json").write_text(json.dumps(kept, indent=1, default=asdict))


def options(doc: str | None) -> argparse.ArgumentParser:
    """What every measurement can be told on the command line."""
    given = argparse.ArgumentParser(description=doc)
    given.add_argument("--entries", type=int, default=100_000)
    given.add_argument("--wards", type=int, default=8_000)
    given.add_argument("--folder", type=Path, default=Path("instance/bench"))
    given.add_argument("--postgis", action="store_true")
    return given


@contextmanager
def ready(wanted: argparse.Namespace) -> Iterator[tuple[Path, Filled, Mix]]:
    """The folder, the filled register in it, and the mix of what to ask of it."""
    name = "postgis" if wanted.postgis else "spatialite"
    folder = (wanted.folder / f"{name}-{wanted.entries}").resolve()
    folder.mkdir(parents=True, exist_ok=True)
    with register(folder, wanted.entries, wanted.wards, is_postgis=wanted.postgis) as filled:
        yield folder, filled, mixed(filled.settings, folder, wanted.entries, wanted.wards)


@contextmanager
def register(folder: Path, entries: int, wards: int, *, is_postgis: bool) -> Iterator[Filled]:
    """The filled register, filled now unless it was before."""
    with database(folder, is_postgis=is_postgis) as url:
        key = SecretStr("bench")
        settings = Settings(database_url=url, secret_key=key, instance=folder / "instance")
        kept = folder / "filled.json"
        if not kept.exists():
            filled = fill(settings, folder, entries, wards)
            print(f"filled at {filled.rows_per_s:.0f} rows a second", file=sys.stderr)
            said = asdict(filled) | {"settings": None}
            kept.write_text(json.dumps(said))
        command(settings, "db", "upgrade")  # it may be of an older version
        yield Filled(**(json.loads(kept.read_text()) | {"settings": settings}))


@contextmanager
def database(folder: Path, *, is_postgis: bool) -> Iterator[str]:
    """The address of a database that stays."""
    if not is_postgis:
        yield f"sqlite:///{folder / 'register.sqlite'}"
        return
    with cluster.kept(folder / "postgres") as url:
        yield url


def mixed(settings: Settings, folder: Path, entries: int, wards: int) -> Mix:
    """What is asked of a register of so many entries and wards."""
    above = aliased(Category)
    query = select(Category.code, above.code).join(above, above.id == Category.parent_id)
    leaves = query.where(Category.scheme == "asset", ~Category.route_only)
    with create_app(settings).app_context():
        top_of = dict(iter(db.session.execute(leaves.order_by(Category.code))))
    country = Country(entries, wards, tuple(top_of))
    read = json.loads((folder / "wards.geojson").read_text())["features"]
    tree = shapely.STRtree([shapely.geometry.shape(one["geometry"]) for one in read])
    lie_in = Wards(tree, [one["properties"]["code"] for one in read])
    return Mix(country, top_of, lie_in, asked(country, top_of, lie_in))


@contextmanager
def serving(settings: Settings) -> Iterator[tuple[int, int]]:
    """The service as it runs for people: its port, and the number of its first process."""
    port = free_port()
    own = {
        "DATABASE_URL": settings.database_url,
        "ASSETMAP_INSTANCE": str(settings.instance),
        "SECRET_KEY": settings.secret_key.get_secret_value(),
    }
    process = subprocess.Popen(
        [*ASSETMAP, "serve", "--port", str(port)],
        env=os.environ | own,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        start_new_session=True,
    )
    assert process.stdout is not None
    for line in process.stdout:
        if "Assetmap is at" in line:
            break
    else:
        raise SystemExit("The service did not start; a folder of an older version? Remove it.")
    said = subprocess.Popen(["cat"], stdin=process.stdout, stdout=subprocess.DEVNULL)
    try:
        yield port, process.pid
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait()
        said.wait()


def measure(port: int, loads: dict[str, list[str]], token: str, seconds: float) -> Found:
    """By load and number of clients."""
    found: Found = {}
    for name, paths in loads.items():
        for clients in CLIENTS:
            who = "" if name == "entry's page" else token
            one = pace(port, paths, who, clients=clients, seconds=seconds)
            found.setdefault(name, {})[clients] = one
            print(name, clients, one, file=sys.stderr)
    return found


def written(port: int, mix: Mix, filled: Filled, seconds: float) -> Found:
    """The pace of logging, alone and by many phones while as many people search."""
    sent, searches = bodies(mix.asked), addresses(mix.asked, filled.uid)["ward"]
    logged = {
        clients: pace_of_logging(port, sent, filled.team, clients=clients, seconds=seconds)
        for clients in CLIENTS
    }
    with ThreadPoolExecutor() as pool:
        ask = pool.submit(pace, port, searches, filled.partner, clients=MANY, seconds=2 * seconds)
        send = pool.submit(
            pace_of_logging, port, sent, filled.team, clients=MANY, seconds=2 * seconds
        )
        both = {"log an entry": send.result(), "ward": ask.result()}
    for load, one in both.items():
        print(f"{load}, {MANY} of each at once: {one}", file=sys.stderr)
    together = {f"{load}, {MANY} of each at once": {MANY: one} for load, one in both.items()}
    return {"log an entry": logged} | together


def beside(
    database_url: str, folder: Path, mix: Mix, wanted: argparse.Namespace
) -> tuple[Found, dict[str, Found]]:
    """The same of the database alone, and of other tools if wanted."""
    file = embedded.into_file(folder / "flat.sqlite", mix.country, mix.top_of, mix.wards)
    address: str | Path = file
    if wanted.postgis:
        server = make_url(database_url).set(drivername="postgresql").render_as_string(False)
        address = flat.into_postgres(server, mix.country, mix.top_of, mix.wards)
    limits: Found = {}
    for name, question in limit.questions(mix.asked, address).items():
        for clients in CLIENTS:
            one = limit.pace(address, question, clients=clients, seconds=wanted.seconds)
            limits.setdefault(name, {})[clients] = one
            print("database alone:", name, clients, one, file=sys.stderr)
    tools = [peers.datasette(file)] if wanted.peers else []
    if wanted.peers and isinstance(address, str):
        tools += [peers.tipg(address), peers.pygeoapi(address)]
    return limits, {
        peer.name: peers.measure(peer, folder, mix.asked, clients=CLIENTS, seconds=wanted.seconds)
        for peer in tools
    }


def resident_mb(first: int) -> int:
    """Memory of a process and all it started, in MB; what they share counts once for each."""
    pages = 0
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            said = (folder / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(said[2]) == first:
            pages += int(said[21])
    return pages * os.sysconf("SC_PAGE_SIZE") // 1_000_000


def index_mb(settings: Settings) -> dict[str, float]:
    """Of the whole register and of its largest indexes, the largest first, in MB."""
    with create_app(settings).app_context():
        is_sqlite = db.session.get_bind().dialect.name == "sqlite"
        asked = (
            "SELECT name, sum(pgsize) FROM dbstat WHERE name <> 'entry' GROUP BY name"
            if is_sqlite
            else "SELECT indexrelname, pg_relation_size(indexrelid) FROM pg_stat_user_indexes"
        )
        whole = (
            "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size"
            if is_sqlite
            else "SELECT pg_database_size(current_database())"
        )
        sizes = {"all of it": db.session.scalar(text(whole)) or 0}
        rows = db.session.execute(text(f"{asked} ORDER BY 2 DESC LIMIT 8"))
        return {name: round(size / 1e6, 1) for name, size in (*sizes.items(), *rows)}


def print_indexes(sizes: dict[str, float]) -> None:
    """In one line."""
    print("MB:", ", ".join(f"{name} {size:,}" for name, size in sizes.items()))


def print_table(found: Found, limits: Found) -> None:
    """As Markdown: what the service takes; and behind, how many times that is what the database
    alone takes for half of them, and what share of its answers a second the service gives."""
    print(
        "| load | p50 ms | p95 ms | p99 ms | 8 clients: p95 ms | a second | bytes | wrong |", end=""
    )
    print(" database alone: p50 ms | times | 8 clients: a second | share |" if limits else "")
    print("|---" * (12 if limits else 8) + "|")
    for name, by in found.items():
        one, many = by[min(by)], by[max(by)]
        cells: list[Any] = [one.p50, one.p95, one.p99, many.p95, many.per_s, one.size]
        cells.append(sum(pace.wrong for pace in by.values()))
        if name in limits:
            least, most = limits[name][CLIENTS[0]], limits[name][CLIENTS[-1]]
            share = f"{many.per_s / most.per_s:.0%}"
            cells += [least.p50, f"{one.p50 / (least.p50 or 0.01):.1f}", most.per_s, share]
        elif limits:
            cells += ["-"] * 4
        print(f"| {name} | {' | '.join(map(str, cells))} |")


def print_others(found: Found, others: dict[str, Found]) -> None:
    """As Markdown: how long other tools take, and how many times as long as the service."""
    if not others:
        return
    print(f"\n| load | {' | '.join(f'{name}: p50 ms | times' for name in others)} |")
    print("|---" * (1 + 2 * len(others)) + "|")
    for load, by in found.items():
        cells: list[Any] = []
        for theirs in others.values():
            one = theirs.get(load, {}).get(CLIENTS[0])
            times = one and f"{one.p50 / by[CLIENTS[0]].p50:.1f}"
            cells += [one.p50, times if not one.wrong else "wrong"] if one else ["-", "-"]
        print(f"| {load} | {' | '.join(map(str, cells))} |")


if __name__ == "__main__":
    main()
