"""Whose work account is whose: found by the key its provider gave it, not by its address alone.

An address may pass to somebody else at work. The account that first signs somebody in is theirs;
another one with the same address is let in only after an administrator took the first away.
"""

from sqlalchemy import select
from sqlalchemy.orm import Session

from assetmap.models import User, WorkAccount
from assetmap.register.secret import hashed


def person_of(session: Session, key: str) -> User | None:
    """Whose account this is; nobody's, when it has never signed anybody in.

    key: what the provider tells the account by, with the provider's own address.
    """
    return session.scalar(
        select(User)
        .join(WorkAccount, WorkAccount.user_id == User.id)
        .where(WorkAccount.account_hash == hashed(key))
    )


def has_one(session: Session, user_id: int) -> bool:
    """Whether some account is known as this person's."""
    return _of(session, user_id) is not None


def keep(session: Session, user: User, key: str) -> None:
    """From now on this account is theirs."""
    session.add(WorkAccount(user_id=user.id, account_hash=hashed(key)))
    session.flush()


def forget(session: Session, user: User) -> bool:
    """Let the next account with somebody's address be theirs. Says whether there was one."""
    kept = _of(session, user.id)
    if kept is not None:
        session.delete(kept)
        session.flush()
    return kept is not None


def _of(session: Session, user_id: int) -> WorkAccount | None:
    return session.scalar(select(WorkAccount).where(WorkAccount.user_id == user_id))
