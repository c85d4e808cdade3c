"""Connecting to either database, and taking turns: SQLite lets one write at a time, PostgreSQL many
that may wait for one another."""

import ctypes
import importlib.util
import json
import os
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from sqlalchemy import (
    ARRAY,
    JSON,
    BigInteger,
    Boolean,
    ColumnElement,
    Connection,
    Dialect,
    Executable,
    Index,
    Text,
    bindparam,
    event,
    func,
    literal,
    literal_column,
    text,
)
from sqlalchemy.engine import URL, Engine, make_url
from sqlalchemy.exc import OperationalError
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import Session, SessionTransaction
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import TypeDecorator, TypeEngine

WRITES = "assetmap_writes"
ANEW = "assetmap_anew"  # of a statement: planned each time
AT_ONCE = "at once"  # of WRITES: now or not at all
STANDBY = "standby"  # of a session's info: the engine that it reads from
COMMITTED = "committed"  # of a session's info
BUSY_MS = 30_000
SAMPLE = 1000  # rows of an index
SEEM = 64  # keys


def engine_url(database_url: str) -> URL:
    """The address to connect to; a new SQLite file gets the small WGS 84 set of systems."""
    url = make_url(database_url)
    if url.get_backend_name() != "sqlite":
        return url
    return url.update_query_dict(
        {
            "geoalchemy2_connect_sqlite_init_mode": "WGS84",
            "geoalchemy2_connect_sqlite_transaction": "1",
        }
    )


@cache
def _bind_gdal_first() -> None:
    """Load the GDAL that pyogrio brings, where it brings one, before mod_spatialite is loaded.

    SQLite loads an extension with all its libraries for everybody to see. A GDAL loaded after that
    takes their SQLite for its own, and the first GeoPackage it reads ends the process. Loaded
    before, it is bound to its own. Importing pyogrio would do, but takes a second.
    """
    found = importlib.util.find_spec("pyogrio")
    if found is not None and found.origin is not None:
        for library in sorted((Path(found.origin).parents[1] / "pyogrio.libs").glob("libgdal*")):
            ctypes.CDLL(str(library))


def prepare_connection(connection: Any) -> None:
    """Give a fresh SQLite connection its limits and leave BEGIN to us.

    Have PostgreSQL compile no query, which takes it a second for one with a rule in it that it
    answers in a fifth of that, and answer each in one process: to start more of them takes ten
    milliseconds and the cores of whoever else asks.
    """
    if not isinstance(connection, sqlite3.Connection):
        connection.autocommit = True
        connection.execute("SET jit = off; SET max_parallel_workers_per_gather = 0")
        connection.autocommit = False
        return
    _bind_gdal_first()
    os.environ.setdefault("SPATIALITE_LIBRARY_PATH", "mod_spatialite")
    connection.isolation_level = None
    for pragma in (
        "foreign_keys = ON",
        "journal_mode = WAL",
        "synchronous = NORMAL",
        "secure_delete = ON",  # what is taken out is written over
        "temp_store = MEMORY",
        "cache_size = -65536",
        "mmap_size = 1073741824",
        "journal_size_limit = 67108864",  # after a large write its log gives the disk back
    ):
        connection.execute(f"PRAGMA {pragma}")


def begin(connection: Connection) -> None:
    """Begin a transaction; on SQLite one that will write takes its turn at once.

    A transaction that reads first and writes later fails as soon as another has written in
    between, however long the busy timeout; taking the write lock first queues instead.
    """
    if connection.dialect.name == "sqlite":
        writes = connection.get_execution_options().get(WRITES, False)
        if writes:  # here and not among the limits: SpatiaLite, loaded later, makes it five seconds
            wait_ms = 0 if writes == AT_ONCE else BUSY_MS
            connection.exec_driver_sql(f"PRAGMA busy_timeout = {wait_ms}")
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


class Condition(FunctionElement[bool]):
    """A condition that each database is asked in its own words.

    SQLAlchemy would ask SQLite whether it "= 1", having no booleans there, and SQLite then reads
    every row instead of the index that the condition is written for.
    """

    type = Boolean()

    def self_group(self, against: Any = None) -> Any:
        """As it is: each form comes in brackets of its own, or as a call."""
        return self


class _Many(TypeDecorator[list[Any]]):
    """A list as one value: an array where there are such, else JSON."""

    impl = Text
    cache_ok = True

    def __init__(self, of: type[TypeEngine[Any]]) -> None:
        super().__init__()
        self.of = of

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """What the database has for it."""
        kind: TypeEngine[Any] = ARRAY(self.of()) if dialect.name == "postgresql" else Text()
        return dialect.type_descriptor(kind)

    def process_bind_param(self, value: list[Any] | None, dialect: Dialect) -> Any:
        """The list itself, or as JSON."""
        return value if value is None or dialect.name == "postgresql" else json.dumps(value)


