"""Letters: written with the change they tell of, mailed a moment later, and then forgotten."""

from collections.abc import Collection, Sequence
from datetime import timedelta

from sqlalchemy import ColumnElement, delete, func, or_, select
from sqlalchemy.orm import Session

from assetmap.db import now
from assetmap.models import Letter
from assetmap.schemas.text import small_address

AGAIN_AFTER = timedelta(minutes=10)
GIVEN_UP_AFTER = timedelta(days=7)  # by then it is no news
AT_ONCE = 20


def write(session: Session, email: str, subject: str, text: str, *, stop_at: str = "") -> None:
    """Have something mailed once this transaction is kept. stop_at: the address that ends such
    letters, for mail programs that offer that."""
    session.add(Letter(email=email, subject=subject[:200], text=text[:6000], stop_at=stop_at))


def any_waiting(session: Session) -> bool:
    """Whether there are letters to take to the mail server now."""
    return session.scalar(select(Letter.id).where(_waits()).limit(1)) is not None


def take(session: Session) -> Sequence[Letter]:
    """Some of the letters that wait; nobody else is given them for ten minutes."""
    query = select(Letter).where(_waits()).order_by(Letter.id).limit(AT_ONCE)
    found = session.scalars(query.with_for_update(skip_locked=True)).all()
    for letter in found:
        letter.tried_at = now()
    session.flush()  # what is taken must show that it is
    return found


def let_go(session: Session, ids: Collection[int]) -> None:
    """Forget letters that were mailed."""
    session.execute(delete(Letter).where(Letter.id.in_(ids)))


def waiting(session: Session) -> int:
    """How many letters wait."""
    return session.scalar(select(func.count()).select_from(Letter)) or 0


def any_too_old(session: Session) -> bool:
    """Whether letters wait that nobody needs any more."""
    return session.scalar(select(Letter.id).where(_too_old()).limit(1)) is not None


def let_go_of_old(session: Session) -> int:
    """Forget what no server took in a week. Says how many."""
    gone = session.execute(delete(Letter).where(_too_old()))
    return int(gone.rowcount)  # type: ignore[attr-defined]


def forget(session: Session, email: str) -> None:
    """Let go of what waits to be mailed to somebody who is being erased."""
    rows = session.execute(select(Letter.id, Letter.email))
    theirs = [key for key, to in rows if small_address(to) == small_address(email)]
    session.execute(delete(Letter).where(Letter.id.in_(theirs)))


def _too_old() -> ColumnElement[bool]:
    return Letter.created_at < now() - GIVEN_UP_AFTER


def _waits() -> ColumnElement[bool]:
    return or_(Letter.tried_at.is_(None), Letter.tried_at < now() - AGAIN_AFTER)
