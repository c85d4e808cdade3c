"""The pages about areas and the look-up of places."""

import json
import re
from datetime import timedelta
from html import unescape

import pytest
import shapely
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from assetmap.access import OPERATOR
from assetmap.db import now
from assetmap.gate import SESSION_KEY
from assetmap.models import Team
from assetmap.register import areas as register
from assetmap.register import entries
from tests.make import commit, make_area, make_entry, make_session, make_team, make_user, point
from tests.queries import MOST_ON_A_PAGE, counted

EAST = shapely.box(-1.90, 53.70, -1.85, 53.75)


def words(page: str) -> str:
    """A page as it reads, without markup or the map's data."""
    bare = re.sub(r"<script.*?</script>|<[^>]*>", " ", page, flags=re.DOTALL)
    return " ".join(unescape(bare).split())


def read(client: FlaskClient, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200, answer.text
    return answer.text


def sign_in(client: FlaskClient, session: Session, team: Team) -> None:
    user = make_user(session, team)
    secret = make_session(session, user)
    commit()
    with client.session_transaction() as cookie:
        cookie[SESSION_KEY] = secret


@pytest.fixture
def riverside(session: Session) -> Team:
    """A ward of a district, with entries of every freshness, one of them the team's alone."""
    team = make_team(session)
    make_area(session)
    make_area(session, "E06000001", "Alderbrook", shapely.box(-2, 53.6, -1.8, 53.8), "lad")
    register.set_parents(session)
    hall = make_entry(session, "asset", team, title="Mill Lane Hall")
    entries.check(session, hall, viewer=OPERATOR)
    stale = make_entry(session, "asset", team, title="Old Library", geometry=point(-1.93, 53.72))
    long_ago = now().date() - timedelta(days=300)
    entries.check(session, stale, viewer=OPERATOR, on=long_ago)
    make_entry(session, "finding", team, title="Litter by the bridge")
    make_entry(session, "asset", team, title="Secret store", visibility="team")
    make_entry(session, "asset", team, title="Shut shop", status="closed")
    make_entry(session, "offer", team, title="Meals", geometry=None, covers_areas=["E06000001"])
    commit()
    return team


@pytest.mark.usefixtures("riverside")
def test_an_area_page_says_what_is_there_and_how_fresh_it_is(client: FlaskClient) -> None:
    page = read(client, "/areas/E05000001")
    said = words(page)
    assert "Riverside is a ward in Alderbrook." in said
    assert "3 entries are known here and 1 entry covers it; 1 is due a check." in said
    assert "2 Assets" in said
    assert "1 Finding" in said
    for row in ("last six months 1", "Due a check 1", "longer ago 0", "Never checked 1"):
        assert row in said
    assert '"/?area=E05000001&amp;kind=asset"' in page
    for form in ("csv", "geojson", "gpkg"):
        assert f'"/search.{form}?area=E05000001"' in page
    assert "E05000001&amp;overdue=true" in page


@pytest.mark.usefixtures("riverside")
def test_what_the_public_may_not_see_or_is_over_is_not_counted(client: FlaskClient) -> None:
    page = read(client, "/areas/E05000001")
    assert "Secret store" not in page
    assert "Shut shop" not in page


def test_the_team_sees_and_counts_its_own(
    client: FlaskClient, session: Session, riverside: Team
) -> None:
    sign_in(client, session, riverside)
    page = read(client, "/areas/E05000001")
    assert "Secret store" in page
    assert "4 entries are known here" in words(page)


@pytest.mark.usefixtures("riverside")
def test_what_covers_an_area_is_told_apart_from_what_is_in_it(client: FlaskClient) -> None:
    said = words(read(client, "/areas/E05000001"))
    newest, covers = said.split("What covers Riverside")
    assert "Meals" not in newest
    assert "Meals" in covers


@pytest.mark.usefixtures("riverside")
def test_a_bigger_area_lists_the_smaller_ones_with_their_counts(client: FlaskClient) -> None:
    said = words(read(client, "/areas/E06000001"))
    assert "Smaller areas in it Riverside (2022) 3" in said


@pytest.mark.usefixtures("riverside")
def test_the_map_shows_the_outline_and_the_newest_entries(client: FlaskClient) -> None:
    page = read(client, "/areas/E05000001")
    outline = json.loads(re.findall(r'id="area-map-shapes">(.*?)</script>', page)[0])
    pins = json.loads(re.findall(r'id="area-map-results">(.*?)</script>', page)[0])
    assert len(outline["features"]) == 1
    assert [pin["number"] for pin in pins] == [1, 2, 3]
    assert 'data-keep-bounds data-results="area-map-results"' in page


def test_pages_about_areas_take_at_most_eight_queries(
    client: FlaskClient, session: Session, riverside: Team
) -> None:
    sign_in(client, session, riverside)
    for path in ("/areas/", "/areas/E05000001", "/areas/E06000001", "/places?q=riverside"):
        session.expunge_all()
        with counted() as sent:
            read(client, path)
        assert 0 < len(sent) <= MOST_ON_A_PAGE, (path, sent)


def test_a_code_of_several_vintages_shows_the_latest_and_links_the_others(
    client: FlaskClient, session: Session
) -> None:
    for vintage, name in (("2013", "Old Town"), ("2022", "New Town")):
        make_area(session, "E05000001", name, vintage=vintage)
    commit()
    page = read(client, "/areas/E05000001")
    assert "<h1>New Town</h1>" in page
    assert "/areas/E05000001?type=ward&amp;vintage=2013" in page
    assert "<h1>Old Town</h1>" in read(client, "/areas/E05000001?type=ward&vintage=2013")
    assert client.get("/areas/E05000001?vintage=1999").status_code == 404
    assert 'href="/?area=E05000001"' in page
    assert 'href="/?area=ward%3AE05000001%402013"' in read(
        client, "/areas/E05000001?type=ward&vintage=2013"
    )


def test_the_search_that_an_area_page_links_finds_what_the_page_counts(
    client: FlaskClient, session: Session
) -> None:
    old, new = shapely.box(-1.95, 53.70, -1.91, 53.75), shapely.box(-1.91, 53.70, -1.85, 53.75)
    make_area(session, "E05000001", "Old Town", old, vintage="2013")
    make_area(session, "E05000001", "New Town", new, vintage="2022")
    team = make_team(session)
    for title, longitude in (("Only then", -1.94), ("Only now", -1.90), ("Now too", -1.89)):
        make_entry(session, "asset", team, title=title, geometry=point(longitude, 53.72))
    commit()
    for address, titles in (
        ("E05000001", {"Only now", "Now too"}),
        ("ward:E05000001", {"Only now", "Now too"}),
        ("E05000001@2022", {"Only now", "Now too"}),
        ("ward:E05000001@2013", {"Only then"}),
    ):
        answer = client.get("/api/entries", query_string={"area": address}).get_json()
        found = {one["properties"]["title"] for one in answer["features"]}
        assert found == titles, address
        page = read(client, f"/?area={address}")
        assert all(title in page for title in titles), address
    assert answer["facets"]["area"] == []  # the facet of its code would mean the newer one
    by_name = read(client, "/?where=New+Town+(ward)")
    assert "Only now" in by_name
    assert "Only then" not in by_name
    assert client.get("/api/entries?area=E05000001@1999").status_code == 400


def test_a_code_of_several_types_is_searched_with_its_type(
    client: FlaskClient, session: Session
) -> None:
    for kind in ("ward", "parish"):
        make_area(session, "A 1/b", "Riverside", type=kind)
    commit()
    page = read(client, "/areas/A%201/b?type=parish")
    assert 'href="/?area=parish%3AA%201/b"' in page


def test_an_empty_area_says_so_and_what_to_do(client: FlaskClient, session: Session) -> None:
    make_area(session)
    commit()
    said = words(read(client, "/areas/E05000001"))
    assert "So far nothing is known to be in it." in said
    assert "See what is near" in said


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/areas/nowhere", 404),
        ("/areas/E05000001?typ=ward", 400),
        ("/areas/E05000001?type=planet", 400),
        ("/areas/?cursor=x", 400),
        ("/areas/?cursor=99999999999999999999", 400),
        ("/areas/?limit=100000", 400),
        ("/areas/?sort=size", 400),
        ("/places?w=hull", 400),
        ("/places?q=" + "x" * 101, 400),
    ],
)
def test_a_wrong_address_is_refused_in_words(client: FlaskClient, path: str, status: int) -> None:
    answer = client.get(path)
    assert answer.status_code == status
    assert "Traceback" not in answer.text


