"""Searching through the JSON door: pages, facets, the map, and what is refused."""

import json
from urllib.parse import urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from assetmap.access import OPERATOR
from assetmap.register import links, merging
from assetmap.vocabulary import Kind, Relation
from tests.api.callers import Caller
from tests.api.conftest import Place
from tests.make import commit, make_area, make_entry, make_team, point
from tests.queries import MOST_ON_A_PAGE, counted, questions

PROBLEM = "application/problem+json"
WRONG = (
    ("knid=offer", "knid"),
    ("kind=ofer", "kind"),
    ("area=E99", "area"),
    ("category=nonsense", "category"),
    ("text=" + "a" * 101, "text"),
    ("text=a&text=b", "text"),
    ("near=53.7", "near"),
    ("near=one,two", "near"),
    ("near=nan,nan", "near"),
    ("near=53.7,-191.9", "near"),
    ("within_m=10", "within_m"),
    ("near=-1.9,53.7&within_m=0", "within_m"),
    ("near=-1.9,53.7&within_m=1e9", "within_m"),
    ("near=-1.9,53.7&within_m=nan", "within_m"),
    ("covers=1", "covers"),
    ("bbox=1,2,3", "bbox"),
    ("bbox=-1,53,-2,54", "bbox"),
    ("bbox=0,0,inf,1", "bbox"),
    ("within=POLYGON", "within"),
    ('within={"type":"Point","coordinates":[-1.9,53.7]}', "within"),
    ('within={"type":"Polygon","coordinates":[]}', "within"),
    ('within={"type":"Polygon","coordinates":[[[0,"a"]]]}', "within"),
    ("within=" + "[" * 5000, "within"),
    ("found_on=7", "found_on"),
    ("about=7", "about"),
    ("status=opne", "status"),
    ("overdue=perhaps", "overdue"),
    ("sort=best", "sort"),
    ("sort=distance", "sort"),
    ("limit=0", "limit"),
    ("limit=201", "limit"),
    ("limit=ten", "limit"),
    ("limit=99999999999999999999999", "limit"),
    ("cursor=nonsense", "cursor"),
    ("cursor=WyJuZXdlc3QiLDEsMl0", "cursor"),
    ("cursor=é", "cursor"),
)
WRONG_ELSEWHERE = (
    ("/api/map?zoom=10", "bbox"),
    ("/api/map?bbox=-2,53,-1,54", "zoom"),
    ("/api/map?bbox=-2,53,-1,54&zoom=21", "zoom"),
    ("/api/categories?scheme=people", "scheme"),
    ("/api/categories?schema=asset", "schema"),
    ("/api/areas?type=planet", "type"),
    ("/api/areas?cursor=-1", "cursor"),
    ("/api/areas?limit=1000", "limit"),
    ("/health?verbose=1", "verbose"),
)


def test_a_search_gives_features_counts_and_reasons(place: Place) -> None:
    found = place.public.get("/api/entries?kind=offer").get_json()
    assert (found["type"], found["numberMatched"], found["numberReturned"]) == (
        "FeatureCollection",
        1,
        1,
    )
    assert [link["rel"] for link in found["links"]] == ["self"]
    (offer,) = found["features"]
    assert offer["id"] == place.entries["offer"]
    assert offer["properties"]["category"] == {"code": "food_meal", "label": "Food Meal"}
    assert "Food › Food Meal" in offer["properties"]["why"]
    assert found["facets"]["kind"] == [
        {"code": "offer", "label": "Offer", "count": 1, "parent": None}
    ]
    assert [facet["code"] for facet in found["facets"]["area"]] == ["E05000001"]


