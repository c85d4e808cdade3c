"""The database's shape: up, down and up again, on both databases."""

import uuid
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any, cast

import pytest
import shapely
from alembic import command
from sqlalchemy import Connection, Table, create_engine, func, insert, inspect, select, text
from sqlalchemy.engine import Engine
from sqlalchemy.orm import Session

from assetmap import spatial, textsearch
from assetmap.cli.database import alembic_config
from assetmap.db import Model, local_day, now
from assetmap.models import ApiToken, Area, Entry, Link, Offer, Team
from tests import postgis

ENTRY, OFFER = cast(Table, Entry.__table__), cast(Table, Offer.__table__)
TODAY = local_day(now())
TABLES = list(Model.metadata.tables.values())


@pytest.fixture
def bare_url(database: str, tmp_path: Path, worker_id: str) -> Iterator[str]:
    """A database with nothing in it."""
    if database == "spatialite":
        yield f"sqlite:///{tmp_path / 'bare.sqlite'}"
        return
    cluster = postgis.shared()
    if cluster is None:
        pytest.skip(postgis.MISSING)
    name = f"bare_{worker_id}"
    yield cluster.create_database(name)
    cluster.drop_database(name)


def engine_of(url: str) -> Engine:
    return create_engine(spatial.engine_url(url), plugins=["geoalchemy2"])


def check_search(connection: Connection) -> None:
    """An indexed search finds a shape that was put in: the index is alive, not only there."""
    box = shapely.MultiPolygon([shapely.box(-1, 53, 0, 54)])
    values = {"longitude": -0.5, "latitude": 53.5, "west": -1, "south": 53, "east": 0, "north": 54}
    connection.execute(
        insert(Area).values(
            type="ward",
            code="E05000001",
            vintage="",
            name="Test",
            name_folded="test",
            boundary=spatial.stored(box),
            **values,
        )
    )
    inside = spatial.intersects(Area.boundary, spatial.as_sql(shapely.Point(-0.5, 53.5)))
    outside = spatial.intersects(Area.boundary, spatial.as_sql(shapely.Point(-5, 53.5)))
    assert connection.execute(select(Area.code).where(inside)).scalars().all() == ["E05000001"]
    assert connection.execute(select(Area.code).where(outside)).scalars().all() == []


def test_the_shape_goes_up_down_and_up_and_its_spatial_indexes_work_each_time(
    bare_url: str,
) -> None:
    config = alembic_config(bare_url)
    for _ in range(2):
        command.upgrade(config, "head")
        engine = engine_of(bare_url)
        with engine.begin() as connection:
            assert spatial.unindexed(connection, TABLES) == []
            check_search(connection)
            connection.execute(text("DELETE FROM area"))
        engine.dispose()
        command.check(config)  # the models and the migrations say the same
        command.downgrade(config, "base")
        engine = engine_of(bare_url)
        left = set(inspect(engine).get_table_names())
        engine.dispose()
        assert left.isdisjoint(Model.metadata.tables)


def test_tokens_that_were_there_go_on_for_a_year_and_come_back_down(bare_url: str) -> None:
    config = alembic_config(bare_url)
    command.upgrade(config, "20261121b")
    engine = engine_of(bare_url)
    with engine.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO app_user (id, uid, name, email, is_active) VALUES"
                " (1, :uid, 'Jo', 'jo@example.org', :yes)"
            ),
            {"uid": uuid.uuid4().hex, "yes": True},
        )
        connection.execute(
            text(
                "INSERT INTO api_token (id, user_id, token_hash, name, created_at)"
                " VALUES (7, 1, 'abc', 'Map', '2026-11-01 10:00:00')"
            )
        )
    command.upgrade(config, "20261121c")
    with engine.begin() as connection:
        kept = connection.execute(select(ApiToken.__table__)).one()
        assert (kept.id, kept.token_hash, kept.scope, kept.team_id) == (7, "abc", "write", None)
        assert timedelta(days=364) < kept.expires_at - now() < timedelta(days=366)
        again = insert(ApiToken).values(user_id=1, token_hash="def", expires_at=now())
        connection.execute(again)
        assert connection.execute(select(func.max(ApiToken.id))).scalar() == 8
    command.downgrade(config, "20261121b")
    with engine.begin() as connection:
        rows = connection.execute(text("SELECT id, name FROM api_token ORDER BY id")).all()
        assert [tuple(row) for row in rows] == [(7, "Map"), (8, "")]
    engine.dispose()


