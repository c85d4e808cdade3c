"""Signing in as people do it: in a browser, from the link to the account page."""

from collections.abc import Callable

import pyotp
import pytest
from playwright.sync_api import Page
from sqlalchemy.orm import Session

from assetmap.models import User
from assetmap.register.sign_in import make_link
from tests.browser.conftest import DESKTOP, PHONE, go, problems, settled
from tests.make import commit, make_team, make_user

pytestmark = pytest.mark.parametrize("database", ["spatialite"], indirect=True)


def test_the_menu_of_a_phone_has_room_for_all_that_somebody_may_do(
    page: Page, session: Session, sign_in: Callable[[User], None]
) -> None:
    team = make_team(session)
    user = make_user(session, team, "data_officer")
    user.name = "Local team member"
    commit()
    sign_in(user)
    page.set_viewport_size(PHONE)
    go(page, "/")
    page.get_by_role("link", name="Menu").or_(page.get_by_role("button", name="Menu")).click()
    inside = (
        page.locator(".who").get_by_role("link").or_(page.get_by_role("button", name="Sign out"))
    )
    assert inside.count() == 4
    for one in inside.all():
        box = one.bounding_box()
        assert box is not None
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= PHONE["width"], one.inner_text()


def test_somebody_sets_an_authenticator_up_and_signs_in_with_it_on_a_shared_device(
    page: Page, session: Session
) -> None:
    user = make_user(session, make_team(session))
    links = [f"/sign-in/{make_link(session, user, minutes=5)}" for _ in range(2)]
    commit()
    page.set_viewport_size(PHONE)
    go(page, links[0])
    page.get_by_role("button", name="Sign in as Local").click()
    go(page, "/account/")
    page.get_by_role("link", name="Set one up").click()
    page.get_by_role("button", name="Begin").click()
    settled(page)
    assert page.get_by_role("img", name="QR code").is_visible()
    assert problems(page) == []
    totp = pyotp.TOTP(page.locator("code.secret").inner_text().replace(" ", ""))
    page.get_by_role("textbox", name="Code").fill(totp.now())
    page.get_by_role("button", name="That is it").click()
    settled(page)
    codes = page.locator(".codes li").all_inner_texts()
    assert len(codes) == 10
    assert problems(page) == []

    page.context.clear_cookies()
    page.set_viewport_size(DESKTOP)
    go(page, links[1])
    page.get_by_label("This device is shared").check()
    page.get_by_role("button", name="Sign in as Local").click()
    settled(page)
    page.get_by_role("textbox", name="Code").fill("000000")
    page.get_by_role("button", name="Sign in", exact=True).click()
    settled(page)
    assert "That code is not right" in page.get_by_role("alert").inner_text()
    assert problems(page) == []
    page.get_by_role("textbox", name="Code").fill(codes[0])
    page.get_by_role("button", name="Sign in", exact=True).click()
    settled(page)
    (kept,) = [one for one in page.context.cookies() if one["name"] == "session"]
    assert kept["expires"] == -1  # gone when the browser is closed
    go(page, "/account/")
    assert page.get_by_text("Shared device").is_visible()
    assert "9 recovery codes are left" in page.inner_text("main")
    assert problems(page) == []
