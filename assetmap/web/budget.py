"""What an event costs, planned and spent, and its papers: insurance, risks, what runs out when."""

import uuid
from collections.abc import Mapping
from typing import Any

from flask import Blueprint, g, render_template, request
from flask.typing import ResponseReturnValue
from uuid6 import uuid7
from werkzeug.datastructures import MultiDict

from assetmap import access
from assetmap.db import db, local_day, now
from assetmap.models import Engagement, EventPaper
from assetmap.register import budget
from assetmap.register.budget import SORTS, Kept
from assetmap.schemas.budget import COSTS, PAPERS
from assetmap.schemas.reading import from_form
from assetmap.web import event_pages, labels, typed
from assetmap.web.entry_requests import done, event_shown, event_to_change, uid_from
from assetmap.web.event_pages import NONE, Back

bp = Blueprint("budget", __name__, url_prefix="/engagements/<uuid:uid>/budget")

NOT_OURS = frozenset({"csrf_token", "version", "uid"})
MONEY = ("planned_pence", "spent_pence")
SORT = "<any(costs, papers):sort>"
STALE = "Somebody else changed this. What you typed is kept; saving replaces theirs."
NEEDED = ("insurance", "risk_assessment")  # of an event that is not held online
STATES = {
    "holds": ("Holds on the day", "good"),
    "short": ("Runs out before the event is over", "bad"),
    "over": ("Has run out", "bad"),
}


@bp.get("/")
def show(uid: uuid.UUID) -> str:
    """The lines with their sums, and the papers with how they stand; it prints as it is."""
    event = event_shown(uid)
    found = budget.of(db.session, event, viewer=g.viewer)
    today = local_day(now())
    papers = [(one, *STATES[budget.state(one, event, today)]) for one in found.papers]
    kinds = {one.kind for one in found.papers}
    may_change = access.may_change(g.viewer, event)
    return event_pages.read(
        event,
        "planning/budget.html",
        budget=found,
        papers=papers,
        warnings=[_warning(one, said) for one, said, tone in papers if tone != "good"],
        missing=[said(one) for one in NEEDED if one not in kinds],
        head=_a_head(found.spent or found.planned, event.attendance_count or event.capacity),
        said=said,
        pounds=pounds,
        removed=[
            (one.what, f"{event.path}/budget/{sort}/{one.uid}/put-back")
            for sort, one in found.removed
        ]
        if may_change
        else [],
    )


@bp.get(f"/{SORT}/new")
def new(uid: uuid.UUID, sort: str) -> str:
    """The form for one more line."""
    first = request.args.get("kind", "")
    blank = {"uid": str(uuid7()), "kind": first if first in _kinds(sort) else _kinds(sort)[0]}
    return _form(event_to_change(uid), sort, blank)


@bp.post(f"/{SORT}/new")
def add(uid: uuid.UUID, sort: str) -> ResponseReturnValue:
    """Add it; the form knows its number, so that pressing twice adds one."""
    event, line = event_to_change(uid), uid_from("uid")
    return _tried(event, sort, line, "It is added.", is_new=True)


@bp.get(f"/{SORT}/<uuid:line>")
def ask(uid: uuid.UUID, sort: str, line: uuid.UUID) -> str:
    """The form with what is kept."""
    event = event_to_change(uid)
    kept = budget.find(db.session, event, sort, line, viewer=g.viewer)
    return _form(event, sort, _as_typed(sort, kept), kept)


@bp.post(f"/{SORT}/<uuid:line>")
def change(uid: uuid.UUID, sort: str, line: uuid.UUID) -> ResponseReturnValue:
    """Keep what was changed, unless somebody else did so meanwhile."""
    event = event_to_change(uid)
    budget.find(db.session, event, sort, line, viewer=g.viewer)
    return _tried(event, sort, line, "The change is kept.")


@bp.post(f"/{SORT}/<uuid:line>/remove")
def remove(uid: uuid.UUID, sort: str, line: uuid.UUID) -> ResponseReturnValue:
    """Take it away."""
    event = event_to_change(uid)
    budget.remove(db.session, event, sort, line, viewer=g.viewer)
    return done(event, "It is taken away. It can be put back below.", "/budget/")


@bp.post(f"/{SORT}/<uuid:line>/put-back")
def put_back(uid: uuid.UUID, sort: str, line: uuid.UUID) -> ResponseReturnValue:
    """Put it back."""
    event = event_to_change(uid)
    budget.put_back(db.session, event, sort, line, viewer=g.viewer)
    return done(event, "It is back.", "/budget/")


def said(kind: str) -> str:
    """What people call a kind of cost or paper."""
    return {"other": "Something else", "staff": "Staff and helpers"}.get(kind) or labels.said(kind)


def pounds(pence: int | None) -> str:
    """£0 is an amount here, and nothing is not known yet."""
    return "" if pence is None else labels.pounds(pence) if pence else "£0"


def _a_head(pence: int, people: int | None) -> str:
    return pounds(round(pence / people)) if pence and people else ""


def _warning(paper: EventPaper, how: str) -> str:
    owner = f" Seen to by: {paper.owner}." if paper.owner else ""
    return f"{said(paper.kind)}: {how.lower()} ({labels.day(paper.last_on)}).{owner}"


def _kinds(sort: str) -> tuple[str, ...]:
    return COSTS if sort == "costs" else PAPERS


def _as_typed(sort: str, kept: Kept) -> dict[str, Any]:
    held = budget.as_said(sort, kept)
    return held | {
        name: "0" if held[name] == 0 else typed.as_pounds(held[name])
        for name in MONEY
        if name in held
    }


def _tried(
    event: Engagement, sort: str, line: uuid.UUID, words: str, *, is_new: bool = False
) -> ResponseReturnValue:
    uid, again_as = event.uid, request.form.to_dict()

    def keep() -> ResponseReturnValue:
        given = MultiDict(request.form)
        for name in MONEY:
            if given.get(name, "").strip():
                given[name] = str(typed.pence(given[name], name))
        draft = from_form(SORTS[sort].draft, given, ignore=NOT_OURS)
        base = request.form.get("version", type=int)
        budget.put(db.session, event, sort, line, draft, viewer=g.viewer, base_version=base)
        return done(event, words, f"/budget/#line-{line}")

    def again(back: Back) -> str:
        found = event_to_change(uid)
        kept = event_pages.found(
            lambda: budget.find(db.session, found, sort, line, viewer=g.viewer)
        )
        if kept is None and not back.problems:  # it was taken away: what was typed is another line
            again_as["uid"] = str(uuid7())
        stale = (
            "" if back.problems else STALE if kept else event_pages.STILL_TYPED.format(back.said)
        )
        shown = None if is_new and back.problems else kept
        return _form(found, sort, again_as, shown, back.problems, stale=stale)

    return event_pages.kept_or(keep, again)


def _form(
    event: Engagement,
    sort: str,
    given: Mapping[str, Any],
    kept: Kept | None = None,
    problems: Mapping[str, str] = NONE,
    *,
    stale: str = "",
) -> str:
    return render_template(
        "planning/line.html",
        entry=event,
        sort=sort,
        kept=kept,
        typed=given,
        problems=dict(problems),
        stale=stale,
        version=event_pages.version(kept, problems),
        kinds=[(one, said(one)) for one in _kinds(sort)],
        action=f"{event.path}/budget/{sort}/{kept.uid if kept else 'new'}",
    )
