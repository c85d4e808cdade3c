"""The phone's app in a real browser: what is logged with no signal arrives once, come what may."""

from collections.abc import Callable

import pytest
from flask import Flask
from playwright.sync_api import BrowserContext, Page
from sqlalchemy import select
from sqlalchemy.orm import Session

from assetmap.models import Entry, Group, Offer, Team, User
from tests.browser.conftest import DESKTOP, PHONE, STARTED, problems
from tests.browser.walking import (
    WALK,
    at_screen,
    installed,
    kept,
    log_one,
    open_app,
    phone,
    settle,
    titles,
    wait_for_status,
    walker,
    weather,
)
from tests.browser.weather import Weather
from tests.make import commit, make_entry, make_team, make_user

__all__ = ["phone", "walker", "weather"]
pytestmark = pytest.mark.parametrize("database", ["spatialite"], indirect=True)
# the phone's database as the first version of the app made it, with what is in it now
AS_THE_FIRST_VERSION = """
async () => {
    const done = (request) => new Promise((resolve, reject) => {
        request.onsuccess = () => resolve(request.result);
        request.onerror = () => reject(request.error); // blocked: the closed page lets go soon
    });
    const now = await done(indexedDB.open("assetmap-walk"));
    const kept = [];
    for (const name of [...now.objectStoreNames].filter((name) => name !== "tracks")) {
        const store = now.transaction(name).objectStore(name);
        const [keys, rows] = [await done(store.getAllKeys()), await done(store.getAll())];
        kept.push({ name, keyPath: store.keyPath, keys, rows });
    }
    now.close();
    await done(indexedDB.deleteDatabase("assetmap-walk"));
    const opening = indexedDB.open("assetmap-walk", 1);
    opening.onupgradeneeded = () => {
        for (const { name, keyPath, keys, rows } of kept) {
            const store = opening.result.createObjectStore(name, keyPath ? { keyPath } : {});
            rows.forEach((row, n) => (keyPath ? store.put(row) : store.put(row, keys[n])));
        }
    };
    const before = await done(opening);
    const waits = await done(before.transaction("outbox").objectStore("outbox").count());
    before.close();
    return ["outbox", waits];
}
"""


def test_a_walk_without_signal_survives_reloads_and_arrives_once(
    phone: Page, context: BrowserContext, session: Session
) -> None:
    installed(phone)
    context.set_offline(True)
    phone.reload()
    phone.wait_for_selector("html[data-started]", state="attached")
    log_one(phone, "Asset", "Repair cafe")
    phone.reload()
    phone.wait_for_selector("html[data-started]", state="attached")
    log_one(phone, "Offer", "football on Tuesdays")
    log_one(phone, "Finding")
    at_screen(phone, "#/check", "check")
    phone.get_by_role("button", name="Been here: Mill Lane").click()
    phone.get_by_text("Streets and stops: 1 of 2").wait_for()
    at_screen(phone, "#/quick/perception", "quick")
    phone.locator("button[data-code]").first.click()
    phone.click("#save")
    wait_for_status(phone, "4 waiting to send")
    context.set_offline(False)
    wait_for_status(phone, "received")
    assert titles(session, "asset") == ["Church hall", "Repair cafe"]
    assert titles(session, "offer") == ["football on Tuesdays"]
    assert len(titles(session, "finding")) == 2
    assert kept(phone, "outbox") == []


def test_an_offer_may_come_from_a_group_that_was_logged_a_moment_ago_without_signal(
    phone: Page, context: BrowserContext, session: Session
) -> None:
    installed(phone)
    context.set_offline(True)
    log_one(phone, "Group", "Knit and Natter")
    phone.get_by_role("link", name="Offer “").click()
    phone.fill("#words", "football on Tuesdays")
    phone.locator("button[data-code]").first.click()
    phone.wait_for_selector("html[data-screen=form]", state="attached")
    assert problems(phone) == []
    phone.select_option("#offered_by", label="Knit and Natter")
    phone.click("#save")
    phone.wait_for_selector("html[data-screen=log]")
    at_screen(phone, "#/sprint", "sprint")
    phone.fill("#offer", "a minibus")
    phone.locator("button[data-code]").first.click()
    phone.get_by_text("Who offers it: A resident").click()
    phone.select_option("#offered_by", label="Knit and Natter")
    phone.click("#save")
    wait_for_status(phone, "3 waiting to send")
    context.set_offline(False)
    wait_for_status(phone, "received")
    assert titles(session, "offer") == ["football on Tuesdays", "a minibus"]
    (group,) = session.scalars(select(Group.id).where(Group.title == "Knit and Natter"))
    assert session.scalars(select(Offer.group_id)).all() == [group, group]


