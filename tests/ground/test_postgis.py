"""The private PostGIS server the other tests run on."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest

from tests import postgis
from tests.postgis import Cluster

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def cluster() -> Cluster:
    found = postgis.shared()
    if found is None:
        pytest.skip(postgis.MISSING)
    return found


@pytest.fixture
def name(cluster: Cluster) -> Iterator[str]:
    name = f"ground_{uuid4().hex}"
    yield name
    cluster.drop_database(name)


def ask(url: str, statement: str) -> object:
    with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as connection:
        found = connection.execute(statement.encode())
        row = found.fetchone() if found.description else None
        return row and row[0]


def test_a_fresh_database_measures_on_the_ellipsoid(cluster: Cluster, name: str) -> None:
    url = cluster.create_database(name)
    metres = ask(url, "SELECT ST_Distance('POINT(0 53)'::geography, 'POINT(0 54)'::geography)")
    assert metres == pytest.approx(111_294, abs=30)


def test_a_database_made_again_is_empty_even_while_someone_is_connected(
    cluster: Cluster, name: str
) -> None:
    url = cluster.create_database(name)
    ask(url, "CREATE TABLE leftover (id int)")
    with psycopg.connect(url.replace("+psycopg", "")):
        cluster.create_database(name)
    assert ask(url, "SELECT to_regclass('leftover') IS NULL")


def test_a_template_is_built_once_and_copied(cluster: Cluster, name: str) -> None:
    template, built = f"{name}_template", []

    def build(url: str) -> None:
        built.append(url)
        ask(url, "CREATE TABLE shipped (id int)")

    for _ in range(2):
        cluster.create_database(name, cluster.template(template, build))
    cluster.drop_database(template)
    assert built == [cluster.url(template)]
    assert ask(cluster.url(name), "SELECT to_regclass('shipped') IS NOT NULL")


def test_everyone_in_a_run_shares_one_server(cluster: Cluster) -> None:
    code = "from tests import postgis; print(postgis.shared().port)"
    other = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, check=True)
    assert int(other.stdout) == cluster.port


def test_the_server_ends_with_the_run_that_was_killed(cluster: Cluster) -> None:
    code = "from tests import postgis; c = postgis.shared(); print(c.folder, flush=True); input()"
    environment = {k: v for k, v in os.environ.items() if k != postgis.VARIABLE}
    with subprocess.Popen(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as run:
        assert run.stdout
        folder = Path(run.stdout.readline().strip())
        assert (folder / "data" / "postmaster.pid").exists()
        run.send_signal(signal.SIGKILL)
    for _ in range(600):
        if not folder.exists():
            return
        time.sleep(0.1)
    pytest.fail(f"{folder} is still there")


def test_without_postgis_there_is_no_server_and_one_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(postgis.VARIABLE, str(tmp_path))
    monkeypatch.setattr(postgis, "_binaries", lambda: None)
    assert postgis.shared() is None
    assert "\n" not in postgis.MISSING
