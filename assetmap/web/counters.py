"""Codes to hang up, and where whoever scans one comes out: scanned, interested, joined."""

import uuid

from flask import Blueprint, g, redirect, render_template, request, session
from flask.typing import ResponseReturnValue
from uuid6 import uuid7

from assetmap import access, connections
from assetmap.db import db, now
from assetmap.errors import BadRequest, Conflict, Invalid
from assetmap.gate import limiter, public
from assetmap.models import Engagement, Entry
from assetmap.register import audit, audit_taking, classification, counters, reasons, stories
from assetmap.schemas.counters import STEPS, CounterDraft
from assetmap.schemas.reading import from_form
from assetmap.vocabulary import KIND_OF_PLURAL
from assetmap.web import codes
from assetmap.web.entry_requests import done, to_add_to, uid_from

bp = Blueprint("counters", __name__)

AT = "/<any(engagements, assets, groups):plural>/<uuid:uid>/codes"
TRIES = "600 per minute"  # sixty people in a hall have one address
WENT = "went"  # of the cookie: how far this browser went, by code, so that it counts once
NOT_OURS = frozenset({"csrf_token", "uid"})


@bp.get(f"{AT}/")
def show(plural: str, uid: uuid.UUID) -> str:
    """The codes of an entry, how often each was scanned, and the form for one more."""
    entry = stories.whole(db.session, uid, KIND_OF_PLURAL[plural], viewer=g.viewer)
    reasons.require(db.session, entry, viewer=g.viewer)
    return _page(entry, {"uid": str(uuid7())})


@bp.post(f"{AT}/")
def add(plural: str, uid: uuid.UUID) -> ResponseReturnValue:
    """Make a code to hang up."""
    entry = to_add_to(KIND_OF_PLURAL[plural], uid)
    try:
        draft = from_form(CounterDraft, request.form, ignore=NOT_OURS)
        counters.add(db.session, entry, uid_from("uid"), draft, viewer=g.viewer)
    except (Conflict, Invalid) as error:
        db.session.rollback()
        wrong = {"hangs_at": str(error)} if isinstance(error, Conflict) else dict(error.problems)
        typed = request.form.to_dict() | {"uid": str(uuid7())}
        return _page(to_add_to(KIND_OF_PLURAL[plural], uid), typed, wrong), error.status
    return done(entry, "The code is ready: print it and hang it up.", "/codes/")


@bp.post(f"{AT}/<uuid:counter>/<any(up, down):way>")
def settle(plural: str, uid: uuid.UUID, counter: uuid.UUID, way: str) -> ResponseReturnValue:
    """Take a code down, or hang it up again."""
    entry = to_add_to(KIND_OF_PLURAL[plural], uid)
    counters.settle(db.session, entry, counter, up=way == "up", viewer=g.viewer)
    words = "The code works again." if way == "up" else "The code leads nowhere now."
    return done(entry, words, "/codes/")


@bp.get("/at/<code>")
@limiter.limit(TRIES)
@public
def scanned(code: str) -> str:
    """What a code leads to; that it was scanned is counted, once for a browser."""
    if STEPS[0] not in _went(code) and request.method == "GET":  # HEAD is a program's
        connections.read_enough(db.session)  # a page that writes
        counter, entry = counters.at(db.session, code)
        counters.count(db.session, counter, STEPS[0])
        page = _landing(code, entry)
        _go(code, STEPS[0])
        db.session.commit()
        return page
    return _landing(code, counters.at(db.session, code)[1])


@bp.post("/at/<code>")
@limiter.limit(TRIES)
@public
def go_on(code: str) -> ResponseReturnValue:
    """Count that somebody is interested or has joined, once for a browser."""
    step = request.form.get("step", "")
    if step not in STEPS[1:]:
        raise BadRequest.field("step", "Say interest or joined.")
    counter, _ = counters.at(db.session, code)
    if step not in _went(code):
        counters.count(db.session, counter, step)
        _go(code, step)
    db.session.commit()
    return redirect(f"/at/{code.lower()}", 303)


def _went(code: str) -> list[str]:
    kept = session.get(WENT)
    steps = kept.get(code.lower(), []) if isinstance(kept, dict) else []
    return list(steps)


def _go(code: str, step: str) -> None:
    kept = session.get(WENT)
    held = dict(list(kept.items())[-20:]) if isinstance(kept, dict) else {}  # a cookie is small
    session[WENT] = held | {code.lower(): [*_went(code), step]}


def _landing(code: str, entry: Entry) -> str:
    """What somebody sees who scanned a code: of an event that is called off or over, that too."""
    shown = entry if entry.visibility == "public" else None
    event = shown if isinstance(shown, Engagement) else None
    return render_template(
        "counters/landing.html",
        code=code.lower(),
        shown=shown,
        is_event=entry.kind == "engagement",
        is_off=event is not None and event.status == "cancelled",
        is_over=event is not None and event.ends_at < now(),
        went=_went(code),
    )


def _page(entry: Entry, typed: dict[str, str], problems: dict[str, str] | None = None) -> str:
    found = counters.of(db.session, entry, viewer=g.viewer)
    page = render_template(
        "counters/show.html",
        entry=entry,
        found=[
            (one, address := f"{codes.root()}/at/{one.counter.code}", codes.drawn(address))
            for one in found
        ],
        typed=typed,
        problems=problems or {},
        may_add=access.may_add_to(g.viewer, entry.team_id),
        level=classification.of(db.session, entry.kind, entry.visibility),
    )
    if problems is None:
        audit_taking.read_one(db.session, entry, frozenset(), viewer=g.viewer)
        audit.before_it_leaves(db.session)
        db.session.commit()
    return page
