"""“You said, we did”: what was said at an event, what is done about it, and telling people."""

import uuid
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from flask import Blueprint, g, redirect, render_template, request
from flask.typing import ResponseReturnValue
from uuid6 import uuid7

from assetmap import access
from assetmap.db import db, local_day, now
from assetmap.errors import Invalid
from assetmap.gate import public
from assetmap.models import Action, Engagement, Entry, Telling
from assetmap.models.action import OPEN
from assetmap.register import (
    action_reports,
    actions,
    notes,
    pointers,
    tellings,
)
from assetmap.schemas.actions import STATES, TOLD_BY, TOLD_TO, ActionDraft, TellingDraft
from assetmap.schemas.reading import from_form
from assetmap.web import consultations, event_pages, labels
from assetmap.web.entry_requests import done, event_shown, event_to_change, uid_from
from assetmap.web.event_pages import NONE, STILL_TYPED, Back

bp = Blueprint("actions", __name__, url_prefix="/engagements/<uuid:uid>")

NOT_OURS = frozenset({"csrf_token", "version", "uid", "note"})
SAID = {
    "proposed": "Proposed",
    "agreed": "Agreed",
    "in_progress": "Being done",
    "done": "Done",
    "partly_done": "Partly done",
    "not_possible": "Could not be done",
}
TONES = {"done": "good", "partly_done": "good", "in_progress": "warn", "not_possible": "quiet"}
WHOM = {
    "attendees": "Whoever came",
    "invitees": "Whoever was invited",
    "area": "Everybody in the area",
    "public": "The public",
}
STALE = (
    "Somebody else changed this while you wrote. What you typed is kept; under each box stands what"
    " it says now. Saving again replaces it."
)


@bp.get("/said")
@public
def show(uid: uuid.UUID) -> str:
    """What was said, what was done, and how people were told: to each viewer what is theirs."""
    event = event_shown(uid)
    may_change = access.may_change(g.viewer, event)
    said = actions.of(db.session, event, viewer=g.viewer)
    told = tellings.of(db.session, event, viewer=g.viewer)
    removed = actions.of(db.session, event, viewer=g.viewer, removed=True) if may_change else ()
    inside = actions.is_inside(db.session, event, viewer=g.viewer)
    goes = action_reports.of(db.session, said, inside=inside, viewer=g.viewer)
    today = local_day(now())
    return event_pages.read(
        event,
        "reporting/said.html",
        said=said,
        who=[_who(one, event, inside=inside) for one in said],
        goes=[goes.get(one.id, ()) for one in said],
        reported_on=[action_reports.may_report(one, event, viewer=g.viewer) for one in said],
        told=told,
        clock=consultations.shown(db.session, event, told),
        removed=[
            (f"{one.number}: {one.you_said}", f"{event.path}/said/{one.uid}/put-back")
            for one in removed
        ],
        today=today,
        tiles=_tiles(said, event, today),
        is_owed=_is_owed(event, told),
        due_on=_due(event),
        words=SAID,
        tones=TONES,
        whom=WHOM,
        reached=labels.reached,
        is_inside=inside,
    )


@bp.get("/said/new")
def new(uid: uuid.UUID) -> ResponseReturnValue:
    """The form for something that was said; `note` names a note of the event that it was."""
    event = event_to_change(uid)
    typed = {"uid": str(uuid7()), "status": "proposed"}
    if request.args.get("note"):
        noted = notes.find(db.session, event, uid_from("note"), viewer=g.viewer)
        if noted.action is not None and noted.action.removed_at is None:
            return redirect(f"{event.path}/said#point-{noted.action.number}")
        typed |= {"you_said": noted.text, "note": str(noted.uid)}
    return _form(event, typed)


@bp.post("/said/new")
def add(uid: uuid.UUID) -> ResponseReturnValue:
    """Write it down; the form knows its number, so that pressing twice adds one."""
    event = event_to_change(uid)

    def keep() -> ResponseReturnValue:
        draft = from_form(ActionDraft, request.form, ignore=NOT_OURS)
        made, _ = actions.put(db.session, event, uid_from("uid"), draft, viewer=g.viewer)
        if request.form.get("note"):
            notes.became(db.session, event, uid_from("note"), made, viewer=g.viewer)
        return done(event, "It is written down.", "/said")

    return _tried(event, uid_from("uid"), keep)


@bp.get("/said/<uuid:action>/edit")
def edit(uid: uuid.UUID, action: uuid.UUID) -> str:
    """The form with what is kept."""
    event = event_to_change(uid)
    kept = actions.find(db.session, event, action, viewer=g.viewer)
    return _form(event, _typed(kept), kept)


@bp.post("/said/<uuid:action>/edit")
def change(uid: uuid.UUID, action: uuid.UUID) -> ResponseReturnValue:
    """Keep what was changed, unless somebody else did so meanwhile: then both are shown."""
    event = event_to_change(uid)
    actions.find(db.session, event, action, viewer=g.viewer)

    def keep() -> ResponseReturnValue:
        draft = from_form(ActionDraft, request.form, ignore=NOT_OURS)
        base = request.form.get("version", type=int)
        actions.put(db.session, event, action, draft, viewer=g.viewer, base_version=base)
        return done(event, "The change is kept.", "/said")

    return _tried(event, action, keep)


@bp.post("/said/<uuid:action>/remove")
def remove(uid: uuid.UUID, action: uuid.UUID) -> ResponseReturnValue:
    """Take it away."""
    event = event_to_change(uid)
    actions.remove(db.session, event, action, viewer=g.viewer)
    return done(event, "It is taken away. It can be put back below.", "/said")


@bp.post("/said/<uuid:action>/put-back")
def put_back(uid: uuid.UUID, action: uuid.UUID) -> ResponseReturnValue:
    """Put it back."""
    event = event_to_change(uid)
    actions.put_back(db.session, event, action, viewer=g.viewer)
    return done(event, "It is back.", "/said")


