"""`assetmap serve`: the service itself, one process for each core."""

import logging
import multiprocessing
import os
import signal
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing import resource_tracker
from threading import Thread
from typing import Any

import click
from flask import Flask, current_app
from granian.constants import Interfaces
from granian.log import LogLevels
from granian.server.mp import MPServer

from assetmap import spatial
from assetmap.cli.group import reads
from assetmap.db import db
from assetmap.errors import Invalid, RegisterError, without_secret
from assetmap.register import health, people, sign_in
from assetmap.settings import Settings

APP = "assetmap.start:create_app"
THREADS = 4  # that one process answers with at a time
STOP_WITHIN_S = 10
TERMINAL = {signal.SIGINT, signal.SIGHUP}
A_DAY_MIN = 24 * 60
ACCESS = "%(method)s %(path)s %(status)d %(dt_ms).0f ms"
EVERYWHERE = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}  # noqa: S104  # named, not bound


class NotReady(RegisterError):
    """The service cannot start as things are."""

    title = "Not ready"


class WithoutSecrets(logging.Filter):
    """Keeps out of the access log the secrets that links hold."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Cut the path of such a link short."""
        said = record.args
        if isinstance(said, dict):
            record.args = {**said, "path": without_secret(str(said.get("path", "")))}
        return True


LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"secrets": {"()": WithoutSecrets}},
    "formatters": {"bare": {"()": "logging.Formatter", "fmt": "%(message)s"}},
    "handlers": {
        "console": {"class": "logging.StreamHandler", "formatter": "bare"},
        "access": {"class": "logging.StreamHandler", "formatter": "bare", "filters": ["secrets"]},
    },
    "loggers": {
        "_granian": {"handlers": ["console"], "level": "WARNING", "propagate": False},
        "granian.access": {"handlers": ["access"], "level": "INFO", "propagate": False},
    },
}


@click.command("serve")
@click.option("--host", help="Address to bind, in place of ASSETMAP_HOST.")
@click.option("--port", type=click.IntRange(1, 65535), help="Port, in place of PORT.")
@click.option("--workers", type=click.IntRange(0, 64), help="Processes; 0 is one for each core.")
@click.option("--demo", is_flag=True, help="Let anybody sign in as one of the demo's people.")
@reads
def serve(host: str | None, port: int | None, workers: int | None, *, demo: bool) -> None:
    """Serve the register until Ctrl-C or a termination signal."""
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
    given = {"host": host, "port": port, "workers": workers, "demo": demo or None}
    chosen = {name: value for name, value in given.items() if value is not None}
    settings: Settings = app.extensions["settings"].model_copy(update=chosen)
    require_free(settings.host, settings.port)
    if not health.is_well(db.session):
        raise NotReady(
            "The database is not ready for this version: run `assetmap db upgrade`, or"
            " `assetmap doctor` to see what is wrong."
        )
    db.session.rollback()
    lines = demo_lines(settings) if settings.demo else []
    db.session.close()
    db.engine.dispose()  # no process shares a connection with another
    tell_workers(settings)
    start_jobs: Callable[[Flask], Any] | None = app.extensions.get("start_jobs")
    jobs = start_jobs(app) if start_jobs is not None else None
    try:
        _run(settings, [f"Assetmap is at {address(settings)} (Ctrl-C stops it)", *lines])
    finally:
        if jobs is not None:
            jobs.stop()


def require_free(host: str, port: int) -> None:
    """Raise NotReady, in words, unless the port can be listened on."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except socket.gaierror as error:
        raise Invalid.field("host", f"There is no address called {host}.") from error
    family, kind, protocol, _, where = found[0]
    with socket.socket(family, kind, protocol) as trial:
        # as the server will, so that a port just left is free, and one listened on is not
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind(where)
            trial.listen()
        except OSError as error:
            raise NotReady(
                f"Port {port} of {host} cannot be used: {(error.strerror or str(error)).lower()}."
                " Choose another with PORT or --port."
            ) from error


def demo_lines(settings: Settings) -> list[str]:
    """A line for each of the demo's people, with a link that signs in as them once, for a day."""
    spatial.writing(db.session)
    found = people.demo_people(db.session)
    if not found:
        return ["The demo's people are not here: run `assetmap demo load` first."]
    root = address(settings)
    links = [
        f"  {user.name:<20} {root}/sign-in/{sign_in.make_link(db.session, user, minutes=A_DAY_MIN)}"
        for user in found
    ]
    db.session.commit()
    return [
        "Sign in as (each link works once, for a day):",
        *links,
        f"  or choose at {root}/sign-in",
    ]


def address(settings: Settings) -> str:
    """Where people on this machine, or everybody, reach the service."""
    if settings.public_url:
        return settings.public_url.rstrip("/")
    host = EVERYWHERE.get(settings.host, settings.host)
    return f"http://{f'[{host}]' if ':' in host and host[0] != '[' else host}:{settings.port}"


def tell_workers(settings: Settings) -> None:
    """The worker processes read their settings from the environment, as every start does."""
    os.environ["ASSETMAP_HOST"] = settings.host
    os.environ["PORT"] = str(settings.port)
    os.environ["ASSETMAP_DEMO"] = "1" if settings.demo else "0"


def _run(settings: Settings, greeting: list[str]) -> None:
    # a copy of this process would inherit its threads' locks
    multiprocessing.set_start_method("spawn", force=True)
    server = Server(
        APP,
        address=settings.host,
        port=settings.port,
        interface=Interfaces.WSGI,
        factory=True,
        workers=settings.workers or os.cpu_count() or 1,
        blocking_threads=THREADS,
        websockets=False,
        workers_kill_timeout=STOP_WITHIN_S,
        respawn_failed_workers=True,
        log_level=LogLevels.warning,
        log_dictconfig=LOGGING,
        log_access=True,
        log_access_format=ACCESS,
    )
    Thread(target=_greet, args=(settings, greeting), daemon=True).start()
    server.on_startup(lambda: _hang_up(server.signal_handler_interrupt))
    server.serve()


class Server(MPServer):
    """A server whose terminal reaches this process alone, which then lets the others finish."""

    def _spawn_workers(self, *args: Any, **kwargs: Any) -> None:
        with deaf_to_terminal():
            super()._spawn_workers(*args, **kwargs)  # type: ignore[no-untyped-call]

    def _respawn_workers(self, *args: Any, **kwargs: Any) -> None:
        with deaf_to_terminal():
            super()._respawn_workers(*args, **kwargs)


@contextmanager
def deaf_to_terminal() -> Iterator[None]:
    """Processes started meanwhile hear nothing from it; this one does, afterwards."""
    resource_tracker.ensure_running()  # its start would unblock them again
    signal.pthread_sigmask(signal.SIG_BLOCK, TERMINAL)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, TERMINAL)


def _hang_up(stop: Callable[..., Any]) -> None:
    """Stop also when the terminal is closed."""
    signal.signal(signal.SIGHUP, stop)


def _greet(settings: Settings, lines: list[str]) -> None:
    """Say where the service is, once it answers."""
    host = EVERYWHERE.get(settings.host, settings.host).strip("[]")
    while True:
        try:
            socket.create_connection((host, settings.port), timeout=1).close()
        except OSError:
            time.sleep(0.05)
        else:
            click.echo("\n".join(lines))
            return
