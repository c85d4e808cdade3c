"""Entries in the order of their places."""

from itertools import pairwise

import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.orm import Session

from assetmap.access import OPERATOR, PUBLIC
from assetmap.db import db
from assetmap.errors import Busy, SignInFirst
from assetmap.models import Entry
from assetmap.register import arranging
from tests.make import commit, make_entry, make_team, point

WEST, EAST = (-1.99, 53.7), (-1.7, 53.8)
MANY_BY_TURNS = """
INSERT INTO entry SELECT (jsonb_populate_record(
    entry, jsonb_build_object('id', 1000 + 2 * n + entry.id % 2, 'uid', gen_random_uuid()))).*
FROM generate_series(1, 300) AS n, entry ORDER BY n, entry.id"""


def test_after_arranging_neighbours_lie_together_and_nothing_else_is_different(
    app: Flask, session: Session, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    team = make_team(session)
    for where in (WEST, EAST):
        make_entry(session, "asset", team, geometry=point(*where))
    if database == "postgis":
        session.execute(text(MANY_BY_TURNS))
    commit()
    monkeypatch.setattr(arranging, "FROM", 500)
    told = app.test_cli_runner().invoke(args=["db", "arrange"])
    assert told.exit_code == 0, told.output
    if database == "spatialite":
        assert "nothing to arrange" in told.output
        assert not arranging.is_due(session)
        return
    assert "602 entries lie in the order of their places" in told.output
    lie = session.execute(text("SELECT longitude FROM entry ORDER BY ctid")).scalars().all()
    assert sum(one != other for one, other in pairwise(lie)) < 60
    assert session.query(Entry).count() == 602
    assert not arranging.is_due(session)
    session.execute(text("ALTER TABLE entry SET WITHOUT CLUSTER"))
    assert arranging.is_due(session)


def test_while_somebody_writes_nothing_is_arranged_and_only_an_operator_may(
    app: Flask, session: Session, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(SignInFirst):
        arranging.arrange(session, viewer=PUBLIC)
    if database == "spatialite":
        return
    make_entry(session, "asset", make_team(session))
    commit()
    monkeypatch.setattr(arranging, "_WAIT", text("SET LOCAL lock_timeout = '50ms'"))
    with db.engine.connect() as other:
        other.execute(text("UPDATE entry SET title = title"))
        with pytest.raises(Busy):
            arranging.arrange(session, viewer=OPERATOR)
        other.rollback()
    session.rollback()
    assert arranging.arrange(session, viewer=OPERATOR) == 1
