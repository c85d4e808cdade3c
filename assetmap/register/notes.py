"""What is noted at an event, and what people make of the ideas."""

import uuid
from collections.abc import Sequence
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session, joinedload

from assetmap import access
from assetmap.access import Viewer
from assetmap.db import now
from assetmap.errors import Conflict, Invalid, NotFound
from assetmap.models import Action, Engagement, EventNote, EventPart
from assetmap.register import audit, entries, plans, snapshots, text_hygiene
from assetmap.schemas.tables import NoteDraft

MOST = 1_000  # of one event
_FIELDS = tuple(name for name in NoteDraft.model_fields if name not in ("part", "words_checked"))


def of(
    session: Session,
    event: Engagement,
    *,
    viewer: Viewer,
    kind: str = "",
    table: int | None = None,
    removed: bool = False,
) -> Sequence[EventNote]:
    """What was noted, the latest first; of ideas, those with the most votes first. Raises
    NotAllowed outside the team that keeps the event."""
    plans.require_inside(session, event, viewer=viewer)
    query = select(EventNote).where(
        EventNote.engagement_id == event.id,
        EventNote.removed_at.is_not(None) if removed else EventNote.removed_at.is_(None),
    )
    if kind:
        query = query.where(EventNote.kind == kind)
    if table is not None:
        query = query.where(EventNote.table == table)
    order: list[Any] = [EventNote.id.desc()]
    if kind == "idea":
        mark = func.coalesce(EventNote.realistic, 0) + func.coalesce(EventNote.difference, 0)
        order = [EventNote.votes.desc(), mark.desc(), EventNote.id]
    query = query.options(joinedload(EventNote.part), joinedload(EventNote.action))
    return session.scalars(query.order_by(*order).limit(MOST)).all()


def find(
    session: Session, event: Engagement, uid: uuid.UUID, *, viewer: Viewer, removed: bool = False
) -> EventNote:
    """One note. Raises NotFound, and what `of` does."""
    plans.require_inside(session, event, viewer=viewer)
    found = session.scalar(
        select(EventNote)
        .where(EventNote.uid == uid, EventNote.engagement_id == event.id)
        .options(joinedload(EventNote.part), joinedload(EventNote.action))
    )
    if found is None or (found.removed_at is not None) != removed:
        raise NotFound("There is no such note at this event.")
    return found


def put(
    session: Session,
    event: Engagement,
    uid: uuid.UUID,
    draft: NoteDraft,
    *,
    viewer: Viewer,
    base_version: int | None = None,
) -> tuple[EventNote, bool]:
    """Keep a note under the uid that whoever took it chose, or change it; the same sent again adds
    nothing. Says whether it is new. A new one is no version of the event: at a hub there are
    hundreds, and whoever changes the event meanwhile must not be told that it has changed.

    Raises NotAllowed, Invalid, Conflict where somebody changed it since `base_version`.
    """
    access.require_add_to(viewer, event.team_id)
    entries.wait_for(session, event)
    if not event.is_live:
        raise Conflict("This event has been withdrawn or merged into another.")
    kept = session.scalar(
        select(EventNote).where(EventNote.uid == uid).options(joinedload(EventNote.part))
    )
    if kept is not None and (kept.engagement_id != event.id or kept.removed_at is not None):
        raise Conflict("This was taken away meanwhile, or its identifier is used already.")
    before = as_said(kept) if kept else {}
    after = snapshots.as_json(draft.model_dump(exclude={"words_checked"}))
    if kept is not None and before == after:
        return kept, False
    if kept is not None and kept.version != base_version:
        raise Conflict("Somebody else changed this note a moment ago. Look at what it says now.")
    if after["text"] != before.get("text"):
        text_hygiene.ask({"text": after["text"]}, looked=draft.words_checked)
    part = kept.part if kept and before["part"] == after["part"] else None
    part = part or _part(session, event, draft.part)
    made = kept or EventNote(
        uid=uid, engagement_id=event.id, version=0, created_by_id=viewer.user_id
    )
    for name in _FIELDS:
        setattr(made, name, getattr(draft, name))
    made.part, made.version = part, made.version + 1
    if kept is None:
        _refuse_too_many(session, event)
        made.action = None
        session.add(made)
        audit.note_verb(session, "noted", event, ["note"], viewer=viewer)
        session.flush()
        return made, True
    changed = {
        f"note: {name}": [before[name] or None, after[name] or None]
        for name in _FIELDS
        if (before[name] or None) != (after[name] or None)
    }
    entries.remember(session, event, "note changed", changed, viewer=viewer)
    return made, False


def remove(session: Session, event: Engagement, uid: uuid.UUID, *, viewer: Viewer) -> EventNote:
    """Take a note away; it can be put back."""
    return _mark(session, event, uid, viewer=viewer, removed=True)


def put_back(session: Session, event: Engagement, uid: uuid.UUID, *, viewer: Viewer) -> EventNote:
    """Put back a note that was taken away."""
    return _mark(session, event, uid, viewer=viewer, removed=False)


def became(
    session: Session, event: Engagement, uid: uuid.UUID, action: Action, *, viewer: Viewer
) -> None:
    """Keep which point of “you said, we did” a note became. Raises NotFound, Conflict where it
    has become another that still stands."""
    note = find(session, event, uid, viewer=viewer)
    session.flush()  # the point has its key only now
    if note.action_id != action.id:
        if note.action is not None and note.action.removed_at is None:
            raise Conflict(f"This idea is point {note.action.number} of what was said already.")
        note.action, note.version = action, note.version + 1


def as_said(note: EventNote) -> dict[str, Any]:
    """What is kept of a note, in the words of its draft; JSON all through."""
    said = {name: getattr(note, name) for name in _FIELDS}
    return said | {"part": str(note.part.uid) if note.part else None}


def _mark(
    session: Session, event: Engagement, uid: uuid.UUID, *, viewer: Viewer, removed: bool
) -> EventNote:
    access.require_add_to(viewer, event.team_id)
    entries.wait_for(session, event)
    found = find(session, event, uid, viewer=viewer, removed=not removed)
    found.removed_at, found.version = (now() if removed else None), found.version + 1
    told = {"note": [found.text, None] if removed else [None, found.text]}
    verb = "note removed" if removed else "note put back"
    entries.remember(session, event, verb, told, viewer=viewer)
    return found


def _part(session: Session, event: Engagement, uid: uuid.UUID | None) -> EventPart | None:
    if uid is None:
        return None
    found = session.scalar(
        select(EventPart).where(EventPart.uid == uid, EventPart.engagement_id == event.id)
    )
    if found is None:
        raise Invalid.field("part", "Choose a part of this event's running order.")
    return found


def _refuse_too_many(session: Session, event: Engagement) -> None:
    query = select(func.count()).select_from(EventNote)
    if (session.scalar(query.where(EventNote.engagement_id == event.id)) or 0) >= MOST:
        raise Invalid.field("text", f"At most {MOST:,} notes are kept of one event.")
