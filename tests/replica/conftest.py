"""A service with a real hot standby beside its database."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from pydantic import SecretStr
from sqlalchemy import Connection, event, select

from assetmap import spatial
from assetmap.app import create_app
from assetmap.connections import STANDBY
from assetmap.db import db
from assetmap.gate import SESSION_KEY
from assetmap.models import Consent, Entry, Person, Team, User
from assetmap.register import consents, tokens
from assetmap.replica import LOOKING, Sample, Standby, written
from assetmap.schemas.people import NewToken
from assetmap.settings import Settings
from tests import make, postgis
from tests.conftest import migrate
from tests.replica.following import Following, following

TEMPLATE = "template_assetmap"


@dataclass
class Service:
    """A service that reads from a standby; a hall, its team, and somebody who may be shown."""

    app: Flask
    settings: Settings
    following: Following
    database: str
    asked: list[str] = field(default_factory=list)  # of the standby, since it was emptied
    hall: str = ""
    keys: dict[str, int] = field(default_factory=dict)
    stop: str = ""

    @property
    def standby(self) -> Standby:
        found: Standby = self.app.extensions[STANDBY]
        return found

    def somebody(self, name: str = "") -> FlaskClient:
        """A browser; of somebody who has signed in, or of a passer-by."""
        client = self.app.test_client()
        if name:
            with self.app.app_context():
                secret = make.make_session(db.session, db.session.get_one(User, self.keys[name]))
            with client.session_transaction() as cookie:
                cookie[SESSION_KEY] = secret
        return client

    def token(self, scope: str) -> str:
        """A new token of the editor's."""
        with self.app.app_context():
            spatial.writing(db.session)
            user = db.session.get_one(User, self.keys["editor"])
            team = db.session.get_one(Team, self.keys["team"])
            new = NewToken.model_validate({"name": scope, "scope": scope})
            viewer = make.viewer_for(user, team)
            secret = tokens.make(db.session, user, new, viewer=viewer)
            db.session.commit()
        return secret

    def later(self, seconds: float) -> None:
        """Put the clock by which the standby is judged forward; it stands still otherwise."""
        at_s = self.standby.clock() + seconds
        self.standby.clock = lambda: at_s

    def level(self) -> None:
        """Have the standby replay all there is, and the service know how much that is: others
        write on the same server meanwhile."""
        with self.app.app_context(), db.engine.connect() as connection:
            sample = Sample(self.standby.clock(), written(connection))
        self.standby.knows(sample)
        self.following.catch_up()

    def fall_behind(self) -> None:
        """Have it replay nothing from here on."""
        self.level()
        self.following.pause()

    def catch_up(self) -> None:
        """Have it follow again."""
        self.following.resume()
        self.level()

    def from_standby(self) -> bool:
        """Whether the last pages asked it anything but how far it is; forgets them."""
        found = any("pg_last_wal_replay_lsn" not in statement for statement in self.asked)
        self.asked.clear()
        return found


@pytest.fixture(scope="session")
def follower() -> Iterator[Following]:
    """A standby of this run's PostGIS server."""
    cluster = postgis.shared()
    if cluster is None:
        pytest.skip(postgis.MISSING)
    cluster.template(TEMPLATE, migrate)
    with following(cluster) as found:
        yield found


@pytest.fixture
def service(follower: Following, worker_id: str, tmp_path: Path) -> Iterator[Service]:
    """The service, its standby up and level with the primary."""
    follower.start()
    follower.resume()
    database = f"replica_{worker_id}"
    url = follower.primary.emptied(database, TEMPLATE)
    settings = Settings(
        database_url=url,
        database_replica_url=follower.url(database),
        replica_seconds=60,
        secret_key=SecretStr("test"),
        instance=tmp_path / "instance",
    )
    app = create_app(settings, config={"TESTING": True, "RATELIMIT_ENABLED": False})
    made = Service(app, settings, follower, database)
    with app.app_context():
        fill(made)
        event.listen(db.get_engine(STANDBY), "before_cursor_execute", listener(made))
    made.later(0)
    made.level()
    yield made
    for thread in threading.enumerate():
        if thread.name == LOOKING:  # or its connection comes back when nobody is left to close it
            thread.join()
    with app.app_context():
        for engine in db.engines.values():
            engine.dispose()


def listener(service: Service) -> Callable[..., None]:
    def listen(_connection: Connection, _cursor: object, statement: str, *_: object) -> None:
        service.asked.append(statement)

    return listen


def fill(service: Service) -> None:
    """A team with a hall; somebody there who agreed that everybody may know."""
    spatial.writing(db.session)
    team = make.make_team(db.session)
    editor = make.make_user(db.session, team)
    other = make.make_user(db.session, team, email="other@demo.example")
    hall: Entry = make.make_entry(db.session, "asset", team, title="Old name", phone="01632 960001")
    person: Person = make.make_person(db.session, team, at=hall)
    make.make_consent(db.session, person, "sharing")
    agreed = db.session.scalars(select(Consent)).one()
    service.stop = f"/stop/{consents.link_token(db.session, agreed)}"
    service.keys.update(team=team.id, editor=editor.id, other=other.id)
    service.hall = hall.path
    db.session.commit()
