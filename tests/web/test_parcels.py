"""Files too large to wait for: made meanwhile, kept for a day, fetched by who may see all of it."""

import uuid
from datetime import timedelta
from pathlib import Path
from typing import Any

import pyogrio
import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from assetmap.access import OPERATOR
from assetmap.db import db
from assetmap.jobs import tidying
from assetmap.models import AuditEntry, Entry, Membership, User
from assetmap.outside.parcel_folder import ParcelFolder
from assetmap.register import entries, files, parcels, sign_in
from tests.make import commit, make_entry, make_team, make_user
from tests.web.pages import press
from tests.web.pages import sign_in as sign_in_as
from tests.web.test_import_work import queued

COUNT = 5


@pytest.fixture
def ed(app: Flask, session: Session, client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> User:
    """Somebody of the team that keeps five halls with phones, signed in; three are too many for a
    file that is made at once, and two are written at a time."""
    monkeypatch.setattr("assetmap.register.deployment.purpose_above", lambda _session: 2)
    monkeypatch.setattr(files, "MOST_PACKED", 2)
    monkeypatch.setattr(files, "AT_ONCE", 2)
    monkeypatch.setattr(parcels, "PER_TURN", 2)
    monkeypatch.setattr(parcels, "KEYS_AT_ONCE", 2)
    team = make_team(session)
    user = make_user(session, team, "editor", "ed@demo.example")
    for n in range(COUNT):
        seen = "team" if n == 0 else "public"
        make_entry(session, "asset", team, title=f"Hall {n}", phone="01632 960123", visibility=seen)
    commit()
    sign_in_as(client, user)
    commit()
    return user


def account(session: Session) -> list[tuple[Any, ...]]:
    """What was taken away, as the audit has it."""
    session.rollback()
    told = select(AuditEntry.channel, AuditEntry.subject_count, AuditEntry.purpose)
    told = told.where(AuditEntry.action == "exported").order_by(AuditEntry.seq)
    return [tuple(row) for row in session.execute(told)]


def fetched(client: FlaskClient, where: str, **headers: str) -> tuple[int, bytes]:
    """What is sent for a file, and under which status."""
    with client.get(where, headers=headers) as answer:
        return answer.status_code, answer.data


def signed_out(client: FlaskClient) -> None:
    with client.session_transaction() as cookie:
        cookie.clear()


def test_a_large_file_is_made_meanwhile_and_fetched_as_often_as_wanted_by_who_asked_for_it(
    app: Flask, client: FlaskClient, session: Session, ed: User, tmp_path: Path
) -> None:
    address = "/search.gpkg?purpose=planning"
    assert "GeoPackage</a>" in client.get("/").text
    page = client.get(address)
    assert (page.status_code, "holds\n      <strong>5</strong>" in page.text) == (200, True)
    assert account(session) == []
    queue = queued(app)
    sent = press(client, address, "/search.gpkg", purpose="planning")
    where = sent.headers["Location"]
    assert sent.status_code == 303
    shown = client.get(where).text
    assert "data-progress" in shown
    assert 'http-equiv="refresh"' in shown
    assert client.get(f"{where}.gpkg").status_code == 409
    for done in (2, 4, 5):
        assert queue.do_next() is True
        said = client.get(f"{where}/progress").get_json()
        assert (said["done"], said["total"], said["finished"]) == (done, COUNT, False)
    again = press(client, address, "/search.gpkg", purpose="planning")
    assert again.headers["Location"] == where
    while queue.do_next():
        pass
    assert "Your file is ready" in client.get(where).text
    with client.get(f"{where}.gpkg") as answer:
        assert "OFFICIAL" in answer.headers["Content-Disposition"]
        whole = answer.data
    (tmp_path / "all.gpkg").write_bytes(whole)
    found = pyogrio.read_dataframe(tmp_path / "all.gpkg")
    assert list(found["title"]) == [f"Hall {n}" for n in range(COUNT)]
    assert fetched(client, f"{where}.gpkg", Range="bytes=100-199") == (206, whole[100:200])
    assert account(session) == [("gpkg", n, "planning") for n in (2, 2, 1)]

    other = make_user(session, make_team(session, "Elsewhere"), "editor", "other@demo.example")
    commit()
    signed_out(client)
    for _ in range(2):
        for path in (where, f"{where}.gpkg", f"{where}/progress"):
            assert client.get(path).status_code == 404
        sign_in_as(client, other)
    signed_out(client)
    sign_in_as(client, ed)
    hall = session.scalars(select(Entry).where(Entry.title == "Hall 3")).one()
    entries.withdraw(session, hall, viewer=OPERATOR, why="Closed")
    commit()
    refused = client.get(f"{where}.gpkg")
    assert (refused.status_code, "has changed" in refused.text) == (409, True)
    assert client.get(where).status_code == 404  # it is gone


def test_a_file_goes_on_where_it_was_stopped_and_ends_when_its_time_or_what_one_may_see_does(
    app: Flask,
    client: FlaskClient,
    session: Session,
    ed: User,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    queue = queued(app)
    sent = press(client, "/search.gpkg", "/search.gpkg", purpose="planning")
    where = sent.headers["Location"]
    uid = uuid.UUID(where.rpartition("/")[2])
    instance = app.extensions["settings"].instance
    folder = ParcelFolder.of(instance, uid)
    assert queue.do_next() is True
    folder.say("progress", {"done": 1})  # what a killed process leaves behind
    assert "not whole yet" in client.get(where).text
    press(client, f"{where}/again")
    role = session.scalars(select(Membership)).one()
    role.role = "analyst"
    commit()
    while queue.do_next():
        pass
    assert "has changed since" in client.get(where).text
    role.role = "editor"
    commit()
    press(client, f"{where}/again")
    while queue.do_next():
        pass
    assert fetched(client, f"{where}.gpkg")[0] == 200
    assert sum(count for _, count, _ in account(session)) == COUNT
    role.role = "analyst"
    commit()
    assert client.get(f"{where}.gpkg").status_code == 409

    signed_out(client)
    sent = press(client, "/search.gpkg", "/search.gpkg")
    public = sent.headers["Location"]
    while queue.do_next():
        pass
    assert fetched(client, f"{public}.gpkg")[0] == 200  # what is open to everybody
    monkeypatch.setattr(parcels, "MOST_KEPT", 1)
    full = press(client, "/search.gpkg?kind=asset", "/search.gpkg")
    assert (full.status_code, full.headers["Retry-After"]) == (429, "30")
    monkeypatch.setattr(parcels, "KEPT_FOR", timedelta(0))
    assert client.get(f"{public}.gpkg").status_code == 404
    tidying.tidy(app)
    assert list(ParcelFolder.every(instance)) == []


def test_a_program_asks_for_a_large_file_and_looks_until_it_is_ready(
    client: FlaskClient, session: Session, ed: User
) -> None:
    plain = sign_in.make_token(session, "ed@demo.example")
    commit()
    signed_out(client)
    token = {"Authorization": f"Bearer {plain}"}
    assert client.post("/api/entries.gpkg").status_code in (400, 401)
    assert client.post("/api/entries.gpkg", headers=token).status_code == 428
    token["X-Purpose"] = "planning"
    refused = client.get("/api/entries.gpkg", headers=token)
    assert (refused.status_code, "POST" in refused.get_json()["detail"]) == (400, True)
    begun = client.post("/api/entries.gpkg?kind=asset", headers=token)
    assert begun.status_code == 202
    db.session.rollback()
    stands = client.get(begun.headers["Location"], headers=token).get_json()
    assert (stands["state"], stands["done"], stands["total"]) == ("ready", COUNT, COUNT)
    path = stands["href"].removeprefix("http://localhost")
    assert fetched(client, path, **token)[1].startswith(b"SQLite format 3")
    assert client.get(path).status_code == 404
    parcels.let_go_of_all(session)  # as an erasure does
    assert client.get(begun.headers["Location"], headers=token).status_code == 404
