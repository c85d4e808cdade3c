"""Finding help in a real browser: by mouse, by keyboard, on a phone, and with scripts off."""

from collections.abc import Callable

import pytest
import shapely
from playwright.sync_api import Page, ViewportSize, expect
from sqlalchemy import select
from sqlalchemy.orm import Session

from assetmap.models import Team
from tests.browser.conftest import DESKTOP, PHONE, problems, settled
from tests.make import commit, make_area, make_entry, make_team, point

Visit = Callable[..., Page]
PATHS = ("/", "/?kind=offer&where=Hollins&how=covers", "/?where=Nowhere")
SMALL: ViewportSize = {"width": 320, "height": 640}

# what hangs on the browser alone: each once, and each database in one of them
KEYS = [("spatialite", "Enter"), ("postgis", " ")]
SIZES = [("spatialite", PHONE), ("postgis", DESKTOP)]


@pytest.fixture(autouse=True)
def town(session: Session) -> None:
    """A ward with food in it, food that covers it from afar, and places round about."""
    team = make_team(session)
    make_area(session, "E05000001", "Hollins", shapely.box(-1.95, 53.70, -1.90, 53.75))
    make_entry(session, "offer", team, title="Hot meals", category="food_meal",
               geometry=point(-1.87, 53.72), covers_areas=["E05000001"])  # fmt: skip
    make_entry(session, "offer", team, title="Cake stall", category="food_cake")
    for n in range(4):
        make_entry(
            session, "asset", team, title=f"Hall {n}", geometry=point(-1.92 + n / 80, 53.735)
        )
    commit()


def test_a_food_offer_covering_a_ward_is_found_in_a_few_clicks(visit: Visit) -> None:
    page = visit("/")
    page.get_by_label("Where?").fill("Hollins")
    page.get_by_label("What covers it").check()
    page.get_by_label("Offers").check()
    page.locator("#category").select_option("food")
    page.get_by_role("button", name="Search", exact=True).click()
    settled(page)
    expect(page.locator("#results")).to_have_text("1 offer under Food covering Hollins (ward)")
    expect(page.get_by_role("link", name="Hot meals")).to_be_visible()
    assert page.url.split("?")[1] == "where=Hollins&category=food&how=covers&kind=offer"


@pytest.mark.parametrize("database", ["postgis"], indirect=True)
def test_it_is_found_by_keyboard_alone(visit: Visit) -> None:
    page = visit("/")
    page.get_by_label("What are you looking for?").focus()
    page.keyboard.type("meals")
    page.keyboard.press("Tab")
    page.keyboard.type("Hollins")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    expect(page.locator("#how-covers")).to_be_checked()
    page.keyboard.press("Enter")
    expect(page.locator("#results")).to_have_text(
        "1 entry matching “meals” covering Hollins (ward)"
    )
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent").strip() == "Skip to main content"


def test_a_place_is_suggested_as_it_is_typed(visit: Visit) -> None:
    page = visit("/")
    page.get_by_label("Where?").press_sequentially("holl")
    option = page.locator("#places option")
    expect(option).to_have_attribute("value", "Hollins (ward)")


@pytest.mark.parametrize("database", ["spatialite"], indirect=True)
def test_the_list_and_the_map_show_each_others_entries(visit: Visit) -> None:
    page = visit("/?kind=asset")
    card = page.locator("[data-result='2']")
    pin = page.locator(".pin-marker", has_text="2").first
    card.hover()
    expect(pin).to_have_class(
        "leaflet-marker-icon pin-marker leaflet-zoom-hide leaflet-interactive is-on"
    )
    card.get_by_role("button", name="Show on map").click()
    title = card.get_by_role("heading").inner_text()
    expect(page.locator(".leaflet-popup-content")).to_contain_text(title)
    page.keyboard.press("Escape")
    expect(card.get_by_role("button")).to_be_focused()


@pytest.mark.parametrize(("database", "key"), KEYS, indirect=["database"])
def test_a_pin_is_opened_and_closed_with_the_keyboard(visit: Visit, key: str) -> None:
    page = visit("/?kind=asset")
    pin = page.locator(".pin-marker").first
    pin.focus()
    page.keyboard.press(key)
    opened = page.locator(".leaflet-popup-content")
    expect(opened.get_by_role("link").first).to_be_focused()
    page.keyboard.press("Escape")
    expect(opened).to_be_hidden()
    expect(pin).to_be_focused()


@pytest.mark.parametrize(("database", "key"), KEYS, indirect=["database"])
def test_a_cluster_is_opened_with_the_keyboard(visit: Visit, session: Session, key: str) -> None:
    team = session.scalars(select(Team)).one()
    for number in range(30):  # more than a page, so that some are in a cluster
        make_entry(session, "asset", team, title=f"Bench {number}", geometry=point(-1.9, 53.72))
    commit()
    page = visit("/?kind=asset")
    page.locator(".cluster").first.focus()
    with page.expect_request("**/api/map?**"):
        page.keyboard.press(key)
    expect(page.locator("[data-map]")).to_be_focused()


