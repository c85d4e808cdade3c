"""Tokens for programs: what they may do, where, until when, and who ends them."""

from datetime import timedelta

import pytest
from pydantic import ValidationError
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from assetmap.access import OPERATOR, PUBLIC, viewer_of
from assetmap.db import now
from assetmap.errors import Invalid, NotAllowed, NotFound, SignInFirst
from assetmap.models import ApiToken, Membership, Team, User
from assetmap.register import tokens
from assetmap.schemas.people import NewToken
from assetmap.vocabulary import TokenScope
from tests.make import make_team, make_user


@pytest.fixture
def teams(session: Session) -> tuple[Team, Team]:
    return make_team(session), make_team(session, "Hilltop team")


@pytest.fixture
def user(session: Session, teams: tuple[Team, Team]) -> User:
    user = make_user(session, teams[0])
    session.add(Membership(user_id=user.id, team_id=teams[1].id, role="admin"))
    session.flush()
    return user


def made(session: Session, user: User, **asked: object) -> str:
    new = NewToken.model_validate(asked)
    return tokens.make(session, user, new, viewer=viewer_of(session, user.id))


def test_a_token_acts_as_its_person(session: Session, user: User) -> None:
    came = tokens.bearer(session, made(session, user))
    assert came.viewer == viewer_of(session, user.id)
    assert came.may_write


def test_a_token_for_reading_may_not_write(session: Session, user: User) -> None:
    assert not tokens.bearer(session, made(session, user, scope="read")).may_write


def test_a_token_of_one_team_has_nothing_of_the_other(
    session: Session, user: User, teams: tuple[Team, Team]
) -> None:
    viewer = tokens.bearer(session, made(session, user, team=teams[0].name)).viewer
    assert viewer.roles == {teams[0].id: frozenset({"editor"})}
    assert not viewer.is_admin


def test_a_token_of_a_team_that_its_person_left_has_nothing(
    session: Session, user: User, teams: tuple[Team, Team]
) -> None:
    secret = made(session, user, team=teams[0].name)
    session.delete(
        session.scalars(select(Membership).where(Membership.team_id == teams[0].id)).one()
    )
    session.flush()
    assert tokens.bearer(session, secret).viewer.roles == {}


@pytest.mark.parametrize(
    "forged", ["", "am_", "am_" + "x" * 43, "\ud800", "' OR 1=1 --", "x" * 9999]
)
def test_a_forged_token_is_refused(session: Session, user: User, forged: str) -> None:
    made(session, user)
    with pytest.raises(SignInFirst, match="not known"):
        tokens.bearer(session, forged)


def test_what_is_kept_of_a_token_is_no_token(session: Session, user: User) -> None:
    secret = made(session, user)
    kept = session.scalars(select(ApiToken.token_hash)).one()
    assert secret not in kept
    with pytest.raises(SignInFirst):
        tokens.bearer(session, kept)


def test_a_token_that_ran_out_is_refused_and_no_longer_listed(session: Session, user: User) -> None:
    secret = made(session, user, days=1)
    session.execute(update(ApiToken).values(expires_at=now() - timedelta(seconds=1)))
    with pytest.raises(SignInFirst):
        tokens.bearer(session, secret)
    assert tokens.of(session, user.id, viewer=OPERATOR) == []


def test_a_revoked_token_is_refused_and_revoking_it_again_changes_nothing(
    session: Session, user: User
) -> None:
    secret = made(session, user)
    viewer = viewer_of(session, user.id)
    token = session.scalars(select(ApiToken)).one()
    first = tokens.revoke(session, token.id, user, viewer=viewer).revoked_at
    assert tokens.revoke(session, token.id, user, viewer=viewer).revoked_at == first
    with pytest.raises(SignInFirst):
        tokens.bearer(session, secret)


def test_nobody_makes_lists_or_revokes_another_persons_tokens(session: Session, user: User) -> None:
    other = make_user(session, make_team(session, "Third"), "admin", "other@demo.example")
    viewer = viewer_of(session, other.id)
    made(session, user)
    token = session.scalars(select(ApiToken)).one()
    with pytest.raises(NotAllowed):
        tokens.make(session, user, NewToken(), viewer=viewer)
    with pytest.raises(NotAllowed):
        tokens.of(session, user.id, viewer=viewer)
    with pytest.raises(NotFound):
        tokens.revoke(session, token.id, other, viewer=viewer)
    with pytest.raises(SignInFirst):
        tokens.make(session, user, NewToken(), viewer=PUBLIC)


def test_a_token_of_somebody_shut_out_is_refused(session: Session, user: User) -> None:
    secret = made(session, user)
    user.is_active = False
    session.flush()
    with pytest.raises(SignInFirst):
        tokens.bearer(session, secret)


def test_a_team_one_is_not_in_is_refused(session: Session, user: User) -> None:
    make_team(session, "Third")
    for team in ("Third", "No such team"):
        with pytest.raises(Invalid):
            made(session, user, team=team)


@pytest.mark.parametrize("days", [0, -1, 366, 10**9])
def test_a_token_works_a_year_at_most(days: int) -> None:
    with pytest.raises(ValidationError):
        NewToken(days=days)


def test_there_is_an_end_to_how_many_tokens_one_has(session: Session, user: User) -> None:
    for _ in range(tokens.MOST):
        made(session, user)
    with pytest.raises(Invalid, match="Revoke one"):
        made(session, user)


def test_use_is_noted_at_most_once_a_minute(session: Session, user: User) -> None:
    secret = made(session, user, scope=TokenScope.READ)
    assert tokens.used(tokens.bearer(session, secret)) is not None
    session.execute(update(ApiToken).values(last_used_at=now()))
    session.expire_all()
    assert tokens.used(tokens.bearer(session, secret)) is None


def test_without_an_authenticator_a_token_has_no_role_of_weight_where_that_is_asked(
    session: Session, user: User, teams: tuple[Team, Team]
) -> None:
    viewer = tokens.bearer(session, made(session, user), proof_needed=True).viewer
    assert viewer.roles == {teams[0].id: frozenset({"editor"})}
