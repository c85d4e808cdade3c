"""README's Humberside walk-through, run as it is written, against an independent computation.

The files are read here with geopandas and pyproj alone; nothing of the package helps to say what
the answers should be.
"""

import csv
import json
import os
import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import geopandas
import pytest
from flask import Flask
from pyproj import Geod, Transformer
from shapely.geometry import Point
from sqlalchemy import select

from assetmap.app import create_app
from assetmap.db import db
from assetmap.models import Area, Entry, EntryArea
from assetmap.settings import Settings
from tests.conftest import DATABASES
from tests.kept import kept_database
from tests.real import quick_command
from tests.real_data import real

README = Path(__file__).parents[2] / "README.md"
BLOCK = re.compile(r"<!-- humberside: begin -->\n```sh\n(.*?)```\n<!-- humberside: end -->", re.S)
PAGE = re.compile(r"`(/search\?category=hlt[^`]+)`")
ELLIPSOID = Geod(ellps="WGS84")
AREA_FILES = {
    "pfa": ("pfa_2020_ew", "pfa20_code"),
    "lad": ("ltla_2024_uk", "ltla24_code"),
    "ward": ("ward22_humberside", "ward22_code"),
    "lsoa": ("lsoa21_humberside", "lsoa21_code"),
}
LIBRARIES = {"hull": "hull_city_council", "riding": "east_riding_of_yorkshire_council"}
AVENUE = "E05011525"
BEVERLEY = (-0.4300, 53.8420)
HU1_3UA = (509293, 428737)  # EPSG:27700, as Code-Point Open has it


@dataclass
class Walked:
    """What the walk-through left: the service, what each command said, and the folder it ran in."""

    app: Flask
    said: dict[str, list[str]]
    folder: Path

    def of(self, start: str) -> list[str]:
        """What the first command that starts so said."""
        return next(lines for command, lines in self.said.items() if command.startswith(start))


@dataclass(frozen=True)
class Placed:
    """Something that should be on the register, by the files alone."""

    title: str
    category: str
    longitude: float
    latitude: float
    covers_m: int = 0

    @property
    def at(self) -> tuple[float, float]:
        return self.longitude, self.latitude


