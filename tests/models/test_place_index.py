"""The spatial index holds the place that an entry is shown at, whatever becomes of that place."""

import pytest
import shapely
from flask import Flask
from shapely.geometry.base import BaseGeometry
from sqlalchemy import Table, func, select, text, update

from assetmap import spatial
from assetmap.db import Model, db
from assetmap.models import Entry
from tests.make import make_entry, make_team, point

PLACES = (shapely.Point(-1.92, 53.735), shapely.box(-0.4, 53.7, -0.3, 53.8), None)
TABLES = list(Model.metadata.tables.values())


def found_near(longitude: float, latitude: float) -> int:
    near = spatial.near(Entry.location, longitude, latitude, 100)
    return db.session.scalar(select(func.count(Entry.id)).where(near)) or 0


@pytest.mark.parametrize("before", PLACES)
@pytest.mark.parametrize("after", PLACES)
def test_an_entry_is_found_where_it_is_and_not_where_it_was(
    app: Flask, before: BaseGeometry | None, after: BaseGeometry | None
) -> None:
    spatial.writing(db.session)
    geometry = None if before is None else shapely.geometry.mapping(before)
    entry = make_entry(db.session, "asset", make_team(db.session), geometry=geometry)
    check(before)
    stored = None if after is None else spatial.stored(after)
    db.session.execute(update(Entry).where(Entry.id == entry.id).values(location=stored))
    check(after)


def test_the_index_is_kept_as_before_once_it_was_made_anew(app: Flask) -> None:
    spatial.writing(db.session)
    connection, entry = db.session.connection(), Entry.__table__
    assert isinstance(entry, Table)
    place = make_entry(db.session, "asset", make_team(db.session), geometry=point()).id
    before = triggers()
    for _ in range(2):  # again, when SpatiaLite has lost those it needs
        spatial.index_again(connection, entry, "location")
        assert triggers() == before
        check(PLACES[0])
        if before:
            db.session.execute(text("DROP TRIGGER gid_entry_location"))
    db.session.execute(update(Entry).where(Entry.id == place).values(location=None))
    check(None)


def triggers() -> dict[str, str]:
    if db.session.get_bind().dialect.name != "sqlite":
        return {}
    made = text("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
    return {row[0]: row[1] for row in db.session.execute(made)}


def check(place: BaseGeometry | None) -> None:
    assert found_near(-1.92, 53.735) == (place == PLACES[0])
    assert found_near(-0.35, 53.75) == (place == PLACES[1])
    assert spatial.unindexed(db.session.connection(), TABLES) == []
