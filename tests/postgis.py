"""A PostgreSQL server with PostGIS for one test run, made from Debian's own binaries.

`conftest.py` calls `reserve()` in `pytest_configure`. In the process that runs the whole session
this picks a folder and names it in ASSETMAP_TEST_POSTGRES, which pytest-xdist's workers inherit;
nothing is started yet. The first test of any worker that calls `shared()` starts the server there,
under a file lock; the others join it. It is stopped and its folder removed when the reserving
process is gone, however it went: a small watcher sees to that even after `kill -9`.
"""

import fcntl
import os
import pwd
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg import sql

from tests.ports import free_port

VARIABLE = "ASSETMAP_TEST_POSTGRES"
MISSING = "PostgreSQL with PostGIS is not installed here (make test installs it)"
_TEMPLATE = "template_postgis"
_OPTIONS = (
    "-c listen_addresses=127.0.0.1 -c fsync=off -c synchronous_commit=off -c full_page_writes=off"
    " -c autovacuum=off -c jit=off -c timezone=UTC -c max_connections=60"
)
_OTHERS = "DELETE FROM spatial_ref_sys WHERE srid NOT IN (4326, 27700, 3857)"  # eight thousand
_WATCHER = """
folder=$1 owner=$2; shift 2
alive() { grep -qs "^State:[[:space:]]*[A-Yt]" "/proc/$owner/status"; }
(while alive; do sleep 1; done; "$@"; rm -rf "$folder") >/dev/null 2>&1 &
"""


MOST_USES = 80
_uses: dict[str, int] = {}  # of each database that this process empties
_emptiers: dict[str, psycopg.Connection[tuple[object, ...]]] = {}
_ALONE = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid()
"""
# every column, constraint, index, trigger and function of ours, and which migration was the last
_SHAPE = """
SELECT md5(string_agg(part, ';' ORDER BY part)) FROM (
  SELECT concat('c ', attrelid, attname, atttypid, attnotnull) AS part
  FROM pg_attribute JOIN pg_class c ON c.oid = attrelid
  WHERE c.relnamespace = 'public'::regnamespace AND attnum > 0
  UNION ALL SELECT concat('k ', conrelid, conname) FROM pg_constraint
  WHERE connamespace = 'public'::regnamespace
  UNION ALL SELECT concat('t ', tgrelid, tgname, tgenabled) FROM pg_trigger
  UNION ALL SELECT concat('f ', oid, md5(prosrc)) FROM pg_proc
  WHERE pronamespace = 'public'::regnamespace AND probin IS NULL
  UNION ALL SELECT concat('m ', version_num) FROM alembic_version
) AS parts
"""
# what a template holds already is kept beside it, to be put back
_KEEP = f"""
DO $$ DECLARE one record; filled boolean; BEGIN
  CREATE SCHEMA kept;
  CREATE TABLE kept.shape AS SELECT ({_SHAPE}) AS shape;
  CREATE TABLE kept.sequences AS
    SELECT sequencename AS name, last_value AS value FROM pg_sequences WHERE schemaname = 'public';
  FOR one IN SELECT relname AS name FROM pg_class
    WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND relname <> 'spatial_ref_sys'
  LOOP
    EXECUTE format('SELECT EXISTS (SELECT 1 FROM public.%I)', one.name) INTO filled;
    IF filled THEN
      EXECUTE format('CREATE TABLE kept.%I AS TABLE public.%I', 'of_' || one.name, one.name);
    END IF;
  END LOOP;
END $$
"""  # noqa: S608
_EMPTY = """
DO $$ DECLARE one record; filled boolean; BEGIN
  SET LOCAL session_replication_role = replica;
  FOR one IN SELECT relname AS name, to_regclass('kept.of_' || relname) AS copy FROM pg_class
    WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND relname <> 'spatial_ref_sys'
  LOOP
    EXECUTE format('SELECT EXISTS (SELECT 1 FROM public.%I)', one.name) INTO filled;
    IF filled THEN
      EXECUTE format('DELETE FROM public.%I', one.name);
    END IF;
    IF one.copy IS NOT NULL THEN
      EXECUTE format('INSERT INTO public.%I SELECT * FROM %s', one.name, one.copy);
    END IF;
  END LOOP;
  FOR one IN SELECT s.sequencename AS name, k.value AS value
    FROM pg_sequences s JOIN kept.sequences k ON k.name = s.sequencename
    WHERE s.schemaname = 'public' AND s.last_value IS DISTINCT FROM k.value
  LOOP
    PERFORM setval(format('public.%I', one.name)::regclass, coalesce(one.value, 1),
      one.value IS NOT NULL);
  END LOOP;
