"""`assetmap assets import` and its relations, as typed."""

import json
import os
import resource
import signal
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from click.testing import Result
from flask import Flask
from sqlalchemy import func, select, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from assetmap import spatial
from assetmap.cli.group import Commands
from assetmap.db import db
from assetmap.models import Entry, History, Import
from assetmap.outside.import_folder import PASSING, ImportFolder
from tests.make import make_category, make_team
from tests.real_data import real

ROWS = "id,name,category,lon,lat\na1,Hall,pla_hall,-1.92,53.735\na2,Library,Library,-1.93,53.73\n"
KILLED = """
import os, signal, sys
from pathlib import Path
from assetmap import spatial
from assetmap.access import OPERATOR
from assetmap.app import create_app
from assetmap.db import db
from assetmap.register import import_mapping, imports
from assetmap.schemas.imports import ImportOptions, StoredImport
from assetmap.vocabulary import Kind

def die(said, done, total):
    if said == "Writing":
        print(done, flush=True)
        os.kill(os.getpid(), signal.SIGKILL)

path = Path(sys.argv[1])
with create_app().app_context():
    table = imports.sniffed(db.session, path, path.name)
    mapping = import_mapping.guess(db.session, table, Kind.ASSET).mapping
    one = imports.Importer(db.session, table, path.name, Kind.ASSET, mapping, ImportOptions(),
                           path.parent / "plan", OPERATOR, 1, die)
    one.plan()
    db.session.rollback()
    spatial.writing(db.session)
    one.carry_out(imports.begin(db.session, Kind.ASSET, path.name, "x", StoredImport(),
                                viewer=OPERATOR, team_id=1))
"""
# what a server answers whose disk is full
FILL_THE_DISK = """
CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    RAISE EXCEPTION 'could not extend file' USING ERRCODE = '53100';
END $$;
CREATE TRIGGER full_disk BEFORE INSERT ON entry FOR EACH ROW EXECUTE FUNCTION full_disk();
"""


@pytest.fixture
def ready(session: Session) -> None:
    """A team and two categories, and nothing held open."""
    make_team(session)
    make_category(session, "asset", "pla_hall", "Community hall")
    make_category(session, "asset", "lyp_libr", "Library")
    session.commit()


def run(app: Flask, *typed: str | Path) -> Result:
    """A command as `assetmap` runs it: what is refused is one line and exit code 1."""
    commands = Commands(create_app=lambda: app, add_default_commands=False, load_dotenv=False)
    for command in app.cli.commands.values():
        commands.add_command(command)
    db.session.rollback()
    return app.test_cli_runner().invoke(commands, [str(word) for word in typed])


def count() -> int:
    db.session.rollback()
    return db.session.scalar(select(func.count()).select_from(Entry)) or 0


def environment(app: Flask) -> dict[str, str]:
    settings = app.extensions["settings"]
    return os.environ | {
        "DATABASE_URL": settings.database_url,
        "ASSETMAP_INSTANCE": str(settings.instance),
        "ASSETMAP_SECRET_KEY": "test",
    }


def many(tmp_path: Path, rows: int) -> Path:
    path = tmp_path / "many.csv"
    lines = (f"m{n},Hall number {n},pla_hall,{-1.9 - n / 1e5:.6f},53.73" for n in range(rows))
    path.write_text("id,name,category,lon,lat\n" + "\n".join(lines) + "\n")
    return path


@pytest.mark.usefixtures("ready")
def test_the_columns_are_shown_and_the_counts_said(app: Flask, tmp_path: Path) -> None:
    path = tmp_path / "places.csv"
    path.write_text(ROWS)
    result = run(app, "assets", "import", path, "--licence", "OGL v3")
    assert result.exit_code == 0, result.output
    assert "Name or title" in result.output
    assert "2 new, 0 changed, 0 the same" in result.output
    assert "assetmap imports undo 1" in result.output
    assert count() == 2
    again = run(app, "assets", "import", path)
    assert "0 new, 0 changed, 2 the same" in again.output
    assert db.session.scalar(select(func.count()).select_from(Import)) == 1


@pytest.mark.usefixtures("ready")
def test_a_dry_run_changes_nothing(app: Flask, tmp_path: Path) -> None:
    path = tmp_path / "places.csv"
    path.write_text(ROWS)
    result = run(app, "assets", "import", path, "--dry-run")
    assert "2 new" in result.output
    assert "nothing was changed" in result.output
    assert count() == 0


