"""Reading from a hot standby: who reads what from it, and what if it is behind or lost."""

import contextvars
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from click.testing import CliRunner
from flask import Flask
from flask.testing import FlaskClient
from pydantic import ValidationError
from sqlalchemy import delete, event, func, select

from assetmap import replica, spatial
from assetmap.app import create_app
from assetmap.cli.doctor import doctor
from assetmap.connections import STANDBY
from assetmap.db import db
from assetmap.errors import NotAllowed
from assetmap.models import ApiToken, AuditEntry, Team, UserSession
from assetmap.settings import Settings
from tests.make import make_entry
from tests.replica.conftest import Service
from tests.replica.following import wait_for
from tests.web.filled import filled

HOW_FAR = "pg_last_wal_replay_lsn"


def rename(client: FlaskClient, service: Service) -> None:
    """Give the hall another name, through its form."""
    path = f"{service.hall}/edit"
    said = filled(client.get(path).text, path)
    said["title"], said["placeless"] = "New name", "yes"
    service.asked.clear()
    answer = client.post(path, data=said)
    assert answer.status_code == 303, answer.text


def shown(client: FlaskClient, page: str = "/") -> str:
    """What the hall is called on a page."""
    answer = client.get(page)
    assert answer.status_code == 200
    found = re.search(r"(Old|New) name", answer.text)
    assert found, answer.text
    return found[0]


def program(service: Service, token: str, **headers: str) -> int:
    """How a program's search is answered."""
    bearer = {"Authorization": f"Bearer {token}", **headers}
    return service.somebody().get("/api/entries", headers=bearer).status_code


def test_who_wrote_reads_it_at_once_and_others_read_what_the_standby_has(service: Service) -> None:
    editor, other, passer_by = (service.somebody(n) for n in ("editor", "other", ""))
    service.fall_behind()
    rename(editor, service)
    assert shown(editor) == shown(editor, service.hall) == "New name"
    assert not service.from_standby()
    for reader in (other, passer_by):
        for page in ("/", "/search.csv", "/api/entries", service.hall):
            assert shown(reader, page) == "Old name"
            assert service.from_standby(), page
    service.catch_up()
    assert shown(editor) == shown(other) == shown(passer_by) == "New name"
    assert service.from_standby()


def test_a_passer_by_who_wrote_reads_from_the_primary_until_the_standby_has_it(
    service: Service,
) -> None:
    passer_by, path = service.somebody(), f"{service.hall}/suggest"
    service.fall_behind()
    said = filled(passer_by.get(path).text, path)
    assert service.from_standby()
    said["title"], said["about"] = "River hall", "details"
    assert passer_by.post(path, data=said).status_code == 303
    assert shown(passer_by) == "Old name"
    assert not service.from_standby()
    service.catch_up()
    shown(passer_by)
    assert service.from_standby()


def test_a_program_that_writes_reads_from_the_primary_unless_it_says_up_to_where(
    service: Service,
) -> None:
    reading, writing = service.token("read"), service.token("write")
    service.fall_behind()
    path = f"/api/entries/{service.hall.rpartition('/')[2]}/check"
    bearer = {"Authorization": f"Bearer {writing}"}
    checked = service.somebody().post(path, headers=bearer, json={"how": "visit"})
    assert checked.status_code == 200, checked.text
    position = checked.headers[replica.HEADER]
    service.asked.clear()
    said: dict[str, str]
    for token, said, used in (
        (reading, {}, True),
        (writing, {}, False),
        (writing, {replica.HEADER: position}, False),
        (writing, {replica.HEADER: "0"}, True),
        (writing, {replica.HEADER: "-1"}, False),
    ):
        assert program(service, token, **said) == 200
        assert service.from_standby() == used, said
    service.catch_up()
    assert program(service, writing, **{replica.HEADER: position}) == 200
    assert service.from_standby()


def test_whoever_is_shut_out_is_so_at_once_however_far_behind_the_standby_is(
    service: Service,
) -> None:
    editor, token = service.somebody("editor"), service.token("read")
    service.fall_behind()
    assert program(service, token) == 200
    assert service.from_standby()
    with service.app.app_context():
        spatial.writing(db.session)
        for table in (UserSession, ApiToken):
            db.session.execute(delete(table))
        db.session.commit()
    assert program(service, token) == 401
    assert editor.get("/account/").status_code == 401
    assert 'href="/account/"' not in editor.get("/").text
    assert service.from_standby()


