"""Voice notes: they arrive whole, only their team hears them, and what they say can be read."""

import base64
import hashlib
import re
import uuid

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from assetmap.models import Attachment, AuditEntry, History, Team, User
from tests.make import commit, make_entry
from tests.web.pages import token

WEBM = b"\x1a\x45\xdf\xa3\x9fB\x86\x81\x01B\x82\x84webm" + bytes(500)
MP4 = b"\x00\x00\x00\x1cftypiso5" + bytes(500)


def deliver(client: FlaskClient, uid: object, data: bytes, *, said: bytes | None = None) -> int:
    """The answer to a delivery whose Content-Digest is that of `said`."""
    summed = base64.b64encode(hashlib.sha256(said or data).digest()).decode()
    answer = client.put(
        f"/api/entries/{uid}/voice-notes/{uuid.uuid4()}",
        data=data,
        content_type="audio/webm;codecs=opus",
        headers={"Content-Digest": f"sha-256=:{summed}:", "X-CSRFToken": token(client)},
    )
    return answer.status_code


@pytest.fixture
def path(session: Session, team: Team, editor: User) -> str:
    found = make_entry(session, "asset", team).path
    commit()
    return found


def test_only_whole_recordings_are_kept_and_each_once(
    client: FlaskClient, path: str, session: Session
) -> None:
    uid = path.rpartition("/")[2]
    assert deliver(client, uid, WEBM, said=MP4) == 422
    assert deliver(client, uid, b"<svg>" + bytes(500)) == 422
    assert deliver(client, uid, WEBM + bytes(2 * 2**20)) == 413
    for data in (WEBM, WEBM, MP4):
        assert deliver(client, uid, data) == 200
    kept = session.scalars(select(Attachment).order_by(Attachment.id)).all()
    assert [one.mime for one in kept] == ["audio/webm", "audio/mp4"]


def test_its_team_alone_hears_a_voice_note_and_what_it_says_can_be_written_down(
    client: FlaskClient, path: str, app: Flask, session: Session
) -> None:
    deliver(client, path.rpartition("/")[2], WEBM)
    stranger = app.test_client()
    address = re.findall(r'src="(/voice-notes/[^"]+)"', client.get(path).text)[0]
    part = client.get(address, headers={"Range": "bytes=4-9"})
    assert (part.status_code, part.data, part.mimetype) == (206, WEBM[4:10], "audio/webm")
    assert part.headers["X-Content-Type-Options"] == "nosniff"
    assert part.headers["Cache-Control"] == "private, no-cache"  # it may be removed meanwhile
    assert client.get(address).data == WEBM
    assert stranger.get(address).status_code == 401
    page = f"{path}/voice-notes"
    for words in ("The gate sticks", "x" * 4001):
        form = {"csrf_token": token(client)}
        where = re.findall(r'action="([^"]+/words)"', client.get(page).text)[0]
        client.post(where, data=form | {"transcript": words})
    assert "The gate sticks" in client.get(path).text
    assert "voice-notes" not in stranger.get(path).text
    assert "gate sticks" not in stranger.get(path).text
    heard = select(AuditEntry.fields).where(AuditEntry.action == "read")
    assert ["voice_notes"] in session.scalars(heard).all()
    told = [row.changes for row in session.scalars(select(History))]
    assert "gate sticks" not in str(told)


def test_a_voice_note_taken_away_can_be_put_back(client: FlaskClient, path: str) -> None:
    deliver(client, path.rpartition("/")[2], WEBM)
    page = f"{path}/voice-notes"
    address = re.findall(r'src="(/voice-notes/[^"]+)"', client.get(page).text)[0]
    for verb, status in (("remove", 404), ("put-back", 200)):
        shown = client.get(page).text
        where = re.findall(rf'action="([^"]+/{verb})"', shown)[0]
        assert client.post(where, data={"csrf_token": token(client)}).status_code == 303
        assert client.get(address).status_code == status
