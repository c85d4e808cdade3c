"""`assetmap demo load`, as typed."""

from pathlib import Path

import pytest
from flask import Flask
from pmtiles.reader import MmapSource, Reader
from sqlalchemy import func, select

from assetmap.cli.demo import demo
from assetmap.db import Model, db
from assetmap.errors import Conflict
from assetmap.models import Category, Entry
from assetmap.settings import Settings
from tests.make import make_entry, make_team

LOADED = (
    "Alderbrook is loaded: 201 assets, 14 engagements, 250 findings, 109 groups, 4 hotspots,"
    " 520 offers, 12 walkabouts, 1257 links between them, 52 areas and 258 postcodes.\n"
)


def run(app: Flask) -> str:
    result = app.test_cli_runner().invoke(demo, ["load"])
    if result.exception is not None:
        raise result.exception
    return result.output


def base_map(app: Flask) -> Path:
    settings: Settings = app.extensions["settings"]
    return settings.instance / "basemap.pmtiles"


def rows() -> int:
    tables = Model.metadata.tables.values()
    return sum(db.session.scalar(select(func.count()).select_from(table)) or 0 for table in tables)


def test_the_demo_is_loaded_once_and_its_map_is_drawn(app: Flask) -> None:
    assert run(app) == LOADED
    with base_map(app).open("rb") as file:
        assert Reader(MmapSource(file)).metadata()["attribution"] == "Fictional demonstration town"
    before = rows()
    assert run(app) == "Alderbrook is here already; nothing to do.\n"
    db.session.rollback()
    assert rows() == before
    base_map(app).unlink()
    assert run(app).startswith("The base map was missing and has been drawn again.\n")
    assert base_map(app).stat().st_size > 100_000


def test_when_the_map_cannot_be_drawn_nothing_is_loaded(app: Flask) -> None:
    base_map(app).with_suffix(".part").mkdir()
    before = rows()
    db.session.rollback()
    with pytest.raises(IsADirectoryError):
        run(app)
    db.session.rollback()
    assert rows() == before
    assert not base_map(app).exists()


def test_a_register_with_records_is_left_alone(app: Flask) -> None:
    make_entry(db.session, "asset", make_team(db.session))
    db.session.commit()
    with pytest.raises(Conflict, match="not mixed with real records"):
        run(app)
    db.session.rollback()
    assert db.session.scalar(select(func.count()).select_from(Entry)) == 1
    assert db.session.scalar(select(func.count()).select_from(Category)) == 2
    assert not base_map(app).exists()
