"""Inviting by e-mail, and what becomes of it, for programs."""

import uuid
from collections.abc import Container
from datetime import datetime
from typing import Any

from flask import Blueprint, g
from pydantic import Field

from assetmap.api.contract import Operation, Reply
from assetmap.db import db
from assetmap.models import InviteList
from assetmap.register import (
    audit,
    invite_answers,
    invite_letters,
    invite_lists,
    invite_sending,
    replies,
)
from assetmap.schemas.features import Given
from assetmap.schemas.invite_lists import (
    AnswerDraft,
    ArrivedDraft,
    LettersDraft,
    OffDraft,
    PlaceToldDraft,
    RemindDraft,
    SendDraft,
)

bp = Blueprint("api_invite_answers", __name__, url_prefix="/api/invite-lists/<uuid:uid>")


class AnsweredGiven(Given):
    """Somebody who was asked, and what became of it. What they need is read on the page alone."""

    person: uuid.UUID
    called: str
    channel: str = Field(description="by which they were asked")
    asked_at: datetime
    state: str = Field(description="asked, accepted, tentative, declined or waiting (for a place)")
    party: int = Field(ge=0, description="how many come along")
    answered_at: datetime | None
    answered_by: str = Field(description="link, or the channel; empty: not answered yet")
    mail: str = Field(description="of the last message: waiting, sent, stopped, bounced or empty")
    arrived_at: datetime | None
    missed: bool = Field(description="said yes, and was not ticked off where others were")
    untold: bool = Field(description="has moved up to a place; no mail tells them, and nobody has")


class AnswersGiven(Given):
    """What became of the invitations of a list, as far as you may know the people."""

    answers: list[AnsweredGiven]
    hidden: int = Field(ge=0, description="how many more were asked")
    capacity: int | None = Field(description="places at the event; null: any number")
    taken: int = Field(ge=0, description="places taken by yes, with those who come along")
    not_sent: dict[str, int] = Field(description="messages that were stopped or came back, by rule")


class CountGiven(Given):
    """How many it was."""

    count: int = Field(ge=0)


class StandsGiven(Given):
    """How an invitation stands now."""

    state: str
    party: int
    arrived_at: datetime | None


@bp.get("/answers")
@Operation(gives=AnswersGiven, refuses=(404,))
def answers(uid: uuid.UUID) -> Reply:
    """Read who was asked, who answered what, and who came."""
    made = invite_lists.find(db.session, uid, viewer=g.viewer)
    found = invite_answers.every(db.session, made, viewer=g.viewer)
    untold = replies.untold(db.session, made.engagement) if made.engagement else set()
    body = {
        "answers": [_one(row, untold) for row in found.rows],
        "hidden": found.hidden,
        "capacity": found.places.capacity,
        "taken": found.places.taken,
        "not_sent": dict(found.stopped),
    }
    invite_answers.note_read(db.session, made, found.rows, viewer=g.viewer)
    audit.before_it_leaves(db.session)
    db.session.commit()
    return Reply(body)


@bp.post("/send")
@Operation(gives=CountGiven, body=SendDraft, refuses=(403, 404, 409))
def send(uid: uuid.UUID, body: SendDraft) -> Reply:
    """Mail an invitation to people on the list. The same sent again mails nobody twice."""
    made = _mine(uid)
    return _done({"count": len(invite_sending.send(db.session, made, body, viewer=g.viewer))})


@bp.post("/letters")
@Operation(gives=CountGiven, body=LettersDraft, refuses=(403, 404, 409))
def write_letters(uid: uuid.UUID, body: LettersDraft) -> Reply:
    """Keep people as asked by letter, each with a link to answer by. The same again asks nobody
    twice; the file to merge (`people.csv?by=post&who=asked`) holds the links."""
    made = _mine(uid)
    return _done({"count": len(invite_letters.write(db.session, made, body, viewer=g.viewer))})


@bp.post("/remind")
@Operation(gives=CountGiven, body=RemindDraft, refuses=(403, 404, 409))
def remind(uid: uuid.UUID, body: RemindDraft) -> Reply:
    """Remind those by mail who answered so; nobody within a day, or more than twice."""
    return _done({"count": invite_sending.remind(db.session, _mine(uid), body, viewer=g.viewer)})


@bp.post("/call-off")
@Operation(gives=CountGiven, body=OffDraft, refuses=(403, 404, 409))
def call_off(uid: uuid.UUID, body: OffDraft) -> Reply:
    """Tell those by mail who were invited by mail that a cancelled event does not take place."""
    return _done({"count": invite_sending.call_off(db.session, _mine(uid), body, viewer=g.viewer)})


@bp.post("/answers")
@Operation(gives=StandsGiven, body=AnswerDraft, refuses=(403, 404, 409))
def enter(uid: uuid.UUID, body: AnswerDraft) -> Reply:
    """Keep an answer that came by phone, by post or otherwise."""
    return _done(_stands(invite_answers.enter(db.session, _mine(uid), body, viewer=g.viewer)))


@bp.post("/came")
@Operation(gives=StandsGiven, body=ArrivedDraft, refuses=(403, 404, 409))
def came(uid: uuid.UUID, body: ArrivedDraft) -> Reply:
    """Keep that somebody who was invited came, or take that back."""
    return _done(_stands(invite_answers.check_in(db.session, _mine(uid), body, viewer=g.viewer)))


@bp.post("/told")
@Operation(gives=StandsGiven, body=PlaceToldDraft, refuses=(403, 404, 409))
def told(uid: uuid.UUID, body: PlaceToldDraft) -> Reply:
    """Keep that somebody who waited was told of their place by whoever rang or wrote, or take that
    back. Those who were invited by mail are told by mail."""
    reply = invite_answers.tell_of_place(db.session, _mine(uid), body, viewer=g.viewer)
    return _done(_stands(reply))


def _mine(uid: uuid.UUID) -> InviteList:
    return invite_lists.to_change(db.session, uid, viewer=g.viewer)


def _done(answer: dict[str, Any]) -> Reply:
    db.session.commit()
    return Reply(answer)


def _stands(reply: Any) -> dict[str, Any]:
    return {"state": reply.state, "party": reply.party, "arrived_at": reply.arrived_at}


def _one(row: invite_answers.Answered, untold: Container[int]) -> dict[str, Any]:
    reply = row.reply
    return {
        "person": row.person.uid,
        "called": row.person.called,
        "channel": row.invitation.channel,
        "asked_at": row.invitation.asked_at,
        "state": reply.state,
        "party": reply.party,
        "answered_at": reply.answered_at,
        "answered_by": reply.answered_by,
        "mail": reply.mail,
        "arrived_at": reply.arrived_at,
        "missed": row.is_missed,
        "untold": row.invitation.id in untold,
    }
