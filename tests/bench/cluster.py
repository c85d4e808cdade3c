"""A PostGIS server whose data stays, set as an operator of a small machine would set it."""

import os
import pwd
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

from tests import postgis
from tests.ports import free_port

OPTIONS = (
    "-c shared_buffers=1GB -c effective_cache_size=4GB -c work_mem=32MB -c random_page_cost=1.1"
    " -c maintenance_work_mem=512MB -c max_wal_size=4GB -c listen_addresses=127.0.0.1"
)


@contextmanager
def kept(folder: Path) -> Iterator[str]:
    """The address of its one database while the server runs; made at the first time."""
    binaries = postgis._binaries()
    if binaries is None:
        raise SystemExit(postgis.MISSING)
    folder.mkdir(parents=True, exist_ok=True)
    if os.geteuid() == 0:
        owner = pwd.getpwnam("postgres")
        os.chown(folder, owner.pw_uid, owner.pw_gid)
    data = folder / "data"
    is_new = not (data / "PG_VERSION").exists()
    if is_new:
        how = ("--auth=trust", "--username=postgres", "--locale=C.UTF-8")
        postgis._run(binaries / "initdb", *how, "--pgdata", data)
    port = free_port()
    options = f"{OPTIONS} -c unix_socket_directories={folder} -p {port}"
    log = folder / "log"
    start = ("start", "--wait", "--pgdata", data, "--log", log, "-o", options)
    postgis._run(binaries / "pg_ctl", *start)
    try:
        if is_new:
            _make(port)
        yield f"postgresql+psycopg://postgres@127.0.0.1:{port}/bench"
    finally:
        postgis._run(binaries / "pg_ctl", "stop", "--mode=fast", "--pgdata", data)


def _make(port: int) -> None:
    where = f"host=127.0.0.1 port={port} user=postgres"
    with psycopg.connect(f"{where} dbname=postgres", autocommit=True) as connection:
        connection.execute("CREATE DATABASE bench")
    with psycopg.connect(f"{where} dbname=bench", autocommit=True) as connection:
        connection.execute("CREATE EXTENSION postgis")
        connection.execute(postgis._OTHERS)
