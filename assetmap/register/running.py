"""The running order of an event: its parts, when each begins, and what it asks."""

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import case, func, select
from sqlalchemy.orm import Session

from assetmap import access
from assetmap.access import Viewer
from assetmap.db import now
from assetmap.errors import Conflict, Invalid, NotFound
from assetmap.models import Engagement, Entry, EventPart
from assetmap.register import entries, snapshots, text_hygiene
from assetmap.schemas.running import PartDraft
from assetmap.settings import LOCAL

MOST = 100  # of one event
TEXTS = ("title", "question", "target", "lead")
_PARTS = TypeAdapter(list[PartDraft])
_FIELDS = tuple(PartDraft.model_fields)


@dataclass(frozen=True)
class Timed:
    """A part, and when it begins and ends."""

    part: EventPart
    starts_at: datetime
    ends_at: datetime


def of(
    session: Session, event: Entry, *, viewer: Viewer, removed: bool = False
) -> Sequence[EventPart]:
    """The parts of an event in order, for whoever sees it; removed: those taken away instead."""
    return session.scalars(
        select(EventPart)
        .join(Entry, Entry.id == EventPart.engagement_id)
        .where(
            EventPart.engagement_id == event.id,
            EventPart.removed_at.is_not(None) if removed else EventPart.removed_at.is_(None),
            access.visible_entries(viewer),
        )
        .order_by(EventPart.day, EventPart.number, EventPart.id)
        .limit(MOST)
    ).all()


def timed(event: Engagement, parts: Sequence[EventPart]) -> list[Timed]:
    """When each part begins: on its day at the hour at which the event starts, by the clock on
    the wall, and from there on in minutes that pass, whether or not the clocks change."""
    first = event.starts_at.astimezone(LOCAL).replace(tzinfo=None)
    found = []
    for day, those in groupby(parts, key=lambda part: part.day):
        begins = (first + timedelta(days=day - 1)).replace(tzinfo=LOCAL).astimezone(now().tzinfo)
        for part in those:
            ends = begins + timedelta(minutes=part.minutes)
            found.append(Timed(part, begins, ends))
            begins = ends
    return found


def put(
    session: Session,
    event: Engagement,
    uid: uuid.UUID,
    draft: PartDraft,
    *,
    viewer: Viewer,
    base_version: int | None = None,
) -> EventPart:
    """Add a part at the end of its day, or change one; the same sent again changes nothing.

    Raises NotAllowed, Invalid, Conflict where somebody changed it since `base_version`.
    """
    access.require_change(viewer, event)
    entries.wait_for(session, event)
    kept = session.scalar(select(EventPart).where(EventPart.uid == uid))
    if kept is not None and (kept.engagement_id != event.id or kept.removed_at is not None):
        raise Conflict("This was taken away meanwhile, or its identifier is used already.")
    before = as_said(kept) if kept else {}
    after = snapshots.as_json(draft.model_dump())
    if before == after and kept is not None:
        return kept
    if kept is not None and base_version != kept.version:
        raise Conflict("Somebody else changed this a moment ago. Look at what it says now.")
    for name in TEXTS:
        if after[name] != before.get(name):
            text_hygiene.refuse(name, after[name])
    made = kept or EventPart(uid=uid, engagement_id=event.id, version=0)
    if kept is None or kept.day != draft.day:
        made.number = _next_number(session, event, is_new=kept is None)
    _write(made, draft)
    session.add(made)
    verb = "part added" if kept is None else "part changed"
    changed = {
        f"{draft.title}: {name}": [before.get(name) or None, after[name] or None]
        for name in _FIELDS
        if (before.get(name) or None) != (after[name] or None)
    }
    entries.remember(session, event, verb, changed, viewer=viewer)
    return made


def parts_of(template: Mapping[str, Any]) -> list[PartDraft]:
    """The parts of a template of `layers.event_templates`, in order."""
    return _PARTS.validate_python(template["part"])


def lasts(template: Mapping[str, Any]) -> timedelta:
    """From the beginning of an event to its end, by its parts."""
    parts = parts_of(template)
    last = max((part.day for part in parts), default=1)
    minutes = sum(part.minutes for part in parts if part.day == last)
    return timedelta(days=last - 1, minutes=minutes)


def begin(
    session: Session, event: Engagement, drafts: Iterable[PartDraft], *, viewer: Viewer
) -> None:
    """Give a new event the parts of a template, or of the event it is copied from."""
    titles = []
    for number, draft in enumerate(drafts, 1):
        made = EventPart(engagement_id=event.id, number=number, version=0)
        _write(made, draft)
        session.add(made)
        titles.append(draft.title)
    if titles:
        told = {"running order": [None, ", ".join(titles)]}
        entries.remember(session, event, "part added", told, viewer=viewer)


def move(session: Session, event: Engagement, uid: uuid.UUID, *, by: int, viewer: Viewer) -> None:
    """Have a part come one earlier (-1) or later (1) on its day; at the end of it, it stays."""
    access.require_change(viewer, event)
    entries.wait_for(session, event)
    found = find(session, event, uid, viewer=viewer)
    of_day = [one for one in of(session, event, viewer=viewer) if one.day == found.day]
    place = of_day.index(found)
    if not 0 <= place + by < len(of_day):
        return
    of_day.insert(place + by, of_day.pop(place))
    for number, one in enumerate(of_day, 1):
        one.number = number
    told = {f"{found.title}: place": [place + 1, place + by + 1]}
    entries.remember(session, event, "part changed", told, viewer=viewer)


def remove(session: Session, event: Engagement, uid: uuid.UUID, *, viewer: Viewer) -> EventPart:
    """Take a part away; it can be put back."""
    access.require_change(viewer, event)
    found = find(session, event, uid, viewer=viewer)
    found.removed_at, found.version = now(), found.version + 1
    told = {"part": [found.title, None]}
    entries.remember(session, event, "part removed", told, viewer=viewer)
    return found


def put_back(session: Session, event: Engagement, uid: uuid.UUID, *, viewer: Viewer) -> EventPart:
    """Put back what was taken away. Raises NotFound when there is no such."""
    access.require_change(viewer, event)
    found = find(session, event, uid, viewer=viewer, removed=True)
    _next_number(session, event, is_new=True)  # there may be no room for it any more
    found.removed_at, found.version = None, found.version + 1
    told = {"part": [None, found.title]}
    entries.remember(session, event, "part put back", told, viewer=viewer)
    return found


def find(
    session: Session, event: Entry, uid: uuid.UUID, *, viewer: Viewer, removed: bool = False
) -> EventPart:
    """One part. Raises NotFound."""
    parts = of(session, event, viewer=viewer, removed=removed)
    found = next((one for one in parts if one.uid == uid), None)
    if found is None:
        raise NotFound("This event has no such part.")
    return found


def as_said(part: EventPart) -> dict[str, Any]:
    """What is kept of a part, in the words of its draft."""
    return {name: getattr(part, name) for name in _FIELDS}


def _write(made: EventPart, draft: PartDraft) -> None:
    for name in _FIELDS:
        setattr(made, name, getattr(draft, name))
    made.version, made.updated_at = made.version + 1, now()


def _next_number(session: Session, event: Engagement, *, is_new: bool) -> int:
    there = case((EventPart.removed_at.is_(None), 1))
    query = select(func.count(there), func.max(EventPart.number))
    count, last = session.execute(query.where(EventPart.engagement_id == event.id)).one()
    if is_new and count >= MOST:
        raise Invalid.field("title", f"At most {MOST} parts are kept of one event.")
    return (last or 0) + 1