@pytest.mark.usefixtures("ready")
@pytest.mark.parametrize("ending", ["json", "toml"])
def test_a_mapping_can_be_kept_changed_and_used(app: Flask, tmp_path: Path, ending: str) -> None:
    path, kept = tmp_path / "places.csv", tmp_path / f"m.{ending}"
    path.write_text(ROWS.replace("pla_hall", 'Odd \\ "place" = é'))
    result = run(app, "assets", "import", path, "--save-mapping", kept, "--dry-run")
    assert "1 refused" in result.output
    said = kept.read_text()
    mapping = tomllib.loads(said) if ending == "toml" else json.loads(said)
    assert mapping["columns"]["title"] == "name"
    if ending == "toml":
        kept.write_text(said + '"Odd \\\\ \\"place\\" = é" = "pla_hall"\n')
    else:
        mapping["categories"]['Odd \\ "place" = é'] = "pla_hall"
        kept.write_text(json.dumps(mapping))
    result = run(app, "assets", "import", path, "--mapping", kept)
    assert "2 new" in result.output, result.output


@pytest.mark.usefixtures("ready")
def test_refused_rows_come_back_as_a_file_with_reasons(app: Flask, tmp_path: Path) -> None:
    path, refused = tmp_path / "places.csv", tmp_path / "refused.csv"
    path.write_text(ROWS + "a3,Ship,pla_hall,0,0\n")
    result = run(app, "assets", "import", path, "--refused", refused)
    assert "2 new" in result.output
    assert "1 refused" in result.output
    assert "A position of 0, 0" in refused.read_text("utf-8-sig")


@pytest.mark.usefixtures("ready")
@pytest.mark.parametrize(
    ("content", "typed", "said"),
    [
        ("%PDF-1.4", [], "is a PDF"),
        ("", [], "is empty"),
        (ROWS, ["--team", "Nobody"], "no team called"),
        ("colour,size\nred,4\nblue,5\n", [], "Say which column holds the name"),
    ],
)
def test_a_file_that_cannot_be_imported_is_one_line_and_exit_code_1(
    app: Flask, tmp_path: Path, content: str, typed: list[str], said: str
) -> None:
    path = tmp_path / "places.csv"
    path.write_text(content)
    result = run(app, "assets", "import", path, *typed)
    assert result.exit_code == 1
    assert said in result.output
    assert count() == 0


@pytest.mark.usefixtures("ready")
@pytest.mark.parametrize("more", [[], ["--dry-run"]])
def test_an_import_of_which_every_row_is_refused_is_said_and_exit_code_1(
    app: Flask, tmp_path: Path, more: list[str]
) -> None:
    path, refused = tmp_path / "places.csv", tmp_path / "refused.csv"
    path.write_text(ROWS.splitlines()[0] + "\na3,Ship,pla_hall,0,0\n")
    result = run(app, "assets", "import", path, "--refused", refused, *more)
    assert result.exit_code == 1
    assert result.stderr.splitlines()[-1] == (
        "Error: No row could be imported: nothing was changed."
    )
    assert "A position of 0, 0" in refused.read_text("utf-8-sig")
    assert count() == 0


@pytest.mark.usefixtures("ready")
def test_a_row_without_a_place_is_told_when_no_column_was_taken_for_one(
    app: Flask, tmp_path: Path
) -> None:
    path = tmp_path / "places.csv"
    path.write_text("name,postcode,category\nShip,none,pla_hall\nSloop,unknown,pla_hall\n")
    result = run(app, "assets", "import", path)
    assert "Row 2: There is no location: no column is taken for its postcode" in result.output
    path.write_text("name,postcode,category\nShip,,pla_hall\n")
    result = run(app, "assets", "import", path)
    assert "Row 2: There is no location: no coordinates and no postcode." in result.output


@pytest.mark.usefixtures("ready")
def test_imports_are_listed_and_taken_back(app: Flask, tmp_path: Path) -> None:
    path = tmp_path / "places.csv"
    path.write_text(ROWS)
    run(app, "assets", "import", path)
    assert "2 new, 0 changed" in run(app, "imports", "list").output
    assert "2 withdrawn, 0 put back" in run(app, "imports", "undo", "1").output
    assert "undone" in run(app, "imports", "list").output
    assert run(app, "assets", "import", path).exit_code == 0
    assert "0 new, 0 changed, 2 brought back" in run(app, "imports", "list").output
    assert run(app, "imports", "undo", "1").exit_code == 1
    assert run(app, "imports", "undo", "99").exit_code == 1


