"""The spatial index holds the place that an entry is shown at, whatever becomes of that place."""

import pytest
import shapely
from flask import Flask
from shapely.geometry.base import BaseGeometry
from sqlalchemy import func, select, update

from assetmap import spatial
from assetmap.db import Model, db
from assetmap.models import Entry
from tests.make import make_entry, make_team

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


def check(place: BaseGeometry | None) -> None:
    assert found_near(-1.92, 53.735) == (place == PLACES[0])
    assert found_near(-0.35, 53.75) == (place == PLACES[1])
    assert spatial.unindexed(db.session.connection(), TABLES) == []
