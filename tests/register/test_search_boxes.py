"""Words and areas together with a box: the text index answers, and the box holds exactly."""

from typing import Any

import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from shapely.geometry.base import BaseGeometry
from sqlalchemy import select
from sqlalchemy.orm import Session

from assetmap import spatial
from assetmap.access import OPERATOR
from assetmap.models import Entry
from assetmap.register import clusters, downloads, entries, search, text_index
from assetmap.register.weighing import Weight
from assetmap.schemas.search import EntrySearch, MapSearch
from tests.make import make_area, make_category, make_entry, make_team, shape_json
from tests.queries import plans_of

WORDS = ("mill", "weir", "lock")
WEST, SOUTH = -2.2, 53.5
EVERYWHERE = (-4.0, 52.0, 0.0, 56.0)
east = st.floats(0, 0.6).map(lambda degrees: round(WEST + degrees, 7))
north = st.floats(0, 0.4).map(lambda degrees: round(SOUTH + degrees, 7))
places = st.tuples(east, north)
spans = st.sampled_from([0.0005, 0.004, 0.03, 0.3])  # within a cell, and over many


def shape(kind: str, at: tuple[float, float], span: float) -> BaseGeometry:
    """Something at a place, reaching so many degrees north and east of it."""
    x, y = at
    if kind == "point":
        return shapely.Point(at)
    if kind == "line":
        return shapely.LineString([at, (x + span, y + span / 2), (x + span, y + span)])
    if kind == "points":
        return shapely.MultiPoint([at, (x + span, y + span)])
    return shapely.Polygon([at, (x + span, y), (x, y + span)])


shapes = st.builds(shape, st.sampled_from(["point", "line", "points", "polygon"]), places, spans)
boxes = st.builds(
    lambda at, span, wide: (at[0], at[1], round(at[0] + span * wide, 7), round(at[1] + span, 7)),
    places,
    spans,
    st.sampled_from([0.2, 1, 3]),
)


def found(session: Session, **asked: Any) -> dict[str, set[int]]:
    """The keys that each way out gives, or as many as it says there are."""
    wanted = EntrySearch(limit=200, **asked)
    page = search.search(session, wanted, viewer=OPERATOR)
    assert page.total == Weight(session, wanted, viewer=OPERATOR).count == len(page.hits)
    drawn = clusters.on_map(
        session, MapSearch(zoom=12, **{"bbox": EVERYWHERE} | asked), viewer=OPERATOR
    )
    assert drawn.total == page.total
    taken = downloads.every(session, wanted, viewer=OPERATOR)
    return {
        "page": {hit.entry.id for hit in page.hits},
        "file": {hit.entry.id for hit in taken},
    }


def test_words_or_an_area_in_a_box_find_every_shape_that_meets_it_and_no_other(
    session: Session,
) -> None:
    team = make_team(session)
    make_area(session, shape=shapely.box(WEST - 1, SOUTH - 1, WEST + 2, SOUTH + 2))

    @settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(
        st.lists(st.tuples(shapes, st.sampled_from(WORDS)), min_size=1, max_size=6),
        st.lists(boxes, min_size=1, max_size=4),
    )
    def holds(
        made: list[tuple[BaseGeometry, str]], asked: list[tuple[float, float, float, float]]
    ) -> None:
        with session.begin_nested() as undone:
            for one, word in made:
                make_entry(session, "walkabout", team, title=word, geometry=shape_json(one))
            for box in asked:
                meets = spatial.intersects(Entry.location, spatial.as_sql(shapely.box(*box)))
                rows = session.execute(select(Entry.id, Entry.title).where(meets)).all()
                every = {row.id for row in rows}
                mill = {row.id for row in rows if row.title == "mill"}
                for right, more in ((mill, {"text": "mill"}), (every, {"area": ["E05000001"]})):
                    ways = found(session, bbox=box, **more)
                    assert ways == dict.fromkeys(ways, right), (box, more)
            undone.rollback()
        session.expire_all()

    holds()


TERMS = ("pla_hall", "pla_park", "nat_tree")  # two of one top, one of another


def test_a_category_in_a_place_finds_of_it_what_is_found_there_without_the_text_index(
    session: Session,
) -> None:
    team = make_team(session)
    keys = {code: make_category(session, "asset", code).id for code in TERMS}
    wanted: list[tuple[list[str], set[str]]] = [
        (["pla"], {"pla_hall", "pla_park"}),
        (["pla_hall"], {"pla_hall"}),
        (["nat", "pla_park"], {"nat_tree", "pla_park"}),
    ]

    @settings(max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(
        st.lists(st.tuples(shapes, st.sampled_from(TERMS)), min_size=1, max_size=6),
        st.lists(boxes, min_size=1, max_size=2),
        st.lists(st.tuples(places, st.sampled_from([300, 4_000, 40_000])), min_size=1, max_size=2),
    )
    def holds(
        made: list[tuple[BaseGeometry, str]],
        asked: list[tuple[float, float, float, float]],
        near: list[tuple[tuple[float, float], int]],
    ) -> None:
        with session.begin_nested() as undone:
            for one, code in made:
                make_entry(
                    session, "asset", team, title="mill", category=code, geometry=shape_json(one)
                )
            where: list[dict[str, Any]] = [{"bbox": box} for box in asked]
            where += [{"near": at, "within_m": metres} for at, metres in near]
            for place in where:
                there = search.search(session, EntrySearch(limit=200, **place), viewer=OPERATOR)
                for codes, leaves in wanted:
                    own = {keys[code] for code in leaves}
                    right = {h.entry.id for h in there.hits if h.entry.category_id in own}
                    for more in (dict[str, Any](), {"text": "mill"}):
                        ways = found(session, category=codes, **place, **more)
                        assert ways == dict.fromkeys(ways, right), (place, codes, more)
            undone.rollback()
        session.expire_all()

    holds()


def test_a_line_stays_found_where_it_runs_whatever_is_written_of_it_and_the_index_is_asked_first(
    session: Session,
) -> None:
    line = shapely.LineString([(-2.0, 53.6), (-1.7, 53.8)])
    team = make_team(session)
    walk = make_entry(session, "walkabout", team, title="Towpath", geometry=shape_json(line))
    end = EntrySearch(text="towpath", bbox=(-1.7001, 53.7999, -1.69, 53.81))
    with plans_of(session, "key_0") as plans:
        assert search.search(session, end, viewer=OPERATOR).total == 1
    key = walk.id
    session.commit()
    session.expunge_all()  # so that its place is not at hand when it is indexed again
    text_index.build(session, viewer=OPERATOR)
    assert search.search(session, end, viewer=OPERATOR).total == 1
    walk = session.get_one(Entry, key)
    entries.withdraw(session, walk, viewer=OPERATOR, why="By mistake")
    assert search.search(session, end, viewer=OPERATOR).total == 0
    entries.bring_back(session, walk.uid, viewer=OPERATOR)
    assert search.search(session, end, viewer=OPERATOR).total == 1
    if session.get_bind().dialect.name == "sqlite":
        (plan,) = plans
        assert "entry_search VIRTUAL TABLE" in plan, plan
        assert "idx_entry_location" not in plan, plan
