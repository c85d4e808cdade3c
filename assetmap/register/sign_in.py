"""Signing in: one-time links for people, tokens for machines. Only hashes are kept."""

import hashlib
import secrets
from datetime import timedelta

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from assetmap.access import Viewer, viewer_of
from assetmap.db import now
from assetmap.errors import Invalid, NotFound, SignInFirst
from assetmap.models import ApiToken, SignInLink, User

SPENT = "This sign-in link has been used or is too old. Ask for a new one."


def hashed(secret: str) -> str:
    """What is kept of a secret. The secrets have 256 random bits, so no salt is needed."""
    return hashlib.sha256(secret.encode()).hexdigest()


def find_user(session: Session, email: str) -> User | None:
    """The person with this address who may sign in; capital letters do not matter."""
    return session.scalar(
        select(User).where(func.lower(User.email) == email.strip().lower(), User.is_active)
    )


def make_link(session: Session, user: User, *, minutes: int) -> str:
    """A secret that signs the person in once, for so many minutes."""
    secret = secrets.token_urlsafe(32)
    session.add(
        SignInLink(
            user_id=user.id,
            token_hash=hashed(secret),
            expires_at=now() + timedelta(minutes=minutes),
        )
    )
    session.flush()  # the caller may hand the link out before it commits
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
    user.last_seen_at = at
    return user


def make_token(session: Session, email: str, name: str = "") -> str:
    """A new token for the JSON door, acting as the person. Raises Invalid for a stranger."""
    user = find_user(session, email)
    if user is None:
        raise Invalid.field("email", f"Nobody signs in as {email}.")
    secret = "am_" + secrets.token_urlsafe(32)
    session.add(ApiToken(user_id=user.id, token_hash=hashed(secret), name=name))
    session.flush()  # so that a failure shows before the secret does
    return secret


def viewer_of_token(session: Session, secret: str) -> Viewer:
    """Who a bearer token acts for. Raises SignInFirst when it is unknown or revoked."""
    user_id = session.scalar(
        select(ApiToken.user_id).where(
            ApiToken.token_hash == hashed(secret), ApiToken.revoked_at.is_(None)
        )
    )
    viewer = viewer_of(session, user_id) if user_id is not None else None
    if viewer is None or not viewer.is_signed_in:
        raise SignInFirst("This token is not known, or has been revoked.")
    return viewer
