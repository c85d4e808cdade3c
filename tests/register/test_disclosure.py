"""What answers give away: nothing finer than a place's precision, nothing of what is hidden."""

from typing import Any

import pytest
import shapely
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from assetmap import privacy
from assetmap.access import OPERATOR, PUBLIC
from assetmap.db import now
from assetmap.formats import geojson
from assetmap.register import clusters, entries, features, search
from assetmap.register.entries import change
from assetmap.schemas.entries import DRAFTS
from assetmap.schemas.search import EntrySearch, MapSearch
from assetmap.vocabulary import Kind
from tests.make import draft_fields, make_area, make_entry, make_team, point

WEST, SOUTH, EAST, NORTH = -1.94, 53.71, -1.90, 53.74
longitudes = st.floats(WEST, EAST).map(lambda degrees: round(degrees, 6))
latitudes = st.floats(SOUTH, NORTH).map(lambda degrees: round(degrees, 6))
places = st.tuples(longitudes, latitudes)
kinds = st.lists(st.sampled_from(["asset", "offer"]), max_size=2, unique=True)
queries = st.fixed_dictionaries(
    {"kind": kinds, "sort": st.sampled_from(["relevance", "newest", "checked", "distance"])},
    optional={
        "near": places.map(lambda place: f"{place[0]},{place[1]}"),
        "within_m": st.floats(1, 3_000),
        "text": st.sampled_from(["ladder", "mill lane", "QX1 2AB", "hedge", "01632"]),
        "covers": places.map(lambda place: f"{place[0]},{place[1]}"),
        "bbox": st.tuples(places, places).map(
            lambda two: ",".join(
                str(one)
                for one in (
                    min(two[0][0], two[1][0]),
                    min(two[0][1], two[1][1]),
                    max(two[0][0], two[1][0]) + 0.0001,
                    max(two[0][1], two[1][1]) + 0.0001,
                )
            )
        ),
        "limit": st.integers(1, 3),
    },
)
often = settings(
    max_examples=12,
    deadline=None,
    suppress_health_check=[
        HealthCheck.function_scoped_fixture,
        HealthCheck.too_slow,
        HealthCheck.filter_too_much,
    ],
)


def told(session: Session, query: dict[str, Any], but: frozenset[str] = frozenset()) -> Any:
    """All that the public is told in answer to a query: page after page, counts, and the map."""
    if query["sort"] == "distance" and "near" not in query:
        query = query | {"sort": "newest"}
    if "within_m" in query and "near" not in query:
        query = {name: value for name, value in query.items() if name != "within_m"}
    wanted = EntrySearch.model_validate(query)
    today, pages = now().date(), []
    while True:
        found = search.search(session, wanted, viewer=PUBLIC)
        page = [features.feature(hit, today) for hit in found.hits]
        for one in page:
            one["properties"] = {k: v for k, v in one["properties"].items() if k not in but}
        pages.append((page, found.total, found.kinds, found.categories, found.areas))
        if found.next_cursor is None:
            break
        wanted = wanted.model_copy(update={"cursor": found.next_cursor})
    drawn = {"bbox": "-2,53.6,-1.8,53.8", **query}
    drawn.pop("limit", None)
    return pages, [_drawn(session, drawn | {"zoom": zoom}) for zoom in (8, 14)]


def _drawn(session: Session, query: dict[str, Any]) -> Any:
    on_map = clusters.on_map(session, MapSearch.model_validate(query), viewer=PUBLIC)
    singles = [(str(hit.entry.uid), hit.entry.longitude, hit.distance_m) for hit in on_map.singles]
    return on_map.total, on_map.clusters, singles


@pytest.mark.parametrize("precision", ["street", "postcode", "lsoa", "ward"])
def test_no_query_tells_two_places_apart_that_are_shown_as_one(
    session: Session, precision: str
) -> None:
    team = make_team(session)
    make_area(session)
    make_entry(session, "offer", team, title="Ladder to lend", geometry=point(-1.935, 53.715))
    home: dict[str, Any] = {"address": "12 Mill Lane", "postcode": "QX1 2AB", "radius_m": 400}
    made = make_entry(
        session, "offer", team, title="Hedge cutting", precision=precision, geometry=point(), **home
    )
    moved = ("updated_at", "version")

    @often
    @given(places, st.floats(-30, 30), st.floats(-30, 30), queries)
    def holds(
        at: tuple[float, float], east_m: float, north_m: float, query: dict[str, Any]
    ) -> None:
        one = shapely.Point(at)
        other = shapely.Point(at[0] + east_m / 66_000, at[1] + north_m / 111_000)
        if precision in privacy.GRID_M:
            snapped = (privacy.snapped(place, privacy.GRID_M[precision]) for place in (one, other))
            assume(len(set(snapped)) == 1)
        answers = []
        for place in (one, other):
            fields = draft_fields(
                session,
                Kind.OFFER,
                title="Hedge cutting",
                precision=precision,
                geometry=geojson.geometry(place),
                **home,
            )
            draft = DRAFTS[Kind.OFFER].model_validate(fields)
            change(session, made, draft, viewer=OPERATOR, base_version=made.version)
            session.flush()
            answers.append((told(session, query, frozenset(moved)), _shown(session, made.id)))
        if answers[0][1] == answers[1][1]:
            assert answers[0][0] == answers[1][0]

    holds()


def _shown(session: Session, key: int) -> tuple[float | None, float | None]:
    (hit,) = search.load(session, [key], viewer=PUBLIC)
    return hit.entry.longitude, hit.entry.latitude


def test_no_query_tells_whether_there_is_something_hidden(session: Session) -> None:
    team = make_team(session)
    make_area(session)
    make_entry(session, "asset", team, title="Ladder shed", geometry=point(-1.93, 53.72))
    make_entry(session, "offer", team, title="Ladder to lend", geometry=point(-1.92, 53.73))

    @often
    @given(places, st.sampled_from(["partner", "team", "restricted"]), queries)
    def holds(at: tuple[float, float], visibility: str, query: dict[str, Any]) -> None:
        before = told(session, query)
        hidden = make_entry(
            session,
            "offer",
            team,
            title="Ladder of a neighbour in Mill Lane",
            geometry=point(*at),
            radius_m=500,
            visibility=visibility,
        )
        assert told(session, query) == before
        entries.withdraw(session, hidden, viewer=OPERATOR, why="Tried")
        assert told(session, query) == before

    holds()
