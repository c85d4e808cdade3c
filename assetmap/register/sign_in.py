"""Signing in by a one-time link. Only its hash is kept."""

from datetime import timedelta

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from assetmap.access import OPERATOR, PUBLIC, Viewer
from assetmap.db import now
from assetmap.errors import Invalid, NotFound
from assetmap.models import SignInLink, User
from assetmap.register import tokens
from assetmap.register.person_notes import note
from assetmap.register.secret import fresh, hashed
from assetmap.schemas.people import NewToken
from assetmap.schemas.text import small_address
from assetmap.vocabulary import AuditAction

SPENT = "This sign-in link has been used or is too old. Ask for a new one."


def find_user(session: Session, email: str) -> User | None:
    """The person with this address who may sign in; capital letters do not matter."""
    return session.scalar(select(User).where(User.email == small_address(email), User.is_active))


def known_user(session: Session, email: str) -> User:
    """The same. Raises Invalid for a stranger: for the command line, which need not keep quiet."""
    user = find_user(session, email)
    if user is None:
        raise Invalid.field("email", f"Nobody signs in as {email}.")
    return user


def make_link(session: Session, user: User, *, minutes: int, viewer: Viewer = PUBLIC) -> str:
    """A secret that signs the person in once, for so many minutes."""
    secret = fresh()
    session.add(
        SignInLink(
            user_id=user.id,
            token_hash=hashed(secret),
            expires_at=now() + timedelta(minutes=minutes),
        )
    )
    session.flush()  # the caller may hand the link out before it commits
    note(session, AuditAction.LINK_SENT, user, viewer=viewer)
    return secret


def use_link(session: Session, secret: str) -> User:
    """Spend a link and give the person it signs in. Raises NotFound when it is spent or old."""
    at = now()
    spent = session.execute(
        update(SignInLink)
        .where(
            SignInLink.token_hash == hashed(secret),
            SignInLink.used_at.is_(None),
            SignInLink.expires_at > at,
        )
        .values(used_at=at)
        .returning(SignInLink.user_id)
    ).scalar_one_or_none()
    user = session.get(User, spent) if spent is not None else None
    if user is None or not user.is_active:
        raise NotFound(SPENT)
    return user


def spend_links(session: Session, user: User) -> None:
    """Let none of the links a person was sent sign anybody in any more."""
    session.execute(delete(SignInLink).where(SignInLink.user_id == user.id))


def make_token(session: Session, email: str, name: str = "") -> str:
    """A new token that acts as the person in all their teams, for a year, writing too.

    For the command line. Raises Invalid for a stranger.
    """
    user = known_user(session, email)
    return tokens.make(session, user, NewToken(name=name), viewer=OPERATOR)
