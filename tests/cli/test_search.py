"""`assetmap search`, as typed."""

import csv
import io
import json

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from assetmap.cli.search import search
from assetmap.errors import RegisterError
from assetmap.models import Postcode
from tests.make import commit, make_area, make_entry, make_team, point


def run(app: Flask, *typed: str) -> str:
    result = app.test_cli_runner().invoke(search, list(typed))
    if result.exception is not None:
        raise result.exception
    return result.output


@pytest.fixture
def town(session: Session) -> None:
    team = make_team(session)
    make_area(session)
    make_entry(session, "offer", team, title="Hot meals", covers_areas=["E05000001"],
               geometry=point(-1.5, 53.7))  # fmt: skip
    make_entry(session, "asset", team, title="A hall with a very long name indeed, by the river",
               checked_on="2026-05-01", checked_how="visit")  # fmt: skip
    make_entry(session, "asset", team, title="Team store", visibility="team")
    commit()


def test_a_table_fits_in_eighty_columns_and_shows_everything_there_is(
    app: Flask, town: None
) -> None:
    said = run(app)
    assert max(len(line) for line in said.splitlines()) <= 80
    assert "Team store" in said
    assert "May 2026" in said
    assert said.endswith("3 found\n")


def test_near_shows_how_far_and_covers_what_serves(app: Flask, town: None) -> None:
    near = run(app, "--near", "-1.92,53.736", "--within-m", "500", "--kind", "asset")
    assert "110 m" in near
    assert near.splitlines()[0].endswith("STATE      DISTANCE")
    assert "Hot meals" in run(app, "--covers", "-1.92,53.735")
    assert "1 found" in run(app, "--area", "E05000001", "--text", "river")


def test_a_place_may_be_a_postcode_or_a_name_as_on_the_page(
    app: Flask, session: Session, town: None
) -> None:
    session.add(
        Postcode(pcds="QX1 3BT", longitude=-1.92, latitude=53.736, terminated="201905", release="")
    )
    commit()
    near = run(app, "--near", "qx13bt", "--within-m", "500", "--kind", "asset")
    assert "110 m" in near
    assert "near: QX1 3BT. QX1 3BT ended in 201905." in near
    assert "Hot meals" in run(app, "--covers", "Riverside (ward)")
    for unknown in ("QX9 9ZZ", "Nowhere at all"):
        with pytest.raises(RegisterError) as refused:
            run(app, "--near", unknown)
        assert unknown in str(refused.value)


def test_a_limit_says_that_there_is_more(app: Flask, town: None) -> None:
    assert run(app, "--limit", "1").endswith("3 found; 1 shown, --limit shows more\n")


def test_files_hold_all_that_was_found(app: Flask, town: None) -> None:
    rows = list(csv.DictReader(io.StringIO(run(app, "--format", "csv").lstrip("\ufeff"))))
    assert {row["title"] for row in rows} >= {"Hot meals", "Team store"}
    found = json.loads(run(app, "--format", "geojson", "--kind", "offer"))
    assert [one["properties"]["title"] for one in found["features"]] == ["Hot meals"]


@pytest.mark.parametrize(
    ("typed", "named"),
    [
        (("--area", "E05999999"), "area"),
        (("--category", "fod_meal"), "category"),
        (("--kind", "offers"), "kind"),
        (("--near", "53.7,-191"), "near"),
        (("--near", "53.7,-1.9"), "near: The latitude and longitude look swapped"),
        (("--covers", "0,0"), "covers: A position of 0, 0"),
        (("--covers", "Atlantis"), "covers: No place called"),
        (("--within-m", "500"), "within_m"),
        (("--within-m", "far", "--near", "-1.9,53.7"), "within_m"),
        (("--within-m", "1e9", "--near", "-1.9,53.7"), "within_m: Give 100000 or less."),
        (("--sort", "best"), "sort"),
    ],
)
def test_what_cannot_be_is_refused_by_name(
    app: Flask, town: None, typed: tuple[str, ...], named: str
) -> None:
    with pytest.raises(RegisterError) as refused:
        run(app, *typed)
    assert named in str(refused.value)


def test_nothing_a_terminal_would_obey_is_printed(app: Flask, session: Session) -> None:
    make_entry(session, "asset", make_team(session), title="Bell\x1b[2J hall")
    commit()
    assert "\x1b" not in run(app)
