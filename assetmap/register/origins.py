"""Walkabouts, events and hotspots that entries come from, to choose from."""

import uuid
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, case, func, or_, select
from sqlalchemy.orm import Session

from assetmap import access
from assetmap.access import Viewer
from assetmap.db import now
from assetmap.models import Engagement, Entry, Walkabout
from assetmap.models.states import OVER
from assetmap.vocabulary import Kind

KINDS = (Kind.WALKABOUT.value, Kind.ENGAGEMENT.value, Kind.HOTSPOT.value)
MOST_CHOICES = 40
RECENT = timedelta(days=60)
SOON = timedelta(days=3)

WALKS, EVENTS = Walkabout.__table__, Engagement.__table__

Origin = Any  # a row: id, uid, kind, title, status, at (when it began, in UTC)


def choices(
    session: Session,
    *,
    viewer: Viewer,
    latest: bool = True,
    uids: Sequence[uuid.UUID] = (),
    keys: Sequence[int] = (),
) -> Sequence[Origin]:
    """The latest walkabouts, events and hotspots the viewer may see, to narrow a search by.

    uids and keys: entries of whatever kind that are to be named too; those come first.
    """
    named = or_(Entry.uid.in_(uids), Entry.id.in_(keys))
    if not latest and not uids and not keys:
        return []
    wanted = or_(Entry.kind.in_(KINDS), named) if latest else named
    found = _origins(access.visible_entries(viewer), wanted)
    in_order = found.order_by(case((named, 0), else_=1), _at().desc(), Entry.id.desc())
    return session.execute(in_order.limit(MOST_CHOICES + len(uids) + len(keys))).all()


def of_my_teams(session: Session, *, viewer: Viewer, most: int = 8) -> Sequence[Origin]:
    """Walkabouts and events of the viewer's teams that are on, just over or about to begin.

    Those under way come first, then the nearest in time.
    """
    today = now()
    found = _origins(
        access.visible_entries(viewer),
        Entry.kind.in_([Kind.WALKABOUT.value, Kind.ENGAGEMENT.value]),
        Entry.status.not_in([*OVER[Kind.WALKABOUT], *OVER[Kind.ENGAGEMENT]]),
        _at().between(today - RECENT, today + SOON),
    )
    if not viewer.is_operator:
        found = found.where(Entry.team_id.in_(viewer.teams_where(access.WRITERS)))
    under_way = case((Entry.status == "underway", 0), else_=1)
    return session.execute(found.order_by(under_way, _at().desc(), Entry.id).limit(most)).all()


def _origins(*where: Any) -> Select[Any]:
    return (
        select(Entry.id, Entry.uid, Entry.kind, Entry.title, Entry.status, _at().label("at"))
        .outerjoin(WALKS, WALKS.c.id == Entry.id)
        .outerjoin(EVENTS, EVENTS.c.id == Entry.id)
        .where(*where)
    )


def _at() -> ColumnElement[Any]:
    """When it took place; a hotspot, when it was put on the register."""
    return func.coalesce(WALKS.c.starts_at, EVENTS.c.starts_at, Entry.created_at)
