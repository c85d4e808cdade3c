"""Where people are known from: the groups and places at which they have a role, and the events at
which they were met."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, or_, select, union
from sqlalchemy.orm import Session

from assetmap import access
from assetmap.access import Viewer
from assetmap.db import now
from assetmap.models import Engagement, Entry, EventContact, PersonRole
from assetmap.register import person_access


@dataclass(frozen=True)
class Held:
    """A role and the group or place it is at."""

    role: PersonRole
    entry: Entry


@dataclass(frozen=True)
class Met:
    """An event at which somebody was met, and when it began."""

    event: Entry
    began: datetime


def of(
    session: Session,
    keys: Sequence[int],
    ours: Sequence[int],
    *,
    viewer: Viewer,
    with_met: bool = False,
) -> tuple[dict[int, list[Held]], list[Met]]:
    """The roles of people by person, and with_met, for one person alone, where they were met; at
    what the viewer may see, in one query. ours: whom the viewer knows as one of their team does; of
    others only the roles of today, and no events."""
    opened = person_access.opened_entries(viewer)
    shown = or_(PersonRole.person_id.in_(ours), and_(opened, person_access.holds(now())))
    roles = PersonRole.person_id.in_(keys)
    at = [select(PersonRole.entry_id).where(roles)]
    if with_met:
        at.append(select(EventContact.engagement_id).where(EventContact.person_id.in_(ours)))
    event = Engagement.__table__.c
    held: dict[int, list[Held]] = {}
    met = list[Met]()
    for role, entry, began in session.execute(
        select(PersonRole, Entry, event.starts_at)
        .select_from(Entry)
        .outerjoin(PersonRole, and_(PersonRole.entry_id == Entry.id, roles))
        .outerjoin(Engagement.__table__, event.id == Entry.id)
        .where(
            Entry.id.in_(union(*at)),
            access.visible_entries(viewer),
            or_(PersonRole.id.is_(None), shown),
        )
        .order_by(PersonRole.id, event.starts_at, Entry.id)
    ):
        if role is None:
            met.append(Met(entry, began))
        else:
            held.setdefault(role.person_id, []).append(Held(role, entry))
    return held, met
