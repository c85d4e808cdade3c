"""The work of an import: it waits, is done by the consumer, stops and begins again."""

import uuid
from collections.abc import Callable
from threading import Event
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from assetmap.db import db
from assetmap.jobs import consumer
from assetmap.models import Import
from assetmap.outside.import_folder import ImportFolder
from assetmap.outside.queue import Queue
from tests.web.pages import press
from tests.web.uploads import CHOICES, ROWS, count, previewed, ready

__all__ = ["ready"]


def queued(app: Flask, work: Callable[..., Any] | None = None) -> Queue:
    """A queue that does nothing by itself, in place of the one that does all at once."""
    queue = Queue(app.extensions["settings"].instance / "jobs.sqlite")
    known = app.extensions["queue"]._known
    for name in known:
        queue.register(name, work or known[name])
    app.extensions["queue"] = queue
    return queue


@pytest.mark.usefixtures("ready")
def test_work_waits_in_the_queue_until_somebody_does_it(app: Flask, client: FlaskClient) -> None:
    queue = queued(app)
    where = previewed(client, default_category="pla_hall")
    state = client.get(f"{where}/progress").get_json()
    assert (state["finished"], state["text"]) == (False, "Waiting for its turn")
    page = client.get(where).text
    assert "data-progress" in page
    assert 'http-equiv="refresh"' in page
    assert queue.do_next() is True
    assert queue.do_next() is False
    db.session.rollback()  # the tests' own session outlives a request, real ones don't
    assert client.get(f"{where}/progress").get_json()["finished"] is True
    assert "What would happen" in client.get(where).text


@pytest.mark.usefixtures("ready")
def test_the_consumer_does_the_work_in_a_thread_and_stops(app: Flask, client: FlaskClient) -> None:
    done = Event()
    queued(app, lambda uid: done.set())
    worker = consumer.start(app)
    previewed(client)
    assert done.wait(30)
    worker.stop()


@pytest.mark.usefixtures("ready")
def test_work_that_was_killed_shows_as_stopped_and_can_be_started_again(
    app: Flask, client: FlaskClient
) -> None:
    where = previewed(client, default_category="pla_hall")
    folder = ImportFolder.of(
        app.extensions["settings"].instance, uuid.UUID(where.rpartition("/")[2])
    )
    killed = {"work": "import", "text": "Writing", "done": 1, "total": 2}
    folder.say("progress", killed)  # what a killed process leaves behind
    page = client.get(where).text
    assert "stopped before its end" in page
    assert client.get(f"{where}/progress").get_json()["finished"] is True
    with folder.working() as ours:
        assert ours
        assert "stopped before its end" not in client.get(where).text
    press(client, f"{where}/again")
    assert "Take the whole import back" in client.get(where).text
    assert count() == 2


@pytest.mark.usefixtures("ready")
def test_an_import_that_fails_says_why_and_writes_nothing(app: Flask, client: FlaskClient) -> None:
    where = previewed(client, default_category="pla_hall")
    uid = uuid.UUID(where.rpartition("/")[2])
    upload_file = ImportFolder.of(app.extensions["settings"].instance, uid).upload
    upload_file.write_bytes(b"%PDF")
    press(client, f"{where}/go")
    assert "places.csv is a PDF" in client.get(where).text
    assert count() == 0
    upload_file.write_text(ROWS)
    press(client, f"{where}/go")
    assert count() == 2


@pytest.mark.usefixtures("ready")
def test_whoever_carries_an_import_out_or_takes_it_back_twice_is_led_to_how_it_stands(
    client: FlaskClient,
) -> None:
    where = previewed(client, default_category="pla_hall")

    def told(action: str, **fields: Any) -> str:
        answer = press(client, f"{where}/{action}", **fields)
        assert (answer.status_code, answer.location) == (303, where)
        return client.get(where).text

    assert "Only an import that is finished can be taken back" in told("undo")
    press(client, f"{where}/go")
    assert "It was carried out already" in told("go")
    assert "This import has been carried out." in told("columns", **CHOICES)
    assert count() == 2
    press(client, f"{where}/undo")
    assert "Only an import that is finished can be taken back" in told("undo")


@pytest.mark.usefixtures("ready")
def test_pressing_go_twice_while_the_work_waits_imports_once_and_keeps_the_count(
    app: Flask, client: FlaskClient, session: Session
) -> None:
    where = previewed(client, default_category="pla_hall")
    queue = queued(app)
    for _ in range(2):
        press(client, f"{where}/go")
    assert [queue.do_next() for _ in range(3)] == [True, True, False]
    session.rollback()
    done = session.scalars(select(Import)).one()
    assert (done.status, done.counts["new"], count()) == ("done", 2, 2)
