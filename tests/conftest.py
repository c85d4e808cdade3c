"""Every test that asks for `app` runs twice: on SpatiaLite and on PostGIS, both migrated."""

import gc
import logging
import os
import shutil
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from flask import Flask
from flask.templating import Environment
from flask.testing import FlaskClient
from hypothesis import HealthCheck, Phase
from hypothesis import settings as hypothesis_settings
from pydantic import SecretStr
from sqlalchemy.engine import URL, Dialect, Engine
from sqlalchemy.orm import Session
from sqlalchemy.pool import Pool
from werkzeug.routing import Rule

from assetmap import spatial
from assetmap.app import create_app
from assetmap.cli.database import alembic_config
from assetmap.db import db
from assetmap.settings import Settings
from assetmap.web.static_files import Tree
from tests import postgis
from tests.outside import s3_server
from tests.outside.s3_server import S3Server
from tests.queries import every_page_counted

DATABASES = ("spatialite", "postgis")
SMALLEST = {
    "register.downloads.AT_ONCE": 1,
    "register.files.BLOCK": 1_000,
    "register.files.BLOCKS_AT_ONCE": 1,
    "register.audit_reading.MOST_ON_A_PAGE": 1,
    "web.contacts.AT_ONCE": 1,
    "formats.csv.CHUNK_CHARACTERS": 1,
    "formats.geojson.CHUNK_BYTES": 1,
}
LONGEST = (
    *("test_matrix", "test_fuzzed", "test_humberside"),
    *("test_every_page", "test_entries", "test_search", "test_walk", "test_panel"),
    *("test_walk_trouble", "test_hub", "test_walk_kept"),
)


_make_environment = Flask.create_jinja_environment
_environments: list[Environment] = []


def one_environment(app: Flask) -> Environment:
    """The templates of every service of a process, compiled once: a service of its own for each
    test would load them again and again. What belongs to one service, the latest puts in."""
    if not _environments:
        _environments.append(_make_environment(app))
    (shared,) = _environments
    shared.globals.update(url_for=app.url_for, config=app.config)
    return shared


Flask.create_jinja_environment = one_environment  # type: ignore[method-assign, assignment]
_make_engine = Engine.__init__
_engines: dict[str, Engine] = {}


def one_cache(
    engine: Engine,
    pool: Pool,
    dialect: Dialect,
    url: URL,
    logging_name: str | None = None,
    execution_options: Any = None,
    **more: Any,
) -> None:
    """Statements of a process written out once for each sort of database: an engine of its own for
    each test would write them again and again, which took longer than to ask them. SQLAlchemy reads
    off the names here what it may give."""
    more |= {"logging_name": logging_name, "execution_options": execution_options}
    _make_engine(engine, pool, dialect, url, **more | {"query_cache_size": 5_000})
    first = _engines.setdefault(f"{dialect.name}+{dialect.driver}", engine)
    engine.dialect, engine._compiled_cache = first.dialect, first._compiled_cache


Engine.__init__ = one_cache  # type: ignore[method-assign, assignment]
# A property is tried with the same examples each time, so that what makes a test fail is a change;
# `make test-deeper` looks for others. A slow machine is not a failure. To explain one hypothesis
# traces every line, for minutes where a service is behind it.
_common: dict[str, Any] = {
    "deadline": None,
    "phases": set(Phase) - {Phase.explain},
    "suppress_health_check": [HealthCheck.too_slow],
}
hypothesis_settings.register_profile("usual", derandomize=True, database=None, **_common)
hypothesis_settings.register_profile("deeper", max_examples=2_000, **_common)
hypothesis_settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "usual"))
_compile_rule = Rule.compile
_compiled_rules: dict[str, Rule] = {}


def compiled_once(rule: Rule) -> None:
    """What finds and builds the addresses of a rule: the same for every service, and more than half
    the time it takes to make one, of which each test makes its own."""
    first = _compiled_rules.get(rule.rule)
    if first is None or rule.defaults:
        _compile_rule(rule)
        if not rule.defaults:
            _compiled_rules[rule.rule] = rule
        return
    rule._parts, rule._trace, rule._converters = first._parts, first._trace, first._converters
    rule.arguments |= first.arguments
    for name in ("_build", "_build_unknown"):
        setattr(rule, name, getattr(first, name).__func__.__get__(rule, None))


