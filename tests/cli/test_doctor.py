"""`assetmap doctor`, with each thing it looks at broken for real."""

import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from flask import Flask
from sqlalchemy import create_engine, make_url, text

from assetmap import spatial
from assetmap.cli.doctor import doctor
from assetmap.db import db
from assetmap.demo.basemap import write_basemap
from assetmap.models import Entry, Postcode
from assetmap.outside.media import Folder
from assetmap.outside.queue import Queue
from tests.make import make_area, make_entry, make_team
from tests.outside import s3_server
from tests.outside.s3_server import S3Server

READ_ONLY = Path("/sys/kernel")  # to root as well


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("drawn") / "basemap.pmtiles"
    write_basemap(path)
    return path


@pytest.fixture
def installed(app: Flask, drawn: Path, database_url: str, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A sound installation with one entry; gives its instance folder."""
    instance: Path = app.extensions["settings"].instance
    shutil.copy(drawn, instance / "basemap.pmtiles")
    make_area(db.session)
    db.session.add(Postcode(pcds="QX1 1AA", longitude=-1.92, latitude=53.735))
    make_entry(db.session, "asset", make_team(db.session))
    db.session.commit()
    db.session.close()
    monkeypatch.setenv("DATABASE_URL", database_url)
    monkeypatch.setenv("ASSETMAP_INSTANCE", str(instance))
    monkeypatch.setenv("ASSETMAP_SECRET_KEY", "a secret")
    monkeypatch.setenv("ASSETMAP_MAIL_SERVER", "smtp://mail.example")
    return instance


def asked(*typed: str) -> Result:
    return CliRunner().invoke(doctor, list(typed))


def wrong(result: Result) -> list[str]:
    return [line[6:] for line in result.output.splitlines() if line.startswith("WRONG ")]


def the_one_thing_wrong(result: Result) -> str:
    assert result.exit_code == 1
    (line,) = wrong(result)
    return line


def test_nothing_is_wrong_with_a_sound_installation(installed: Path) -> None:
    result = asked()
    assert result.exit_code == 0, result.output
    assert result.output.endswith("All is well.\n")
    assert "note" not in result.output
    for said in (
        "The database answers: ",
        "The tables are those of this version.",
        "The spatial indexes are sound.",
        "The text index has all 1 entries.",
        "1 areas are loaded.",
        "1 postcodes are loaded.",
        "A mail server is set.",
    ):
        assert f"ok    {said}" in result.output


def test_each_check_is_one_line(installed: Path) -> None:
    lines = asked().output.splitlines()
    assert all(line[:6] in ("ok    ", "note  ", "WRONG ") for line in lines[:-1])


@pytest.mark.parametrize("database", ["spatialite"])
def test_a_missing_extension_is_told_with_the_package_that_has_it(
    installed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SPATIALITE_LIBRARY_PATH", "/nowhere/mod_spatialite")
    line = the_one_thing_wrong(asked())
    assert line.startswith("SpatiaLite cannot be loaded (/nowhere/mod_spatialite")
    assert line.endswith("apt install libsqlite3-mod-spatialite.")


@pytest.mark.parametrize("database", ["spatialite"])
def test_a_missing_file_is_told_and_not_made(
    installed: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    nowhere = tmp_path / "nowhere.sqlite"
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{nowhere}")
    line = the_one_thing_wrong(asked())
    assert line == f"There is no database at {nowhere} yet: run `assetmap db upgrade`."
    assert not nowhere.exists()


@pytest.mark.parametrize("database", ["spatialite"])
def test_a_file_that_is_no_database_is_told(
    installed: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "letter.sqlite").write_text("Dear register, " * 100)
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path / 'letter.sqlite'}")
    assert "file is not a database" in the_one_thing_wrong(asked())


@pytest.mark.parametrize("database", ["postgis"])
def test_a_server_that_does_not_answer_is_told(
    installed: Path, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere = make_url(database_url).set(port=1)
    monkeypatch.setenv("DATABASE_URL", elsewhere.render_as_string(hide_password=False))
    assert the_one_thing_wrong(asked()).startswith("The database cannot be reached: connection")


@pytest.mark.parametrize("database", ["postgis"])
def test_a_database_without_postgis_is_told_how_to_get_it(
    installed: Path, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = create_engine(database_url, isolation_level="AUTOCOMMIT")
    name = f"{make_url(database_url).database}_bare"
    with server.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name} TEMPLATE template0"))
    bare = make_url(database_url).set(database=name)
    monkeypatch.setenv("DATABASE_URL", bare.render_as_string(hide_password=False))
    said = the_one_thing_wrong(asked())
    with server.connect() as connection:
        connection.execute(text(f"DROP DATABASE {name}"))
    server.dispose()
    assert "CREATE EXTENSION postgis" in said


def test_an_older_shape_is_told_with_the_command(installed: Path) -> None:
    db.session.execute(text("UPDATE alembic_version SET version_num = 'older'"))
    db.session.commit()
    line = the_one_thing_wrong(asked())
    assert line.endswith("not in the shape of this version: run `assetmap db upgrade`.")


def test_a_lost_spatial_index_is_told_and_can_be_mended(installed: Path, database: str) -> None:
    lost = (
        "SELECT DisableSpatialIndex('entry', 'location')"
        if database == "spatialite"
        else "DROP INDEX idx_entry_location"
    )
    db.session.execute(text(lost))
    db.session.commit()
    line = the_one_thing_wrong(asked())
    assert line.startswith("The spatial index of entry.location is missing or broken")
    assert asked("--mend").exit_code == 0
    assert asked().exit_code == 0
    here = spatial.near(Entry.location, -1.92, 53.735, 100)
    assert db.session.query(Entry).filter(here).count() == 1


def test_a_text_index_out_of_step_is_told_and_can_be_mended(installed: Path, database: str) -> None:
    lost = (
        "DELETE FROM entry_search" if database == "spatialite" else "UPDATE entry SET tokens = NULL"
    )
    db.session.execute(text(lost))
    db.session.commit()
    assert the_one_thing_wrong(asked()).startswith("The text index finds 0 of 1 entries")
    assert asked("--mend").exit_code == 0
    assert asked().exit_code == 0


def test_an_index_that_still_finds_what_is_withdrawn_is_told(installed: Path) -> None:
    db.session.execute(
        text("UPDATE entry SET withdrawn_at = CURRENT_TIMESTAMP, withdrawn_why = 'gone'")
    )
    db.session.commit()
    assert "finds 0 of 0 entries, and 1 that are gone" in the_one_thing_wrong(asked())
    assert asked("--mend").exit_code == 0
    assert asked().exit_code == 0


def test_a_folder_that_cannot_be_written_to_is_told(
    installed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ASSETMAP_INSTANCE", str(READ_ONLY))
    monkeypatch.setenv("ASSETMAP_BASEMAP", "none")
    line = the_one_thing_wrong(asked())
    assert line.startswith(f"The folder {READ_ONLY} cannot be written to (")


def test_a_missing_folder_is_told(
    installed: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("ASSETMAP_INSTANCE", str(tmp_path / "nowhere"))
    monkeypatch.setenv("ASSETMAP_BASEMAP", "none")
    line = the_one_thing_wrong(asked())
    assert line.startswith(f"The folder {tmp_path / 'nowhere'} is not there")


def test_a_missing_base_map_is_told_with_the_ways_to_have_one(installed: Path) -> None:
    (installed / "basemap.pmtiles").unlink()
    line = the_one_thing_wrong(asked())
    assert line.startswith(f"The base map {installed / 'basemap.pmtiles'} is missing.")
    assert "`assetmap demo load`" in line
    assert "ASSETMAP_BASEMAP" in line


@pytest.mark.parametrize("body", [b"", b"PK\x03\x04", b"not a map" * 50, b"PMTiles\x03" * 40])
def test_a_broken_base_map_is_told(installed: Path, body: bytes) -> None:
    (installed / "basemap.pmtiles").write_bytes(body)
    told = the_one_thing_wrong(asked())
    assert "basemap.pmtiles cannot be read (" in told
    assert "()" not in told


def test_a_map_from_elsewhere_is_well_and_no_map_is_worth_a_note(
    installed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ASSETMAP_BASEMAP", "raster:https://tiles.example/{z}/{x}/{y}.png|Us")
    assert "ok    The base map comes from https://tiles.example/" in asked().output
    monkeypatch.setenv("ASSETMAP_BASEMAP", "none")
    result = asked()
    assert result.exit_code == 0
    assert "note  No base map is set" in result.output


def test_a_kept_key_that_others_can_read_is_told(
    installed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("ASSETMAP_SECRET_KEY")
    kept = installed / "secret_key"
    assert "note  There is no secret key yet" in asked().output
    kept.touch(mode=0o600)
    assert "is empty" in the_one_thing_wrong(asked())
    kept.write_text("a secret")
    assert asked().exit_code == 0
    kept.chmod(0o644)
    assert f"chmod 600 {kept}" in the_one_thing_wrong(asked())


@pytest.mark.parametrize("database", ["spatialite"])
def test_jobs_that_wait_are_told_and_a_broken_queue_is_wrong(app: Flask, installed: Path) -> None:
    queue = Queue(installed / "jobs.sqlite")
    queue.register("nothing", lambda: None)
    queue.enqueue("nothing")
    assert "note  1 job waits: `assetmap serve` or `assetmap jobs run` must" in asked().output
    queue.do_next()
    assert "ok    No job waits." in asked().output
    (installed / "jobs.sqlite").write_bytes(b"not a database" * 100)
    (installed / "jobs.sqlite-wal").unlink(missing_ok=True)
    assert the_one_thing_wrong(asked()).startswith("The queue of jobs ")


def test_what_is_not_loaded_or_not_set_is_worth_a_note(
    installed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("ASSETMAP_MAIL_SERVER")
    db.session.execute(text("DELETE FROM postcode"))
    db.session.execute(text("DELETE FROM entry_area"))
    db.session.execute(text("DELETE FROM area"))
    db.session.commit()
    result = asked()
    assert result.exit_code == 0
    assert "note  No mail server is set" in result.output
    assert "note  No areas are loaded: see `assetmap areas load --help`." in result.output
    assert "note  No postcodes are loaded: see `assetmap postcodes load --help`." in result.output


def test_several_things_wrong_are_all_told(
    installed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (installed / "basemap.pmtiles").unlink()
    db.session.execute(text("UPDATE alembic_version SET version_num = 'older'"))
    db.session.commit()
    result = asked()
    assert result.exit_code == 1
    assert len(wrong(result)) == 2
    assert "2 things are wrong." in result.output


@pytest.mark.parametrize("database", ["spatialite"])
def test_a_bucket_is_told_to_be_sound_or_what_is_wrong_with_it(
    installed: Path, s3: S3Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ASSETMAP_MEDIA", f"s3://{s3_server.BUCKET}/doctor")
    monkeypatch.setenv("ASSETMAP_MEDIA_ENDPOINT", s3.endpoint)
    monkeypatch.setenv("ASSETMAP_MEDIA_KEY_ID", s3.key_id)
    monkeypatch.setenv("ASSETMAP_MEDIA_KEY_SECRET", s3.key_secret)
    sound = asked()
    assert sound.exit_code == 0, sound.output
    where = f"s3://{s3_server.BUCKET}/doctor"
    assert f"ok    Photos and voice notes can be written to the bucket {where}" in sound.output
    Folder(installed / "photos").write("0" * 64 + ".jpg", b"left")
    (installed / "photos" / "00" / "tmphalf").write_bytes(b"of a killed process")
    assert "note  1 file is in the folder still: run `assetmap media move bucket`" in asked().output
    monkeypatch.setenv("ASSETMAP_MEDIA", f"s3://{s3_server.VERSIONED}")
    assert "stays as an older version" in the_one_thing_wrong(asked())
    monkeypatch.setenv("ASSETMAP_MEDIA_KEY_SECRET", "of somebody else")
    refused = asked()
    assert "the secret is not that of the key id" in the_one_thing_wrong(refused)
    assert "of somebody else" not in refused.output