def test_without_areas_the_list_says_how_to_load_them(client: FlaskClient) -> None:
    said = words(read(client, "/areas/"))
    assert "No boundaries are loaded yet" in said
    assert "assetmap areas load" in said


def test_areas_are_found_by_type_and_part_of_their_name(
    client: FlaskClient, session: Session
) -> None:
    make_area(session, "E1", "St Andrew’s & Docklands")
    make_area(session, "E2", "Riverside", EAST)
    make_area(session, "E3", "Docklands parish", type="parish")
    commit()
    said = words(read(client, "/areas/?type=ward&text=dock"))
    assert "St Andrew’s & Docklands Ward, 2022 E1 0" in said
    assert "E2" not in said
    assert "E3" not in said
    assert "E2" in words(read(client, "/areas/?text=e2"))
    assert "All areas called “e2”" in words(read(client, "/areas/?text=e2"))
    assert "No area is called that" in read(client, "/areas/?text=%25")


def test_a_long_list_of_areas_is_read_page_by_page(client: FlaskClient, session: Session) -> None:
    for number in range(7):
        make_area(session, f"E{number}", "Same name" if number < 3 else f"Name {number}")
    commit()
    seen: list[str] = []
    path = "/areas/?type=ward&limit=2"
    while path:
        page = read(client, path)
        seen += re.findall(r"<td>(E\d)</td>", page)
        links = re.findall(r'rel="next"\s+href="([^"]+)"', page)
        path = unescape(links[0]) if links else ""
    assert sorted(seen) == [f"E{number}" for number in range(7)]


