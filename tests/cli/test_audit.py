"""`assetmap audit`: reads the account, and names the first row that was tampered with."""

import uuid

from flask import Flask
from sqlalchemy.orm import Session

from assetmap.access import OPERATOR, Viewer
from assetmap.models import User
from assetmap.register import audit
from assetmap.vocabulary import AuditAction
from tests.make import make_entry, make_team, make_user
from tests.register.test_audit import unguarded


def run(app: Flask, *words: str) -> tuple[int, str]:
    done = app.test_cli_runner().invoke(args=["audit", *words])
    return done.exit_code, done.output + (str(done.exception) if done.exception else "")


def test_an_untouched_audit_verifies_and_prints_its_head(app: Flask, session: Session) -> None:
    audit.note(session, AuditAction.READ, viewer=OPERATOR, uids=[uuid.uuid4()])
    session.commit()
    code, said = run(app, "head")
    assert (code, said.partition(":")[0]) == (0, "1")
    assert run(app, "verify", "--head", said.strip())[0] == 0
    assert "1 rows, all as they were written" in run(app, "verify")[1]


def test_a_broken_audit_is_one_line_that_names_the_row(app: Flask, session: Session) -> None:
    for _ in range(3):
        audit.note(session, AuditAction.READ, viewer=OPERATOR)
        session.commit()
    unguarded(session, "UPDATE audit_entry SET action = 'created' WHERE seq = 2")
    code, said = run(app, "verify")
    assert code == 1
    assert "broken at row 2" in said


def test_a_head_that_is_not_on_the_audit_is_missed(app: Flask, session: Session) -> None:
    audit.note(session, AuditAction.READ, viewer=OPERATOR)
    session.commit()
    assert run(app, "verify", "--head", "ab" * 32)[0] == 1


def test_the_list_tells_who_saw_a_record(app: Flask, session: Session) -> None:
    team = make_team(session)
    user = make_user(session, team, "viewer")
    entry, other = make_entry(session, "asset", team), make_entry(session, "asset", team)
    viewer = Viewer(user.name, user.id)
    audit.note(session, AuditAction.READ, viewer=viewer, entries=[entry], fields=["phone"])
    audit.note(session, AuditAction.CHECKED, viewer=viewer, entries=[other])
    session.commit()
    said = run(app, "list", "--about", entry.ref)[1]
    assert f"{user.name} ({team.name}) read an entry ({entry.ref} {entry.title}): phone." in said
    assert "checked" not in said
    assert "checked" in run(app, "list", "--person", user.email, "--action", "checked")[1]
    assert run(app, "list", "--person", "nobody@example.org")[0] == 1
    assert run(app, "list", "--about", "nonsense")[0] == 1
    assert session.get(User, user.id) is not None
