"""What a token lets a program do at the JSON door."""

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from assetmap.access import OPERATOR
from assetmap.db import db
from assetmap.models import ApiToken, Membership, Team, User
from assetmap.register import tokens
from assetmap.schemas.people import NewToken
from tests.api.callers import Caller
from tests.api.conftest import HALL, Place, fresh
from tests.make import commit, make_category


@pytest.fixture
def both(session: Session, place: Place) -> User:
    """Our program's person, in the other team too."""
    user = session.scalars(select(User).where(User.email == "ours@demo.example")).one()
    other = session.scalars(select(Team).where(Team.name == "Hilltop team")).one()
    session.add(Membership(user_id=user.id, team_id=other.id, role="editor"))
    make_category(session, "asset", "pla_hall")
    commit()
    return user


def caller(app: Flask, session: Session, user: User, **asked: object) -> Caller:
    new = NewToken.model_validate(asked)
    made = Caller(app, tokens.make(session, user, new, viewer=OPERATOR))
    commit()
    return made


def test_a_token_for_reading_reads_what_its_person_sees_and_changes_nothing(
    app: Flask, session: Session, place: Place, both: User
) -> None:
    reader = caller(app, session, both, scope="read")
    assert reader.get(f"/api/assets/{place.hidden}").status_code == 200
    kept = reader.get(f"/api/assets/{place.hidden}").get_json()
    for answer in (
        reader.put(fresh(), json=HALL),
        reader.delete(f"/api/assets/{place.hidden}?why=x"),
        reader.post(f"/api/entries/{place.hidden}/check", json={"how": "visit"}),
        reader.post(f"/api/entries/{place.hidden}/status", json={"status": "closed"}),
    ):
        assert answer.status_code == 403
        assert "may only read" in answer.get_json()["detail"]
    assert reader.get(f"/api/assets/{place.hidden}").get_json() == kept


def test_a_token_of_one_team_neither_sees_nor_changes_what_is_the_others(
    app: Flask, session: Session, place: Place, both: User
) -> None:
    whole = caller(app, session, both)
    bound = caller(app, session, both, team="Hilltop team")
    assert whole.get(f"/api/assets/{place.hidden}").status_code == 200
    assert bound.get(f"/api/assets/{place.hidden}").status_code == 404
    assert bound.put(fresh(), json={**HALL, "team": place.team}).status_code in (403, 404, 422)
    address = fresh()
    made = bound.put(address, json=HALL)
    assert made.status_code == 201, made.text
    assert place.theirs.get(address).status_code == 200


def test_last_use_is_kept_also_of_a_program_that_only_reads(
    app: Flask, session: Session, place: Place, both: User
) -> None:
    reader = caller(app, session, both, scope="read")
    reader.get("/api/entries")
    db.session.rollback()
    last = session.scalars(select(ApiToken).order_by(ApiToken.id.desc())).first()
    assert last is not None
    assert last.last_used_at is not None


def test_a_token_sent_in_the_address_is_no_token(place: Place) -> None:
    refused = place.public.get(f"/api/assets/{place.hidden}?access_token={place.ours.token}")
    assert refused.status_code in (400, 404)
