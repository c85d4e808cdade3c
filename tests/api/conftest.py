"""A small register with two teams, and programs that act for them and for nobody."""

import uuid
from dataclasses import dataclass
from typing import Any

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from assetmap.access import OPERATOR
from assetmap.register import links, sign_in
from assetmap.vocabulary import Kind, Relation
from tests.api.callers import Caller
from tests.make import commit, make_area, make_entry, make_team, make_user, point

HALL = {"title": "Hall", "category": "pla_hall", "geometry": point()}


@dataclass(frozen=True)
class Place:
    """What the small register holds; uids, as programs know it by."""

    public: Caller
    ours: Caller
    theirs: Caller
    team: str
    entries: dict[str, str]  # one of each kind
    hidden: str  # an asset that only our team sees


@pytest.fixture
def place(app: Flask, session: Session) -> Place:
    team, others = make_team(session), make_team(session, "Hilltop team")
    callers = []
    for one, email in ((team, "ours@demo.example"), (others, "theirs@demo.example")):
        make_user(session, one, "editor", email)
        callers.append(Caller(app, sign_in.make_token(session, email)))
    make_area(session)
    made = {kind.value: make_entry(session, kind.value, team) for kind in Kind}
    hidden = make_entry(session, "asset", team, title="Refuge", visibility="team")
    links.link(session, made["offer"], Relation.FOUND_ON, made["walkabout"], viewer=OPERATOR)
    links.link(session, made["walkabout"], Relation.ABOUT, made["hotspot"], viewer=OPERATOR)
    uids = {kind: str(entry.uid) for kind, entry in made.items()}
    where = Place(Caller(app), callers[0], callers[1], team.name, uids, str(hidden.uid))
    commit()
    return where


def fresh(kind: str = "assets") -> str:
    return f"/api/{kind}/{uuid.uuid4()}"


def tagged(version: int) -> dict[str, str]:
    return {"If-Match": f'"{version}"'}


def hall(place: Place, **more: Any) -> tuple[str, dict[str, Any]]:
    """A new asset of ours: its address, and the Feature that came back."""
    address = fresh()
    made = place.ours.put(address, HALL | more)
    assert made.status_code == 201, made.get_json()
    return address, made.get_json()