@pytest.mark.parametrize("sort", ["relevance", "distance", "newest", "checked"])
def test_following_next_gives_each_entry_once(app: Flask, session: Session, sort: str) -> None:
    team = make_team(session)
    for number in range(7):
        make_entry(session, "asset", team, title=f"Hall {number}", geometry=point(-1.92, 53.73))
    commit()
    seen: list[str] = []
    address = f"/api/entries?limit=3&sort={sort}&near=-1.92,53.73"
    while address:
        page = Caller(app).get(address).get_json()
        assert page["numberMatched"] == 7
        assert page["numberReturned"] == len(page["features"]) <= 3
        seen += [feature["id"] for feature in page["features"]]
        following = [link["href"] for link in page["links"] if link["rel"] == "next"]
        parts = urlsplit(following[0]) if following else None
        address = f"{parts.path}?{parts.query}" if parts else ""
    assert len(seen) == len(set(seen)) == 7


def refused(app: Flask, address: str) -> tuple[int, str, list[str]]:
    answer = Caller(app).get(address)
    return answer.status_code, answer.content_type, list(answer.get_json().get("problems", ()))


def test_a_wrong_parameter_is_refused_by_name(app: Flask) -> None:
    for query, named in WRONG:
        assert refused(app, f"/api/entries?{query}") == (400, PROBLEM, [named]), query


def test_a_wrong_parameter_of_another_list_is_refused_too(app: Flask) -> None:
    for address, named in WRONG_ELSEWHERE:
        assert refused(app, address) == (400, PROBLEM, [named]), address


def test_a_nul_in_the_address_is_refused_in_words(app: Flask) -> None:
    answer = Caller(app).get("/api/entries?text=%00")
    assert answer.status_code == 400
    assert "NUL" in answer.get_json()["detail"]


def test_what_is_hidden_is_nowhere(place: Place) -> None:
    for caller, count in ((place.public, 7), (place.theirs, 7), (place.ours, 8)):
        found = caller.get("/api/entries").get_json()
        assert found["numberMatched"] == len(found["features"]) == count
        assert sum(facet["count"] for facet in found["facets"]["kind"]) == count
        assert [facet["count"] for facet in found["facets"]["area"]] == [count]
        drawn = caller.get("/api/map?bbox=-3,53,-1,54&zoom=8").get_json()
        assert drawn["numberMatched"] == count
        listed = caller.get("/api/categories?scheme=asset").get_json()["categories"]
        halls = next(one["count"] for one in listed if one["code"] == "pla_hall")
        assert halls == count - 6


def test_what_is_hidden_and_what_is_not_there_are_the_same_404(place: Place) -> None:
    missing = "01900000-0000-7000-8000-000000000000"
    for caller in (place.public, place.theirs):
        for address in (
            "/api/assets/{}",
            "/api/entries/{}/provenance",
            "/api/entries/{}/history",
        ):
            hidden, absent = (caller.get(address.format(u)) for u in (place.hidden, missing))
            assert hidden.status_code == absent.status_code == 404
            assert hidden.get_json() == absent.get_json()
    for uid in (place.hidden, missing):
        draft = {"title": "Mine", "category": "pla_hall"}
        assert place.theirs.post(f"/api/entries/{uid}/check", {}).status_code == 404
        assert (
            place.theirs.post(f"/api/entries/{uid}/status", {"status": "closed"}).status_code == 404
        )
        assert place.theirs.delete(f"/api/assets/{uid}?why=x").status_code == 404
        link = {"relation": "about", "to": place.entries["hotspot"]}
        assert place.theirs.post(f"/api/entries/{uid}/links", link).status_code == 404
        link = {"relation": "about", "to": uid}
        tied = place.theirs.post(f"/api/entries/{place.entries['offer']}/links", link)
        assert (tied.status_code, list(tied.get_json()["problems"])) == (422, ["to"])
    assert place.theirs.put(f"/api/assets/{place.hidden}", draft).status_code == 404


def test_an_entry_of_another_kind_is_not_at_this_address(place: Place) -> None:
    assert place.public.get(f"/api/groups/{place.entries['offer']}").status_code == 404
    assert place.public.get(f"/api/offers/{place.entries['offer']}").status_code == 200


