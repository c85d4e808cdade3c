"""Maps that are kept: given again as they were, and never once anything has changed."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial

import pytest
from flask import Flask
from sqlalchemy import func, select, text, update
from sqlalchemy.orm import Session

from assetmap.access import PUBLIC, Viewer
from assetmap.db import db
from assetmap.models import Category, DataVersion, Entry, Team
from assetmap.register import clusters, drawn_maps, entries
from assetmap.register.clusters import OnMap
from assetmap.register.drawn_maps import Kept
from assetmap.schemas.search import MapSearch
from tests.make import (
    commit,
    limited_to,
    make_area,
    make_entry,
    make_team,
    make_user,
    point,
    viewer_for,
)

HERE = (-2.4, 53.5, -1.4, 54.0)
WIDE, NEAR = (MapSearch(bbox=HERE, zoom=zoom) for zoom in (8, 15))


def written(drawn: OnMap) -> bytes:
    return f"{drawn.total} {sorted(hit.entry.title for hit in drawn.singles)}".encode()


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> list[MapSearch]:
    """Every map that is really drawn."""
    real, found = clusters.on_map, list[MapSearch]()

    def note(session: Session, wanted: MapSearch, *, viewer: Viewer) -> OnMap:
        found.append(wanted)
        return real(session, wanted, viewer=viewer)

    monkeypatch.setattr(clusters, "on_map", note)
    return found


def seen(wanted: MapSearch = WIDE, viewer: Viewer = PUBLIC) -> str:
    """What somebody is shown who comes now."""
    db.session.rollback()
    return drawn_maps.answer(db.session, wanted, written, viewer=viewer).decode()


def test_a_map_is_drawn_once_and_anew_after_every_change_of_what_it_shows(
    app: Flask, session: Session, drawn: list[MapSearch]
) -> None:
    team = make_team(session)
    hall = make_entry(session, "asset", team, title="Hall", geometry=point(-1.92, 53.73))
    commit()
    assert [seen(wanted) for wanted in (WIDE, NEAR, WIDE, NEAR)] == ["1 ['Hall']"] * 4
    assert drawn == [WIDE, NEAR]
    viewer = viewer_for(make_user(session, team, "editor"), team, "editor")
    commit()

    def withdraw() -> None:
        entries.withdraw(session, hall, viewer=viewer, why="Gone")

    def log() -> None:
        make_entry(session, "asset", team, title="Hut", geometry=point(-1.93, 53.73))

    def rename(model: type[Entry | Category | Team], name: str) -> None:
        session.execute(update(model).values({name: "Renamed"}))

    changes: list[tuple[Callable[[], None], str]] = [
        (withdraw, "0 []"),
        (log, "1 ['Hut']"),
        (partial(rename, Entry, "title"), "1 ['Renamed']"),
        (partial(rename, Category, "label"), "1 ['Renamed']"),
        (partial(rename, Team, "name"), "1 ['Renamed']"),
    ]
    for change, shown in changes:
        before = len(drawn)
        change()
        commit()
        assert [seen(), seen()] == [shown] * 2
        assert len(drawn) == before + 1


def test_what_was_taken_back_before_it_was_kept_is_on_no_map_that_comes_after(
    app: Flask, session: Session, drawn: list[MapSearch]
) -> None:
    team = make_team(session)
    commit()
    shown = []
    for title in ("Never", "Hall"):
        make_entry(session, "asset", team, title=title, geometry=point(-1.92, 53.73))
        session.flush()
        shown.append(drawn_maps.answer(session, NEAR, written, viewer=PUBLIC).decode())
        session.rollback() if title == "Never" else commit()
    assert shown == ["1 ['Never']", "1 ['Hall']"]
    assert seen(NEAR) == "1 ['Hall']"


def test_nobody_is_given_a_map_of_somebody_who_may_see_other_things(
    app: Flask, session: Session, drawn: list[MapSearch]
) -> None:
    make_area(session)
    team = make_team(session)
    make_entry(
        session, "asset", team, title="Ours", visibility="team", geometry=point(-1.92, 53.73)
    )
    ann, ben = (make_user(session, team, "editor", f"{name}@demo.example") for name in "ab")
    one, other = (viewer_for(user, team, "editor") for user in (ann, ben))
    looks = replace(PUBLIC, behind=one)
    some = limited_to(one, team, "E05000001")
    commit()
    for _ in range(2):
        assert [seen(viewer=who) for who in (one, PUBLIC, other, looks)] == [
            "1 ['Ours']",
            "0 []",
            "1 ['Ours']",
            "0 []",
        ]
        seen(viewer=some)
    assert len(drawn) == 2 + 2 * 2  # two sets of rights; not kept for looks and some places


def test_the_longest_unused_maps_go_once_there_is_no_room() -> None:
    kept = Kept(most_bytes=30)
    for key in "abc":
        kept.put(key, (1,), b"0123456789")
    assert kept.get("a", (1,)) == b"0123456789"
    kept.put("d", (1,), b"0123456789")
    assert [key for key in "abcd" if kept.get(key, (1,))] == ["a", "c", "d"]
    kept.put("d", (2,), b"")
    assert (kept.get("d", (1,)), kept.get("d", (2,))) == (None, b"")


def test_what_tells_of_changes_stays_small(session: Session) -> None:
    make_entry(session, "asset", make_team(session))
    for _ in range(450):
        session.execute(text("UPDATE entry SET version = version"))
    assert (session.scalar(select(func.count()).select_from(DataVersion)) or 0) <= 201
