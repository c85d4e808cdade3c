"""`assetmap profiles`, as typed: tables as they are published, and ones that cannot be."""

import csv
import gzip
from pathlib import Path

import pytest
from click.testing import Result
from flask import Flask
from sqlalchemy import func, select

from assetmap.cli.profiles import profiles
from assetmap.db import db
from assetmap.errors import Invalid
from assetmap.models import Population, PopulationProfile
from tests.make import make_area
from tests.real_data import real

HUMBERSIDE = "census/census2021_eth_rel_dis_lsoa21_humberside.csv"
AGES = "census/ons_mid2020_age_bands_lsoa11_ew.csv.gz"
DEPRIVATION = "census/imd2025_england_lsoa21.csv.gz"
TS021 = (
    "date,geography,geography code,Ethnic group: Total: All usual residents,"
    '"Ethnic group: Asian, Asian British or Asian Welsh",'
    '"Ethnic group: Asian, Asian British or Asian Welsh: Bangladeshi",Ethnic group: White\n'
    "2021,Hull 025C,E01012759,100,30,12,70\n"
)
TS007A = (
    "date,geography,geography code,Age: Total; measures: Value,"
    "Age: Aged 4 years and under; measures: Value,Age: Aged 15 to 19 years; measures: Value,"
    "Age: Aged 85 years and over; measures: Value\n2021,Hull 025C,E01012759,60,10,20,30\n"
)


def run(app: Flask, *typed: str | Path) -> Result:
    return app.test_cli_runner().invoke(profiles, [str(word) for word in typed])


def load(app: Flask, path: Path, *more: str) -> list[str]:
    result = run(app, "load", path, *more)
    if result.exception is not None:
        raise result.exception
    return result.output.splitlines()


def written(folder: Path, text: str, name: str = "given.csv") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def rows() -> int:
    return db.session.scalar(select(func.count()).select_from(Population)) or 0


def people(dimension: str, code: str) -> dict[str, int]:
    query = select(Population.people).join(
        PopulationProfile, PopulationProfile.id == Population.profile_id
    )
    its = query.where(PopulationProfile.dimension == dimension, Population.area_code == code)
    counts: dict[str, int] = db.session.scalars(its).one()
    return counts


def test_real_tables_are_loaded_once_beside_those_of_other_years(
    app: Flask, tmp_path: Path
) -> None:
    path = real(HUMBERSIDE)
    make_area(db.session, "E01012759", "Hull 025C", type="lsoa", vintage="2021")
    db.session.commit()
    dry = load(app, path, "--year", "2021", "--dry-run")
    assert (dry[-1], rows()) == (
        "1773 added, 0 updated, 0 unchanged (dry run: nothing was changed)",
        0,
    )
    assert load(app, path, "--year", "2021") == [
        "Read: Ethnic group, Religion, Disability",
        "590 of the areas are not loaded here. See assetmap areas load.",
        "1773 added, 0 updated, 0 unchanged",
    ]
    with path.open(encoding="utf-8-sig", newline="") as file:
        first = next(row for row in csv.DictReader(file) if row["lsoa21_code"] == "E01012759")
    assert people("ethnic_group", "E01012759")["white"] == int(first["Ethnic group: White"])
    assert people("religion", "E01012759")["not_answered"] == int(first["Religion: Not answered"])
    with gzip.open(real(AGES), "rt", encoding="utf-8") as file:
        some = "".join(file.readline() for _ in range(101))
    ages = tmp_path / "ages.csv.gz"
    ages.write_bytes(gzip.compress(some.encode()))
    assert load(app, ages, "--year", "2020")[-1] == "100 added, 0 updated, 0 unchanged"
    assert people("age", "E01011949") == {"0-15": 456, "16-24": 193, "25-64": 994, "65": 301}
    again = load(app, path, "--year", "2021")
    assert again[-1] == "0 added, 0 updated, 1773 unchanged"
    load(app, written(tmp_path, TS021))
    assert people("ethnic_group", "E01012759") == {"asian": 30, "white": 70}
    said = [line.split() for line in run(app, "list").output.splitlines()]
    assert ["Age", "2020", "100", "Small", "area", "(LSOA)", "2011"] in said
    assert ["Religion", "2021", "591", "Small", "area", "(LSOA)", "2021"] in said


