"""Every request passes here first: who is asking, may they come in, and what goes back out."""

import re
import secrets
import uuid
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, TypeVar
from urllib.parse import urlsplit

import structlog
from flask import (
    Flask,
    Response,
    current_app,
    g,
    jsonify,
    redirect,
    render_template,
    request,
    session,
)
from flask_limiter import Limiter, RateLimitExceeded
from flask_limiter.util import get_remote_address
from flask_wtf.csrf import CSRFError, CSRFProtect
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm.exc import StaleDataError
from werkzeug.exceptions import HTTPException
from werkzeug.middleware.proxy_fix import ProxyFix

from assetmap import connections, errors, spatial
from assetmap.access import PUBLIC
from assetmap.db import db
from assetmap.errors import BadRequest, Conflict, Invalid, NotAllowed, RegisterError, SignInFirst
from assetmap.outside import rate_store
from assetmap.register import audit, looking, sessions, tokens
from assetmap.schemas import reading
from assetmap.settings import Settings
from assetmap.vocabulary import Channel

View = TypeVar("View", bound=Callable[..., Any])
SAFE = ("GET", "HEAD", "OPTIONS")
SHARED_KEY = "shared"  # of the cookie: others use this device too
SESSION_KEY = "session"  # of the cookie: the secret of the session kept in the database
YEAR_S = 365 * 24 * 3600
THE_WAY_IN = ("sign_in", "provider", "static_files", "walk")
OPEN_YET = (*THE_WAY_IN, "stopping", "own_details", "claims", "replying", "helping")
WHILE_LOOKING = (
    *("look_as.start", "look_as.stop", "sign_in.sign_out"),
    *("contacts.search", "stopping.stop"),
)

csrf = CSRFProtect()
limiter = Limiter(get_remote_address, headers_enabled=True)
log = structlog.get_logger()


@dataclass(frozen=True)
class Here:
    """The session of the browser that asks. proved: a second factor was given in it."""

    session_id: int
    user_id: int
    shared_device: bool
    proved: bool


def public(view: View) -> View:
    """Mark a view as open to people who have not signed in."""
    view.is_public = True  # type: ignore[attr-defined]
    return view


def by_link(view: View) -> View:
    """Mark a view that acts on the secret in its address alone: no page of ours need come before,
    and no cookie lends it any right. Mail programs press such links for their readers."""
    view.is_by_link = True  # type: ignore[attr-defined]
    return view


def install(app: Flask, settings: Settings) -> None:
    """Put the gate in front of the app."""
    app.config.update(
        SECRET_KEY=settings.signing_key(),
        MAX_CONTENT_LENGTH=settings.max_upload_mb * 2**20,
        MAX_FORM_MEMORY_SIZE=2 * 2**20,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SECURE=settings.public_url.startswith("https://"),
        PERMANENT_SESSION_LIFETIME=timedelta(hours=settings.session_hours),
        WTF_CSRF_TIME_LIMIT=None,
        RATELIMIT_STORAGE_URI=rate_store.address(settings.instance / "tried.sqlite"),
        RATELIMIT_STORAGE_OPTIONS={"secret": settings.signing_key()},
        RATELIMIT_IN_MEMORY_FALLBACK_ENABLED=True,
        TILE_ORIGIN=tile_origin(settings.basemap),
    )
    if n := settings.proxies:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=n, x_proto=n, x_host=n)  # type: ignore[method-assign]
    configure_log(settings)
    app.before_request(greet)  # first, so that whatever goes wrong next has what its page needs
    csrf.init_app(app)
    app.config["WTF_CSRF_CHECK_DEFAULT"] = False  # checked below, once it is known who asks
    limiter.init_app(app)
    app.before_request(refuse_nul)
    app.before_request(identify)
    app.before_request(look_as)
    app.before_request(keep_to_reading)
    app.before_request(keep_out)
    app.before_request(refuse_forgery)
    app.before_request(take_turn)  # last: who may not write, or sends slowly, holds nobody up
    app.after_request(dress)
    app.after_request(note_seen)
    app.jinja_env.globals["csp_nonce"] = lambda: g.nonce
    app.register_error_handler(RegisterError, explain)
    app.register_error_handler(HTTPException, explain_http)
    app.register_error_handler(CSRFError, explain_http)
    app.register_error_handler(StaleDataError, explain_stale)
    app.register_error_handler(OperationalError, explain_busy)
    app.register_error_handler(Exception, explain_unexpected)


def tile_origin(basemap: str) -> str:
    """Where pages may fetch a raster base map's tiles; nothing for a base map of our own."""
    kind, _, rest = basemap.partition(":")
    parts = urlsplit(rest.partition("|")[0])
    if kind != "raster" or parts.scheme not in ("http", "https"):
        return ""
    host = parts.netloc.replace("{s}", "*")  # one of several servers, by turns
    return f"{parts.scheme}://{host}" if re.fullmatch(r"[\w.:*-]+", host) else ""


def configure_log(settings: Settings) -> None:
    """One line an event; a traceback without the values it held, which may be somebody's."""
    shown: list[Any] = (
        [structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]
        if settings.log_json
        else [structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)]
    )
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            *shown,
        ]
    )


