"""Adding, showing and removing photos of an entry."""

import errno
import io
import os
import re

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from assetmap.models import Team, User
from assetmap.settings import Settings
from tests.make import commit, make_entry
from tests.outside.s3_server import S3Server, keep_media_in, nobody
from tests.web.filled import filled
from tests.web.uploads import jpeg


@pytest.fixture
def path(session: Session, team: Team, editor: User) -> str:
    entry = make_entry(session, "asset", team)
    found = entry.path
    commit()
    return found


def add(client: FlaskClient, path: str, **said: object) -> TestResponse:
    form = filled(client.get(f"{path}/photos").text, "/photos").to_dict()
    return client.post(f"{path}/photos", data=form | said)


def test_a_public_photo_is_shown_to_everybody_until_it_is_removed(
    client: FlaskClient, path: str, app: Flask
) -> None:
    add(client, path, photo=(jpeg(), "a.jpg"), alt_text="The door", consent_scope="public")
    page = app.test_client().get(path).text
    assert 'alt="The door"' in page
    address = page.partition('<img src="')[2].partition('"')[0]
    picture = app.test_client().get(address)
    assert (picture.status_code, picture.mimetype) == (200, "image/jpeg")
    shown = client.get(f"{path}/photos").text
    remove = re.search(r'action="([^"]+/remove)"', shown)
    assert remove is not None
    client.post(remove[1], data=filled(shown, "/remove"))
    assert app.test_client().get(address).status_code == 404


def test_a_photo_for_which_there_is_no_room_is_refused_in_words(
    client: FlaskClient, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(handle: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    answer = add(client, path, photo=(jpeg(), "a.jpg"), alt_text="The door")
    assert answer.status_code == 503
    assert "The disk is full" in answer.text
    assert "The door" in answer.text


def test_a_photo_for_the_team_is_not_found_by_others(
    client: FlaskClient, path: str, app: Flask
) -> None:
    add(client, path, photo=(jpeg(), "a.jpg"), alt_text="Inside")
    page = client.get(path).text
    assert 'alt="Inside"' in page
    address = page.partition('<img src="')[2].partition('"')[0]
    assert app.test_client().get(address).status_code == 404
    assert 'alt="Inside"' not in app.test_client().get(path).text


def test_what_is_no_photo_is_refused_in_words(client: FlaskClient, path: str) -> None:
    for given in ((io.BytesIO(b"<script>"), "a.jpg"), None):
        answer = add(client, path, **({"photo": given} if given else {}))
        assert answer.status_code == 422
        assert 'href="#photo"' in answer.text


def test_a_public_photo_needs_words(client: FlaskClient, path: str) -> None:
    answer = add(client, path, photo=(jpeg(), "a.jpg"), consent_scope="public")
    assert answer.status_code == 422
    assert 'href="#alt_text"' in answer.text


@pytest.mark.parametrize("database", ["spatialite"])
def test_a_photo_that_cannot_be_kept_now_is_refused_and_what_was_typed_stays(
    client: FlaskClient, path: str, settings: Settings
) -> None:
    keep_media_in(settings, S3Server(nobody(), "key", "secret"))
    answer = add(client, path, photo=(jpeg(), "a.jpg"), alt_text="The door", caption="Blue")
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "10")
    assert "cannot be reached just now" in answer.text
    form = filled(answer.text, "/photos")
    assert (form["alt_text"], form["caption"]) == ("The door", "Blue")
    assert 'alt="The door"' not in client.get(path).text
