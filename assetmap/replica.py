"""Reads from a hot standby: a copy of the PostgreSQL database that follows the primary.

What is asked of the standby, and by whom, is decided for each request once it is known who asks;
that itself, and whatever is written, is a matter for the primary alone. A position is how many
bytes the primary has logged (a WAL position), so that two can be compared.
"""

import math
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from threading import Thread
from time import monotonic, sleep
from typing import Any, NamedTuple

import structlog
from flask import Flask, Response, current_app, g, request
from sqlalchemy import Connection, Engine, make_url, text
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.orm import Session

from assetmap.connections import COMMITTED, STANDBY
from assetmap.db import db
from assetmap.errors import RegisterError
from assetmap.settings import Settings
from assetmap.vocabulary import Kind

READS = frozenset(  # blueprints: all others, and what is not known here, ask the primary
    {
        *(kind.plural for kind in Kind),
        *("search", "places", "areas", "categories", "photos", "tracks", "paper"),
        *("api_entries", "api_kinds", "api_map", "api_lists"),
    }
)
OF_PEOPLE = frozenset(  # blueprints: what is done there holds for everybody once it is answered
    {
        *("contacts", "contact_acts", "stopping", "own_details", "subject_requests"),
        *("retention", "api_contacts", "referrals"),
    }
)
# in endpoints that take something from sight; those of the board, too, and what is keyed in
CLOSING = {"withdraw", "remove", "forget", "merge", "act", "undo"}
HEADER = "X-Assetmap-Position"
COOKIE = "assetmap_position"
COOKIE_S = 120  # longer than any standby may be behind
LONGEST_POSITION = 19  # digits
REST_S = 5.0  # before a standby that was lost is asked again
NAP_S = 0.01
LOOKING = "looks for the standby"  # the name of a thread
SAMPLES_IN_TIME = 4
MOST_SAMPLES = 16  # threads may take some at once
LINK = {  # how soon a connection that is no more is given up; the address may say otherwise
    "connect_timeout": "2",
    "tcp_user_timeout": "3000",
}
_WRITTEN = text("SELECT (pg_current_wal_insert_lsn() - '0/0')::bigint")
_REPLAYED = text(
    "SELECT CASE WHEN pg_is_in_recovery() THEN (pg_last_wal_replay_lsn() - '0/0')::bigint END"
)
log = structlog.get_logger()


class Sample(NamedTuple):
    """The primary had logged so much at this time of our clock, or before."""

    at_s: float
    position: int


def engines(settings: Settings) -> dict[str, dict[str, Any]]:
    """The options of the standby's engine, by its name; none where there is no standby."""
    if not settings.database_replica_url:
        return {}
    url = make_url(settings.database_replica_url)
    url = url.set(query={**LINK, **url.query})
    return {STANDBY: {"url": url, "execution_options": {"postgresql_readonly": True}}}


def written(connection: Connection) -> int:
    """The position of the primary."""
    return int(connection.execute(_WRITTEN).scalar_one())


def replayed(connection: Connection) -> int | None:
    """The position up to which a standby answers; None for a server that is none."""
    found = connection.execute(_REPLAYED).scalar_one()
    return None if found is None else int(found)


def catches_up_s(connection: Connection, position: int, most_s: float) -> float | None:
    """Seconds until a standby has replayed a position; None when that takes too long."""
    began_s = monotonic()
    while (replayed(connection) or 0) < position:
        if monotonic() - began_s >= most_s:
            return None
        sleep(NAP_S)
    return monotonic() - began_s


