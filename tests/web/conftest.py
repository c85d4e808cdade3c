"""A team and somebody of it, signed in, for the tests of pages."""

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from assetmap.models import Team, User
from tests.make import make_team, make_user
from tests.web.pages import sign_in


@pytest.fixture
def team(session: Session) -> Team:
    return make_team(session)


@pytest.fixture
def editor(session: Session, team: Team, client: FlaskClient) -> User:
    """Somebody of the team, signed in."""
    user = make_user(session, team)
    sign_in(client, user)
    return user
