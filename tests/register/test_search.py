"""The one search."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
import shapely
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from pyproj import Geod
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from assetmap.access import OPERATOR, PUBLIC, Viewer
from assetmap.errors import BadRequest
from assetmap.register import downloads, entries, features, hits, search
from assetmap.register.links import link
from assetmap.schemas.search import EntrySearch
from assetmap.vocabulary import Kind, Relation
from tests.make import make_area, make_entry, make_team, make_user, point, shape_json, viewer_for
from tests.queries import counted, plans_of

GEOD = Geod(ellps="WGS84")


def titles(session: Session, viewer: Viewer = PUBLIC, **wanted: object) -> list[str]:
    found = search.search(session, EntrySearch.model_validate(wanted), viewer=viewer)
    return [hit.entry.title for hit in found.hits]


def test_words_find_an_entry_by_its_stem_in_title_or_text(session: Session) -> None:
    team = make_team(session)
    make_entry(session, "asset", team, title="Community gardens")
    make_entry(session, "asset", team, title="Hall", description="There is gardening on Mondays")
    make_entry(session, "asset", team, title="Library")
    assert titles(session, text="library garden") == []
    assert titles(session, text="garden") == ["Community gardens", "Hall"]


def test_a_misspelt_word_still_finds_what_was_meant(session: Session) -> None:
    team = make_team(session)
    make_entry(session, "asset", team, title="Allotment society")
    for typed in ("alotment", "allotmnet", "allotmentt", "society alotment"):
        assert titles(session, text=typed) == ["Allotment society"], typed


def test_words_that_mean_the_same_find_each_other(session: Session) -> None:
    team = make_team(session)
    make_entry(session, "asset", team, title="St Oswald's food bank")
    assert titles(session, text="foodbank") == ["St Oswald's food bank"]
    make_entry(session, "asset", team, title="Bicycle repairs")
    assert titles(session, text="bike") == ["Bicycle repairs"]
    make_entry(session, "asset", team, title="Public toilets at the bus station")
    for said in ("wc", "loo", "lavatory", "public convenience"):
        assert titles(session, text=said) == ["Public toilets at the bus station"], said


@pytest.mark.parametrize("typed", ["%_\\", "…", "the", "is it for you"])
def test_signs_and_words_that_are_everywhere_find_nothing(session: Session, typed: str) -> None:
    make_entry(session, "asset", make_team(session), title="The hall")
    assert titles(session, text=typed) == []
    assert titles(session, text=f"hall {typed}") == ["The hall"]


def test_a_reference_finds_its_entry(session: Session) -> None:
    made = make_entry(session, "offer", make_team(session))
    assert titles(session, text=made.ref.lower()) == [made.title]


def test_an_area_finds_what_lies_in_it_and_nothing_else(session: Session) -> None:
    team = make_team(session)
    make_area(session)
    make_entry(session, "asset", team, title="Inside")
    make_entry(session, "asset", team, title="Outside", geometry=point(-1.5, 53.7))
    assert titles(session, area="E05000001".split()) == ["Inside"]
    with pytest.raises(BadRequest) as refused:
        titles(session, area=["E05999999"])
    assert "area" in refused.value.problems


def test_a_top_category_finds_everything_below_it(session: Session) -> None:
    team = make_team(session)
    make_entry(session, "asset", team, title="Hall", category="pla_hall")
    make_entry(session, "asset", team, title="Park", category="nat_park")
    assert titles(session, category=["pla"]) == ["Hall"]
    assert titles(session, category=["pla_hall", "nat"], sort="newest") == ["Park", "Hall"]


def test_near_finds_within_so_many_metres_nearest_first(session: Session) -> None:
    team = make_team(session)
    for title, longitude in (("Far", -1.90), ("Near", -1.9195), ("Nearer", -1.9199)):
        make_entry(session, "asset", team, title=title, geometry=point(longitude, 53.735))
    found = search.search(
        session, EntrySearch(near=(-1.92, 53.735), within_m=500, sort="distance"), viewer=PUBLIC
    )
    assert [hit.entry.title for hit in found.hits] == ["Nearer", "Near"]
    assert found.hits[0].distance_m == pytest.approx(6.6, abs=0.1)


def test_a_line_or_an_area_is_as_far_as_its_nearest_point_and_no_distance_when_one_stands_in_it(
    session: Session,
) -> None:
    team = make_team(session)
    street = shapely.LineString([(-1.92, 53.735), (-1.90, 53.74)])
    block = shapely.box(-1.93, 53.73, -1.925, 53.737)
    shapes = {"Street": street, "Block": block, "Round it": street.buffer(0.02)}
    for title, shape in shapes.items():
        make_entry(session, "walkabout", team, title=title, geometry=shape_json(shape))
    here = (-1.915, 53.745)
    along = [street.interpolate(n / 10_000, normalized=True) for n in range(10_001)]
    nearest_m = min(GEOD.inv(*here, one.x, one.y)[2] for one in along)
    wanted = EntrySearch(near=here, within_m=round(nearest_m) + 1, sort="distance")
    found = search.search(session, wanted, viewer=PUBLIC).hits
    assert [hit.entry.title for hit in found] == ["Round it", "Street"]
    assert [hit.distance_m for hit in found] == [0, pytest.approx(nearest_m, abs=0.2)]


def test_covers_finds_offers_that_serve_a_place_wherever_they_stand(session: Session) -> None:
    team = make_team(session)
    make_area(session)
    far = point(-1.5, 53.7)
    make_entry(
        session, "offer", team, title="Serves the ward", geometry=far, covers_areas=["E05000001"]
    )
    make_entry(session, "offer", team, title="Serves round it", geometry=far, radius_m=500)
    make_entry(session, "offer", team, title="Stands here, serves nowhere")
    assert titles(session, covers=(-1.92, 53.735)) == ["Serves the ward"]
    assert titles(session, covers=(-1.5, 53.703)) == ["Serves round it"]
    assert titles(session, covers=(-1.5, 53.71)) == []


def test_a_box_and_a_drawn_polygon_find_what_is_inside(session: Session) -> None:
    team = make_team(session)
    make_entry(session, "asset", team, title="Inside")
    make_entry(session, "asset", team, title="Outside", geometry=point(-1.5, 53.7))
    assert titles(session, bbox=(-1.93, 53.73, -1.91, 53.74)) == ["Inside"]
    triangle = shape_json(shapely.Polygon([(-1.93, 53.73), (-1.91, 53.73), (-1.92, 53.74)]))
    assert titles(session, within=triangle) == ["Inside"]
    assert titles(session, within=triangle, text="inside") == ["Inside"]
    with pytest.raises(BadRequest):
        titles(session, within={"type": "Point", "coordinates": [-1.9, 53.7]})


def test_found_on_and_about_find_what_is_linked(session: Session) -> None:
    team = make_team(session)
    walk = make_entry(session, "walkabout", team)
    hotspot = make_entry(session, "hotspot", team)
    litter = make_entry(session, "finding", team, title="Litter")
    link(session, litter, Relation.FOUND_ON, walk, viewer=OPERATOR)
    link(session, walk, Relation.ABOUT, hotspot, viewer=OPERATOR)
    assert titles(session, found_on=walk.uid) == ["Litter"]
    assert titles(session, about=hotspot.uid) == ["A walkabout"]


def test_what_is_over_is_left_out_unless_asked_for(session: Session) -> None:
    team = make_team(session)
    make_entry(session, "asset", team, title="Shut", status="closed")
    make_entry(session, "offer", team, title="Ran out", expires_on="2020-01-01")
    assert titles(session) == []
    assert titles(session, status=["closed"]) == ["Shut"]
    assert titles(session, status=["any"], sort="newest") == ["Ran out", "Shut"]


def test_the_last_checked_come_first_and_the_never_checked_last_when_that_is_asked_for(
    session: Session,
) -> None:
    team = make_team(session)
    make_entry(session, "asset", team, title="Never")
    for title, day in (("May", "2026-05-01"), ("March", "2026-03-01"), ("June", "2026-06-01")):
        make_entry(session, "asset", team, title=title, checked_on=day, checked_how="visit")
    assert titles(session, sort="checked") == ["June", "May", "March", "Never"]


def test_overdue_entries_sink_below_the_rest(session: Session) -> None:
    team = make_team(session)
    make_entry(session, "asset", team, title="Fresh")
    make_entry(session, "asset", team, title="Stale", review_due="2020-01-01")
    assert titles(session) == ["Fresh", "Stale"]
    assert titles(session, overdue=True) == ["Stale"]
    make_entry(session, "asset", team, title="Other", description="A stale loaf is given away")
    assert titles(session, text="stale") == ["Other", "Stale"]


def test_the_public_sees_public_entries_only_and_counts_tell_no_more(session: Session) -> None:
    team, other = make_team(session), make_team(session, "Others")
    mine = viewer_for(make_user(session, team), team)
    for visibility in ("public", "partner", "team", "restricted"):
        make_entry(session, "asset", team, title=visibility, visibility=visibility)
        make_entry(session, "asset", other, title=f"other {visibility}", visibility=visibility)
    seen = search.search(session, EntrySearch(), viewer=PUBLIC)
    assert {hit.entry.title for hit in seen.hits} == {"public", "other public"}
    assert (seen.total, seen.kinds[0].count, seen.categories[0].count) == (2, 2, 2)
    assert titles(session, text="restricted") == []
    assert set(titles(session, viewer=mine)) == {
        "public",
        "other public",
        "partner",
        "other partner",
        "team",
        "restricted",
    }
    assert set(titles(session, viewer=mine, text="other")) == {"other public", "other partner"}


def test_withdrawing_takes_an_entry_out_of_words_and_counts_at_once(session: Session) -> None:
    made = make_entry(session, "asset", make_team(session), title="Boxing club")
    entries.withdraw(session, made, viewer=OPERATOR, why="Closed")
    assert titles(session, viewer=OPERATOR, text="boxing") == []
    assert search.search(session, EntrySearch(), viewer=OPERATOR).total == 0


def test_facets_count_kinds_categories_and_areas(session: Session) -> None:
    team = make_team(session)
    make_area(session)
    make_entry(session, "asset", team)
    make_entry(session, "asset", team)
    make_entry(session, "group", team)
    found = search.search(session, EntrySearch(limit=1), viewer=PUBLIC)
    assert found.total == 3
    assert [(f.code, f.count) for f in found.kinds] == [("asset", 2), ("group", 1)]
    assert {(f.code, f.count) for f in found.categories} == {("pla_hall", 2), ("grp_food", 1)}
    assert [(f.code, f.count) for f in found.areas] == [("E05000001", 3)]


@pytest.mark.parametrize(
    "wanted",
    [
        {"sort": "newest"},
        {"sort": "checked"},
        {"sort": "relevance"},
        {"sort": "relevance", "text": "club"},
        {"sort": "distance", "near": (-1.92, 53.735), "within_m": 5000},
        {"sort": "relevance", "text": "club", "near": (-1.92, 53.735), "within_m": 5000},
        {"sort": "newest", "near": (-1.92, 53.735), "within_m": 5000},
    ],
)
def test_pages_follow_each_other_with_nothing_lost_or_repeated(
    session: Session, wanted: dict[str, Any]
) -> None:
    team = make_team(session)
    for n in range(11):
        make_entry(
            session,
            "asset",
            team,
            title=f"{'Club' if n % 2 else 'Hall'} {n}",
            description="a club",
            geometry=point(-1.92 + (n % 4) / 1000, 53.735),
            review_due="2020-01-01" if n % 3 else None,
            checked_on=f"2026-01-{1 + n % 5:02}",
            checked_how="visit",
        )
    whole = [h.entry.id for h in search.search(session, EntrySearch(**wanted), viewer=PUBLIC).hits]
    assert len(whole) == 11
    paged, cursor = [], None
    while True:
        page = search.search(session, EntrySearch(**wanted, limit=3, cursor=cursor), viewer=PUBLIC)
        paged += [hit.entry.id for hit in page.hits]
        if (cursor := page.next_cursor) is None:
            break
    assert paged == whole
    if wanted["sort"] == "relevance" and "near" not in wanted:  # a file is as it was logged
        whole.sort()
    assert [
        h.entry.id for h in downloads.every(session, EntrySearch(**wanted), viewer=PUBLIC)
    ] == whole


def test_a_spoilt_cursor_is_refused_by_name(session: Session) -> None:
    for cursor in ("x", "W10", "WyJuZXdlc3QiLDEsMl0", "WyJyZWxldmFuY2UiLCJhIiwiYiJd", "é"):
        with pytest.raises(BadRequest) as refused:
            titles(session, cursor=cursor)
        assert "cursor" in refused.value.problems


@hypothesis_settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(typed=st.text(max_size=100))
def test_no_words_whatever_they_are_break_the_search(session: Session, typed: str) -> None:
    if "\0" in typed or any(0xD800 <= ord(c) <= 0xDFFF for c in typed):
        return
    search.search(session, EntrySearch(text=typed), viewer=PUBLIC)


def test_a_download_names_who_makes_an_offer_when_that_may_be_seen(session: Session) -> None:
    team = make_team(session)
    club = make_entry(session, "group", team, title="Ladder club")
    shy = make_entry(session, "group", team, title="Shy club", visibility="team")
    for group in (club, shy):
        make_entry(session, "offer", team, group=str(group.uid), title=f"By {group.title}")
    found = downloads.every(session, EntrySearch(kind=(Kind.OFFER,)), viewer=PUBLIC)
    assert {hit.entry.title: hit.giver for hit in found} == {
        "By Ladder club": "Ladder club",
        "By Shy club": "",
    }


def test_what_is_paused_comes_after_what_can_be_asked_for(session: Session) -> None:
    team = make_team(session)
    make_entry(session, "offer", team, title="Food on hold", status="paused")
    make_entry(session, "offer", team, title="Warm meals", description="Food")
    assert titles(session, text="food") == ["Warm meals", "Food on hold"]


def test_the_index_that_a_condition_is_written_for_answers_it(session: Session) -> None:
    team = make_team(session)
    make_entry(session, "asset", team, title="Mill hall", geometry=point())
    with plans_of(session, "key_0") as keys, plans_of(session, "keeper") as wholes:
        for wanted in (
            EntrySearch(text="hall", bbox=(-2.0, 53.7, -1.8, 53.8)),
            EntrySearch(near=(-1.92, 53.735), within_m=500, sort="distance"),
        ):
            search.search(session, wanted, viewer=PUBLIC, facets=False)
    assert (len(keys), len(wholes)) == (2, 2)
    is_embedded = session.get_bind().dialect.name == "sqlite"
    for plan in keys:  # nor any table of a kind
        assert " asset" not in plan, plan
    for plan in (
        *keys,
        *wholes,
    ):  # no row is read but those the text index or the spatial one names
        if is_embedded:
            assert "SCAN entry'" not in plan, plan
            reads = [line for line in plan.splitlines() if "SEARCH entry USING" in line]
            assert ["rowid=?" in line for line in reads] == [True], plan
    for plan in wholes:
        assert is_embedded or "= ANY" in plan, plan


def test_a_list_says_of_entries_of_every_kind_what_the_session_knows_and_is_asked_for_no_more(
    session: Session,
) -> None:
    team, today = make_team(session), date(2026, 11, 1)
    keys = [make_entry(session, kind, team, geometry=point()).id for kind in Kind]
    session.commit()
    viewer = viewer_for(make_user(session, team, "editor"), team)
    kept = hits.load(session, keys, viewer=viewer)
    shown = hits.still_seen(session, keys, [None] * len(keys), viewer=viewer)
    for one, other in zip(shown, kept, strict=True):
        assert type(one.entry) is type(other.entry)
        assert features.feature(one, today, []) == features.feature(other, today, [])
        assert replace(one, entry=other.entry) == other
        for closed in ("exact_location", "created_by", "areas"):
            with pytest.raises(SQLAlchemyError):
                getattr(one.entry, closed)
        one.entry.title = "Changed"
    session.commit()
    assert "Changed" not in titles(session, viewer, status=["any"], limit=20)


def test_searches_of_one_sort_are_one_statement_whatever_they_ask_and_whoever_asks(
    session: Session,
) -> None:
    team = make_team(session)
    make_entry(session, "asset", team, title="Mill hall", geometry=point())
    viewers = [
        viewer_for(make_user(session, team, "editor", f"{n}@demo.example"), team) for n in "ab"
    ]
    with counted() as sent:
        for viewer, text_, west in zip(viewers, ("hall", "mill hut"), (-2.0, -3.0), strict=True):
            wanted = EntrySearch(text=text_, bbox=(west, 53.7, -1.8, 53.8), limit=10 + len(text_))
            search.search(session, wanted, viewer=viewer)
    pages = [one for one in sent if "key_0" in one]
    assert (len(pages), len(set(pages))) == (2, 1)


def test_a_search_is_planned_for_what_it_asks_and_what_it_loads_is_not(
    session: Session, database: str
) -> None:
    if database == "postgis":
        make_entry(session, "asset", make_team(session))
        session.flush()
        for _ in range(8):  # the sixth time something is asked it is prepared
            search.search(session, EntrySearch(), viewer=PUBLIC)
        asked = session.scalars(text("SELECT statement FROM pg_prepared_statements")).all()
        assert not any("WITH found" in one or "LIMIT" in one for one in asked)
        assert any("entry.title" in one for one in asked)
