"""Importing files: planning, writing, importing again, and taking an import back."""

import json
from pathlib import Path
from threading import Barrier, Thread
from typing import Any

import openpyxl
import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from assetmap import spatial
from assetmap.access import OPERATOR, PUBLIC
from assetmap.db import db
from assetmap.errors import Conflict, Invalid
from assetmap.models import Asset, Entry, EntryArea, History, Import, Link, Offer, Postcode, Team
from assetmap.register import entries, import_mapping, imports, search
from assetmap.register.import_plan import Plan
from assetmap.schemas.imports import ImportMapping, ImportOptions, StoredImport
from assetmap.schemas.search import EntrySearch
from assetmap.vocabulary import Kind
from tests.make import make_area, make_category, make_entry, make_team, point
from tests.real_data import real

HEAD = "id,name,category,longitude,latitude,phone\n"
ROWS = (
    "a1,St Mary’s Hall,pla_hall,-1.92,53.735,01482 300300\n"
    "a2,Riverside Library,Library,-1.93,53.73,\n"
)


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


def importer(
    team: Team,
    path: Path,
    kind: Kind = Kind.ASSET,
    mapping: ImportMapping | None = None,
    **options: Any,
) -> imports.Importer:
    table = imports.sniffed(db.session, path, path.name)
    chosen = mapping or import_mapping.guess(db.session, table, kind).mapping
    return imports.Importer(
        db.session,
        table,
        path.name,
        kind,
        chosen,
        ImportOptions(**options),
        path.parent / f"{path.name}.plan",
        OPERATOR,
        team.id,
    )


def run(team: Team, path: Path, kind: Kind = Kind.ASSET, **more: Any) -> tuple[Plan, Import]:
    one = importer(team, path, kind, **more)
    one.plan()
    db.session.rollback()
    spatial.writing(db.session)
    done = imports.begin(
        db.session, kind, path.name, "x", StoredImport(), viewer=OPERATOR, team_id=team.id
    )
    plan = one.carry_out(done)
    db.session.commit()
    spatial.writing(db.session)
    return plan, done


def undo(done: Import) -> Any:
    spatial.writing(db.session)
    _, undone = imports.undo(db.session, done.id, viewer=OPERATOR)
    db.session.commit()
    spatial.writing(db.session)
    return undone


def write(tmp_path: Path, text: str | bytes, name: str = "places.csv") -> Path:
    path = tmp_path / name
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def counts(plan: Plan) -> dict[str, int]:
    return {outcome: count for outcome, count in plan.counts.items() if count}


def assets(session: Session) -> dict[str, Entry]:
    found = session.scalars(select(Entry).where(Entry.withdrawn_at.is_(None)))
    return {one.title: one for one in found}


def refusals(plan: Plan) -> dict[int, str]:
    return {one.number: one.said for one in plan.samples["refused"]}


def test_rows_become_entries_with_areas_history_and_words(
    session: Session, team: Team, tmp_path: Path
) -> None:
    plan, done = run(team, write(tmp_path, HEAD + ROWS), licence="OGL v3")
    assert counts(plan) == {"new": 2}
    hall = assets(session)["St Mary’s Hall"]
    assert (hall.import_id, hall.source, hall.external_id) == (done.id, "places.csv", "a1")
    assert hall.licence == "OGL v3"
    assert session.scalar(select(func.count()).select_from(EntryArea)) == 2
    said = session.scalars(select(History).where(History.entry_id == hall.id)).one()
    assert (said.verb, said.why) == ("imported", f"Import {done.id}: places.csv")
    found = search.search(session, EntrySearch(text="libraries"), viewer=PUBLIC)
    assert [hit.entry.title for hit in found.hits] == ["Riverside Library"]


def test_importing_again_changes_nothing(session: Session, team: Team, tmp_path: Path) -> None:
    path = write(tmp_path, HEAD + ROWS)
    run(team, path)
    before = session.scalar(select(func.count()).select_from(History))
    plan, _ = run(team, path)
    assert counts(plan) == {"same": 2}
    assert session.scalar(select(func.count()).select_from(History)) == before


def test_a_new_value_in_the_file_changes_its_field_and_no_other(
    session: Session, team: Team, tmp_path: Path
) -> None:
    run(team, write(tmp_path, HEAD + ROWS))
    plan, _ = run(team, write(tmp_path, HEAD + ROWS.replace("300300", "300301")))
    assert counts(plan) == {"changed": 1, "same": 1}
    assert plan.samples["changed"][0].said == "phone"
    hall = assets(session)["St Mary’s Hall"]
    assert (hall.version, hall.phone) == (2, "01482 300301")  # type: ignore[attr-defined]


def test_what_people_changed_here_is_not_undone_by_importing_again(
    session: Session, team: Team, tmp_path: Path
) -> None:
    path = write(tmp_path, HEAD + ROWS)
    run(team, path)
    hall = assets(session)["St Mary’s Hall"]
    entries.check(session, hall, viewer=OPERATOR)
    hall.title = "St Mary’s Church Hall"
    entries._settle(session, hall, {"title": "St Mary’s Hall"}, verb="changed", viewer=OPERATOR)
    session.commit()
    plan, _ = run(team, path)
    assert plan.counts["changed"] == 0
    assert "St Mary’s Church Hall" in assets(session)


def test_two_rows_with_one_id_are_one_entry_and_a_refusal(team: Team, tmp_path: Path) -> None:
    twice = HEAD + ROWS + "a1,Another Hall,pla_hall,-1.91,53.73,\n"
    plan, _ = run(team, write(tmp_path, twice))
    assert counts(plan) == {"new": 2, "refused": 1}
    assert refusals(plan) == {4: "Row 2 is the same entry."}


