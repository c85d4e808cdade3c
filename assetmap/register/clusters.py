"""The map: what matches, gathered into at most a few hundred points and clusters."""

from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from assetmap.access import Viewer
from assetmap.models import Entry
from assetmap.register.search import Hit, load, work_out
from assetmap.schemas.search import MapSearch

CELL_PIXELS = 64
TILE_PIXELS = 256
MOST_FEATURES = 400
FLATTENED = 0.6  # about cos(53°): a cell this much shorter north-south is square on British maps


@dataclass(frozen=True)
class Cluster:
    """Several entries near each other, at their middle."""

    longitude: float
    latitude: float
    count: int


@dataclass(frozen=True)
class OnMap:
    """What to draw for a part of the map."""

    total: int
    clusters: list[Cluster]
    singles: list[Hit]


def on_map(session: Session, wanted: MapSearch, *, viewer: Viewer) -> OnMap:
    """Clusters and single entries in a box at a zoom, for what the viewer may see; what the map
    draws already (`without`) is in none of the counts."""
    worked_out = work_out(session, wanted, viewer=viewer)
    without = [Entry.uid.not_in(wanted.without)] if wanted.without else []
    side = cell_degrees(wanted)
    column = func.floor(Entry.longitude / side)
    line = func.floor(Entry.latitude / (side * FLATTENED))
    rows = session.execute(
        select(
            func.count().label("n"),
            func.avg(Entry.longitude).label("longitude"),
            func.avg(Entry.latitude).label("latitude"),
            func.min(Entry.id).label("first"),
        )
        .where(Entry.longitude.is_not(None), *without, *worked_out.where)
        .group_by(column, line)
        .order_by(func.count().desc(), func.min(Entry.id))
        .limit(MOST_FEATURES)
    ).all()
    return OnMap(
        total=sum(row.n for row in rows),
        clusters=[
            Cluster(round(row.longitude, 6), round(row.latitude, 6), row.n)
            for row in rows
            if row.n > 1
        ],
        singles=load(session, [row.first for row in rows if row.n == 1], viewer=viewer),
    )


def cell_degrees(wanted: MapSearch) -> float:
    """Degrees of longitude to a cell: 64 pixels, or more where the box would hold too many."""
    west, south, east, north = wanted.bbox
    side = 360.0 / (1 << wanted.zoom) * CELL_PIXELS / TILE_PIXELS
    # a row and a column more: the edges of the box need not be those of cells
    while ((east - west) / side + 1) * ((north - south) / (side * FLATTENED) + 1) > MOST_FEATURES:
        side *= 2
    return side
