"""What people of an invite list were asked before: of late, and for the same event."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import Session

from assetmap.db import now
from assetmap.models import Invitation, InviteList, InviteReply
from assetmap.register import deployment


def asked(session: Session, made: InviteList, keys: Sequence[int]) -> Select[*tuple[Any, ...]]:
    """What these people were asked of late, for anything; and for this event, or where there is
    none for this list; each with when they came, and what they answered."""
    here = [Invitation.list_id == made.id]
    if made.engagement_id is not None:
        here.append(Invitation.engagement_id == made.engagement_id)
    return (
        select(Invitation, InviteReply.arrived_at, InviteReply.state)
        .outerjoin(InviteReply, InviteReply.invitation_id == Invitation.id)
        .where(
            Invitation.person_id.in_(keys),
            Invitation.taken_back_at.is_(None),
            or_(Invitation.asked_at >= _of_late(session), *here),
        )
    )


def _of_late(session: Session) -> datetime:
    _, days = deployment.asked_limit(session)
    return now() - timedelta(days=days)


def counted(
    session: Session, made: InviteList, found: Iterable[tuple[Any, ...]]
) -> tuple[dict[int, int], dict[int, Invitation], dict[int, int]]:
    """How often each was asked of late, for anything; who has been for this event, or where there
    is none for this list; and how often each came of late."""
    since = _of_late(session)
    times: dict[int, int] = {}
    came: dict[int, int] = {}
    already: dict[int, Invitation] = {}
    for one, arrived_at, _ in found:
        if one.asked_at >= since:
            times[one.person_id] = times.get(one.person_id, 0) + 1
            came[one.person_id] = came.get(one.person_id, 0) + (arrived_at is not None)
        same_event = made.engagement_id and one.engagement_id == made.engagement_id
        if one.list_id == made.id or same_event:
            already[one.person_id] = one
    return times, already, came