Rule.compile = compiled_once  # type: ignore[method-assign, assignment]
# what is shipped does not change while the tests run, and each service would read and hash it anew
Tree.under = cache(Tree.under)  # type: ignore[method-assign]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Browser tests come last: the loop that drives the browser stays on in its worker, and what
    starts a loop of its own cannot run there any more. What takes minutes goes first of its sort,
    so that no worker is left alone with it at the end."""
    places = {name: place for place, name in enumerate(LONGEST)}
    items.sort(
        key=lambda item: (
            "browser" in item.path.parts,
            places.get(item.path.stem, len(places)),
        )
    )


def pytest_collection_finish() -> None:
    """Never search for garbage what the tests are made of, and rarely at all: it was a quarter of
    their time, as each test makes a service and keeps nothing of it."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 20, 10)


def pytest_configure() -> None:
    """Choose where this run's PostGIS server will live, before any worker starts.

    A connection whose database is gone may be collected in the middle of anything. The pool then
    logs a traceback; on Python 3.11 writing one out parses source, and where something was being
    parsed already the two together fail (CPython issue 106905). So the pool keeps quiet here.
    """
    logging.getLogger("sqlalchemy.pool").setLevel(logging.CRITICAL)
    postgis.reserve()


def migrate(url: str) -> None:
    """Bring an empty database to the newest shape."""
    command.upgrade(alembic_config(url), "head")


def pytest_unconfigure() -> None:
    """Hang up, before what is left open is told of."""
    postgis.let_go()


@pytest.fixture(scope="session")
def s3() -> Iterator[S3Server]:
    """An S3 server, for all the tests of a process."""
    if not s3_server.is_there():
        pytest.skip(s3_server.MISSING)
    with s3_server.running() as server:
        yield server


@pytest.fixture(scope="session")
def empty_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated, empty SpatiaLite file to copy."""
    path = tmp_path_factory.mktemp("template") / "empty.sqlite"
    migrate(f"sqlite:///{path}")
    return path


@pytest.fixture(params=DATABASES)
def database(request: pytest.FixtureRequest) -> str:
    """Which of the two databases this test runs on."""
    return str(request.param)


@pytest.fixture
def database_url(
    database: str, tmp_path: Path, request: pytest.FixtureRequest, worker_id: str
) -> Iterator[str]:
    """The address of a migrated, empty database of this test's own."""
    if database == "spatialite":
        path = tmp_path / "test.sqlite"
        shutil.copy(request.getfixturevalue("empty_file"), path)
        yield f"sqlite:///{path}"
        return
    cluster = postgis.shared()
    if cluster is None:
        pytest.skip(postgis.MISSING)
    cluster.template("template_assetmap", migrate)
    yield cluster.emptied(f"test_{worker_id}", "template_assetmap")


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> Settings:
    """The settings of a service for this test alone."""
    return Settings(
        database_url=database_url, secret_key=SecretStr("test"), instance=tmp_path / "instance"
    )


@pytest.fixture
def app(settings: Settings) -> Iterator[Flask]:
    """The service, on an empty register."""
    app = create_app(settings, config={"TESTING": True, "RATELIMIT_ENABLED": False})
    with app.app_context(), every_page_counted(app):
        yield app
        db.session.rollback()
        db.engine.dispose()


@pytest.fixture
def session(app: Flask) -> Session:
    """A session that writes; what a test makes with it is there for the requests it sends."""
    spatial.writing(db.session)
    return db.session


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """Somebody with a browser who has not signed in."""
    return app.test_client()


@pytest.fixture
def piece_by_piece(monkeypatch: pytest.MonkeyPatch) -> None:
    """Files so small leave in pieces, and before each it is asked whether they may."""
    for name, many in SMALLEST.items():
        monkeypatch.setattr(f"assetmap.{name}", many)
