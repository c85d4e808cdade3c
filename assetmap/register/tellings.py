"""Telling people what became of what they said, and which events still owe it."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import and_, case, func, select
from sqlalchemy.orm import Session

from assetmap import access
from assetmap.access import Viewer
from assetmap.db import local_day, now
from assetmap.errors import Conflict, Invalid, NotFound
from assetmap.models import Action, Engagement, Entry, Telling
from assetmap.models.action import OPEN
from assetmap.register import entries, text_hygiene
from assetmap.schemas.actions import TellingDraft

OWED_AFTER = timedelta(days=30)  # nobody should wait longer to hear what became of it
MOST = 50  # of one event
MOST_LISTED = 500
_NEVER = "cancelled"  # nobody came, so nobody waits


@dataclass(frozen=True)
class Owed:
    """An event whose people have not been told yet. days: since it ended. answered, said: points
    that have an answer, and all."""

    event: Engagement
    days: int
    answered: int
    said: int


def of(session: Session, event: Entry, *, viewer: Viewer) -> Sequence[Telling]:
    """When and how people were told, the latest first. Whoever sees the event may know."""
    return session.scalars(
        select(Telling)
        .join(Entry, Entry.id == Telling.engagement_id)
        .where(
            Telling.engagement_id == event.id,
            Telling.removed_at.is_(None),
            access.visible_entries(viewer),
        )
        .order_by(Telling.told_on.desc(), Telling.id.desc())
        .limit(MOST)
    ).all()


def tell(
    session: Session, event: Entry, uid: uuid.UUID, draft: TellingDraft, *, viewer: Viewer
) -> tuple[Telling, bool]:
    """Keep that people were told; the same sent again adds nothing. Says whether it is new.

    Raises NotAllowed, Invalid, Conflict for an identifier that stands for something else.
    """
    access.require_change(viewer, event)
    entries.wait_for(session, event)
    kept = session.scalar(select(Telling).where(Telling.uid == uid))
    if kept is not None:
        if kept.engagement_id == event.id and kept.removed_at is None and _same(kept, draft):
            return kept, False
        raise Conflict("This identifier has been used, or what it stood for was taken back.")
    _check(session, event, draft)
    made = Telling(uid=uid, engagement_id=event.id, created_by_id=viewer.user_id, **_kept(draft))
    session.add(made)
    told = {"told": [None, _said(made)]}
    entries.remember(session, event, "told", told, viewer=viewer)
    return made, True


def take_back(session: Session, event: Entry, uid: uuid.UUID, *, viewer: Viewer) -> Telling:
    """Take back that people were told, where it was a mistake. Raises NotFound."""
    access.require_change(viewer, event)
    found = next((one for one in of(session, event, viewer=viewer) if one.uid == uid), None)
    if found is None:
        raise NotFound("There is no such entry in what people were told.")
    found.removed_at = now()
    entries.remember(
        session, event, "told taken back", {"told": [_said(found), None]}, viewer=viewer
    )
    return found


def owed(session: Session, *, viewer: Viewer, today: date | None = None) -> Sequence[Owed]:
    """Events of the viewer's teams that ended more than 30 days ago and have told nobody, the
    longest ago first; drafts too, of which nobody has said whether they took place."""
    access.require_sign_in(viewer)
    told = select(Telling.id).where(
        Telling.engagement_id == Engagement.id, Telling.removed_at.is_(None)
    )
    key = Engagement.__table__.c.id  # the class would bring its tables along
    of_it = and_(Action.engagement_id == key, Action.removed_at.is_(None))
    answered = func.coalesce(func.sum(case((Action.status.in_(OPEN), 0), else_=1)), 0)
    rows = session.execute(
        select(
            Engagement,
            select(func.count()).where(of_it).scalar_subquery(),
            select(answered).where(of_it).scalar_subquery(),
        )
        .where(
            access.visible_entries(viewer),
            access.of_own_teams(viewer),
            Engagement.ends_at < now() - OWED_AFTER,
            Engagement.status != _NEVER,
            ~told.exists(),
        )
        .order_by(Engagement.ends_at, Engagement.id)
        .limit(MOST_LISTED)
    ).all()
    day = today or local_day(now())
    return [
        Owed(event, (day - local_day(event.ends_at)).days, answered, said)
        for event, said, answered in rows
    ]


def _check(session: Session, event: Entry, draft: TellingDraft) -> None:
    if draft.is_to_come(local_day(now())):
        raise Invalid.field("told_on", "This day is yet to come. Keep it once it has been done.")
    if isinstance(event, Engagement) and draft.told_on < local_day(event.starts_at):
        raise Invalid.field("told_on", "This is before the event.")
    text_hygiene.ask({"words": draft.words}, looked=draft.words_checked)
    count = select(func.count()).where(
        Telling.engagement_id == event.id, Telling.removed_at.is_(None)
    )
    if (session.scalar(count) or 0) >= MOST:
        raise Invalid.field("told_on", f"At most {MOST} are kept of one event.")


def _same(kept: Telling, draft: TellingDraft) -> bool:
    return all(getattr(kept, name) == value for name, value in _kept(draft).items())


def _kept(draft: TellingDraft) -> dict[str, Any]:
    return draft.model_dump(exclude={"words_checked"})


def _said(made: Telling) -> str:
    return f"{made.told_on.isoformat()}: {', '.join(made.told_by)}"
