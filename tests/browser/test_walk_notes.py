"""Notes at an event's table on the phone: taken with no signal, they arrive once."""

from datetime import timedelta

import pytest
from playwright.sync_api import BrowserContext, Page
from sqlalchemy import select
from sqlalchemy.orm import Session

from assetmap.access import OPERATOR
from assetmap.db import now
from assetmap.models import Attachment, Engagement, EventNote, Team
from assetmap.register import tables
from assetmap.schemas.tables import Layout
from tests.browser.conftest import problems
from tests.browser.walking import (
    at_screen,
    installed,
    kept,
    phone,
    picture,
    settle,
    wait_for_status,
    walker,
    weather,
)
from tests.make import commit, make_entry

__all__ = ["phone", "walker", "weather"]
pytestmark = pytest.mark.parametrize("database", ["spatialite"], indirect=True)


def test_notes_and_flip_charts_of_a_table_without_signal_are_kept_and_arrive_once(
    phone: Page, context: BrowserContext, session: Session
) -> None:
    team = session.scalars(select(Team)).one()
    begins = now() + timedelta(hours=1)
    event = make_entry(
        session,
        "engagement",
        team,
        title="Canal hub",
        status="planned",
        starts_at=begins,
        ends_at=begins + timedelta(hours=3),
    )
    assert isinstance(event, Engagement)
    tables.lay_out(session, event, Layout(people=18, seats=9), viewer=OPERATOR)
    commit()
    installed(phone)
    at_screen(phone, "#/notes", "notes")
    phone.get_by_role("link", name="Take notes: Canal hub").click()
    phone.wait_for_selector("#text")
    context.set_offline(True)
    phone.fill("#text", "Lamps along the towpath")
    settle(phone)
    phone.reload()
    phone.wait_for_selector("html[data-started]", state="attached")
    assert phone.input_value("#text") == "Lamps along the towpath"
    phone.select_option("#table", "2")
    phone.click("#save")
    phone.get_by_text("waiting to send", exact=True).wait_for()
    assert phone.input_value("#text") == ""
    phone.fill("#text", "Ring 07700 900123")
    phone.click("#save")
    wait_for_status(phone, "2 waiting to send")
    for _ in range(2):  # of two photos, one is taken back
        phone.set_input_files("#photo", files=[picture()])
        phone.get_by_role("button", name="Use photo").click()
        phone.get_by_label("What it says").fill("Lamps, benches")
        settle(phone)
        phone.get_by_role("button", name="Keep the photo").click()
        phone.get_by_role("button", name="Do not send it").first.wait_for()
    wait_for_status(phone, "4 waiting to send")
    phone.get_by_role("button", name="Do not send it").first.click()
    wait_for_status(phone, "3 waiting to send")
    assert phone.evaluate("document.activeElement.id") == "taken"
    phone.focus("#text")
    assert problems(phone) == []
    context.set_offline(False)
    wait_for_status(phone, "1 needs you")
    assert phone.evaluate("document.activeElement.id") == "text"
    phone.get_by_role("link", name="Open to fix").click(timeout=15_000)
    assert not phone.is_checked("#looked")
    phone.check("#looked")  # it is the number of the hall
    phone.get_by_role("button", name="Send it so").click()
    wait_for_status(phone, "received")
    session.rollback()
    found = session.execute(
        select(EventNote.text, EventNote.table, EventNote.engagement_id).order_by(EventNote.id)
    ).all()
    assert [tuple(row) for row in found] == [
        ("Lamps along the towpath", 2, event.id),
        ("Ring 07700 900123", 2, event.id),
    ]
    charts = session.execute(select(Attachment.at_table, Attachment.alt_text))
    assert [tuple(row) for row in charts] == [(2, "Lamps, benches")]
    assert (kept(phone, "outbox"), kept(phone, "photos")) == ([], [])
