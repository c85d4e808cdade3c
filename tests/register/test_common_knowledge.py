"""What searches learnt: used again as long as nothing has changed, and not once it has."""

from typing import Any

import shapely
from sqlalchemy.orm import Session

from assetmap.access import OPERATOR, PUBLIC
from assetmap.register import categories, common_knowledge, entries, search
from assetmap.schemas.search import EntrySearch
from tests.make import make_area, make_category, make_entry, make_team, point
from tests.queries import counted

ASKED: dict[str, Any] = {"text": "allotmenta", "category": ["pla_hall"], "area": ["E05000001"]}


def found(session: Session) -> list[str]:
    hits = search.search(session, EntrySearch(**ASKED), viewer=PUBLIC, facets=False).hits
    return [hit.entry.title for hit in hits]


def test_a_search_looks_up_words_categories_and_areas_once_and_anew_after_a_change(
    session: Session,
) -> None:
    team = make_team(session)
    make_area(session)
    make_category(session, "asset", "pla_hall")
    there: dict[str, Any] = {"category": "pla_hall", "geometry": point()}
    named = make_entry(session, "asset", team, title="Allotmenta", **there)
    make_entry(session, "asset", team, title="Allotment hall", **there)
    with counted() as first:
        assert found(session) == ["Allotmenta"]
    with counted() as again:
        assert found(session) == ["Allotmenta"]
    assert len(again) == len(first) - 3
    entries.withdraw(session, named, viewer=OPERATOR, why="Gone")
    assert found(session) == ["Allotment hall"]


def test_a_category_merged_and_an_area_drawn_anew_are_seen_by_the_next_search(
    session: Session,
) -> None:
    team = make_team(session)
    make_area(session)
    hall, house = (make_category(session, "asset", f"pla_{one}") for one in ("hall", "house"))
    there: dict[str, Any] = {"title": "Allotmenta", "geometry": point()}
    make_entry(session, "asset", team, category="pla_house", **there)
    assert found(session) == []
    categories.merge(session, hall, house, viewer=OPERATOR)
    assert found(session) == ["Allotmenta"]
    make_area(session, vintage="2031", shape=shapely.box(-1.5, 53.70, -1.4, 53.75))
    assert found(session) == []


def test_what_is_known_of_one_register_is_bounded(session: Session, monkeypatch: Any) -> None:
    monkeypatch.setattr(common_knowledge, "MOST", 2)
    make_entry(session, "asset", make_team(session), title="Allotment hall")
    for word in ("alotment", "alottment", "allotmant", "allotmentt"):
        search.search(session, EntrySearch(text=word), viewer=PUBLIC)
    assert len(common_knowledge.facts(session)) <= 3
