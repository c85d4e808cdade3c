"""How long things are kept: the rules, what is due, plans to approve, and proof of what went."""

import uuid
from collections.abc import Mapping
from typing import Any

from flask import Blueprint, current_app, flash, g, redirect, render_template, request
from werkzeug.wrappers import Response

from assetmap import gate
from assetmap.db import db, local_day, now
from assetmap.errors import BadRequest, Invalid
from assetmap.models import RetentionRun
from assetmap.outside.queue import Queue
from assetmap.register import clearing, officers, retention, retention_doing
from assetmap.register.months import months_after
from assetmap.register.retention_sorts import SORTS
from assetmap.schemas.reading import from_form
from assetmap.schemas.retention import Approval, KeepLonger, RuleChange

bp = Blueprint("retention", __name__, url_prefix="/retention")
bp.before_request(gate.in_person)

NOT_OURS = frozenset({"csrf_token"})
Answer = str | tuple[str, int] | Response
STATES = {
    "planned": ("Waits for approval", "warn"),
    "approved": ("Being carried out", "quiet"),
    "done": ("Done", "good"),
    "cancelled": ("Given up", "quiet"),
}
ACTIONS = {
    "anonymise": "Every word and name goes; what is left can be counted",
    "archive": "Taken out of every output; the row stays",
    "delete": "Deleted",
}


@bp.get("/")
def overview() -> str:
    """The rules, what becomes due by them, and what was planned and done."""
    return _overview({})


@bp.post("/plan")
def plan() -> Response:
    """A dry run: list what would go."""
    made = retention.plan(db.session, viewer=g.viewer)
    count = sum(run.due_count for run in made)
    db.session.commit()
    flash(
        f"Planned: {count:,} things are due. Nothing goes before you approve it."
        if made
        else "Nothing is due that is not in a plan already.",
        "success",
    )
    return redirect("/retention/", 303)


@bp.post("/rules/<entity>")
def change_rule(entity: str) -> Answer:
    """Another period for a sort of thing."""
    try:
        change = from_form(RuleChange, request.form, ignore=NOT_OURS)
        retention.change_rule(db.session, entity, change, viewer=g.viewer)
    except Invalid as error:
        db.session.rollback()
        problems = {f"{name}-{entity}": said for name, said in error.problems.items()}
        return _overview(problems), error.status
    db.session.commit()
    flash("The rule is changed. Plans made before keep to the old one.", "success")
    return redirect("/retention/", 303)


@bp.get("/<uuid:uid>")
def show(uid: uuid.UUID) -> str:
    """One plan, or what came of it."""
    return _page(retention.find(db.session, uid, viewer=g.viewer))


@bp.post("/<uuid:uid>/approve")
def approve(uid: uuid.UUID) -> Answer:
    """Say that it may go, and why; it is carried out in the background."""
    try:
        given = from_form(Approval, request.form, ignore=NOT_OURS)
        retention_doing.approve(db.session, uid, given, viewer=g.viewer)
    except Invalid as error:
        db.session.rollback()
        return _page(retention.find(db.session, uid, viewer=g.viewer), error.problems), error.status
    db.session.commit()
    return _carried_out(uid)


@bp.post("/<uuid:uid>/go-on")
def go_on(uid: uuid.UUID) -> Response:
    """Go on with what was approved and broken off."""
    officers.require_officer(db.session, g.viewer)
    db.session.commit()
    return _carried_out(uid)


@bp.post("/<uuid:uid>/keep/<uuid:thing>")
def keep(uid: uuid.UUID, thing: uuid.UUID) -> Answer:
    """Have one thing kept longer."""
    try:
        given = from_form(KeepLonger, request.form, ignore=NOT_OURS)
        retention_doing.keep(db.session, uid, thing, given, viewer=g.viewer)
    except Invalid as error:
        db.session.rollback()
        problems = {f"{name}-{thing}": said for name, said in error.problems.items()}
        return _page(retention.find(db.session, uid, viewer=g.viewer), problems), error.status
    db.session.commit()
    flash("It is kept, and listed for review on the day you gave.", "success")
    return redirect(f"/retention/{uid}", 303)


def _carried_out(uid: uuid.UUID) -> Response:
    queue: Queue = current_app.extensions["queue"]
    queue.enqueue("retention.carry_out", uid=str(uid))
    flash("It is being carried out. Look at this page again for the proof.", "success")
    return redirect(f"/retention/{uid}", 303)


def _overview(problems: Mapping[str, str]) -> str:
    seen = retention.look(db.session, viewer=g.viewer)
    return render_template(
        "retention/list.html",
        lines=seen.lines,
        longest=max((line.due[-1] for line in seen.lines), default=0),
        ahead=retention.AHEAD_MONTHS,
        runs=seen.runs,
        kept=seen.kept,
        may_change=seen.may_change,
        sorts=SORTS,
        states=STATES,
        actions=ACTIONS,
        cleared_after_days=clearing.KEPT_FOR.days,
        typed=request.form,
        problems=problems,
    )


def _page(run: RetentionRun, problems: Mapping[str, str] | None = None) -> str:
    found = retention.items(db.session, run, viewer=g.viewer, after=_after())
    more = found[-1].item.number if len(found) == retention.MOST_SHOWN else 0
    today = local_day(now())
    shown: dict[str, Any] = {
        "run": run,
        "sort": SORTS[run.entity],
        "items": found,
        "more_url": f"/retention/{run.uid}?after={more}" if more else "",
        "may_change": officers.is_officer(db.session, g.viewer),
        "rows_gone": retention_doing.rows_gone(db.session, run) if run.done_count else 0,
        "states": STATES,
        "actions": ACTIONS,
        "usual_until": months_after(today, 12),
        "typed": request.form,
        "problems": problems or {},
    }
    return render_template("retention/run.html", **shown)


def _after() -> int:
    given = request.args.get("after", "0")
    if not (given.isascii() and given.isdigit() and len(given) < 16):
        raise BadRequest("after: Give a whole number.", {"after": "Give a whole number."})
    return int(given)
