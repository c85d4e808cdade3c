"""Writing many entries at once leaves the same rows as logging each."""

import uuid
from pathlib import Path
from typing import Any, cast

import pytest
import shapely
from sqlalchemy import Table, select, text
from sqlalchemy.orm import Session, undefer

from assetmap import spatial, textsearch
from assetmap.access import OPERATOR
from assetmap.errors import Invalid
from assetmap.models import (
    Area,
    Entry,
    EntryArea,
    EntryCovers,
    History,
    Postcode,
    SearchWord,
    Team,
)
from assetmap.register import bulk, entries
from assetmap.register.bulk_rows import tables_of
from assetmap.schemas.entries import DRAFTS, EntryDraft
from assetmap.vocabulary import Kind
from tests.importing import run, write
from tests.make import draft_fields, make_area, make_category, make_entry, make_team, shape_json
from tests.queries import counted, questions

MADE_BY_EACH = {"id", "uid", "created_at", "updated_at", "entry_id", "at"}
RICH: dict[str, dict[str, Any]] = {
    "asset": {
        "description": "Warm, dry & open to all’s gardening clubs",
        "phone": "+44 1482 300 300",
        "facilities": ["toilets", "kitchen"],
        "languages": ["pl"],
        "tags": ["warm space", "hall"],
        "capacity": 80,
        "checked_on": "2026-04-01",
        "checked_how": "visit",
        "review_due": "2026-10-01",
    },
    "group": {"alt_names": ["The Friends"], "constituted": True, "charity_number": "1234567"},
    "offer": {
        "quantity": "2.50",
        "unit": "hours",
        "available_from": "2026-05-01",
        "pattern": "FREQ=WEEKLY;BYDAY=TU",
        "radius_m": 500,
        "covers_areas": ["E05000001"],
        "expires_on": "2027-01-01",
    },
    "finding": {"severity": 3, "observed_at": "2026-05-01T20:15:00+01:00", "precision": "street"},
    "walkabout": {"participants": {"resident": 4}, "ends_at": "2026-05-01T12:00:00Z"},
    "engagement": {"theme": "Traffic", "capacity": 30, "feedback_due": "2026-06-01"},
    "hotspot": {"value": "12.5", "period_to": "2026-03-01"},
}


def draft(session: Session, kind: str, **fields: Any) -> EntryDraft:
    return DRAFTS[Kind(kind)].model_validate(draft_fields(session, Kind(kind), **fields))


def rows_of(session: Session, kind: str, key: int) -> dict[str, Any]:
    """Everything the database holds of one entry, but what two entries cannot share."""
    session.flush()
    held: dict[str, Any] = {}
    for table in tables_of(Kind(kind)):
        row = session.execute(select(table).where(table.c.id == key)).mappings().one()
        held[table.name] = {
            name: str(value) for name, value in row.items() if name not in MADE_BY_EACH
        }
    for model, column in (
        (History, "entry_id"),
        (EntryArea, "entry_id"),
        (EntryCovers, "entry_id"),
    ):
        table = cast(Table, model.__table__)
        found = session.execute(select(table).where(table.c[column] == key)).mappings()
        held[table.name] = sorted(
            str({n: v for n, v in row.items() if n not in MADE_BY_EACH}) for row in found
        )
    if not textsearch.keeps_in_row(session):
        held["index"] = session.execute(
            text("SELECT title, body, tokens FROM entry_search WHERE rowid = :id"), {"id": key}
        ).one()
    return held


