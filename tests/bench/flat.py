"""The same entries as one plain table with the best indexes we know, in a database beside ours:
what the database itself makes of a search, and what other tools are given to serve.

It has no rule of who may see what, no history, no links and no states.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import psycopg
import shapely

from assetmap.models.map_cell import FLATTENED
from assetmap.textsearch import CELL_ZOOMS, cell
from tests.bench.country import Country

AT_ONCE = 100_000
DATABASE = "flat"
TABLES = """
CREATE EXTENSION postgis;
CREATE EXTENSION btree_gist;
CREATE EXTENSION pg_trgm;
CREATE TABLE asset (
    id bigint, name text, description text, category text, top text, ward text,
    geom geometry(Point, 4326), words tsvector);
CREATE UNLOGGED TABLE stage (
    id bigint, name text, description text, category text, top text, ward text,
    longitude float8, latitude float8, tokens text[]);
"""
TAKE_OVER = """
INSERT INTO asset
    SELECT id, name, description, category, top, ward,
        ST_SetSRID(ST_MakePoint(longitude, latitude), 4326),
        setweight(to_tsvector('english', name), 'A') || to_tsvector('english', description)
            || array_to_tsvector(tokens)
    FROM stage ORDER BY ST_SetSRID(ST_MakePoint(longitude, latitude), 4326);
DROP TABLE stage;
ALTER TABLE asset ADD PRIMARY KEY (id);
CREATE INDEX ON asset USING gist (geom);
CREATE INDEX ON asset USING gist (geom, category);
CREATE INDEX ON asset USING gin (words);
CREATE INDEX ON asset USING gin (description gin_trgm_ops);
CREATE INDEX ON asset (ward, top);
CREATE VIEW asset_pub AS SELECT id, name, description, category, top, ward, geom FROM asset;
"""
CELLS = f"""
CREATE TABLE cells AS
    SELECT zoom, floor(ST_Y(geom) / (side * {FLATTENED}))::int AS line,
        floor(ST_X(geom) / side)::int AS col, count(*) AS n,
        avg(ST_X(geom)) AS longitude, avg(ST_Y(geom)) AS latitude
    FROM asset, (VALUES (6, 360 / 256.0::float8), (10, 360 / 4096.0::float8)) AS zooms (zoom, side)
    GROUP BY zoom, line, col;
CREATE INDEX ON cells (zoom, line, col);
"""


@dataclass(frozen=True)
class Wards:
    """Where wards are, and what they are called."""

    tree: shapely.STRtree
    codes: list[str]

    def of(self, points: Any) -> list[str]:
        """The ward of each of many points, or nothing."""
        found = [""] * len(points)
        for point, ward in zip(*self.tree.query(points, predicate="intersects"), strict=True):
            found[point] = self.codes[ward]
        return found


def tokens(category: str, top: str, ward: str, longitude: float, latitude: float) -> list[str]:
    """Everything one filters by, alone and in the pairs that are asked for most."""
    finest = max(CELL_ZOOMS)
    x, y = cell(longitude, latitude, finest)
    cells = [f"q{z}:{x >> finest - z}:{y >> finest - z}" for z in CELL_ZOOMS]
    places = [f"w:{ward}", *cells]
    return [f"c:{category}", f"t:{top}", *places, *(f"t:{top}{place}" for place in places)]


def rows(country: Country, top_of: Mapping[str, str], wards: Wards) -> Iterator[tuple[Any, ...]]:
    """As the tables take them, without their last column turned into words."""
    for first in range(0, country.entries, AT_ONCE):
        some = list(country.rows(first, min(first + AT_ONCE, country.entries)))
        places = np.array([(float(row[4]), float(row[5])) for row in some])
        lie_in = wards.of(shapely.points(places))
        for number, (row, ward) in enumerate(zip(some, lie_in, strict=True), start=first):
            _, name, said, code, longitude, latitude, *_ = row
            where = float(longitude), float(latitude)
            top = top_of[code]
            yield number, name, said, code, top, ward, *where, tokens(code, top, ward, *where)


def into_postgres(server: str, country: Country, top_of: Mapping[str, str], wards: Wards) -> str:
    """Fill the database of that name on a server, unless it is there. Gives its address."""
    filling = f"{DATABASE}_filling"
    with psycopg.connect(server, autocommit=True) as connection:
        there = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (DATABASE,))
        address = psycopg.conninfo.make_conninfo(server, dbname=DATABASE)
        if there.fetchone():
            return address
        connection.execute(f"DROP DATABASE IF EXISTS {filling}")
        connection.execute(f"CREATE DATABASE {filling}")
    half_full = psycopg.conninfo.make_conninfo(server, dbname=filling)
    with psycopg.connect(half_full, autocommit=True) as connection:
        connection.execute(TABLES)
        with connection.cursor() as cursor, cursor.copy("COPY stage FROM STDIN") as copy:
            for row in rows(country, top_of, wards):
                copy.write_row(row)
        connection.execute(TAKE_OVER)
        connection.execute(CELLS)
        connection.execute("VACUUM ANALYZE")
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"ALTER DATABASE {filling} RENAME TO {DATABASE}")
    return address
