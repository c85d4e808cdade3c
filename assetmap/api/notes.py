"""Notes taken at an event, for programs and for phones, which send them once there is signal."""

import uuid
from datetime import datetime
from typing import Any

from flask import Blueprint, g
from pydantic import BaseModel, ConfigDict, Field

from assetmap.api.arriving import DELIVERY, delivery
from assetmap.api.contract import Operation, Reply, base_version, require_reason
from assetmap.api.running import found, read
from assetmap.db import db
from assetmap.models import EventNote
from assetmap.register import deliveries, gathered, notes
from assetmap.schemas.features import Given
from assetmap.schemas.reading import checked
from assetmap.schemas.tables import MOST_TABLES, NoteDraft

bp = Blueprint("api_notes", __name__, url_prefix="/api")


class NoteGiven(Given):
    """Something that was noted at an event."""

    uid: uuid.UUID
    version: int
    text: str
    kind: str
    table: int | None
    part: uuid.UUID | None
    votes: int
    realistic: int | None
    difference: int | None
    chosen: bool
    noted_at: datetime


class NoteReceived(Given):
    """That a note has arrived; the note itself, unless it was received before."""

    uid: uuid.UUID
    note: NoteGiven | None = None


class NotesGiven(Given):
    """What was noted at an event, the latest first; at most 1,000."""

    notes: list[NoteGiven]


class NoteSearch(BaseModel):
    """Which notes of an event to list."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    table: int | None = Field(None, ge=1, le=MOST_TABLES, description="those of one table")


class ToChoose(Given):
    """A part of the running order that a note may be taken in."""

    uid: uuid.UUID
    title: str


class EventGiven(Given):
    """An event one may take notes at, with what there is to choose from."""

    uid: uuid.UUID
    title: str
    starts_at: datetime
    ends_at: datetime
    tables: list[int]
    parts: list[ToChoose]


class EventsGiven(Given):
    """Events one may take notes at, the nearest in time first."""

    events: list[EventGiven]


@bp.get("/walk/events")
@Operation(gives=EventsGiven)
def events() -> Reply:
    """Read which events of your teams one may take notes at now, to take them along."""
    body = [
        {
            "uid": one.event.uid,
            "title": one.event.title,
            "starts_at": one.event.starts_at,
            "ends_at": one.event.ends_at,
            "tables": one.tables,
            "parts": [{"uid": part.uid, "title": part.title} for part in one.parts],
        }
        for one in gathered.to_note_at(db.session, viewer=g.viewer)
    ]
    return Reply({"events": body})


@bp.get("/engagements/<uuid:uid>/notes")
@Operation(gives=NotesGiven, query=NoteSearch, headers=("X-Purpose",), refuses=(403, 404, 428))
def noted(uid: uuid.UUID, query: NoteSearch) -> Reply:
    """Read what was noted at an event of your team."""
    event = found(uid)
    kept = notes.of(db.session, event, viewer=g.viewer, table=query.table)
    return read(event, {"notes": [_note(one) for one in kept]})


@bp.put("/engagements/<uuid:uid>/notes/<uuid:note>")
@Operation(
    gives=NoteReceived,
    also={201: "Noted"},
    sends=NoteDraft,
    headers=("If-Match", "X-Purpose", *DELIVERY),
    refuses=(403, 404, 409, 412, 428),
)
def put_note(uid: uuid.UUID, note: uuid.UUID, body: Any) -> Reply:
    """Keep a note under the uid that whoever took it chose, or change it (If-Match).

    The same sent again adds nothing. A note taken at an event that was folded into another
    meanwhile is kept there.
    """
    draft = checked(NoteDraft, body)
    uid = deliveries.leads_to(db.session, uid, viewer=g.viewer)
    require_reason(uid)
    if not deliveries.take(db.session, delivery(), "entry", note, viewer=g.viewer):
        return Reply({"uid": note})
    kept, is_new = notes.put(
        db.session, found(uid), note, draft, viewer=g.viewer, base_version=base_version()
    )
    answer, version = {"uid": note, "note": _note(kept)}, str(kept.version)
    db.session.commit()
    return Reply(answer, 201 if is_new else 200, etag=version)


def _note(one: EventNote) -> dict[str, Any]:
    said = {"uid": one.uid, "version": one.version, "noted_at": one.created_at}
    return said | notes.as_said(one)