@pytest.mark.usefixtures("ready")
def test_a_process_killed_while_it_writes_leaves_nothing(app: Flask, tmp_path: Path) -> None:
    path = many(tmp_path, 6000)
    db.session.rollback()
    done = subprocess.run(
        [sys.executable, "-c", KILLED, str(path)],
        env=environment(app),
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == -signal.SIGKILL, done.stderr
    assert int(done.stdout) > 0  # some rows had been written by then
    assert count() == 0
    assert db.session.scalar(select(func.count()).select_from(History)) == 0
    result = run(app, "assets", "import", path)
    assert "6,000 new" in result.output, result.output


@pytest.mark.usefixtures("ready")
def test_rows_that_a_killed_import_left_behind_go_with_the_next_one(
    app: Flask, tmp_path: Path
) -> None:
    folder = app.extensions["settings"].instance / "imports"
    left, held, young = (folder / f"{PASSING}{name}" for name in ("left", "held", "young"))
    for one in (left, held, young):
        one.mkdir(parents=True)
        (one / "rows.jsonl").write_text("{}")
    for one in (left, held):
        os.utime(one / "rows.jsonl", (0, 0))
    with ImportFolder(held).working():
        assert "2 new" in run(app, "assets", "import", many(tmp_path, 2)).output
    assert set(folder.glob(f"{PASSING}*")) == {held, young}


@pytest.mark.usefixtures("ready")
def test_a_full_disk_is_said_in_one_line_and_changes_nothing(app: Flask, tmp_path: Path) -> None:
    path = many(tmp_path, 6000)
    db.session.rollback()
    room = 3_000_000  # bytes that any one file may have: less than the rows need

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (room, room))

    done = subprocess.run(  # nothing here runs threads at this moment
        [sys.executable, "-c", "from assetmap.start import main; main()", *_typed(path)],
        env=environment(app),
        check=False,
        capture_output=True,
        text=True,
        preexec_fn=limit,
    )
    assert done.returncode == 1, done.stderr
    assert done.stderr.strip() == "Error: The disk is full. Nothing was changed."
    assert count() == 0


@pytest.mark.parametrize("database", ["spatialite"], indirect=True)
@pytest.mark.usefixtures("ready")
def test_a_database_without_room_changes_nothing(tmp_path: Path, app: Flask) -> None:
    path = many(tmp_path, 6000)
    pages = db.session.execute(text("PRAGMA page_count")).scalar() or 0
    db.session.execute(text(f"PRAGMA max_page_count = {pages + 50}"))
    result = run(app, "assets", "import", path)
    assert result.exit_code == 1
    assert result.output.strip().endswith("Error: The disk is full. Nothing was changed.")
    assert count() == 0


@pytest.mark.parametrize("database", ["postgis"], indirect=True)
@pytest.mark.usefixtures("ready")
def test_a_database_server_without_room_changes_nothing_and_it_is_said_in_a_line(
    tmp_path: Path, app: Flask
) -> None:
    db.session.execute(text(FILL_THE_DISK))
    db.session.commit()
    try:
        result = run(app, "assets", "import", many(tmp_path, 200))
    finally:
        db.session.rollback()
        db.session.execute(text("DROP FUNCTION full_disk CASCADE"))
        db.session.commit()
    assert result.exit_code == 1
    assert result.output.strip().endswith("Error: The disk is full. Nothing was changed.")
    assert count() == 0


def _typed(path: Path) -> list[str]:
    return ["assets", "import", str(path)]


def test_only_errors_about_room_are_taken_for_a_full_disk() -> None:
    assert spatial.is_out_of_room(OSError(28, "No space left on device"))
    assert not spatial.is_out_of_room(OSError(13, "Permission denied"))
    assert spatial.is_out_of_room(OperationalError("", {}, Exception("database or disk is full")))
    assert not spatial.is_out_of_room(OperationalError("", {}, Exception("database is locked")))


def test_real_libraries_and_mobile_stops_are_imported_by_postcode_and_position(
    app: Flask, tmp_path: Path
) -> None:
    hull = real("places/libraries_by_council/hull_city_council.csv")
    stops = real("places/mobile_libraries/east_riding_of_yorkshire.csv")
    run(app, "db", "upgrade")
    run(app, "users", "add", "a@b.example", "--team", "Hull", "--role", "editor")
    run(app, "postcodes", "load", real("postcodes/hu.csv"))
    result = run(app, "assets", "import", hull, "--default-category", "lyp_libr")
    assert "16 new" in result.output, result.output
    assert "The postcode HU9 2AH is not loaded" in result.output
    result = run(app, "assets", "import", stops, "--default-category", "lyp_libr")
    assert " new, 0 changed" in result.output, result.output
    before = count()
    assert before > 150
    again = run(app, "assets", "import", stops, "--default-category", "lyp_libr")
    assert again.output.splitlines()[-1].startswith("0 new, 0 changed"), again.output
    assert count() == before


def test_the_real_places_of_humberside_are_imported_twice_with_one_mapping(
    app: Flask, tmp_path: Path
) -> None:
    places = real("places/derived_places_humberside.geojson")
    run(app, "db", "upgrade")
    run(app, "users", "add", "a@b.example", "--team", "Hull", "--role", "editor")
    kept = tmp_path / "m.json"
    run(app, "assets", "import", places, "--save-mapping", kept, "--dry-run")
    mapping = json.loads(kept.read_text())
    mapping["categories"]["Health"] = "hlt_prim"
    kept.write_text(json.dumps(mapping))
    result = run(app, "assets", "import", places, "--mapping", kept, "--duplicates", "add")
    assert "350 new, 0 changed, 0 the same" in result.output, result.output
    again = run(app, "assets", "import", places, "--mapping", kept)
    assert "0 new, 0 changed, 350 the same" in again.output
    sources = set(db.session.scalars(select(Entry.source)))
    assert "librarydata.uk" in sources
