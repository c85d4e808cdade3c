"""What is typed on the phone and not saved yet is kept, also where the phone has no room for it."""

import json

import pytest
from playwright.sync_api import BrowserContext, Page
from sqlalchemy import select
from sqlalchemy.orm import Session

from assetmap.access import OPERATOR
from assetmap.models import Entry
from assetmap.register import deliveries
from assetmap.vocabulary import Kind
from tests.browser.conftest import problems
from tests.browser.walking import (
    WALK,
    at_screen,
    installed,
    kept,
    log_one,
    open_app,
    phone,
    picture,
    settle,
    titles,
    wait_for_status,
    walker,
    weather,
)
from tests.make import commit

__all__ = ["phone", "walker", "weather"]
pytestmark = pytest.mark.parametrize("database", ["spatialite"], indirect=True)
# whether all of what is found can be seen
ON_TOP = """
(found) => {
    const { left, top, bottom } = document.querySelector(found).getBoundingClientRect();
    const seen = (y) => document.elementFromPoint(left + 20, y)?.closest(found);
    return [top + 2, bottom - 2].every(seen);
}
"""
# a disk with no room, until hasRoom is said
FULL = """
() => {
    const { put } = IDBObjectStore.prototype;
    IDBObjectStore.prototype.put = function full(...given) {
        if (!window.hasRoom) throw new DOMException("full", "QuotaExceededError");
        return put.apply(this, given);
    };
}
"""

# a disk that takes its time, until isDone is said
SLOW = """
() => new Promise((resolve) => {
    window.isDone = false;
    indexedDB.open("assetmap-walk").onsuccess = ({ target: { result: db } }) => {
        const drafts = db.transaction("drafts", "readwrite").objectStore("drafts");
        const hold = () => {
            resolve();
            if (window.isDone) db.close();
            else drafts.count().onsuccess = hold;
        };
        drafts.count().onsuccess = hold;
    };
})
"""
AWAY_AND_BACK = "() => { location.hash = '#/log'; location.hash = '#/sprint'; }"


def test_a_change_half_typed_is_there_after_a_reload_and_still_begins_from_what_it_began_from(
    phone: Page, session: Session
) -> None:
    uid = session.scalars(select(Entry.uid).where(Entry.title == "Church hall")).one()
    at_screen(phone, f"#/change/{uid}", "change")
    phone.fill("#fix-title", "Mine")
    phone.select_option("#fix-status", "temporarily_closed")
    settle(phone)
    deliveries.change(
        session, uid, Kind.ASSET, {"title": "Theirs"}, viewer=OPERATOR, base_version=1
    )
    commit()
    at_screen(phone, "#/walkabouts", "walkabouts")
    phone.get_by_role("button", name=f"Refresh: {WALK}").click()
    phone.get_by_text("Taken along just now").wait_for()
    at_screen(phone, f"#/change/{uid}", "change")
    phone.reload()
    phone.get_by_text("You began to change this").wait_for()
    assert problems(phone) == []
    assert phone.input_value("#fix-title") == "Mine"
    assert phone.input_value("#fix-status") == "temporarily_closed"
    phone.evaluate(FULL)
    phone.click("#save")
    phone.get_by_text("This phone is full").wait_for()
    phone.evaluate("window.hasRoom = true")
    phone.click("#save")
    wait_for_status(phone, "1 needs you")  # not over theirs without a word
    phone.get_by_text("Theirs: Theirs").wait_for()
    assert kept(phone, "drafts") == []


def test_a_full_phone_says_so_and_keeps_the_words(phone: Page) -> None:
    phone.get_by_role("link", name="Asset").click()
    phone.fill("#words", "repair")
    phone.locator("button[data-code]").first.click()
    phone.wait_for_selector("#save")
    phone.evaluate(FULL)
    phone.click("#save")
    phone.get_by_text("This phone is full").wait_for()
    assert phone.evaluate(ON_TOP, ".walk-notice.is-error")  # not behind the bar with Save
    phone.reload()
    assert phone.input_value("#title") == "repair"


