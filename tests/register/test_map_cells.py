"""The counts of cells that maps of wide country are drawn from: they say what the entries say."""

import math
import statistics
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any, cast

import pytest
import shapely
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Table, delete, insert, select, update
from sqlalchemy.orm import Session

from assetmap import spatial
from assetmap.access import OPERATOR, PUBLIC, Grant, Limit, Viewer
from assetmap.db import local_day, now
from assetmap.jobs import tidying
from assetmap.models import Asset, Entry, MapCell, Team
from assetmap.models.map_cell import FLATTENED, LEVELS
from assetmap.register import clusters, imports, map_cells, search
from assetmap.register.clusters import Grid
from assetmap.schemas.search import EntrySearch, MapSearch
from tests.importing import run, undo, write
from tests.make import (
    commit,
    limited_to,
    make_area,
    make_category,
    make_entry,
    make_partner,
    make_team,
    make_user,
    point,
    viewer_for,
)

ENTRY, ASSET = cast(Table, Entry.__table__), cast(Table, Asset.__table__)
TODAY = local_day(now())
longitudes = st.floats(-2.6, -1.2).map(lambda degrees: round(degrees, 6))
latitudes = st.floats(53.2, 54.2).map(lambda degrees: round(degrees, 6))
hidden = st.sampled_from(["public", "partner", "team", "restricted"])
changes = st.one_of(
    st.fixed_dictionaries({"longitude": longitudes, "latitude": latitudes}),
    st.just({"longitude": None, "latitude": None}),
    st.fixed_dictionaries({"visibility": hidden}),
    st.sampled_from([{"status": "closed"}, {"status": "active"}]),
    st.just({"withdrawn_at": now(), "withdrawn_why": "Gone"}),
    st.just({"withdrawn_at": None, "withdrawn_why": None}),
    st.fixed_dictionaries({"team": st.integers(0, 1)}),
    st.fixed_dictionaries({"expires_on": st.integers(-70, 70)}),
    st.just({"merged": True}),
    st.fixed_dictionaries({"come": st.tuples(longitudes, latitudes)}),
    st.just({"go": True}),
    st.just({"add_up": True}),
    st.just({"description": "Moved nothing"}),
)
scripts = st.lists(st.tuples(st.integers(0, 7), changes), max_size=14)
often = settings(
    max_examples=8,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


Drawn = list[tuple[float, float, int]]  # longitude, latitude, how many


def oracle(session: Session, wanted: MapSearch, viewer: Viewer) -> Drawn:
    """What the search finds, put into cells here."""
    grid = Grid.over(wanted)
    said = {name: getattr(wanted, name) for name in ("kind", "status")}
    cells: dict[tuple[int, int], list[tuple[float, float]]] = {}
    for hit in search.search(session, EntrySearch(limit=200, **said), viewer=viewer).hits:
        longitude, latitude = hit.entry.longitude, hit.entry.latitude
        if longitude is None or latitude is None or hit.entry.uid in wanted.without:
            continue
        column = math.floor(longitude / grid.side)
        line = math.floor(latitude / (grid.side * FLATTENED))
        is_here = grid.columns[0] <= column <= grid.columns[1]
        if is_here and grid.lines[0] <= line <= grid.lines[1]:
            cells.setdefault((column, line), []).append((longitude, latitude))
    return sorted((middle(some, 0), middle(some, 1), len(some)) for some in cells.values())


def middle(places: list[tuple[float, float]], axis: int) -> float:
    """Of these places, in degrees."""
    return round(statistics.fmean(place[axis] for place in places), 5)


def drawn(session: Session, wanted: MapSearch, viewer: Viewer) -> Drawn:
    """What the map draws."""
    found = clusters.on_map(session, wanted, viewer=viewer)
    places = [(one.longitude, one.latitude, one.count) for one in found.clusters]
    places += [(hit.entry.longitude or 0, hit.entry.latitude or 0, 1) for hit in found.singles]
    assert found.total == sum(n for _, _, n in places)
    return sorted((round(x, 5), round(y, 5), n) for x, y, n in places)


def raw(title: str, team: int, at: tuple[float, float]) -> dict[str, Any]:
    """The columns of a new asset."""
    return {
        "kind": "asset",
        "status": "active",
        "title": title,
        "title_folded": title.lower(),
        "team_id": team,
        "longitude": at[0],
        "latitude": at[1],
        "location": spatial.stored(shapely.Point(at)),
    }


def do(session: Session, keys: list[int], teams: list[int], number: int, change: Any) -> None:
    """One step: whatever writes to entries does it by statements such as these."""
    if "add_up" in change:
        map_cells.add_up(session)
        return
    key = keys[number % len(keys)]
    mine = ENTRY.c.id == key
    if "come" in change:  # as an import does: many rows by one statement
        rows = [raw(title, teams[number % 2], change["come"]) for title in ("One", "Two")]
        new = session.scalars(insert(ENTRY).returning(ENTRY.c.id), rows)
        session.execute(insert(ASSET), [{"id": key} for key in new])
        return
    if "go" in change:
        here = select(ENTRY.c.id).where(ENTRY.c.title.in_(["One", "Two"]))
        session.execute(delete(ASSET).where(ASSET.c.id.in_(here)))
        session.execute(delete(ENTRY).where(ENTRY.c.title.in_(["One", "Two"])))
        return
    values = {name: said for name, said in change.items() if name in ENTRY.c}
    if "expires_on" in change:
        values["expires_on"] = TODAY + timedelta(days=change["expires_on"])
        mine = mine & (ENTRY.c.kind == "offer")
    if "status" in change:
        mine = mine & (ENTRY.c.kind == "asset")
    if "team" in change:
        values["team_id"] = teams[change["team"]]
    if "merged" in change and keys[0] != key:
        values["merged_into_id"] = keys[0]
    if "longitude" in change:
        place = change["longitude"] and shapely.Point(change["longitude"], change["latitude"])
        values["location"] = spatial.stored(place)
    if values:
        session.execute(update(ENTRY).where(mine).values(**values))


def people(session: Session) -> tuple[list[int], list[Viewer]]:
    """Two teams of two bodies, and all sorts of viewers."""
    ours, giver = make_team(session), make_partner(session, "Giver")
    theirs = make_team(session, "Their team")
    theirs.partner_id = giver.id
    area = make_area(session)
    session.flush()
    editor = viewer_for(make_user(session, ours), ours)
    guest = Viewer("Guest", 999, bodies=frozenset({998}))
    kinds = ("asset", "offer")
    in_area = Limit((f"{area.type}:{area.code}",))
    whole, part = (
        Grant(n, giver.id, kinds, limit, frozenset()) for n, limit in enumerate((Limit(), in_area))
    )
    return [ours.id, theirs.id], [
        PUBLIC,
        OPERATOR,
        editor,
        limited_to(editor, ours, in_area.areas[0]),
        replace(guest, grants=(whole,)),
        replace(guest, grants=(part,)),
        replace(guest, grants=(part, replace(whole, kinds=("offer",)))),
        replace(PUBLIC, behind=editor),
    ]


def test_whatever_is_done_to_entries_the_map_draws_what_the_search_finds(session: Session) -> None:
    teams, viewers = people(session)
    ours = session.get_one(Team, teams[0])
    keys = [
        make_entry(session, kind, ours, geometry=point(-1.9 + 0.01 * n, 53.7), visibility=seen).id
        for n, kind in enumerate(("asset", "offer"))
        for seen in ("public", "partner", "team", "restricted")
    ]
    session.flush()

    @often
    @given(
        scripts,
        st.sampled_from([4, 7, 9, 11]),
        st.sampled_from([(), ("asset",), ("offer",)]),
        st.sampled_from([(), ("closed",), ("any",), ("active", "offered")]),
        st.booleans(),
    )
    def holds(
        script: list[tuple[int, Any]], zoom: int, kind: Any, status: Any, but_one: bool
    ) -> None:
        with session.begin_nested() as undone:
            left = list(keys)
            for number, change in script:
                do(session, left, teams, number, change)
            session.expire_all()
            for viewer in viewers:
                wanted = MapSearch(bbox=(-3, 53, -1, 54.5), zoom=zoom, kind=kind, status=status)
                if but_one:
                    found = search.search(session, EntrySearch(limit=1), viewer=viewer).hits
                    uids = tuple(hit.entry.uid for hit in found)
                    wanted = wanted.model_copy(update={"without": uids})
                assert drawn(session, wanted, viewer) == oracle(session, wanted, viewer), viewer
            undone.rollback()
        session.expire_all()

    holds()


def test_the_daily_job_adds_up_the_counts_and_the_map_stays_as_it_was(
    app: Flask, session: Session
) -> None:
    team = make_team(session)
    made = [make_entry(session, "asset", team, geometry=point(-1.9, 53.7)) for _ in range(3)]
    session.flush()
    session.execute(update(ENTRY).where(ENTRY.c.id == made[0].id).values(longitude=-1.5))
    session.execute(update(ENTRY).where(ENTRY.c.id == made[0].id).values(longitude=-1.9))
    commit()
    wanted = MapSearch(bbox=(-3, 53, -1, 54.5), zoom=7)
    before = drawn(session, wanted, PUBLIC)
    tidying.tidy(app)
    session.rollback()
    assert drawn(session, wanted, PUBLIC) == before == [(-1.9, 53.7, 3)]
    assert session.scalars(select(MapCell.count)).all() == [3] * len(LEVELS)


def test_a_large_import_and_its_undoing_leave_the_counts_added_up(
    session: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(imports, "MANY", 2)
    team = make_team(session)
    make_category(session, "asset", "pla_hall", "Community hall")
    commit()
    places = "id,name,category,longitude,latitude\n" + "".join(
        f"{{0}}{n},{{0}} hall {n},pla_hall,-1.9,53.7\n" for n in range(3)
    )
    run(team, write(tmp_path, places.format("North"), "north.csv"))
    _, south = run(team, write(tmp_path, places.format("South"), "south.csv"), duplicates="add")
    assert session.scalars(select(MapCell.count)).all() == [6] * len(LEVELS)
    undo(south)
    assert session.scalars(select(MapCell.count)).all() == [3] * len(LEVELS)


def test_whatever_the_counts_say_the_map_shows_no_entry_that_is_not_its_viewers_to_see(
    session: Session,
) -> None:
    made = make_entry(
        session, "asset", make_team(session), geometry=point(-1.9, 53.7), visibility="team"
    )
    session.flush()
    session.execute(update(MapCell).values(visibility="public"))
    wanted = MapSearch(bbox=(-3, 53, -1, 54.5), zoom=7)
    assert drawn(session, wanted, OPERATOR) == [(made.longitude, made.latitude, 1)]
    assert clusters.on_map(session, wanted, viewer=PUBLIC).singles == []


def test_a_cell_that_less_than_nothing_is_left_of_takes_nothing_from_the_total(
    session: Session,
) -> None:
    made = make_entry(session, "asset", make_team(session), geometry=point(-1.9, 53.7))
    session.flush()
    session.execute(delete(MapCell))  # it was counted between two queries of one map
    wanted = MapSearch(bbox=(-3, 53, -1, 54.5), zoom=7, without=(made.uid,))
    assert clusters.on_map(session, wanted, viewer=PUBLIC).total == 0