def wants_json() -> bool:
    """Machines get problem documents, people get pages."""
    return request.path.startswith("/api/") or request.path == "/health"


def greet() -> None:
    """Name the request; until it is known who asks, the public does."""
    g.request_id = uuid.uuid4().hex[:12]
    g.nonce = secrets.token_urlsafe(16)
    g.viewer = PUBLIC
    g.by_token, g.may_write, g.here, g.clear_browser = False, True, None, False


def refuse_nul() -> None:
    """PostgreSQL cannot store NUL and answers 500; SQLite can, so tests alone would miss it."""
    if "\0" in request.path or b"%00" in request.query_string:
        raise BadRequest("The address has a NUL character in it.")


def identify() -> None:
    """A bearer token on the JSON door, the session's cookie on pages."""
    settings: Settings = current_app.extensions["settings"]
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    g.by_token = scheme.lower() == "bearer"
    if g.by_token:
        came = tokens.bearer(db.session, token.strip(), proof_needed=settings.needs_proof)
        g.viewer, g.may_write = came.viewer, came.may_write
        g.seen = tokens.used(came)
    elif SESSION_KEY in session:
        recognise(cookie_secret(), settings)
    introduce()


def cookie_secret() -> str:
    """The secret of the session that the cookie names; "" for none."""
    found = session.get(SESSION_KEY)
    return found if isinstance(found, str) else ""


def recognise(secret: str, settings: Settings) -> None:
    """Who the cookie's session belongs to, unless it has ended or still waits for a code."""
    limits = session_limits(settings)
    found = sessions.recognise(db.session, secret, limits, proof_needed=settings.needs_proof)
    if found is None:
        session.pop(SESSION_KEY)
        g.clear_browser = session.pop(SHARED_KEY, False)
        return
    here, g.viewer = found
    if g.viewer.is_signed_in:
        g.here = Here(here.id, here.user_id, here.shared_device, here.proved_at is not None)
        g.seen = sessions.seen(here)


def session_limits(settings: Settings) -> sessions.Limits:
    """How long people stay signed in."""
    return sessions.Limits(settings.session_hours, settings.idle_minutes)


def keep_to_reading() -> None:
    """A token that may only read changes nothing."""
    if request.method not in SAFE and not g.may_write:
        raise NotAllowed("This token may only read. Make one that may write as well.")


def in_person() -> None:
    """Before views of people's own sign-in: programs have no business with them."""
    if g.by_token:
        raise NotAllowed("A token cannot do this. Sign in with a browser.")


def note_seen(response: Response) -> Response:
    """Keep when a session or a token was last used, to the minute."""
    if (seen := g.pop("seen", None)) is not None:
        connections.note_in_passing(db.engine, seen)
    return response


def introduce() -> None:
    """Tell the audit how this request came; of its address it keeps a keyed hash."""
    hashed = audit.address_hash(get_remote_address(), current_app.config["SECRET_KEY"])
    channel = Channel.JSON if request.path.startswith("/api/") else Channel.PAGE
    audit.came_by(db.session, audit.Asked(channel.value, g.request_id, hashed, g.by_token))


def look_as() -> None:
    """Show every page as the public or a partner is shown it, to whoever asked for that."""
    wanted = session.get("look_as")
    if not wanted or g.by_token or not g.viewer.is_signed_in:
        return
    try:
        g.viewer = looking.viewer_named(db.session, wanted, viewer=g.viewer)
    except RegisterError:  # the partner is gone, or the role that allowed it
        session.pop("look_as")
        return
    if request.method not in SAFE and request.endpoint not in WHILE_LOOKING:
        raise NotAllowed(
            f"You are looking as {looking.called(g.viewer)}. Stop looking to change anything."
        )


def keep_out() -> None:
    """A view is closed to the public unless it says otherwise; on a register that is
    OFFICIAL-SENSITIVE as a whole, all is but the way in and what people have a right to."""
    view = current_app.view_functions.get(request.endpoint or "")
    if view is None or g.viewer.is_signed_in:
        return
    settings: Settings = current_app.extensions["settings"]
    is_open = getattr(view, "is_public", False)
    if settings.classification == "OFFICIAL-SENSITIVE":
        is_open = is_open and (request.blueprint in OPEN_YET or request.path == "/health")
    if not is_open:
        raise SignInFirst("Sign in to see this.")


def refuse_forgery() -> None:
    """Forms carry a token; so do scripts that act with the cookie. Bearer tokens need none."""
    view = current_app.view_functions.get(request.endpoint or "")
    needs_none = g.by_token or getattr(view, "is_by_link", False)
    if request.method not in SAFE and not needs_none and request.endpoint:
        csrf.protect()


def take_turn() -> None:
    """Take the write lock's turn before a view that will write reads; the body is in by then."""
    if request.method not in SAFE and request.endpoint:
        request.get_data(parse_form_data=True)
        reading.refuse_nul(request.form, request.files)
        connections.read_enough(db.session)


