"""The same entries as one plain table in an SQLite file, with the best indexes we know: what the
embedded database itself makes of a search, and what Datasette is given to serve.

Its statements give rows; `limit` asks for them as one finished text, Datasette serves them as they
are. It has no rule of who may see what, no history, no links and no states.
"""

import sqlite3
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from assetmap.models.map_cell import FLATTENED
from assetmap.textsearch import covering_cells
from tests.bench.country import Country
from tests.bench.flat import Wards, rows
from tests.bench.loads import RADIUS_M, ZOOMS, Asked, around, screen

REACH_M = 20_000
TABLES = """
PRAGMA journal_mode = WAL;
PRAGMA synchronous = OFF;
CREATE TABLE asset (
    id INTEGER PRIMARY KEY, name TEXT, description TEXT, category TEXT, top TEXT, ward TEXT,
    longitude REAL, latitude REAL);
CREATE VIRTUAL TABLE words USING fts5(
    name, description, tokens, content='', tokenize="porter unicode61 tokenchars ':'");
CREATE VIRTUAL TABLE boxes USING rtree(id, west, east, south, north, +category TEXT);
"""
INDEXES = f"""
CREATE INDEX by_category ON asset (category, longitude);
CREATE TABLE cells AS
    SELECT zoom, floor(latitude / (side * {FLATTENED})) AS line, floor(longitude / side) AS col,
        count(*) AS n, avg(longitude) AS longitude, avg(latitude) AS latitude
    FROM asset, (SELECT 6 AS zoom, 360 / 256.0 AS side UNION SELECT 10, 360 / 4096.0)
    GROUP BY zoom, line, col;
CREATE INDEX by_cell ON cells (zoom, line, col);
INSERT INTO words (words) VALUES ('optimize');
ANALYZE;
"""
COLUMNS = "a.id, a.name, a.description, a.category, a.top, a.longitude, a.latitude"
IN_BOX = "a.longitude BETWEEN :west AND :east AND a.latitude BETWEEN :south AND :north"
FOUND = "words JOIN asset AS a ON a.id = words.rowid WHERE words MATCH :words"
BOXED = "b.west >= :west AND b.east <= :east AND b.south >= :south AND b.north <= :north"
# the square of metres, near enough over a few kilometres
AWAY = (
    "(a.longitude - :longitude) * (a.longitude - :longitude) * :narrow * :narrow"
    " + (a.latitude - :latitude) * (a.latitude - :latitude)"
)
STATEMENTS: Mapping[str, str] = {
    "box, by relevance": f"SELECT {COLUMNS} FROM {FOUND} AND {IN_BOX} ORDER BY rank LIMIT 50",
    "box, by distance": f"SELECT {COLUMNS} FROM {FOUND} AND {IN_BOX} ORDER BY {AWAY} LIMIT 50",
    "ward": f"SELECT {COLUMNS} FROM {FOUND} ORDER BY rank LIMIT 50",
    "nearest": f"SELECT {COLUMNS} FROM boxes AS b JOIN asset AS a USING (id) WHERE {BOXED}"
    f" AND b.category = :leaf ORDER BY {AWAY} LIMIT 50",
    "box, words only": f"SELECT a.category, count(*) AS n FROM {FOUND} AND {IN_BOX} GROUP BY 1",
    "box alone": f"SELECT b.category, count(*) AS n FROM boxes AS b WHERE {BOXED} GROUP BY 1",
    "entry": f"SELECT {COLUMNS} FROM asset AS a WHERE id = :id",
}
ON_MAP: Mapping[bool, str] = {
    True: "SELECT n, longitude, latitude FROM cells WHERE zoom = :zoom"
    " AND line BETWEEN :first_line AND :last_line AND col BETWEEN :first_col AND :last_col",
    False: "SELECT count(*) AS n, avg(b.west) AS longitude, avg(b.south) AS latitude"
    f" FROM boxes AS b WHERE {BOXED}"
    f" GROUP BY floor(b.west / :side), floor(b.south / (:side * {FLATTENED}))",
}

VALUES = (
    *("west", "east", "south", "north", "words", "leaf", "longitude", "latitude", "narrow"),
    *("zoom", "side", "first_line", "last_line", "first_col", "last_col"),
)


def into_file(path: Path, country: Country, top_of: Mapping[str, str], wards: Wards) -> Path:
    """Fill the file, unless it is there."""
    if path.exists():
        return path
    filling = path.with_suffix(".filling")
    filling.unlink(missing_ok=True)
    connection = sqlite3.connect(filling)
    connection.executescript(TABLES)
    with connection:
        for some in _batches(country, top_of, wards):
            connection.executemany(
                "INSERT INTO asset VALUES (?, ?, ?, ?, ?, ?, ?, ?)", [row[:8] for row in some]
            )
            connection.executemany(
                "INSERT INTO words (rowid, name, description, tokens) VALUES (?, ?, ?, ?)",
                [(*row[:3], " ".join(row[8])) for row in some],
            )
            connection.executemany(
                "INSERT INTO boxes VALUES (?, ?, ?, ?, ?, ?)",
                [(row[0], row[6], row[6], row[7], row[7], row[3]) for row in some],
            )
    connection.executescript(INDEXES)
    connection.close()
    return filling.rename(path)


def _batches(
    country: Country, top_of: Mapping[str, str], wards: Wards
) -> Iterator[list[tuple[Any, ...]]]:
    some: list[tuple[Any, ...]] = []
    for row in rows(country, top_of, wards):
        some.append(row)
        if len(some) == 10_000:  # rows at once
            yield some
            some = []
    yield some


def questions(mix: list[Asked]) -> dict[str, tuple[str, list[dict[str, Any]]]]:
    """By load, what our server is asked, as the file is asked it: a statement, and its values for
    each request."""
    found = {
        name: (statement, [given(one, name) for one in mix])
        for name, statement in STATEMENTS.items()
    }
    for zoom in ZOOMS:
        asked = [on_screen(one, zoom) for one in mix]
        found[f"map, zoom {zoom}"] = ON_MAP[zoom < max(ZOOMS)], asked
    return found


def given(one: Asked, load: str) -> dict[str, Any]:
    """The values of one request."""
    box = {"nearest": RADIUS_M, "box, by distance": REACH_M}.get(load)
    west, south, east, north = (
        one.box if box is None else around(one.longitude, one.latitude, box / 1000)
    )
    top = "" if load == "box, words only" else f"t:{one.top}"
    places = [f"w:{one.ward}"] if load == "ward" else covering_cells(west, south, east, north)
    names = [name for place in places or ("",) if (name := f"{top}{place}")]
    tokens = " OR ".join(f'"{name}"' for name in names)
    return vars(one) | {
        **{"west": west, "south": south, "east": east, "north": north, "id": 1, "narrow": 0.6},
        "words": f"{one.term} AND tokens : ({tokens})" if tokens else one.term,
    }


def on_screen(one: Asked, zoom: int) -> dict[str, Any]:
    """The values of one part of a map."""
    west, south, east, north = screen(one, zoom)
    side = 360 / 2 ** (zoom + 2)
    down = side * FLATTENED
    return {
        **{"west": west, "south": south, "east": east, "north": north, "zoom": zoom, "side": side},
        **{"first_col": west // side, "last_col": east // side},
        **{"first_line": south // down, "last_line": north // down},
    }
