"""Reading a page's form as a browser would send it, so that tests change only what they mean to."""

from html.parser import HTMLParser

from flask import g
from flask.testing import FlaskClient
from werkzeug.datastructures import MultiDict
from werkzeug.test import TestResponse

_UNSENT = ("submit", "button", "file", "search")


class Boxes(HTMLParser):
    """Collects what the form with an action ending so would send."""

    def __init__(self, action: str) -> None:
        super().__init__()
        self.action = action
        self.found: MultiDict[str, str] = MultiDict()
        self._inside = False
        self._select = ""
        self._textarea = ""
        self._first = True

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attributes}
        if tag == "form":
            self._inside = given.get("action", "").endswith(self.action)
        if not self._inside:
            return
        name, value = given.get("name", ""), given.get("value", "")
        if tag == "input" and name and given.get("type") not in _UNSENT:
            ticked = given.get("type") not in ("checkbox", "radio") or "checked" in given
            if ticked:
                self.found.add(name, value)
        elif tag == "select":
            self._select, self._first = name, True
        elif tag == "option" and self._select and (self._first or "selected" in given):
            self.found[self._select] = value
            self._first = False
        elif tag == "textarea":
            self._textarea = name
            self.found[name] = ""

    def handle_data(self, data: str) -> None:
        if self._textarea:
            self.found[self._textarea] += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._inside = False
        if tag == "select":
            self._select = ""
        if tag == "textarea":
            self.found[self._textarea] = self.found[self._textarea].removeprefix("\n")
            self._textarea = ""


def filled(page: str, action: str) -> MultiDict[str, str]:
    """What a page's form holds, by the end of its action."""
    boxes = Boxes(action)
    boxes.feed(page)
    assert boxes.found, f"no form for {action}"
    return boxes.found


def send(client: FlaskClient, path: str, **changed: str | list[str]) -> TestResponse:
    """Open the form at `path`, change some boxes, and send it; that an entry has no place is meant,
    unless `placeless` is given."""
    action = path.partition("?")[0]
    g.pop("csrf_token", None)  # the tests' own context outlives a request, real ones don't
    said = filled(client.get(path).text, action)
    for name, value in {"placeless": "yes", **changed}.items():
        said.setlist(name, value if isinstance(value, list) else [value])
    return client.post(action, data=said)