def test_a_download_from_the_standby_stops_once_its_session_has_ended_on_the_primary(
    service: Service, piece_by_piece: None
) -> None:
    editor = service.somebody("editor")
    with service.app.app_context():
        spatial.writing(db.session)
        team = db.session.get_one(Team, service.keys["team"])
        for name in "abc":
            make_entry(db.session, "asset", team, title=f"Hut {name}")
        db.session.commit()
    service.fall_behind()
    service.asked.clear()
    pieces = editor.get("/search.csv?text=hut").iter_encoded()
    begun = [next(pieces), next(pieces)]
    assert service.from_standby()
    with service.app.app_context(), db.engine.begin() as elsewhere:
        elsewhere.execute(delete(UserSession))
    with pytest.raises(NotAllowed, match="has changed since you began"):
        begun.extend(pieces)
    assert b"Hut c" not in b"".join(begun)


def stop(service: Service) -> int:
    """Have somebody withdraw their consent."""
    return service.somebody().post(service.stop).status_code


def withdraw(service: Service) -> int:
    """Have the hall withdrawn, through its form."""
    client, path = service.somebody("editor"), f"{service.hall}/withdraw"
    said = filled(client.get(path).text, path)
    said["why"] = "It is gone."
    return client.post(path, data=said).status_code


@pytest.mark.parametrize(("close", "status"), [(stop, 200), (withdraw, 303)])
def test_whoever_takes_something_from_sight_is_answered_once_nobody_is_shown_it(
    service: Service,
    monkeypatch: pytest.MonkeyPatch,
    close: Callable[[Service], int],
    status: int,
) -> None:
    def is_shown() -> bool:
        ask = lambda: service.somebody().get(service.hall).text  # noqa: E731
        return "Pat Example" in contextvars.Context().run(ask)

    seen: list[bool] = []

    def nap(_seconds: float) -> None:
        seen.append(is_shown())
        service.following.resume()

    service.fall_behind()
    monkeypatch.setattr(replica, "sleep", nap)
    assert close(service) == status
    assert seen[0] is True
    service.asked.clear()
    assert not is_shown()
    assert service.from_standby()


@pytest.mark.parametrize(
    ("address", "holds"),
    [
        ("/walkabouts/{}/board", True),
        ("/walkabouts/{}/board/undo", True),
        ("/walkabouts/{}/rekeyed", True),
        ("/merges/", True),
        ("/walkabouts/{}/edit", False),
    ],
)
def test_entries_withdrawn_from_a_board_or_a_desk_and_merged_ones_are_gone_for_everybody_too(
    app: Flask, address: str, holds: bool
) -> None:
    with app.test_request_context(address.format(UUID(int=0)), method="POST"):
        assert replica.holds_at_once() is holds


def test_who_read_what_is_kept_on_the_primary(service: Service) -> None:
    def rows() -> int:
        with service.app.app_context():
            count = select(func.count()).select_from(AuditEntry).where(AuditEntry.action == "read")
            return db.session.scalar(count) or 0

    editor, before = service.somebody("editor"), rows()
    service.fall_behind()
    assert editor.get(service.hall).status_code == 200
    assert service.from_standby()
    assert rows() > before


def test_what_the_standby_does_not_know_yet_is_refused_to_nobody(service: Service) -> None:
    service.fall_behind()
    with service.app.app_context():
        spatial.writing(db.session)
        team = db.session.get_one(Team, service.keys["team"])
        path = make_entry(db.session, "asset", team, title="New name").path
        db.session.commit()
    passer_by = service.somebody()
    assert shown(passer_by) == "Old name"
    assert service.from_standby()
    assert shown(passer_by, path) == "New name"
    missing = passer_by.get(service.hall[:-1] + ("1" if service.hall[-1] == "0" else "0"))
    assert missing.status_code == 404