END $$
"""


@dataclass(frozen=True)
class Cluster:
    """A running server; every process of the test run may hold one of these for the same server."""

    folder: Path
    port: int

    def url(self, database: str) -> str:
        """The address of a database for SQLAlchemy and for DATABASE_URL."""
        return f"postgresql+psycopg://postgres@127.0.0.1:{self.port}/{database}"

    def create_database(self, name: str, template: str = _TEMPLATE) -> str:
        """Make a fresh database, in place of one with that name, and return its address."""
        self.drop_database(name)
        self._execute("CREATE DATABASE {} TEMPLATE {} STRATEGY FILE_COPY", name, template)
        return self.url(name)

    def drop_database(self, name: str) -> None:
        """Remove a database, and cut off whoever is still connected to it."""
        self._execute("DROP DATABASE IF EXISTS {} WITH (FORCE)", name)

    def template(self, name: str, build: Callable[[str], None]) -> str:
        """Make a database once for all workers, filled by `build(url)`, to be copied from.

        `build` must close its connections: a database in use cannot be copied.
        """
        built = self.folder / f"{name}.built"
        with _locked(self.folder):
            if not built.exists():
                build(self.create_database(name))
                self._execute("VACUUM FULL", database=name)  # the smaller, the sooner copied
                built.touch()
        return name

    def emptied(self, name: str, template: str) -> str:
        """A database as its template is, for one test after another of one worker.

        Copying a template takes several times as long as most tests do, so one copy is emptied
        again and again. One whose shape a test has changed, or that was emptied often, is copied
        anew: nothing is vacuumed here.
        """
        if _uses.get(name, 0) % MOST_USES == 0 or not self._is_emptied(name):
            _uses[name] = 0
            self.create_database(name, template)
            with self._connected(name) as connection:
                connection.execute(_KEEP)
        _uses[name] += 1
        return self.url(name)

    def _is_emptied(self, name: str) -> bool:
        """Put the database back as it came; False when it has another shape now, or is gone."""
        try:
            connection = self._emptier(name)
            connection.execute(_ALONE)
            row = connection.execute(f"SELECT ({_SHAPE}) = (SELECT shape FROM kept.shape)")  # noqa: S608
            if row.fetchone() != (True,):
                return False
            connection.execute(_EMPTY)
        except psycopg.Error:
            return False
        return True

    def _emptier(self, name: str) -> psycopg.Connection[tuple[object, ...]]:
        """A connection that stays: a new one must first learn again of every table there is."""
        kept = _emptiers.get(name)
        if kept is None or kept.closed:
            kept = _emptiers[name] = self._connected(name)
        return kept

    def _connected(self, name: str) -> psycopg.Connection[tuple[object, ...]]:
        address = f"host=127.0.0.1 port={self.port} user=postgres dbname={name}"
        return psycopg.connect(address, autocommit=True)

    def _execute(self, statement: str, *names: str, database: str = "postgres") -> None:
        with self._connected(database) as connection:
            connection.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))


def reserve() -> None:
    """Choose the folder of this run's server, unless the process that started us has done so."""
    if VARIABLE not in os.environ:
        folder = Path(tempfile.mkdtemp(prefix="assetmap-postgres-", dir="/tmp"))
        os.environ[VARIABLE] = str(folder)
        _watch(folder)


def let_go() -> None:
    """Close what this process kept open."""
    while _emptiers:
        _emptiers.popitem()[1].close()


def shared() -> Cluster | None:
    """The server of this run, started at the first call in any worker; None where PostGIS lacks."""
    reserve()
    folder = Path(os.environ[VARIABLE])
    with _locked(folder):
        port = folder / "port"
        if port.exists():
            return Cluster(folder, int(port.read_text()))
        if cluster := _start(folder):
            port.write_text(str(cluster.port))
        return cluster


def _start(folder: Path) -> Cluster | None:
    """Start a server in a folder that all users may reach; None where PostGIS is not installed."""
    binaries = _binaries()
    if binaries is None:
        return None
    if os.geteuid() == 0:
        owner = pwd.getpwnam("postgres")
        os.chown(folder, owner.pw_uid, owner.pw_gid)
    data, log = folder / "data", folder / "log"
    choices = ["--auth=trust", "--username=postgres", "--locale=C.UTF-8", "--no-sync"]
    _run(binaries / "initdb", *choices, "--pgdata", data)
    port = free_port()
    options = f"{_OPTIONS} -c unix_socket_directories={folder} -p {port}"
    _run(binaries / "pg_ctl", "start", "--wait", "--pgdata", data, "--log", log, "-o", options)
    cluster = Cluster(folder, port)
    cluster._execute("CREATE DATABASE {}", _TEMPLATE)
    cluster._execute("CREATE EXTENSION postgis", database=_TEMPLATE)
    cluster._execute(_OTHERS, database=_TEMPLATE)
    cluster._execute("VACUUM FULL", database=_TEMPLATE)
    return cluster


def _binaries() -> Path | None:
    """The programs of the newest PostgreSQL that has PostGIS."""
    found = Path("/usr/share/postgresql").glob("*/extension/postgis.control")
    versions = sorted((each.parts[-3] for each in found), key=int)
    return Path("/usr/lib/postgresql", versions[-1], "bin") if versions else None


def _as_postgres(*command: str | Path) -> list[str]:
    """PostgreSQL refuses to run as root, so as root it runs as the user its package made."""
    who = ["setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups", "--"]
    return [*(who if os.geteuid() == 0 else []), *map(str, command)]


def _run(*command: str | Path) -> None:
    # Never through a pipe: a server that inherited one would keep its reader waiting.
    subprocess.run(_as_postgres(*command), check=True, cwd="/", stdout=subprocess.DEVNULL)


def _watch(folder: Path) -> None:
    pg_ctl = (_binaries() or Path()) / "pg_ctl"
    stop = _as_postgres(pg_ctl, "stop", "--mode=immediate", "--pgdata", folder / "data")
    command = ["sh", "-c", _WATCHER, "sh", str(folder), str(os.getpid()), *stop]
    subprocess.run(command, check=True, cwd="/", start_new_session=True)


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    with (folder / "lock").open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
