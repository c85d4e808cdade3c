"""A walkabout's paper pack in a browser that has no network, and on paper."""

import gzip
import re
from collections.abc import Callable
from pathlib import Path

import mapbox_vector_tile
import pytest
import shapely
from flask import Flask
from playwright.sync_api import Browser, Page, expect
from pmtiles.tile import Compression, TileType, zxy_to_tileid
from pmtiles.writer import Writer
from sqlalchemy.orm import Session

from assetmap.demo.basemap import tile_at
from assetmap.models import User
from assetmap.register import categories
from tests.browser.conftest import DESKTOP, PHONE, go, problems
from tests.make import commit, make_entry, make_team, make_user, shape_json
from tests.web.pages import sign_in as be_them
from tests.web.test_paper import HOSTILE

AREA = shape_json(shapely.box(-1.93, 53.73, -1.91, 53.74))
ZOOMS = range(11, 15)
IS_WATER = """(inside) => [...document.querySelectorAll(`${inside} canvas`)].some((tile) => {
  const at = tile.getContext("2d").getImageData(tile.width / 2, tile.height / 2, 1, 1);
  return [...at.data].join() === "185,214,230,255";
})"""

pytestmark = pytest.mark.parametrize("database", ["spatialite"], indirect=True)


def flooded(path: Path) -> None:
    """A base map that is water wherever it is drawn."""
    ground = {"geometry": shapely.box(0, 0, 4096, 4096), "properties": {}}
    tile = gzip.compress(mapbox_vector_tile.encode([{"name": "water", "features": [ground]}]))
    path.parent.mkdir(parents=True, exist_ok=True)
    keys = set()
    for zoom in ZOOMS:
        x, y = tile_at(zoom, -1.92, 53.735)
        around = [(x + across, y + up) for across in (-2, -1, 0, 1, 2) for up in (-1, 0, 1)]
        keys |= {zxy_to_tileid(zoom, *spot) for spot in around}
    layers = [{"id": name} for name in ("green", "roads", "wards", "water")]
    box = {"min_lon_e7": -20000000, "min_lat_e7": 530000000}
    box |= {"max_lon_e7": -10000000, "max_lat_e7": 540000000, "center_zoom": 14}
    box |= {
        "center_lon_e7": -19200000,
        "center_lat_e7": 537350000,
        "min_zoom": ZOOMS[0],
        "max_zoom": ZOOMS[-1],
    }
    with path.open("wb") as file:
        writer = Writer(file)
        for key in sorted(keys):
            writer.write_tile(key, tile)
        kind = {"tile_type": TileType.MVT, "tile_compression": Compression.GZIP}
        writer.finalize(box | kind, {"attribution": "Drawn by us", "vector_layers": layers})


@pytest.fixture
def walk(app: Flask, session: Session) -> tuple[str, User]:
    """A walkabout among places with hostile names, on a base map of water."""
    flooded(app.extensions["settings"].instance / "basemap.pmtiles")
    team = make_team(session)
    user = make_user(session, team, "logger", "walker@demo.example")
    categories.load_default(session)  # all its codes: they fill a sheet to its foot
    made = make_entry(session, "walkabout", team, title="Round the flats", geometry=AREA)
    for name in HOSTILE:
        make_entry(session, "asset", team, title=name)
    path = made.path
    commit()
    return path, user


def heard(page: Page) -> tuple[list[str], list[str]]:
    """What the page asks for, and what goes wrong in it, from here on."""
    asked, wrong = list[str](), list[str]()
    page.on("request", lambda request: asked.append(request.url))
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("console", lambda one: wrong.append(one.text) if one.type == "error" else None)
    return asked, wrong


def test_a_pack_opens_from_a_file_with_no_network_draws_its_map_and_prints_on_a4(
    app: Flask, browser: Browser, walk: tuple[str, User], tmp_path: Path
) -> None:
    path, user = walk
    client = app.test_client()
    be_them(client, user)
    file = tmp_path / "pack.html"
    file.write_bytes(client.get(f"{path}/pack.html").data)
    for size in (DESKTOP, PHONE):
        context = browser.new_context(viewport=size, offline=True, reduced_motion="reduce")
        page = context.new_page()
        asked, wrong = heard(page)
        page.goto(file.as_uri())
        expect(page.locator(".screen-map .mark")).to_have_count(len(HOSTILE))
        for inside in (".screen-map", ".paper-map"):
            page.wait_for_function(IS_WATER, arg=inside)
        page.locator(".screen-map .mark-holder").first.press("Enter")
        expect(page.locator(".leaflet-popup h3")).to_contain_text(HOSTILE[0])
        assert page.evaluate("window.PWN") is None
        assert problems(page) == []
        printed = page.pdf(prefer_css_page_size=True)
        sheets = set(re.findall(rb"/MediaBox \[0 0 ([\d.]+) ([\d.]+)\]", printed))
        assert [(round(float(w)), round(float(h))) for w, h in sheets] == [(595, 842)]
        assert len(re.findall(rb"/Type /Page\b", printed)) == 5  # map, list, three to write on
        assert (asked, wrong) == ([file.as_uri()], [])
        context.close()


def test_a_sheet_is_keyed_in_with_the_keyboard_alone(
    page: Page, sign_in: Callable[[User], None], walk: tuple[str, User]
) -> None:
    path, user = walk
    sign_in(user)
    go(page, f"{path}/rekey?sheet=1")
    page.locator("#title-1").focus()
    for row in ("Cans by the steps", "Bags by the gate"):
        for typed in (row, "lit", "-1.92,53.735"):
            page.keyboard.type(typed)
            page.keyboard.press("Tab")
        page.keyboard.press("Enter")
    expect(page.locator("#title-3")).to_be_focused()
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("heading", name="2 logged")).to_be_visible()