def test_offers_that_were_there_are_tied_to_who_gives_them_once(bare_url: str) -> None:
    config = alembic_config(bare_url)
    command.upgrade(config, "head")
    engine = engine_of(bare_url)
    entry: Any = {"team_id": 1, "title": "Bread", "title_folded": "bread", "expires_on": TODAY}
    with engine.begin() as connection:
        connection.execute(insert(Team).values(id=1, name="Ours"))
        for key, kind, status in ((1, "group", "active"), (2, "offer", "offered")):
            row = {"id": key, "kind": kind, "status": status, **entry}
            connection.execute(insert(ENTRY).values(row))
        connection.execute(insert(OFFER).values(id=2, group_id=1))
    for _ in range(2):
        command.downgrade(config, "20261121x")
        command.upgrade(config, "head")
        with engine.connect() as connection:
            tied = connection.execute(select(Link.from_id, Link.to_id, Link.relation)).all()
            assert tied == [(2, 1, "offered_by")]
            assert connection.scalars(select(Link.created_at)).one() <= now()
    engine.dispose()


def test_what_was_there_is_found_by_its_category_in_a_place(bare_url: str) -> None:
    config = alembic_config(bare_url)
    command.upgrade(config, "20261123e")
    engine = engine_of(bare_url)
    row: Any = {"team_id": 1, "title": "Hut", "title_folded": "hut", "kind": "asset"}
    said = {1: "t:7 q10:1:2 q12:4:8 c:9", 2: "q10:1:2", 3: "t:7 c:7", 4: "t:71 q10:1:2"}
    with engine.begin() as connection, Session(connection) as session:
        connection.execute(insert(Team).values(id=1, name="Ours"))
        for key, held in said.items():
            connection.execute(insert(ENTRY).values(id=key, status="active", **row))
            textsearch.store(session, [textsearch.Document(key, "hut", "hut top", held)])
        session.flush()
    command.upgrade(config, "head")
    asked: list[tuple[tuple[str, ...], list[int]]] = [
        (("t:7q10:1:2",), [1]),
        (("t:7q12:4:8", "t:7q12:4:9"), [1]),
        (("t:71q10:1:2",), [4]),
        (("q10:1:2",), [1, 2, 4]),
    ]
    for tokens, there in asked:
        query = textsearch.Query(((("hut",),),), (tokens,))
        matches = textsearch.matches(Entry.tokens, Entry.id, query)
        with engine.connect() as connection:
            found = connection.scalars(select(Entry.id).where(matches).order_by(Entry.id)).all()
        assert found == there, tokens
    engine.dispose()


def test_lines_that_were_there_are_found_wherever_they_run(bare_url: str) -> None:
    config = alembic_config(bare_url)
    command.upgrade(config, "20261122j")
    engine = engine_of(bare_url)
    line = shapely.LineString([(-2.0, 53.6), (-1.98, 53.61)])
    row: Any = {"team_id": 1, "title": "Path", "title_folded": "path", "kind": "asset"}
    with engine.begin() as connection, Session(connection) as session:
        connection.execute(insert(Team).values(id=1, name="Ours"))
        for key, shape in (
            (1, line),
            (2, shapely.box(-4, 50, 1, 55)),
            (3, shapely.Point(-2, 53.6)),
        ):
            place = spatial.stored(shape)
            connection.execute(insert(ENTRY).values(id=key, status="active", location=place, **row))
        for key in (1, 2, 3):
            textsearch.store(session, [textsearch.Document(key, "path", "path", "k:asset")])
        session.flush()
    command.upgrade(config, "head")
    for bounds, there in (
        ((-1.981, 53.609, -1.979, 53.611), [1, 2]),
        ((-2.03, 53.5, -1.97, 53.6), [1, 2]),
        ((0.2, 54.9, 0.21, 54.91), [2]),
    ):
        cells = tuple(textsearch.covering_cells(*bounds) or ())
        query = textsearch.Query(((("path",),),), (("k:asset",), cells))
        matches = textsearch.matches(Entry.tokens, Entry.id, query)
        with engine.connect() as connection:
            found = connection.scalars(select(Entry.id).where(matches).order_by(Entry.id)).all()
        assert found == there, bounds
    engine.dispose()
