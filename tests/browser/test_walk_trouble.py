"""Trouble on the phone: what is refused, contested, too much for its disk, or can never be sent."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from assetmap.access import OPERATOR
from assetmap.models import Asset, Attachment, Entry, Finding, Proposal, Track
from assetmap.register import deliveries
from assetmap.settings import LOCAL
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
from tests.browser.weather import Weather
from tests.make import commit

__all__ = ["phone", "walker", "weather"]
pytestmark = pytest.mark.parametrize("database", ["spatialite"], indirect=True)
REFUSED = {
    "title": "Not right",
    "status": 422,
    "detail": "One field is not right.",
    "problems": {"title": "Say what it is called."},
}
# positions come when a test says so: east of the start, and so many milliseconds later
WATCHED = """
const takers = [];
navigator.geolocation.clearWatch = () => {};
navigator.geolocation.watchPosition = (take) => takers.push(take);
window.found = (east, later) => takers.forEach((take) => take({
    coords: { longitude: -1.93 + east, latitude: 53.72, accuracy: 5 },
    timestamp: Date.now() + later,
}));
"""
# a clock that is a day ahead
TOMORROW = """
const Real = Date;
globalThis.Date = class extends Real {
    constructor(...said) { super(...(said.length ? said : [Real.now() + 86_400_000])); }
    static now() { return Real.now() + 86_400_000; }
};
"""


def test_a_photo_is_covered_shrunk_and_freed_once_the_register_has_it(
    phone: Page, context: BrowserContext, session: Session
) -> None:
    context.set_offline(True)
    phone.get_by_role("link", name="Asset").click()
    phone.locator("button[data-code]").first.click()
    phone.set_input_files("#photo", files=[picture()])
    photo = phone.locator("canvas.walk-photo")
    photo.press("Enter")
    for _ in range(4):
        photo.press("ArrowRight")
        photo.press("ArrowDown")
    phone.get_by_role("button", name="Use photo").click()
    phone.get_by_text("Nothing is covered there yet").wait_for()
    photo.press("Enter")
    assert problems(phone) == []
    phone.get_by_role("button", name="Use photo").click()
    phone.get_by_text("Where and when it was taken is not in it").wait_for()
    phone.click("#save")
    wait_for_status(phone, "2 waiting")
    assert len(kept(phone, "photos")) == 1
    context.set_offline(False)
    wait_for_status(phone, "received")
    assert kept(phone, "photos") == []
    (photo_kept,) = session.scalars(select(Attachment)).all()
    assert (photo_kept.width, photo_kept.height) == (1600, 1200)


def test_a_restart_in_the_middle_of_sending_costs_nothing(
    phone: Page, weather: Weather, session: Session
) -> None:
    weather.cut = 3
    phone.get_by_role("link", name="Asset").click()
    phone.locator("button[data-code]").first.click()
    phone.set_input_files("#photo", files=[picture()])
    phone.get_by_role("button", name="Use photo").click()
    phone.click("#save")
    phone.wait_for_selector("html[data-screen=log]")
    at_screen(phone, "#/waiting", "waiting")
    while weather.cut:
        phone.click("#send")
        phone.wait_for_timeout(100)
    phone.click("#send")
    wait_for_status(phone, "3 of 3 received")
    assert len(titles(session, "asset")) == 2
    assert session.scalar(select(func.count()).select_from(Attachment)) == 1
    assert kept(phone, "photos") == []


def test_a_clock_that_goes_wrong_without_signal_spoils_nothing(
    phone: Page, context: BrowserContext, session: Session
) -> None:
    installed(phone)
    context.set_offline(True)
    phone.add_init_script(TOMORROW)
    phone.reload()
    phone.wait_for_selector("html[data-started]", state="attached")
    at_screen(phone, "#/quick/perception", "quick")
    phone.locator("button[data-code]").first.click()
    phone.click("#save")
    at_screen(phone, "#/check/all", "check")
    phone.get_by_role("button", name="Still here").first.click()
    wait_for_status(phone, "2 waiting")
    context.set_offline(False)
    wait_for_status(phone, "3 of 3 received")
    session.rollback()
    (finding,) = session.scalars(select(Finding)).all()
    assert finding.observed_at <= datetime.now(UTC)
    assert session.scalars(select(Asset.checked_on)).all() == [datetime.now(LOCAL).date()]


def test_a_voice_note_recorded_with_no_signal_is_played_at_the_desk(
    phone: Page, context: BrowserContext, session: Session
) -> None:
    installed(phone)
    context.set_offline(True)
    phone.get_by_role("link", name="Asset").click()
    phone.locator("button[data-code]").first.click()
    phone.click("#record")
    phone.get_by_text("0:06 of 2:00").wait_for()
    settle(phone)
    assert len(kept(phone, "photos")) == 1  # what was said so far outlives the page
    phone.click("#stop-recording")
    phone.get_by_text("Only your team will hear it").wait_for()
    assert problems(phone) == []
    phone.reload()
    phone.locator("audio").wait_for()
    phone.click("#save")
    wait_for_status(phone, "2 waiting")
    assert [one["mime"] for one in kept(phone, "photos")] == ["audio/webm"]
    context.set_offline(False)
    wait_for_status(phone, "received")
    assert kept(phone, "photos") == []
    phone.goto(session.scalars(select(Entry).order_by(Entry.id.desc())).all()[0].path)
    assert problems(phone) == []
    phone.evaluate("document.querySelector('audio').play()")
    phone.wait_for_function("() => document.querySelector('audio').currentTime > 0.2")


def test_what_is_refused_waits_to_be_mended_and_holds_up_nothing_else(
    phone: Page, weather: Weather, session: Session
) -> None:
    weather.answers["/api/assets/"] = lambda _: (422, REFUSED)
    log_one(phone, "Asset", "Repair cafe")
    wait_for_status(phone, "1 needs you")
    log_one(phone, "Offer", "football")
    del weather.answers["/api/assets/"]
    at_screen(phone, "#/waiting", "waiting")
    phone.get_by_role("link", name="Open to fix").click()
    phone.get_by_text("what it is called: Say what it is called.").wait_for()
    assert phone.get_by_text("One field is not right.").count() == 0  # the field says it
    phone.fill("#fix-title", "Repair café")
    phone.click("#save")
    wait_for_status(phone, "received")
    assert titles(session, "asset")[1:] == ["Repair café"]
    assert titles(session, "offer") == ["football"]


def test_two_people_change_one_field_and_one_of_them_chooses(
    phone: Page, context: BrowserContext, session: Session
) -> None:
    uid = session.scalars(select(Entry.uid).where(Entry.title == "Church hall")).one()
    context.set_offline(True)
    at_screen(phone, f"#/change/{uid}", "change")
    phone.fill("#fix-title", "Mine")
    phone.fill("#fix-phone", "01632 960 000")
    phone.select_option("#fix-status", "temporarily_closed")
    assert problems(phone) == []
    phone.click("#save")
    theirs = {"title": "Theirs", "opening_hours": "All day"}
    deliveries.change(session, uid, Kind.ASSET, theirs, viewer=OPERATOR, base_version=1)
    commit()
    context.set_offline(False)
    wait_for_status(phone, "1 needs you")
    assert session.scalars(select(Proposal)).all()
    phone.get_by_text("Theirs: Theirs").wait_for()
    assert problems(phone) == []
    phone.get_by_role("button", name="Keep mine").click()
    wait_for_status(phone, "received")
    assert titles(session, "asset") == ["Mine"]
    hall = session.scalars(select(Asset).where(Asset.uid == uid)).one()
    said = (hall.opening_hours, hall.phone, hall.status)
    assert said == ("All day", "01632 960 000", "temporarily_closed")
    assert session.scalars(select(Proposal.state)).all() == ["withdrawn"]


def test_what_somebody_has_chosen_on_the_phone_waits_for_nobody_at_the_desk(
    phone: Page, context: BrowserContext, session: Session
) -> None:
    uid = session.scalars(select(Entry.uid).where(Entry.title == "Church hall")).one()
    context.set_offline(True)
    at_screen(phone, f"#/change/{uid}", "change")
    phone.fill("#fix-title", "Mine")
    phone.click("#save")
    deliveries.change(
        session, uid, Kind.ASSET, {"title": "Theirs"}, viewer=OPERATOR, base_version=1
    )
    commit()
    context.set_offline(False)
    wait_for_status(phone, "1 needs you")
    phone.get_by_role("button", name="Use theirs").click()
    wait_for_status(phone, "2 of 2 received")
    session.rollback()
    assert session.scalars(select(Proposal.state)).all() == ["withdrawn"]
    assert titles(session, "asset") == ["Theirs"]
    at_screen(phone, f"#/change/{uid}", "change")
    phone.fill("#fix-title", "Ours")
    phone.click("#save")
    wait_for_status(phone, "3 of 3 received")
    assert titles(session, "asset") == ["Ours"]


def test_what_a_phone_cannot_send_is_sent_from_a_desk_once(
    phone: Page, context: BrowserContext, weather: Weather, session: Session, tmp_path: Path
) -> None:
    weather.lose = 1
    log_one(phone, "Asset", "Repair cafe")
    wait_for_status(phone, "1 waiting")
    context.set_offline(True)
    phone.evaluate("dispatchEvent(new Event('offline'))")
    log_one(phone, "Offer", "football")
    at_screen(phone, "#/waiting", "waiting")
    with phone.expect_download() as saved:
        phone.click("#rescue")
    saved.value.save_as(tmp_path / "unsent.json")
    context.set_offline(False)
    phone.close()
    desk = context.new_page()
    desk.goto("/walk/rescue")
    desk.evaluate("indexedDB.deleteDatabase('assetmap-walk')")
    desk.reload()
    desk.wait_for_selector("html[data-started]", state="attached")
    desk.set_input_files("#file", tmp_path / "unsent.json")
    desk.get_by_text("All of it has been received.").wait_for()
    assert titles(session, "asset")[1:] == ["Repair cafe"]
    assert titles(session, "offer") == ["football"]


def test_whatever_step_the_page_is_killed_at_nothing_that_was_saved_is_lost_or_doubled(
    phone: Page, context: BrowserContext, session: Session
) -> None:
    installed(phone)
    phone.close()
    claimed = []
    for step in range(4):
        page = open_app(context.new_page(), "#/sprint")
        context.set_offline(step % 3 == 1)
        page.fill("#offer", f"football {step}")
        page.click("#save", no_wait_after=True)
        page.wait_for_timeout(step * 12)
        if page.locator("#sprinted li").count():
            claimed.append(f"football {step}")
        page.close()
    context.set_offline(False)
    page = open_app(context.new_page())
    wait_for_status(page, "received")
    found = titles(session, "offer")
    assert len(found) == len(set(found))
    assert set(claimed) <= set(found)
    counts = page.inner_text("#status").split()
    assert counts[0] == counts[2]


def test_a_route_is_recorded_on_asking_and_outlives_the_page(
    phone: Page, context: BrowserContext, session: Session
) -> None:
    phone.add_init_script(WATCHED)
    phone.reload()
    phone.wait_for_selector("html[data-started]", state="attached")
    at_screen(phone, "#/map", "map")
    phone.wait_for_selector(".walk-map[data-ready]")
    phone.get_by_text("Record the way you walk").click()
    phone.get_by_role("button", name="Start recording").click()
    phone.get_by_text("is being recorded").wait_for()
    phone.evaluate("for (let i = 0; i < 5; i += 1) found(i / 1000, (i - 5) * 60_000)")
    settle(phone)
    assert len(kept(phone, "tracks")) == 1
    phone.close()
    again = open_app(context.new_page())
    wait_for_status(again, "2 of 2 received")
    assert kept(again, "tracks") == []
    assert session.scalar(select(func.count()).select_from(Track)) == 1


def test_a_fix_that_comes_after_save_still_gives_the_entry_its_place(
    phone: Page, context: BrowserContext, session: Session
) -> None:
    phone.add_init_script(WATCHED)
    phone.reload()
    phone.wait_for_selector("html[data-started]", state="attached")
    log_one(phone, "Asset", "Repair cafe")
    wait_for_status(phone, "2 of 2 received")
    phone.evaluate("found(0, 0)")
    wait_for_status(phone, "3 of 3 received")
    session.rollback()
    found = session.scalars(select(Entry).where(Entry.title == "Repair cafe")).one()
    assert found.longitude == pytest.approx(-1.93, abs=0.001)


def test_what_must_be_passed_on_says_without_signal_whom_to_ring_and_then_goes_with_its_walkabout(
    phone: Page, context: BrowserContext
) -> None:
    installed(phone)
    context.set_offline(True)
    phone.get_by_role("link", name="Finding").first.click()
    phone.fill("#words", "somebody has a knife")
    phone.get_by_role("link", name="Pass it on").first.click()
    phone.wait_for_selector("html[data-screen=pass-on]")
    phone.get_by_text("Without signal it cannot be passed on").wait_for()
    assert phone.locator("a[href='tel:999']").is_visible()
    way = phone.locator("a[href^='/referrals/new?from=']")
    assert way.count() == 0
    assert problems(phone) == []
    context.set_offline(False)
    way.click()
    phone.get_by_role("heading", name="Pass it on").wait_for()
    assert phone.get_by_role("link", name=WALK).is_visible()  # what it was met on
