"""What an entry that begins further on than its first state says beside its draft."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from assetmap import textsearch
from assetmap.db import now
from assetmap.errors import Invalid
from assetmap.models import Partner

RESOLVED = ("resolved", "verified")
CLOCKS_DIFFER = timedelta(minutes=5)  # what another machine says of now may be ahead of ours


def of_finding(
    status: str | None,
    *,
    resolution: str,
    partner_id: int | None,
    resolved_at: datetime | None = None,
) -> dict[str, Any]:
    """Columns of a finding beside its draft. Without `resolved_at` what is resolved is so now.

    Raises Invalid for an instant in the future, or of what is not resolved.
    """
    is_over = status in RESOLVED
    if resolved_at is not None and not is_over:
        raise Invalid.field("resolved_at", "Only what is resolved or verified has this.")
    at = _past("resolved_at", resolved_at)
    return {
        "resolution": resolution.strip(),
        "resolved_at": (at or now()) if is_over and resolution.strip() else None,
        "assigned_partner_id": partner_id,
    }


def of_engagement(status: str | None, closed_at: datetime | None = None) -> Mapping[str, Any]:
    """Columns of an engagement beside its draft. Raises Invalid as `of_finding` does."""
    is_over = status == "closed"
    if closed_at is not None and not is_over:
        raise Invalid.field("closed_at", "Only what is closed has this.")
    at = _past("closed_at", closed_at)
    return {"closed_at": (at or now()) if is_over else None}


def _past(name: str, at: datetime | None) -> datetime | None:
    if at is not None and at > now() + CLOCKS_DIFFER:
        raise Invalid.field(name, "This is in the future.")
    return at


def partner_called(session: Session, called: str | None, where: str = "partner") -> int | None:
    """The key of the partner with this name or uid. Raises Invalid for `where` without one."""
    if not called:
        return None
    ways = [Partner.name == called]
    if (uid := as_uid(called)) is not None:
        ways.append(Partner.uid == uid)
    found = session.scalar(select(Partner.id).where(or_(*ways)).order_by(Partner.id).limit(1))
    if found is None:
        raise Invalid.field(where, "There is no such partner.")
    return found


def as_uid(text: str) -> uuid.UUID | None:
    """The uid that a text is, if it is one."""
    try:
        return uuid.UUID(text)
    except ValueError:
        return None


@dataclass
class Partners:
    """All partners by name, as words, and by uid: for thousands of rows that name some."""

    session: Session
    _keys: dict[str, int] = field(default_factory=dict)

    def called(self, said: str) -> int:
        """The key of the partner a row names. Raises Invalid when there is none."""
        if not self._keys:
            rows = self.session.execute(select(Partner.id, Partner.uid, Partner.name))
            for key, uid, name in rows:
                self._keys |= {str(uid): key, _plain(name): key}
        found = self._keys.get(said.strip().lower(), self._keys.get(_plain(said)))
        if found is None:
            raise Invalid.field(
                "assigned_partner",
                f"There is no partner called “{said.strip()[:60]}”. Give its name or its key.",
            )
        return found


def _plain(name: str) -> str:
    return " ".join(textsearch.words(name))
