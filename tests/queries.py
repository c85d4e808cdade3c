"""The queries that a piece of work sends to the database: counted, and how they are answered."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import local
from typing import Any

from flask import Flask, Response, request
from sqlalchemy import event
from sqlalchemy.engine import Engine
from sqlalchemy.orm import Session

MOST_ON_A_PAGE = 8
_NOT_QUERIES = ("BEGIN", "COMMIT", "ROLLBACK", "SAVEPOINT", "RELEASE", "PRAGMA")
_ON_THE_ACCOUNT = ("WITH put_audit_entry", "SELECT audit_head.seq")
# what is printed holds what a download does: for each part that leaves it is asked again whether
# it may, and then it is put on the account
_DOWNLOADS = ("/sheets/", "/pack.html")


@contextmanager
def counted() -> Iterator[list[str]]:
    """The statements sent inside the `with`, in order; many rows at once are one statement.

    Opening a connection and beginning or ending a transaction do not count.
    """
    sent: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if not statement.lstrip().upper().startswith(_NOT_QUERIES):
            sent.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        event.remove(Engine, "before_cursor_execute", note)


def questions(sent: list[str]) -> list[str]:
    """Of these statements, those that ask. A reading by somebody known is also put on the account,
    which takes the same few writes however much was read: the end of the account is held, and on
    PostgreSQL one statement puts all rows."""
    asking = [one for one in sent if one.lstrip().upper().startswith(("SELECT", "WITH"))]
    return [one for one in asking if not one.startswith(_ON_THE_ACCOUNT)]


_here = local()  # what the request that this thread answers has sent


@event.listens_for(Engine, "before_cursor_execute")
def _note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
    """Once for all services of a process: to listen anew for each took a tenth of all time."""
    sent = getattr(_here, "sent", None)
    if sent is not None:
        sent.append(statement)


@contextmanager
def every_page_counted(app: Flask) -> Iterator[None]:
    """Whatever a test does inside the `with`, no page it opens asks more than a page may.

    Each thread counts its own, as a browser asks for several things at a time.
    """
    too_many: list[str] = []

    def begin() -> None:
        _here.sent = []

    def end(answer: Response) -> Response:
        sent, _here.sent = getattr(_here, "sent", None) or [], None
        is_page = (request.method, answer.status_code) == ("GET", 200)
        if is_page and answer.mimetype == "text/html" and len(sent) > MOST_ON_A_PAGE:
            asked = questions(sent)
            if len(asked) > MOST_ON_A_PAGE and not any(one in request.path for one in _DOWNLOADS):
                said = f"{request.full_path}: {len(asked)} questions"
                too_many.append("\n".join([said, *asked]))
        return answer

    app.before_request_funcs.setdefault(None, []).insert(0, begin)
    app.after_request(end)
    yield
    assert not too_many, "\n\n".join(too_many)


@contextmanager
def plans_of(session: Session, part: str) -> Iterator[list[str]]:
    """How the database means to answer every statement with `part` in it, as it says so itself."""
    is_embedded = session.get_bind().dialect.name == "sqlite"
    plans: list[str] = []

    def look(connection: Any, cursor: Any, statement: str, given: Any, *_: Any) -> None:
        if part in statement and not statement.startswith("EXPLAIN"):
            asked = "EXPLAIN QUERY PLAN " if is_embedded else "EXPLAIN (COSTS OFF) "
            cursor.execute(asked + statement, given)
            plans.append("\n".join(str(row) for row in cursor.fetchall()))

    event.listen(Engine, "before_cursor_execute", look)
    try:
        yield plans
    finally:
        event.remove(Engine, "before_cursor_execute", look)
