"""What happened to an entry, as much of it as the viewer may know."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from itertools import chain
from typing import Any

from sqlalchemy import Integer, Row, Select, bindparam, select, union_all
from sqlalchemy.orm import Session, aliased, joinedload

from assetmap import access
from assetmap.access import Viewer
from assetmap.models import Entry, History, User
from assetmap.register import pointers, snapshots
from assetmap.schemas.entries import DRAFTS, REFERENCES
from assetmap.vocabulary import SharedField

LINK = "link "  # begins the name of a change that ties or unties, before the relation
TIES = frozenset({"linked", "unlinked"})
# what lies beside an entry is its team's: strangers see on its page what of it is open to them,
# and learn neither that there is another end, nor what a photo showed, nor that words were let go
_FIELDS = frozenset(
    {
        *chain.from_iterable(draft.model_fields for draft in DRAFTS.values()),
        *snapshots.STATE,
        *chain.from_iterable(snapshots.KIND_STATE.values()),
    }
)
BESIDE = TIES | {
    *("passed on", "put back", "photo added", "photo removed", "track added", "track removed"),
    *("point added", "point changed", "point removed", "point put back", "told", "told taken back"),
    *("plan changed", "survey changed"),
    *("monitoring opened", "monitoring closed"),
    *("code hung up", "code taken down"),
    *("poll added", "poll opened", "poll closed", "poll removed", "poll put back"),
    *("person met", "person met taken back"),
    *("groups changed", "tables changed", "note changed", "note removed", "note put back"),
    *("picture added", "picture changed", "picture withdrawn"),
    *("cost added", "cost changed", "cost removed", "cost put back"),
    *("paper added", "paper changed", "paper removed", "paper put back"),
    *("part added", "part changed", "part removed", "part put back"),
    *("voice note added", "voice note written", "voice note removed"),
}

# what tells where something exactly is, or was before it was shown less closely
PLACE_FIELDS = frozenset(
    {"geometry", "address", "postcode", "accuracy_m", "location_method", "stops"}
)
STAFF_FIELDS = frozenset(
    {
        "withdrawn_why",
        "team",
        "visibility",
        "contact_visibility",
        "assigned_partner",
        "notes",
        "scan_status",
        "voice_note",
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
    called: Mapping[str, str]  # by uid: the entries that the changes name, of those one may see


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
    ever did, who changed it, why, where exactly it was, and what it was tied to, as far as they may
    see that too. What was merged into it still has the team that it had. reads: what of the entry
    the viewer may read besides, when it is known.
    """
    if reads is None:
        reads = access.read_of(
            session.execute(select(*access.reads(viewer)).where(Entry.id == entry.id)).one()
        )
    rows = read(session, entry, limit=limit)
    called = pointers.named(session, named_in(rows, viewer=viewer), viewer=viewer, gone=True)
    return tell(rows, called, reads, viewer=viewer)


def read(session: Session, entry: Entry, *, limit: int = 100) -> Sequence[Row[History, int]]:
    """What happened to an entry and to those merged into it, the latest first, each with the team
    that keeps it. Nothing of it is for anybody's eyes before `tell`."""
    asked = {"key": entry.id, "open_to": entry.visibility, "most": limit}
    return session.execute(_past(), asked).all()


@cache
def _past() -> Select[History, int]:
    """The same statement for every entry, which is put together once."""
    itself, absorbed, key = aliased(Entry), aliased(Entry), bindparam("key", type_=Integer)
    # one list of keys: with "or" between two questions PostgreSQL reads everybody's history
    these = union_all(
        select(itself.id).where(itself.id == key),
        select(absorbed.id).where(
            absorbed.merged_into_id == key, absorbed.visibility == bindparam("open_to")
        ),
    )
    return (
        select(History, Entry.team_id)
        .join(Entry, Entry.id == History.entry_id)
        .where(History.entry_id.in_(these))
        .order_by(History.at.desc(), History.id.desc())
        .limit(bindparam("most", type_=Integer))
        .options(joinedload(History.by))
    )


def named_in(rows: Sequence[Row[History, int]], *, viewer: Viewer) -> set[str]:
    """The uids of entries that what happened names, as far as the viewer is told of them."""
    return _uids([row for row, team_id in rows if access.sees_exactly(viewer, team_id)])


def tell(
    rows: Sequence[Row[History, int]],
    called: Mapping[str, str],
    reads: frozenset[SharedField],
    *,
    viewer: Viewer,
) -> Sequence[Told]:
    """What was read, as far as the viewer may know it. called: by uid, what `named_in` names."""
    opened: dict[int, int] = {}  # the version in which an entry was last opened to others
    for row, _ in rows:
        if "visibility" in row.changes:
            opened.setdefault(row.entry_id, row.version)
    told = [
        _whole(row, reads, called)
        if access.sees_exactly(viewer, team_id)
        else _outside(row, since=opened.get(row.entry_id, 0))
        for row, team_id in rows
    ]
    return [one for one in told if one is not None]


def is_tie(verb: str, name: str) -> bool:
    """Whether a change ties or unties; what lies beside an event is called as people called it."""
    return verb in TIES and name.startswith(LINK)


def _uids(rows: Sequence[History]) -> set[str]:
    """The entries that what happened names."""
    return {
        uid
        for row in rows
        for name, both in row.changes.items()
        if name in REFERENCES or name == "merged_into" or is_tie(row.verb, name)
        for uid in both
        if uid
    }


def _whole(row: History, reads: frozenset[SharedField], called: Mapping[str, str]) -> Told | None:
    """What a member of its team learns; nothing of a link to what they may not see."""
    hidden = frozenset() if SharedField.CONTACT in reads else CONTACT_FIELDS
    shown = {
        name: both
        for name, both in row.changes.items()
        if name not in hidden
        and (not is_tie(row.verb, name) or set(filter(None, both)) <= {*called})
    }
    if row.changes and not shown and row.verb in TIES:
        return None
    return Told(row.version, row.at, row.by, row.verb, row.why, shown, called)


def _outside(row: History, *, since: int) -> Told | None:
    about = _FIELDS & set(row.changes)
    if row.verb in BESIDE or (row.changes and not about):
        return None
    open_to_all = about - PLACE_FIELDS - STAFF_FIELDS - POINTERS - CONTACT_FIELDS
    shown = {
        name: change
        for name, change in row.changes.items()
        if name in open_to_all and row.version > since
    }
    return Told(row.version, row.at, None, row.verb, "", shown, {})
