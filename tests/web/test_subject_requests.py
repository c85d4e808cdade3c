"""The pages of what people ask about their own details: from the letter to the package."""

import io
import json
import zipfile
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from assetmap.access import OPERATOR
from assetmap.db import now
from assetmap.models import (
    AuditEntry,
    AuditSubject,
    Letter,
    SubjectHit,
    SubjectRequest,
    Team,
    User,
)
from assetmap.outside.import_folder import ImportFolder
from assetmap.register import imports, subject_requests, subject_review, subject_search
from assetmap.schemas.imports import StoredImport
from assetmap.settings import Settings
from assetmap.vocabulary import Kind
from tests.make import commit, make_entry, make_person, make_request, make_user
from tests.queries import MOST_ON_A_PAGE, counted, questions
from tests.web.pages import press, sign_in

HOSTILE = "<script>alert(1)</script> Pat Example & \x3c/pre>"


@pytest.fixture
def officer(client: FlaskClient, session: Session, team: Team) -> User:
    user = make_user(session, team, "data_officer", "officer@demo.example")
    commit()
    sign_in(client, user)
    commit()
    return user


def test_a_request_goes_from_the_letter_to_a_package_in_which_hostile_text_stays_text(
    client: FlaskClient, session: Session, team: Team, officer: User
) -> None:
    make_entry(session, "asset", team, description=HOSTILE)
    person_uid = make_person(session, team, email="pat@people.example").uid
    commit()
    said = {"kind": "access", "name": "Pat Example", "received_on": now().date().isoformat()}
    assert press(client, "/requests/new", "/requests/new", kind="access").status_code == 422
    at = str(press(client, "/requests/new", "/requests/new", **said).location)
    assert press(client, f"{at}/search", at).status_code == 409
    assert press(client, f"{at}/identity", at, how="").status_code == 422
    assert press(client, f"{at}/identity", at, how="Came with a letter").status_code == 303
    assert press(client, f"{at}/search", at).status_code == 303
    with counted() as sent:
        page = client.get(at).text
    assert len(questions(sent)) <= MOST_ON_A_PAGE, sent
    assert "&lt;script&gt;alert(1)" in page
    assert press(client, f"{at}/package", at).status_code == 409
    session.rollback()
    session.expire_all()
    hit = session.scalars(select(SubjectHit).where(SubjectHit.place == "entry.description")).one()
    wrong = press(client, f"{at}/hits/{hit.id}", at, decision="leave_out")
    assert (wrong.status_code, "Say why it is left out." in wrong.text) == (422, True)
    hidden = {"decision": "include", "hide": "alert(1)"}
    assert press(client, f"{at}/hits/{hit.id}", at, **hidden).status_code == 303
    assert press(client, f"{at}/include-rest", at).status_code == 303
    link = str(press(client, f"{at}/package", at).location)
    answer = client.get(link)
    files = zipfile.ZipFile(io.BytesIO(answer.data))
    texts = {name: files.read(name).decode() for name in files.namelist()}
    (as_json,) = (json.loads(text) for name, text in texts.items() if name.endswith(".json"))
    (as_html,) = (text for name, text in texts.items() if name.endswith(".html"))
    assert "&lt;script&gt;█████&lt;/script&gt; Pat Example &amp;" in as_html
    assert "<script" not in as_html
    assert "http" not in as_html.replace("http-equiv", "")
    assert any("<script>█████</script>" in one["text"] for one in as_json["found"])
    assert press(client, f"{at}/sent", at).status_code == 303
    assert press(client, f"{at}/close", at, outcome="Sent by post").status_code == 303
    session.rollback()
    assert session.scalars(select(SubjectHit)).all() == []
    actions = session.scalars(
        select(AuditEntry.action).where(AuditEntry.entity == "subject_request")
    ).all()
    assert {"created", "searched", "checked", "read", "shared", "exported"} <= set(actions)
    seen = select(AuditSubject.seq).where(AuditSubject.uid == person_uid)
    assert len(session.scalars(seen).all()) > 1  # whoever saw the contact's details is known


