"""Entries in a real browser: logged on a phone, edited by two at once, with scripts off."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, BrowserContext, Geolocation, Page, expect
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from assetmap.access import OPERATOR
from assetmap.models import Entry, Finding, Team, User
from assetmap.register import links
from assetmap.vocabulary import Kind, Relation
from tests.browser.conftest import AXE, DESKTOP, PHONE, go, problems, settled
from tests.make import (
    commit,
    make_area,
    make_category,
    make_entry,
    make_person,
    make_team,
    make_user,
)

BeThem = Callable[[User], None]
HERE: Geolocation = {"longitude": -1.9212, "latitude": 53.7341, "accuracy": 9.4}


@pytest.fixture
def team(session: Session) -> Team:
    make_area(session)
    for scheme, code in (("asset", "pla_hall"), ("offer", "food_meal"), ("finding", "env_litt")):
        make_category(session, scheme, code)
    return make_team(session)


@pytest.fixture
def editor(session: Session, team: Team, sign_in: BeThem) -> User:
    user = make_user(session, team)
    sign_in(user)
    return user


def test_an_asset_is_logged_from_a_walkabout_on_a_phone_and_its_chain_followed(
    context: BrowserContext, page: Page, session: Session, team: Team, editor: User
) -> None:
    spot = make_entry(session, "hotspot", team, title="Station steps")
    walk = make_entry(session, "walkabout", team, title="Mill Lane after dark")
    links.link(session, walk, Relation.ABOUT, spot, viewer=OPERATOR)
    path = walk.path
    commit()
    context.grant_permissions(["geolocation"])
    context.set_geolocation(HERE)
    page.set_viewport_size(PHONE)
    page.goto(path)
    page.get_by_role("link", name="Asset", exact=True).click()
    settled(page)
    page.get_by_label("Name").fill("Cellar Café")
    page.get_by_label("Category").select_option("pla_hall")
    page.get_by_role("button", name="Use my location").click()
    expect(page.get_by_text("within about 10 m")).to_be_visible()
    page.get_by_role("button", name="Add this asset").click()
    expect(page.get_by_role("heading", name="Cellar Café is on the register")).to_be_visible()
    expect(page.get_by_text("AST-0000")).to_be_visible()
    page.get_by_role("link", name="See Cellar Café").click()
    expect(page.get_by_text("about 10 m")).to_be_visible()
    chain = page.locator(".chain")
    chain.get_by_role("link", name="Mill Lane after dark").click()
    came = page.get_by_role("region", name="What came of this walkabout")
    expect(came.get_by_role("link", name="Cellar Café")).to_be_visible()
    page.locator(".chain").get_by_role("link", name="Station steps").click()
    came = page.get_by_role("region", name="What came of this hotspot")
    expect(came.get_by_role("link", name="Cellar Café")).to_be_visible()


def test_going_back_and_sending_again_adds_nothing_twice(
    page: Page, session: Session, team: Team, editor: User
) -> None:
    walk = make_entry(session, "walkabout", team, title="Mill Lane after dark")
    path = f"/findings/new?from={walk.uid}"
    commit()
    go(page, path)
    expect(page.get_by_text("You have sent this form before")).to_be_hidden()
    page.get_by_label("In a few words").fill("Puddle at the crossing")
    page.get_by_label("Category").select_option("env_litt")
    page.get_by_label("Postcode, address or place").fill("-1.92,53.735")
    page.get_by_role("button", name="Add this finding").click()
    expect(page.get_by_role("heading", name="Puddle at the crossing is on")).to_be_visible()
    page.go_back()
    settled(page)
    expect(page.get_by_text("You have sent this form before")).to_be_visible()
    assert problems(page) == []
    page.get_by_label("In a few words").fill("Deep puddle at the crossing")
    page.get_by_role("button", name="Add this finding").click()
    expect(page.get_by_role("heading", name="Deep puddle at the crossing")).to_be_visible()
    assert session.scalar(select(func.count()).select_from(Finding)) == 1
    page.go_back()
    settled(page)
    page.get_by_role("link", name="Add another instead").click()
    settled(page)
    expect(page.get_by_text("You have sent this form before")).to_be_hidden()
    expect(page.get_by_text("it will be linked to it")).to_be_visible()


@pytest.mark.parametrize("database", ["postgis"], indirect=True)
def test_the_map_shows_the_place_that_was_typed_and_says_when_there_is_none(
    page: Page, session: Session, team: Team, editor: User
) -> None:
    commit()
    go(page, "/assets/new")
    typed = page.get_by_label("Postcode, address or place")
    typed.fill("Riverside")
    typed.blur()
    expect(page.get_by_text("Riverside (ward) is at the middle of the map")).to_be_visible()
    typed.fill("Atlantis")
    typed.blur()
    expect(page.get_by_text("No place called “Atlantis” was found")).to_be_visible()


def test_two_people_who_edit_at_once_lose_nothing(
    browser: Browser,
    page: Page,
    session: Session,
    team: Team,
    editor: User,
    context: BrowserContext,
) -> None:
    path = make_entry(session, "asset", team, title="Old name").path
    commit()
    other = context.new_page()
    for one in (page, other):
        go(one, f"{path}/edit")
    other.get_by_label("Name").fill("Their name")
    other.get_by_role("textbox", name="Phone").fill("01632 960123")
    other.get_by_role("button", name="Save changes").click()
    expect(other.get_by_role("heading", name="Their name")).to_be_visible()
    page.get_by_label("Name").fill("My name")
    page.get_by_label("Description").fill("Typed meanwhile")
    page.get_by_role("button", name="Save changes").click()
    clash = page.locator("#clashes")
    expect(clash).to_contain_text("Their name")
    expect(clash).to_contain_text("My name")
    assert problems(page) == []
    clash.get_by_label("Keep theirs").check()
    page.get_by_role("button", name="Save changes").click()
    expect(page.get_by_role("heading", name="Their name")).to_be_visible()
    expect(page.get_by_text("Typed meanwhile").first).to_be_visible()
    expect(page.get_by_role("link", name="01632 960123")).to_be_visible()


def test_an_offer_is_logged_with_scripts_off(
    browser: Browser, live: str, context: BrowserContext, session: Session, team: Team, editor: User
) -> None:
    make_entry(session, "group", team, title="Riverside Kitchen", category="grp_food")
    commit()
    plain = browser.new_context(
        base_url=live, java_script_enabled=False, storage_state=context.storage_state()
    )
    page = plain.new_page()
    page.goto("/offers/new")
    page.get_by_role("button", name="Add this offer").click()
    expect(page.get_by_role("heading", name="There is a problem")).to_be_visible()
    expect(page).to_have_title("Error: Add an offer | Assetmap")
    page.get_by_role("textbox", name="What is offered").fill("Hot lunch")
    page.get_by_label("Category").select_option("food_meal")
    page.get_by_label("Group or place").fill("Riverside Kitchen")
    page.get_by_label("Postcode, address or place").fill("Riverside")
    page.get_by_label("Tuesday").check()
    page.get_by_label("Riverside (ward)").check()
    page.get_by_role("button", name="Add this offer").click()
    page.get_by_role("link", name="See Hot lunch").click()
    expect(page.get_by_text("Every Tuesday")).to_be_visible()
    expect(page.get_by_role("link", name="Riverside Kitchen").first).to_be_visible()
    page.get_by_role("button", name="Still here").click()
    expect(page.locator(".fresh")).to_have_text("Checked today (on a visit)")
    plain.close()


@pytest.mark.parametrize("database", ["postgis"], indirect=True)
def test_a_walk_is_drawn_without_a_drag(
    page: Page, session: Session, team: Team, editor: User
) -> None:
    commit()
    page.set_viewport_size(DESKTOP)
    go(page, "/walkabouts/new")
    page.get_by_label("Title").fill("A drawn walk")
    page.get_by_label("Starts").fill("2026-05-01T10:00")
    page.get_by_role("button", name="Draw an area", exact=True).click()
    page.get_by_role("application").scroll_into_view_if_needed()
    ground = page.get_by_role("application").bounding_box()
    assert ground is not None
    for number, (across, down) in enumerate(((0.45, 0.45), (0.55, 0.45), (0.5, 0.6)), 1):
        page.mouse.click(
            ground["x"] + across * ground["width"], ground["y"] + down * ground["height"]
        )
        expect(page.locator(".corner")).to_have_count(number)
    page.get_by_role("button", name="Finish the shape").click()
    page.get_by_role("button", name="Add this walkabout").click()
    page.get_by_role("link", name="See A drawn walk").click()
    settled(page)
    expect(page.locator("path.shape.k-walkabout")).to_be_attached()


@pytest.mark.parametrize("database", ["postgis"], indirect=True)
def test_axe_finds_nothing_on_any_page_of_an_entry_wide_or_on_a_phone(
    page: Page, session: Session, team: Team, editor: User
) -> None:
    walk = make_entry(session, "walkabout", team)
    made = {kind: make_entry(session, kind, team, description="What it is") for kind in Kind}
    for kind, entry in made.items():
        if kind not in (Kind.HOTSPOT, Kind.WALKABOUT):
            links.link(session, entry, Relation.FOUND_ON, walk, viewer=OPERATOR)
    finding: Entry = made[Kind.FINDING]
    addresses = [walk.path, "/walkabouts/", "/engagements/", "/hotspots/?text=nothing"]
    for kind, entry in made.items():
        addresses += [entry.path, f"{entry.path}/edit", f"/{kind.plural}/new"]
    for page_of in ("state", "links", "same", "photos", "withdraw", "logged"):
        addresses.append(f"{finding.path}/{page_of}")
    addresses += [f"{made[kind].path}/suggest" for kind in (Kind.GROUP, Kind.WALKABOUT)]
    commit()
    page.add_init_script(AXE.axe_script)  # sent once, and not with every page
    wrong = {}
    for address in addresses:
        page.set_viewport_size(DESKTOP)
        found = problems(go(page, address))
        page.set_viewport_size(PHONE)
        if found := found + problems(page, narrower=True):
            wrong[address] = found
    assert wrong == {}


@pytest.mark.parametrize("database", ["spatialite"], indirect=True)
def test_every_sheet_on_paper_begins_with_how_the_page_is_marked(page: Page, editor: User) -> None:
    go(page, "/account/").emulate_media(media="print")
    marked = page.get_by_role("region", name="How this page is marked")
    expect(marked).to_have_css("display", "table-header-group")  # browsers repeat these
    expect(page.locator("body")).to_have_css("display", "table")
    expect(marked).to_be_visible()


@pytest.mark.parametrize("database", ["spatialite"], indirect=True)
def test_a_button_that_reads_as_a_link_looks_like_one(
    page: Page, session: Session, team: Team, editor: User
) -> None:
    make_person(session, team)
    commit()
    download = go(page, "/contacts/").get_by_role("button", name="Download as CSV")
    assert "underline" in download.evaluate("it => getComputedStyle(it).textDecorationLine")


@pytest.mark.parametrize("database", ["spatialite"], indirect=True)
def test_a_line_is_drawn_with_nothing_filled_where_it_is_read_and_where_it_is_changed(
    page: Page, session: Session, team: Team, editor: User
) -> None:
    line = {"type": "LineString", "coordinates": [[-1.92, 53.73], [-1.91, 53.73], [-1.91, 53.74]]}
    path = make_entry(session, "walkabout", team, geometry=line).path
    commit()
    for address in (path, f"{path}/edit"):
        drawn = go(page, address).locator(".leaflet-overlay-pane path:is(.shape, .sketch)")
        expect(drawn).to_have_css("fill", "none")


@pytest.mark.parametrize("database", ["spatialite"], indirect=True)
def test_on_a_phone_the_parts_of_an_entry_and_of_its_form_keep_apart(
    page: Page, session: Session, team: Team, editor: User
) -> None:
    path = make_entry(session, "walkabout", team).path
    commit()
    page.set_viewport_size(PHONE)
    go(page, path)
    ground = page.get_by_role("application").bounding_box()
    below = page.get_by_role("heading", name="What came of this walkabout").bounding_box()
    assert ground is not None
    assert below is not None
    assert below["y"] - ground["y"] - ground["height"] >= 16
    go(page, f"{path}/edit")
    long = page.locator("summary", has_text="Who sees it, and when it is checked")
    heading, whole = long.get_by_role("heading").bounding_box(), long.bounding_box()
    assert heading is not None
    assert whole is not None
    assert whole["x"] + whole["width"] - heading["x"] - heading["width"] >= 40  # room for the arrow