@pytest.mark.usefixtures("riverside")
def test_areas_that_people_know_come_before_small_ones(
    client: FlaskClient, session: Session
) -> None:
    make_area(session, "E01000002", "Alderbrook 001A", EAST, "lsoa")
    make_area(session, "E05000002", "Zeal", EAST)
    commit()
    orders = {
        "": ["Riverside", "Zeal", "Alderbrook", "Alderbrook 001A"],
        "sort=name": ["Alderbrook", "Alderbrook 001A", "Riverside", "Zeal"],
        "sort=code": ["Alderbrook 001A", "Riverside", "Zeal", "Alderbrook"],
        "sort=entries": ["Alderbrook", "Riverside", "Alderbrook 001A", "Zeal"],
    }
    for asked, wanted in orders.items():
        seen: list[str] = []
        path = f"/areas/?limit=2&{asked}"
        while path:  # every order holds from one page to the next
            page = read(client, path)
            seen += re.findall(r'<th scope="row">\s*<a [^>]*>([^<]+)</a>', page)
            links = re.findall(r'rel="next"\s+href="([^"]+)"', page)
            path = unescape(links[0]) if links else ""
        assert seen == wanted, asked
    assert "Small areas (LSOA)" in words(read(client, "/areas/?type=lsoa"))


def test_a_hostile_name_is_shown_as_text(client: FlaskClient, session: Session) -> None:
    make_area(session, "E1", '<img src=x onerror=alert(1)> "{{ 7*7 }}" </script>')
    commit()
    for path in ("/areas/", "/areas/E1", "/places?q=img"):
        page = read(client, path)
        assert "<img src=x" not in page
        assert "49" not in re.sub(r"53\.\d+|[0-9a-f]{12}", "", words(page))


def test_places_are_json_for_scripts_and_a_page_for_people(
    client: FlaskClient, session: Session
) -> None:
    make_area(session)
    commit()
    answer = client.get("/places?q=riverside", headers={"Accept": "application/json"})
    assert answer.json is not None
    assert "Accept" in answer.headers["Vary"]
    (place,) = answer.json["places"]
    assert place["label"] == "Riverside (ward)"
    assert place["area"] == {
        "type": "ward",
        "code": "E05000001",
        "vintage": "2022",
        "bounds": [-1.95, 53.70, -1.90, 53.75],
    }
    assert "Riverside (ward)" in words(read(client, "/places?q=riverside"))
    assert "No place called “atlantis” was found" in words(read(client, "/places?q=atlantis"))
