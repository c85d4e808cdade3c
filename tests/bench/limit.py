"""What the database itself takes for the same questions: prepared statements over the plain table
of `flat`, which give the finished GeoJSON as one text, with no server and no rule in between."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from multiprocessing import get_context
from typing import Any

import psycopg

from assetmap.models.map_cell import FLATTENED
from assetmap.textsearch import covering_cells
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


def questions(mix: list[Asked]) -> dict[str, Question]:
    """By load, what our server is asked, as the database is asked it."""
    found = {
        name: Question(statement, [_given(one, name) for one in mix])
        for name, statement in STATEMENTS.items()
    }
    for zoom in ZOOMS:
        asked = [_on_screen(one, zoom) for one in mix]
        found[f"map, zoom {zoom}"] = Question(ON_MAP[zoom < max(ZOOMS)], asked)
    return found


def pace(address: str, question: Question, *, clients: int, seconds: float) -> Pace:
    """So many clients at once for so long, each a process with a connection of its own."""
    forks = get_context("fork")
    with forks.Pool(clients) as pool:
        asking = [
            (address, question, n * len(question.asked) // clients, seconds) for n in range(clients)
        ]
        began = time.perf_counter()
        found = pool.starmap(_ask, asking, chunksize=1)
        took = time.perf_counter() - began
    return summed([one for some in found for one in some], took)


def _ask(address: str, question: Question, first: int, seconds: float) -> list[Answered]:
    found: list[Answered] = []
    # what is asked for differs much, and so does the best way to find it
    how = "-c plan_cache_mode=force_custom_plan"
    with psycopg.connect(address, autocommit=True, options=how) as connection:
        cursor = connection.cursor(binary=True)
        until = time.perf_counter() + seconds
        number = first
        while time.perf_counter() < until:
            began = time.perf_counter()
            asked = question.asked[number % len(question.asked)]
            (text,) = cursor.execute(question.statement, asked, prepare=True).fetchone() or ("",)
            found.append(((time.perf_counter() - began) * 1000, OK, len(text)))
            number += 1
    return found


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
