"""`assetmap areas` and `assetmap postcodes`, as typed."""

import json
import subprocess
import sys
from pathlib import Path

import geopandas
import pytest
import shapely
from click import Group
from click.testing import Result
from flask import Flask
from sqlalchemy import func, select

from assetmap.cli import progress
from assetmap.cli.areas import areas
from assetmap.cli.group import Commands
from assetmap.cli.postcodes import postcodes
from assetmap.db import db
from assetmap.models import Area, Postcode
from tests.make import shape_json

NSPL = "pcds,doterm,osgrdind,oslaua,lat,long\nHU1 3UB,,1,E06000010,53.74,-0.34\n"


@pytest.fixture
def wards(tmp_path: Path) -> Path:
    """Two good wards and one without an outline."""
    boxes = [shapely.box(-1.95, 53.7, -1.9, 53.75), shapely.box(-1.9, 53.7, -1.85, 53.75), None]
    features = [
        {
            "type": "Feature",
            "properties": {"cd": f"E{n}", "nm": f"Ward {n}"},
            "geometry": shape_json(shape) if shape else None,
        }
        for n, shape in enumerate(boxes)
    ]
    path = tmp_path / "wards.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    return path


def run(app: Flask, group: Group, *typed: str | Path) -> Result:
    return app.test_cli_runner().invoke(group, [str(word) for word in typed])


def load(app: Flask, path: Path, *more: str) -> list[str]:
    typed: tuple[str | Path, ...] = (
        "load",
        path,
        "--type",
        "ward",
        "--code",
        "cd",
        "--name",
        "nm",
        *more,
    )
    result = run(app, areas, *typed)
    assert result.exception is None, result.exception
    return result.output.splitlines()


def count(table: type[Area] | type[Postcode]) -> int:
    db.session.rollback()
    return db.session.scalar(select(func.count()).select_from(table)) or 0


def test_loading_says_what_it_did_and_loading_again_changes_nothing(
    app: Flask, wards: Path
) -> None:
    refused = "1 refused. Feature 3: E2 has no outline."
    assert load(app, wards) == [refused, "2 added, 0 updated, 0 unchanged"]
    assert load(app, wards) == [refused, "0 added, 0 updated, 2 unchanged"]
    assert count(Area) == 2


def test_a_dry_run_says_what_would_change_and_changes_nothing(app: Flask, wards: Path) -> None:
    said = load(app, wards, "--dry-run")
    assert said[-1] == "2 added, 0 updated, 0 unchanged (dry run: nothing was changed)"
    assert count(Area) == 0


def test_a_missing_column_ends_with_one_line_and_code_1(
    app: Flask, wards: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    commands = Commands(create_app=lambda: app, add_default_commands=False, load_dotenv=False)
    with pytest.raises(SystemExit) as ended:
        commands.main(
            ["areas", "load", str(wards), "--type", "ward", "--code", "cdd", "--name", "nm"]
        )
    said = capsys.readouterr().err.splitlines()
    assert (ended.value.code, len(said)) == (1, 1)
    assert "has no column cdd. Did you mean cd?" in said[0]
    assert count(Area) == 0


def test_what_is_loaded_is_listed(app: Flask, wards: Path) -> None:
    assert "No areas are loaded" in run(app, areas, "list").output
    load(app, wards, "--vintage", "2022")
    assert run(app, areas, "list").output.split() == ["ward", "2022", "2", "Ward"]


def test_retagging_says_how_many_entries_it_looked_at(app: Flask, wards: Path) -> None:
    load(app, wards)
    assert run(app, areas, "retag").output == "0 entries looked at\n"


def test_postcodes_are_counted_as_they_are_loaded(app: Flask, tmp_path: Path) -> None:
    path = tmp_path / "nspl.csv"
    path.write_text(NSPL)
    dry = run(app, postcodes, "load", path, "--dry-run").output
    assert dry == "1 added, 0 updated, 0 unchanged, 0 refused (dry run: nothing was changed)\n"
    assert count(Postcode) == 0
    told = ("load", path, "--release", "Nov 2021")
    first, again = run(app, postcodes, *told).output, run(app, postcodes, *told).output
    assert first == "1 added, 0 updated, 0 unchanged, 0 refused\n"
    assert again == "0 added, 0 updated, 1 unchanged, 0 refused\n"


def test_one_wrong_line_in_the_last_file_keeps_all_files_out(app: Flask, tmp_path: Path) -> None:
    good, bad = tmp_path / "good.csv", tmp_path / "bad.csv"
    good.write_text(NSPL)
    bad.write_text(NSPL + "nonsense,,1,E06000010,53.74,-0.34\n")
    result = run(app, postcodes, "load", good, bad)
    assert "bad.csv: Line 3" in str(result.exception)
    assert count(Postcode) == 0


READS_A_GEOPACKAGE_LATE = """
import pathlib, sqlite3, sys
from assetmap import connections
from assetmap.formats import boundaries
connection = sqlite3.connect(":memory:")
connections.prepare_connection(connection)
connection.enable_load_extension(True)
connection.load_extension("mod_spatialite")
assert "geopandas" not in sys.modules
print(len(boundaries.read(pathlib.Path(sys.argv[1]), code="cd", name="nm").areas))
"""


def test_a_geopackage_is_read_in_a_process_that_began_with_spatialite(
    wards: Path, tmp_path: Path
) -> None:
    package = tmp_path / "wards.gpkg"
    geopandas.read_file(wards).dropna(subset="geometry").to_file(package)
    typed = [sys.executable, "-c", READS_A_GEOPACKAGE_LATE, str(package)]
    done = subprocess.run(typed, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "2\n"), done.stderr


def test_progress_is_shown_on_a_terminal_and_not_in_a_pipe(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with progress.Progress("Rows") as said:
        said(500, 2_000)
    assert capsys.readouterr().err == ""
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    with progress.Progress("Rows") as said:
        said(500, 2_000)
    assert capsys.readouterr().err.startswith("\rRows: 500 of 2,000\r   ")
