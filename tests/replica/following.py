"""A hot standby of the tests' own PostGIS server, made with pg_basebackup and following it."""

import os
import pwd
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import psycopg

from tests import postgis
from tests.ports import free_port
from tests.postgis import Cluster

PATIENCE_S = 60.0


@dataclass(frozen=True)
class Following:
    """A standby that follows a server by streaming. slot: where that keeps what it must send."""

    primary: Cluster
    folder: Path
    port: int
    slot: str

    def url(self, database: str) -> str:
        """The address for DATABASE_REPLICA_URL."""
        return f"postgresql+psycopg://postgres@127.0.0.1:{self.port}/{database}"

    def start(self) -> None:
        """Start it, unless it runs, and wait until it answers."""
        if not (self.folder / "data" / "postmaster.pid").exists():
            self._control("start", "--wait", "--log", self.folder / "log", "-o", self._options())

    def stop(self) -> None:
        """Stop it as a crash would: whoever is connected is cut off."""
        self._control("stop", "--mode=immediate")

    def pause(self) -> None:
        """Let it fall behind from here on."""
        self.catch_up()
        ask(self.port, "SELECT pg_wal_replay_pause()")
        wait_until(self.port, "SELECT pg_get_wal_replay_pause_state() = 'paused'")

    def resume(self) -> None:
        """Let it follow again."""
        ask(self.port, "SELECT pg_wal_replay_resume()")

    def catch_up(self) -> None:
        """Wait until it has all that the server it follows has logged by now."""
        position = ask(self.primary.port, "SELECT pg_logical_emit_message(true, 'tests', '')")
        wait_until(self.port, f"SELECT pg_last_wal_replay_lsn() >= '{position}'")

    def _options(self) -> str:
        return f"{postgis._OPTIONS} -c unix_socket_directories={self.folder} -p {self.port}"

    def _control(self, what: str, *more: str | Path) -> None:
        binaries = postgis._binaries() or Path()
        postgis._run(binaries / "pg_ctl", what, "--pgdata", self.folder / "data", *more)


def ask(port: int, statement: str) -> object:
    """The answer of a server to one question."""
    where = f"host=127.0.0.1 port={port} user=postgres dbname=postgres"
    with psycopg.connect(where, autocommit=True) as connection:
        row = connection.execute(statement.encode()).fetchone()
    return row and row[0]


def wait_until(port: int, condition: str) -> None:
    """Come back once a server says yes."""
    wait_for(lambda: ask(port, condition) is True)


def wait_for(happened: Callable[[], bool]) -> None:
    """Come back once something is so."""
    ends = time.monotonic() + PATIENCE_S
    while not happened():
        assert time.monotonic() < ends
        time.sleep(0.02)


@contextmanager
def following(primary: Cluster) -> Iterator[Following]:
    """A standby of a server, for as long as it is needed; gone with the process that made it."""
    folder = Path(tempfile.mkdtemp(prefix="assetmap-standby-", dir="/tmp"))
    postgis._watch(folder)
    if os.geteuid() == 0:
        owner = pwd.getpwnam("postgres")
        os.chown(folder, owner.pw_uid, owner.pw_gid)
    port = free_port()
    made = Following(primary, folder, port, f"standby_{uuid4().hex[:12]}")
    where = ("--host=127.0.0.1", f"--port={primary.port}", "--username=postgres", "--no-password")
    how = ("--checkpoint=fast", "--wal-method=stream", "--no-sync", "--write-recovery-conf")
    kept = ("--create-slot", f"--slot={made.slot}", "--pgdata", folder / "data")
    postgis._run((postgis._binaries() or Path()) / "pg_basebackup", *where, *how, *kept)
    made.start()
    try:
        yield made
    finally:
        if (folder / "data" / "postmaster.pid").exists():
            made.stop()
        free_again = f"SELECT NOT active FROM pg_replication_slots WHERE slot_name = '{made.slot}'"  # noqa: S608
        wait_until(primary.port, free_again)
        ask(primary.port, f"SELECT pg_drop_replication_slot('{made.slot}')")
