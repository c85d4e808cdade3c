"""A real browser against a real server: Debian's chromium, and the app of the test on a free port.

Every test runs on both databases, as all tests that ask for `app` do.
"""

import shutil
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from flask import Flask
from playwright.sync_api import Browser, BrowserContext, Page, ViewportSize
from werkzeug.serving import WSGIRequestHandler, make_server

from assetmap.db import db
from assetmap.gate import SESSION_KEY
from assetmap.models import User
from tests.make import make_session

BROWSERS = ("chromium-headless-shell", "chromium", "chromium-browser")
CHROMIUM = next((path for path in map(shutil.which, BROWSERS) if path), None)
DESKTOP: ViewportSize = {"width": 1440, "height": 900}
PHONE: ViewportSize = {"width": 390, "height": 844}
AXE = Axe()
OF_COLOURS = ("color-contrast", "link-in-text-block")  # of axe's rules; they take half of its time
STARTED = "html[data-started]"
# the phone's app shuts its screen while it draws another: what was looked over then is again
LOOK_OVER = """async (only) => {
  const main = document.getElementById("main");
  let turns = 0;
  const turning = new MutationObserver(() => { turns += 1; });
  if (main) turning.observe(main, { attributes: true, attributeFilter: ["inert"] });
  for (;;) {
    while (main?.inert) await new Promise((done) => setTimeout(done, 20));
    const before = turns;
    const found = await axe.run(only);
    await new Promise((done) => setTimeout(done, 0));
    if (turns === before && !main?.inert) {
      turning.disconnect();
      return found.violations;
    }
  }
}"""
PATIENCE_MS = 60_000  # with something that comes late on a machine that has other work


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    """Debian's own chromium, never one that Playwright fetches."""
    if CHROMIUM is None:
        pytest.skip("chromium is not installed here (make test installs it)")
    listening = ("--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream")
    args = ["--no-sandbox", "--disable-dev-shm-usage", *listening]
    return {**browser_type_launch_args, "executable_path": CHROMIUM, "args": args}


@pytest.fixture(scope="session")
def base_url() -> str:
    """None for the whole session: each test has a server of its own (`live`)."""
    return ""


@pytest.fixture
def browser_context_args(browser_context_args: dict[str, Any], live: str) -> dict[str, Any]:
    """Pages are at the test's own server, and nothing moves by itself."""
    return {**browser_context_args, "base_url": live, "reduced_motion": "reduce"}


@pytest.fixture
def context(context: BrowserContext) -> BrowserContext:
    """A window that waits for what is slow to come."""
    context.set_default_timeout(PATIENCE_MS)
    return context


class Handler(WSGIRequestHandler):
    """Answers a browser, and does not wait for ever for its next question."""

    timeout = 30  # s

    def log(self, type: str, message: str, *args: Any) -> None:  # noqa: A002, werkzeug's name
        """Nothing: what a test that fails has to say drowned in the hundred files of a page."""


@pytest.fixture
def live(app: Flask) -> Iterator[str]:
    """The address of the service, up for the length of one test and until all is answered.

    A browser that is closed does not wait for what it asked for, and a connection that is in use
    when those to the database are closed stays open.
    """
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=Handler)
    server.daemon_threads = False  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def sign_in(app: Flask, context: BrowserContext, live: str) -> Callable[[User], None]:
    """Be somebody: the cookie that signing in would leave."""

    def be(user: User) -> None:
        client = app.test_client()
        secret = make_session(db.session, user)
        db.session.commit()
        with client.session_transaction() as cookie:
            cookie[SESSION_KEY] = secret
        kept = client.get_cookie("session")
        assert kept is not None
        context.add_cookies([{"name": "session", "value": kept.value, "url": live}])

    return be


@pytest.fixture
def visit(browser: Browser, live: str) -> Iterator[Callable[..., Page]]:
    """Open a path as a passer-by, in a window of a size, with scripts on or off."""
    opened: list[BrowserContext] = []

    def open_at(path: str, size: ViewportSize = DESKTOP, *, scripts: bool = True) -> Page:
        context = browser.new_context(
            base_url=live, viewport=size, java_script_enabled=scripts, reduced_motion="reduce"
        )
        context.set_default_timeout(PATIENCE_MS)
        opened.append(context)
        return go(context.new_page(), path, scripts=scripts)

    yield open_at
    for context in opened:
        context.close()


def go(page: Page, path: str, *, scripts: bool = True) -> Page:
    """The page at a path, once its scripts have started."""
    page.goto(path)
    return settled(page) if scripts else page


def settled(page: Page) -> Page:
    """The page once its scripts have started."""
    page.wait_for_selector(STARTED, state="attached")
    return page


def problems(page: Page, *, narrower: bool = False) -> list[str]:
    """What axe finds wrong, and whether the page is wider than its window. narrower: it was looked
    over in a wider window already, and colours do not hang on that."""
    only: dict[str, Any] = {
        "resultTypes": ["violations"],  # what is right need not be told element by element
        "iframes": False,  # no page has any
        "preload": {"assets": ["media"]},  # no rule that is on asks for style sheets
    }
    if narrower:
        only["rules"] = {rule: {"enabled": False} for rule in OF_COLOURS}
    if page.evaluate("typeof window.axe") == "undefined":
        page.evaluate(AXE.axe_script)
    found = page.evaluate(LOOK_OVER, only)
    said = [f"{one['id']}: {[node['target'] for node in one['nodes']][:3]}" for one in found]
    if page.evaluate("document.documentElement.scrollWidth > window.innerWidth"):
        said.append("scrolls sideways")
    return said
