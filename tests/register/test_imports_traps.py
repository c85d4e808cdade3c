"""Files as people really send them: each way of being wrong is met, and said."""

import json
from pathlib import Path

import openpyxl
import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from assetmap.db import db
from assetmap.errors import Invalid
from assetmap.models import Asset, Entry, Offer, Postcode, Team
from assetmap.register import import_mapping, imports
from assetmap.schemas.imports import ImportMapping
from assetmap.vocabulary import Kind
from tests.importing import HEAD, ROWS, assets, counts, importer, refusals, run, write
from tests.make import make_area, make_category, make_entry, make_team, point
from tests.real_data import real


@pytest.fixture
def team(session: Session) -> Team:
    made = make_team(session)
    make_category(session, "asset", "pla_hall", "Community hall")
    make_category(session, "asset", "lyp_libr", "Library")
    session.add(Postcode(pcds="HU1 3UB", longitude=-0.34, latitude=53.74))
    session.add(Postcode(pcds="HU1 9ZZ", longitude=None, latitude=None))
    make_area(session)
    session.commit()
    return made


@pytest.mark.parametrize(
    ("row", "named"),
    [
        ("x,Hall,pla_hall,53.735,-1.92,", "longitude, latitude: The latitude and longitude look"),
        ("x,Hall,pla_hall,0,0,", "A position of 0, 0"),
        ("x,Hall,pla_hall,12.5,41.9,", "outside the area this register covers"),
        ("x,Hall,pla_hall,NaN,53.7,", "is not a number"),
        ("x,Hall,pla_hall,inf,53.7,", "is not a number"),
        ("x,Hall,pla_hall,-1.92,,", "Only one of longitude and latitude"),
        ("x,Hall,pla_hall,,,", "There is no location"),
        ("x,Hall,spaceship,-1.92,53.7,", "category: “spaceship” is not one of our categories"),
        ("x,,pla_hall,-1.92,53.7,", "name: It is empty."),
        ("x,Hall,pla_hall,-1.92,53.7,call me", "phone: Give a phone number"),
        (f"x,{'long ' * 40},pla_hall,-1.92,53.7,", "name: Use 160 characters or fewer."),
        ("x,Hall,pla_hall,-1.92,53.7,,,,extra", "cells"),
    ],
)
def test_a_bad_row_is_refused_by_the_name_of_its_column(
    team: Team, tmp_path: Path, row: str, named: str
) -> None:
    plan, _ = run(team, write(tmp_path, HEAD + ROWS + row + "\n"))
    assert counts(plan) == {"new": 2, "refused": 1}
    assert named in refusals(plan)[4]
    assert plan.samples["refused"][0].title in ("", row.split(",")[1][:160])
    kept = (plan.folder / "refused.csv").read_text("utf-8-sig")
    assert kept.startswith("row,reason,id,name")
    assert kept.splitlines()[1].startswith("4,")


def test_a_row_is_refused_for_all_that_is_wrong_with_it_at_once(team: Team, tmp_path: Path) -> None:
    plan, _ = run(team, write(tmp_path, HEAD + ROWS + "x,,spaceship,-1.92,0.3,call me\n"))
    reason = refusals(plan)[4]
    for part in ("category: “spaceship” is not", "name: It is empty.", "latitude", "phone: Give"):
        assert part in reason
    assert reason.count("name:") == reason.count("category:") == 1


def test_a_number_with_a_comma_before_its_decimals_is_refused(team: Team, tmp_path: Path) -> None:
    make_category(db.session, "offer", "food_meal", "Cooked meals")
    db.session.commit()
    head = "name,category,quantity,unit,person role,longitude,latitude\n"
    rows = (
        'Tea,food_meal,"2,5",items,Cook,-1.92,53.7\nSoup,food_meal,"1,000",items,Cook,-1.92,53.7\n'
    )
    plan, _ = run(team, write(tmp_path, head + rows), Kind.OFFER)
    assert "quantity: " in refusals(plan)[2]
    assert list(refusals(plan)) == [2]


