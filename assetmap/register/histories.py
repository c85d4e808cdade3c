"""What happened to an entry, as much of it as the viewer may know."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session, aliased, joinedload

from assetmap import access
from assetmap.access import Viewer
from assetmap.models import Entry, History, User

# what tells where something exactly is, or was before it was shown less closely
PLACE_FIELDS = frozenset({"geometry", "address", "postcode", "accuracy_m", "location_method"})
STAFF_FIELDS = frozenset({"withdrawn_why", "team", "visibility", "assigned_partner"})


@dataclass(frozen=True)
class Told:
    """One version of an entry: each field that changed, as [before, after]."""

    version: int
    at: datetime
    by: User | None  # for those who keep the entry only, as is why
    verb: str
    why: str
    changes: Mapping[str, Any]


def of(session: Session, entry: Entry, *, viewer: Viewer, limit: int = 100) -> Sequence[Told]:
    """The versions of an entry and of those merged into it, the latest first.

    Everybody who may see the entry learns what changed; its own team also who changed it, why,
    and where exactly it was.
    """
    absorbed = aliased(Entry)
    merged = select(absorbed.id).where(
        absorbed.merged_into_id == entry.id, absorbed.visibility == entry.visibility
    )
    rows = session.scalars(
        select(History)
        .where(or_(History.entry_id == entry.id, History.entry_id.in_(merged)))
        .order_by(History.at.desc(), History.id.desc())
        .limit(limit)
        .options(joinedload(History.by))
    )
    inside = access.sees_exactly(viewer, entry.team_id)
    return [_whole(row) if inside else _outside(row) for row in rows]


def _whole(row: History) -> Told:
    return Told(row.version, row.at, row.by, row.verb, row.why, row.changes)


def _outside(row: History) -> Told:
    hidden = PLACE_FIELDS | STAFF_FIELDS
    shown = {
        name: change
        for name, change in row.changes.items()
        if name not in hidden and not name.startswith("link ") and name != "merged"
    }
    return Told(row.version, row.at, None, row.verb, "", shown)