def test_a_search_from_a_hidden_origin_finds_nothing(
    app: Flask, session: Session, place: Place
) -> None:
    team = make_team(session, "Third team")
    walk = make_entry(session, "walkabout", team, visibility="restricted")
    found = make_entry(session, "asset", team, title="Bench")
    links.link(session, found, Relation.FOUND_ON, walk, viewer=OPERATOR)
    commit()
    assert place.public.get(f"/api/entries?found_on={walk.uid}").get_json()["numberMatched"] == 0
    seen = f"/api/entries?found_on={place.entries['walkabout']}"
    assert place.public.get(seen).get_json()["numberMatched"] == 1


@pytest.mark.parametrize(
    "query", ["", "?kind=offer&category=food", "?area=E05000001", "?text=refuge+asset"]
)
def test_a_page_of_results_asks_the_database_few_questions(place: Place, query: str) -> None:
    with counted() as sent:
        assert place.ours.get(f"/api/entries{query}").status_code == 200
    assert len(questions(sent)) <= MOST_ON_A_PAGE, "\n\n".join(sent)


def test_one_entry_and_the_map_ask_the_database_few_questions(place: Place) -> None:
    for address in (
        f"/api/offers/{place.entries['offer']}",
        f"/api/entries/{place.entries['offer']}/provenance",
        f"/api/entries/{place.entries['offer']}/history",
        "/api/map?bbox=-3,53,-1,54&zoom=8&text=asset",
        "/api/categories",
        "/api/areas",
    ):
        with counted() as sent:
            assert place.ours.get(address).status_code == 200
        assert len(questions(sent)) <= MOST_ON_A_PAGE, (address, sent)


def test_the_map_draws_clusters_and_points_and_spares_who_has_them(
    session: Session, place: Place
) -> None:
    make_entry(session, "asset", make_team(session, "North team"), geometry=point(-1.2, 53.9))
    commit()
    address = "/api/map?bbox=-3,53,-1,54&zoom=9"
    first = place.public.get(address)
    drawn = first.get_json()
    clusters = [f for f in drawn["features"] if f["properties"].get("cluster")]
    points = [f["properties"] for f in drawn["features"] if "uid" in f["properties"]]
    assert [one["properties"] for one in clusters] == [{"cluster": True, "count": 7}]
    assert [point.keys() for point in points] == [{"kind", "title", "uid", "url", "category"}]
    asked = {"If-None-Match": first.headers["ETag"]}
    assert place.public.get(address, headers=asked).status_code == 304
    assert place.ours.get(address, headers=asked).status_code == 200


def test_a_version_that_one_has_is_not_sent_again(place: Place) -> None:
    address = f"/api/assets/{place.entries['asset']}"
    first = place.public.get(address)
    assert first.headers["ETag"] == '"1"'
    again = place.public.get(address, headers={"If-None-Match": '"1"'})
    assert (again.status_code, again.data, again.headers["ETag"]) == (304, b"", '"1"')
    assert place.public.get(address, headers={"If-None-Match": '"2"'}).status_code == 200


def test_a_search_that_asks_for_no_counts_is_answered_without_them(place: Place) -> None:
    whole = place.public.get("/api/entries?kind=asset").get_json()
    without = place.public.get("/api/entries?kind=asset&counts=false").get_json()
    assert whole.keys() - without.keys() == {"numberMatched", "facets"}
    assert without["features"] == whole["features"]
    assert without["numberReturned"] == whole["numberReturned"]


def test_a_search_is_not_sent_again_until_what_it_finds_is_written(
    session: Session, place: Place
) -> None:
    address = "/api/entries?kind=asset"
    asked = {"If-None-Match": place.public.get(address).headers["ETag"]}
    again = place.public.get(address, headers=asked)
    assert (again.status_code, again.data) == (304, b"")
    assert place.ours.get(address, headers=asked).status_code == 200  # who may read more of them
    make_entry(session, "asset", make_team(session, "North team"))
    commit()
    assert place.public.get(address, headers=asked).status_code == 200