class _Keys(_Many):
    """Keys as one value, on PostgreSQL the last of them again and again.

    With few, PostgreSQL thinks a plan for just these worth its while, and with a statement of many
    tables takes four times as long to think as to look. With many it keeps to the plan it has.
    """

    cache_ok = True

    def __init__(self) -> None:
        super().__init__(BigInteger)

    def process_bind_param(self, value: list[Any] | None, dialect: Dialect) -> Any:
        """The list, long enough."""
        some = value or []
        more = SEEM - len(some) if dialect.name == "postgresql" else 0
        return super().process_bind_param(some + some[-1:] * more, dialect)


class _OneOf(Condition):
    name = "one_of"
    inherit_cache = True


def one_of(column: Any, words: Sequence[str]) -> ColumnElement[bool]:
    """True where a column is one of many words, which are sent as one value: spelt out they would
    make each query as long as the list."""
    return _OneOf(column, literal(list(words), _Many(Text)))


def is_one_of(column: Any, name: str, of: type[TypeEngine[Any]] = Text) -> ColumnElement[bool]:
    """The same for words, or values of another type, given as the parameter `name`."""
    return _OneOf(column, bindparam(name, type_=_Many(of)))


def spelt(words: Iterable[str]) -> tuple[ColumnElement[str], ...]:
    """Words of our own as part of a statement: for them it is the same each time, and nothing has
    to be sent along."""
    return tuple(literal_column(f"'{word}'", Text) for word in words)


class _Has(FunctionElement[str]):
    type = Text()
    name = "has"
    inherit_cache = True


def said_of(key: Any, words: Mapping[int, str]) -> ColumnElement[str]:
    """What is said of a number in a dictionary, which is sent as one value; "" where nothing is."""
    sent = json.dumps({str(one): said for one, said in words.items()})
    return func.coalesce(_Has(key, literal(sent, Text())), literal_column("''", Text))


@compiles(_Has, "postgresql")
def _(element: Any, compiler: Any, **kw: Any) -> str:
    key, words = (compiler.process(c, **kw) for c in element.clauses)
    return f"(CAST({words} AS json) ->> CAST({key} AS text))"


@compiles(_Has, "sqlite")
def _(element: Any, compiler: Any, **kw: Any) -> str:
    key, words = (compiler.process(c, **kw) for c in element.clauses)
    return f"json_extract({words}, '$.' || {key})"


def where_there(table: str, column: str) -> Index:
    """An index of a column that most rows have nothing in; it holds the others."""
    there = text(f"{column} IS NOT NULL")
    name = f"ix_{table}_{column}"
    return Index(name, column, sqlite_where=there, postgresql_where=there)


def one_of_keys(column: Any, keys: Sequence[int]) -> ColumnElement[bool]:
    """True where a column is one of some keys, which are sent as one value."""
    return _OneOf(column, literal(list(keys), _Many(BigInteger)))


def has_key(column: Any, name: str) -> ColumnElement[bool]:
    """True where a column is one of the keys given as the parameter `name`, however many: so the
    statement is the same each time, and a database that remembers how to answer it needs not think
    again."""
    return _OneOf(column, bindparam(name, type_=_Keys()))


@compiles(_OneOf, "postgresql")
def _(element: Any, compiler: Any, **kw: Any) -> str:
    column, many = (compiler.process(c, **kw) for c in element.clauses)
    return f"({column} = ANY ({many}))"


@compiles(_OneOf, "sqlite")
def _(element: Any, compiler: Any, **kw: Any) -> str:
    column, many = (compiler.process(c, **kw) for c in element.clauses)
    return f"({column} IN (SELECT value FROM json_each({many})))"  # noqa: S608  # a bound value


class EitherServer(Session):
    """A session that reads from the standby when it was told so, and writes on the primary."""

    def get_bind(self, mapper: Any = None, **given: Any) -> Engine | Connection:
        """Where a statement goes. All of a transaction goes to one of the two."""
        standby: Engine | None = self.info.get(STANDBY)
        if standby is None or self.info.get(WRITES, False):
            return super().get_bind(mapper, **given)
        return standby


@event.listens_for(EitherServer, "after_transaction_end")
def _wrote(session: Session, ended: SessionTransaction) -> None:
    if ended.parent is None:
        session.info.pop(WRITES, None)


@event.listens_for(EitherServer, "after_commit")
def _committed(session: Session) -> None:
    session.info[COMMITTED] = True


