"""Feeds for programs that look now and then whether something is new: Atom (RFC 4287)."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import NamedTuple
from xml.etree import ElementTree as Xml

TYPE = "application/atom+xml; charset=utf-8"
_SPACE = "http://www.w3.org/2005/Atom"
_UNTOLD = dict.fromkeys([*range(9), 11, 12, *range(14, 32), 0xFFFE, 0xFFFF])  # XML has none of them


class Item(NamedTuple):
    """Something new. id: of its own, for good; sort: what kind of thing it is."""

    id: str
    title: str
    url: str
    published_at: datetime
    updated_at: datetime
    sort: str


def write(id: str, title: str, url: str, by: str, items: Iterable[Item]) -> bytes:  # noqa: A002
    """A feed with these, the newest first. id: of the feed, for good; by: who publishes it."""
    Xml.register_namespace("", _SPACE)
    feed, found = Xml.Element(f"{{{_SPACE}}}feed"), list(items)
    began = datetime(2000, 1, 1, tzinfo=UTC)
    _add(feed, "id", id)
    _add(feed, "title", title)
    _add(feed, "link", "", href=url, rel="alternate")
    _add(feed, "updated", _at(max((one.updated_at for one in found), default=began)))
    _add(_add(feed, "author", ""), "name", by)
    for one in found:
        entry = _add(feed, "entry", "")
        _add(entry, "id", one.id)
        _add(entry, "title", one.title)
        _add(entry, "link", "", href=one.url, rel="alternate")
        _add(entry, "published", _at(one.published_at))
        _add(entry, "updated", _at(one.updated_at))
        _add(entry, "category", "", term=one.sort)
    written: bytes = Xml.tostring(feed, encoding="utf-8", xml_declaration=True)
    return written


def _add(to: Xml.Element, name: str, text: str, **attributes: str) -> Xml.Element:
    made = Xml.SubElement(to, f"{{{_SPACE}}}{name}", attributes)
    made.text = text.translate(_UNTOLD) or None
    return made


def _at(given: datetime) -> str:
    return given.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
