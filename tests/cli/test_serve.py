"""`assetmap serve`, as a process of its own: started, asked, and stopped."""

import logging
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest
from flask import Flask

from assetmap.cli.serve import WithoutSecrets, address, require_free
from assetmap.db import db
from assetmap.errors import Invalid, RegisterError
from assetmap.settings import Settings
from tests.make import make_team, make_user
from tests.ports import free_port

Start = Callable[..., subprocess.Popen[str]]
MAIN = [sys.executable, "-c", "from assetmap.start import main; main()", "serve"]


@pytest.fixture
def started(app: Flask, database_url: str) -> Iterator[Start]:
    """Starts the service on the database of this test, in a session of its own."""
    running: list[subprocess.Popen[str]] = []
    instance: Path = app.extensions["settings"].instance

    def start(*typed: str, **environment: str) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [*MAIN, *typed],
            env=os.environ
            | {"DATABASE_URL": database_url, "ASSETMAP_INSTANCE": str(instance)}
            | environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        running.append(process)
        return process

    yield start
    for process in running:
        if process.poll() is None:
            process.terminate()
        process.wait()
        if process.stdout is not None:
            process.stdout.close()


def said(process: subprocess.Popen[str], last: str) -> list[str]:
    """What it says until the line that holds `last`; it says so once it answers."""
    assert process.stdout is not None
    lines: list[str] = []
    for line in process.stdout:
        lines.append(line.rstrip("\n"))
        if last in line:
            return lines
    raise AssertionError("\n".join(lines))


def status(url: str) -> int:
    try:
        with urlopen(url) as answer:  # noqa: S310  # our own server
            return int(answer.status)
    except HTTPError as error:
        error.close()
        return error.code


@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
@pytest.mark.parametrize("database", ["spatialite"])
def test_it_answers_and_stops_cleanly_when_told(
    app: Flask, started: Start, stop: signal.Signals
) -> None:
    port = free_port()
    process = started("--workers", "2", PORT=str(port))
    (line,) = said(process, "Assetmap is at")
    assert line == f"Assetmap is at http://127.0.0.1:{port} (Ctrl-C stops it)"
    assert status(f"http://127.0.0.1:{port}/health") == 200
    assert status(f"http://127.0.0.1:{port}/sign-in/a-secret") == 404
    logged = said(process, "/sign-in/")  # a line is written once its answer has been sent
    os.killpg(process.pid, stop)  # as a terminal does: to every process at once
    output, _ = process.communicate()
    assert process.returncode == 0
    first, second = sorted([*logged, *output.splitlines()])  # by two processes, in any order
    assert re.fullmatch(r"GET /health 200 \d+ ms", first)
    assert re.fullmatch(r"GET /sign-in/… 404 \d+ ms", second)
    with socket.socket() as trial:
        assert trial.connect_ex(("127.0.0.1", port)) != 0


def test_a_killed_service_leaves_nothing_behind_that_keeps_its_port(started: Start) -> None:
    port = free_port()
    process = started("--port", str(port), "--workers", "2")
    said(process, "Ctrl-C stops it")
    process.kill()
    process.wait()
    for _ in range(100):
        try:
            require_free("127.0.0.1", port)
        except RegisterError:
            time.sleep(0.2)
        else:
            return
    pytest.fail("a process that answered for it still listens")


def test_demo_people_sign_in_by_the_links_it_prints(app: Flask, started: Start) -> None:
    make_user(db.session, make_team(db.session))
    db.session.commit()
    port = free_port()
    process = started("--workers", "1", "--port", str(port), "--demo")
    lines = said(process, "or choose at")
    assert lines[1] == "Sign in as (each link works once, for a day):"
    name, link = lines[2].split()
    assert name == "Local"
    assert link.startswith(f"http://127.0.0.1:{port}/sign-in/")
    with urlopen(link) as answer:  # noqa: S310  # our own server
        assert "Sign in as Local" in answer.read().decode()
    with urlopen(f"http://127.0.0.1:{port}/sign-in") as answer:
        assert "local@demo.example" in answer.read().decode()


@pytest.mark.parametrize("database", ["spatialite"])
def test_a_taken_port_ends_it_in_one_line(started: Start) -> None:
    with socket.create_server(("127.0.0.1", 0), reuse_port=True) as other:
        port = other.getsockname()[1]
        process = started("--port", str(port))
        output, _ = process.communicate()
    assert process.returncode == 1
    assert output == (
        f"Error: Port {port} of 127.0.0.1 cannot be used: address already in use."
        " Choose another with PORT or --port.\n"
    )


@pytest.mark.parametrize("database", ["spatialite"])
def test_a_database_that_is_not_upgraded_ends_it_in_one_line(
    started: Start, tmp_path: Path
) -> None:
    process = started(
        "--port", str(free_port()), DATABASE_URL=f"sqlite:///{tmp_path / 'new.sqlite'}"
    )
    output, _ = process.communicate()
    assert process.returncode == 1
    assert output == (
        "Error: The database is not ready for this version: run `assetmap db upgrade`, or"
        " `assetmap doctor` to see what is wrong.\n"
    )


@pytest.mark.parametrize("database", ["spatialite"])
def test_a_wrong_setting_ends_it_in_one_line(started: Start) -> None:
    process = started(PORT="many")
    output, _ = process.communicate()
    assert process.returncode == 1
    assert output.startswith("Error: PORT: ")
    assert output.count("\n") == 1


def test_an_address_nobody_has_is_refused() -> None:
    with pytest.raises(Invalid, match=r"no address called nowhere\.invalid"):
        require_free("nowhere.invalid", 5000)
    with pytest.raises(RegisterError, match="cannot be used: cannot assign"):
        require_free("192.0.2.1", 5000)  # kept for examples, so never this machine's


@pytest.mark.parametrize(
    ("host", "public", "said"),
    [
        ("127.0.0.1", "", "http://127.0.0.1:5000"),
        ("0.0.0.0", "", "http://127.0.0.1:5000"),  # noqa: S104
        ("::", "", "http://[::1]:5000"),
        ("::1", "", "http://[::1]:5000"),
        ("0.0.0.0", "https://assets.example/", "https://assets.example"),  # noqa: S104
    ],
)
def test_the_address_is_one_that_can_be_opened(host: str, public: str, said: str) -> None:
    assert address(Settings(host=host, public_url=public)) == said


def test_secrets_of_links_stay_out_of_the_log(app: Flask) -> None:
    def logged(path: str) -> str:
        record = logging.LogRecord("access", 20, "", 1, "%(path)s", ({"path": path},), None)
        assert WithoutSecrets().filter(record)
        return record.getMessage()

    assert logged("/sign-in/abc") == "/sign-in/…"
    assert logged("/claims/abc") == "/claims/…"
    assert logged("/stop/abc") == "/stop/…"
    assert logged("/assets/abc") == "/assets/abc"
    told = [rule for rule in app.url_map.iter_rules() if rule.arguments & {"secret", "token"}]
    assert len(told) > 10
    for rule in told:
        start = rule.rule.partition("<")[0]
        assert logged(f"{start}abc") == f"{start}…", rule