def test_a_merged_entry_leads_to_its_successor(app: Flask, session: Session) -> None:
    team = make_team(session)
    keep, gone = (make_entry(session, "asset", team, title=t) for t in ("Hall", "The hall"))
    merging.merge(session, keep, gone, viewer=OPERATOR)
    commit()
    answer = Caller(app).get(f"/api/assets/{gone.uid}")
    assert answer.status_code == 308
    assert answer.headers["Location"].endswith(f"/api/assets/{keep.uid}")
    assert Caller(app).get(answer.headers["Location"]).status_code == 200


def test_provenance_tells_the_chain_both_ways(place: Place) -> None:
    walk = place.entries["walkabout"]
    chain = place.public.get(f"/api/entries/{walk}/provenance").get_json()
    told = {
        way: [
            (step["depth"], step["relation"], step["via"], step["feature"]["id"]) for step in steps
        ]
        for way, steps in chain.items()
    }
    assert told == {
        "came_from": [(1, "about", walk, place.entries["hotspot"])],
        "led_to": [(1, "found_on", walk, place.entries["offer"])],
    }


def test_categories_and_areas_are_listed_for_programs_to_choose_from(
    app: Flask, session: Session, place: Place
) -> None:
    for number in range(3):
        make_area(session, f"E0600000{number}", f"Ward {number}", type="lad")
    commit()
    listed = place.public.get("/api/categories?scheme=offer").get_json()["categories"]
    assert [(one["code"], one["parent"], one["count"]) for one in listed] == [
        ("food", None, 1),
        ("food_meal", "food", 1),
    ]
    page = place.public.get("/api/areas?type=lad&limit=2").get_json()
    assert [area["name"] for area in page["areas"]] == ["Ward 0", "Ward 1"]
    following = urlsplit(page["links"][-1]["href"])
    rest = place.public.get(f"{following.path}?{following.query}").get_json()
    assert [area["name"] for area in rest["areas"]] == ["Ward 2"]
    assert [link["rel"] for link in rest["links"]] == ["self"]


def test_what_the_json_door_does_not_have_is_a_problem_document(place: Place) -> None:
    for address in ("/api/nothing", "/api/assets/not-a-uid", "/api/people/1"):
        answer = place.public.get(address)
        assert (answer.status_code, answer.content_type) == (404, PROBLEM)
    answer = place.ours.delete("/api/entries")
    assert (answer.status_code, answer.content_type) == (405, PROBLEM)
    assert "GET" in answer.headers["Allow"]


def test_an_unknown_token_is_refused_even_where_anyone_may_read(app: Flask, place: Place) -> None:
    answer = Caller(app, "am_made_up").get("/api/entries")
    assert (answer.status_code, answer.content_type) == (401, PROBLEM)
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")


def test_every_kind_is_searched_within_a_drawn_shape(place: Place) -> None:
    ring = [[-1.95, 53.70], [-1.90, 53.70], [-1.90, 53.75], [-1.95, 53.75], [-1.95, 53.70]]
    shape = json.dumps({"type": "Polygon", "coordinates": [ring]})
    found = place.public.ask("GET", "/api/entries", query_string={"within": shape}).get_json()
    assert {one["properties"]["kind"] for one in found["features"]} == {k.value for k in Kind}


@pytest.mark.parametrize("door", ["/api/entries", "/search.csv", "/api/map"])
@pytest.mark.parametrize(
    ("name", "pair", "said"),
    [
        ("near", "53.7,-1.9", "look swapped"),
        ("covers", "53.7,-1.9", "look swapped"),
        ("near", "0,0", "sea off Africa"),
        ("covers", "40,20", "outside the area this register covers"),
    ],
)
def test_a_place_where_the_register_has_nothing_is_refused_by_its_name(
    client: FlaskClient, door: str, name: str, pair: str, said: str
) -> None:
    more = "&within_m=500" if name == "near" else ""
    box = "&bbox=-2,53,-1,54&zoom=10" if door == "/api/map" else ""
    answer = client.get(f"{door}?{name}={pair}{more}{box}")
    assert answer.status_code == 400
    assert said in answer.text
    assert name in answer.text
