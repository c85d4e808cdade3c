"""Invite lists over time, for programs: frozen or live, changed by hand, and who came and went."""

import uuid
from datetime import datetime
from typing import Any

from flask import Blueprint, g
from pydantic import BaseModel, ConfigDict, Field

from assetmap.api.contract import Operation, Reply
from assetmap.db import db
from assetmap.models import InviteList, InviteSnapshot
from assetmap.register import (
    audit,
    invite_comparing,
    invite_hand,
    invite_lists,
    invite_opening,
)
from assetmap.register.invite_comparing import Other
from assetmap.schemas.features import Given
from assetmap.schemas.invite_lists import HandDraft

bp = Blueprint("api_invite_changes", __name__, url_prefix="/api/invite-lists/<uuid:uid>")


class WhichCopies(BaseModel):
    """Two copies to compare."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    before: uuid.UUID | None = Field(None, description="uid of a copy; the last, unless given")
    after: uuid.UUID | None = Field(None, description="uid of another; now, unless given")


class CopyGiven(Given):
    """What the list came to on a day, as it is kept."""

    uid: uuid.UUID
    taken_at: datetime
    is_frozen: bool = Field(description="taken to be kept to")


class OtherGiven(Given):
    """Somebody who came or went."""

    person: uuid.UUID
    called: str
    rule: str = Field(description="by which they are left out; empty: they came")
    groups: list[str] = Field(description="by which they came, by name")


class ChangesGiven(Given):
    """Who came and who went between two copies."""

    version: int
    frozen_at: datetime | None
    copies: list[CopyGiven]
    came: list[OtherGiven]
    went: list[OtherGiven]
    stayed: int = Field(ge=0)
    gone: int = Field(ge=0, description="more that came or went and were taken out since")


class StateGiven(Given):
    """Whether a list is frozen."""

    version: int
    frozen_at: datetime | None


@bp.get("/changes")
@Operation(gives=ChangesGiven, query=WhichCopies, refuses=(404,))
def changes(uid: uuid.UUID, query: WhichCopies) -> Reply:
    """Compare two copies of a list, or one with now: who came, who went, and by which rule."""
    found = invite_opening.read(db.session, uid, viewer=g.viewer)
    compared = invite_comparing.compare(
        db.session, found, query.before, query.after, viewer=g.viewer
    )
    body: dict[str, Any] = {"came": [], "went": [], "stayed": 0, "gone": 0}
    if (changed := compared.changed) is not None:
        body = {
            "came": [_other(one) for one in changed.came],
            "went": [_other(one) for one in changed.went],
            "stayed": changed.stayed,
            "gone": changed.gone,
        }
        told = [(one.person, one.agreement_id) for one in (*changed.came, *changed.went)]
        invite_lists.note_shown(db.session, found.made, told, viewer=g.viewer)
    body |= _state(found.made) | {"copies": [_copy(one) for one in compared.copies]}
    audit.before_it_leaves(db.session)
    db.session.commit()
    return Reply(body)


@bp.put("/frozen")
@Operation(gives=StateGiven, refuses=(403, 404))
def freeze(uid: uuid.UUID) -> Reply:
    """Keep to whom the list comes to now. One that is frozen stays as it is."""
    made = invite_lists.to_change(db.session, uid, viewer=g.viewer)
    if made.frozen_at is None:
        invite_lists.freeze(db.session, made, viewer=g.viewer)
    return _done(made)


@bp.delete("/frozen")
@Operation(gives=StateGiven, refuses=(403, 404))
def make_live(uid: uuid.UUID) -> Reply:
    """Work the list out anew from now on."""
    made = invite_lists.to_change(db.session, uid, viewer=g.viewer)
    invite_lists.make_live(db.session, made, viewer=g.viewer)
    return _done(made)


@bp.post("/by-hand")
@Operation(gives=StateGiven, body=HandDraft, refuses=(403, 404))
def by_hand(uid: uuid.UUID, body: HandDraft) -> Reply:
    """Add somebody to the list, or take them off, with a reason. The same again adds nothing."""
    made = invite_lists.to_change(db.session, uid, viewer=g.viewer)
    invite_hand.change(db.session, made, body, viewer=g.viewer)
    return _done(made)


def _state(made: InviteList) -> dict[str, Any]:
    return {"version": made.version, "frozen_at": made.frozen_at}


def _done(made: InviteList) -> Reply:
    answer = _state(made)
    db.session.commit()
    return Reply(answer)


def _copy(one: InviteSnapshot) -> dict[str, Any]:
    return {"uid": one.uid, "taken_at": one.taken_at, "is_frozen": one.is_frozen}


def _other(one: Other) -> dict[str, Any]:
    return {
        "person": one.person.uid,
        "called": one.person.called,
        "rule": one.rule,
        "groups": [way.group.title for way in one.through],
    }
