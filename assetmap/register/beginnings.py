"""What an entry that begins further on than its first state says beside its draft."""

import uuid
from dataclasses import dataclass, field

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from assetmap import textsearch
from assetmap.errors import Invalid
from assetmap.models import Partner


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
