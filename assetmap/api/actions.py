"""“You said, we did” for programs: what was said at an event, and what was done about it."""

import uuid
from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from flask import Blueprint, g
from pydantic import Field

from assetmap import gate, privacy
from assetmap.api.contract import Operation, Reply, base_version, root, said_why
from assetmap.db import db, local_day, now
from assetmap.models import Action, ActionReport, Telling
from assetmap.register import (
    action_reports,
    actions,
    audit,
    audit_taking,
    entries,
    reasons,
    tellings,
)
from assetmap.schemas.actions import ActionDraft, ReportDraft, TellingDraft
from assetmap.schemas.features import Given
from assetmap.schemas.reading import checked
from assetmap.vocabulary import Kind

bp = Blueprint("api_actions", __name__, url_prefix="/api/engagements/<uuid:uid>")


class ProgressGiven(Given):
    """How a promise goes, as the body that does it says."""

    uid: uuid.UUID
    how_far: str
    words: str
    said_at: datetime


class ActionGiven(Given):
    """One thing that was said, and what is done about it."""

    uid: uuid.UUID
    version: int
    number: int = Field(ge=1, description="at its event")
    you_said: str
    theme: str
    decision: str
    partner: str = Field(description="the body that does it; empty: the team's own")
    owner: str = Field(description="by role, for the team that keeps the event and that body")
    due_on: date | None
    status: str
    is_late: bool
    we_did: str
    why_not: str
    is_public: bool
    progress: list[ProgressGiven] = Field(
        description="how it goes, the latest first: for the event's team and the body that does it"
    )


class TellingGiven(Given):
    """That people were told what became of what they said."""

    uid: uuid.UUID
    told_on: date
    told_by: list[str]
    told_to: str
    reach: int | None = Field(description="null: not known, or fewer than five")
    words: str


class ReportGiven(Given):
    """What was said at an event and what was done, as far as you may see it."""

    actions: list[ActionGiven]
    told: list[TellingGiven]
    feedback_due: date | None
    ends_at: datetime


@bp.get("/actions")
@gate.public
@Operation(gives=ReportGiven, headers=("X-Purpose",), refuses=(404, 428))
def report(uid: uuid.UUID) -> Reply:
    """Read what was said at an event, what was done about it, and how people were told."""
    event = _event(uid)
    said = actions.of(db.session, event, viewer=g.viewer)
    inside = actions.is_inside(db.session, event, viewer=g.viewer)
    goes = action_reports.of(db.session, said, inside=inside, viewer=g.viewer)
    body = {
        "actions": [_action(one, goes.get(one.id, ()), inside=inside) for one in said],
        "told": [_telling(one) for one in tellings.of(db.session, event, viewer=g.viewer)],
        "feedback_due": event.feedback_due,
        "ends_at": event.ends_at,
    }
    audit_taking.read_one(db.session, event, frozenset(), viewer=g.viewer)
    audit.before_it_leaves(db.session)
    db.session.commit()
    return Reply(body)


@bp.put("/actions/<uuid:action>")
@Operation(
    gives=ActionGiven,
    also={201: "Written down"},
    sends=ActionDraft,
    headers=("If-Match", "X-Purpose"),
    refuses=(403, 404, 409, 412, 428),
)
def put_action(uid: uuid.UUID, action: uuid.UUID, body: Any) -> Reply:
    """Write down what was said at an event under the uid you chose for it, or change it.

    To change, say in If-Match which version you changed. The same sent again adds nothing.
    """
    event = _event(uid)
    draft = checked(ActionDraft, body)
    made, is_new = actions.put(
        db.session, event, action, draft, viewer=g.viewer, base_version=base_version()
    )
    goes = action_reports.of(db.session, [made], inside=True, viewer=g.viewer)
    answer = _action(made, goes.get(made.id, ()), inside=True)  # whoever may change it
    version = str(made.version)
    db.session.commit()
    headers = {"Location": f"{root()}/api/engagements/{uid}/actions"} if is_new else {}
    return Reply(answer, 201 if is_new else 200, etag=version, headers=headers)


@bp.put("/actions/<uuid:action>/progress/<uuid:report>")
@Operation(
    gives=ProgressGiven,
    also={201: "Kept"},
    sends=ReportDraft,
    headers=("X-Purpose",),
    refuses=(403, 404, 409, 428),
)
def put_progress(uid: uuid.UUID, action: uuid.UUID, report: uuid.UUID, body: Any) -> Reply:
    """Say how a promise goes, of the body that does it. The same again adds nothing."""
    event = _event(uid)
    draft = checked(ReportDraft, body)
    found = actions.find(db.session, event, action, viewer=g.viewer)
    made, is_new = action_reports.report(db.session, event, found, report, draft, viewer=g.viewer)
    answer = _progress(made)
    db.session.commit()
    return Reply(answer, 201 if is_new else 200)


@bp.put("/told/<uuid:telling>")
@Operation(
    gives=TellingGiven,
    also={201: "Kept"},
    sends=TellingDraft,
    headers=("X-Purpose",),
    refuses=(403, 404, 409, 428),
)
def put_telling(uid: uuid.UUID, telling: uuid.UUID, body: Any) -> Reply:
    """Keep that people were told what became of what they said. The same again adds nothing."""
    event = _event(uid)
    draft = checked(TellingDraft, body)
    made, is_new = tellings.tell(db.session, event, telling, draft, viewer=g.viewer)
    answer = _telling(made)
    db.session.commit()
    return Reply(answer, 201 if is_new else 200)


def _event(uid: uuid.UUID) -> Any:
    event = entries.find(db.session, uid, viewer=g.viewer, kind=Kind.ENGAGEMENT)
    reasons.require(db.session, event, said_why(), viewer=g.viewer)
    return event


def _action(one: Action, goes: Iterable[ActionReport], *, inside: bool) -> dict[str, Any]:
    said = actions.as_said(one)
    if not (inside or actions.does_it(one, viewer=g.viewer)):
        said["owner"] = ""
    return said | {
        "uid": one.uid,
        "version": one.version,
        "number": one.number,
        "is_late": one.is_late(local_day(now())),
        "progress": [_progress(report) for report in goes],
    }


def _progress(one: ActionReport) -> dict[str, Any]:
    return {
        "uid": one.uid,
        "how_far": one.how_far,
        "words": one.words,
        "said_at": one.created_at,
    }


def _telling(one: Telling) -> dict[str, Any]:
    said = {name: getattr(one, name) for name in TellingGiven.model_fields}
    return said | {"reach": privacy.count_shown(one.reach)}
