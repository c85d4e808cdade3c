"""Entries that a file says something new about, or that are put back: many, written together.

What `entries.restore` does of one, for thousands: they are read together and written together, and
only what has changed is worked out again.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from sqlalchemy import Table, delete, insert, select
from sqlalchemy.orm import Session, undefer

from assetmap import loading, spatial
from assetmap.access import Viewer
from assetmap.db import now
from assetmap.models import Area, Category, Entry, EntryCovers, History
from assetmap.models.states import require_met
from assetmap.register import area_assignment, givers, indexing, snapshots, writing
from assetmap.register.area_index import Outlines, in_parts
from assetmap.register.import_matches import loaded
from assetmap.register.snapshots import Snapshot
from assetmap.schemas.entries import EntryDraft
from assetmap.vocabulary import Kind

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
    session: Session,
    changed: Sequence[Change],
    *,
    outlines: Outlines,
    verb: str,
    why: str,
    viewer: Viewer,
) -> list[Entry]:
    """Write changes of entries that are as they were when the changes were worked out.

    outlines: held by whoever has many to write, for the areas of those that move. At most
    `AT_ONCE` at a time. Each becomes a new version with its history. Raises Invalid for one that
    can't be. The entries returned are no longer the session's.
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
        serving = [(found[one.id], drafts[one.id]) for one in changed if _covers_anew(one)]
        put_covers(session, serving)
    session.flush()  # the indexes follow what the database holds
    del held
    moved = [found[one.id] for one in changed if not writing.PLACING.isdisjoint(one.changes)]
    lies_in = outlines.assign([spatial.shape_of(entry.location) for entry in moved])
    area_assignment.write_areas(
        session, {entry.id: areas for entry, areas in zip(moved, lies_in, strict=True)}
    )
    for one in changed:
        if found[one.id].kind == Kind.OFFER and not givers.GIVERS.isdisjoint(one.changes):
            givers.follow(session, one.id, one.changes, viewer=viewer)
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
    indexing.index(session, list(found.values()))
    for entry in found.values():
        session.expunge(entry)  # thousands more may follow
    return list(found.values())


def keep_history(session: Session, said: Sequence[Mapping[str, Any]]) -> None:
    """Write rows of history together."""
    rows = loading.encoded(session, _HISTORY, _SAID, [dict(one) for one in said])
    loading.insert_encoded(session, _HISTORY, _SAID, rows)


def put_covers(session: Session, serving: Sequence[tuple[Entry, EntryDraft]]) -> None:
    """What `writing.put_covers` does of one, for many: the areas entries serve, and the ground."""
    codes = {code for _, draft in serving for code in draft.covers_areas}
    query = select(Area).options(undefer(Area.boundary))
    named_by_any = writing.areas_by_code(session, sorted(codes), query) if codes else []
    areas = {area.code: area for area in named_by_any}
    ids = [entry.id for entry, _ in serving]
    for part in in_parts(ids):
        session.execute(delete(EntryCovers).where(EntryCovers.entry_id.in_(part)))
    pairs = []
    for entry, draft in serving:
        named = [areas[code] for code in dict.fromkeys(draft.covers_areas)]
        pairs += [{"entry_id": entry.id, "area_id": area.id} for area in named]
        entry.covers = spatial.stored(writing.covered_ground(entry, named))
    if pairs:
        session.execute(insert(EntryCovers), pairs)


def _covers_anew(one: Change) -> bool:
    """Whether it covers other ground: it says so, or what it covers has moved along with it."""
    wanted = one.wanted
    covers = wanted.get("covers_areas") or wanted.get("radius_m")
    has_moved = not writing.PLACING.isdisjoint(one.changes)
    return not _COVERING.isdisjoint(one.changes) or bool(has_moved and covers)
