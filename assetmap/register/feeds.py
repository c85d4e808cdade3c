"""People's own calendars: an address that is a key, made anew or ended at any time."""

from datetime import timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from assetmap import access
from assetmap.access import Viewer
from assetmap.connections import lock_for_writing
from assetmap.db import now
from assetmap.errors import Conflict, NotFound
from assetmap.models import FeedAddress, User
from assetmap.register import audit
from assetmap.register.person_notes import note
from assetmap.register.secret import hashed, repeatable
from assetmap.viewers import Narrowing, viewer_of
from assetmap.vocabulary import PRIVILEGED, AuditAction, Channel, Kind

CLOSED = "This calendar has another address now, or none. Make one on your account."
MINUTE = timedelta(minutes=1)


def of(session: Session, *, viewer: Viewer) -> FeedAddress | None:
    """The viewer's own that works."""
    access.require_sign_in(viewer)
    return session.scalar(
        select(FeedAddress).where(
            FeedAddress.user_id == viewer.user_id, FeedAddress.ended_at.is_(None)
        )
    )


def secret_for(key: str, user: User, once: str) -> str:
    """The secret for one form shown: sent twice, it makes one address. key: the signing key."""
    return repeatable(f"feed {key}", f"{user.uid} {once}")


def make(session: Session, user: User, secret: str, *, viewer: Viewer) -> None:
    """Make an address with this secret and end the one before; the same again changes nothing.

    Raises Conflict where that address was made and has ended.
    """
    access.require_sign_in(viewer)
    lock_for_writing(session, f"feed of {user.id}")
    kept = session.scalar(select(FeedAddress).where(FeedAddress.secret_hash == hashed(secret)))
    if kept is not None:
        if kept.ended_at is not None:
            raise Conflict("That address was made and has ended. Make another from your account.")
        return
    _end(session, user)
    session.add(FeedAddress(user_id=user.id, secret_hash=hashed(secret)))
    session.flush()  # so that a failure shows before the secret does
    note(session, AuditAction.TOKEN_MADE, user, viewer=viewer, details={"scope": "calendar"})


def end(session: Session, user: User, *, viewer: Viewer) -> bool:
    """End the address at once. Says whether there was one."""
    access.require_sign_in(viewer)
    ended = _end(session, user)
    if ended:
        note(session, AuditAction.TOKEN_REVOKED, user, viewer=viewer, details={"scope": "calendar"})
    return ended


def reader(session: Session, secret: str) -> Viewer:
    """Whose calendar an address is, with what they may see now, but for roles of weight. Raises
    NotFound where it has ended, or they are shut out."""
    kept = session.scalar(
        select(FeedAddress).where(
            FeedAddress.secret_hash == hashed(secret), FeedAddress.ended_at.is_(None)
        )
    )
    found = viewer_of(session, kept.user_id, _WITHOUT_WEIGHT) if kept else None
    if kept is None or found is None or found.user_id is None:
        raise NotFound(CLOSED)
    if kept.last_used_at is None or now() - kept.last_used_at >= MINUTE:
        kept.last_used_at = now()
    return found


def note_read(session: Session, *, viewer: Viewer) -> None:
    """Keep account of it that a calendar program read the events of somebody's teams."""
    audit.note(
        session,
        AuditAction.READ,
        viewer=viewer,
        channel=Channel.PAGE.value,
        entity="user",
        teams=viewer.teams_where(),
        details={"kind": Kind.ENGAGEMENT.value, "scope": "calendar"},
    )


_WITHOUT_WEIGHT = Narrowing(None, frozenset(PRIVILEGED))


def _end(session: Session, user: User) -> bool:
    query = update(FeedAddress).where(
        FeedAddress.user_id == user.id, FeedAddress.ended_at.is_(None)
    )
    return bool(session.execute(query.values(ended_at=now())).rowcount)  # type: ignore[attr-defined]
