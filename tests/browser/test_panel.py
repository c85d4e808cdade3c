"""A balanced panel in the demo town and a real browser: from a shape that is drawn on the map and
who is missing to who came."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path

import pytest
import shapely
from flask import Flask
from playwright.sync_api import Locator, Page, expect
from shapely import Polygon
from sqlalchemy import select
from sqlalchemy.orm import Session

from assetmap import connections
from assetmap.db import db, now
from assetmap.demo.basemap import write_basemap
from assetmap.models import Engagement, InviteReply, User
from tests.browser import reckoned
from tests.browser.conftest import go, problems, settled
from tests.browser.reckoned import Figures, Listed, Lives
from tests.demo.loaded import Towns
from tests.make import commit
from tests.outside import mail_server
from tests.web.test_invite_answers import link, mailed

README = Path(__file__).parents[2] / "README.md"
EVENT = "Safer nights planning evening"
# where the mouse is pressed: parts of the map's width and height, around its middle
CORNERS = ((0.2, 0.3), (0.42, 0.14), (0.8, 0.24), (0.84, 0.7), (0.5, 0.9), (0.24, 0.74))
MISSING = {
    "Young people of 16 to 24": ("Age", "16-24"),
    "Disabled under the Equality Act": ("Disability", "disabled"),
}
QUOTAS = {"0-15": (6, 9), "25-64": (14, 20), "65": (8, 12)}
CHANCE = re.compile(r"to (\d+) on average, and to between (\d+) and (\d+) nine times out of ten")
CODE = re.compile(r"/reply/<wbr>([a-z0-9-]{19})")


@pytest.fixture(scope="module")
def towns(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Iterator[Towns]:
    with ExitStack() as stack:
        yield Towns(tmp_path_factory, f"panel_{worker_id}", stack)


@pytest.fixture(scope="module")
def base_map(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("map") / "town.pmtiles"
    write_basemap(path)
    return path.read_bytes()


@pytest.fixture
def app(towns: Towns, base_map: bytes, database: str) -> Iterator[Flask]:
    """The demo, as `assetmap demo load` leaves it."""
    app = towns.on(database)
    path: Path = app.extensions["settings"].base_map_path
    path.write_bytes(base_map)
    with app.app_context():
        yield app
        db.session.rollback()
        db.engine.dispose()


def organiser(session: Session) -> User:
    return session.scalars(select(User).where(User.email == "organiser@demo.example")).one()


def begins(session: Session, *, in_minutes: float) -> None:
    """Have the event begin then and last two hours, whatever the clock says."""
    session.rollback()
    connections.writing(session)
    event = session.scalars(select(Engagement).where(Engagement.title == EVENT)).one()
    event.starts_at = now() + timedelta(minutes=in_minutes)
    event.ends_at = event.starts_at + timedelta(hours=2)
    commit()


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=re.compile(f"^{name}")).first.click()
    settled(page)


def follow(page: Page, name: str) -> None:
    page.get_by_role("main").get_by_role("link", name=name, exact=True).first.click()
    settled(page)


def text(part: Locator) -> str:
    return " ".join((part.text_content() or "").split())


def draw(page: Page) -> Polygon:
    """Draw on the map, the first corner with the keyboard and all others with the mouse; what of it
    is sent."""
    press(page, "Draw an area")
    page.keyboard.press("Enter")
    expect(page.locator("[data-draw-status]")).to_contain_text("1 of at least 3 points")
    area = page.locator("#invite-map")
    area.scroll_into_view_if_needed()
    box = area.bounding_box()
    assert box is not None
    for part in CORNERS:
        x, y = (
            int(size * at) for size, at in zip((box["width"], box["height"]), part, strict=True)
        )
        area.click(position={"x": x, "y": y})
    expect(page.locator("[data-draw-status]")).to_contain_text(f"{len(CORNERS) + 1} points")
    press(page, "Finish the shape")
    drawn = shapely.from_geojson(page.locator("#within").input_value())
    assert isinstance(drawn, Polygon)
    return drawn


def build(page: Page) -> Polygon:
    """Build a list for the event, from its page and as the README has it."""
    assert EVENT in README.read_text("utf-8")
    go(page, "/engagements/")
    follow(page, EVENT)
    follow(page, "Whom to invite")
    follow(page, "Build a list")
    drawn = draw(page)
    press(page, "Build the list")
    expect(page.get_by_role("main")).to_contain_text("The list is built.")
    return drawn


def check_reasons(page: Page, listed: Listed) -> None:
    """Each is on the list through the groups that bring them, with the reason for each."""
    assert page.locator("#to-ask").inner_text() == f"{len(listed.people)} people may be asked"
    found = page.locator("#people tbody tr").evaluate_all(
        "all => all.map(row => [...row.querySelectorAll('label, td')].map(one => one.textContent))"
    )
    shown = {" ".join(row[0].split()): " ".join(row[1].split()) for row in found}
    assert shown.keys() == listed.people.keys()
    for called, groups in listed.people.items():
        for group in groups:
            assert f"{group.title} {group.why}" in shown[called]


def check_missing(page: Page, listed: Listed, lives: Mapping[str, Lives]) -> None:
    """The sections that are missing are named, with groups for them that are mapped there."""
    main = page.get_by_role("main")
    many = f"{len(listed.people)} people are on the list"
    expect(main).to_contain_text(many)
    expect(main).to_contain_text(f"through {len(listed.groups)} groups")
    assert text(page.locator("#left")) == "2 sections are missing"
    cards = {text(one.locator("h3")): one for one in page.locator(".missing-sections > li").all()}
    assert cards.keys() == {f"{name} {section[0]}" for name, section in MISSING.items()}
    for name, section in MISSING.items():
        card = cards[f"{name} {section[0]}"]
        its = lives[section[0]].people
        share = its[section[1]] / sum(its.values())
        about = round(share * len(listed.people))
        said = f"They are {100 * share:.1f}% of those who live here: about {about} of"
        expect(card).to_contain_text(f"{said} {len(listed.people)} would match that.")
        titles = [text(one) for one in card.get_by_role("link").all()]
        for_them = {one.title for one in listed.groups if section in one.sections}
        assert titles
        assert {*titles} <= for_them


def check_figures(page: Page, listed: Listed, lives: Mapping[str, Lives]) -> Sequence[str]:
    """All that is said of each dimension is what it comes to; those that are compared."""
    found = []
    for dimension, sections in reckoned.sections().items():
        if dimension not in lives:
            continue
        counted = listed.counted()
        counts = [counted[dimension, code] for code in sections]
        people = [lives[dimension].people[code] for code in sections]
        figures = Figures(counts, people)
        covered = listed.any_of(dimension) / len(listed.people)
        assert not any(0 < count < 5 for count in counts)  # it would not be shown
        is_compared = figures.n >= 10 and covered >= 0.6
        said = text(page.locator(f"section:has(> h2:text-is('{dimension}'))"))
        if is_compared:
            found.append(dimension)
            check_chance(said, figures)
        rows = " ".join(
            f"{name} {figures.cells(at, is_compared=is_compared)}"
            for at, name in enumerate(sections.values())
        )
        index = f"{dimension} {100 * (1 - figures.unlike):.0f} of 100" if is_compared else dimension
        more = " Ratio Gap Short" if is_compared else ""
        assert said.startswith(index)
        assert f"Section Picture Live here On the list{more} {rows} Figures of 2021 of" in said
        assert said.endswith(closing(lives[dimension], figures, covered, is_compared=is_compared))
    return found


def closing(lives: Lives, figures: Figures, covered: float, *, is_compared: bool) -> str:
    """How the figures of a dimension were come by."""
    said = (
        f"Figures of 2021 of {lives.areas} small areas (LSOA) of 2024, of each as large a part of"
        " its people as of its ground lies here."
    )
    if lives.ground < 0.95:
        said += f" There are figures for {lives.ground:.0%} of the ground only."
    said += " Source: Alderbrook, made up."
    if not figures.n:
        return f"{said} No group that brings somebody onto the list says which of these it is for."
    said += (
        f" The groups of {covered:.0%} of those on the list say which of these they are for;"
        f" counted: {figures.n}."
    )
    if is_compared:
        said += (
            " Of the sections that are large enough to expect somebody of,"
            f" {figures.there:.0%} have somebody."
        )
    return said


def check_chance(said: str, figures: Figures) -> None:
    """What chance alone makes of it: told there from 5,000 lots, here from all there are."""
    told = CHANCE.search(said)
    assert told
    exact = figures.expected, figures.at(0.95), figures.at(0.05)
    for number, unlike in zip(told.groups(), exact, strict=True):
        assert abs(int(number) - 100 * (1 - unlike)) <= 1
    assert ("in line with chance" in said) == figures.is_chance


def draw_lot(page: Page, listed: Listed) -> set[str]:
    """Draw a panel of forty by quotas; who has a seat."""
    page.locator("#seats").fill("40")
    page.locator("#reserves").fill("5")
    page.locator("#seed").fill("7")
    page.get_by_text("Quotas by age").click()
    for code, (least, most) in QUOTAS.items():
        page.locator(f"#age-{code}-least").fill(str(least))
        page.locator(f"#age-{code}-most").fill(str(most))
    press(page, "Draw by lot")
    expect(page.locator("#seated")).to_have_text("40 have a seat")
    assert page.locator("#reserves").inner_text() == "5 stand by"
    panel = page.locator("section:has(> #seated) ul.rows a").all_inner_texts()
    for code, (least, most) in QUOTAS.items():
        of_it = sum(("Age", code) in listed.sections_of(called) for called in panel)
        assert least <= of_it <= most
    return set(panel)


def answer(page: Page, path: str) -> None:
    """Say yes by a link, without an account."""
    go(page, path)
    page.get_by_label("Yes").check()
    press(page, "Send my answer")
    expect(page.locator("main")).to_contain_text("You can change it until the event begins")


def row_of(page: Page, called: str) -> Locator:
    return page.locator("ul.answers > li", has=page.get_by_role("link", name=called, exact=True))


def answer_by_phone(page: Page) -> str:
    """Keep what somebody said who rang; who that was."""
    rows = page.locator("section:has(> #asked) ul.answers > li")
    called = rows.first.get_by_role("link").first.inner_text()
    row = row_of(page, called)
    row.locator("summary").click()
    row.get_by_label("Answer").select_option("accepted")
    row.get_by_label("It came").select_option("phone")
    row.get_by_role("button", name="Keep the answer").click()
    settled(page)
    expect(row_of(page, called)).to_contain_text("answered by phone")
    return called


def check_in(page: Page, made: str, token: str) -> list[str]:
    """At the door one shows the pass that came by mail, and another is ticked off by name."""
    go(page, f"/came/{token}")
    press(page, "They are here")
    expect(page.locator("main")).to_contain_text("In since")
    first = page.locator("h1").inner_text()
    go(page, f"{made}/answers")
    tick = page.get_by_role("button", name=re.compile("^Came"))
    row = page.locator("ul.answers > li", has_text="by the link").filter(has=tick)
    second = row.get_by_role("link").first.inner_text()
    row.locator(tick).click()
    settled(page)
    return [first, second]


def check_after(page: Page, made: str, came: Sequence[str], missed: str) -> None:
    """When it is over: who came, who did not, and where the panel stands."""
    go(page, f"{made}/answers")
    expect(page.locator("main")).to_contain_text("Ticked off as they came: 2.")
    assert text(page.locator("#accepted")) == "Said yes: 3"
    assert text(page.locator("#asked")) == "No answer yet: 37"
    for called in came:
        expect(row_of(page, called).locator(".tag")).to_have_text("Came")
    expect(row_of(page, missed).locator(".tag")).to_have_text("Did not come")
    go(page, made)
    expect(page.locator("#asked")).to_have_text("40 people asked already")


def test_a_balanced_list_of_forty_is_drawn_sent_answered_by_three_ways_and_checked_in(
    app: Flask,
    session: Session,
    page: Page,
    sign_in: Callable[[User], None],
    visit: Callable[..., Page],
) -> None:
    sign_in(organiser(session))
    begins(session, in_minutes=9 * 24 * 60)
    drawn = build(page)
    made = page.url
    assert problems(page) == []
    listed, lives = reckoned.listed(session, drawn), reckoned.lives(session, drawn)
    check_reasons(page, listed)
    follow(page, "Who is missing")
    check_missing(page, listed, lives)
    assert check_figures(page, listed, lives) == ["Age"]
    follow(page, "The list")
    follow(page, "Balance")
    panel = draw_lot(page, listed)
    at = page.url
    follow(page, "Invite the panel")
    press(page, "Invite \\d+ people")
    with mail_server.running() as server:
        letters = mailed(app, server)
    go(page, at)
    follow(page, "By letter")
    press(page, "Write the letters")
    printed = CODE.findall(go(page, f"{made}/sheets/letters?who=asked").content())
    assert len(letters) + len(printed) == len(panel) == 40
    mail = link(next(iter(letters.values())))
    guest = visit(mail)
    for path in (mail, f"/reply/{printed[0]}"):
        answer(guest, path)
    go(page, f"{made}/answers")
    missed = answer_by_phone(page)
    begins(session, in_minutes=-5)
    came = check_in(page, made, mail.rpartition("/")[2])
    begins(session, in_minutes=-3 * 60)
    check_after(page, made, came, missed)
    go(page, at)
    expect(page.locator("main")).to_contain_text("Of these: 3 said yes, 37 no answer yet.")
    ways = session.scalars(select(InviteReply.answered_by).where(InviteReply.state == "accepted"))
    assert sorted(ways) == ["link", "link", "phone"]
