"""Importing files: planning, writing, importing again, and taking an import back."""

from pathlib import Path
from threading import Barrier, Thread

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from assetmap import spatial
from assetmap.access import OPERATOR, PUBLIC
from assetmap.db import db, now
from assetmap.errors import Conflict, Invalid
from assetmap.models import Asset, Entry, EntryArea, History, Link, Offer, Postcode, Team
from assetmap.register import entries, import_writing, imports, merging, search, suppressions
from assetmap.schemas.entries import DRAFTS
from assetmap.schemas.imports import StoredImport
from assetmap.schemas.search import EntrySearch
from assetmap.vocabulary import Kind, SuppressionReason
from tests.importing import HEAD, ROWS, assets, counts, importer, refusals, run, undo, write
from tests.make import make_area, make_category, make_entry, make_team, point

SAYINGS = (
    "Ring 01632 960123",
    "Ask Jo on 07700 900123; born 3 May 1984",
    "A warm room",
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
    at = point(-1.92, 53.735)
    hall = make_entry(session, "asset", team, title="St. Mary's Hall", geometry=at)
    session.commit()
    path = write(tmp_path, HEAD + ROWS.splitlines()[0] + "\n")
    plan, _ = run(team, path, duplicates=choice)
    assert counts(plan) == {"duplicate": 1}
    assert "same name" in plan.samples["duplicate"][0].said
    assert session.scalar(select(func.count()).select_from(Entry)) == entries_after
    assert session.scalar(select(func.count()).select_from(Link)) == links
    aside = (plan.folder / "duplicates.csv").read_text("utf-8-sig").splitlines()
    assert aside[0].startswith("row,likely,why,id")
    assert aside[1].startswith(f"2,{hall.ref},")


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


def test_a_cell_emptied_in_the_file_empties_its_field_and_the_preview_says_so(
    session: Session, team: Team, tmp_path: Path
) -> None:
    run(team, write(tmp_path, HEAD + ROWS))
    plan, done = run(team, write(tmp_path, HEAD + ROWS.replace("01482 300300", "")))
    assert counts(plan) == {"changed": 1, "same": 1}
    assert plan.samples["changed"][0].said == "phone (emptied)"
    assert assets(session)["St Mary’s Hall"].phone == ""  # type: ignore[attr-defined]
    assert undo(done).restored == 1
    assert assets(session)["St Mary’s Hall"].phone == "01482 300300"  # type: ignore[attr-defined]


def test_an_emptied_cell_takes_away_nothing_that_people_wrote_here(
    session: Session, team: Team, tmp_path: Path
) -> None:
    run(team, write(tmp_path, HEAD + ROWS))
    library = assets(session)["Riverside Library"]
    with entries.writing_down(session, library, verb="changed", viewer=OPERATOR):
        library.phone = "01482 616161"  # type: ignore[attr-defined]
    session.commit()
    plan, _ = run(team, write(tmp_path, HEAD + ROWS))
    assert plan.counts["changed"] == 0
    assert assets(session)["Riverside Library"].phone == "01482 616161"  # type: ignore[attr-defined]


def test_an_emptied_name_or_category_is_refused(team: Team, tmp_path: Path) -> None:
    run(team, write(tmp_path, HEAD + ROWS))
    emptied = ROWS.replace("St Mary’s Hall", "").replace("Library,-", ",-")
    plan, _ = run(team, write(tmp_path, HEAD + emptied))
    assert counts(plan) == {"refused": 2}


def test_a_place_that_moves_in_the_file_moves_with_its_areas_and_its_index(
    session: Session, team: Team, tmp_path: Path
) -> None:
    run(team, write(tmp_path, HEAD + ROWS))
    plan, done = run(team, write(tmp_path, HEAD + ROWS.replace("-1.92,53.735", "-1.80,53.9")))
    assert plan.samples["changed"][0].said == "place"
    hall = assets(session)["St Mary’s Hall"]
    lies_in = select(func.count()).select_from(EntryArea).where(EntryArea.entry_id == hall.id)
    assert (hall.longitude, session.scalar(lies_in)) == (-1.8, 0)
    near = EntrySearch.model_validate({"near": "-1.80,53.9", "within_m": 500})
    assert search.search(session, near, viewer=PUBLIC).total == 1
    undo(done)
    assert (assets(session)["St Mary’s Hall"].longitude, session.scalar(lies_in)) == (-1.92, 1)


def test_an_undo_that_meets_another_version_changes_nothing(
    session: Session, team: Team, tmp_path: Path
) -> None:
    run(team, write(tmp_path, HEAD + ROWS))
    keys = list(session.scalars(select(Entry.id).order_by(Entry.id)))
    spatial.writing(session)
    with pytest.raises(Conflict, match="meanwhile"):
        import_writing._update(session, [(keys[0], 1), (keys[1], 7)], {}, OPERATOR, now())


def test_an_undo_leaves_what_a_state_has_come_to_demand(
    session: Session, team: Team, tmp_path: Path
) -> None:
    make_category(session, "offer", "food_meal", "Meals")
    session.commit()
    head = "id,name,category,lon,lat,offered by,checks needed,check status\n"
    row = "o1,Hot meals,food_meal,-1.92,53.735,Cook,dbs,{}\n"
    run(team, write(tmp_path, head + row.format("pending")), Kind.OFFER)
    _, done = run(team, write(tmp_path, head + row.format("passed")), Kind.OFFER)
    offer = assets(session)["Hot meals"]
    for state in ("confirmed", "matched", "in_use"):
        entries.move(session, offer, state, viewer=OPERATOR)
    session.commit()
    refused, _ = run(team, write(tmp_path, head + row.format("pending")), Kind.OFFER)
    assert "have not been passed" in refusals(refused)[2]
    undone = undo(done)
    assert (undone.restored, "have not been passed" in undone.kept[0]) == (0, True)
    assert assets(session)["Hot meals"].check_status == "passed"  # type: ignore[attr-defined]


def test_rows_whose_text_may_point_at_somebody_are_counted_before_the_import(
    session: Session, team: Team, tmp_path: Path
) -> None:
    lines = ["title,category,longitude,latitude,description"]
    lines += [f"Hall {n},pla_hall,-0.3{n},53.74,{said}" for n, said in enumerate(SAYINGS)]
    plan, _ = run(team, write(tmp_path, "\n".join(lines)))
    assert counts(plan) == {"new": 3}
    (warning,) = plan.warnings
    assert warning.startswith("2 rows hold text that may point at somebody")
    assert "date of birth in 1, phone number in 2" in warning


def test_a_file_brings_nobody_back_who_was_erased(
    session: Session, team: Team, tmp_path: Path
) -> None:
    path = write(tmp_path, HEAD + ROWS)
    gone = suppressions.hashed(session, suppressions.normal_phone("+44 1482 300300"))
    suppressions.suppress(session, gone, SuppressionReason.ERASED)
    session.commit()
    plan, _ = run(team, path)
    assert counts(plan) == {"new": 1, "refused": 1}
    assert "asked to be taken out" in refusals(plan)[2]
    assert list(assets(session)) == ["Riverside Library"]
    with pytest.raises(Invalid, match="taken out"):
        make_entry(session, "asset", team, phone="01482 300300")
    hall = make_entry(session, "asset", team, title="Hall", phone="01482 300301")
    named = {"phone": "(01482) 300300", "category": "pla_hall", "geometry": point()}
    draft = DRAFTS[Kind.ASSET].model_validate(named | {"title": "Hall"})
    with pytest.raises(Invalid, match="taken out"):
        entries.change(session, hall, draft, viewer=OPERATOR, base_version=1)


def test_offers_of_a_file_are_linked_to_who_gives_them(
    session: Session, team: Team, tmp_path: Path
) -> None:
    make_category(session, "offer", "equ_food", "Food and refreshments")
    made = [make_entry(session, "group", team, title=t) for t in ("Pantry", "Kitchen")]
    session.commit()
    row = "id,title,category,group,longitude,latitude\nb1,Bread,equ_food,{},-1.92,53.735\n"
    for giver in made:
        path = write(tmp_path, row.format(giver.ref), "offers.csv")
        run(team, path, Kind.OFFER)
        offer = assets(session)["Bread"]
        tied = session.execute(select(Link.from_id, Link.to_id, Link.relation)).all()
        assert tied == [(offer.id, giver.id, "offered_by")]


def test_an_import_that_names_what_was_merged_since_it_was_planned_is_planned_again(
    session: Session, team: Team, tmp_path: Path
) -> None:
    make_category(session, "offer", "equ_food", "Food and refreshments")
    keep, gone = (make_entry(session, "group", team, title=t) for t in ("Pantry", "Kitchen"))
    session.commit()
    row = f"title,category,group,longitude,latitude\nBread,equ_food,{gone.ref},-1.92,53.735\n"
    one = importer(team, write(tmp_path, row, "offers.csv"), Kind.OFFER)
    assert counts(one.plan()) == {"new": 1}
    merging.merge(session, keep, gone, viewer=OPERATOR)
    session.commit()
    stored = StoredImport()
    done = imports.begin(
        session, Kind.OFFER, "offers.csv", "x", stored, viewer=OPERATOR, team_id=team.id
    )
    assert refusals(one.carry_out(done))[2].startswith("group: ")
    assert session.scalars(select(Offer)).all() == []
