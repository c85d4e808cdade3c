"""Saying how a promise goes: for the body that does it, and the team that keeps the event."""

import uuid
from collections.abc import Mapping

from flask import Blueprint, g, render_template, request
from flask.typing import ResponseReturnValue
from uuid6 import uuid7

from assetmap.db import db
from assetmap.errors import NotAllowed
from assetmap.models import Action, Engagement
from assetmap.register import action_reports, actions
from assetmap.schemas.actions import REPORTED, ReportDraft
from assetmap.schemas.reading import from_form
from assetmap.web import event_pages
from assetmap.web.actions import SAID
from assetmap.web.entry_requests import done, event_shown, uid_from
from assetmap.web.event_pages import NONE, STILL_TYPED, Back

bp = Blueprint("action_reports", __name__, url_prefix="/engagements/<uuid:uid>/said")

NOT_OURS = frozenset({"csrf_token", "uid", "version"})


@bp.get("/<uuid:action>/progress")
def ask(uid: uuid.UUID, action: uuid.UUID) -> str:
    """The form, below what was said."""
    event, found = _found(uid, action)
    how_far = found.status if found.status in REPORTED else "in_progress"
    return _form(event, found, {"uid": str(uuid7()), "how_far": how_far})


@bp.post("/<uuid:action>/progress")
def report(uid: uuid.UUID, action: uuid.UUID) -> ResponseReturnValue:
    """Keep it; pressed twice, it is kept once."""
    event, found = _found(uid, action)
    number = found.number

    def keep() -> ResponseReturnValue:
        draft = from_form(ReportDraft, request.form, ignore=NOT_OURS)
        action_reports.report(db.session, event, found, uid_from("uid"), draft, viewer=g.viewer)
        return done(event, "It is kept, for the team of the event.", f"/said#point-{number}")

    def again(back: Back) -> str:
        event, found = _found(uid, action)
        typed = request.form.to_dict()
        if back.problems:
            return _form(event, found, typed, back.problems)
        said = STILL_TYPED.format(back.said)
        return _form(event, found, typed | {"uid": str(uuid7())}, stale=said)

    return event_pages.kept_or(keep, again)


def _found(uid: uuid.UUID, action: uuid.UUID) -> tuple[Engagement, Action]:
    event = event_shown(uid)
    found = actions.find(db.session, event, action, viewer=g.viewer)
    if not action_reports.may_report(found, event, viewer=g.viewer):
        raise NotAllowed("This is for the body that does it, and the team that keeps the event.")
    return event, found


def _form(
    event: Engagement,
    action: Action,
    typed: Mapping[str, str],
    problems: Mapping[str, str] = NONE,
    *,
    stale: str = "",
) -> str:
    inside = actions.is_inside(db.session, event, viewer=g.viewer)
    told = action_reports.of(db.session, [action], inside=inside, viewer=g.viewer)
    return render_template(
        "reporting/progress.html",
        entry=event,
        point=action,
        told=told.get(action.id, ()),
        typed=typed,
        problems=problems,
        stale=stale,
        states=[(one, SAID[one]) for one in REPORTED],
        words=SAID,
        action=f"{event.path}/said/{action.uid}/progress",
    )
