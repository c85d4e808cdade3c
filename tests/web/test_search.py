"""The search page and its downloads, as somebody with a browser meets them."""

import csv
import html
import io
import re
from collections.abc import Iterator
from typing import Any

import pytest
import shapely
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from assetmap.access import OPERATOR
from assetmap.db import now
from assetmap.gate import SESSION_KEY
from assetmap.models import Postcode, Team
from assetmap.register import downloads
from assetmap.register.links import link
from assetmap.vocabulary import Relation
from tests.make import commit, make_area, make_entry, make_session, make_team, make_user, point
from tests.queries import MOST_ON_A_PAGE, counted

HEADING = re.compile(r'<h2 id="results">(.*?)</h2>', re.DOTALL)
TITLE = re.compile(r'<h3><a href="[^"]*">(.*?)</a></h3>', re.DOTALL)
TAG = re.compile(r"Take away:</span>\s*(.*?)\s*<svg", re.DOTALL)
FAR = point(-1.5, 53.7)


def said(page: TestResponse) -> str:
    found = HEADING.search(page.text)
    return html.unescape(found[1]).strip() if found else ""


def titles(page: TestResponse) -> list[str]:
    bare = (re.sub("</?mark>", "", title) for title in TITLE.findall(page.text))
    return [html.unescape(title) for title in bare]


def tags(page: TestResponse) -> list[str]:
    return [html.unescape(tag) for tag in TAG.findall(page.text)]


def links_of(page: TestResponse, text: str) -> list[str]:
    found = re.findall(
        rf'<a[^>]*href="([^"]*)"[^>]*>(?:<[^>]*>|\s)*{re.escape(text)}',
        page.text.replace("Take away:", ""),
    )
    return [html.unescape(address) for address in found]


def sign_in(client: FlaskClient, session: Session, team: Team, role: str = "editor") -> None:
    user = make_user(session, team, role)
    secret = make_session(session, user)
    commit()
    with client.session_transaction() as cookie:
        cookie[SESSION_KEY] = secret


@pytest.fixture
def town(session: Session) -> Team:
    """Two wards, a postcode, and help in and around them."""
    team = make_team(session)
    make_area(session, "E05000001", "Hollins", shapely.box(-1.95, 53.70, -1.90, 53.75))
    make_area(session, "E05000002", "Northcote", shapely.box(-1.90, 53.70, -1.85, 53.75))
    session.add(Postcode(pcds="QX1 1AA", longitude=-1.92, latitude=53.735, release="test"))
    make_entry(session, "offer", team, title="Hot meals", category="food_meal",
               geometry=FAR, covers_areas=["E05000001"])  # fmt: skip
    make_entry(session, "offer", team, title="Cake stall", category="food_cake")
    make_entry(session, "offer", team, title="Van and driver", category="trav_van",
               geometry=point(-1.87, 53.72))  # fmt: skip
    make_entry(session, "asset", team, title="Hollins hall")
    make_entry(session, "asset", team, title="Team store", visibility="team")
    commit()
    return team


def test_everything_public_is_there_before_anything_is_asked(
    client: FlaskClient, town: Team
) -> None:
    page = client.get("/")
    assert page.status_code == 200
    assert said(page) == "4 entries"
    assert "Team store" not in page.text
    assert client.get("/search").status_code == 200


def test_an_offer_that_covers_a_ward_is_found_wherever_it_stands(
    client: FlaskClient, town: Team
) -> None:
    page = client.get("/?kind=offer&category=food&where=hollins&how=covers")
    assert said(page) == "1 offer under Food covering Hollins (ward)"
    assert titles(page) == ["Hot meals"]
    assert "Covers Hollins (ward)" in page.text
    assert tags(page) == ["Offers", "Covering Hollins (ward)", "Food"]
    assert "From Retired cook" in page.text
    assert "data-keep-bounds" not in page.text  # the map shows where they all stand
    assert "data-keep-bounds" in client.get("/?where=hollins&how=inside").text


