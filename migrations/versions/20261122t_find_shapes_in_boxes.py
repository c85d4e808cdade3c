"""Find shapes in boxes

The text index held the map cells of an entry's middle alone: a line or an area that reaches into
a box while its middle lies elsewhere was not found there with words. Each now has the cells that it
may lie in, of each zoom, or in place of too many of them one that says so.

Revision ID: 20261122t
Revises: 20261122n
"""

import math

import sqlalchemy as sa
from alembic import op

revision = "20261122t"
down_revision = "20261122n"

ZOOMS = (8, 10, 12, 14)
MOST = 12
AT_ONCE = 1_000


def upgrade() -> None:
    connection = op.get_bind()
    is_sqlite = connection.dialect.name == "sqlite"
    edges = ("MbrMinX", "MbrMinY", "MbrMaxX", "MbrMaxY")
    if not is_sqlite:
        edges = ("ST_XMin", "ST_YMin", "ST_XMax", "ST_YMax")
    said = ", ".join(f"{edge}(location)" for edge in edges)
    shapes = sa.text(
        f"SELECT id, {said} FROM entry WHERE id > :last AND location IS NOT NULL"
        " AND ST_GeometryType(location) NOT IN ('POINT', 'ST_Point') ORDER BY id LIMIT :most"
    )
    put = sa.text(
        "UPDATE entry_search SET tokens = tokens || :cells WHERE rowid = :id"
        if is_sqlite
        else "UPDATE entry SET tokens = tokens || CAST(:cells AS tsvector)"
        " WHERE id = :id AND tokens IS NOT NULL"
    )
    last = -1
    while rows := connection.execute(shapes, {"last": last, "most": AT_ONCE}).all():
        form = " {}" if is_sqlite else "'{}' "
        put_in = [
            {"id": key, "cells": "".join(form.format(cell) for cell in _cells(*bounds))}
            for key, *bounds in rows
        ]
        connection.execute(put, put_in)
        last = rows[-1][0]


def downgrade() -> None:
    """Nothing: what was added brings more before the exact test, and nothing past it."""


def _cells(west: float, south: float, east: float, north: float) -> list[str]:
    found: list[str] = []
    for zoom in ZOOMS:
        left, top = _cell(west, north, zoom)
        right, bottom = _cell(east, south, zoom)
        if (right - left + 1) * (bottom - top + 1) > MOST:
            found.append(f"q{zoom}:wide")
            continue
        columns, lines = range(left, right + 1), range(top, bottom + 1)
        found += [f"q{zoom}:{x}:{y}" for x in columns for y in lines]
    return found


def _cell(longitude: float, latitude: float, zoom: int) -> tuple[int, int]:
    size = 1 << zoom
    bounded = max(-85.0, min(85.0, latitude))
    south = (1 - math.asinh(math.tan(math.radians(bounded))) / math.pi) / 2
    return min(size - 1, int((longitude + 180) / 360 * size)), int(south * size)
