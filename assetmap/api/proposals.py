"""Suggestions, for programs: sent by who may not change an entry, answered by who may."""

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from flask import Blueprint, g
from pydantic import Field

from assetmap.api.contract import (
    Operation,
    Reply,
    base_version,
    page_links,
    require_reason,
    root,
    said_why,
)
from assetmap.db import db
from assetmap.gate import limiter
from assetmap.register import (
    audit,
    proposal_answers,
    proposal_reading,
    proposal_sending,
    proposals,
    reasons,
)
from assetmap.register.proposal_reading import Found
from assetmap.schemas.features import Given, WebLink
from assetmap.schemas.proposals import (
    HOW_OFTEN,
    Acceptance,
    ProposalBrowse,
    ProposalSent,
    RefusalSent,
)

bp = Blueprint("api_proposals", __name__, url_prefix="/api/proposals")


class ProposalGiven(Given):
    """A suggestion, as far as whoever reads it may."""

    uid: uuid.UUID
    ref: str
    state: str = Field(description="open accepted partly refused withdrawn overtaken")
    about: str
    kind: str
    entry: uuid.UUID | None = Field(description="none where it is not open to you, or not there")
    title: str = Field(description="of the entry; empty as above")
    changes: dict[str, Any] = Field(description="field: the value proposed")
    note: str
    by: str | None = Field(description="who made it; none: somebody without an account")
    from_owner: bool = Field(description="they keep the listing as its owner")
    is_mine: bool
    may_answer: bool
    made_at: datetime
    answered_at: datetime | None
    answer: str = Field(description="why it was refused")
    accepted: list[str] = Field(description="names of the fields that were accepted")


class ProposalsGiven(Given):
    """A page of suggestions, the latest first."""

    proposals: list[ProposalGiven]
    links: list[WebLink]


@bp.get("")
@Operation(gives=ProposalsGiven, query=ProposalBrowse, headers=("X-Purpose",), refuses=(428,))
def proposal_list(query: ProposalBrowse) -> Reply:
    """List the suggestions you made and those you may answer."""
    found, cursor = proposal_reading.open_to(db.session, query, viewer=g.viewer)
    body = {"proposals": [_given(one) for one in found], "links": page_links(cursor)}
    _for_a_reason(found)
    return Reply(body)


@bp.get("/<uuid:uid>")
@Operation(gives=ProposalGiven, headers=("X-Purpose",), refuses=(404, 428))
def proposal(uid: uuid.UUID) -> Reply:
    """Read a suggestion that you made or may answer."""
    found = proposal_reading.find(db.session, uid, viewer=g.viewer)
    body = _given(found)
    _for_a_reason([found])
    return Reply(body)


@bp.post("")
@limiter.shared_limit(HOW_OFTEN, scope="suggestions")
@Operation(
    gives=ProposalGiven,
    also={201: "It waits for an answer"},
    body=ProposalSent,
    headers=("X-Purpose",),
    refuses=(403, 404, 409, 428),
)
def propose(body: ProposalSent) -> Reply:
    """Suggest a correction of an entry, or a place or group that is missing.

    Somebody who may change it answers; you change nothing by this. The same sent again while it
    waits is the one there is. Only fields that you may read can be suggested.
    """
    if body.entry is not None:
        require_reason(body.entry)
    made, is_new = proposal_sending.send(db.session, body, viewer=g.viewer)
    reply = _whole(made.uid, 201 if is_new else 200)
    db.session.commit()
    return reply


@bp.post("/<uuid:uid>/accept")
@Operation(
    gives=ProposalGiven,
    body=Acceptance,
    headers=("If-Match", "X-Purpose"),
    refuses=(403, 404, 409, 428),
)
def accept_proposal(uid: uuid.UUID, body: Acceptance) -> Reply:
    """Make what was suggested so, all of it or the fields you name.

    If-Match may say which version of the entry you looked at; what others have changed since
    stays, and where they changed the same field the 409 holds both values.
    """
    found = proposal_reading.find(db.session, uid, viewer=g.viewer)
    if found.entry is not None:
        require_reason(found.entry.uid)
    proposal_sending.accept(
        db.session, uid, body.fields, body.team, viewer=g.viewer, version=base_version()
    )
    reply = _whole(uid)
    db.session.commit()
    return reply


@bp.post("/<uuid:uid>/refuse")
@Operation(gives=ProposalGiven, body=RefusalSent, refuses=(403, 404, 409))
def refuse_proposal(uid: uuid.UUID, body: RefusalSent) -> Reply:
    """Say no, and why; whoever suggested it reads it."""
    proposal_answers.refuse(db.session, uid, body.why, viewer=g.viewer)
    reply = _whole(uid)
    db.session.commit()
    return reply


@bp.delete("/<uuid:uid>")
@Operation(status=204, refuses=(403, 404, 409))
def withdraw_proposal(uid: uuid.UUID) -> Reply:
    """Take back what you suggested."""
    proposals.withdraw(db.session, uid, viewer=g.viewer)
    db.session.commit()
    return Reply(status=204)


def _for_a_reason(found: Sequence[Found]) -> None:
    """Go on only when it is said why restricted records are read that suggestions are about."""
    why, about = said_why(), [one.entry for one in found if one.entry is not None]
    reasons.require_for_all(db.session, about, why, viewer=g.viewer)
    for entry in reasons.waiting(db.session, about, viewer=g.viewer):
        reasons.give(db.session, entry, why, viewer=g.viewer)
    audit.before_it_leaves(db.session)
    db.session.commit()


def _whole(uid: uuid.UUID, status: int = 200) -> Reply:
    found = proposal_reading.find(db.session, uid, viewer=g.viewer)
    headers = {"Location": f"{root()}/api{found.proposal.path}"} if status == 201 else {}
    return Reply(_given(found), status, headers=headers)


def _given(found: Found) -> dict[str, Any]:
    one, entry = found.proposal, found.entry
    same = ("uid", "ref", "state", "about", "kind", "changes", "note", "from_owner", "answered_at")
    return {
        **{name: getattr(one, name) for name in (*same, "answer", "accepted")},
        "entry": entry.uid if entry is not None else None,
        "title": entry.title if entry is not None else "",
        "by": one.by.name if one.by is not None else None,
        "is_mine": found.is_mine,
        "may_answer": found.may_answer,
        "made_at": one.created_at,
    }
