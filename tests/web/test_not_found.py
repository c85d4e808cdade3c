"""What somebody sees where there is nothing to see: helpful, and the same whatever the reason."""

import re

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from assetmap.models import Team
from tests.make import commit, make_entry, make_team, make_user
from tests.web.pages import sign_in

ABSENT = "/assets/018f0000-0000-7000-8000-000000000000"


def shown(client: FlaskClient, path: str) -> str:
    """The page of a 404, without what differs on each request."""
    answer = client.get(path)
    assert answer.status_code == 404
    return re.sub(r'(nonce=|name="csrf_token" value=)"[^"]*"', "", answer.text)


@pytest.mark.parametrize("path", ["/no-such-page", "/areas/nowhere", ABSENT])
def test_what_cannot_be_found_offers_a_search_and_the_way_home(
    client: FlaskClient, path: str
) -> None:
    page = shown(client, path)
    assert "This page cannot be found" in page
    assert re.search(r'<form method="get"\s+action="/search"', page)
    assert '<input class="govuk-input" id="text" name="text" type="search"' in page
    assert 'href="/">Go to the first page' in page
    assert "URL" not in page


def test_the_search_on_it_finds_what_was_looked_for(
    client: FlaskClient, session: Session, team: Team
) -> None:
    make_entry(session, "asset", team, title="Riverside hall")
    commit()
    assert 'action="/search"' in shown(client, "/riverside-hall")
    assert "Riverside hall" in client.get("/search?text=riverside").text


@pytest.mark.parametrize("visibility", ["team", "restricted"])
@pytest.mark.parametrize("signed_in", [False, True], ids=["stranger", "another team"])
def test_what_is_hidden_looks_like_what_was_never_there(
    client: FlaskClient, session: Session, team: Team, visibility: str, *, signed_in: bool
) -> None:
    entry = make_entry(session, "asset", team, title="Safe house", visibility=visibility)
    hidden = entry.path
    other = make_user(session, make_team(session, "Elsewhere"))
    commit()
    if signed_in:
        sign_in(client, other)
    assert shown(client, hidden) == shown(client, ABSENT)
    assert "Safe house" not in shown(client, hidden)
