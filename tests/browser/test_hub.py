"""A hub in a real browser: planned from a template, run, closed and reported back."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select
from sqlalchemy.orm import Session

from assetmap.models import Action, Engagement, EventNote, Telling, User
from tests.browser.conftest import PHONE, go, problems, settled
from tests.make import commit, make_area, make_category, make_team, make_user

BeThem = Callable[[User], None]


@pytest.fixture
def organiser(session: Session, sign_in: BeThem) -> User:
    make_area(session)
    make_category(session, "asset", "pla_hall")
    user = make_user(session, make_team(session), "organiser", "olu@demo.example")
    commit()
    sign_in(user)
    return user


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).first.click()
    settled(page)


def follow(page: Page, name: str) -> None:
    page.get_by_role("link", name=name).first.click()
    settled(page)


def become(page: Page, state: str) -> None:
    """Take the event to a state that says it is over, with the scan answered."""
    follow(page, "Change its state")
    page.get_by_label(state).check()
    answer = page.get_by_label("No, nothing of the kind")
    if answer.count():
        answer.check()
    press(page, "Change its state")


def planned(page: Page) -> str:
    """A hub of a day, from its template; its address."""
    go(page, "/engagements/")
    follow(page, "Plan an event")
    page.locator("#hub_day").get_by_role("link", name="Plan one").click()
    settled(page)
    page.get_by_label("Title").fill("Mill Lane hub")
    page.get_by_label("Starts").fill("2026-03-04T10:00")
    press(page, "Add this engagement")
    follow(page, "See Mill Lane hub")
    return page.url


def held(page: Page, event: str) -> None:
    """Its tables laid out; notes taken on a phone, an idea weighed, taken on and promised."""
    follow(page, "Running order")
    expect(page.get_by_role("heading", name="Which top three?")).to_be_visible()
    expect(page.get_by_text("Ends at 16:00")).to_be_visible()
    page.goto(event)
    follow(page, "Tables")
    page.get_by_label("For how many people").fill("24")
    press(page, "Lay out the tables")
    expect(page.get_by_text("3 tables, 24 seats")).to_be_visible()
    page.set_viewport_size(PHONE)
    page.get_by_role("link", name="Write at table 2, What could be done?").click()
    settled(page)
    for words in ("Lamps under the bridge", "A run on Thursdays"):
        page.get_by_label("What was said").fill(words)
        press(page, "Note it")
        expect(page.get_by_text(words, exact=True)).to_be_visible()
        expect(page.get_by_label("Table (optional)")).to_have_value("2")
    follow(page, "Ideas")
    idea = page.get_by_role("listitem").filter(has_text="Lamps under the bridge")
    idea.get_by_label("Votes").fill("17")
    idea.get_by_label("Taken on").check()
    idea.get_by_role("button", name="Keep").click()
    settled(page)
    expect(page.get_by_text("1 is taken on")).to_be_visible()
    assert problems(page) == []
    follow(page, "Say who does it, and by when")
    expect(page.get_by_label("What people said")).to_have_value("Lamps under the bridge")
    page.get_by_label("Done", exact=True).check()
    page.get_by_label("What was done").fill("Eleven lamps")
    page.get_by_label("Whoever may see the event").check()
    press(page, "Keep it")


def closed(page: Page, event: str) -> None:
    """How many came, that people were told, and the end of it."""
    page.goto(event)
    follow(page, "Edit")
    page.get_by_text("Influence, and what came of it").click()
    page.get_by_label("How many came").fill("22")
    page.get_by_label("Tell people the outcome by").fill("2026-04-10")
    press(page, "Save changes")
    become(page, "Planned")
    become(page, "It took place")
    follow(page, "You said, we did")
    follow(page, "Keep that people were told")
    page.get_by_label("By e-mail").check()
    page.get_by_label("Whoever came").check()
    press(page, "Keep it")
    page.goto(event)
    become(page, "Close it: everything is done")


def test_an_organiser_new_to_it_plans_runs_and_closes_a_hub_from_a_template(
    page: Page, session: Session, organiser: User
) -> None:
    event = planned(page)
    held(page, event)
    closed(page, event)
    session.expire_all()
    hub = session.scalars(select(Engagement)).one()
    assert (hub.status, hub.attendance_count) == ("closed", 22)
    assert hub.engagement_kind == "innovation_hub"
    kept = session.scalars(select(EventNote).order_by(EventNote.votes.desc())).all()
    assert [note.votes for note in kept] == [17, 0]
    assert kept[0].action_id == session.scalars(select(Action.id)).one()
    assert session.scalars(select(Telling.told_to)).all() == ["attendees"]


@pytest.mark.parametrize("database", ["postgis"], indirect=True)
def test_the_next_hub_opens_with_what_was_done_since(
    page: Page, session: Session, organiser: User
) -> None:
    event = planned(page)
    held(page, event)
    page.goto(event)
    follow(page, "Plan the next one")
    expect(page.get_by_label("Title")).to_have_value("Mill Lane hub")
    page.get_by_label("Title").fill("Mill Lane, the second")
    press(page, "Add this engagement")
    follow(page, "See Mill Lane, the second")
    follow(page, "Since last time")
    expect(page.get_by_text("Eleven lamps")).to_be_visible()
    assert problems(page) == []
