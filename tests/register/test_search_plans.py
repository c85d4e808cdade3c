"""Which index answers each sort of search."""

from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from assetmap.access import OPERATOR, PUBLIC
from assetmap.register import clusters, search
from assetmap.schemas.search import EntrySearch, MapSearch
from tests.make import make_area, make_entry, make_team, point
from tests.queries import plans_of

BOX = (-2.0, 53.7, -1.8, 53.8)
HERE = (-1.92, 53.735)
WORDS, PLACES, AREAS = "ix_entry_tokens", "idx_entry_location", "idx_entry_covers"
MARK = {  # by what SQLite's plan says of the same
    WORDS: "entry_search VIRTUAL TABLE",
    PLACES: "SpatialIndex VIRTUAL TABLE",
    AREAS: "SpatialIndex VIRTUAL TABLE",
}
SEARCHES: list[tuple[dict[str, Any], str]] = [
    ({"text": "hall"}, WORDS),
    ({"text": "hall", "bbox": BOX}, WORDS),
    ({"text": "hall", "category": ["pla"], "bbox": BOX}, WORDS),
    ({"text": "hall", "area": ["E05000001"]}, WORDS),
    ({"text": "hall", "near": HERE, "within_m": 2_000, "sort": "distance"}, WORDS),
    ({"category": ["pla_hall"], "bbox": BOX}, WORDS),
    ({"category": ["pla_hall"], "near": HERE, "within_m": 2_000, "sort": "distance"}, WORDS),
    ({"area": ["E05000001"]}, WORDS),
    ({"bbox": BOX}, PLACES),
    ({"near": HERE, "within_m": 2_000, "sort": "distance"}, PLACES),
    ({"covers": HERE}, AREAS),
]


RIGHTS = "ix_entry_kind_visibility_status"


@pytest.fixture
def kept() -> tuple[str, ...]:
    """The indexes of entries, of those that are no maps, that PostgreSQL has."""
    return (WORDS,)


@pytest.fixture(autouse=True)
def _a_hall(session: Session, kept: tuple[str, ...]) -> None:
    """One entry, of which PostgreSQL would read the table, or whatever index is smallest: those
    that only tell kinds and days apart are not there, and it reads a table where it must."""
    make_area(session)
    make_entry(session, "asset", make_team(session), title="Mill hall", geometry=point())
    session.flush()
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("SET LOCAL enable_seqscan = off"))
        listed = (
            "SELECT indexname FROM pg_indexes WHERE tablename = 'entry' AND indexname LIKE 'ix%'"
        )
        for name in session.scalars(text(listed)).all():
            if name not in kept:
                session.execute(text(f"DROP INDEX {name}"))


def answered_by(session: Session, index: str, plans: list[str]) -> None:
    is_embedded = session.get_bind().dialect.name == "sqlite"
    assert plans
    for plan in plans:
        assert (MARK[index] if is_embedded else index) in plan, plan
        assert "SCAN entry'" not in plan, plan
        assert "Seq Scan on entry'" not in plan, plan


@pytest.mark.parametrize(("asked", "index"), SEARCHES, ids=lambda one: "-".join(one) or one)
def test_a_search_and_its_counts_are_answered_by_the_index_that_is_meant_for_it(
    session: Session, asked: dict[str, Any], index: str
) -> None:
    with plans_of(session, "key_0") as pages, plans_of(session, "count(") as counts:
        search.search(session, EntrySearch(**asked), viewer=PUBLIC)
    answered_by(session, index, pages)
    # what matches is looked for once, for the page and for the counts
    assert len(pages) == 1
    assert pages == [plan for plan in counts if "data_version" not in plan]


@pytest.mark.parametrize(
    ("asked", "part", "index"),
    [
        ({"zoom": 8}, "map_cell", "ix_map_cell_level_line_col"),
        ({"zoom": 15}, "floor", PLACES),
        ({"zoom": 8, "text": "hall"}, "floor", WORDS),
    ],
    ids=["wide", "near", "words"],
)
def test_a_map_is_drawn_from_the_index_that_is_meant_for_it(
    session: Session, asked: dict[str, Any], part: str, index: str
) -> None:
    with plans_of(session, part) as plans:
        clusters.on_map(session, MapSearch(bbox=BOX, **asked), viewer=OPERATOR)
    is_embedded = session.get_bind().dialect.name == "sqlite"
    assert plans
    for plan in plans:
        assert (MARK.get(index, index) if is_embedded else index) in plan, plan


@pytest.mark.parametrize("kept", [(RIGHTS,)], ids=["rights"])
@pytest.mark.parametrize("asked", [{"text": "hall", "bbox": BOX}, {"text": "hall"}, {"bbox": BOX}])
def test_no_index_is_asked_for_all_that_is_open_to_everybody(
    session: Session, asked: dict[str, Any]
) -> None:
    """Most is: its keys would be read beside the few that words or a box find, as they were at a
    million entries, for four times as long as all else took."""
    with plans_of(session, "key_0") as plans:
        search.search(session, EntrySearch(**asked), viewer=PUBLIC)
    assert plans
    for plan in plans:
        asked_of = [line for line in plan.splitlines() if "Index Cond" in line or "USING" in line]
        assert not any("visibility=" in line or "(visibility" in line for line in asked_of), plan
