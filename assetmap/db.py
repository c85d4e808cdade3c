"""Engine, session and declarative base. Nothing here knows any noun of the register."""

import uuid
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime
from typing import Any

import orjson
from flask import stream_with_context
from flask_sqlalchemy_lite import SQLAlchemy
from sqlalchemy import JSON, BigInteger, Connection, DateTime, Dialect, Integer, MetaData, event
from sqlalchemy.engine import Engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.types import TypeDecorator
from uuid6 import uuid7

from assetmap import connections
from assetmap.connections import EitherServer
from assetmap.settings import LOCAL

db = SQLAlchemy(
    require_default_engine=False,
    engine_options={"plugins": ["geoalchemy2"], "json_deserializer": orjson.loads},
    session_options={"autoflush": False, "class_": EitherServer},
)


class UtcDateTime(TypeDecorator[datetime]):
    """An instant, always aware and in UTC; SQLite forgets time zones, so this puts it back."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Refuse an instant without a time zone: nobody could say when it was."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("an instant needs a time zone")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Give the instant back in UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Model(DeclarativeBase):
    """Base of every table: named constraints, UTC instants, JSON lists and dicts."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {  # noqa: RUF012  # SQLAlchemy reads it off the class
        datetime: UtcDateTime,
        list[str]: JSON,
        dict[str, Any]: JSON,
    }


class Identified:
    """An integer key for the database, a UUIDv7 for the world.

    SpatiaLite's spatial index is keyed by rowid, and VACUUM may renumber rowids of a table
    without an INTEGER PRIMARY KEY, so a UUID must never be the primary key.
    """

    id: Mapped[int] = mapped_column(
        BigInteger().with_variant(Integer, "sqlite"), primary_key=True, sort_order=-10
    )
    uid: Mapped[uuid.UUID] = mapped_column(unique=True, default=uuid7, sort_order=-9)


def now() -> datetime:
    """This instant, in UTC."""
    return datetime.now(UTC)


def local_day(at: datetime) -> date:
    """The day it is at an instant by the clock on the wall here, as people write it down."""
    return at.astimezone(LOCAL).date()


def streamed(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """A download as it goes out, which ends what it has begun to read.

    It reads with the session of its request, which was closed with that: a transaction begun
    since would stay open, and keep SQLite's log, with all that was taken out, from being emptied.
    """
    session = db.session

    def until_it_ends() -> Iterator[bytes]:
        try:
            yield from pieces
        finally:
            session.rollback()

    return stream_with_context(until_it_ends())


@event.listens_for(Engine, "connect", insert=True)
def _prepare(connection: Any, _record: Any) -> None:
    connections.prepare_connection(connection)


@event.listens_for(Engine, "begin")
def _begin(connection: Connection) -> None:
    connections.begin(connection)