def walk(url: str, folder: Path) -> dict[str, list[str]]:
    """Run README's lines as they are, and give what each said."""
    (found,) = BLOCK.findall(README.read_text("utf-8"))
    program = folder / "bin" / "assetmap"
    program.parent.mkdir()
    echoed = re.sub(r"^(assetmap .*)$", r"echo '@@@' '\1'; \1", found, flags=re.M)
    script = folder / "walk.sh"
    script.write_text(echoed)
    environment = os.environ | {
        "PATH": f"{program.parent}:{os.environ['PATH']}",
        "DATA": str(real(".")),
        "DATABASE_URL": url,
        "ASSETMAP_INSTANCE": str(folder / "instance"),
    }
    with quick_command.command(program):
        done = subprocess.run(
            ["bash", "-eu", str(script)],
            cwd=folder,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
    assert done.returncode == 0, done.stdout[-3000:]
    said: dict[str, list[str]] = {}
    for part in done.stdout.split("@@@ ")[1:]:
        command, *lines = part.rstrip("\n").split("\n")
        said[command] = lines
    return said


@pytest.fixture(scope="module", params=DATABASES)
def walked(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, worker_id: str
) -> Iterator[Walked]:
    for path in ("boundaries", "postcodes", "places/derived_places_humberside.geojson"):
        real(path)
    folder = tmp_path_factory.mktemp("humberside")
    with kept_database(request.param, folder / "db", f"humberside_{worker_id}") as url:
        said = walk(url, folder)
        app = create_app(
            Settings(database_url=url, instance=folder / "instance"),
            config={"TESTING": True, "RATELIMIT_ENABLED": False},
        )
        yield Walked(app, said, folder)
        with app.app_context():
            db.engine.dispose()


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


@cache
def outlines(kind: str) -> geopandas.GeoDataFrame:
    name, code = AREA_FILES[kind]
    frame = geopandas.read_file(real(f"boundaries/{name}.geojson")).to_crs(4326)
    frame["geometry"] = frame.geometry.make_valid()
    return frame.rename(columns={code: "code"})[["code", "geometry"]]


@cache
def postcodes() -> dict[str, tuple[float, float]]:
    to_degrees = Transformer.from_crs(27700, 4326, always_xy=True)
    found = {}
    for name in ("hu", "dn", "ln"):
        with real(f"postcodes/{name}.csv").open(newline="") as file:
            for row in csv.reader(file):
                if row[1] != "90":  # no position
                    found["".join(row[0].split())] = to_degrees.transform(int(row[2]), int(row[3]))
    return found


def left_out(walked: Walked, name: str) -> set[int]:
    """Numbers of a file's rows that were left aside; the heading is row 1."""
    path = walked.folder / f"{name}.csv"
    return {int(row["row"]) for row in rows(path)} if path.exists() else set()


def expected(walked: Walked) -> list[Placed]:
    """All that should be on the register, from the files and the rows that were left aside."""
    places = json.loads(real("places/derived_places_humberside.geojson").read_text("utf-8"))
    found = [
        Placed(
            " ".join(one["properties"]["name"].split()),
            {"School": "lyp_prim", "Library": "lyp_libr", "Health": "hlt_prim"}[
                one["properties"]["category"]
            ],
            *one["geometry"]["coordinates"],
        )
        for one in places["features"]
    ]
    for name, file in LIBRARIES.items():
        aside = left_out(walked, f"{name}-likely") | left_out(walked, f"{name}-refused")
        for number, row in enumerate(rows(real(f"places/libraries_by_council/{file}.csv")), 2):
            if number not in aside:
                at = postcodes()["".join(row["Postcode"].split())]
                found.append(Placed(" ".join(row["Library name"].split()), "lyp_libr", *at))
    aside = left_out(walked, "stops-likely")
    stops = rows(real("places/mobile_libraries/east_riding_of_yorkshire.csv"))
    for number, row in enumerate(stops, 2):
        if number not in aside:
            at = float(row["geox"]), float(row["geoy"])
            found.append(Placed(" ".join(row["stop"].split()), "lyp_libr", *at, covers_m=1000))
    return found


def distance_m(a: tuple[float, float], b: tuple[float, float]) -> float:
    return float(ELLIPSOID.inv(*a, *b)[2])


def titles(table: list[str]) -> list[str]:
    """The column of titles of what `assetmap search` printed."""
    return [line[11:45].strip() for line in table if line.startswith("AST-")]


def cut(title: str) -> str:
    return title if len(title) <= 34 else title[:33] + "…"


def test_every_file_is_loaded_whole(walked: Walked) -> None:
    for name, count in (("pfa_2020", 43), ("ltla_2024", 361), ("ward22", 79), ("lsoa21", 591)):
        lines = walked.of(f'assetmap areas load "$DATA/boundaries/{name}')
        assert lines[-1] == f"{count} added, 0 updated, 0 unchanged"
    (line,) = walked.of("assetmap postcodes load")
    files = [real(f"postcodes/{name}.csv") for name in ("hu", "dn", "ln")]
    count = sum(len(file.read_bytes().splitlines()) for file in files)
    assert line == f"{count} added, 0 updated, 0 unchanged, 0 refused"


def test_rows_are_new_left_out_as_likely_the_same_or_refused_and_none_is_lost(
    walked: Walked,
) -> None:
    places = walked.of(
        'assetmap assets import "$DATA/places/derived_places_humberside.geojson" --team Humberside'
        " --mapping"
    )
    assert places[-2].startswith("350 new, 0 changed, 0 the same, 0 likely duplicates")
    for name, file in LIBRARIES.items():
        said = walked.of(f'assetmap assets import "$DATA/places/libraries_by_council/{file}')[-2]
        new, _, _, likely, refused = (int(n) for n in re.findall(r"\d+", said))
        assert new + likely + refused == len(rows(real(f"places/libraries_by_council/{file}.csv")))
        assert likely == len(left_out(walked, f"{name}-likely"))
        assert refused == len(left_out(walked, f"{name}-refused"))


def test_only_libraries_whose_postcode_is_not_loaded_are_refused(walked: Walked) -> None:
    for name, file in LIBRARIES.items():
        found = rows(real(f"places/libraries_by_council/{file}.csv"))
        refused = left_out(walked, f"{name}-refused")
        unknown = {
            number
            for number, row in enumerate(found, 2)
            if "".join(row["Postcode"].split()) not in postcodes()
        }
        assert refused <= unknown
        assert unknown <= refused | left_out(walked, f"{name}-likely")


def test_a_library_left_out_has_its_like_among_the_places(walked: Walked) -> None:
    libraries = [one for one in expected(walked)[:350] if one.category == "lyp_libr"]
    for name, file in LIBRARIES.items():
        found = rows(real(f"places/libraries_by_council/{file}.csv"))
        for number in left_out(walked, f"{name}-likely"):
            row = found[number - 2]
            first = row["Library name"].split()[0].lower()
            at = postcodes().get("".join(row["Postcode"].split()))
            assert any(
                first in one.title.lower() or (at and distance_m(at, one.at) < 300)
                for one in libraries
            ), row["Library name"]


def test_the_register_holds_what_the_files_do(walked: Walked) -> None:
    with walked.app.app_context():
        held = db.session.execute(select(Entry.title, Entry.longitude, Entry.latitude)).all()
    wanted = sorted(
        (one.title, round(one.longitude, 5), round(one.latitude, 5)) for one in expected(walked)
    )
    found = sorted((t, round(x or 0, 5), round(y or 0, 5)) for t, x, y in held)
    assert [row[0] for row in found] == [row[0] for row in wanted]
    for (_, x, y), (_, east, north) in zip(found, wanted, strict=True):
        assert distance_m((x, y), (east, north)) < 3


@pytest.mark.parametrize("kind", AREA_FILES)
def test_everything_lies_in_the_area_that_geopandas_says(walked: Walked, kind: str) -> None:
    with walked.app.app_context():
        pairs = db.session.execute(
            select(Entry.id, Area.code)
            .join(EntryArea, EntryArea.entry_id == Entry.id)
            .join(Area, Area.id == EntryArea.area_id)
            .where(Area.type == kind)
        )
        held = {(key, code) for key, code in pairs}
        where = db.session.execute(select(Entry.id, Entry.longitude, Entry.latitude)).all()
    points = geopandas.GeoDataFrame(
        {"key": [row[0] for row in where]},
        geometry=[Point(row[1] or 0, row[2] or 0) for row in where],
        crs=4326,
    )
    joined = points.sjoin(outlines(kind), predicate="within")
    assert held == set(zip(joined["key"], joined["code"], strict=True))


def test_libraries_in_every_ward_of_hull_are_counted_right(walked: Walked) -> None:
    districts = outlines("lad").set_index("code").geometry
    hull = districts.loc["E06000010"]
    wards = outlines("ward").set_index("code").geometry
    wards = wards[wards.representative_point().within(hull)]
    assert len(wards) == 21
    libraries = [one for one in expected(walked) if one.category == "lyp_libr"]
    client = walked.app.test_client()
    total = 0
    for code, outline in wards.items():
        inside = [one.title for one in libraries if outline.contains(Point(one.at))]
        answer = client.get(f"/api/entries?category=lyp_libr&area={code}&limit=200").get_json()
        assert answer["numberMatched"] == len(inside)
        assert sorted(f["properties"]["title"] for f in answer["features"]) == sorted(inside)
        total += len(inside)
    assert total >= 10


def test_the_libraries_of_avenue_are_printed_as_readme_says(walked: Walked) -> None:
    outline = outlines("ward").set_index("code").geometry.loc[AVENUE]
    inside = {
        cut(one.title)
        for one in expected(walked)
        if one.category == "lyp_libr" and outline.contains(Point(one.at))
    }
    said = walked.of("assetmap search --area")
    assert set(titles(said)) == inside
    assert inside
    assert said[-1] == f"{len(inside)} found"


def near(walked: Walked, place: tuple[float, float]) -> list[str]:
    health = [one for one in expected(walked) if one.category.startswith("hlt")]
    distances = [(distance_m(one.at, place), one.title) for one in health]
    assert not [d for d, _ in distances if 999.5 < d < 1000.5], "too near the edge to tell"
    return [title for d, title in sorted(distances) if d <= 1000]


def test_health_sites_within_a_kilometre_of_a_place_are_the_right_ones(walked: Walked) -> None:
    said = walked.of("assetmap search --category hlt")
    found = near(walked, (-0.3334, 53.7446))
    assert len(found) >= 5
    assert sorted(titles(said)) == sorted(cut(title) for title in found)
    assert said[-1] == f"{len(found)} found"


def test_health_sites_within_a_kilometre_of_a_postcode_are_the_right_ones(walked: Walked) -> None:
    (address,) = PAGE.findall(README.read_text("utf-8"))
    place = Transformer.from_crs(27700, 4326, always_xy=True).transform(*HU1_3UA)
    found = near(walked, place)
    client = walked.app.test_client()
    page = client.get(address)
    assert page.status_code == 200
    assert f"{len(found)} " in page.text
    answer = client.get(address.replace("/search?", "/search.geojson?")).get_json()
    titled = [feature["properties"]["title"] for feature in answer["features"]]
    assert sorted(titled) == sorted(found)
    assert len(found) >= 5


def test_a_postcode_that_is_not_loaded_is_refused_in_words(walked: Walked) -> None:
    answer = walked.app.test_client().get("/search?category=hlt&where=HU1+3UB&how=near")
    assert answer.status_code == 400
    assert "The postcode HU1 3UB was not found" in answer.text


def test_what_covers_a_place_is_what_is_within_its_reach(walked: Walked) -> None:
    said = walked.of("assetmap search --covers")
    stops = [one for one in expected(walked) if one.covers_m]
    distances = [(distance_m(one.at, BEVERLEY), one.title) for one in stops]
    # the circle has 64 corners, so it is up to 1.3 m short of a kilometre between them
    assert not [d for d, _ in distances if 998 < d < 1000.5], "too near the edge to tell"
    within = [title for d, title in distances if d <= 1000]
    assert len(within) >= 3
    assert sorted(titles(said)) == sorted(cut(title) for title in within)
    assert said[-1] == f"{len(within)} found"


def test_importing_again_changes_nothing(walked: Walked) -> None:
    with walked.app.app_context():
        result = walked.app.test_cli_runner().invoke(
            args=[
                *("assets", "import", str(real("places/derived_places_humberside.geojson"))),
                *("--team", "Humberside", "--mapping", str(walked.folder / "places.toml")),
            ]
        )
    assert result.exit_code == 0, result.output
    assert "0 new, 0 changed, 350 the same" in result.output
    listed: Any = walked.app.test_cli_runner().invoke(args=["imports", "list"]).output
    assert len(listed.splitlines()) == 4
