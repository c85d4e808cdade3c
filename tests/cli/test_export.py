"""`assetmap export`, as typed: whole files, and those that broke off and were gone on with."""

import csv
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyogrio
import pytest
from click.testing import Result
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from assetmap.access import OPERATOR
from assetmap.cli.export import export
from assetmap.errors import RegisterError
from assetmap.formats import csv as csv_format
from assetmap.formats import geojson
from assetmap.models import AuditEntry, Entry
from assetmap.register import downloads, entries, files
from tests.make import commit, make_entry, make_team, point

COUNT = 7


def run(app: Flask, *typed: object) -> Result:
    result = app.test_cli_runner().invoke(export, [str(one) for one in typed])
    if result.exception is not None:
        raise result.exception
    return result


def refs(path: Path) -> list[str]:
    """The references in a file, in their order, read by whoever reads such files."""
    if path.suffix == ".gpkg":
        return list(pyogrio.read_dataframe(path, columns=["ref"])["ref"])
    if path.suffix == ".geojson":
        found = json.loads(path.read_text("utf-8"))["features"]
        return [one["properties"]["ref"] for one in found]
    with path.open(encoding="utf-8-sig", newline="") as lines:
        return [row["ref"] for row in csv.DictReader(lines)]


@pytest.fixture
def town(session: Session, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """References of what is there, which is written in small parts."""
    for module, name in ((csv_format, "CHUNK_CHARACTERS"), (geojson, "CHUNK_BYTES")):
        monkeypatch.setattr(module, name, 300)
    monkeypatch.setattr(sys.modules["assetmap.cli.export"], "KEPT_EVERY_BYTES", 0)
    monkeypatch.setattr(files, "AT_ONCE", 2)
    team = make_team(session)
    more: dict[str, Any] = {"checked_on": "2026-05-01", "checked_how": "visit"}
    more |= {"description": "One\nand, “two”"}
    made = [
        make_entry(session, "asset", team, title=f"Hall, “{n}”", geometry=place, **more)
        for n, place in enumerate([point(), None, point(-1.5, 53.7), *[point()] * (COUNT - 3)])
    ]
    made[0].licence, made[0].source = "OGL v3", "A list"
    commit()
    return [entry.ref for entry in made]


def breaks_off(monkeypatch: pytest.MonkeyPatch, after: int) -> None:
    """As when the machine is switched off once so many entries have come."""
    whole = downloads.every

    def some(*given: Any, **more: Any) -> Iterator[Any]:
        for number, hit in enumerate(whole(*given, **more)):
            if number == after:
                raise RuntimeError("switched off")
            yield hit

    monkeypatch.setattr(downloads, "every", some)


@pytest.mark.parametrize("ending", ["csv", "geojson", "gpkg"])
def test_an_export_that_broke_off_goes_on_with_nothing_lost_or_repeated(
    app: Flask, session: Session, town: list[str], tmp_path: Path, ending: str
) -> None:
    path, straight = tmp_path / f"all.{ending}", tmp_path / f"straight.{ending}"
    for number in (0, 1, 5):
        with pytest.MonkeyPatch.context() as patched:
            breaks_off(patched, number)
            with pytest.raises(RuntimeError):
                run(app, path, *(["--resume"] if number else []))
        assert not path.exists()
    entry = session.scalars(select(Entry).where(Entry.title.contains("“0”"))).one()
    entries.check(session, entry, viewer=OPERATOR, how="visit")
    commit()
    with pytest.raises(RegisterError, match="--resume"):
        run(app, path)
    with pytest.raises(RegisterError, match="asked for then"):
        run(app, path, "--resume", "--kind", "offer")
    said = run(app, path, "--resume").stderr
    assert "Since then 1 of them changed" in said
    assert f"{COUNT} entries in {path}" in said
    assert [one.name for one in tmp_path.glob("all.*")] == [path.name]
    assert refs(path) == town
    run(app, straight)
    assert refs(straight) == town
    if ending != "gpkg":
        assert path.read_bytes().count(b"\n") == straight.read_bytes().count(b"\n")
    for already in ((path,), (path, "--resume")):
        with pytest.raises(RegisterError, match=r"there already|nothing of"):
            run(app, *already)
    channels = set(session.scalars(select(AuditEntry.channel)))
    assert ending in channels


def test_two_exports_of_one_file_at_once_leave_it_whole_and_the_second_is_told_so(
    app: Flask, town: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, whole = tmp_path / "all.csv", downloads.every
    breaks_off(monkeypatch, 3)
    with pytest.raises(RuntimeError):
        run(app, path)

    def with_another(*given: Any, **more: Any) -> Iterator[Any]:
        for number, hit in enumerate(whole(*given, **more)):
            if number == 1:
                with pytest.raises(RegisterError, match=r"writing .*all\.part\.csv"):
                    run(app, path, "--resume")
            yield hit

    monkeypatch.setattr(downloads, "every", with_another)
    run(app, path, "--resume")
    assert refs(path) == town
    assert [one.name for one in tmp_path.glob("all.*")] == [path.name]


def test_a_geopackage_opens_in_gdal_with_its_mark_and_each_entrys_licence(
    app: Flask, session: Session, town: list[str], tmp_path: Path
) -> None:
    make_entry(session, "finding", make_team(session, "Other"), visibility="restricted")
    commit()
    path = tmp_path / "all.gpkg"
    run(app, path)
    about = pyogrio.read_info(path, layer="entries")
    assert about["crs"] == "EPSG:4326"
    assert about["features"] == COUNT + 1
    assert about["dataset_metadata"]["classification"] == "OFFICIAL-SENSITIVE"
    assert about["layer_metadata"]["DESCRIPTION"].startswith("OFFICIAL-SENSITIVE")
    found = pyogrio.read_dataframe(path).set_index("ref")
    first, second = found.loc[town[0]], found.loc[town[1]]
    assert first["description"] == "One\nand, “two”"
    assert (first["title"], first["licence"], first["source"]) == (
        "Hall, “0”",
        "OGL v3",
        "A list",
    )
    assert (first.geometry.x, first.geometry.y) == (first["longitude"], first["latitude"])
    assert (second.geometry, first["checked_on"].isoformat()[:10]) == (None, "2026-05-01")
    near = pyogrio.read_dataframe(path, bbox=(-1.51, 53.69, -1.49, 53.71), columns=["ref"])
    assert list(near["ref"]) == [town[2]]


def test_nothing_found_is_a_file_too_and_an_unknown_ending_is_refused(
    app: Flask, town: list[str], tmp_path: Path
) -> None:
    for ending in ("csv", "geojson", "gpkg"):
        run(app, tmp_path / f"none.{ending}", "--text", "Atlantis")
        assert refs(tmp_path / f"none.{ending}") == []
    with pytest.raises(RegisterError, match=r"\.gpkg"):
        run(app, tmp_path / "all.xlsx")