@pytest.mark.parametrize(
    ("postcode", "said"),
    [
        ("HU1 9ZZ", "The postcode HU1 9ZZ has no position."),
        ("HU2 2AA", "The postcode HU2 2AA is not loaded"),
        ("HU1", "is not a whole UK postcode"),
    ],
)
def test_a_postcode_that_gives_no_place_is_refused(
    team: Team, tmp_path: Path, postcode: str, said: str
) -> None:
    text = f"name,category,post code\nHall,pla_hall,hu13ub\nOther,pla_hall,{postcode}\n"
    plan, _ = run(team, write(tmp_path, text))
    assert counts(plan) == {"new": 1, "refused": 1}
    assert said in refusals(plan)[3]
    assert refusals(plan)[3].startswith("post code: ")


def test_rows_without_a_place_are_kept_where_that_is_asked_for(
    session: Session, team: Team, tmp_path: Path
) -> None:
    columns = {"title": ["name"], "category": ["category"]}
    mapping = ImportMapping(columns=columns, keep_without_place=True)
    path = write(tmp_path, "name,category\nHall,pla_hall\n")
    assert counts(run(team, path, mapping=mapping)[0]) == {"new": 1}
    assert assets(session)["Hall"].longitude is None
    assert counts(run(team, path, mapping=mapping)[0]) == {"same": 1}


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("bom", b"\xef\xbb\xbf" + (HEAD + ROWS).encode()),
        ("cp1252", (HEAD + ROWS).encode("cp1252")),
        ("semicolons", (HEAD + ROWS).replace(",", ";").encode()),
        ("decimal commas", (HEAD + ROWS).replace(",", ";").replace(".", ",").encode()),
        ("utf16", (HEAD + ROWS).encode("utf-16")),
        ("windows", (HEAD + ROWS).replace("\n", "\r\n").encode()),
        ("nul", (HEAD + ROWS).replace("Riverside", "River\0side").encode()),
    ],
)
def test_a_csv_is_read_however_it_was_saved(
    session: Session, team: Team, tmp_path: Path, name: str, content: bytes
) -> None:
    assert counts(run(team, write(tmp_path, content))[0]) == {"new": 2}
    assert set(assets(session)) == {"St Mary’s Hall", "Riverside Library"}


def test_a_csv_without_a_header_is_guessed_from_what_is_in_it(
    session: Session, team: Team, tmp_path: Path
) -> None:
    rows = "".join(f"{n},Village Hall {n},HU1 3UB\n" for n in range(100001, 100009))
    path = write(tmp_path, rows)
    table = imports.sniffed(session, path, path.name)
    guessed = import_mapping.guess(session, table, Kind.ASSET).mapping
    assert guessed.columns == {
        "external_id": ["column_1"],
        "title": ["column_2"],
        "postcode": ["column_3"],
    }
    guessed.default_category = "pla_hall"
    assert counts(run(team, path, mapping=guessed)[0]) == {"new": 8}


def test_a_category_is_guessed_from_words_that_one_label_alone_has(
    session: Session, team: Team, tmp_path: Path
) -> None:
    make_category(session, "asset", "pla_cafe", "Cafe, pub or salon")
    make_category(session, "asset", "pla_room", "Village or church hall")
    make_category(session, "asset", "pla_barn", "Village hall annexe")
    session.commit()
    said = ("Church hall", "Village hall", "Café", "Sports hall", "community  halls")
    path = write(tmp_path, "name,category\n" + "".join(f"x,{one}\n" for one in said))
    table = imports.sniffed(session, path, path.name)
    assert import_mapping.guess(session, table, Kind.ASSET).mapping.categories == {
        "Church hall": "pla_room",
        "Café": "pla_cafe",
        "community  halls": "pla_hall",
    }


def test_formulas_are_kept_as_text(session: Session, team: Team, tmp_path: Path) -> None:
    text = HEAD + "x,=cmd|' /C calc'!A0,pla_hall,-1.92,53.7,\n"
    run(team, write(tmp_path, text))
    assert set(assets(session)) == {"=cmd|' /C calc'!A0"}


def test_a_workbook_with_merged_cells_is_read(session: Session, team: Team, tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["name", "category", "lon", "lat"])
    sheet.append(["One", "Library", -1.92, 53.73])
    sheet.append(["Two", None, -1.93, 53.73])
    sheet.merge_cells("B2:B3")
    book.save(tmp_path / "places.xlsx")
    plan, _ = run(team, tmp_path / "places.xlsx")
    assert counts(plan) == {"new": 2}
    assert any("merged" in said for said in plan.warnings)