def test_a_package_is_for_whoever_asked_for_it_for_ten_minutes(
    client: FlaskClient,
    session: Session,
    team: Team,
    officer: User,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    one = make_request(session, status="review", identity_on=now().date())
    other = make_user(session, team, "data_officer", "other@demo.example")
    commit()
    at = f"/requests/{one.uid}"
    link = str(press(client, f"{at}/package", at).location)
    assert client.get(link).status_code == 200
    assert client.get(f"{at}/package.zip").status_code == 404
    assert client.get(link + "x").status_code == 404
    monkeypatch.setattr("assetmap.web.subject_requests.LINK_SECONDS", -1)
    assert client.get(link).status_code == 404
    monkeypatch.undo()
    session.rollback()
    sign_in(client, other)
    commit()
    assert client.get(link).status_code == 404


def test_an_auditor_sees_the_clocks_and_no_name(
    client: FlaskClient, session: Session, team: Team
) -> None:
    one = make_request(session, email="pat@people.example", words="Pat asks")
    auditor = make_user(session, team, "auditor", "auditor@demo.example")
    commit()
    sign_in(client, auditor)
    commit()
    for address in ("/requests/", f"/requests/{one.uid}"):
        page = client.get(address).text
        assert one.ref in page
        assert "Pat" not in page
        assert "people.example" not in page
    assert press(client, f"/requests/{one.uid}/resume").status_code == 403


def test_anybody_asks_without_an_account_and_is_given_a_number(
    client: FlaskClient, session: Session, team: Team
) -> None:
    commit()
    said = {"kind": "complaint", "name": "Pat <b>Example", "words": "You rang me at night"}
    wrong = press(client, "/your-details/", "/your-details/", **said)
    assert (wrong.status_code, "Pat &lt;b&gt;Example" in wrong.text) == (422, True)
    sent = press(client, "/your-details/", "/your-details/", **said, email="pat@people.example")
    assert sent.status_code == 303
    one = session.scalars(select(SubjectRequest)).one()
    assert (one.kind, one.came_by, one.status, one.identity_on) == (
        *("complaint", "form", "received"), None,
    )  # fmt: skip
    assert one.ref in client.get("/your-details/").text
    letter = session.scalars(select(Letter)).one()  # at once, with the day of the answer
    due = subject_requests.clock(one, one.received_on).due_on
    assert letter.email == "pat@people.example"
    assert f"You will be answered by {due.day} {due:%B %Y}" in letter.text
    assert "Pat" not in letter.text
    session.rollback()
    row = session.scalars(select(AuditEntry).where(AuditEntry.entity == "subject_request")).one()
    assert (row.actor_kind, row.uid) == ("public", one.uid)


def test_an_erasure_forgets_the_uploads_that_what_was_theirs_came_from(
    client: FlaskClient, session: Session, settings: Settings, team: Team, officer: User
) -> None:
    uploads = []
    for text in (HOSTILE, HOSTILE, "Nothing of theirs"):
        entry = make_entry(session, "asset", team, description=text)
        stored = StoredImport()
        done = imports.begin(
            session, Kind.ASSET, "halls.csv", "x", stored, viewer=OPERATOR, team_id=team.id
        )
        entry.import_id = done.id
        folder = ImportFolder.of(settings.instance, done.uid)
        folder.keep(io.BytesIO(text.encode()))
        uploads.append(folder.upload)
    one = make_request(session, kind="erasure", status="searching", identity_on=now().date())
    subject_search.run(session, one, viewer=OPERATOR)
    subject_review.include_rest(session, one, viewer=OPERATOR)
    at = f"/requests/{one.uid}"
    commit()
    assert press(client, f"{at}/carry-out", at).status_code == 303
    assert [upload.exists() for upload in uploads] == [False, False, True]


def test_who_asked_to_be_erased_is_in_no_file_of_the_database_once_that_is_closed(
    client: FlaskClient, session: Session, officer: User
) -> None:
    kept = session.get_bind().engine.url.database or ""
    asked = {"kind": "erasure", "name": "Zyx Quillfeather", "status": "sent", "done_at": now()}
    one = make_request(session, **asked)
    at = f"/requests/{one.uid}"
    commit()
    assert press(client, f"{at}/close", at, outcome="Done").status_code == 303
    session.rollback()
    files = [file for file in (Path(kept), Path(f"{kept}-wal")) if file.is_file()]
    assert not [file for file in files if b"Quillfeather" in file.read_bytes()]
