"""Consultations by the clock, for programs."""

import uuid
from datetime import date

from flask import Blueprint, g
from pydantic import Field

from assetmap import gate
from assetmap.api.contract import Operation, Reply
from assetmap.db import db
from assetmap.register import audit, consultations
from assetmap.schemas.features import Given
from assetmap.vocabulary import Channel

bp = Blueprint("api_consultations", __name__, url_prefix="/api/consultations")


class ClockGiven(Given):
    """When a consultation opens and closes, and when people are told what became of it."""

    uid: uuid.UUID = Field(description="of the engagement")
    title: str
    state: str = Field(description="not_open, open, waiting, overdue or answered")
    opens_on: date
    closes_on: date
    days_open: int = Field(description="the first and the last among them")
    is_short: bool = Field(description="open for less time than is fair here")
    answer_due: date
    is_promised: bool = Field(description="false: worked out from the day it closes")
    answered_on: date | None


class ClocksGiven(Given):
    """Consultations, the overdue first; at most 200, the latest."""

    consultations: list[ClockGiven]


@bp.get("")
@gate.public
@Operation(gives=ClocksGiven)
def clocks() -> Reply:
    """Read which consultations are open, wait for their answer, or were answered within a year."""
    found = consultations.listed(db.session, viewer=g.viewer)
    named = [name for name in ClockGiven.model_fields if name not in ("uid", "title")]
    body = [
        {"uid": one.event.uid, "title": one.event.title}
        | {name: getattr(one, name) for name in named}
        for one in found
    ]
    consultations.note_read(db.session, found, Channel.JSON, viewer=g.viewer)
    audit.before_it_leaves(db.session)
    db.session.commit()
    return Reply({"consultations": body})