def test_near_inside_and_covering_are_three_different_questions(
    client: FlaskClient, town: Team
) -> None:
    inside = client.get("/?where=Hollins&how=inside")
    near = client.get("/?where=QX1+1AA&how=near&within_m=500")
    assert sorted(titles(inside)) == ["Cake stall", "Hollins hall"]
    assert said(near) == "2 entries within 500 m of QX1 1AA, most relevant first"
    assert titles(client.get("/?where=Hollins&how=covers")) == ["Hot meals"]


def test_a_place_alone_means_inside_an_area_and_near_a_point(
    client: FlaskClient, town: Team
) -> None:
    assert said(client.get("/?where=Northcote")) == "1 entry in Northcote (ward)"
    assert "within 1 km of QX1 1AA" in said(client.get("/?where=qx11aa"))
    page = client.get("/?where=-1.92,53.735&how=inside")
    assert "is a point, not an area" in page.text
    assert "within 1 km of -1.92000, 53.73500" in said(page)


def test_a_place_called_like_another_offers_the_other(
    client: FlaskClient, session: Session, town: Team
) -> None:
    make_area(session, "E07000001", "Hollins", shapely.box(-2, 53.6, -1.8, 53.8), type="lad")
    make_entry(session, "group", town, title="District club")
    commit()
    page = client.get("/?where=Hollins")
    (other,) = links_of(page, "Hollins (district)")
    assert said(client.get(other)) == "1 entry in Hollins (district)"


@pytest.mark.parametrize(
    ("asked", "problem"),
    [
        (
            "where=Nowhere",
            "No place called “Nowhere” was found. Type a postcode, the name of a place",
        ),
        ("where=QX9+9ZZ", "The postcode QX9 9ZZ was not found"),
        ("catgory=food", "catgory: There is no such field"),
        ("bbox=1,2,3", "bbox: Give 4 numbers: west,south,east,north."),
        ("found_on=123", "This is not an identifier."),
        ("kind=offers", "kind: Choose one of"),
        ("category=fod_meal", "There is no category “fod_meal”"),
        ("area=E05999999", "No area is loaded with the code E05999999"),
        ("within_m=-5&where=Hollins", "Give a number above 0."),
        ("within_m=far&where=Hollins", "Give a number, such as 500."),
        ("where=Hollins&where=Northcote", "Give this once"),
        ("near=53.7,-191", "longitude comes first"),
        ("cursor=spoilt", "not a place in these results"),
        ("within={}", "Polygon"),
        ("how=beside&where=Hollins", "Choose one of"),
        ("first=0", "Give 1 or more."),
    ],
)
def test_what_cannot_be_is_said_and_what_was_typed_stays(
    client: FlaskClient, town: Team, asked: str, problem: str
) -> None:
    page = client.get(f"/?{asked}&text=hot+meals")
    assert page.status_code == 400
    text = html.unescape(page.text)
    assert problem in text
    assert "There is a problem" in text
    assert 'value="hot meals"' in text
    assert "Error:" in text[: text.index("</title>")]
    if "cursor" not in asked:  # a file has everything, wherever the page stood
        assert client.get(f"/search.csv?{asked}").status_code == 400


def test_each_tag_takes_one_thing_away(client: FlaskClient, town: Team) -> None:
    page = client.get("/?kind=offer&text=meals&where=Hollins&how=covers&sort=newest")
    (without_words,) = links_of(page, "“meals”")
    assert "text=" not in without_words
    (without_place,) = links_of(page, "Covering Hollins (ward)")
    assert without_place == "/?kind=offer&text=meals&sort=newest"
    assert said(client.get(without_place)).startswith("1 offer matching “meals”")


def test_facets_narrow_and_widen_again(client: FlaskClient, town: Team) -> None:
    page = client.get("/?where=Hollins&how=inside")
    offers = next(a for a in links_of(page, "Offers") if "kind=offer" in a)
    narrowed = client.get(offers)
    assert titles(narrowed) == ["Cake stall"]
    assert "kind=offer" not in links_of(narrowed, "Offers")[-1]
    (elsewhere,) = [a for a in links_of(client.get("/"), "Northcote") if "area=" in a]
    assert titles(client.get(elsewhere)) == ["Van and driver"]