def test_offers_half_typed_on_a_full_phone_are_there_when_one_comes_back_to_them(
    phone: Page, session: Session
) -> None:
    at_screen(phone, "#/sprint", "sprint")
    phone.evaluate(FULL)
    phone.type("#offer", "football on Tuesdays")
    phone.get_by_text("held only while the app stays open").wait_for()
    assert problems(phone) == []
    at_screen(phone, "#/map", "map")
    phone.get_by_text("Not saved: football on Tuesdays. This phone is full.").wait_for()
    with phone.expect_event("dialog") as asked:
        phone.close(run_before_unload=True)
    asked.value.dismiss()
    phone.get_by_role("link", name="Go on with it").click()
    assert phone.input_value("#offer") == "football on Tuesdays"
    assert asked.value.type == "beforeunload"
    phone.evaluate("window.hasRoom = true")
    phone.click("#save")
    wait_for_status(phone, "2 of 2 received")
    assert titles(session, "offer") == ["football on Tuesdays"]
    at_screen(phone, "#/log", "log")
    assert phone.get_by_text("Not saved").count() == 0


def test_a_full_phone_says_why_a_press_does_nothing_and_still_gives_a_copy_of_what_waits(
    phone: Page, context: BrowserContext
) -> None:
    context.set_offline(True)
    log_one(phone, "Asset", "Repair cafe")
    at_screen(phone, "#/check/all", "check")
    phone.evaluate(FULL)
    phone.get_by_role("button", name="Still here: Church hall").click()
    phone.locator("#said").get_by_text("This phone is full").wait_for()
    at_screen(phone, "#/sprint", "sprint")
    phone.type("#offer", "football")
    phone.get_by_text("held only while the app stays open").wait_for()
    at_screen(phone, "#/waiting", "waiting")
    with phone.expect_download() as saved:
        phone.click("#rescue")
    copy = json.loads(saved.value.path().read_text())
    assert [job["changes"]["title"] for job in copy["jobs"]] == ["Repair cafe"]
    assert [draft["title"] for draft in copy["drafts"]] == ["football"]
    phone.evaluate("window.hasRoom = true")
    phone.wait_for_timeout(1500)  # it is tried again each second
    phone.get_by_role("link", name="Change Repair cafe").click()
    phone.fill("#fix-title", "Repair café")
    phone.click("#save")
    phone.wait_for_selector("html[data-screen=waiting]")
    assert len(kept(phone, "outbox")) == 2  # what is in the copy is not rewritten


def test_a_photo_that_is_still_being_kept_when_one_looks_at_the_map_is_in_the_form_afterwards(
    phone: Page,
) -> None:
    phone.get_by_role("link", name="Asset").click()
    phone.locator("button[data-code]").first.click()
    phone.set_input_files("#photo", files=[picture()])
    phone.locator("canvas.walk-photo").wait_for()
    phone.evaluate(
        """() => {
            const kept = HTMLCanvasElement.prototype.toBlob;
            HTMLCanvasElement.prototype.toBlob = function later(...given) {
                setTimeout(() => kept.apply(this, given), 500); // as on a slow phone
            };
        }"""
    )
    phone.get_by_role("button", name="Use photo").click()
    at_screen(phone, "#/map", "map")
    phone.wait_for_timeout(1500)
    at_screen(phone, "#/form", "form")
    phone.locator(".walk-photos img").wait_for()


def test_a_form_begun_on_a_full_phone_opens_and_is_kept_once_there_is_room(phone: Page) -> None:
    phone.get_by_role("link", name="Asset").click()
    phone.fill("#words", "repair")
    phone.evaluate(FULL)
    phone.locator("button[data-code]").first.click()
    phone.get_by_text("held only while the app stays open").wait_for()
    assert phone.evaluate(ON_TOP, ".walk-notice.is-error")
    phone.evaluate("window.hasRoom = true")
    phone.type("#description", "Tuesdays")
    settle(phone)
    assert [draft["description"] for draft in kept(phone, "drafts")] == ["Tuesdays"]
    assert phone.get_by_text("This phone is full").count() == 0


