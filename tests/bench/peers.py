"""Other tools that serve places from a database, given the plain table of `flat` or `embedded` and
asked the same as nearly as they can be: tipg and pygeoapi words by LIKE, since neither knows word
stems, and a box where ours takes a distance; Datasette the statements of `embedded`, as queries
that whoever runs it wrote by hand. None of them has a rule of who may see what.
"""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import quote, urlencode

from psycopg.conninfo import conninfo_to_dict

from assetmap.textsearch import cell
from tests.bench import embedded
from tests.bench.asking import OK, Pace, pace
from tests.bench.loads import RADIUS_M, ZOOMS, Asked, around
from tests.ports import free_port

WORKERS = 2
STARTS_IN_S = 90
FIELDS = "name,description,category,top"
Path_ = Callable[[Asked], str]


@dataclass(frozen=True)
class Peer:
    """A tool from the package registry: how it is installed, started and asked. In `command`,
    {bin} is its environment's folder and {port} where it answers; there and in `env`, {folder} is
    its own; `files` go into that."""

    name: str
    packages: tuple[str, ...]
    command: tuple[str, ...]
    env: Mapping[str, str]
    ready: str
    asked: Mapping[str, Path_]
    files: Mapping[str, str]


def tipg(address: str) -> Peer:
    """OGC API Features and tiles over PostGIS."""
    to = conninfo_to_dict(address)
    url = f"postgresql://{to['user']}@{to['host']}:{to['port']}/{to['dbname']}"
    items = "/collections/public.asset_pub/items?limit=50&f=geojson&filter-lang=cql2-text"
    return Peer(
        "tipg",
        ("tipg", "uvicorn"),
        (
            *("{bin}/uvicorn", "tipg.main:app", "--host", "127.0.0.1", "--port", "{port}"),
            *("--workers", str(WORKERS), "--log-level", "warning", "--no-access-log"),
        ),
        {
            "DATABASE_URL": url,
            "TIPG_DB_SCHEMAS": '["public"]',
            "TIPG_DB_TABLES": '["public.asset_pub"]',
            "TIPG_CATALOG_TTL": "3600",
        },
        "/healthz",
        {
            **_features(items, f"&properties=id,{FIELDS}"),
            **{f"map, zoom {zoom}": _tile(zoom) for zoom in ZOOMS},
        },
        {},
    )


def pygeoapi(address: str) -> Peer:
    """OGC API Features over PostGIS, the reference of the standard."""
    to = conninfo_to_dict(address)
    where = {"host": to["host"], "port": int(to["port"] or 0), "dbname": to["dbname"]}
    data = where | {"user": to["user"], "password": "none", "search_path": ["public"]}
    items = "/collections/asset/items?limit=50&f=json"
    return Peer(
        "pygeoapi",
        ("pygeoapi", "gunicorn", "psycopg2-binary", "sqlalchemy", "geoalchemy2"),
        (
            "sh",
            "-c",
            "{bin}/pygeoapi openapi generate {folder}/pygeoapi.json"
            " --output-file {folder}/openapi.yml && exec {bin}/gunicorn"
            f" -w {WORKERS} -k gthread --threads 4 -b 127.0.0.1:{{port}} --timeout 300"
            " --log-level error pygeoapi.flask_app:APP",
        ),
        {
            "PYGEOAPI_CONFIG": "{folder}/pygeoapi.json",
            "PYGEOAPI_OPENAPI": "{folder}/openapi.yml",
        },
        "/?f=json",
        _features(items, f"&properties={FIELDS}"),
        {"pygeoapi.json": json.dumps(_pygeoapi_settings(data))},
    )


def datasette(path: Path) -> Peer:
    """Pages and JSON over an SQLite file."""
    queries = dict(embedded.STATEMENTS) | {
        f"map {z}": embedded.ON_MAP[z < max(ZOOMS)] for z in ZOOMS
    }
    said = {_named(load): {"sql": statement} for load, statement in queries.items()}
    return Peer(
        "Datasette",
        ("datasette",),
        (
            *("{bin}/datasette", "serve", str(path), "--host", "127.0.0.1", "--port", "{port}"),
            *("--metadata", "{folder}/queries.json", "--setting", "sql_time_limit_ms", "120000"),
        ),
        {},
        "/-/versions.json",
        {
            **{load: _query(path.stem, load) for load in embedded.STATEMENTS if load != "entry"},
            **{f"map, zoom {zoom}": _drawn(path.stem, zoom) for zoom in ZOOMS},
        },
        {"queries.json": json.dumps({"databases": {path.stem: {"queries": said}}})},
    )


def _named(load: str) -> str:
    return load.replace(",", "").replace(" ", "_")


def _query(database: str, load: str) -> Path_:
    wanted = [word for word in embedded.VALUES if f":{word}" in embedded.STATEMENTS[load]]
    return lambda one: _asked(database, load, embedded.given(one, load), wanted)


