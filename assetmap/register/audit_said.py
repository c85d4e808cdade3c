"""Words that somebody typed for a purpose: beside the account, not in it.

The chain holds a hash of them, so that nobody can put others in their place; the words themselves
can be let go of, because somebody is named in them after all, or because a year has passed.
"""

import hashlib
import re
import secrets
from datetime import timedelta
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from assetmap.db import now
from assetmap.models import AuditEntry, AuditSaid

KEPT = timedelta(days=365)
GONE = "words that were let go of"
_MARK = re.compile(r"#[0-9a-f]{32}")


def apart(purpose: str, seq: int) -> tuple[str, dict[str, Any] | None]:
    """A purpose as the chain has it, and the row for its words, where it has any.

    purpose: a code, or a code, a colon and words.
    """
    code, _, words = purpose.partition(": ")
    if not words:
        return purpose, None
    salt = secrets.token_hex(16)
    return f"{code}: #{digest(salt, words)}", {"seq": seq, "salt": salt, "words": words}


def digest(salt: str, words: str) -> str:
    """What stands in the chain for words: with a salt, so that they can't be guessed once gone."""
    return hashlib.sha256(f"{salt}:{words}".encode()).hexdigest()[:32]


def is_of(said: AuditSaid, purpose: str) -> bool:
    """Whether these are the words that a purpose in the chain was written with."""
    return purpose.endswith(f": #{digest(said.salt, said.words)}")


def words_of(row: AuditEntry) -> str:
    """What was typed for a row, as far as it is there still; "" where nothing was typed."""
    typed = row.purpose.partition(": ")[2]
    if not _MARK.fullmatch(typed):
        return typed  # written before words were kept apart
    return row.said.words if row.said is not None else GONE


def let_go(session: Session) -> None:
    """Forget the words of purposes that are more than a year old."""
    old = select(AuditEntry.seq).where(AuditEntry.at < now() - KEPT)
    query = delete(AuditSaid).where(AuditSaid.seq.in_(old))
    session.execute(query.execution_options(synchronize_session=False))