class RowsAsJson(FunctionElement[list[list[Any]]]):
    """All rows of a query as one value: a list for each, of these columns, in no order."""

    type = JSON()
    name = "rows_as_json"
    inherit_cache = True


@compiles(RowsAsJson, "postgresql")
def _(element: Any, compiler: Any, **kw: Any) -> str:
    columns = ", ".join(compiler.process(c, **kw) for c in element.clauses)
    return f"coalesce(json_agg(json_build_array({columns})), '[]')"


@compiles(RowsAsJson, "sqlite")
def _(element: Any, compiler: Any, **kw: Any) -> str:
    parts = [(c.type, compiler.process(c, **kw)) for c in element.clauses]
    columns = ", ".join(f"json({said})" if isinstance(of, JSON) else said for of, said in parts)
    return f"json_group_array(json_array({columns}))"


def writing(session: Session) -> None:
    """Say, before the first statement, that this session's transaction will write."""
    if not session.in_transaction():
        session.info[WRITES] = True
        session.connection(execution_options={WRITES: True})


def end_reading(session: Session) -> None:
    """Have PostgreSQL end a transaction that has only read, before it is rolled back.

    There the two are the same. But whenever something is rolled back psycopg forgets all that the
    server has prepared, which would have to think about each statement anew in every request.
    """
    if session.in_transaction() and not session.info.get(WRITES, False):
        connection = session.connection()
        if connection.dialect.name == "postgresql":
            connection.exec_driver_sql("COMMIT")


def read_anew(session: Session) -> None:
    """Let go of what was only read: what is asked next sees what has been written until then."""
    end_reading(session)
    session.rollback()


def read_enough(session: Session) -> None:
    """Let go of what was only read until now, and begin a transaction that will write.

    On PostgreSQL any transaction may, and this one goes on, unless it reads from the standby.
    """
    connection = session.connection()
    if connection.get_execution_options().get(WRITES, False) or session.info.get(WRITES, False):
        return
    on_primary = STANDBY not in session.info
    changed = session.new or session.dirty or session.deleted
    if connection.dialect.name == "postgresql" and on_primary and not changed:
        session.expire_all()
        session.info[WRITES] = True
        return
    end_reading(session)
    session.rollback()
    writing(session)


@event.listens_for(Engine, "do_execute")
def _plan_anew(cursor: Any, statement: str, values: Any, context: Any) -> bool:
    """Have PostgreSQL plan a statement with the option `ANEW` for the values it is asked with. Of a
    prepared one it may keep a plan that is good for a street and bad for a county."""
    if context.dialect.name != "postgresql" or not context.execution_options.get(ANEW, False):
        return False
    cursor.execute(statement, values, prepare=False)
    return True


def lock_for_writing(session: Session, name: str) -> None:
    """Let one transaction at a time past this point, until it ends, for the thing named."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("SELECT pg_advisory_xact_lock(hashtext(:name))"), {"name": name})


def learn_sizes(session: Session) -> None:
    """Have SQLite look at samples of its indexes, in a transaction that writes, so that it begins a
    query with what narrows most. PostgreSQL does so by itself."""
    connection = session.connection()
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql(f"PRAGMA analysis_limit = {SAMPLE}")
        connection.exec_driver_sql("ANALYZE")


def empty_log(session: Session) -> None:
    """Move what SQLite's log holds into the database, and the log's old pages out of the file.

    Call it between two transactions. While somebody reads it may not come to the end; it is done
    again once a day. PostgreSQL looks after its own.
    """
    engine = session.get_bind()
    if engine.dialect.name != "sqlite" or not isinstance(engine, Engine):
        return
    raw = engine.raw_connection()
    try:
        cursor = raw.cursor()
        cursor.execute("PRAGMA busy_timeout = 1000")
        cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        cursor.close()
    finally:
        raw.close()


def note_in_passing(engine: Engine, statement: Executable) -> bool:
    """Run a small statement in a transaction of its own that waits for nobody; False if it was
    dropped because somebody else writes."""
    try:
        with engine.execution_options(**{WRITES: AT_ONCE}).begin() as connection:
            if connection.dialect.name == "postgresql":
                connection.execute(text("SET LOCAL lock_timeout = '50ms'"))
            connection.execute(statement)
    except OperationalError as error:
        if not is_busy(error):
            raise
        return False
    return True


def is_busy(error: OperationalError) -> bool:
    """True when the database gave up waiting its turn, so the same request may be sent again."""
    return "locked" in str(error.orig) or getattr(error.orig, "sqlstate", "") in (
        "40001",
        "40P01",
        "55P03",
    )