def both(session: Session, kind: str, **fields: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    team = make_team(session)
    given = draft(session, kind, **fields)
    logged, _ = entries.log(session, given, viewer=OPERATOR, team_id=team.id)
    (key,) = bulk.insert_entries(session, [bulk.BulkEntry(given, team_id=team.id)])
    return rows_of(session, kind, logged.id), rows_of(session, kind, key)


@pytest.mark.parametrize("kind", [kind.value for kind in Kind])
def test_the_least_entry_of_a_kind_is_the_same_in_bulk(session: Session, kind: str) -> None:
    make_area(session)
    seen = {"observed_at": "2026-05-01T20:15:00Z"} if kind == "finding" else {}  # else it is now
    logged, inserted = both(session, kind, **seen)
    assert inserted == logged


@pytest.mark.parametrize("kind", [kind.value for kind in Kind])
def test_a_full_entry_of_a_kind_is_the_same_in_bulk(session: Session, kind: str) -> None:
    make_area(session)
    logged, inserted = both(session, kind, **RICH[kind])
    assert inserted == logged


@pytest.mark.parametrize("precision", ["street", "postcode", "lsoa", "ward", "none"])
def test_a_place_is_stepped_down_the_same_in_bulk(session: Session, precision: str) -> None:
    make_area(session)
    logged, inserted = both(session, "asset", precision=precision)
    assert inserted == logged


def test_a_line_and_a_postcode_are_the_same_in_bulk(session: Session) -> None:
    make_area(session)
    session.add(Postcode(pcds="HU1 3UB", longitude=-0.34, latitude=53.74))
    line = shape_json(shapely.LineString([(-1.94, 53.71), (-1.92, 53.72)]))
    logged, inserted = both(session, "walkabout", geometry=line)
    assert inserted == logged
    given = draft(session, "asset", geometry=None, postcode="hu13ub")
    team = make_team(session, "Another")
    one, _ = entries.log(session, given, viewer=OPERATOR, team_id=team.id)
    (key,) = bulk.insert_entries(session, [bulk.BulkEntry(given, team_id=team.id)])
    assert rows_of(session, "asset", key) == rows_of(session, "asset", one.id)


def test_an_offer_of_a_group_in_the_same_list_finds_it(session: Session) -> None:
    team, uid = make_team(session), uuid.uuid4()
    keys = bulk.insert_entries(
        session,
        [
            bulk.BulkEntry(draft(session, "group"), team_id=team.id, uid=uid),
            bulk.BulkEntry(draft(session, "offer", group=str(uid)), team_id=team.id),
        ],
    )
    offer = session.get_one(Entry, keys[1])
    assert offer.group_id == keys[0]  # type: ignore[attr-defined]


def test_bulk_and_single_writes_do_not_take_each_others_keys(session: Session) -> None:
    team = make_team(session)
    first = make_entry(session, "asset", team)
    given = draft(session, "asset")
    keys = bulk.insert_entries(session, [bulk.BulkEntry(given, team_id=team.id)] * 3)
    last = make_entry(session, "asset", team)
    assert len({first.id, *keys, last.id}) == 5


def test_words_of_what_only_a_team_may_see_are_not_learnt_in_bulk(session: Session) -> None:
    team = make_team(session)
    shared = draft(session, "asset", title="Zebedee hall")
    kept = draft(session, "asset", title="Xylophone room", visibility="team")
    bulk.insert_entries(session, [bulk.BulkEntry(one, team_id=team.id) for one in (shared, kept)])
    known = set(session.scalars(select(SearchWord.word)))
    assert "zebedee" in known
    assert "xylophone" not in known


def test_a_category_no_longer_in_use_is_refused_in_bulk(session: Session) -> None:
    team = make_team(session)
    given = draft(session, "asset")
    make_category(session, "asset", str(given.category)).active = False
    session.flush()
    with pytest.raises(Invalid, match="no longer used"):
        bulk.insert_entries(session, [bulk.BulkEntry(given, team_id=team.id)])


def moved_by(team: Team, tmp_path: Path, many: int) -> list[str]:
    """What is sent when as many rows as this move to another ward, some with what they serve."""
    head = "id,name,category,longitude,latitude,radius_m,covers areas\n"
    rows = "".join(
        f"{n},Hall {n},pla_hall,{{}}{n},53.7{n % 5},{'400' if n % 3 else ''},"
        f"{'E05000002' if n % 2 else ''}\n"
        for n in range(10, 10 + many)
    )
    name = f"halls{many}.csv"
    run(team, write(tmp_path, head + rows.format(*["-1.92"] * many), name))
    with counted() as sent:
        run(team, write(tmp_path, head + rows.format(*["-1.87"] * many), name))
    return sent


def test_rows_that_move_are_put_in_their_areas_together(session: Session, tmp_path: Path) -> None:
    team = make_team(session)
    make_category(session, "asset", "pla_hall", "Community hall")
    make_area(session)
    make_area(session, "E05000002", "Eastside", shapely.box(-1.90, 53.70, -1.85, 53.80))
    session.commit()
    few = moved_by(team, tmp_path, 4)
    many = moved_by(team, tmp_path, 24)
    assert len(questions(many)) == len(questions(few))
    assert len(many) == len(few) + 20  # each entry is written once, whatever of it has changed
    lies_in = session.execute(
        select(Entry.title, Area.code)
        .join(EntryArea, EntryArea.entry_id == Entry.id)
        .join(Area, Area.id == EntryArea.area_id)
    ).all()
    assert {code for _, code in lies_in} == {"E05000002"}
    served = session.scalars(select(EntryCovers.entry_id)).all()
    assert len(served) == 14
    for entry in session.scalars(select(Entry).options(undefer(Entry.covers))):
        ground = spatial.shape_of(entry.covers)
        assert (ground is None) == (not entry.radius_m and entry.id not in served)
        if ground is not None:
            here = shapely.Point(entry.longitude or 0, entry.latitude or 0)
            assert shapely.intersects(ground, here)
