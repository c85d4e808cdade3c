"""The map: what matches, gathered into at most a few hundred points and clusters."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Date,
    Integer,
    Select,
    bindparam,
    cast,
    func,
    or_,
    select,
)
from sqlalchemy.orm import Session
from sqlalchemy.sql.visitors import replacement_traverse

from assetmap import access
from assetmap.access import Viewer
from assetmap.connections import ANEW
from assetmap.db import local_day, now
from assetmap.models import Entry, MapCell
from assetmap.models.map_cell import FLATTENED, LEVELS, PARTS
from assetmap.register import criteria
from assetmap.register.hits import Hit, still_seen
from assetmap.register.search import in_state, state, work_out
from assetmap.schemas.search import MapSearch

CELL_PIXELS = 64
TILE_PIXELS = 256
MOST_FEATURES = 400
# what a search may ask for and still be answered from the counts of cells
COUNTED = frozenset({"kind", "status", "bbox", "zoom", "without", "sort", "limit", "cursor"})
NOTHING: tuple[Any, ...] = (None, "", ())


class Sums(NamedTuple):
    """Of the entries in one cell: how many, and the sums of their places and of their keys."""

    number: int = 0
    longitude: int = 0  # in parts of a degree
    latitude: int = 0
    ids: int = 0

    def plus(self, other: "Sums", times: int = 1) -> "Sums":
        """Both together."""
        return Sums(*(one + times * more for one, more in zip(self, other, strict=True)))


Cells = dict[tuple[int, int], Sums]  # by column and line


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


@dataclass(frozen=True)
class Grid:
    """Cells of so many degrees from west to east, and those of them that a box touches: first and
    last column, first and last line."""

    side: float
    columns: tuple[int, int]
    lines: tuple[int, int]

    @classmethod
    def over(cls, wanted: MapSearch) -> "Grid":
        """Cells of 64 pixels, or more where the box would touch too many."""
        west, south, east, north = wanted.bbox
        side = 360.0 / (1 << wanted.zoom) * CELL_PIXELS / TILE_PIXELS
        while True:
            down = side * FLATTENED
            columns = math.floor(west / side), math.floor(east / side)
            lines = math.floor(south / down), math.floor(north / down)
            if (columns[1] - columns[0] + 1) * (lines[1] - lines[0] + 1) <= MOST_FEATURES:
                return cls(side, columns, lines)
            side *= 2

    @property
    def level(self) -> int:
        """360 degrees are two to this power of its cells."""
        return round(math.log2(360 / self.side))


def on_map(session: Session, wanted: MapSearch, *, viewer: Viewer) -> OnMap:
    """Clusters and single entries in a box at a zoom, for what the viewer may see; what the map
    draws already (`without`) is in none of the counts.

    Of wide country whole cells are drawn, those that the box touches.
    """
    grid = Grid.over(wanted)
    level = next((one for one in LEVELS if one >= grid.level), None)
    if level is None or not is_plain(wanted):
        cells = _gathered(session, _found(session, wanted, viewer), grid.side)
    else:
        cells = _counted(session, wanted, grid, level, viewer)
    some = (one for one in cells.values() if one.number > 0)
    most = sorted(some, key=lambda one: (-one.number, one.ids))[:MOST_FEATURES]
    alone = [one.ids for one in most if one.number == 1]
    return OnMap(
        total=sum(one.number for one in most),
        clusters=[_cluster(one) for one in most if one.number > 1],
        # asked with the rule: what is written between two queries makes sums of keys that are none
        singles=still_seen(session, alone, [None] * len(alone), viewer=viewer),
    )


def _cluster(one: Sums) -> Cluster:
    parts = one.number * PARTS
    return Cluster(round(one.longitude / parts, 6), round(one.latitude / parts, 6), one.number)


def is_plain(wanted: MapSearch) -> bool:
    """Whether nothing is asked that the counts of cells do not say."""
    said = (name for name in wanted.model_fields_set if getattr(wanted, name) not in NOTHING)
    return COUNTED.issuperset(said)


def _found(session: Session, wanted: MapSearch, viewer: Viewer) -> list[ColumnElement[bool]]:
    without = [Entry.uid.not_in(wanted.without)] if wanted.without else []
    return [*without, *work_out(session, wanted, viewer=viewer).where]


def _gathered(session: Session, where: Iterable[ColumnElement[bool]], side: float) -> Cells:
    """Entries put into cells one by one."""
    column, line = _cell_of_entry(side)
    sums = (
        func.sum(cast(func.round(place * PARTS), BigInteger))
        for place in (Entry.longitude, Entry.latitude)
    )
    query = (
        select(column, line, func.count(), *sums, func.sum(Entry.id))
        .where(Entry.longitude.is_not(None), *where)
        .group_by(column, line)
        .order_by(func.count().desc(), func.min(Entry.id))
        .limit(MOST_FEATURES)
    )
    return _cells(session, query)


def _cell_of_entry(side: float) -> tuple[ColumnElement[int], ColumnElement[int]]:
    column = func.floor(Entry.longitude / side)
    return column, func.floor(Entry.latitude / (side * FLATTENED))


def _counted(session: Session, wanted: MapSearch, grid: Grid, level: int, viewer: Viewer) -> Cells:
    """What the counts of cells say; with what the viewer sees in some places alone, and without
    what ran out this month and what the map draws already."""
    today = local_day(now())
    cells = _from_counts(session, wanted, grid, level, viewer, today)
    column, line = _cell_of_entry(grid.side)
    here = [
        column.between(*grid.columns),
        line.between(*grid.lines),
        *([Entry.kind.in_(wanted.kind)] if wanted.kind else []),
    ]
    whole = access.everywhere(viewer)
    if whole != viewer:
        some = [*here, access.in_some_places(viewer), *state(wanted, today)]
        _add(cells, _gathered(session, some, grid.side))
    if not wanted.status:
        over = Entry.expires_on.between(_month(today), today - timedelta(days=1))
        lapsed = [over, *here, access.visible_entries(whole), *in_state(wanted)]
        _add(cells, _gathered(session, lapsed, grid.side), -1)
    if wanted.without:
        drawn = [Entry.uid.in_(wanted.without), *here, access.visible_entries(viewer)]
        _add(cells, _gathered(session, [*drawn, *state(wanted, today)], grid.side), -1)
    return cells


def _from_counts(
    session: Session, wanted: MapSearch, grid: Grid, level: int, viewer: Viewer, today: date
) -> Cells:
    steps = level - grid.level
    (west, east), (south, north) = grid.columns, grid.lines
    asked = [*in_state(wanted), *([criteria.of_kinds(wanted.kind)] if wanted.kind else [])]
    query = _sums(
        (_rule(access.everywhere(viewer)), *map(_of_cells, asked)),
        steps,
        leaves_out_lapsed=not wanted.status,
    )
    values = {
        **{"level": level, "month": _month(today)},
        **{"south": south << steps, "north": (north + 1 << steps) - 1},
        **{"west": west << steps, "east": (east + 1 << steps) - 1},
    }
    return _as_cells(session.connection().execute(query, values))


@lru_cache(256)
def _sums(
    where: tuple[ColumnElement[bool], ...], steps: int, *, leaves_out_lapsed: bool
) -> Select[Any]:
    """The sums of cells between `south` and `north`, `west` and `east`, in larger ones of so many
    steps: put together once for each sort of question."""
    column, line = (one.bitwise_rshift(steps) for one in (MapCell.col, MapCell.line))
    sums = (func.sum(one) for one in (MapCell.longitude, MapCell.latitude, MapCell.ids))
    names = ("level", "south", "north", "west", "east")
    level, south, north, west, east = (bindparam(name, type_=Integer) for name in names)
    month = bindparam("month", type_=Date)
    not_lapsed = or_(MapCell.lapses_on.is_(None), MapCell.lapses_on >= month)
    return (
        select(column, line, func.sum(MapCell.count), *sums)
        .where(
            MapCell.level == level,
            MapCell.line.between(south, north),
            MapCell.col.between(west, east),
            *where,
            *([not_lapsed] if leaves_out_lapsed else []),
        )
        .group_by(column, line)
        .execution_options(**{ANEW: True})
    )


@access.once
def _rule(viewer: Viewer) -> ColumnElement[bool]:
    return _of_cells(access.may_see(viewer))


@lru_cache(256)
def _of_cells(asked: ColumnElement[bool]) -> ColumnElement[bool]:
    """What is asked of entries, asked of their counts: kind, state, visibility and team alone."""
    theirs = MapCell.__table__.c

    def swap(element: Any, **_: Any) -> Any:
        is_ours = getattr(getattr(element, "table", None), "name", "") == Entry.__tablename__
        return theirs[element.name] if is_ours else None

    return replacement_traverse(asked, {}, swap)


def _month(today: date) -> date:
    return today.replace(day=1)


def _cells(session: Session, query: Select[*tuple[Any, ...]]) -> Cells:
    return _as_cells(session.connection().execute(query, execution_options={ANEW: True}))


def _as_cells(rows: Iterable[Sequence[Any]]) -> Cells:
    return {(int(row[0]), int(row[1])): Sums(*map(int, row[2:])) for row in rows}


def _add(cells: Cells, more: Cells, times: int = 1) -> None:
    for place, sums in more.items():
        cells[place] = cells.get(place, Sums()).plus(sums, times)
