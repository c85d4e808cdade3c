"""Letters of an invite list on paper: one to a sheet of A4, the address where a window shows it."""

import re
from collections.abc import Callable

import pytest
from flask import Flask
from playwright.sync_api import Page
from sqlalchemy import select
from sqlalchemy.orm import Session

from assetmap.models import Entry, Team, User
from tests.browser.conftest import DESKTOP, PHONE, go, problems
from tests.make import commit, make_consent, make_entry, make_person
from tests.web.pages import press
from tests.web.pages import sign_in as be_them
from tests.web.test_invite_letters import town

MM = 96 / 25.4  # of a browser's pixels
WINDOW = (20, 46, 110, 92)  # left, top, right, foot: wherever the sheet lies in the envelope
LONG = ("Hildegard Featherstonehaugh-Cholmondeley of Upper Alderbrook", "Friends of the Canal " * 4)
WHERE = """selector => [...document.querySelectorAll(selector)].map((one) => {
  const sheet = one.closest(".letter").getBoundingClientRect(), at = one.getBoundingClientRect();
  return [at.left - sheet.left, at.top - sheet.top, at.right - sheet.left, at.bottom - sheet.top];
})"""

pytestmark = pytest.mark.parametrize("database", ["spatialite"], indirect=True)


def test_letters_print_one_to_a_sheet_with_the_address_alone_in_the_window_and_no_sheet_is_cut(
    app: Flask, session: Session, page: Page, sign_in: Callable[[User], None]
) -> None:
    olu, at = town(session)
    team, choir = session.scalars(select(Team)).one(), "Choir"
    group = make_entry(session, "group", team, title=LONG[1], address="Flat 12b, " + "Mill " * 20)
    for name, entry in (
        (LONG[0], group),
        ("Zoë", session.scalars(select(Entry).where(Entry.title == choir)).one()),
    ):
        mail = f"{len(name)}@people.example"
        made = make_person(session, team, at=entry, name=name, email=mail)
        make_consent(session, made, "engagement_invite", "post", "in_person")
    commit()
    client = app.test_client()
    be_them(client, olu)
    press(client, f"{at}/by-hand", at, verb="added", who=LONG[0], reason="Asked to come")
    press(client, f"{at}/letters", f"{at}/letters", whom="all", words="Do come. " * 20)
    sign_in(olu)
    for sheet, size in (("labels?who=asked", DESKTOP), ("letters", DESKTOP), ("letters", PHONE)):
        page.set_viewport_size(size)
        assert problems(go(page, f"{at}/sheets/{sheet}")) == []
    page.emulate_media(media="print")
    page.set_viewport_size({"width": round(210 * MM), "height": round(297 * MM)})
    count = page.locator(".letter").count()
    assert count == 5
    left, top, right, foot = (at_mm * MM for at_mm in WINDOW)
    for box in page.evaluate(WHERE, ".letter-to p"):
        assert left < box[0] < box[2] < right
        assert top < box[1] < box[3] < foot
    for box in page.evaluate(WHERE, ".letter-head p, .letter > p, .letter-reply"):
        assert box[3] < top or box[1] > foot
        assert box[3] < 290 * MM
    printed = page.pdf(prefer_css_page_size=True)
    sheets = set(re.findall(rb"/MediaBox \[0 0 ([\d.]+) ([\d.]+)\]", printed))
    assert [(round(float(w)), round(float(h))) for w, h in sheets] == [(595, 842)]
    assert len(re.findall(rb"/Type /Page\b", printed)) == count
    page.set_viewport_size(
        {"width": round(182 * MM), "height": round(265 * MM)}
    )  # less its margins
    go(page, f"{at}/sheets/doorstep?who=asked")
    page.get_by_role("columnheader", name="Note").wait_for()
    edge = "document.querySelector('.calls table').getBoundingClientRect().right"
    assert page.evaluate(f"{edge} - innerWidth") <= 0
    go(page, f"{at}/sheets/labels?who=asked")
    assert len(re.findall(rb"/Type /Page\b", page.pdf(prefer_css_page_size=True))) == 1
