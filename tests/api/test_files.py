"""All that a search finds, as files for programs."""

import csv
import io
from pathlib import Path
from typing import Any

import pyogrio
import pytest
from flask.testing import FlaskClient
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from assetmap.db import db, now
from assetmap.errors import NotAllowed
from assetmap.models import ApiToken, AuditEntry, Team, User
from assetmap.outside.alone import hold_one
from assetmap.register import sign_in
from assetmap.settings import Settings
from tests.make import commit, make_entry, make_team, make_user


@pytest.fixture
def token(session: Session, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Of an editor of the team that keeps three halls with phones."""
    monkeypatch.setattr("assetmap.register.deployment.purpose_above", lambda _session: 2)
    team: Team = make_team(session)
    make_user(session, team, "editor", "ed@demo.example")
    for n in range(3):
        make_entry(session, "asset", team, title=f"Hall {n}", phone="01632 960 123")
    make_entry(session, "asset", team, title="Hut", visibility="team")
    commit()
    plain = sign_in.make_token(session, "ed@demo.example")
    commit()
    return {"Authorization": f"Bearer {plain}"}


def test_a_program_takes_all_that_it_may_see_says_what_for_and_goes_on_where_it_broke_off(
    client: FlaskClient, session: Session, token: dict[str, str], tmp_path: Path
) -> None:
    assert "Hut" not in client.get("/api/entries.csv").text
    refused = client.get("/api/entries.csv", headers=token)
    assert (refused.status_code, refused.content_type) == (428, "application/problem+json")
    why = token | {"X-Purpose": "planning"}
    whole = client.get("/api/entries.csv?kind=asset", headers=why)
    assert whole.headers["X-Classification"] == "OFFICIAL"
    found = list(csv.DictReader(io.StringIO(whole.data.decode("utf-8-sig"))))
    assert [row["title"] for row in found] == ["Hall 0", "Hall 1", "Hall 2", "Hut"]
    rest = client.get(f"/api/entries.geojson?after={found[1]['ref']}", headers=why)
    given: list[dict[str, Any]] = rest.get_json(force=True)["features"]
    assert [one["properties"]["title"] for one in given] == ["Hall 2", "Hut"]
    packed = client.get("/api/entries.gpkg", headers=why)
    (tmp_path / "all.gpkg").write_bytes(packed.data)
    assert pyogrio.read_info(tmp_path / "all.gpkg")["features"] == 4
    session.rollback()
    told = select(AuditEntry.channel, AuditEntry.subject_count, AuditEntry.purpose)
    told = told.where(AuditEntry.action == "exported").order_by(AuditEntry.seq)
    assert [tuple(row) for row in session.execute(told)] == [
        ("csv", 4, "planning"),
        ("geojson", 2, "planning"),
        ("gpkg", 4, "planning"),
    ]
    for wrong in ("cursor=x", "limit=3", "after=x", "since=2026-01-01T00:00:00Z"):
        assert client.get(f"/api/entries.csv?{wrong}", headers=why).status_code == 400, wrong


@pytest.mark.parametrize("form", ["csv", "geojson", "gpkg"])
def test_revoking_a_token_stops_each_sort_of_file_on_its_way(
    client: FlaskClient, session: Session, token: dict[str, str], form: str, piece_by_piece: None
) -> None:
    answer = client.get(f"/api/entries.{form}", headers=token | {"X-Purpose": "planning"})
    assert answer.status_code == 200
    pieces = answer.iter_encoded()
    begun = [next(pieces), next(pieces)]
    session.rollback()
    with db.engine.begin() as elsewhere:
        elsewhere.execute(update(ApiToken).values(revoked_at=now()))
    with pytest.raises(NotAllowed, match="has changed since you began"):
        begun.extend(pieces)
    assert form == "gpkg" or b"Hut" not in b"".join(begun)
    session.rollback()


def test_one_person_and_all_who_are_signed_out_take_so_many_files_at_a_time_and_no_more(
    client: FlaskClient, session: Session, token: dict[str, str]
) -> None:
    why = token | {"X-Purpose": "planning"}
    settings: Settings = client.application.extensions["settings"]
    me = session.scalars(select(User.id)).one()
    folder = settings.instance / "taking"
    for headers, name, most in (
        ({}, "public", settings.exports_public),
        (why, f"person-{me}", settings.exports_each),
    ):
        held = [hold_one(folder, name, most) for _ in range(most)]  # as other processes do
        assert hold_one(folder, name, most) is None
        for path in ("/api/entries.csv", "/api/entries.geojson", "/search.gpkg"):
            refused = client.get(path, headers=headers)
            assert (refused.status_code, refused.headers["Retry-After"]) == (429, "30")
            assert "as many files" in refused.text
        for place in held:
            assert place is not None
            place.close()
        for _ in range(most):  # each lets go of its place, also where nobody reads it
            assert client.get("/api/entries.gpkg", headers=headers).data
            assert client.head("/api/entries.csv", headers=headers).status_code == 200
