"""Tokens for the JSON door: a key that acts as its person, within bounds. Only hashes are kept."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache, partial
from typing import Any

from sqlalchemy import ColumnElement, Select, Update, bindparam, exists, select, update
from sqlalchemy.orm import Session, joinedload

from assetmap import access
from assetmap.access import Viewer
from assetmap.connections import lock_for_writing
from assetmap.db import now
from assetmap.errors import Conflict, Invalid, NotAllowed, NotFound, SignInFirst
from assetmap.models import ApiToken, Authenticator, Membership, Team, User
from assetmap.register.audit import Details
from assetmap.register.person_notes import note
from assetmap.register.secret import fresh, hashed, repeatable
from assetmap.schemas.people import NewToken
from assetmap.viewers import Narrowing, viewer_from, with_roles
from assetmap.vocabulary import PRIVILEGED, AuditAction, TokenScope

PREFIX = "am_"
MINUTE = timedelta(minutes=1)
MOST = 50  # that one person has at a time
NOT_KNOWN = "This token is not known, has run out or was revoked."
_PROVED = exists().where(
    Authenticator.user_id == ApiToken.user_id, Authenticator.confirmed_at.is_not(None)
)


@dataclass(frozen=True)
class Bearer:
    """Who came with a token, and what it lets them do."""

    viewer: Viewer
    token_id: int
    may_write: bool
    last_used_at: datetime | None


def make(session: Session, user: User, new: NewToken, *, viewer: Viewer, secret: str = "") -> str:
    """A new token that acts as a person; the secret is given this once.

    secret: of who can say it again when they ask again (see `repeated`); one of ours without it.
    Raises NotAllowed for somebody else's, Invalid for a team they are not in or one too many,
    Conflict when a token with that secret was made and has ended.
    """
    _require_own(user.id, viewer)
    secret = secret or PREFIX + fresh()
    lock_for_writing(session, f"tokens of {user.id}")
    if _is_there(session, secret):
        return secret
    if len(of(session, user.id, viewer=viewer)) >= MOST:
        raise Invalid.field("name", f"There are {MOST} tokens already. Revoke one first.")
    token = ApiToken(
        user_id=user.id,
        token_hash=hashed(secret),
        name=new.name,
        scope=new.scope.value,
        team_id=_team(session, user, new.team),
        expires_at=now() + timedelta(days=new.days),
    )
    session.add(token)
    session.flush()  # so that a failure shows before the secret does
    said: Details = {"token": token.id, "scope": token.scope, "days": new.days}
    note(session, AuditAction.TOKEN_MADE, user, viewer=viewer, details=said)
    return secret


def repeated(key: str, user: User, new: NewToken, once: str) -> str:
    """The secret for what one form asked for: whoever sends that form twice is shown one token.

    key: the service's signing key. once: what tells one form shown from the next.
    """
    asked = json.dumps([str(user.uid), once, new.model_dump(mode="json")])
    return PREFIX + repeatable(f"token {key}", asked)


def of(session: Session, user_id: int, *, viewer: Viewer) -> Sequence[ApiToken]:
    """A person's tokens that still work, the newest first, with the team they are bound to."""
    _require_own(user_id, viewer)
    return session.scalars(
        select(ApiToken)
        .where(
            ApiToken.user_id == user_id,
            ApiToken.revoked_at.is_(None),
            ApiToken.expires_at > now(),
        )
        .options(joinedload(ApiToken.team))
        .order_by(ApiToken.id.desc())
        .limit(2 * MOST)
    ).all()


def revoke(session: Session, token_id: int, user: User, *, viewer: Viewer) -> ApiToken:
    """End one of a person's tokens at once; ending it twice changes nothing.

    Raises NotFound when it is no token of theirs.
    """
    _require_own(user.id, viewer)
    token = session.scalar(
        select(ApiToken).where(ApiToken.id == token_id, ApiToken.user_id == user.id)
    )
    if token is None:
        raise NotFound("There is no such token.")
    if token.revoked_at is None:
        token.revoked_at = now()
        session.flush()  # from the next line on it is refused
        said = {"token": token.id}
        note(session, AuditAction.TOKEN_REVOKED, user, viewer=viewer, details=said)
    return token


def revoke_all(session: Session, user: User, *, viewer: Viewer) -> int:
    """End every token of a person. Says how many; whoever calls has asked who may."""
    ended = session.execute(
        update(ApiToken)
        .where(ApiToken.user_id == user.id, ApiToken.revoked_at.is_(None))
        .values(revoked_at=now())
    ).rowcount  # type: ignore[attr-defined]
    if ended:
        said = {"tokens": int(ended)}
        note(session, AuditAction.TOKEN_REVOKED, user, viewer=viewer, details=said)
    return int(ended)


def bearer(session: Session, secret: str, *, proof_needed: bool = False) -> Bearer:
    """Who a token acts for. Raises SignInFirst when it is unknown, has run out or was revoked.

    proof_needed: without an authenticator of their own, their token has no role of weight.
    """
    rows = session.execute(_of_secret(), {"secret": hashed(secret), "at": now()}).all()
    if not rows:
        raise SignInFirst(NOT_KNOWN)
    token: ApiToken = rows[0][0]
    is_proved = proof_needed and rows[0].proved
    held_back = PRIVILEGED if proof_needed and not is_proved else frozenset()
    holds = partial(_holds, token.token_hash, is_proved=is_proved)
    narrowing = Narrowing(token.team_id, frozenset(held_back), holds)
    viewer = viewer_from(token.user_id, rows, narrowing)
    return Bearer(viewer, token.id, token.scope == TokenScope.WRITE, token.last_used_at)


@cache
def _of_secret() -> Select[Any]:
    """The token with the hash `secret` that still holds `at` a time, with whose it is: asked with
    every request, so put together once."""
    kept: Any = select(ApiToken, _PROVED.label("proved")).join(User, User.id == ApiToken.user_id)
    return with_roles(
        kept.where(
            ApiToken.token_hash == bindparam("secret"),
            ApiToken.revoked_at.is_(None),
            ApiToken.expires_at > bindparam("at"),
        )
    )


def _holds(token_hash: str, *, is_proved: bool) -> ColumnElement[bool]:
    """A token still works. is_proved: its person's authenticator lent it roles of weight, and
    still does."""
    works = exists().where(
        ApiToken.token_hash == token_hash,
        ApiToken.revoked_at.is_(None),
        ApiToken.expires_at > now(),
    )
    return works.where(_PROVED) if is_proved else works


def used(came: Bearer) -> Update | None:
    """What notes that a token was used; nothing within a minute of the last time."""
    if came.last_used_at is not None and now() - came.last_used_at < MINUTE:
        return None
    return update(ApiToken).where(ApiToken.id == came.token_id).values(last_used_at=now())


def _is_there(session: Session, secret: str) -> bool:
    token = session.scalar(select(ApiToken).where(ApiToken.token_hash == hashed(secret)))
    if token is not None and (token.revoked_at is not None or token.expires_at <= now()):
        raise Conflict("That token was made and has ended. Make another from your account.")
    return token is not None


def _team(session: Session, user: User, name: str) -> int | None:
    if not name:
        return None
    theirs = select(Membership.team_id).where(Membership.user_id == user.id)
    found = session.scalar(select(Team.id).where(Team.name == name, Team.id.in_(theirs)))
    if found is None:
        raise Invalid.field("team", "Choose a team that they are in.")
    return found


def _require_own(user_id: int, viewer: Viewer) -> None:
    access.require_sign_in(viewer)
    if not viewer.is_operator and viewer.user_id != user_id:
        raise NotAllowed("Tokens are their own person's.")
