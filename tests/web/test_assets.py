"""Saying where something is, on the form of an asset."""

import sqlite3
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from assetmap.db import db
from assetmap.models import Asset, Postcode, Team, User
from assetmap.register import entries
from tests.make import commit, make_area, make_category, make_entry
from tests.web.filled import filled, send

NEEDED = {"title": "Riverside Hall", "category": "pla_hall"}


@pytest.fixture(autouse=True)
def ground(session: Session) -> None:
    make_category(session, "asset", "pla_hall", "Hall")
    make_area(session)
    for pcds, longitude in (("QX1 3UB", -1.93), ("QX1 4AA", -1.94)):
        session.add(Postcode(pcds=pcds, longitude=longitude, latitude=53.74, release="test"))
    session.flush()


def saved(session: Session) -> Asset:
    db.session.expire_all()
    return session.scalars(select(Asset)).one()


@pytest.mark.parametrize(
    ("where", "longitude", "method", "address"),
    [
        ("qx13ub", -1.93, "postcode", ""),
        ("12 Mill Lane, QX1 3UB", -1.93, "postcode", "12 Mill Lane"),
        ("-1.95,53.74", -1.95, "map_click", ""),
        ("Riverside", -1.925, "area_only", ""),
    ],
)
def test_a_place_is_found_from_what_was_typed(
    client: FlaskClient,
    session: Session,
    editor: User,
    where: str,
    longitude: float,
    method: str,
    address: str,
) -> None:
    commit()
    assert send(client, "/assets/new", **NEEDED, where=where).status_code == 303
    made = saved(session)
    assert made.longitude == pytest.approx(longitude)
    assert (made.location_method, made.address) == (method, address)
    assert made.postcode == ("QX1 3UB" if method == "postcode" else None)


def test_what_the_phone_found_is_kept_with_its_accuracy(
    client: FlaskClient, session: Session, editor: User
) -> None:
    commit()
    found = {"longitude": "-1.92", "latitude": "53.735", "location_method": "gps"}
    refused = send(client, "/assets/new", **NEEDED, **found, accuracy_m="near")
    assert "Accuracy, in metres: " in refused.text
    send(client, "/assets/new", **NEEDED, **found, accuracy_m="12")
    made = saved(session)
    assert (made.longitude, made.accuracy_m, made.location_method) == (-1.92, 12, "gps")
    assert "about 12 m" in client.get(made.path).text


def test_on_a_full_disk_whoever_logs_is_told_that_nothing_was_changed(
    client: FlaskClient, session: Session, editor: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    commit()

    def fill_up(*_: Any, **__: Any) -> None:
        raise OperationalError("COMMIT", {}, sqlite3.OperationalError("database or disk is full"))

    monkeypatch.setattr(entries, "log", fill_up)
    answer = send(client, "/assets/new", **NEEDED, where="-1.95,53.74")
    assert answer.status_code == 503
    assert "The disk is full. Nothing was changed" in answer.text


def test_a_place_that_is_not_loaded_is_refused_under_its_box(
    client: FlaskClient, session: Session, editor: User
) -> None:
    commit()
    answer = send(client, "/assets/new", **NEEDED, where="Timbuktu")
    assert answer.status_code == 422
    assert 'href="#where"' in answer.text
    assert filled(answer.text, "/new")["where"] == "Timbuktu"


@pytest.mark.parametrize("at", [("0", "0"), ("53.735", "-1.92"), ("NaN", "1"), ("west", "north")])
def test_a_pin_in_no_sensible_place_is_refused(
    client: FlaskClient, session: Session, editor: User, at: tuple[str, str]
) -> None:
    commit()
    answer = send(client, "/assets/new", **NEEDED, longitude=at[0], latitude=at[1])
    assert answer.status_code == 422


def test_words_typed_since_win_over_the_pin_that_was_there(
    client: FlaskClient, session: Session, team: Team, editor: User
) -> None:
    path = make_entry(session, "asset", team).path
    commit()
    send(client, f"{path}/edit", where="QX1 3UB")
    assert saved(session).longitude == pytest.approx(-1.93)
    send(client, f"{path}/edit", where="QX1 4AA", longitude="-1.96", latitude="53.73")
    assert saved(session).longitude == pytest.approx(-1.96)


def test_a_place_that_a_postcode_gave_follows_a_new_postcode(
    client: FlaskClient, session: Session, editor: User
) -> None:
    commit()
    send(client, "/assets/new", **NEEDED, postcode="QX1 3UB")
    assert saved(session).longitude == pytest.approx(-1.93)
    send(client, f"{saved(session).path}/edit", postcode="QX1 4AA")
    assert saved(session).longitude == pytest.approx(-1.94)


def test_a_pin_that_is_cleared_is_gone(
    client: FlaskClient, session: Session, team: Team, editor: User
) -> None:
    path = make_entry(session, "asset", team).path
    commit()
    send(client, f"{path}/edit", longitude="", latitude="", location_method="", accuracy_m="")
    assert saved(session).longitude is None
    assert "It has no place on the map" in client.get(path).text
