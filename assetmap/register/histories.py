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
from assetmap.vocabulary import SharedField

# what tells where something exactly is, or was before it was shown less closely
PLACE_FIELDS = frozenset({"geometry", "address", "postcode", "accuracy_m", "location_method"})
STAFF_FIELDS = frozenset(
    {
        "withdrawn_why",
        "team",
        "visibility",
        "contact_visibility",
        "assigned_partner",
        "notes",
        "scan_status",
    }
)
CONTACT_FIELDS = frozenset({"email", "phone"})  # an old number is still somebody's
# uids of other entries, which may be hidden themselves
POINTERS = frozenset({"operator", "group", "asset", "merged", "merged_into"})


@dataclass(frozen=True)
class Told:
    """One version of an entry: each field that changed, as [before, after]."""

    version: int
    at: datetime
    by: User | None  # for those who keep the entry only, as is why
    verb: str
    why: str
    changes: Mapping[str, Any]


def of(
    session: Session,
    entry: Entry,
    *,
    viewer: Viewer,
    limit: int = 100,
    reads: frozenset[SharedField] | None = None,
) -> Sequence[Told]:
    """The versions of an entry and of those merged into it, the latest first.

    Everybody who may see the entry learns what changed since fewer might; its own team all that
    ever did, who changed it, why, and where exactly it was. What was merged into it still has the
    team that it had. reads: what of the entry the viewer may read besides, when it is known.
    """
    if reads is None:
        reads = access.read_of(
            session.execute(select(*access.reads(viewer)).where(Entry.id == entry.id)).one()
        )
    absorbed = aliased(Entry)
    merged = select(absorbed.id).where(
        absorbed.merged_into_id == entry.id, absorbed.visibility == entry.visibility
    )
    rows = session.execute(
        select(History, Entry.team_id)
        .join(Entry, Entry.id == History.entry_id)
        .where(or_(History.entry_id == entry.id, History.entry_id.in_(merged)))
        .order_by(History.at.desc(), History.id.desc())
        .limit(limit)
        .options(joinedload(History.by))
    ).all()
    opened: dict[int, int] = {}  # the version in which an entry was last opened to others
    for row, _ in rows:
        if "visibility" in row.changes:
            opened.setdefault(row.entry_id, row.version)
    return [
        _whole(row, reads)
        if access.sees_exactly(viewer, team_id)
        else _outside(row, since=opened.get(row.entry_id, 0))
        for row, team_id in rows
    ]


def _whole(row: History, reads: frozenset[SharedField]) -> Told:
    hidden = frozenset() if SharedField.CONTACT in reads else CONTACT_FIELDS
    shown = {name: change for name, change in row.changes.items() if name not in hidden}
    return Told(row.version, row.at, row.by, row.verb, row.why, shown)


def _outside(row: History, *, since: int) -> Told:
    hidden = PLACE_FIELDS | STAFF_FIELDS | POINTERS | CONTACT_FIELDS
    shown = {
        name: change
        for name, change in row.changes.items()
        if name not in hidden and not name.startswith("link ") and row.version > since
    }
    return Told(row.version, row.at, None, row.verb, "", shown)
