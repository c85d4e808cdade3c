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
from assetmap.gate import public
from assetmap.models import Engagement, EventPart
from assetmap.register import actions, running
from assetmap.register.running import Timed
from assetmap.schemas.reading import from_form
from assetmap.schemas.running import PARTS, PartDraft
from assetmap.web import event_pages, labels
from assetmap.web.entry_requests import done, event_shown, event_to_change, uid_from
from assetmap.web.event_pages import NONE, STILL_TYPED, Back

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
    timed = running.timed(event, running.of(db.session, event, viewer=g.viewer))
    may_change = access.may_change(g.viewer, event)
    removed = running.of(db.session, event, viewer=g.viewer, removed=True) if may_change else ()
    return event_pages.read(
        event,
        "running/show.html",
        days=[list(those) for _, those in groupby(timed, key=lambda one: one.part.day)],
        removed=[(one.title, f"{event.path}/running/{one.uid}/put-back") for one in removed],
        overrun=_overrun(event, timed),
        words=SAID,
        length=length,
        is_inside=actions.is_inside(db.session, event, viewer=g.viewer),
    )


@bp.get("/new")
def new(uid: uuid.UUID) -> str:
    """The form for one more part."""
    return _form(event_to_change(uid), {"uid": str(uuid7()), "kind": "other", "day": 1})


@bp.post("/new")
def add(uid: uuid.UUID) -> ResponseReturnValue:
    """Add it; the form knows its number, so that pressing twice adds one."""
    event = event_to_change(uid)

    def keep() -> ResponseReturnValue:
        draft = from_form(PartDraft, request.form, ignore=NOT_OURS)
        made = running.put(db.session, event, uid_from("uid"), draft, viewer=g.viewer)
        return done(event, "The part is added.", f"/running/#part-{made.uid}")

    return _tried(event, uid_from("uid"), keep)


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

    def keep() -> ResponseReturnValue:
        draft = from_form(PartDraft, request.form, ignore=NOT_OURS)
        base = request.form.get("version", type=int)
        running.put(db.session, event, part, draft, viewer=g.viewer, base_version=base)
        return done(event, "The change is kept.", f"/running/#part-{part}")

    return _tried(event, part, keep)


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
    event: Engagement, part: uuid.UUID, keep: Callable[[], ResponseReturnValue]
) -> ResponseReturnValue:
    """What comes of a form; where it can not be kept, the form again with all that was typed."""
    uid = event.uid

    def again(back: Back) -> str:
        event, typed = event_to_change(uid), request.form.to_dict()
        kept = event_pages.found(lambda: running.find(db.session, event, part, viewer=g.viewer))
        if back.problems:
            return _form(event, typed, kept, back.problems)
        if kept is None:
            return _form(event, typed | {"uid": str(uuid7())}, stale=STILL_TYPED.format(back.said))
        said = running.as_said(kept).items()
        now_says = ", ".join(str(v) for k, v in said if str(v) != typed.get(k, "").strip())
        return _form(event, typed, kept, stale=STALE.format(now_says))

    return event_pages.kept_or(keep, again)


def _form(
    event: Engagement,
    typed: Mapping[str, Any],
    kept: EventPart | None = None,
    problems: Mapping[str, str] = NONE,
    *,
    stale: str = "",
) -> str:
    return render_template(
        "running/form.html",
        entry=event,
        kept=kept,
        typed=typed,
        problems=problems,
        stale=stale,
        version=event_pages.version(kept, problems),
        kinds=[(one, SAID[one]) for one in PARTS],
        action=f"{event.path}/running/" + (f"{kept.uid}/edit" if kept else "new"),
        spans_days=local_day(event.starts_at) != local_day(event.ends_at),
        last_day=labels.day(event.ends_at),
    )