def test_a_standby_that_is_lost_is_done_without_and_used_again_when_it_is_back(
    service: Service,
) -> None:
    passer_by, editor = service.somebody(), service.somebody("editor")
    shown(passer_by)
    assert service.from_standby()
    service.following.stop()
    for reader in (passer_by, editor):
        assert shown(reader) == shown(reader, service.hall) == "Old name"
    rename(editor, service)
    assert shown(passer_by) == shown(editor) == "New name"
    service.following.start()
    service.level()
    shown(passer_by)
    assert not service.from_standby()  # it is left alone for some seconds
    service.later(replica.REST_S + 1)
    shown(passer_by)  # nobody waits while it is looked for again
    wait_for(lambda: not service.standby.is_lost)
    assert shown(passer_by) == "New name"
    assert service.from_standby()


@pytest.mark.parametrize(
    "instead",
    [
        pytest.param("SELECT pg_terminate_backend(pg_backend_pid())", id="it is cut off"),
        pytest.param("CREATE TABLE written (id int)", id="something writes"),
        pytest.param("SELECT 1 / 0", id="it answers with an error"),
    ],
)
def test_a_page_that_fails_on_the_standby_comes_from_the_primary(
    service: Service, instead: str
) -> None:
    spoilt: list[str] = []

    def spoil(_connection: Any, _cursor: Any, statement: str, given: Any, *_: Any) -> Any:
        if HOW_FAR in statement or spoilt:
            return statement, given
        spoilt.append(statement)
        return instead, {}

    with service.app.app_context():
        event.listen(db.get_engine(STANDBY), "before_cursor_execute", spoil, retval=True)
    assert shown(service.somebody()) == "Old name"
    assert spoilt


def test_a_standby_that_is_too_far_behind_is_not_read_from(service: Service) -> None:
    passer_by = service.somebody()
    service.fall_behind()
    rename(service.somebody("editor"), service)
    assert shown(passer_by) == "Old name"
    assert service.from_standby()
    service.later(service.settings.replica_seconds + 1)
    assert shown(passer_by) == "New name"
    assert not service.from_standby()
    service.later(service.settings.replica_seconds)
    service.catch_up()
    assert shown(passer_by) == "New name"
    assert service.from_standby()


def test_the_doctor_says_how_far_behind_the_standby_is(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    chosen = service.settings
    monkeypatch.setenv("DATABASE_URL", chosen.database_url)
    monkeypatch.setenv("DATABASE_REPLICA_URL", chosen.database_replica_url)
    monkeypatch.setenv("ASSETMAP_INSTANCE", str(chosen.instance))
    monkeypatch.setenv("ASSETMAP_BASEMAP", "none")
    monkeypatch.setenv("ASSETMAP_REPLICA_SECONDS", "60")

    def said() -> tuple[str, int]:
        result = CliRunner().invoke(doctor)
        (line,) = [one for one in result.output.splitlines() if "tandby" in one or "REPLICA" in one]
        return line, result.exit_code

    line, code = said()
    assert (line[:27], code) == ("ok    The standby has what ", 0)
    service.fall_behind()
    rename(service.somebody("editor"), service)
    monkeypatch.setenv("ASSETMAP_REPLICA_SECONDS", "1")
    line, code = said()
    assert re.fullmatch(r"note  The standby is more than 1 s behind, by [\d,]+ bytes .*", line)
    assert code == 0
    service.following.stop()
    line, code = said()
    assert line.startswith("WRONG The standby cannot be reached, so all is read from the primary: ")
    assert code == 1
    monkeypatch.setenv("DATABASE_REPLICA_URL", chosen.database_url)
    assert said() == ("WRONG DATABASE_REPLICA_URL names a server that follows no primary.", 1)


@pytest.mark.parametrize(
    ("database", "standby", "said"),
    [
        ("", "postgresql://standby.example/assetmap", "SQLite has no standby"),
        ("postgresql://primary.example/a", "sqlite:///copy.sqlite", "of a hot standby"),
    ],
)
def test_a_standby_that_cannot_be_stops_the_start_in_plain_words(
    database: str, standby: str, said: str
) -> None:
    with pytest.raises(ValidationError, match=said):
        Settings(database_url=database, database_replica_url=standby)


def test_every_part_that_the_standby_answers_is_there(tmp_path: Path) -> None:
    app = create_app(Settings(instance=tmp_path))
    assert app.blueprints.keys() >= replica.READS | replica.OF_PEOPLE
    assert not replica.READS & replica.OF_PEOPLE