def test_tables_of_the_census_say_their_own_year_and_their_parts_are_not_counted_twice(
    app: Flask, tmp_path: Path
) -> None:
    assert load(app, written(tmp_path, TS021))[-1] == "1 added, 0 updated, 0 unchanged"
    assert people("ethnic_group", "E01012759") == {"asian": 30, "white": 70}
    load(app, written(tmp_path, TS007A))
    assert people("age", "E01012759") == {"0-15": 10, "16-24": 20, "65": 30}
    changed = TS021.replace(",30,12,70", ",31,12,69")
    assert load(app, written(tmp_path, changed))[-1] == "0 added, 1 updated, 0 unchanged"
    assert people("ethnic_group", "E01012759") == {"asian": 31, "white": 69}


HEAD = "lsoa21_code,Ethnic group: total,Ethnic group: White,Ethnic group: Other ethnic group\n"


@pytest.mark.parametrize(
    ("text", "typed", "said"),
    [
        (f"{HEAD}E01000001,10,9,1\n", [], "does not say of which year"),
        (f"{HEAD}E01000001,10,9,1\n", ["--year", "last"], "“last” is no year"),
        (TS021, ["--year", "2011"], "its figures are of 2021, not of 2011"),
        (f"{HEAD}E01000001,10,9,few\n", ["--year", "2021"], "Row 2, column “Ethnic group: Other "),
        (f"{HEAD}E01000001,10,9,-1\n", ["--year", "2021"], "“-1” is not a count of people"),
        (f"{HEAD}E01000001,10,9,\n", ["--year", "2021"], "an empty cell is not a count of people"),
        (f"{HEAD}E01000001,10,9\n", ["--year", "2021"], "Row 2: The row has only 3 cells"),
        (
            f"{HEAD}E01000001,10,9,1\nE01000002,900,9,1\n",
            ["--year", "2021"],
            "Row 3, column “Ethnic group: total”: “900” is not the 10 that its categories add up",
        ),
        (
            f"{HEAD}E01000001,10,9,1\nE01000001,10,9,1\n",
            ["--year", "2021"],
            "Row 3, column “lsoa21_code”: “E01000001” was in row 2 already",
        ),
        (f"{HEAD}?,10,9,1\n", ["--year", "2021"], "“?” is no code of an area"),
        (HEAD, ["--year", "2021"], "no rows"),
        (
            HEAD.replace("White", "Whyte") + "E01000001,10,9,1\n",
            ["--year", "2021"],
            "Column “Ethnic group: Whyte”: this is no ethnic group that is known here",
        ),
        ("ref,Ethnic group: White\nx,1\n", ["--year", "2021"], "no column with the codes"),
        ("lsoa21_code,score\nE01000001,1\n", ["--year", "2021"], "has no column that counts"),
        (
            "lsoa21_code,age 0-15,age 10-20\nE01000001,1,1\n",
            ["--year", "2021"],
            "Columns “age 0-15” and “age 10-20” count the same ages",
        ),
        (f"{TS021}2011,x,E01000002,2,1,1,1\n", [], "is of another year than those above"),
        (f"{TS021}2021,x,E05000002,2,1,1,1\n", [], "another sort of area than those above"),
    ],
)
def test_a_table_that_cannot_be_is_refused_where_it_is_wrong_and_changes_nothing(
    app: Flask, tmp_path: Path, text: str, typed: list[str], said: str
) -> None:
    refused = run(app, "load", written(tmp_path, text), *typed).exception
    assert isinstance(refused, Invalid)
    assert said in str(refused)
    assert rows() == 0


def test_a_table_that_counts_no_people_is_refused(app: Flask) -> None:
    refused = run(app, "load", real(DEPRIVATION), "--year", "2025").exception
    assert "has no column that counts people" in str(refused)
