"""What each operation of the JSON door takes and gives, said once, where its view stands.

The request is checked by that statement before the view sees it, and the OpenAPI document is read
off the same statement (`openapi.py`), so the two can't drift apart.
"""

import functools
import hashlib
import uuid
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import orjson
from flask import Response, current_app, g, request
from pydantic import BaseModel
from werkzeug.exceptions import RequestEntityTooLarge, UnsupportedMediaType

from assetmap.db import db, streamed
from assetmap.errors import BadRequest, Invalid, NotFound
from assetmap.formats import geojson
from assetmap.register import audit_taking, entries, reasons
from assetmap.schemas.reading import checked, from_query
from assetmap.settings import Settings

JSON = "application/json"
GEOJSON = "application/geo+json"
MOST_BYTES = 2 * 2**20
TAG = 32  # hexadecimal digits
TAKEN = (JSON, GEOJSON)


@dataclass(frozen=True)
class Reply:
    """What a view answers with. Whoever has an answer already is spared it; etag: what tells it
    from others, where that is not all of it."""

    body: Any = None
    status: int = 200
    etag: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Operation:
    """Decorates a view; hands it what the query string and the body say as `query` and `body`.

    gives: the type of the answer, None where it has none. body: the schema of what is sent; what
    has only `sends`, the type to document, gets its JSON as it came and reads it itself.
    takes: media types of a body that is no JSON, which the view reads with `read_bytes`. kept: the
    type of a 202, where what was sent is kept in another way than asked.
    refuses: statuses beside those that every operation, or every one with a body, can answer.
    is_sent_as_read: the answer comes in pieces, and nothing tells it from others beforehand.
    """

    gives: Any = None
    status: int = 200
    also: Mapping[int, str] = field(default_factory=dict)
    query: type[BaseModel] | None = None
    body: type[BaseModel] | None = None
    sends: Any = None
    takes: tuple[str, ...] = ()
    kept: Any = None
    refuses: tuple[int, ...] = ()
    headers: tuple[str, ...] = ()
    media: str = JSON
    is_sent_as_read: bool = False

    def __call__(self, view: Callable[..., Reply]) -> Callable[..., Response]:
        """The view as Flask calls it."""

        @functools.wraps(view)
        def wrapped(**path: Any) -> Response:
            if self.query is not None:
                path["query"] = from_query(self.query, request.args)
            elif request.args:
                _refuse_all()
            if self.body is not None:
                path["body"] = checked(self.body, read_json())
            elif self.sends is not None:
                path["body"] = read_json()
            return self._answer(view(**path))

        wrapped.operation = self  # type: ignore[attr-defined]
        return wrapped

    def _answer(self, reply: Reply) -> Response:
        headers = dict(reply.headers)
        response = Response(status=reply.status, headers=headers)
        if self.gives is None or reply.body is None:
            del response.headers["Content-Type"]
            return response
        if self.is_sent_as_read:
            response.response, response.content_type = streamed(reply.body), self.media
            return response
        is_file = isinstance(reply.body, bytes)
        response.data = reply.body if is_file else geojson.dumps(reply.body)
        response.content_type = self.media
        if request.method in ("GET", "HEAD"):
            tag = reply.etag or hashlib.sha256(response.data).hexdigest()[:TAG]
            response.set_etag(tag)
            if request.if_none_match.contains_weak(tag):
                response.status_code, response.data = 304, b""
        elif reply.etag is not None:
            response.set_etag(reply.etag)
        return response


def _refuse_all() -> None:
    names = [name[:40] for name in request.args]
    problem = "There is no such parameter."
    raise BadRequest(f"{', '.join(names)}: {problem}", dict.fromkeys(names, problem))


def read_json() -> Any:
    """The request's body. Raises BadRequest naming the place where it stops being JSON."""
    if request.mimetype not in TAKEN:
        raise UnsupportedMediaType(f"Send {JSON} or {GEOJSON}.")
    if (request.content_length or 0) > MOST_BYTES:
        raise RequestEntityTooLarge(f"Send {MOST_BYTES // 2**20} MB or less.")
    body = request.get_data()
    if len(body) > MOST_BYTES:  # without a length said beforehand
        raise RequestEntityTooLarge(f"Send {MOST_BYTES // 2**20} MB or less.")
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}"
        raise BadRequest.field("body", f"This is not JSON, at {place}: {error.msg}.") from error


def base_version() -> int | None:
    """The version that If-Match names. Raises BadRequest when it is not one version."""
    given = request.headers.get("If-Match")
    if given is None:
        return None
    version = given.strip().removeprefix("W/").strip('"')
    if not (version.isascii() and version.isdecimal() and len(version) <= 9):
        raise BadRequest.field("If-Match", 'Give the version you changed, such as "3".')
    return int(version)


def said_why() -> str:
    """What X-Purpose says a restricted record is read for; "" for nothing. Raises BadRequest."""
    given = request.headers.get("X-Purpose", "").encode("latin-1").decode("utf-8", "replace")
    try:
        return audit_taking.purpose(given)
    except Invalid as error:
        raise BadRequest.field("X-Purpose", *error.problems.values()) from error


def require_reason(uid: uuid.UUID) -> None:
    """Before something is done to an entry, whose answer shows it. Raises ReasonRequired for a
    restricted one of which nobody said why; what is not there is left to whoever does it."""
    with suppress(NotFound):
        entry = entries.find(db.session, uid, viewer=g.viewer)
        reasons.require(db.session, entry, said_why(), viewer=g.viewer)
        db.session.expire(entry)  # who waits for their turn to write reads it anew


def root() -> str:
    """Where people reach the service, without a slash at the end."""
    settings: Settings = current_app.extensions["settings"]
    return (settings.public_url or request.host_url).rstrip("/")


def here(**changes: Any) -> str:
    """The address asked for, with these parameters put in place of what it has."""
    kept = [(name, value) for name, value in request.args.items(multi=True) if name not in changes]
    query = urlencode([*kept, *changes.items()])
    return root() + request.path + (f"?{query}" if query else "")


def page_links(next_cursor: Any, media: str = JSON) -> list[dict[str, str]]:
    """The address of this page and, when there is more, of the next."""
    links = [{"rel": "self", "href": here(), "type": media}]
    if next_cursor is not None:
        links.append({"rel": "next", "href": here(cursor=next_cursor), "type": media})
    return links