@pytest.mark.parametrize(("database", "size"), SIZES, indirect=["database"])
def test_nothing_covers_what_a_pin_opens(
    visit: Visit, session: Session, size: ViewportSize
) -> None:
    make_entry(session, "group", session.scalars(select(Team)).one(), title="The only one of them")
    commit()
    page = visit("/?kind=group", size)
    if size == PHONE:
        page.get_by_role("button", name="Map", exact=True).click()
    for way in ("Right", "Down"):  # the pin comes to the corner where the buttons are
        page.locator("[data-map]").focus()
        for _ in range(3 if size == DESKTOP else 1):
            page.keyboard.press(f"Arrow{way}")
            page.wait_for_timeout(300)
    page.locator(".pin-marker").first.dispatch_event("click")
    page.wait_for_timeout(500)
    on_top = "it => { const {left, top, width} = it.getBoundingClientRect(); return [0, 0.5, 0.9]"
    on_top += ".map((across) => document.elementFromPoint(left + across * width + 12, top + 12))"
    on_top += ".every((other) => it.contains(other)); }"
    assert page.locator(".leaflet-popup").evaluate(on_top)


@pytest.mark.parametrize("database", ["postgis"], indirect=True)
def test_a_phone_shows_results_first_and_switches_to_the_map(visit: Visit) -> None:
    page = visit("/?kind=asset", PHONE)
    expect(page.get_by_label("Where?")).to_be_hidden()
    expect(page.locator("[data-map]")).to_be_hidden()
    page.get_by_role("button", name="Map", exact=True).click()
    expect(page.locator("[data-map]")).to_be_visible()
    expect(page.locator("ol.results")).to_be_hidden()
    page.get_by_role("button", name="List", exact=True).click()
    expect(page.locator("ol.results")).to_be_visible()
    page.get_by_role("button", name="Change the search").click()
    expect(page.get_by_label("What are you looking for?")).to_be_focused()


def test_a_shape_is_drawn_and_searched_without_a_drag(visit: Visit) -> None:
    page = visit("/?kind=asset")
    page.get_by_role("button", name="Draw an area to search").click()
    frame = page.locator("[data-map]").bounding_box()
    assert frame
    for across, down in ((0.02, 0.2), (0.02, 0.9), (0.5, 0.9), (0.5, 0.2)):
        page.mouse.click(
            frame["x"] + frame["width"] * (0.1 + across), frame["y"] + frame["height"] * down
        )
    page.get_by_role("button", name="Search this shape").click()
    page.wait_for_url("**within=**")
    settled(page)
    expect(page.locator("#results")).to_contain_text("in the shape drawn")
    expect(page.get_by_role("link", name="Take away: In the shape drawn")).to_be_visible()
    assert 0 < page.locator("[data-result]").count() < 4


@pytest.mark.parametrize("database", ["spatialite"], indirect=True)
def test_what_a_pin_opened_is_closed_before_a_shape_is_drawn(visit: Visit) -> None:
    page = visit("/?kind=asset", PHONE)
    page.get_by_role("button", name="Map", exact=True).click()
    page.locator(".pin-marker").first.dispatch_event("click")
    expect(page.locator(".leaflet-popup-content")).to_be_visible()
    page.get_by_role("button", name="Draw an area to search").click()
    expect(page.locator(".leaflet-popup-content")).to_be_hidden()


def test_the_part_of_the_map_that_is_shown_can_be_searched(visit: Visit) -> None:
    page = visit("/?kind=asset")
    page.get_by_role("button", name="Zoom in").click()
    page.get_by_role("button", name="Search this area").click()
    page.wait_for_url("**bbox=**")
    expect(page.locator("#results")).to_contain_text("in this part of the map")


def test_all_of_it_works_with_scripts_off(visit: Visit) -> None:
    page = visit("/", scripts=False)
    page.get_by_label("Where?").fill("Hollins")
    page.get_by_label("What covers it").check()
    page.get_by_role("button", name="Search", exact=True).click()
    expect(page.locator("#results")).to_have_text("1 entry covering Hollins (ward)")
    page.get_by_label("Where?").fill("Nowhere")
    page.get_by_role("button", name="Search", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("No place called “Nowhere” was found")
    expect(page.get_by_label("Where?")).to_have_value("Nowhere")


@pytest.mark.parametrize(("database", "size"), SIZES, indirect=["database"])
def test_axe_finds_nothing_wrong(visit: Visit, size: ViewportSize) -> None:
    for path in (
        "/",
        "/?kind=offer&where=Hollins&how=covers",
        "/?where=Nowhere",
        "/?text=zzz&kind=offer",
    ):
        page = visit(path, size)
        for summary in page.locator("summary:visible").all():
            summary.click()
        assert problems(page) == [], path


@pytest.mark.parametrize("database", ["spatialite"], indirect=True)
def test_nothing_scrolls_sideways_on_the_smallest_screen(visit: Visit) -> None:
    for path in PATHS:
        page = visit(path, SMALL)
        assert page.evaluate("document.documentElement.scrollWidth") <= SMALL["width"], path


@pytest.mark.parametrize(("database", "size"), SIZES, indirect=["database"])
def test_words_with_no_end_scroll_nothing_sideways(
    visit: Visit, session: Session, size: ViewportSize
) -> None:
    team = session.scalars(select(Team)).one()
    entry = make_entry(session, "asset", team, title="W" * 160)
    commit()
    for path in (f"/?text={'W' * 100}", "/?kind=asset", entry.path, f"{entry.path}/suggest"):
        page = visit(path, size)
        assert page.evaluate("document.documentElement.scrollWidth") <= size["width"], path


@pytest.mark.parametrize(("size", "is_printed"), [(DESKTOP, True), (PHONE, False)])
@pytest.mark.parametrize("database", ["spatialite"], indirect=True)
def test_a_map_is_printed_only_where_it_was_looked_at(
    visit: Visit, size: ViewportSize, is_printed: bool
) -> None:
    page = visit("/", size)
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    page.emulate_media(media="print")
    assert page.locator(".map").is_visible() is is_printed
    assert not page.locator("#search-form").is_visible()
