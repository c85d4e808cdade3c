"""What the database itself takes for the same questions: prepared statements over the plain table
of `flat` or `embedded`, which give the finished text, with no server and no rule in between."""

import sqlite3
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import orjson
import psycopg

from assetmap.models.map_cell import FLATTENED
from assetmap.textsearch import covering_cells
from tests.bench import embedded
from tests.bench.asking import OK, Answered, Pace, summed
from tests.bench.loads import RADIUS_M, ZOOMS, Asked, around, screen

REACH_M = 20_000
HERE = "ST_SetSRID(ST_MakePoint(%(longitude)s::float8, %(latitude)s::float8), 4326)"
BOX = (
    "ST_MakeEnvelope(%(west)s::float8, %(south)s::float8, %(east)s::float8, %(north)s::float8,"
    " 4326)"
)
QUERY = "websearch_to_tsquery('english', %(term)s)"
SAID = f"(words @@ ({QUERY} && %(tokens)s::tsquery))"
INSIDE = f"geometry_overlaps(geom, {BOX})"  # a filter: the planner keeps to the words' index
AWAY = f"ST_DistanceSphere(geom, {HERE})"
COLUMNS = "id, name, description, category, top, geom"
FACETS = (
    "SELECT coalesce(json_object_agg(category, n), '{{}}')::text FROM"
    " (SELECT category, count(*) AS n FROM asset WHERE {where} GROUP BY category) AS found"
)


@dataclass(frozen=True)
class Question:
    """A statement and what it is asked with, one dictionary for each request."""

    statement: str
    asked: list[dict[str, Any]]


def collection(query: str, order: str) -> str:
    """A query of these columns and a score, as a whole GeoJSON FeatureCollection."""
    return (
        """SELECT '{"type": "FeatureCollection", "features": [' || coalesce(string_agg("""
        """'{"type": "Feature", "id": ' || id || ', "geometry": ' || ST_AsGeoJSON(geom, 6)"""
        """ || ', "properties": ' || json_build_object('name', name, 'description', description,"""
        """ 'category', category, 'top', top, 'score', score)::text || '}', ',' ORDER BY """
        f"{order}), '') || ']}}' FROM ({query}) AS found"
    )


def _page(where: str, score: str, order: str) -> str:
    query = f"SELECT {COLUMNS}, {score} AS score FROM asset WHERE {where} ORDER BY {order} LIMIT 50"
    return collection(query, order)


BY_WORDS = f"ts_rank(words, {QUERY})"
WORDS_IN_BOX = f"{SAID} AND {INSIDE}"
STATEMENTS: Mapping[str, str] = {
    "box, by relevance": _page(WORDS_IN_BOX, BY_WORDS, "score DESC, id"),
    "box, by distance": _page(f"{WORDS_IN_BOX} AND {AWAY} <= {REACH_M}", AWAY, "score, id"),
    "ward": _page(SAID, BY_WORDS, "score DESC, id"),
    "nearest": _page(
        f"geom && {BOX} AND category = %(leaf)s AND {AWAY} <= {RADIUS_M}", AWAY, "score, id"
    ),
    "box, words only": f"SELECT ({_page(WORDS_IN_BOX, BY_WORDS, 'score DESC, id')})"
    f" || ({FACETS.format(where=WORDS_IN_BOX)})",
    "box alone": f"SELECT ({_page(f'geom && {BOX}', '1', 'id DESC')})"
    f" || ({FACETS.format(where=f'geom && {BOX}')})",
    "entry": collection(f"SELECT {COLUMNS}, 1 AS score FROM asset WHERE id = %(id)s", "id"),
    "entry's page": "SELECT '1'",
}
DRAWN = (
    """SELECT '{"type": "FeatureCollection", "features": [' || coalesce(string_agg("""
    """'{"type": "Feature", "geometry": {"type": "Point", "coordinates": [' || longitude || ', '"""
    """ || latitude || ']}, "properties": {"count": ' || n || '}}', ','), '') || ']}' FROM ("""
)
ON_MAP: Mapping[bool, str] = {
    True: DRAWN + "SELECT n, longitude, latitude FROM cells WHERE zoom = %(zoom)s"
    " AND line BETWEEN %(first_line)s AND %(last_line)s"
    " AND col BETWEEN %(first_col)s AND %(last_col)s) AS found",
    False: DRAWN + "SELECT count(*) AS n, avg(ST_X(geom)) AS longitude, avg(ST_Y(geom)) AS latitude"
    f" FROM asset WHERE geom && {BOX} GROUP BY floor(ST_X(geom) / %(side)s::float8),"
    f" floor(ST_Y(geom) / (%(side)s::float8 * {FLATTENED}))) AS found",
}


