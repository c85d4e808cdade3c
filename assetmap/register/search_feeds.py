"""Feeds of saved searches: an address that is a key, made anew or ended at any time."""

from datetime import timedelta

from sqlalchemy import delete, or_, select, update
from sqlalchemy.orm import Session, joinedload

from assetmap.access import Viewer
from assetmap.connections import lock_for_writing
from assetmap.db import now
from assetmap.errors import Conflict, NotFound
from assetmap.models import SavedSearch, SearchFeed
from assetmap.register import saved_searches, sharing
from assetmap.register.search_alerts import WITHOUT_WEIGHT
from assetmap.register.secret import hashed, repeatable
from assetmap.viewers import viewer_of
from assetmap.vocabulary import AuditAction

CLOSED = "This feed has another address now, or none. Make one with the saved search."
MINUTE = timedelta(minutes=1)


def of(session: Session, made: SavedSearch, *, viewer: Viewer) -> SearchFeed | None:
    """The viewer's own of this search that works."""
    return session.scalar(
        select(SearchFeed).where(
            SearchFeed.saved_search_id == made.id,
            SearchFeed.user_id == viewer.user_id,
            SearchFeed.ended_at.is_(None),
        )
    )


def secret_for(key: str, made: SavedSearch, viewer: Viewer, once: str) -> str:
    """The secret for one form shown: sent twice, it makes one address. key: the signing key."""
    return repeatable(f"search feed {key}", f"{made.uid} {viewer.user_id} {once}")


def make(session: Session, made: SavedSearch, secret: str, *, viewer: Viewer) -> None:
    """Make an address with this secret and end the one before; the same again changes nothing.

    Raises Conflict where that address was made and has ended.
    """
    user_id = sharing.person(viewer)
    lock_for_writing(session, f"saved searches of {user_id}")
    kept = session.scalar(select(SearchFeed).where(SearchFeed.secret_hash == hashed(secret)))
    if kept is not None:
        if kept.ended_at is not None:
            raise Conflict("That address was made and has ended. Make another.")
        return
    _end(session, made, user_id)
    session.add(SearchFeed(saved_search_id=made.id, user_id=user_id, secret_hash=hashed(secret)))
    session.flush()  # so that a failure shows before the secret does
    saved_searches.note(session, AuditAction.TOKEN_MADE, made, viewer=viewer)


def end(session: Session, made: SavedSearch, *, viewer: Viewer) -> bool:
    """End the address at once. Says whether there was one."""
    ended = _end(session, made, sharing.person(viewer))
    if ended:
        saved_searches.note(session, AuditAction.TOKEN_REVOKED, made, viewer=viewer)
    return ended


def reader(session: Session, secret: str) -> tuple[Viewer, SavedSearch]:
    """Whose feed an address is, with what they may see now, but for roles of weight; and of which
    search. Raises NotFound where it has ended, they are shut out, or may run it no more."""
    kept = session.scalar(
        select(SearchFeed)
        .where(SearchFeed.secret_hash == hashed(secret), SearchFeed.ended_at.is_(None))
        .options(joinedload(SearchFeed.search))
    )
    if kept is None:
        raise NotFound(CLOSED)
    viewer = viewer_of(session, kept.user_id, WITHOUT_WEIGHT)
    made = session.scalar(
        select(SavedSearch).where(
            SavedSearch.id == kept.saved_search_id, sharing.readable(SavedSearch, viewer)
        )
    )
    if made is None:
        raise NotFound(CLOSED)
    if kept.last_used_at is None or now() - kept.last_used_at >= MINUTE:
        kept.last_used_at = now()
    return viewer, made


def forget_of(session: Session, user_id: int) -> None:
    """Let go of somebody's addresses, and of those to searches that go with them."""
    own = select(SavedSearch.id).where(
        SavedSearch.owner_id == user_id, SavedSearch.team_id.is_(None)
    )
    about = or_(SearchFeed.user_id == user_id, SearchFeed.saved_search_id.in_(own))
    session.execute(delete(SearchFeed).where(about))


def _end(session: Session, made: SavedSearch, user_id: int) -> bool:
    query = update(SearchFeed).where(
        SearchFeed.saved_search_id == made.id,
        SearchFeed.user_id == user_id,
        SearchFeed.ended_at.is_(None),
    )
    return bool(session.execute(query.values(ended_at=now())).rowcount)  # type: ignore[attr-defined]
