"""Whose turn it is to go to the mail server: each message is given to one worker at a time, and to
another only after a while, as nobody knows what became of it; what was never handed over, at once.
"""

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import ColumnElement, and_, or_, select, update
from sqlalchemy.orm import Session

from assetmap.db import now
from assetmap.models import HelpAsk, InviteReply

AGAIN_AFTER = timedelta(minutes=10)
AT_ONCE = 20
Messages = type[InviteReply] | type[HelpAsk]


def any_waiting(session: Session, messages: Messages) -> bool:
    """Whether there are messages to take to the mail server now."""
    return session.scalar(select(messages.id).where(_waits(messages)).limit(1)) is not None


def take(session: Session, messages: Messages) -> list[int]:
    """Keys of some that wait; nobody else is given them for ten minutes."""
    query = select(messages.id).where(_waits(messages)).order_by(messages.id).limit(AT_ONCE)
    keys = list(session.scalars(query.with_for_update(skip_locked=True)))
    session.execute(update(messages).where(messages.id.in_(keys)).values(tried_at=now()))
    return keys


def give_back(session: Session, messages: Messages, keys: Sequence[int]) -> None:
    """What was taken and never handed over may be taken again at once."""
    given = update(messages).where(messages.id.in_(keys), messages.mail == "waiting")
    session.execute(given.values(tried_at=None))


def _waits(messages: Messages) -> ColumnElement[bool]:
    due = or_(messages.tried_at.is_(None), messages.tried_at < now() - AGAIN_AFTER)
    return and_(messages.mail == "waiting", due)