@bp.get("/told")
def ask_told(uid: uuid.UUID) -> str:
    """The form that keeps how people were told."""
    event = event_to_change(uid)
    return _told_form(event, {"uid": str(uuid7()), "told_on": local_day(now()).isoformat()})


@bp.post("/told")
def tell(uid: uuid.UUID) -> ResponseReturnValue:
    """Keep how people were told."""
    event = event_to_change(uid)
    try:
        draft = from_form(TellingDraft, request.form, ignore=NOT_OURS)
        tellings.tell(db.session, event, uid_from("uid"), draft, viewer=g.viewer)
    except Invalid as error:
        db.session.rollback()
        typed = request.form.to_dict() | {"told_by": request.form.getlist("told_by")}
        return _told_form(event_to_change(uid), typed, error.problems), error.status
    return done(event, "It is kept that people were told.", "/said")


@bp.post("/told/<uuid:telling>/take-back")
def take_back(uid: uuid.UUID, telling: uuid.UUID) -> ResponseReturnValue:
    """Take back that people were told."""
    event = event_to_change(uid)
    tellings.take_back(db.session, event, telling, viewer=g.viewer)
    return done(event, "It is taken back.", "/said")


def _who(action: Action, event: Engagement, *, inside: bool) -> str:
    """Who does it, as far as the viewer may know, and by when while it is open: the team that
    keeps it and whoever does it know who sees to it there."""
    knows = inside or actions.does_it(action, viewer=g.viewer)
    ours = "Our own team" if knows else event.team.name
    who = action.partner.name if action.partner else ours
    found = [who, action.owner if knows else ""]
    said = ", ".join(part for part in found if part)
    is_open = action.status in OPEN and action.due_on
    return f"{said}, by {labels.day(action.due_on)}" if is_open else said


def _tried(
    event: Engagement, action: uuid.UUID, keep: Callable[[], ResponseReturnValue]
) -> ResponseReturnValue:
    """What comes of a form; where it can not be kept, the form again with all that was typed."""
    uid = event.uid

    def again(back: Back) -> str:
        event, typed = event_to_change(uid), request.form.to_dict()
        kept = event_pages.found(lambda: actions.find(db.session, event, action, viewer=g.viewer))
        if back.problems:
            return _form(event, typed, kept, back.problems)
        if kept is None:
            return _form(event, typed | {"uid": str(uuid7())}, stale=STILL_TYPED.format(back.said))
        return _form(event, typed, kept, _differing(_typed(kept), typed), stale=STALE)

    return event_pages.kept_or(keep, again)


def _form(
    event: Entry,
    typed: Mapping[str, Any],
    kept: Action | None = None,
    problems: Mapping[str, str] = NONE,
    *,
    stale: str = "",
) -> str:
    names = [name for _, name in pointers.partners(db.session)]
    held = typed.get("partner", "")
    if held and held not in names:
        names.append(held)
    ways = actions.next_states(kept.status) if kept else STATES
    return render_template(
        "reporting/form.html",
        entry=event,
        typed=typed,
        problems=problems,
        stale=stale,
        asks_again=event_pages.asks_again(typed, problems),
        kept=kept,
        # a stale form is saved over what it has now shown
        version=event_pages.version(kept, NONE if stale else problems),
        states=[(one, SAID[one]) for one in STATES if one in ways],
        partners=[("", "Our own team"), *((name, name) for name in names)],
        action=f"{event.path}/said/{kept.uid}/edit" if kept else f"{event.path}/said/new",
    )


def _typed(kept: Action) -> dict[str, Any]:
    said = actions.as_said(kept)
    return {name: value or "" for name, value in said.items()}


def _differing(now_kept: Mapping[str, Any], form: Mapping[str, str]) -> dict[str, str]:
    """By field, what it says now, where that is not what was typed."""
    return {
        name: f"It now says: {labels.said(str(value)) if name == 'status' else value or 'nothing'}"
        for name, value in now_kept.items()
        if name != "is_public" and value != form.get(name, "").replace("\r\n", "\n").strip()
    } | (
        {"is_public": f"It is now {'open to them' if now_kept['is_public'] else 'for the team'}."}
        if bool(now_kept["is_public"]) != (form.get("is_public") == "true")
        else {}
    )


def _told_form(
    event: Entry, typed: Mapping[str, Any], problems: Mapping[str, str] | None = None
) -> str:
    return render_template(
        "reporting/told.html",
        entry=event,
        typed=typed,
        problems=dict(problems or {}),
        asks_again=event_pages.asks_again(typed, problems or NONE),
        ways=labels.choices(TOLD_BY),
        whom=[(one, WHOM[one]) for one in TOLD_TO],
        today=local_day(now()),
    )


def _tiles(said: Any, event: Engagement, today: Any) -> list[dict[str, Any]]:
    late = sum(one.is_late(today) for one in said)
    counts = [
        ("Said", len(said)),
        ("Done, all or part", sum(one.status in ("done", "partly_done") for one in said)),
        ("Could not be done", sum(one.status == "not_possible" for one in said)),
        ("Still to be done", sum(one.status in OPEN for one in said)),
        ("Late", late),
    ]
    return [{"label": label, "count": count} for label, count in counts if count or label == "Said"]


def _due(event: Engagement) -> Any:
    """The day by which people are to be told: as it was promised, or thirty days after."""
    return event.feedback_due or local_day(event.ends_at) + timedelta(days=30)


def _is_owed(event: Engagement, told: list[Telling] | Any) -> bool:
    over = event.status not in ("draft", "cancelled") and event.ends_at < now()
    return over and not told and _due(event) < local_day(now())