def test_a_walk_that_was_begun_without_signal_is_taken_along_once_there_is_some(
    phone: Page, context: BrowserContext, session: Session
) -> None:
    installed(phone)
    context.set_offline(True)
    at_screen(phone, "#/walkabouts", "walkabouts")
    phone.get_by_text("Start one that was not planned").click()
    phone.fill("#walk-title", "A turn about")
    phone.get_by_role("button", name="Start now").click()
    phone.wait_for_selector("html[data-screen=log]")
    log_one(phone, "Asset", "Repair cafe")
    at_screen(phone, "#/check/all", "check")
    phone.get_by_text("signal, and its list of entries to look at comes with it").wait_for()
    assert problems(phone) == []
    context.set_offline(False)
    phone.get_by_role("button", name="Still here: Church hall").wait_for()
    assert titles(session, "walkabout") == [WALK, "A turn about"]
    assert [pack["pack"]["walkabout"]["title"] for pack in kept(phone, "packs")] == titles(
        session, "walkabout"
    )
    phone.reload()
    at_screen(phone, "#/map", "map")
    phone.locator(".walk-map[data-ready]").get_by_role("button", name="Church hall").wait_for()


@pytest.mark.parametrize("key", ["Enter", " "])
def test_a_pin_of_the_phones_map_is_pressed_by_either_key(phone: Page, key: str) -> None:
    installed(phone)
    at_screen(phone, "#/map", "map")
    pin = phone.locator(".walk-map[data-ready]").get_by_role("button", name="Church hall")
    pin.press(key)
    phone.locator(".walk-about", has_text="Church hall").wait_for()


def test_a_walk_that_was_begun_without_signal_is_taken_along_for_where_it_went(
    phone: Page, context: BrowserContext
) -> None:
    installed(phone)
    context.set_offline(True)
    at_screen(phone, "#/walkabouts", "walkabouts")
    phone.get_by_text("Start one that was not planned").click()
    phone.get_by_role("button", name="Start now").click()
    phone.wait_for_selector("html[data-screen=log]")
    log_one(phone, "Asset", "Repair cafe")
    context.set_geolocation({"longitude": -1.6, "latitude": 53.9, "accuracy": 8})
    phone.reload()
    phone.wait_for_selector("html[data-started]", state="attached")
    context.set_offline(False)
    at_screen(phone, "#/check/all", "check")
    phone.get_by_role("button", name="Still here: Church hall").wait_for()


def test_a_walk_that_cannot_be_taken_along_says_why_and_a_list_that_has_not_come_that_it_has_not(
    phone: Page, context: BrowserContext, session: Session
) -> None:
    team = session.scalars(select(Team)).one()
    make_entry(session, "walkabout", team, title="Nowhere yet", geometry=None)
    commit()
    context.clear_permissions()
    at_screen(phone, "#/walkabouts", "walkabouts")
    phone.get_by_role("button", name="Go on: Nowhere yet").click()
    phone.wait_for_selector("html[data-screen=log]")
    at_screen(phone, "#/check", "check")
    phone.get_by_text("could not be taken along. Say where you are").wait_for()
    assert phone.get_by_text("comes by itself").count() == 0
    assert problems(phone) == []
    at_screen(phone, "#/waiting", "waiting")
    phone.get_by_text("Does somebody else use this phone?").click()
    phone.get_by_role("button", name="Take it off this phone").click()
    phone.get_by_text("Only what still waits is left").wait_for()
    context.set_offline(True)
    at_screen(phone, "#/walkabouts", "walkabouts")
    phone.get_by_text("The list has not come").wait_for()
    assert phone.get_by_text("No walkabout of your teams").count() == 0


