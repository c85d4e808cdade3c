"""Entries that a file says something new about, or that are put back: many, written together.

What `entries.restore` does of one, for thousands: they are read together and written together, and
only what has changed is worked out again.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from sqlalchemy import Table, select
from sqlalchemy.orm import Session

from assetmap import spatial
from assetmap.access import Viewer
from assetmap.db import now
from assetmap.models import Category, Entry, History
from assetmap.models.states import require_met
from assetmap.register import indexing, snapshots, writing
from assetmap.register.import_matches import loaded
from assetmap.register.snapshots import Snapshot
from assetmap.schemas.entries import EntryDraft

AT_ONCE = 500
_HISTORY = cast(Table, History.__table__)
_SAID = ("entry_id", "version", "at", "by_id", "verb", "why", "changes")
_COVERING = frozenset({"covers_areas", "radius_m"})


@dataclass(slots=True)
class Change:
    """What becomes of an entry. changes: by field, [before, after]. wanted: all of it, after."""

    id: int
    changes: Mapping[str, list[Any]]
    wanted: Snapshot


def rewrite(
    session: Session, changed: Sequence[Change], *, verb: str, why: str, viewer: Viewer
) -> list[Entry]:
    """Write changes of entries that are as they were when the changes were worked out.

    At most `AT_ONCE` at a time. Each becomes a new version with its history. Raises Invalid for
    one that can't be. The entries returned are no longer the session's.
    """
    found = loaded(session, [one.id for one in changed])
    held = session.scalars(select(Category)).all()  # so that each is asked for once, not by entry
    at = now()
    drafts: dict[int, EntryDraft] = {}
    with session.no_autoflush:
        for one in changed:
            entry = found[one.id]
            drafts[one.id] = draft = snapshots.draft_of(entry.kind, one.wanted)
            writing.apply(session, entry, draft, checked=False, names=one.changes.keys())
            require_met(entry.kind, entry.status, entry.column)
            entry.version += 1
            entry.updated_at, entry.updated_by_id = at, viewer.user_id
    session.flush()  # the indexes follow what the database holds
    del held
    for one in changed:
        _place(session, found[one.id], drafts[one.id], one.changes)
    keep_history(
        session,
        [
            {
                "entry_id": one.id,
                "version": found[one.id].version,
                "at": at,
                "by_id": viewer.user_id,
                "verb": verb,
                "why": why[:500],
                "changes": dict(one.changes),
            }
            for one in changed
        ],
    )
    session.flush()  # the ground that they cover
    indexing.index(session, list(found.values()))
    for entry in found.values():
        session.expunge(entry)  # thousands more may follow
    return list(found.values())


def keep_history(session: Session, said: Sequence[Mapping[str, Any]]) -> None:
    """Write rows of history together."""
    rows = spatial.encoded(session, _HISTORY, _SAID, [dict(one) for one in said])
    spatial.insert_encoded(session, _HISTORY, _SAID, rows)


def _place(
    session: Session, entry: Entry, draft: EntryDraft, changes: Mapping[str, list[Any]]
) -> None:
    has_moved = not writing.PLACING.isdisjoint(changes)
    covers = draft.covers_areas or draft.radius_m
    if not _COVERING.isdisjoint(changes) or (has_moved and covers):
        writing.put_covers(session, entry, draft)
    if has_moved:
        indexing.assign_areas(session, entry, spatial.shape_of(entry.location))
