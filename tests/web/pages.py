"""Using the service as a browser does: signed in, with the token a form carries."""

import re

from flask import g
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from assetmap.db import db
from assetmap.gate import SESSION_KEY
from assetmap.models import User
from tests.make import make_session

_TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')


def sign_in(client: FlaskClient, user: User) -> None:
    """Be that person from here on."""
    secret = make_session(db.session, user)
    with client.session_transaction() as cookie:
        cookie[SESSION_KEY] = secret


def token(client: FlaskClient, page: str = "/sign-in") -> str:
    """The token in a page's form."""
    g.pop("csrf_token", None)  # the tests' own context outlives a request, real ones don't
    found = _TOKEN.search(client.get(page).text)
    assert found, f"{page} has no form"
    return found[1]


def press(client: FlaskClient, path: str, page: str = "/sign-in", **fields: object) -> TestResponse:
    """Send a form, with the token of a page that has one."""
    return client.post(path, data={"csrf_token": token(client, page)} | fields)
