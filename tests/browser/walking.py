"""A team, its walkabout and its area, taken along on a phone: what tests of the app start from."""

import io
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from PIL import Image
from playwright.sync_api import BrowserContext, FilePayload, Page
from sqlalchemy import select
from sqlalchemy.orm import Session

from assetmap.models import Entry, User
from assetmap.register import categories
from tests.browser.conftest import PHONE, STARTED
from tests.browser.weather import Weather
from tests.make import commit, make_area, make_entry, make_team, make_user

HERE = {"longitude": -1.93, "latitude": 53.72, "accuracy": 8}
READY = "navigator.serviceWorker.ready.then(() => navigator.serviceWorker.controller !== null)"
WALK = "Riverside walk"


@pytest.fixture
def weather(app: Flask) -> Weather:
    """What stands between the phone and the register."""
    between = Weather(app.wsgi_app)
    app.wsgi_app = between  # type: ignore[method-assign,assignment]
    return between


@pytest.fixture
def walker(session: Session) -> User:
    """An editor of a team that has a walkabout planned, with a few places about."""
    categories.load_default(session)
    make_area(session)
    team = make_team(session)
    near = {"type": "Point", "coordinates": [-1.9301, 53.7201]}
    make_entry(session, "asset", team, title="Church hall", geometry=near)
    stops = ["Mill Lane | -1.9302, 53.7202", "Behind the flats"]
    make_entry(session, "walkabout", team, title=WALK, geometry=near, stops=stops)
    commit()
    return make_user(session, team, "editor")


@pytest.fixture
def phone(
    context: BrowserContext,
    page: Page,
    walker: User,
    weather: Weather,
    sign_in: Callable[[User], None],
) -> Page:
    """The app on a phone whose person is signed in and has taken the walkabout along."""
    commit()
    sign_in(walker)
    context.grant_permissions(["geolocation"])
    context.set_geolocation(HERE)  # type: ignore[arg-type]
    page.set_viewport_size(PHONE)
    open_app(page, "#/walkabouts")
    page.get_by_role("button", name=f"Go on: {WALK}").click()
    page.wait_for_selector("html[data-screen=log]")
    wait_for_status(page, "1 of 1 received")  # that the walkabout is underway
    return page


def installed(page: Page) -> Page:
    """Once the phone keeps the app itself."""
    page.evaluate(READY)
    return page


def open_app(page: Page, at: str = "") -> Page:
    """The app, started."""
    page.goto(f"/walk/{at}")
    page.wait_for_selector(STARTED, state="attached")
    return page


def at_screen(page: Page, hash_: str, name: str) -> None:
    """Another screen, once it is drawn."""
    page.evaluate("hash => { location.hash = hash }", hash_)
    page.wait_for_selector(f"html[data-screen={name}]", state="attached")


def log_one(page: Page, kind: str = "Asset", words: str = "") -> None:
    """Three taps: kind, category, save; words are typed first where there are any."""
    page.get_by_role("link", name=kind).first.click()
    if words:
        page.fill("#words", words)
    page.locator("button[data-code]").first.click()
    page.click("#save")
    page.wait_for_selector("html[data-screen=log]")


def status(page: Page) -> str:
    """The line at the top."""
    return page.inner_text("#status")


def wait_for_status(page: Page, words: str) -> None:
    """Until the line at the top says this."""
    page.wait_for_function(
        "words => document.getElementById('status').textContent.includes(words)", arg=words
    )


def titles(session: Session, kind: str) -> list[str]:
    """What the register has of a kind, in the order it came."""
    session.expire_all()
    session.rollback()
    return list(session.scalars(select(Entry.title).where(Entry.kind == kind).order_by(Entry.id)))


def kept(page: Page, store: str) -> list[dict[str, Any]]:
    """What the phone keeps in one store."""
    found: list[dict[str, Any]] = page.evaluate(
        """store => new Promise((resolve) => {
            const opening = indexedDB.open("assetmap-walk");
            opening.onsuccess = () => {
                const db = opening.result;
                const asked = db.transaction(store).objectStore(store).getAll();
                asked.onsuccess = () => {
                    db.close();
                    resolve(JSON.parse(JSON.stringify(asked.result)));
                };
            };
        })""",
        store,
    )
    return found


def settle(page: Page) -> None:
    """Until what was typed is on the disk: a strict transaction of our own comes after it."""
    page.evaluate(
        """() => new Promise((resolve) => {
            const opening = indexedDB.open("assetmap-walk");
            opening.onsuccess = () => {
                const db = opening.result;
                const writing = db.transaction("drafts", "readwrite");
                writing.oncomplete = () => { db.close(); resolve(); };
            };
        })"""
    )


def picture() -> FilePayload:
    """A photo that says where it was taken."""
    image, taken = Image.new("RGB", (2400, 1800), "#7a9"), Image.Exif()
    taken.get_ifd(0x8825)[1] = "N"
    data = io.BytesIO()
    image.save(data, "JPEG", exif=taken)
    return {"name": "gate.jpg", "mimeType": "image/jpeg", "buffer": data.getvalue()}
