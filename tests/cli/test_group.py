"""What any command does when it cannot do its work: one line, exit code 1."""

import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import make_url

from tests.conftest import DATABASES

READ_ONLY = Path("/sys/kernel")  # to root as well


def run(*typed: str) -> tuple[int, str]:
    """As a process of its own, as people run it."""
    command = [sys.executable, "-c", "from assetmap.start import main; main()", *typed]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.returncode, done.stderr


@pytest.fixture(autouse=True)
def _settings(monkeypatch: pytest.MonkeyPatch, database_url: str, tmp_path: Path) -> None:
    monkeypatch.setenv("DATABASE_URL", database_url)
    monkeypatch.setenv("ASSETMAP_INSTANCE", str(tmp_path / "instance"))


def test_a_database_without_tables_is_told_in_one_line(
    monkeypatch: pytest.MonkeyPatch,
    database: str,
    database_url: str,
    tmp_path: Path,
) -> None:
    assert database in DATABASES
    bare = make_url(database_url).set(database="template_postgis")
    if database == "spatialite":
        bare = make_url(f"sqlite:///{tmp_path / 'bare.sqlite'}")
    monkeypatch.setenv("DATABASE_URL", bare.render_as_string(hide_password=False))
    code, said = run("users", "list")
    assert code == 1
    assert said.startswith("Error: The database cannot be used: ")
    assert "app_user" in said
    assert said.endswith("Ask `assetmap doctor` what to do.\n")
    assert said.count("\n") == 1


@pytest.mark.parametrize("database", ["postgis"])
def test_a_database_without_postgis_is_told_in_one_line(
    monkeypatch: pytest.MonkeyPatch, database_url: str
) -> None:
    plain = make_url(database_url).set(database="postgres")
    monkeypatch.setenv("DATABASE_URL", plain.render_as_string(hide_password=False))
    code, said = run("db", "upgrade")
    assert (code, said.count("\n")) == (1, 1)
    assert said.startswith("Error: The database cannot be used: type")


@pytest.mark.parametrize("database", ["spatialite"])
@pytest.mark.parametrize("address", ["mysql://me:secret@here/x", "register.sqlite", "postgres"])
def test_the_address_of_another_sort_of_database_is_told_in_one_line(
    monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    monkeypatch.setenv("DATABASE_URL", address)
    assert run("doctor") == (
        1,
        "Error: DATABASE_URL: must begin with postgresql:// or sqlite:///\n",
    )


@pytest.mark.parametrize("verb", ["upgrade", "downgrade"])
def test_a_revision_that_does_not_exist_is_told_in_one_line(verb: str) -> None:
    code, said = run("db", verb, "--to", "nonsense")
    assert (code, said) == (
        1,
        "Error: to: There is no revision “nonsense” that the database can go to.\n",
    )


@pytest.mark.parametrize("database", ["spatialite"])
def test_a_file_that_is_no_database_is_told_in_one_line(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "spoilt.sqlite").write_bytes(b"not a database at all " * 500)
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path / 'spoilt.sqlite'}")
    code, said = run("areas", "list")
    assert (code, said.count("\n")) == (1, 1)
    assert said.startswith("Error: The database cannot be used: file is not a database.")


@pytest.mark.parametrize("database", ["postgis"])
def test_a_server_that_does_not_answer_is_told_in_one_line(
    monkeypatch: pytest.MonkeyPatch, database_url: str
) -> None:
    elsewhere = make_url(database_url).set(port=1)
    monkeypatch.setenv("DATABASE_URL", elsewhere.render_as_string(hide_password=False))
    code, said = run("areas", "list")
    assert (code, said.count("\n")) == (1, 1)
    assert said.startswith("Error: The database cannot be used: connection failed")


@pytest.mark.parametrize("database", ["spatialite"])
def test_a_folder_that_may_not_be_made_is_told_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ASSETMAP_INSTANCE", str(READ_ONLY / "assetmap"))
    code, said = run("areas", "list")
    assert (code, said.count("\n")) == (1, 1)
    assert f": {READ_ONLY / 'assetmap'}. Ask `assetmap doctor` what to do." in said