def _drawn(database: str, zoom: int) -> Path_:
    said = embedded.ON_MAP[zoom < max(ZOOMS)]
    wanted = [word for word in embedded.VALUES if f":{word}" in said]
    return lambda one: _asked(database, f"map {zoom}", embedded.on_screen(one, zoom), wanted)


def _asked(database: str, load: str, values: Mapping[str, object], wanted: list[str]) -> str:
    said = urlencode({name: values[name] for name in wanted})
    return f"/{database}/{_named(load)}.json?_shape=objects&{said}"


def _features(items: str, more: str) -> dict[str, Path_]:
    def found(box: tuple[float, ...] | None, condition: str) -> str:
        said = {"bbox": ",".join(map(str, box))} if box else {}
        return f"{items}&{urlencode(said | {'filter': condition}, quote_via=quote)}{more}"

    def words(one: Asked) -> str:
        return f"top='{one.top}' AND description LIKE '%{one.term}%'"

    return {
        "box, by relevance": lambda one: found(one.box, words(one)),
        "ward": lambda one: found(None, f"ward='{one.ward}' AND {words(one)}"),
        "nearest": lambda one: found(
            around(one.longitude, one.latitude, RADIUS_M / 1000), f"category='{one.leaf}'"
        ),
    }


def _tile(zoom: int) -> Path_:
    def path(one: Asked) -> str:
        x, y = cell(one.longitude, one.latitude, zoom)
        tiles = "/collections/public.asset_pub/tiles/WebMercatorQuad"
        return f"{tiles}/{zoom}/{x}/{y}?properties=id,category,name"

    return path


def _pygeoapi_settings(data: Mapping[str, object]) -> dict[str, object]:
    named = {"name": "bench"}
    return {
        "server": {
            "bind": {"host": "127.0.0.1", "port": 1},
            "url": "http://127.0.0.1",
            "mimetype": "application/json; charset=UTF-8",
            "encoding": "utf-8",
            "languages": ["en-US"],
            "limits": {"default_items": 50, "max_items": 1000, "on_exceed": "throttle"},
            "map": {"url": "http://127.0.0.1/{z}/{x}/{y}.png", "attribution": "none"},
        },
        "logging": {"level": "ERROR"},
        "metadata": {
            "identification": {
                **{"title": "bench", "description": "bench", "keywords": ["bench"]},
                **{"keywords_type": "theme", "terms_of_service": "none", "url": "http://127.0.0.1"},
            },
            "license": {**named, "url": "http://127.0.0.1"},
            "provider": {**named, "url": "http://127.0.0.1"},
            "contact": named,
        },
        "resources": {
            "asset": {
                **{"type": "collection", "title": "asset", "description": "asset"},
                **{"keywords": ["asset"], "links": []},
                "extents": {
                    "spatial": {
                        "bbox": [-9, 49, 3, 60],
                        "crs": "http://www.opengis.net/def/crs/OGC/1.3/CRS84",
                    }
                },
                "providers": [
                    {
                        **{"type": "feature", "name": "PostgreSQL", "data": data},
                        **{"id_field": "id", "table": "asset_pub", "geom_field": "geom"},
                    }
                ],
            }
        },
    }


def measure(
    peer: Peer, folder: Path, mix: list[Asked], *, clients: tuple[int, ...], seconds: float
) -> dict[str, dict[int, Pace]]:
    """By load and number of clients; installed first, unless it was before."""
    found: dict[str, dict[int, Pace]] = {}
    with _served(peer, folder / "peers" / peer.name) as port:
        for load, path in peer.asked.items():
            paths = [path(one) for one in mix]
            for count in clients:
                one = pace(port, paths, "", clients=count, seconds=seconds)
                found.setdefault(load, {})[count] = one
                print(f"{peer.name}:", load, count, one, file=sys.stderr)
    return found


@contextmanager
def _served(peer: Peer, folder: Path) -> Iterator[int]:
    folder.mkdir(parents=True, exist_ok=True)
    uv = Path(sys.executable).parent / "uv"
    if not (folder / "bin").exists():
        subprocess.run([uv, "venv", "-q", "--allow-existing", folder], check=True)
        python = folder / "bin" / "python"
        subprocess.run([uv, "pip", "install", "-q", "-p", python, *peer.packages], check=True)
    for name, text in peer.files.items():
        (folder / name).write_text(text)
    port = free_port()
    given = {"bin": str(folder / "bin"), "folder": str(folder), "port": str(port)}
    own = {
        name: said.format(**given) if "{" in said[:1] else said for name, said in peer.env.items()
    }
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(
            [one.format(**given) for one in peer.command],
            env=os.environ | own,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
        try:
            _wait(port, peer, process, folder / "log")
            yield port
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGTERM)
            process.wait()


def _wait(port: int, peer: Peer, process: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + STARTS_IN_S
    while time.monotonic() < until and process.poll() is None:
        try:
            connection = HTTPConnection("127.0.0.1", port, timeout=30)
            connection.request("GET", peer.ready)
            if connection.getresponse().status == OK:
                return
        except OSError:
            time.sleep(0.3)
    raise SystemExit(f"{peer.name} did not start: see {log}")
