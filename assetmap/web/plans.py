"""The plan of an event: what the record shows already, what somebody settled, what is to do."""

import uuid
from collections.abc import Mapping
from typing import Any

from flask import Blueprint, g, render_template, request
from flask.typing import ResponseReturnValue

from assetmap.db import db, local_day, now
from assetmap.errors import NotFound
from assetmap.models import Engagement
from assetmap.register import plans
from assetmap.register.plans import Point
from assetmap.schemas.plans import PLAN_STATES, PlanDraft
from assetmap.schemas.reading import from_form
from assetmap.web import event_pages, labels
from assetmap.web.entry_requests import done, event_shown, event_to_change
from assetmap.web.event_pages import NONE, Back

bp = Blueprint("plans", __name__, url_prefix="/engagements/<uuid:uid>/plan")

NOT_OURS = frozenset({"csrf_token", "version"})
PHASES = {"before": "Before", "during": "On the day", "after": "Afterwards"}
SAID = {
    "shown": "Shown by the record",
    **dict(labels.choices(("todo", "done", "not_applicable", "waived"))),
}
TONES = {"shown": "good", "done": "good", "todo": "warn"}
CHOICES = {
    "todo": "Still to do, or the record shows it",
    "done": "Done",
    "not_applicable": "It does not apply here",
    "waived": "Let go: it applies, and we will not do it",
}
STALE = "Somebody else settled this while you wrote. What you typed is kept; it now says: “{}”."


@bp.get("/")
def show(uid: uuid.UUID) -> str:
    """Every point in its phase; it prints as it is."""
    event = event_shown(uid)
    points = plans.of(db.session, event, viewer=g.viewer)
    today = local_day(now())
    states = [point.state for point in points]
    counts = [(SAID[one], states.count(one)) for one in SAID if one in states]
    late = plans.late(points)
    return event_pages.read(
        event,
        "plans/show.html",
        phases=[(PHASES[p], [one for one in points if one.phase == p]) for p in plans.PHASES],
        tiles=[{"label": label, "count": count} for label, count in counts]
        + ([{"label": "Late", "count": late}] if late else []),
        today=today,
        words=SAID,
        tones=TONES,
    )


@bp.get("/<int:number>")
def ask(uid: uuid.UUID, number: int) -> str:
    """The form of one point."""
    event, point = _to_settle(uid, number)
    return _form(event, point, plans.as_said(point.kept))


@bp.post("/<int:number>")
def settle(uid: uuid.UUID, number: int) -> ResponseReturnValue:
    """Keep what was settled, unless somebody else did meanwhile."""
    event, _ = _to_settle(uid, number)

    def keep() -> ResponseReturnValue:
        draft = from_form(PlanDraft, request.form, ignore=NOT_OURS)
        base = request.form.get("version", 0, type=int)
        plans.settle(db.session, event, number, draft, viewer=g.viewer, base_version=base)
        return done(event, f"Point {number} is settled.", f"/plan/#point-{number}")

    def again(back: Back) -> str:
        event, point = _to_settle(uid, number)
        said = plans.as_said(point.kept)
        now_said = ": ".join(part for part in (SAID[said["status"]], said["note"]) if part)
        stale = "" if back.problems else STALE.format(now_said)
        return _form(event, point, request.form.to_dict(), back.problems, stale=stale)

    return event_pages.kept_or(keep, again)


def _to_settle(uid: uuid.UUID, number: int) -> tuple[Engagement, Point]:
    event = event_to_change(uid)
    points = plans.of(db.session, event, viewer=g.viewer)
    found = next((one for one in points if one.number == number), None)
    if found is None:
        raise NotFound("The plan of this event has no such point.")
    return event, found


def _form(
    event: Engagement,
    point: Point,
    typed: Mapping[str, Any],
    problems: Mapping[str, str] = NONE,
    *,
    stale: str = "",
) -> str:
    return render_template(
        "plans/point.html",
        entry=event,
        point=point,
        typed=typed,
        problems=problems,
        stale=stale,
        version=event_pages.version(point.kept, problems),
        states=[(one, CHOICES[one]) for one in PLAN_STATES],
    )
