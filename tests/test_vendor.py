"""The browser libraries and fonts in static/vendor are the ones the lock describes."""

import json
import runpy
from pathlib import Path

VENDOR = Path(__file__).parent.parent / "static" / "vendor"


def test_every_vendored_file_matches_its_hash_in_the_lock() -> None:
    assert runpy.run_path(str(VENDOR / "vendor.py"))["differences"]() == []


def test_every_vendored_library_names_its_licence_and_ships_the_text() -> None:
    pins = json.loads((VENDOR / "pins.json").read_text("utf-8"))
    lock = {
        one["name"]: one for one in json.loads((VENDOR / "vendor.lock.json").read_text("utf-8"))
    }
    notice = (VENDOR / "NOTICE.txt").read_text("utf-8")
    for name, pin in pins.items():
        assert lock[name]["version"] == pin["version"]
        assert f"{name} {pin['version']}, {lock[name]['licence']}" in notice
        assert any(path.endswith("LICENSE") or "licences/" in path for path in lock[name]["files"])


def test_the_style_sheet_we_borrow_carries_no_crown_font_or_crest() -> None:
    sheet = next(VENDOR.glob("govuk-frontend-*/govuk-frontend.min.css")).read_text("utf-8")
    assert "GDS Transport" not in sheet
    assert "crest.svg" not in sheet
    assert "/assets/" not in sheet
