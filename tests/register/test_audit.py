"""The account of what was done: written with the work, and found out when it is tampered with."""

import threading
import uuid
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from assetmap import spatial
from assetmap.access import OPERATOR, Viewer
from assetmap.db import db, now
from assetmap.errors import Invalid, NotAllowed, NotFound
from assetmap.models import AuditEntry, AuditSubject, AuditTeam
from assetmap.register import audit, audit_verifying
from assetmap.vocabulary import AuditAction
from tests.make import make_entry, make_team

TABLES = ("audit_entry", "audit_subject", "audit_team", "audit_head", "audit_anchor")
READ = AuditAction.READ


@pytest.fixture
def rows(session: Session) -> Session:
    """A session after ten notes, each written in a transaction of its own."""
    for n in range(10):
        audit.note(
            session, READ, viewer=Viewer("Nia", n + 1), uids=[uuid.uuid4() for _ in range(3)]
        )
        session.commit()
    return session


def unguarded(session: Session, *statements: str) -> None:
    """Change the database as somebody would who may do anything in it."""
    if session.get_bind().dialect.name == "postgresql":
        for table in TABLES:
            session.execute(text(f"ALTER TABLE {table} DISABLE TRIGGER USER"))
    else:
        for name in session.scalars(
            text("SELECT name FROM sqlite_master WHERE type = 'trigger' AND name LIKE 'audit%'")
        ).all():
            session.execute(text(f"DROP TRIGGER {name}"))
    for statement in statements:
        session.execute(text(statement))
    session.commit()


def broken(session: Session, **more: Any) -> int | None:
    return audit_verifying.verify(session, **more).first_broken


def written(session: Session) -> list[AuditEntry]:
    return list(session.scalars(select(AuditEntry).order_by(AuditEntry.seq)))


def test_what_was_noted_is_written_when_the_door_commits(session: Session) -> None:
    team = make_team(session)
    entry = make_entry(session, "asset", team)
    session.commit()
    nia = Viewer("Nia", 7)
    audit.note(session, READ, viewer=nia, entries=[entry], fields=["phone", "email"])
    assert READ not in {row.action for row in written(session)}
    session.commit()
    row = written(session)[-1]
    assert (row.actor_kind, row.actor_id, row.action) == ("person", 7, "read")
    assert row.fields == ["email", "phone"]
    subjects = session.scalars(select(AuditSubject.uid).where(AuditSubject.seq == row.seq)).all()
    assert subjects == [entry.uid]
    teams = session.execute(
        select(AuditTeam.team_id, AuditTeam.count).where(AuditTeam.seq == row.seq)
    ).all()
    assert [tuple(one) for one in teams] == [(team.id, 1)]
    assert broken(session) is None


def test_work_that_is_rolled_back_leaves_nothing(session: Session) -> None:
    audit.note(session, READ, viewer=OPERATOR)
    session.execute(select(1))
    session.rollback()
    session.commit()
    assert written(session) == []


def test_a_savepoint_that_is_undone_takes_its_notes_along_and_no_others(session: Session) -> None:
    audit.note(session, READ, viewer=OPERATOR, entity="before")
    with session.begin_nested():
        audit.note(session, READ, viewer=OPERATOR, entity="released")
    undone = session.begin_nested()
    audit.note(session, READ, viewer=OPERATOR, entity="undone")
    audit.note(session, READ, viewer=OPERATOR, entity="before")
    undone.rollback()
    session.commit()
    assert [row.entity for row in written(session)] == ["before", "released"]


def test_the_same_noted_often_in_one_transaction_is_one_row(session: Session) -> None:
    one, other = uuid.uuid4(), uuid.uuid4()
    for uids in ([one], [other], [one]):
        audit.note(session, READ, viewer=OPERATOR, uids=uids)
    session.commit()
    (row,) = written(session)
    assert row.subject_count == 2


def test_what_was_only_read_is_written_in_a_transaction_of_its_own(session: Session) -> None:
    session.rollback()
    session.execute(select(AuditEntry)).all()
    audit.note(session, READ, viewer=Viewer("Nia", 7))
    audit.before_it_leaves(session)
    session.commit()
    assert len(written(session)) == 1


def test_the_database_refuses_to_change_or_take_out_a_row(rows: Session) -> None:
    for statement in (
        "UPDATE audit_entry SET actor_id = 99 WHERE seq = 3",
        "DELETE FROM audit_entry WHERE seq = 3",
        "DELETE FROM audit_subject WHERE seq = 3",
        "UPDATE audit_team SET count = 0",
        "UPDATE audit_head SET seq = 3",
        "DELETE FROM audit_head",
        "INSERT INTO audit_anchor (up_to_seq, hash, at) VALUES (3, 'made up', '2026-01-01')",
    ):
        if "audit_team" in statement:
            audit.note(rows, READ, viewer=OPERATOR, teams=[1])
            rows.commit()
        with pytest.raises(DBAPIError):
            rows.execute(text(statement))
        rows.rollback()
    assert broken(rows) is None