def test_every_text_column_keeps_naughty_strings_as_they_are(
    session: Session, team: Team, tmp_path: Path
) -> None:
    naughty = [
        line
        for line in real("security/blns.txt").read_text("utf-8").splitlines()
        if line.strip() and not line.startswith("#")
    ]
    features = [
        {
            "type": "Feature",
            "id": f"n{n}",
            "properties": {
                "name": line[:150] + f" {n}",
                "category": "pla_hall",
                "description": line,
                "address": line[:190],
                "cost": line[:290],
                "tags": line[:30].replace(",", " "),
            },
            "geometry": point(-1.92 + n / 1e5, 53.73),
        }
        for n, line in enumerate(naughty)
    ]
    path = write(
        tmp_path,
        json.dumps({"type": "FeatureCollection", "features": features}),
        "naughty.geojson",
    )
    plan, _ = run(team, path)
    assert plan.counts["refused"] == 0
    assert plan.counts["new"] == len(naughty)
    stored = {one.external_id: one.description for one in session.scalars(select(Entry))}
    assert sum(stored[f"n{n}"] == line.strip() for n, line in enumerate(naughty)) > (
        len(naughty) * 0.97  # all but those that Unicode's normal form or a NUL changes
    )
    assert counts(run(team, path)[0]) == {"same": len(naughty)}


def test_a_large_geojson_is_read_whole(session: Session, team: Team, tmp_path: Path) -> None:
    ring = [[-1.93 + n / 1e6, 53.73] for n in range(4000)] + [[-1.92, 53.74], [-1.93, 53.73]]
    feature = {
        "type": "Feature",
        "properties": {"name": "Field", "category": "pla_hall"},
        "geometry": {"type": "Polygon", "coordinates": [ring]},
    }
    features = [{**feature, "id": n} for n in range(90)]
    path = write(
        tmp_path,
        json.dumps({"type": "FeatureCollection", "features": features}, indent=1),
        "fields.geojson",
    )
    assert path.stat().st_size > 10_000_000
    assert counts(run(team, path)[0]) == {"new": 90}


@pytest.mark.parametrize(
    ("columns", "row"),
    [
        ("name,category,easting,northing", "Hall,pla_hall,509600,428800"),
        ("name,category,grid ref", "Hall,pla_hall,TA 0960 2880"),
        ("name,category,wkt", 'Hall,pla_hall,"POINT (-0.336 53.744)"'),
        ("name,category,geometry", 'Hall,pla_hall,"POINT (509600 428800)"'),
        ("name,category,coordinates", 'Hall,pla_hall,"53.744, -0.336"'),
    ],
)
def test_a_place_is_read_from_any_kind_of_column(
    session: Session, team: Team, tmp_path: Path, columns: str, row: str
) -> None:
    assert counts(run(team, write(tmp_path, f"{columns}\n{row}\n"))[0]) == {"new": 1}
    hall = assets(session)["Hall"]
    assert (round(hall.longitude or 0, 2), round(hall.latitude or 0, 2)) == (-0.34, 53.74)


def test_an_offer_finds_its_group_by_name_and_a_british_date(
    session: Session, team: Team, tmp_path: Path
) -> None:
    group = make_entry(session, "group", team, title="Riverside Cooks")
    make_category(session, "offer", "food_meal", "Cooked meals")
    session.commit()
    text = (
        "summary,type,group,lat,lon,expires,quantity\n"
        "Hot lunch,Cooked meals,Riverside Cooks,53.73,-1.92,01/02/2027,12\n"
        "Soup,Cooked meals,Nobody we know,53.73,-1.92,01/02/2027,12\n"
    )
    plan, _ = run(team, write(tmp_path, text), Kind.OFFER)
    assert counts(plan) == {"new": 1, "refused": 1}
    assert "group: There is no group called" in refusals(plan)[3]
    offer = session.scalars(select(Offer)).one()
    assert (offer.group_id, str(offer.expires_on)) == (group.id, "2027-02-01")


def test_an_area_that_is_not_loaded_is_refused_by_the_name_of_its_column(
    team: Team, tmp_path: Path
) -> None:
    text = HEAD.replace("phone", "covers areas") + (
        "a1,Hall,pla_hall,-1.92,53.735,E05000001\n"
        "a2,Barn,pla_hall,-1.92,53.735,E05000001;E05999999\n"
        "a3,Shed,pla_hall,-1.92,53.735,E05999999\n"
    )
    plan, _ = run(team, write(tmp_path, text))
    assert counts(plan) == {"new": 1, "refused": 2}
    why = "covers areas: No area is loaded with the code E05999999."
    assert refusals(plan) == {3: why, 4: why}


