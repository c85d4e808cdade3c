"""Events that people gather at now: what a phone takes along to take notes there."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from assetmap import access
from assetmap.access import Viewer
from assetmap.db import now
from assetmap.models import Engagement, EventPart, EventTable
from assetmap.vocabulary import Visibility

BEFORE, AFTER = timedelta(days=21), timedelta(days=2)
MOST = 30
_NEVER = ("cancelled", "closed")


@dataclass(frozen=True)
class Gathered:
    """An event, the numbers of its tables, and the parts of its running order."""

    event: Engagement
    tables: list[int] = field(default_factory=list)
    parts: list[EventPart] = field(default_factory=list)


def to_note_at(session: Session, *, viewer: Viewer) -> Sequence[Gathered]:
    """Events of teams that the viewer logs for, which are on, were until two days ago, or will be
    within three weeks; the nearest in time first. In three queries."""
    access.require_sign_in(viewer)
    at = now()
    found = session.scalars(
        select(Engagement)
        .where(
            access.visible_entries(viewer),
            access.of_own_teams(viewer),
            Engagement.visibility != Visibility.RESTRICTED,  # of which one says why one looks
            Engagement.team_id.in_(viewer.teams_where(access.WRITERS)),
            Engagement.ends_at > at - AFTER,
            Engagement.starts_at < at + BEFORE,
            Engagement.status.not_in(_NEVER),
        )
        .order_by(Engagement.starts_at, Engagement.id)
        .limit(MOST)
    ).all()
    made = {one.id: Gathered(one) for one in found}
    if made:
        tables = select(EventTable).where(EventTable.engagement_id.in_(made))
        for table in session.scalars(tables.order_by(EventTable.number)):
            made[table.engagement_id].tables.append(table.number)
        parts = select(EventPart).where(
            EventPart.engagement_id.in_(made), EventPart.removed_at.is_(None)
        )
        for part in session.scalars(parts.order_by(EventPart.day, EventPart.number, EventPart.id)):
            made[part.engagement_id].parts.append(part)
    return sorted(made.values(), key=lambda one: _away(one.event))


def _away(event: Engagement) -> timedelta:
    """How far from now it is; nothing while it is on."""
    return max(event.starts_at - now(), now() - event.ends_at, timedelta(0))
