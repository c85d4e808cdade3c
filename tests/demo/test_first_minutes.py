"""README's first five minutes, with nothing but the pages, scripts off."""

import re
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from assetmap.access import OPERATOR
from assetmap.db import db
from assetmap.demo.neighbours import LIST
from assetmap.models import Engagement, User
from assetmap.register import plans
from tests.demo.loaded import Towns
from tests.web.filled import send
from tests.web.pages import press, sign_in

README = Path(__file__).parents[2] / "README.md"
WALK = "Last train to last bus with night-shift staff"
ORGANISER = "organiser@demo.example"
WHOLE = [
    "Towpath innovation hub",
    "Beacon ward panel: choosing spring priorities",
    "How should Market Street be shared?",
    "Beacon ward panel: choosing summer priorities",
    "Beacon ward panel: choosing autumn priorities",
]
HOTSPOT = "Station Approach and the last bus"


@pytest.fixture(scope="module")
def towns(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Iterator[Towns]:
    with ExitStack() as stack:
        yield Towns(tmp_path_factory, f"minutes_{worker_id}", stack)


@pytest.fixture
def newcomer(towns: Towns, database: str) -> Iterator[FlaskClient]:
    app = towns.on(database)
    with app.app_context():
        yield app.test_client()


def page(client: FlaskClient, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200, path
    return answer.text


def link(html: str, label: str) -> str:
    """Where the link with this text leads."""
    for path, inside in re.findall(r'<a [^>]*href="([^"]+)"[^>]*>(.*?)</a>', html, re.S):
        if re.search(rf"\b{label}\b", re.sub(r"<[^>]+>|\s+", " ", inside)):
            return str(path).replace("&amp;", "&")
    raise AssertionError(f"no link says {label}")


def test_a_food_offer_that_covers_a_ward_is_found(newcomer: FlaskClient) -> None:
    assert "What are you looking for?" in page(newcomer, "/")
    found = page(newcomer, "/search?text=food&where=Millgate&how=covers&kind=offer")
    count = re.search(r"<h1[^>]*>\s*(\d+) offers matching", found) or re.search(
        r"(\d+) offers matching “food” covering Millgate", found
    )
    assert count
    assert int(count[1]) > 5


def test_something_is_logged_from_a_walkabout_and_its_chain_followed(
    newcomer: FlaskClient,
) -> None:
    said = README.read_text("utf-8")
    assert WALK in said
    answer = press(newcomer, "/sign-in/demo", email="local@demo.example")
    assert answer.status_code == 303
    walk = page(newcomer, link(page(newcomer, "/walkabouts/"), WALK))
    assert "Log something here" in walk
    answer = send(
        newcomer,
        link(walk, "Asset"),
        title="Night-shift tea hatch",
        category="vcs_food",
        where="QX1 3BT",
    )
    assert answer.status_code in (302, 303), answer.text[:2000]
    asset = page(newcomer, answer.location.partition("?")[0].replace("/logged", ""))
    assert "Came from" in asset
    assert WALK in asset
    assert HOTSPOT in asset
    came = page(newcomer, link(page(newcomer, "/walkabouts/"), WALK))
    assert "What came of this walkabout" in came
    assert "Night-shift tea hatch" in came


def test_two_sections_of_the_town_are_missing_from_its_list_with_groups_that_reach_them(
    newcomer: FlaskClient,
) -> None:
    sign_in(newcomer, db.session.scalars(select(User).where(User.name == "Event organiser")).one())
    listed = link(page(newcomer, "/invite-lists/"), LIST)
    missing = page(newcomer, link(page(newcomer, listed), "Who is missing"))
    assert "2 sections are missing" in re.sub(r"\s+", " ", missing)
    for section, group in (("Young people", "Police Cadets"), ("Disabled under", "Deaf Club")):
        at = missing.index(section)
        assert group in missing[at : at + 3_000]


def test_a_partner_finds_what_they_keep_and_shares_and_is_told_of(newcomer: FlaskClient) -> None:
    assert press(newcomer, "/sign-in/demo", email="partner@demo.example").status_code == 303
    found = page(newcomer, "/search?kind=offer")
    searches = page(newcomer, link(found, "Saved searches"))
    assert "E-mail weekly" in searches
    assert "Found in Southmoor" not in searches  # another team's
    run = newcomer.get(link(searches, "Rooms that may be used")).location
    assert re.search(r"\d\d\s+offers", page(newcomer, run))
    collection = page(
        newcomer, link(page(newcomer, link(found, "Collections")), "Warm and fed this winter")
    )
    assert "7 entries" in collection


def test_a_hub_three_panels_of_a_series_and_a_consultation_lack_nothing(
    newcomer: FlaskClient,
) -> None:
    sign_in(newcomer, db.session.scalars(select(User).where(User.email == ORGANISER)).one())
    whole = select(Engagement).where(Engagement.title.in_(WHOLE)).order_by(Engagement.starts_at)
    events = db.session.scalars(whole).all()
    assert [event.title for event in events] == WHOLE
    for event in events:
        points = plans.of(db.session, event, viewer=OPERATOR)
        assert [point.title for point in points if point.state == "todo"] == [], event.title
        assert "Still to be written down" not in page(newcomer, f"{event.path}/write-up/")
    assert "What became of what you said" in page(newcomer, f"{events[-1].path}/since")
