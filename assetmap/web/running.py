"""The running order of an event: its parts with their times, and keeping them."""

import uuid
from collections.abc import Callable, Mapping
from datetime import timedelta
from itertools import groupby
from typing import Any

from flask import Blueprint, g, render_template, request
from flask.typing import ResponseReturnValue
from uuid6 import uuid7

from assetmap import access
from assetmap.db import db, local_day
from assetmap.errors import Conflict, Invalid
from assetmap.gate import public
from assetmap.models import Engagement, EventPart
from assetmap.register import actions, audit, audit_taking, classification, running
from assetmap.register.running import Timed
from assetmap.schemas.reading import from_form
from assetmap.schemas.running import PARTS, PartDraft
from assetmap.web import labels
from assetmap.web.entry_requests import done, event_shown, event_to_change, uid_from

bp = Blueprint("running", __name__, url_prefix="/engagements/<uuid:uid>/running")

NOT_OURS = frozenset({"csrf_token", "version", "uid"})
SAID = {
    "opening": "Opening",
    "understand": "How did we get here?",
    "solve": "What could be done?",
    "prioritise": "Which first?",
    "report_back": "Reporting back",
    "break": "Break",
    "close": "Close",
    "other": "Something else",
}
STALE = (
    "Somebody else changed this part while you wrote. What you typed is kept; it now says: “{}”."
)


@bp.get("/")
@public
def show(uid: uuid.UUID) -> str:
    """Every part with its time, by day; it prints as it is."""
    event = event_shown(uid)
    may_change = access.may_change(g.viewer, event)
    timed = running.timed(event, running.of(db.session, event, viewer=g.viewer))
    removed = running.of(db.session, event, viewer=g.viewer, removed=True) if may_change else ()
    shown = render_template(
        "running/show.html",
        entry=event,
        days=[list(those) for _, those in groupby(timed, key=lambda one: one.part.day)],
        removed=removed,
        overrun=_overrun(event, timed),
        words=SAID,
        length=length,
        is_inside=actions.is_inside(db.session, event, viewer=g.viewer),
        may_change=may_change,
        level=classification.of(db.session, event.kind, event.visibility),
    )
    audit_taking.read_one(db.session, event, frozenset(), viewer=g.viewer)
    audit.before_it_leaves(db.session)
    db.session.commit()
    return shown


@bp.get("/new")
def new(uid: uuid.UUID) -> str:
    """The form for one more part."""
    return _form(event_to_change(uid), {"uid": str(uuid7()), "kind": "other", "day": 1})


@bp.post("/new")
def add(uid: uuid.UUID) -> ResponseReturnValue:
    """Add it; the form knows its number, so that pressing twice adds one."""
    event = event_to_change(uid)

    def keep() -> EventPart:
        draft = from_form(PartDraft, request.form, ignore=NOT_OURS)
        return running.put(db.session, event, uid_from("uid"), draft, viewer=g.viewer)

    return _tried(event, keep, "The part is added.")


@bp.get("/<uuid:part>/edit")
def edit(uid: uuid.UUID, part: uuid.UUID) -> str:
    """The form with what is kept."""
    event = event_to_change(uid)
    kept = running.find(db.session, event, part, viewer=g.viewer)
    return _form(event, running.as_said(kept), kept)


@bp.post("/<uuid:part>/edit")
def change(uid: uuid.UUID, part: uuid.UUID) -> ResponseReturnValue:
    """Keep what was changed, unless somebody else did so meanwhile."""
    event = event_to_change(uid)
    running.find(db.session, event, part, viewer=g.viewer)

    def keep() -> EventPart:
        draft = from_form(PartDraft, request.form, ignore=NOT_OURS)
        base = request.form.get("version", type=int)
        return running.put(db.session, event, part, draft, viewer=g.viewer, base_version=base)

    return _tried(event, keep, "The change is kept.", part)


@bp.post("/<uuid:part>/<any(earlier, later):where>")
def move(uid: uuid.UUID, part: uuid.UUID, where: str) -> ResponseReturnValue:
    """Have it come one earlier or later."""
    event = event_to_change(uid)
    by = -1 if where == "earlier" else 1
    running.move(db.session, event, part, by=by, viewer=g.viewer)
    return done(event, "", f"/running/#part-{part}")


@bp.post("/<uuid:part>/remove")
def remove(uid: uuid.UUID, part: uuid.UUID) -> ResponseReturnValue:
    """Take it away."""
    event = event_to_change(uid)
    running.remove(db.session, event, part, viewer=g.viewer)
    return done(event, "The part is taken away. It can be put back below.", "/running/")


@bp.post("/<uuid:part>/put-back")
def put_back(uid: uuid.UUID, part: uuid.UUID) -> ResponseReturnValue:
    """Put it back."""
    event = event_to_change(uid)
    running.put_back(db.session, event, part, viewer=g.viewer)
    return done(event, "The part is back.", "/running/")


def length(minutes: int) -> str:
    """90 as “1 h 30 min”."""
    hours, left = divmod(minutes, 60)
    return " ".join([*([f"{hours} h"] if hours else []), *([f"{left} min"] if left else [])])


def _overrun(event: Engagement, timed: list[Timed]) -> str:
    """By how much the parts end after the event does, or before it, in words; "" for neither."""
    if not timed:
        return ""
    over = round((timed[-1].ends_at - event.ends_at) / timedelta(minutes=1))
    is_other_day = local_day(timed[-1].ends_at) != local_day(event.ends_at)
    if not over or (over < 0 and is_other_day):
        return ""
    way = "after the event does" if over > 0 else "before the event does"
    return f"The parts end {length(abs(over))} {way}."


def _tried(
    event: Engagement, keep: Callable[[], EventPart], said: str, part: uuid.UUID | None = None
) -> ResponseReturnValue:
    """What comes of a form; where it can not be kept, the form again with all that was typed."""
    uid, typed, stale, problems = event.uid, request.form.to_dict(), "", dict[str, str]()
    try:
        return done(event, said, f"/running/#part-{keep().uid}")
    except Conflict as error:
        if part is None:
            raise
        status = error.status
    except Invalid as error:
        problems, status = dict(error.problems), error.status
    db.session.rollback()
    event = event_to_change(uid)
    kept = running.find(db.session, event, part, viewer=g.viewer) if part else None
    if kept and not problems:
        now_kept = running.as_said(kept)
        different = (str(v) for k, v in now_kept.items() if str(v) != typed.get(k, "").strip())
        stale = STALE.format(", ".join(different))
    return _form(event, typed, kept, problems, stale=stale), status


def _form(
    event: Engagement,
    typed: Mapping[str, Any],
    kept: EventPart | None = None,
    problems: Mapping[str, str] | None = None,
    *,
    stale: str = "",
) -> str:
    version: int | str = kept.version if kept else ""
    if problems:  # what is sent again was begun from what the page showed first
        version = request.form.get("version", version)
    return render_template(
        "running/form.html",
        entry=event,
        kept=kept,
        typed=typed,
        problems=dict(problems or {}),
        stale=stale,
        version=version,
        kinds=[(one, SAID[one]) for one in PARTS],
        action=f"{event.path}/running/" + (f"{kept.uid}/edit" if kept else "new"),
        spans_days=local_day(event.starts_at) != local_day(event.ends_at),
        last_day=labels.day(event.ends_at),
    )