def test_pages_follow_one_another_and_number_on(
    client: FlaskClient, session: Session, town: Team
) -> None:
    for n in range(30):
        make_entry(session, "group", town, title=f"Club {n:02}")
    commit()
    first = client.get("/?kind=group")
    (further,) = links_of(first, "Next page")
    second = client.get(further)
    assert len(titles(first)) == 20
    assert len(titles(second)) == 10
    assert not set(titles(first)) & set(titles(second))
    assert 'data-result="21"' in second.text
    assert "21 to 30 of 30" in second.text
    assert links_of(second, "Back to the first page") == ["/?kind=group"]


def test_nothing_found_says_what_less_would_find(client: FlaskClient, town: Team) -> None:
    page = client.get("/?kind=offer&text=cake&where=Northcote&how=inside")
    assert said(page) == "No offers matching “cake” in Northcote (ward)"
    (anywhere,) = links_of(page, "Anywhere: 1 offer")
    assert titles(client.get(anywhere)) == ["Cake stall"]
    (wordless,) = links_of(page, "Without the words: 1 offer")
    assert titles(client.get(wordless)) == ["Van and driver"]
    assert links_of(page, "Tell us of it") == ["/proposals/new"]


def test_what_a_walkabout_found_is_named_only_to_who_may_see_it(
    client: FlaskClient, session: Session, town: Team
) -> None:
    walk = make_entry(session, "walkabout", town, title="Canal walk", visibility="team")
    litter = make_entry(session, "finding", town, title="Litter")
    link(session, litter, Relation.FOUND_ON, walk, viewer=OPERATOR)
    commit()
    address = f"/?found_on={walk.uid}"
    hidden = client.get(address)
    assert "Canal walk" not in hidden.text
    assert titles(hidden) == []
    sign_in(client, session, town)
    shown = client.get(address)
    assert said(shown) == "1 entry from “Canal walk”"
    assert titles(shown) == ["Litter"]


def test_what_the_form_has_no_field_for_is_kept_when_it_is_sent(
    client: FlaskClient, town: Team
) -> None:
    page = client.get("/?bbox=-1.93,53.73,-1.91,53.74&kind=asset&status=active&status=proposed")
    assert '<input type="hidden" name="bbox" value="-1.93,53.73,-1.91,53.74">' in page.text
    assert '<input type="hidden" name="status" value="proposed">' in page.text
    assert titles(page) == ["Hollins hall"]


def test_hostile_words_are_text_everywhere_on_the_page(
    client: FlaskClient, session: Session, town: Team
) -> None:
    nasty = '</script><img src=x onerror="alert(1)">{{7*7}}'
    make_entry(session, "asset", town, title=nasty)
    commit()
    page = client.get("/", query_string={"text": "img", "where": nasty[:90]})
    assert "<img" not in page.text
    listed = client.get("/?kind=asset")
    assert "<img src=x" not in listed.text
    assert nasty in titles(listed)


def test_a_card_marks_the_words_that_were_found_and_nothing_else(
    client: FlaskClient, session: Session, town: Team
) -> None:
    told = "Soup <b>&</b> rolls, with a <mark>cup</mark> of tea"
    make_entry(session, "asset", town, title="Soups <i>& more</i>", description=told)
    commit()
    page = client.get("/", query_string={"text": "soup cups"}).text
    assert "<mark>Soups</mark> &lt;i&gt;&amp; more&lt;/i&gt;" in page
    shown = "Soup &lt;b&gt;&amp;&lt;/b&gt; rolls, with a &lt;mark&gt;<mark>cup</mark>&lt;/mark&gt;"
    assert shown in page
    assert "<mark>" not in client.get("/").text


ASKED = (
    "",
    "?kind=offer&category=food&where=Hollins&how=covers",
    "?kind=offer&category=food_cake&where=Hollins&text=cake&sort=checked",
    "?kind=offer&category=food&where=QX1+1AA&text=caek+stal&sort=distance",
    "?area=E05000001&text=hall&overdue=false",
    "?kind=offer&category=food&where=Northcote&text=zebra+crosing",
    "?where=Nowhere",
)