def test_the_next_offer_may_be_typed_while_the_last_is_being_saved(
    phone: Page, context: BrowserContext
) -> None:
    installed(phone)
    context.set_offline(True)
    at_screen(phone, "#/sprint", "sprint")
    phone.get_by_text("Who offers it: A resident").click()
    phone.fill("#person_role", "Shopkeeper")
    phone.get_by_text("Who offers it: Shopkeeper").wait_for()
    phone.fill("#offer", "football on Tuesdays")
    phone.evaluate(
        """() => {
            document.getElementById("save").click();
            const typed = document.getElementById("offer");
            typed.value += "a minibus";
            typed.dispatchEvent(new Event("input", { bubbles: true }));
        }"""
    )
    phone.locator("#sprinted li").wait_for()
    assert phone.input_value("#offer") == "a minibus"
    settle(phone)
    phone.reload()
    phone.wait_for_selector("html[data-screen=sprint]")
    assert phone.input_value("#offer") == "a minibus"
    phone.click("#save")
    wait_for_status(phone, "2 waiting to send")
    said = [entry["draft"]["title"] for entry in kept(phone, "entries")]
    assert said == ["football on Tuesdays", "a minibus"]


def test_an_app_looks_once_for_many_changes_and_is_drawn_at_once_while_another_tab_sends(
    phone: Page, context: BrowserContext
) -> None:
    asked = phone.evaluate(
        """async () => {
            let asked = 0;
            const { transaction } = IDBDatabase.prototype;
            IDBDatabase.prototype.transaction = function counted(...given) {
                asked += 1;
                return transaction.apply(this, given);
            };
            const others = new BroadcastChannel("assetmap-walk");
            for (let i = 0; i < 200; i += 1) others.postMessage("changed");
            await new Promise((resolve) => { setTimeout(resolve, 800); });
            return asked;
        }"""
    )
    assert asked < 200
    phone.evaluate(
        """() => {
            const others = new BroadcastChannel("assetmap-walk");
            setInterval(() => others.postMessage("changed"), 5);
        }"""
    )
    other = open_app(context.new_page(), "#/sprint")
    assert other.locator("#offer").is_visible()


def test_a_form_open_in_two_tabs_is_one_entry_when_saved_twice_and_two_when_its_words_are_others(
    phone: Page, context: BrowserContext, session: Session
) -> None:
    installed(phone)
    phone.get_by_role("link", name="Asset").click()
    phone.locator("button[data-code]").first.click()
    phone.fill("#title", "Repair cafe")
    settle(phone)
    tabs = [open_app(context.new_page(), "#/form") for _ in range(2)]
    tabs[1].fill("#title", "Chess corner")
    for tab in (phone, *tabs):
        tab.click("#save")
        tab.wait_for_selector("html[data-screen=log]")
    wait_for_status(phone, "3 of 3 received")
    assert titles(session, "asset") == ["Church hall", "Repair cafe", "Chess corner"]


def test_what_is_saved_as_one_goes_elsewhere_is_not_there_to_be_saved_again_and_fetches_nobody_back(
    phone: Page, context: BrowserContext
) -> None:
    installed(phone)
    context.set_offline(True)
    at_screen(phone, "#/sprint", "sprint")
    phone.evaluate(SLOW)
    phone.fill("#offer", "football on Tuesdays")
    phone.click("#save")
    phone.evaluate(AWAY_AND_BACK)
    phone.wait_for_timeout(200)  # for the screen to be read while the old one still writes
    phone.evaluate("window.isDone = true")
    wait_for_status(phone, "1 waiting to send")
    phone.wait_for_selector("#main:not([inert])")
    assert phone.input_value("#offer") == ""

    at_screen(phone, "#/waiting", "waiting")
    phone.get_by_role("link", name="Change football").click()
    phone.wait_for_selector("html[data-screen=change]", state="attached")
    phone.evaluate(SLOW)
    phone.fill("#fix-description", "Under elevens")
    phone.click("#save")
    phone.evaluate(AWAY_AND_BACK)
    phone.evaluate("window.isDone = true")
    phone.type("#offer", "a minibus")
    phone.click("#save")
    wait_for_status(phone, "2 waiting to send")
    said = [
        (one["draft"]["title"], one["draft"].get("description")) for one in kept(phone, "entries")
    ]
    assert said == [("football on Tuesdays", "Under elevens"), ("a minibus", None)]
    assert phone.evaluate("location.hash") == "#/sprint"
