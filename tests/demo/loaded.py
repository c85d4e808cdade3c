"""The demo town on each of the two databases, loaded when it is first asked for."""

from contextlib import ExitStack
from datetime import date

import pytest
from flask import Flask

from assetmap import spatial
from assetmap.app import create_app
from assetmap.db import db
from assetmap.demo import load as demo
from assetmap.settings import Settings
from tests.kept import kept_database

TODAY = date(2026, 11, 20)


class Towns:
    """The towns of one module; `name` must be unique to it and to the worker."""

    def __init__(self, factory: pytest.TempPathFactory, name: str, stack: ExitStack) -> None:
        self.factory, self.name, self.stack = factory, name, stack
        self.apps: dict[str, Flask] = {}

    def on(self, database: str) -> Flask:
        """The service with the town in it."""
        if database not in self.apps:
            folder = self.factory.mktemp(self.name)
            url = self.stack.enter_context(kept_database(database, folder, self.name))
            app = create_app(
                Settings(database_url=url, instance=folder / "own", demo=True),
                config={"TESTING": True, "RATELIMIT_ENABLED": False},
            )
            with app.app_context():
                self.stack.callback(db.engine.dispose)
                spatial.writing(db.session)
                demo.load(db.session, TODAY)
                db.session.commit()
            self.apps[database] = app
        return self.apps[database]
