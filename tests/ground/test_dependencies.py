"""What we lock and what we vendor has no known weakness that a newer version mends.

The list of weaknesses is OSV's, asked for every version at once. Where it cannot be reached, the
check says so; what it does with an answer is tested without it.
"""

import json
import re
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
import requests

ROOT = Path(__file__).parents[2]
SERVICE = "https://api.osv.dev"
WAIT_S = 10
LOCKED = re.compile(r"^([A-Za-z0-9._-]+)==([^ ;\\]+)", re.MULTILINE)
# Known, and does not touch us: {"GHSA-…": "why"}. Take it out with the version that mends it.
ACCEPTED: dict[str, str] = {}


def packages() -> list[str]:
    """Every locked Python package and vendored script, as a package URL with its version."""
    python = LOCKED.findall((ROOT / "requirements.lock").read_text())
    vendored = json.loads((ROOT / "static/vendor/vendor.lock.json").read_text())
    scripts = [
        (one["name"].replace("@", "%40"), one["version"]) for one in vendored if one["version"]
    ]
    return [f"pkg:pypi/{name}@{version}" for name, version in python] + [
        f"pkg:npm/{name}@{version}" for name, version in scripts
    ]


def asked(address: str, body: object = None) -> Any:
    """The service's answer. Raises requests.RequestException where it cannot be had."""
    answer = requests.request("GET" if body is None else "POST", address, json=body, timeout=WAIT_S)
    answer.raise_for_status()
    return answer.json()


def weaknesses(service: str) -> list[str]:
    """A line for each known weakness of what we use that a newer version mends."""
    used = packages()
    queries = [{"package": {"purl": one}} for one in used]
    answer = asked(f"{service}/v1/querybatch", {"queries": queries})
    found = []
    for package, result in zip(used, answer["results"], strict=True):
        for known in result.get("vulns", ()):
            if known["id"] not in ACCEPTED and is_mended(
                asked(f"{service}/v1/vulns/{known['id']}")
            ):
                found.append(f"{package}: {known['id']}")
    return found


def is_mended(weakness: dict[str, Any]) -> bool:
    """Whether a version without it is out."""
    ranges = [one for each in weakness.get("affected", ()) for one in each.get("ranges", ())]
    return any("fixed" in event for one in ranges for event in one["events"])


@pytest.fixture
def service() -> Iterator[str]:
    """A list of weaknesses in which the first package has two, one of them mended."""

    class Answers(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            nothing: list[dict[str, Any]] = [{} for _ in body["queries"]]
            nothing[0] = {"vulns": [{"id": "OLD-1"}, {"id": "NEW-2"}]}
            self.say({"results": nothing})

        def do_GET(self) -> None:
            end = {"fixed": "99"} if self.path.endswith("OLD-1") else {"last_affected": "99"}
            self.say({"affected": [{"ranges": [{"events": [{"introduced": "0"}, end]}]}]})

        def say(self, what: object) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(json.dumps(what).encode())

        def log_message(self, *_: object) -> None:
            """Nothing on the terminal."""

    with HTTPServer(("127.0.0.1", 0), Answers) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def test_nothing_we_use_has_a_known_weakness_that_a_newer_version_mends() -> None:
    try:
        found = weaknesses(SERVICE)
    except requests.RequestException:  # no way there, or something in between answers
        pytest.skip("the list of known weaknesses cannot be reached from here")
    assert found == [], "take the newer version: make lock args=--upgrade"


def test_a_weakness_that_is_mended_is_told_and_one_that_is_not_waits(service: str) -> None:
    assert weaknesses(service) == [f"{packages()[0]}: OLD-1"]


def test_every_package_and_script_is_asked_about_in_its_version() -> None:
    used = packages()
    assert {"pkg:npm/leaflet@1.9.4"} < set(used)
    assert len(used) > 60
    assert all(re.fullmatch(r"pkg:(pypi|npm)/[^@]+@[0-9][^@]*", one) for one in used)