@dataclass
class Standby:
    """What one process knows of the standby. seconds: how far behind it may be.

    How far it is behind is measured by our own clock alone: every now and then the primary is
    asked for its position, and a standby that has replayed a sample is as new as that. So a
    standby that is cut off from its primary is found out, and an idle primary is no delay.
    """

    primary: Engine
    engine: Engine
    seconds: float
    clock: Callable[[], float] = monotonic
    _samples: tuple[Sample, ...] = ()  # another each time, as threads share it
    _rests_until: float = -math.inf
    is_lost: bool = False

    def lend(self, session: Session, wrote: int = 0) -> bool:
        """Have a session read from the standby from here on, if that has replayed `wrote` and is
        not too far behind. What the session has read before is let go of."""
        if self.clock() < self._rests_until:
            return False
        if self.is_lost:  # to find out may take a while, so nobody waits for it
            self._rests_until = self.clock() + REST_S
            Thread(target=self.look_again, name=LOOKING, daemon=True).start()
            return False
        self._sample(session)
        session.rollback()
        session.info[STANDBY] = self.engine
        try:
            position = replayed(session.connection())
        except SQLAlchemyError as error:
            take_back(session)
            self.lost(error)
            return False
        if self._is_near(position) and position is not None and position >= wrote:
            return True
        take_back(session)
        return False

    def lost(self, error: Exception) -> None:
        """Leave the standby alone for some seconds."""
        self._rests_until = self.clock() + REST_S
        if not self.is_lost:
            said = str(getattr(error, "orig", None) or error).strip().partition("\n")[0]
            log.warning("standby lost", reason=said)
        self.is_lost = True

    def look_again(self) -> None:
        """See whether a standby that was lost is back."""
        try:
            with self.engine.connect() as connection:
                if replayed(connection) is None:
                    return
        except SQLAlchemyError:
            return
        log.info("standby back")
        self.is_lost, self._rests_until = False, -math.inf

    def knows(self, sample: Sample) -> None:
        """Measure the standby by another position of the primary from here on."""
        self._samples = (*self._samples[-MOST_SAMPLES:], sample)

    def wait_for(self, wrote: int) -> None:
        """Come back once the standby answers with what was written, or may not be asked because
        it is too far behind: after some seconds at most."""
        try:
            with self.engine.connect() as connection:
                catches_up_s(connection, wrote, self.seconds)
        except SQLAlchemyError as error:
            self.lost(error)

    def _sample(self, session: Session) -> None:
        at_s = self.clock()
        if not self._samples or at_s - self._samples[-1].at_s > self.seconds / SAMPLES_IN_TIME:
            self.knows(Sample(at_s, written(session.connection())))

    def _is_near(self, position: int | None) -> bool:
        """Whether the standby has what the primary had some seconds ago; if not it rests."""
        if position is None:
            self.lost(ValueError("it is not a standby: it follows no primary"))
            return False
        oldest = self.clock() - self.seconds
        near = any(s.at_s >= oldest and s.position <= position for s in self._samples)
        self._rests_until = (
            -math.inf if near else self.clock() + self.seconds / (2 * SAMPLES_IN_TIME)
        )
        return near


def take_back(session: Session) -> None:
    """Let a session read from the primary again."""
    session.rollback()
    session.info.pop(STANDBY, None)


def install(app: Flask, settings: Settings) -> None:
    """Have the service read from its standby, where it has one. Call it after the gate's own."""
    if not settings.database_replica_url:
        return
    with app.app_context():
        standby = Standby(db.engine, db.get_engine(STANDBY), settings.replica_seconds)
    answer = app.dispatch_request

    def dispatch() -> Any:
        wrote = wrote_last() if may_be_behind() else None
        if wrote is None or not standby.lend(db.session, wrote):
            return answer()
        try:
            return answer()
        except (SQLAlchemyError, RegisterError) as error:
            # what is not there yet, what a standby cannot do, or the loss of it: ask the primary
            if isinstance(error, DBAPIError) and error.connection_invalidated:
                standby.lost(error)
            take_back(db.session)
            return answer()

    def remember(response: Response) -> Response:
        if request.method not in ("GET", "HEAD") and db.session.info.pop(COMMITTED, False):
            with suppress(SQLAlchemyError):
                keep(response, standby)
        return response

    app.dispatch_request = dispatch  # type: ignore[method-assign]
    app.after_request(remember)
    app.extensions[STANDBY] = standby


def may_be_behind() -> bool:
    """Whether a request may be answered by the standby: it only reads, and what it reads says
    nothing of who may do what."""
    return request.method in ("GET", "HEAD") and request.blueprint in READS


def holds_at_once() -> bool:
    """Whether what was done must hold for everybody once it is answered."""
    done = (request.endpoint or "").rpartition(".")[2]
    return request.blueprint in OF_PEOPLE or not CLOSING.isdisjoint(done.split("_"))


def wrote_last() -> int | None:
    """The position after what whoever asks has written lately, 0 for nothing. None for a program
    that writes and does not say up to where: it reads from the primary.

    It needs no signature: whoever makes one up has only themselves read from the other server.
    """
    said = request.headers.get(HEADER, "") if g.by_token else request.cookies.get(COOKIE, "")
    if said.isascii() and said.isdigit() and len(said) <= LONGEST_POSITION:
        return int(said)
    return None if g.by_token and g.may_write else 0


def keep(response: Response, standby: Standby) -> None:
    """Give whoever has written the position to read from; keep them waiting where what they did
    must hold for everybody."""
    with standby.primary.connect() as connection:
        position = written(connection)
    if g.by_token:
        response.headers[HEADER] = str(position)
    else:
        is_secure: bool = current_app.config["SESSION_COOKIE_SECURE"]
        response.set_cookie(
            COOKIE, str(position), COOKIE_S, secure=is_secure, httponly=True, samesite="Lax"
        )
    if holds_at_once():
        standby.wait_for(position)
