"""A balanced panel in a real browser: from a shape and who is missing to who came."""

import json
import re
import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import shapely
from flask import Flask
from playwright.sync_api import Page, expect
from sqlalchemy import select
from sqlalchemy.orm import Session

from assetmap.access import OPERATOR
from assetmap.db import now
from assetmap.formats.profiles import ProfileRead, ProfilesRead
from assetmap.models import Engagement, InviteReply, User
from assetmap.register import profiles
from tests.browser.conftest import go, settled
from tests.make import (
    commit,
    make_area,
    make_consent,
    make_entry,
    make_person,
    make_team,
    make_user,
    point,
)
from tests.outside import mail_server
from tests.web.test_invite_answers import TOLD, change, link, mailed

LIVE = {"0-15": 150, "16-24": 200, "25-64": 500, "65": 150}
GROUPS = {
    "Lunch club": ("Over 60s", 26, ("email",)),
    "Toddlers": ("children", 18, ("email",)),
    "Walkers": ("pensioners", 4, ("post",)),
    "Youth club": ("teenagers", 0, ()),
    "Traders": ("working-age people", 0, ()),
}
SHAPE = shapely.box(-1.95, 53.70, -1.90, 53.75)
AGES = {"age-65-least": "18", "age-65-most": "28", "age-0-15-least": "12"}


def town(session: Session) -> tuple[User, uuid.UUID]:
    """An organiser, and an event in a ward with five groups; nobody is known at two of them."""
    team = make_team(session)
    make_area(session, shape=SHAPE)
    lives = ProfilesRead([ProfileRead("age", "ward", "2022", "2021", {"E05000001": LIVE})], [])
    profiles.load(session, lives, viewer=OPERATOR)
    for title, (serves, people, ways) in GROUPS.items():
        made = make_entry(
            session, "group", team, title=title, serves=[serves], geometry=point(), address="1 Mill"
        )
        for number in range(people):
            mail = f"{uuid.uuid4().hex}@people.example"
            person = make_person(session, team, at=made, name=f"{title} {number}", email=mail)
            make_consent(session, person, "engagement_invite", *ways)
    at: dict[str, Any] = {
        "starts_at": now() + timedelta(days=9),
        "ends_at": now() + timedelta(days=9, hours=2),
    }
    event = make_entry(session, "engagement", team, title="Hub", **(TOLD | at))
    olu = make_user(session, team, "organiser", "olu@demo.example")
    commit()
    return olu, event.uid


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=re.compile(f"^{name}")).first.click()
    settled(page)


def answer(page: Page, path: str) -> None:
    """Say yes by a link."""
    go(page, path)
    page.get_by_label("Yes").check()
    press(page, "Send my answer")
    expect(page.locator("main")).to_contain_text("You can change it until the event begins")


@pytest.mark.parametrize("database", ["spatialite"], indirect=True)
def test_a_balanced_list_of_forty_is_built_sent_answered_by_three_ways_and_checked_in(
    app: Flask,
    session: Session,
    page: Page,
    sign_in: Callable[[User], None],
) -> None:
    olu, event = town(session)
    sign_in(olu)
    go(page, f"/invite-lists/new?event={event}")
    page.get_by_label("Name of the list").fill("Forty")
    page.get_by_text("Paste a shape as GeoJSON instead").click()
    shape = json.dumps(shapely.geometry.mapping(SHAPE))
    page.get_by_label("GeoJSON Polygon or MultiPolygon").fill(shape)
    press(page, "Build the list")
    made = page.url
    go(page, f"{made}/missing")
    main = page.locator("main")
    for said in ("2 sections are missing", "Youth club", "Traders"):
        expect(main).to_contain_text(said)
    go(page, f"{made}/balance")
    page.locator("#seats").fill("40")
    page.locator("#seed").fill("7")
    page.get_by_text("Quotas by age").click()
    for box, number in AGES.items():
        page.locator(f"#{box}").fill(number)
    press(page, "Draw by lot")
    expect(main).to_contain_text("40 have a seat")
    panel = page.url
    page.get_by_role("link", name="Invite the panel").click()
    settled(page)
    press(page, "Invite \\d+ people")
    with mail_server.running() as server:
        letters = mailed(app, server)
    go(page, panel)
    page.get_by_role("link", name="By letter").click()
    settled(page)
    press(page, "Write the letters")
    written = go(page, f"{made}/sheets/letters?who=asked").content()
    code = re.search(r"/reply/<wbr>([a-z0-9-]{19})", written)
    assert code
    assert len(letters) + len(re.findall(r"/reply/<wbr>", written)) == 40
    answer(page, link(next(iter(letters.values()))))
    answer(page, f"/reply/{code[1]}")
    go(page, f"{made}/answers")
    waits = page.locator("li", has_text="Toddlers").filter(has_not_text="answered by").first
    waits.locator("summary").click()
    waits.get_by_label("Answer").select_option("accepted")
    waits.get_by_label("It came").select_option("phone")
    waits.get_by_role("button", name="Keep the answer").click()
    settled(page)
    change(session, Engagement, starts_at=now() - timedelta(minutes=5))
    go(page, f"{made}/answers")
    press(page, "Came")
    expect(main).to_contain_text("Ticked off as they came: 1.")
    session.rollback()
    ways = session.scalars(select(InviteReply.answered_by).where(InviteReply.state == "accepted"))
    assert sorted(ways) == ["link", "link", "phone"]