def questions(mix: list[Asked], address: str | Path) -> dict[str, Question]:
    """By load, what our server is asked, as the database is asked it."""
    if isinstance(address, Path):
        return {load: Question(*asked) for load, asked in embedded.questions(mix).items()}
    found = {
        name: Question(statement, [_given(one, name) for one in mix])
        for name, statement in STATEMENTS.items()
    }
    for zoom in ZOOMS:
        asked = [_on_screen(one, zoom) for one in mix]
        found[f"map, zoom {zoom}"] = Question(ON_MAP[zoom < max(ZOOMS)], asked)
    return found


def pace(address: str | Path, question: Question, *, clients: int, seconds: float) -> Pace:
    """So many clients at once for so long, each a process with a connection of its own. address:
    of a PostgreSQL database, or an SQLite file."""
    forks = get_context("fork")
    with forks.Pool(clients) as pool:
        asking = [
            (address, question, n * len(question.asked) // clients, seconds) for n in range(clients)
        ]
        began = time.perf_counter()
        found = pool.starmap(_ask, asking, chunksize=1)
        took = time.perf_counter() - began
    return summed([one for some in found for one in some], took)


def _ask(address: str | Path, question: Question, first: int, seconds: float) -> list[Answered]:
    found: list[Answered] = []
    with _file(address) if isinstance(address, Path) else _server(address) as answer:
        until = time.perf_counter() + seconds
        number = first
        while time.perf_counter() < until:
            began = time.perf_counter()
            asked = question.asked[number % len(question.asked)]
            size = len(answer(question.statement, asked))
            found.append(((time.perf_counter() - began) * 1000, OK, size))
            number += 1
    return found


Answering = Callable[[str, dict[str, Any]], str | bytes]


@contextmanager
def _server(address: str) -> Iterator[Answering]:
    # what is asked for differs much, and so does the best way to find it
    how = "-c plan_cache_mode=force_custom_plan"
    with psycopg.connect(address, autocommit=True, options=how) as connection:
        cursor = connection.cursor(binary=True)
        yield lambda said, asked: (cursor.execute(said, asked, prepare=True).fetchone() or ("",))[0]


@contextmanager
def _file(path: Path) -> Iterator[Answering]:
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript("PRAGMA cache_size = -65536; PRAGMA mmap_size = 1073741824")
        yield lambda said, asked: orjson.dumps(connection.execute(said, asked).fetchall())


def _given(one: Asked, load: str) -> dict[str, Any]:
    box = {"nearest": RADIUS_M, "box, by distance": REACH_M}.get(load)
    west, south, east, north = (
        one.box if box is None else around(one.longitude, one.latitude, box / 1000)
    )
    given = vars(one) | {"west": west, "south": south, "east": east, "north": north, "id": 1}
    top = "" if load == "box, words only" else f"t:{one.top}"
    places = [f"w:{one.ward}"] if load == "ward" else covering_cells(west, south, east, north)
    names = [f"{top}{place}" for place in places or ("",)]
    given["tokens"] = " | ".join(f"'{name}'" for name in names if name)
    return given


def _on_screen(one: Asked, zoom: int) -> dict[str, Any]:
    west, south, east, north = screen(one, zoom)
    side = 360 / 2 ** (zoom + 2)
    down = side * FLATTENED
    return {
        **{"west": west, "south": south, "east": east, "north": north, "zoom": zoom, "side": side},
        **{"first_col": int(west // side), "last_col": int(east // side)},
        **{"first_line": int(south // down), "last_line": int(north // down)},
    }
