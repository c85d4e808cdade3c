"""The running order of an event and its tables, for programs."""

import uuid
from datetime import datetime
from typing import Any

from flask import Blueprint, g
from pydantic import Field

from assetmap import gate
from assetmap.api.contract import Operation, Reply, base_version, said_why
from assetmap.db import db
from assetmap.models import Engagement, EventPart, EventTable
from assetmap.register import actions, audit, audit_taking, entries, reasons, running, tables
from assetmap.schemas.features import Given
from assetmap.schemas.reading import checked
from assetmap.schemas.running import PartDraft
from assetmap.schemas.tables import TableDraft
from assetmap.vocabulary import Kind

bp = Blueprint("api_running", __name__, url_prefix="/api/engagements/<uuid:uid>")


class PartGiven(Given):
    """A part of the running order."""

    uid: uuid.UUID
    version: int
    kind: str
    title: str
    day: int = Field(ge=1)
    minutes: int
    question: str
    target: str
    lead: str = Field(description="by role, for the team that keeps the event")


class TimedGiven(PartGiven):
    """A part, and when it begins and ends."""

    starts_at: datetime
    ends_at: datetime


class RunningGiven(Given):
    """The parts of an event, in order."""

    parts: list[TimedGiven]


class TableGiven(Given):
    """A table of an event."""

    number: int
    version: int
    theme: str
    seats: int
    facilitator: str
    note_taker: str
    facilitator_from: str = Field(description="`offer:` or `contact:` with a uid; or empty")
    note_taker_from: str


class TablesGiven(Given):
    """The tables of an event, by their numbers."""

    tables: list[TableGiven]


@bp.get("/running")
@gate.public
@Operation(gives=RunningGiven, headers=("X-Purpose",), refuses=(404, 428))
def running_order(uid: uuid.UUID) -> Reply:
    """Read the running order of an event: its parts with their times."""
    event = found(uid)
    timed = running.timed(event, running.of(db.session, event, viewer=g.viewer))
    knows = {} if actions.is_inside(db.session, event, viewer=g.viewer) else {"lead": ""}
    body = [
        _part(one.part) | knows | {"starts_at": one.starts_at, "ends_at": one.ends_at}
        for one in timed
    ]
    return read(event, {"parts": body})


@bp.put("/running/<uuid:part>")
@Operation(
    gives=PartGiven,
    sends=PartDraft,
    headers=("If-Match", "X-Purpose"),
    refuses=(403, 404, 409, 412, 428),
)
def put_part(uid: uuid.UUID, part: uuid.UUID, body: Any) -> Reply:
    """Add a part at the end of its day under the uid you chose for it, or change one (If-Match)."""
    event, draft = found(uid), checked(PartDraft, body)
    kept = running.put(db.session, event, part, draft, viewer=g.viewer, base_version=base_version())
    db.session.flush()  # its uid is given with the row
    answer, version = _part(kept), str(kept.version)
    db.session.commit()
    return Reply(answer, etag=version)


@bp.get("/tables")
@Operation(gives=TablesGiven, headers=("X-Purpose",), refuses=(403, 404, 428))
def all_tables(uid: uuid.UUID) -> Reply:
    """Read the tables of an event of your team."""
    event = found(uid)
    laid_out = tables.of(db.session, event, viewer=g.viewer)
    return read(event, {"tables": [_table(one) for one in laid_out]})


@bp.put("/tables/<int:number>")
@Operation(
    gives=TableGiven,
    sends=TableDraft,
    headers=("If-Match", "X-Purpose"),
    refuses=(403, 404, 409, 412, 428),
)
def put_table(uid: uuid.UUID, number: int, body: Any) -> Reply:
    """Add the table after the last, or change one (If-Match)."""
    event, draft = found(uid), checked(TableDraft, body)
    kept = tables.put(
        db.session, event, number, draft, viewer=g.viewer, base_version=base_version()
    )
    answer, version = _table(kept), str(kept.version)
    db.session.commit()
    return Reply(answer, etag=version)


def found(uid: uuid.UUID) -> Engagement:
    """The event, once somebody who must has said why they open it. Raises NotFound,
    ReasonRequired."""
    event = entries.find(db.session, uid, viewer=g.viewer, kind=Kind.ENGAGEMENT)
    reasons.require(db.session, event, said_why(), viewer=g.viewer)
    assert isinstance(event, Engagement)  # the kind that was asked for
    return event


def read(event: Engagement, body: dict[str, Any]) -> Reply:
    """An answer that tells something of an event, once it is on the account who read it."""
    audit_taking.read_one(db.session, event, frozenset(), viewer=g.viewer)
    audit.before_it_leaves(db.session)
    db.session.commit()
    return Reply(body)


def _part(one: EventPart) -> dict[str, Any]:
    return {"uid": one.uid, "version": one.version, **running.as_said(one)}


def _table(one: EventTable) -> dict[str, Any]:
    return {"number": one.number, "version": one.version, **tables.as_said(one)}
