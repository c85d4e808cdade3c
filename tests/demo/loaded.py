"""The demo town on each of the two databases: loaded once in a run, and copied for whoever asks."""

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import date
from pathlib import Path

import pytest
from flask import Flask

from assetmap import spatial
from assetmap.app import create_app
from assetmap.db import db
from assetmap.demo import load as demo
from assetmap.settings import Settings
from tests import postgis
from tests.conftest import migrate

TODAY = date(2026, 11, 20)
NAME = "alderbrook"


class Towns:
    """The towns of one module; `name` must be unique to it and to the worker."""

    def __init__(self, factory: pytest.TempPathFactory, name: str, stack: ExitStack) -> None:
        self.factory, self.name, self.stack = factory, name, stack
        self.apps: dict[str, Flask] = {}

    def on(self, database: str) -> Flask:
        """The service with the town in it."""
        if database not in self.apps:
            folder = self.factory.mktemp(self.name) / NAME
            copied = _copied(_of_the_run(self.factory), database, folder, self.name)
            app = _service(self.stack.enter_context(copied), folder)
            with app.app_context():
                self.stack.callback(db.engine.dispose)
            self.apps[database] = app
        return self.apps[database]


def _service(url: str, folder: Path) -> Flask:
    """It, with its keys beside its database: some of what the town holds is under them."""
    return create_app(
        Settings(database_url=url, instance=folder / "own", demo=True),
        config={"TESTING": True, "RATELIMIT_ENABLED": False},
    )


def _of_the_run(factory: pytest.TempPathFactory) -> Path:
    """A folder that all workers have in common."""
    base = factory.getbasetemp()
    return base.parent if "PYTEST_XDIST_WORKER" in os.environ else base


@contextmanager
def _copied(shared: Path, database: str, folder: Path, name: str) -> Iterator[str]:
    """The address of a copy of the town; skips the test where PostGIS is not installed."""
    cluster = postgis.shared() if database == "postgis" else None
    if database == "postgis" and cluster is None:
        pytest.skip(postgis.MISSING)
    first = shared / f"{NAME}_{database}"
    with first.with_suffix(".lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not first.exists():
            _load(cluster, first)
    shutil.copytree(first, folder)
    if cluster is None:
        yield f"sqlite:///{folder / NAME}.sqlite"
    else:
        yield cluster.create_database(name, NAME)
        cluster.drop_database(name)
    shutil.rmtree(folder)


def _load(cluster: postgis.Cluster | None, first: Path) -> None:
    """Load it, whole or not at all."""
    making = first.with_suffix(".part")
    shutil.rmtree(making, ignore_errors=True)
    making.mkdir()
    if cluster is None:
        url = f"sqlite:///{making / NAME}.sqlite"
        migrate(url)
    else:
        cluster.template("template_assetmap", migrate)
        url = cluster.create_database(NAME, "template_assetmap")
    app = _service(url, making)
    with app.app_context():
        spatial.writing(db.session)
        demo.load(db.session, TODAY)
        db.session.commit()
        db.engine.dispose()
    making.rename(first)
