"""Approval of an invite list before anybody is mailed, for programs."""

import uuid
from datetime import datetime
from typing import Any

from flask import Blueprint, g
from pydantic import Field

from assetmap.api.contract import Operation, Reply
from assetmap.db import db
from assetmap.models import InviteApproval, InviteList
from assetmap.register import approval_reading, invite_approving, invite_lists
from assetmap.schemas.features import Given
from assetmap.schemas.invite_lists import ApprovalDraft, DecisionDraft

bp = Blueprint("api_invite_approving", __name__, url_prefix="/api/invite-lists/<uuid:uid>")


class RequestGiven(Given):
    """Approval was asked for, and what came of it."""

    uid: uuid.UUID
    asked_at: datetime
    words: str = Field(description="to those who are invited")
    people: int = Field(ge=0, description="how many it was asked for")
    state: str = Field(description="waiting, approved or refused")
    reason: str
    decided_at: datetime | None


class ApprovalGiven(Given):
    """How a list stands."""

    state: str = Field(
        description="not_needed, none, waiting, approved, refused, or changed since then"
    )
    requests: list[RequestGiven] = Field(description="the last first")


@bp.get("/approval")
@Operation(gives=ApprovalGiven, refuses=(404,))
def approval(uid: uuid.UUID) -> Reply:
    """Read whether a list was approved, and each time that was asked for."""
    return Reply(_stands(invite_lists.find(db.session, uid, viewer=g.viewer)))


@bp.post("/approval")
@Operation(gives=ApprovalGiven, body=ApprovalDraft, refuses=(403, 404, 409))
def ask_approval(uid: uuid.UUID, body: ApprovalDraft) -> Reply:
    """Ask that somebody else approves whom the list invites, and these words to them."""
    made = invite_lists.to_change(db.session, uid, viewer=g.viewer)
    invite_approving.ask(db.session, made, body, viewer=g.viewer)
    return _done(made)


@bp.post("/approval/decision")
@Operation(gives=ApprovalGiven, body=DecisionDraft, refuses=(403, 404, 409))
def decide_approval(uid: uuid.UUID, body: DecisionDraft) -> Reply:
    """Approve a list, or refuse to with a reason, as an approver who has not worked on it."""
    made = invite_lists.find(db.session, uid, viewer=g.viewer)
    invite_approving.decide(db.session, made, body, viewer=g.viewer)
    return _done(made)


def _done(made: InviteList) -> Reply:
    answer = _stands(made)
    db.session.commit()
    return Reply(answer)


def _stands(made: InviteList) -> dict[str, Any]:
    built = invite_lists.build(db.session, made, viewer=g.viewer)
    asked = approval_reading.read(db.session, made, viewer=g.viewer)
    is_needed = invite_approving.is_needed(made)
    return {
        "state": invite_approving.standing(asked if is_needed else None, built).state,
        "requests": [_one(one) for one in asked.every],
    }


def _one(one: InviteApproval) -> dict[str, Any]:
    return {
        "uid": one.uid,
        "asked_at": one.asked_at,
        "words": one.words,
        "people": len(one.people),
        "state": one.state,
        "reason": one.reason,
        "decided_at": one.decided_at,
    }