def test_a_column_that_the_file_does_not_have_is_refused(team: Team, tmp_path: Path) -> None:
    mapping = ImportMapping(columns={"title": ["Nmae"]})
    with pytest.raises(Invalid, match="no column “Nmae”"):
        importer(team, write(tmp_path, HEAD + ROWS), mapping=mapping)


def test_a_row_that_does_not_go_with_what_is_there_is_refused_and_the_rest_is_imported(
    session: Session, team: Team, tmp_path: Path
) -> None:
    make_category(session, "offer", "food_meal")
    make_entry(session, "group", team, title="Riverside cooks")
    session.commit()
    head = "id,name,category,longitude,latitude"
    place = "food_meal,-1.92,53.735"
    first = f"{head},person role,available to\n1,Soup,{place},Cook,2026-02-01\n"
    run(team, write(tmp_path, first), Kind.OFFER)
    then = f"{head},group,person role,available from\n" + "".join(
        f"{row}\n"
        for row in (
            f"1,Soup,{place},,Cook,2026-06-01",
            f"2,Tea,{place},,Cook,2026-06-01",
        )
    )
    plan, _ = run(team, write(tmp_path, then), Kind.OFFER)
    assert counts(plan) == {"new": 1, "refused": 1}
    assert refusals(plan) == {2: "Available to: The last day is before the first."}
    other = f"{head},group\n1,Soup,{place},Riverside cooks\n"
    plan, _ = run(team, write(tmp_path, other), Kind.OFFER)
    assert counts(plan) == {"refused": 1}


def test_a_file_of_refused_rows_that_comes_back_is_refused_with_new_reasons(
    team: Team, tmp_path: Path
) -> None:
    said = (
        "row,reason,name,category,longitude,latitude\n4,It was something else,Hall,pla_hall,0,0\n"
    )
    plan, _ = run(team, write(tmp_path, said))
    header, row = (plan.folder / "refused.csv").read_text("utf-8-sig").splitlines()
    assert header == "row,reason,name,category,longitude,latitude"
    assert row.startswith('2,"longitude, latitude: A position of 0, 0')


def test_a_refused_row_keeps_what_it_says_in_a_column_of_its_own_called_reason(
    team: Team, tmp_path: Path
) -> None:
    said = "name,category,longitude,latitude,reason\nHall,pla_hall,0,0,Asked for it\n"
    plan, _ = run(team, write(tmp_path, said))
    header, row = (plan.folder / "refused.csv").read_text("utf-8-sig").splitlines()
    assert header == "row,reason (import),name,category,longitude,latitude,reason"
    assert row.startswith('2,"longitude, latitude: A position of 0, 0')
    assert row.endswith(",Asked for it")
    again, _ = run(team, plan.folder / "refused.csv")
    assert (again.folder / "refused.csv").read_text("utf-8-sig").splitlines() == [header, row]


def test_what_a_refused_row_says_comes_back_as_it_was_when_the_row_is_mended(
    session: Session, team: Team, tmp_path: Path
) -> None:
    head = "name,category,longitude,latitude,phone,description"
    said = f"{head}\nHall,pla_hall,0,0,+44 1632 960123,- warm\n"
    plan, _ = run(team, write(tmp_path, said))
    refused = (plan.folder / "refused.csv").read_text("utf-8-sig")
    assert "'+44" in refused  # or a spreadsheet would reckon
    run(team, write(tmp_path, refused.replace(",0,0,", ",-1.92,53.735,"), "mended.csv"))
    hall = session.scalars(select(Asset)).one()
    assert (hall.phone, hall.description) == ("+44 1632 960123", "- warm")


def test_what_is_no_day_is_refused_in_words(session: Session, team: Team, tmp_path: Path) -> None:
    make_category(session, "offer", "spc_room", "Indoor room")
    session.commit()
    days = ("yesterday", "2026-13-40", "46022", "12 May 2027", "2027-01-01T25:00")
    rows = "".join(f"Room,spc_room,Caretaker,{day},-1.92,53.73\n" for day in days)
    head = "title,category,person role,expires on,lon,lat\n"
    plan, _ = run(team, write(tmp_path, head + rows), Kind.OFFER)
    assert set(refusals(plan).values()) == {"expires on: Give a day, such as 2027-05-31."}
    assert counts(plan) == {"refused": len(days)}