def dress(response: Response) -> Response:
    """Headers that every answer leaves with."""
    tiles = current_app.config["TILE_ORIGIN"]
    response.headers.setdefault(
        "Content-Security-Policy",
        "default-src 'none'; script-src 'self' 'nonce-{n}'; style-src 'self' 'nonce-{n}';"
        " img-src 'self' data: blob: {t}; font-src 'self'; connect-src 'self'; worker-src 'self';"
        " media-src 'self'; manifest-src 'self'; form-action 'self'; frame-ancestors 'none';"
        " base-uri 'none'".format(n=g.get("nonce", ""), t=tiles),
    )
    response.headers.setdefault("X-Content-Type-Options", "nosniff")
    response.headers.setdefault("Referrer-Policy", "same-origin")
    response.headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
    response.headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
    if current_app.config["SESSION_COOKIE_SECURE"]:  # by https, from now on
        response.headers.setdefault("Strict-Transport-Security", f"max-age={YEAR_S}")
    response.headers.setdefault(
        "Permissions-Policy", "geolocation=(self), camera=(self), microphone=(self)"
    )
    if wants_json():  # so that a phone never takes the page of some network's door for us
        response.headers["X-Assetmap"] = "1"
    if g.get("clear_browser", False):
        response.headers["Clear-Site-Data"] = '"cache"'  # "storage" holds what waits to be sent
    response.headers.setdefault("X-Request-Id", g.get("request_id", ""))
    if "Cache-Control" not in response.headers:
        response.headers["Cache-Control"] = "no-store" if g.viewer.is_signed_in else "no-cache"
        response.vary.update(("Cookie", "Authorization"))
    return response


def problem(status: int, title: str, detail: str, **more: Any) -> Response:
    """A problem document (RFC 9457) for machines, a page for people."""
    if wants_json():
        answer = jsonify(
            {"type": "about:blank", "title": title, "status": status, "detail": detail, **more}
        )
        answer.content_type = "application/problem+json"
    else:
        answer = current_app.make_response(
            render_template(
                "errors/problem.html", status=status, title=title, detail=detail, **more
            )
        )
    answer.status_code = status
    if status == 401 and wants_json():
        answer.headers["WWW-Authenticate"] = 'Bearer realm="Assetmap"'
    return answer


def explain(error: RegisterError) -> Response:
    """Answer an error that the register raised on purpose; nothing of the work stays."""
    db.session.rollback()
    more: dict[str, Any] = {}
    if isinstance(error, Invalid) and error.problems:
        more["problems"] = error.problems
    if isinstance(error, Conflict) and error.fields:
        more["fields"] = {name: list(both) for name, both in error.fields.items()}
        if error.proposal is not None:
            more["proposal"] = str(error.proposal)
    answer = problem(error.status, error.title, str(error), **more)
    if error.version is not None:
        answer.set_etag(str(error.version))
    if error.retry_after_s is not None:
        answer.headers["Retry-After"] = str(error.retry_after_s)
    return answer


def explain_http(error: HTTPException) -> Response:
    """Answer what Flask itself refuses: no such page, wrong method, too large."""
    db.session.rollback()
    if isinstance(error, RateLimitExceeded):
        return explain(errors.TooMany(rate_store.too_often(error.limit.limit)))
    given = error.get_response()
    if error.code is not None and error.code < 400:
        return current_app.make_response(given)
    code = error.code or 500
    if code == 405 and (above := _page_above()):
        return current_app.make_response(redirect(above, 303))
    answer = problem(code, error.name, error.description or error.name)
    for name in ("Allow", "Retry-After"):
        if name in given.headers:
            answer.headers[name] = given.headers[name]
    return answer


def _page_above() -> str | None:
    """The nearest page above an address that only takes forms: who reloads it goes on there."""
    if request.method != "GET" or wants_json():
        return None
    pages, path = current_app.url_map.bind(""), request.path.rstrip("/")
    while "/" in path[1:]:
        path = path.rpartition("/")[0]
        for there in (path, f"{path}/"):
            with suppress(HTTPException):
                pages.match(there, method="GET")
                return there
    return None


def explain_stale(_error: StaleDataError) -> Response:
    """Two wrote the same row at once. The second is told; a program tries again by itself."""
    told = errors.Busy if wants_json() else Conflict
    return explain(told("Someone else changed this record a moment ago. Look at it again."))


def explain_busy(error: OperationalError) -> Response:
    """The database could not take its turn in time, or has no room: say so, to be tried again."""
    if connections.is_busy(error):
        return explain(errors.Busy("The register is busy. Nothing was changed; try again shortly."))
    return explain(errors.Full()) if spatial.is_out_of_room(error) else explain_unexpected(error)


def explain_unexpected(error: Exception) -> Response:
    """A mistake of ours: the log has all of it, the answer only a number to quote."""
    db.session.rollback()
    at = errors.without_secret(request.path)
    log.exception("unexpected", request_id=g.get("request_id"), path=at, exc_info=error)
    if current_app.config.get("PROPAGATE_EXCEPTIONS"):
        raise error
    said = f"It has been written down. Quote {g.get('request_id')} if you ask about it."
    return problem(500, "Something went wrong", said)
