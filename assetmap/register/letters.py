"""Letters: written with the change they tell of, mailed a moment later, and then forgotten."""

from collections.abc import Collection, Sequence
from datetime import timedelta

from sqlalchemy import ColumnElement, delete, func, or_, select
from sqlalchemy.orm import Session

from assetmap.db import now
from assetmap.models import Letter

AGAIN_AFTER = timedelta(minutes=10)
GIVEN_UP_AFTER = timedelta(days=3)
AT_ONCE = 20


def write(session: Session, email: str, subject: str, text: str) -> None:
    """Have something mailed once this transaction is kept."""
    session.add(Letter(email=email, subject=subject[:200], text=text[:6000]))


def any_waiting(session: Session) -> bool:
    """Whether there are letters to take to the mail server now."""
    return session.scalar(select(Letter.id).where(_waits()).limit(1)) is not None


def take(session: Session) -> Sequence[Letter]:
    """Some of the letters that wait; nobody else is given them for ten minutes. Those that no
    server took in three days are let go of."""
    session.execute(delete(Letter).where(Letter.created_at < now() - GIVEN_UP_AFTER))
    query = select(Letter).where(_waits()).order_by(Letter.id).limit(AT_ONCE)
    found = session.scalars(query.with_for_update(skip_locked=True)).all()
    for letter in found:
        letter.tried_at = now()
    session.flush()  # what is taken must show that it is
    return found


def let_go(session: Session, ids: Collection[int] | None = None) -> None:
    """Forget letters that were mailed; all of them where there is no server to take any."""
    query = delete(Letter)
    session.execute(query if ids is None else query.where(Letter.id.in_(ids)))


def forget(session: Session, email: str) -> None:
    """Let go of what waits to be mailed to somebody who is being erased."""
    session.execute(delete(Letter).where(func.lower(Letter.email) == email.lower()))


def _waits() -> ColumnElement[bool]:
    return or_(Letter.tried_at.is_(None), Letter.tried_at < now() - AGAIN_AFTER)