def test_a_look_is_taken_back_while_it_waits_and_a_note_begun_is_kept(
    phone: Page, context: BrowserContext, session: Session
) -> None:
    far = {"type": "Point", "coordinates": [-1.931, 53.721]}
    make_entry(session, "asset", session.scalars(select(Team)).one(), title="Mill", geometry=far)
    commit()
    at_screen(phone, "#/walkabouts", "walkabouts")
    phone.get_by_role("button", name=f"Refresh: {WALK}").click()
    phone.get_by_text("Taken along just now. 2 places").wait_for()
    context.set_offline(True)
    at_screen(phone, "#/check/all", "check")
    phone.get_by_role("button", name="Changed: Church hall").click()
    phone.type("textarea", "Open on Sundays")
    at_screen(phone, "#/log", "log")
    at_screen(phone, "#/check/all", "check")
    assert phone.input_value("textarea") == "Open on Sundays"
    phone.get_by_role("button", name="Gone: Church hall").dblclick()
    wait_for_status(phone, "1 waiting")
    back = phone.get_by_role("button", name="Take it back: Church hall")
    back.wait_for()
    shown = phone.locator(".walk-checks:not(.walk-stops) > li").all_inner_texts()
    assert [row.splitlines()[0] for row in shown] == ["Church hall", "Mill"]  # where it was
    assert problems(phone) == []
    phone.wait_for_timeout(700)  # a second tap at once is none
    back.click()
    phone.get_by_role("button", name="Still here: Church hall").wait_for()
    assert kept(phone, "outbox") == []
    assert kept(phone, "packs")[0]["pack"]["entries"][0].get("found") is None
    phone.wait_for_timeout(700)
    phone.get_by_role("button", name="Still here: Church hall").click()
    context.set_offline(False)
    wait_for_status(phone, "2 of 2 received")
    phone.wait_for_timeout(700)
    phone.get_by_role("button", name="Take it back: Church hall").click()
    phone.get_by_role("link", name="Put it right on its page").wait_for()
    states = session.scalars(select(Entry.status).where(Entry.title == "Church hall"))
    assert states.all() == ["active"]


def test_a_browser_that_does_not_say_when_signal_is_back_sends_all_the_same(
    phone: Page, context: BrowserContext, session: Session
) -> None:
    installed(phone)
    context.add_init_script(
        "addEventListener('online', (event) => event.stopImmediatePropagation(), true)"
    )
    context.set_offline(True)
    phone.reload()
    phone.wait_for_selector("html[data-started]", state="attached")
    log_one(phone, "Asset", "Repair cafe")
    wait_for_status(phone, "1 waiting to send")
    context.set_offline(False)
    wait_for_status(phone, "received")
    assert titles(session, "asset") == ["Church hall", "Repair cafe"]


def test_another_networks_page_lost_answers_and_doubled_deliveries_change_nothing(
    phone: Page, weather: Weather, session: Session
) -> None:
    weather.portal = True
    log_one(phone, "Asset", "Repair cafe")
    wait_for_status(phone, "1 waiting to send")
    weather.portal, weather.lose, weather.twice = False, 2, True
    at_screen(phone, "#/waiting", "waiting")
    for _ in range(3):
        phone.click("#send")
    wait_for_status(phone, "received")
    assert titles(session, "asset") == ["Church hall", "Repair cafe"]
    assert len({number for method, _, number in weather.seen if method == "PUT"}) == 1


def test_whoever_is_signed_out_keeps_all_and_nobody_else_sends_it(
    phone: Page,
    context: BrowserContext,
    session: Session,
    sign_in: Callable[[User], None],
    walker: User,
) -> None:
    context.clear_cookies()
    log_one(phone, "Asset", "Repair cafe")
    wait_for_status(phone, "1 waiting: sign in to send")
    other = make_user(session, make_team(session, "Next door"), "logger", "other@example.org")
    commit()
    sign_in(other)
    at_screen(phone, "#/waiting", "waiting")
    phone.click("#send")
    phone.get_by_text("1 more on this phone belongs to somebody else").wait_for()
    assert titles(session, "asset") == ["Church hall"]
    sign_in(walker)
    phone.reload()
    wait_for_status(phone, "received")
    assert titles(session, "asset") == ["Church hall", "Repair cafe"]


def test_who_signs_out_before_the_scripts_start_leaves_nothing_taken_along_on_the_phone(
    phone: Page, context: BrowserContext, weather: Weather
) -> None:
    weather.portal = True
    log_one(phone, "Asset", "Repair cafe")
    slow = context.new_page()
    slow.set_viewport_size(DESKTOP)  # its buttons need no menu
    slow.route("**/js/start.js", lambda route: route.abort())
    slow.goto("/account/")
    phone.close()
    slow.get_by_role("button", name="Sign out").click()
    slow.get_by_role("link", name="Sign in").wait_for()
    assert len(kept(slow, "packs")) == 1
    slow.unroute("**/js/start.js")
    slow.reload()
    slow.wait_for_selector(STARTED, state="attached")
    assert kept(slow, "packs") == kept(slow, "maps") == []
    assert "assetmap_left" not in {cookie["name"] for cookie in context.cookies()}
    (waits,) = kept(slow, "entries")
    assert [sent["entry"] for sent in kept(slow, "outbox")] == [waits["uid"]]