def test_rows_without_ids_are_known_again_by_title_and_place(team: Team, tmp_path: Path) -> None:
    path = write(tmp_path, "name,category,lon,lat\nThe Hall,pla_hall,-1.92,53.735\n")
    assert counts(run(team, path)[0]) == {"new": 1}
    assert counts(run(team, path)[0]) == {"same": 1}


@pytest.mark.parametrize(
    ("choice", "entries_after", "links"), [("skip", 1, 0), ("add", 2, 0), ("link", 2, 1)]
)
def test_what_is_likely_here_already_is_treated_as_asked(
    session: Session, team: Team, tmp_path: Path, choice: str, entries_after: int, links: int
) -> None:
    make_entry(session, "asset", team, title="St. Mary's Hall", geometry=point(-1.92, 53.735))
    session.commit()
    path = write(tmp_path, HEAD + ROWS.splitlines()[0] + "\n")
    plan, _ = run(team, path, duplicates=choice)
    assert counts(plan) == {"duplicate": 1}
    assert "same name" in plan.samples["duplicate"][0].said
    assert session.scalar(select(func.count()).select_from(Entry)) == entries_after
    assert session.scalar(select(func.count()).select_from(Link)) == links
    assert (plan.folder / "duplicates.csv").read_text("utf-8-sig").startswith("row,likely,why,id")


def test_undoing_withdraws_everything_an_import_added(
    session: Session, team: Team, tmp_path: Path
) -> None:
    path = write(tmp_path, HEAD + ROWS)
    _, done = run(team, path)
    undone = undo(done)
    assert (undone.withdrawn, undone.restored) == (2, 0)
    assert assets(session) == {}
    assert search.search(session, EntrySearch(text="library"), viewer=OPERATOR).total == 0
    assert set(session.scalars(select(Entry.withdrawn_why))) == {"Import undone"}
    with pytest.raises(Conflict):
        imports.undo(session, done.id, viewer=OPERATOR)


def test_importing_after_an_undo_brings_the_entries_back(
    session: Session, team: Team, tmp_path: Path
) -> None:
    path = write(tmp_path, HEAD + ROWS)
    _, first = run(team, path)
    undo(first)
    plan, second = run(team, path)
    assert counts(plan) == {"back": 2}
    assert session.scalar(select(func.count()).select_from(Entry)) == 2
    assert search.search(session, EntrySearch(text="library"), viewer=PUBLIC).total == 1
    assert undo(second).withdrawn == 2


def test_undoing_puts_back_fields_unless_they_were_changed_since(
    session: Session, team: Team, tmp_path: Path
) -> None:
    run(team, write(tmp_path, HEAD + ROWS))
    moved = ROWS.replace("300300", "300301").replace("Riverside Library", "Riverside Hub")
    _, second = run(team, write(tmp_path, HEAD + moved))
    hub = session.scalars(select(Asset).where(Asset.external_id == "a2")).one()
    before = {"title": "Riverside Hub"}
    hub.title = "Riverside Centre"
    entries._settle(session, hub, before, verb="changed", viewer=OPERATOR)
    session.commit()
    undone = undo(second)
    assert undone.restored == 1
    assert undone.kept == [f"{hub.ref} has been changed since: title stays"]
    titles = assets(session)
    assert titles["St Mary’s Hall"].phone == "01482 300300"  # type: ignore[attr-defined]
    assert "Riverside Centre" in titles


def test_an_entry_withdrawn_by_hand_is_not_brought_back_by_a_file(
    session: Session, team: Team, tmp_path: Path
) -> None:
    path = write(tmp_path, HEAD + ROWS)
    run(team, path)
    entries.withdraw(session, assets(session)["Riverside Library"], viewer=OPERATOR, why="Closed")
    session.commit()
    plan, _ = run(team, path)
    assert counts(plan) == {"same": 1, "refused": 1}
    assert "withdrawn" in refusals(plan)[3]


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
        ("x,,pla_hall,-1.92,53.7,", "name: Give this."),
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
    kept = (plan.folder / "refused.csv").read_text("utf-8-sig")
    assert kept.startswith("row,reason,id,name")
    assert kept.splitlines()[1].startswith("4,")


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


def test_a_column_that_the_file_does_not_have_is_refused(team: Team, tmp_path: Path) -> None:
    mapping = ImportMapping(columns={"title": ["Nmae"]})
    with pytest.raises(Invalid, match="no column “Nmae”"):
        importer(team, write(tmp_path, HEAD + ROWS), mapping=mapping)


def test_the_same_upload_twice_at_once_adds_each_row_once(
    app: Flask, team: Team, tmp_path: Path
) -> None:
    rows = "".join(f"r{n},Hall {n * 37},pla_hall,-1.9{n:02},53.73,\n" for n in range(60))
    number, paths = team.id, [tmp_path / "one", tmp_path / "two"]
    for path in paths:
        path.mkdir()
        write(path, HEAD + rows)
    db.session.rollback()
    both, said = Barrier(2), []

    def upload(path: Path) -> None:
        with app.app_context():
            one = importer(db.session.get_one(Team, number), path / "places.csv")
            one.plan()
            db.session.rollback()
            both.wait(60)  # both have planned before either writes
            spatial.writing(db.session)
            done = imports.begin(
                db.session,
                Kind.ASSET,
                "places.csv",
                "x",
                StoredImport(),
                viewer=OPERATOR,
                team_id=number,
            )
            said.append(counts(one.carry_out(done)))
            db.session.commit()

    threads = [Thread(target=upload, args=(path,)) for path in paths]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(said, key=str) == [{"new": 60}, {"same": 60}]
    assert db.session.scalar(select(func.count()).select_from(Entry)) == 60