@pytest.mark.parametrize(
    ("statement", "first"),
    [
        ("UPDATE audit_entry SET actor_id = 99 WHERE seq = 4", 4),
        ("UPDATE audit_entry SET details = '{\"count\": 1}' WHERE seq = 10", 10),
        ("DELETE FROM audit_entry WHERE seq = 4", 4),
        ("DELETE FROM audit_entry WHERE seq = 1", 1),
        ("DELETE FROM audit_entry WHERE seq = 10", 10),
        ("DELETE FROM audit_subject WHERE seq = 6", 6),
        ("UPDATE audit_subject SET seq = 7 WHERE seq = 6", 6),
        ("INSERT INTO audit_team (team_id, seq, count) VALUES (1, 8, 3)", 8),
        ("INSERT INTO audit_team (team_id, seq, count) VALUES (1, 0, 3)", 0),
    ],
)
def test_verifying_names_the_first_row_that_was_tampered_with(
    rows: Session, statement: str, first: int
) -> None:
    unguarded(rows, statement)
    assert broken(rows) == first


def test_two_rows_that_changed_places_are_found_out(rows: Session) -> None:
    unguarded(
        rows,
        "UPDATE audit_entry SET seq = 100 WHERE seq = 4",
        "UPDATE audit_entry SET seq = 4 WHERE seq = 5",
        "UPDATE audit_entry SET seq = 5 WHERE seq = 100",
    )
    assert broken(rows) == 4


def test_a_chain_written_anew_is_found_out_by_a_head_that_was_kept_elsewhere(rows: Session) -> None:
    seq, kept = audit.head(rows)
    assert broken(rows, kept_elsewhere=kept) is None
    unguarded(rows, *_written_anew(rows, 5))
    assert broken(rows) is None
    assert broken(rows, kept_elsewhere=kept) is not None
    assert seq == 10


def _written_anew(session: Session, start: int) -> Iterator[str]:
    """Somebody who knows how it is done changes a row and all that is bound to it."""
    found = list(session.execute(select(AuditEntry.__table__).order_by(AuditEntry.seq)).mappings())
    last = found[start - 2]["hash"]
    for row in found[start - 1 :]:
        changed = dict(row) | {"actor_id": 99, "prev_hash": last}
        last = audit.sealed(changed, [])
        bound = f"prev_hash = '{changed['prev_hash']}', hash = '{last}'"
        yield f"UPDATE audit_entry SET actor_id = 99, {bound} WHERE seq = {row['seq']}"  # noqa: S608
    yield f"UPDATE audit_head SET hash = '{last}'"  # noqa: S608


def test_a_clock_that_is_set_back_breaks_nothing(
    rows: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audit, "now", lambda: now() - timedelta(days=400))
    audit.note(rows, READ, viewer=OPERATOR)
    rows.commit()
    last = written(rows)
    assert last[-1].at < last[-2].at
    assert broken(rows) is None


def test_writers_at_the_same_moment_make_one_chain(app: Flask, session: Session) -> None:
    session.rollback()
    ready, problems = threading.Barrier(4), list[BaseException]()

    def write() -> None:
        with app.app_context():
            ready.wait()
            try:
                for _ in range(10):
                    spatial.writing(db.session)
                    audit.note(db.session, READ, viewer=OPERATOR, uids=[uuid.uuid4()])
                    db.session.commit()
            except BaseException as error:
                problems.append(error)

    threads = [threading.Thread(target=write) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert problems == []
    assert [row.seq for row in written(session)] == list(range(1, 41))
    assert broken(session) is None


def test_the_oldest_rows_can_be_cut_off_and_the_rest_still_verifies(rows: Session) -> None:
    assert audit.trim(rows, 6, viewer=OPERATOR) == 6
    rows.commit()
    assert [row.seq for row in written(rows)] == [7, 8, 9, 10, 11]
    assert written(rows)[-1].action == "trimmed"
    assert broken(rows) is None
    assert rows.scalar(select(AuditSubject.seq).where(AuditSubject.seq < 7)) is None
    audit.trim(rows, 8, viewer=OPERATOR)
    rows.commit()
    assert broken(rows) is None


def test_only_the_operator_cuts_off_rows_and_never_all_of_them(rows: Session) -> None:
    with pytest.raises(NotAllowed):
        audit.trim(rows, 6, viewer=Viewer("Nia", 7))
    with pytest.raises(NotFound):
        audit.trim(rows, 600, viewer=OPERATOR)
    with pytest.raises(Invalid):
        audit.trim(rows, 10, viewer=OPERATOR)


def test_rows_cut_off_without_a_row_that_says_so_are_found_out(rows: Session) -> None:
    unguarded(
        rows,
        "INSERT INTO audit_anchor (up_to_seq, hash, at)"
        " SELECT seq, hash, at FROM audit_entry WHERE seq = 4",
        "DELETE FROM audit_entry WHERE seq <= 4",
        "DELETE FROM audit_subject WHERE seq <= 4",
    )
    assert broken(rows) == 5