@pytest.mark.parametrize("signed_in", [False, True])
def test_no_search_page_asks_the_database_more_than_eight_times(
    client: FlaskClient, session: Session, town: Team, signed_in: bool
) -> None:
    group = make_entry(session, "group", town, title="Cake club")
    make_entry(session, "offer", town, title="Cake stall too", category="food_cake",
               group=str(group.uid), person_role="")  # fmt: skip
    make_entry(session, "walkabout", town)
    commit()
    if signed_in:
        sign_in(client, session, town)
    for asked in ASKED:
        with counted() as sent:
            client.get(f"/{asked}")
        assert len(sent) <= MOST_ON_A_PAGE, (asked, sent)


def rows_of(answer: TestResponse) -> list[dict[str, Any]]:
    return list(csv.DictReader(io.StringIO(answer.data.decode("utf-8-sig"))))


def test_everything_found_can_be_taken_away_as_csv(
    client: FlaskClient, session: Session, town: Team
) -> None:
    make_entry(session, "asset", town, title="=cmd|' /C calc'!A0", description="-1+1")
    commit()
    answer = client.get("/search.csv?kind=asset&limit=1")
    assert answer.content_type == "text/csv; charset=utf-8"
    name = answer.headers["Content-Disposition"]
    assert re.fullmatch(r'attachment; filename="assetmap-search-\d{4}-\d\d-\d\d\.csv"', name)
    rows = rows_of(answer)
    assert {row["title"] for row in rows} == {"Hollins hall", "'=cmd|' /C calc'!A0"}
    assert rows[0]["url"].startswith("http://localhost/assets/")


def test_the_same_search_is_a_page_a_table_and_geojson(client: FlaskClient, town: Team) -> None:
    asked = "?category=food&where=Hollins&how=covers"
    (address,) = links_of(client.get(f"/{asked}&kind=offer"), "Download CSV")
    assert [row["title"] for row in rows_of(client.get(address))] == ["Hot meals"]
    answer = client.get(f"/offers.geojson{asked}")
    assert answer.content_type == "application/geo+json"
    (feature,) = answer.get_json(force=True)["features"]
    assert feature["properties"]["title"] == "Hot meals"
    assert client.get("/assets.geojson").get_json(force=True)["features"]


@pytest.mark.parametrize("form", ["csv", "geojson"])
def test_a_download_has_what_its_reader_may_see_and_no_more(
    client: FlaskClient, session: Session, town: Team, form: str
) -> None:
    assert "Team store" not in client.get(f"/search.{form}").text
    sign_in(client, session, town)
    assert "Team store" in client.get(f"/search.{form}").text


def test_a_long_download_comes_whole_in_pieces(
    client: FlaskClient, session: Session, town: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(downloads, "AT_ONCE", 20)
    for n in range(45):
        make_entry(session, "group", town, title=f"Club {n}")
    commit()
    answer = client.get("/groups.csv")
    pieces: Iterator[bytes] = answer.iter_encoded()
    assert sum(1 for _ in pieces) > 1
    assert len(rows_of(client.get("/groups.csv"))) == 45


def test_adding_begins_with_what_and_from_where(
    client: FlaskClient, session: Session, town: Team
) -> None:
    assert client.get("/add").status_code == 401
    walk = make_entry(session, "walkabout", town, title="Canal walk", status="underway",
                      starts_at="2026-05-01T10:00:00Z")  # fmt: skip
    sign_in(client, session, town)
    page = client.get(f"/add?from={walk.uid}")
    assert f'href="/findings/new?from={walk.uid}"' in page.text
    assert "Canal walk" in page.text
    assert 'href="/findings/new"' in client.get("/add?from=").text
    assert client.get("/add?from=nonsense").status_code == 400
    assert client.get("/add?from=018f0000-0000-7000-8000-000000000000").status_code == 404


def test_who_may_only_look_is_told_so(client: FlaskClient, session: Session, town: Team) -> None:
    sign_in(client, session, town, role="viewer")
    page = client.get("/add")
    assert page.status_code == 403
    assert "but not add to it" in page.text


def test_the_walkabout_that_is_on_is_taken_unless_said(
    app: Flask, client: FlaskClient, session: Session, town: Team
) -> None:
    walk = make_entry(session, "walkabout", town, title="Canal walk", status="underway",
                      starts_at=now().isoformat())  # fmt: skip
    sign_in(client, session, town)
    assert f'href="/assets/new?from={walk.uid}"' in client.get("/add").text