def test_two_tabs_send_each_thing_once(
    phone: Page, context: BrowserContext, weather: Weather, session: Session
) -> None:
    installed(phone)
    context.set_offline(True)
    log_one(phone, "Asset", "Repair cafe")
    log_one(phone, "Asset", "Chess corner")
    other = open_app(context.new_page(), "#/waiting")
    context.set_offline(False)
    for page in (phone, other):
        page.evaluate("dispatchEvent(new Event('online'))")
    for page in (phone, other):
        wait_for_status(page, "received")
    assert titles(session, "asset") == ["Church hall", "Repair cafe", "Chess corner"]
    assert len([path for method, path, _ in weather.seen if method == "PUT"]) == 2


def test_words_half_typed_are_there_after_the_page_was_killed_and_after_an_update(
    phone: Page, context: BrowserContext, app: Flask
) -> None:
    installed(phone)
    phone.get_by_role("link", name="Offer “").click()
    phone.locator("button[data-code]").first.click()
    phone.fill("#title", "Football on Tue")
    phone.fill("#description", "<img src=x onerror=alert(1)>")
    settle(phone)
    phone.close()
    again = open_app(context.new_page())
    again.get_by_role("link", name="Go on with it").click()
    assert again.input_value("#title") == "Football on Tue"
    tree = app.extensions["static_files"]
    tree.files["css/walk.css"] += b"\n/* newer */"
    tree.version = "another"
    again.evaluate("navigator.serviceWorker.getRegistration().then((one) => one.update())")
    again.fill("#title", "Football on Tuesdays")
    before = again.get_attribute("body", "data-version")
    again.click("#update")
    again.wait_for_function("v => document.body.dataset.version !== v", arg=before)
    again.wait_for_selector("#save")
    assert again.input_value("#title") == "Football on Tuesdays"
    assert again.input_value("#description") == "<img src=x onerror=alert(1)>"


def test_what_an_older_app_kept_is_carried_over_and_sent(
    phone: Page, context: BrowserContext, session: Session
) -> None:
    installed(phone)
    context.set_offline(True)
    log_one(phone, "Asset", "Repair cafe")
    phone.close()
    context.set_offline(False)
    elsewhere = context.new_page()
    elsewhere.goto("/health")
    assert elsewhere.evaluate(AS_THE_FIRST_VERSION) == ["outbox", 1]
    elsewhere.close()
    page = open_app(context.new_page())
    wait_for_status(page, "2 of 2 received")
    assert titles(session, "asset") == ["Church hall", "Repair cafe"]
    assert kept(page, "tracks") == []


# what reaches beyond the screen
CUT_OFF = """[...document.querySelectorAll(".walk-tile, .walk-bar a")].map(
    (a) => Math.max(a.getBoundingClientRect().right - innerWidth, a.scrollWidth - a.clientWidth)
).filter((beyond) => beyond > 1)"""


def test_axe_finds_nothing_on_any_screen_and_large_letters_are_not_cut_off(phone: Page) -> None:
    log_one(phone, "Asset", "Repair cafe")
    wrong = {}
    screens = ("log", "quick/problem", "sprint", "check/all", "map", "waiting", "walkabouts")
    for screen in (*screens, "log/offer"):
        at_screen(phone, f"#/{screen}", screen.partition("/")[0])
        wrong[screen] = [*problems(phone), *problems_when_wide(phone)]
    phone.locator("button[data-code]").first.click()
    phone.wait_for_selector("#save")
    phone.get_by_text("It is over there").click()
    phone.wait_for_selector(".walk-map.leaflet-container")
    assert {name: found for name, found in wrong.items() if found} == {}
    assert problems(phone) == []
    at_screen(phone, "#/log", "log")
    phone.wait_for_selector(".walk-tile")
    phone.evaluate("document.documentElement.style.fontSize = '200%'")
    assert phone.evaluate(CUT_OFF) == []


def problems_when_wide(page: Page) -> list[str]:
    page.set_viewport_size(DESKTOP)
    found = problems(page)
    page.set_viewport_size(PHONE)
    return found
