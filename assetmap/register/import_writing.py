"""Carrying a plan out, all of it or nothing; and taking an import back as a whole."""

import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple, cast

from sqlalchemy import CursorResult, Table, bindparam, insert, select, update
from sqlalchemy.orm import Session

from assetmap import textsearch
from assetmap.access import Viewer
from assetmap.db import now
from assetmap.errors import Conflict
from assetmap.models import Entry, History, Import, Link
from assetmap.models.states import missing
from assetmap.register import audit, givers, indexing, proposal_ends, snapshots
from assetmap.register.area_index import Outlines
from assetmap.register.bulk import Prepared, insert_prepared
from assetmap.register.bulk_rows import parts
from assetmap.register.import_changes import AT_ONCE, Change, keep_history, rewrite
from assetmap.register.import_matches import UNDONE, called, loaded, taken
from assetmap.register.import_plan import Plan, Progress, basis, kept, unhurried
from assetmap.vocabulary import AuditAction, Kind, Relation

_ENTRY = cast(Table, Entry.__table__)
UNDO_VERB = "import undone"


class Stale(Exception):
    """The register has changed since the plan was made: it must be made again."""


@dataclass
class Undone:
    """What taking an import back did.

    withdrawn: entries it had added. restored: entries it had changed. kept: references of entries
    left as they are, and why.
    """

    withdrawn: int
    restored: int
    kept: list[str]


def why_of(done: Import) -> str:
    """What the history of every entry says that an import touched."""
    return f"Import {done.id}: {done.filename}"[:500]


def carry_out(
    session: Session, plan: Plan, done: Import, *, viewer: Viewer, progress: Progress
) -> None:
    """Write everything a plan holds. Raises Stale before the first row when it no longer fits.

    The transaction must be one that writes, and hold the lock named "imports".
    """
    if basis(session) != plan.basis:
        raise Stale
    _refuse_stale(session, plan)
    total = sum(plan.counts[o] for o in ("new", "changed", "back", "duplicate"))
    back = [given[0] for what, given in kept(plan.folder) if what == "back"]
    for part in parts(back):
        _bring_back(session, part, done, viewer)
    written, outlines = len(back), Outlines(session)
    for what, given in kept(plan.folder):
        if what == "new":
            with unhurried():
                written += _insert(session, given, done, viewer)
        elif what == "changed":
            written += _change(session, given, done, viewer, outlines)
        progress("Writing", min(written, total), total)


def _refuse_stale(session: Session, plan: Plan) -> None:
    there: dict[int, int] = {}
    for what, given in kept(plan.folder, "keys"):
        if what == "new":
            if taken(session, given):
                raise Stale
        elif what == "named":
            _refuse_gone(session, given)
        else:
            there[given[0]] = given[1]
    for part in parts(list(there)):
        found = session.execute(select(Entry.id, Entry.version).where(Entry.id.in_(part))).all()
        if {row.id: row.version for row in found} != {key: there[key] for key in part}:
            raise Stale


def _refuse_gone(session: Session, uids: list[str]) -> None:
    """Raise Stale when one of these has been withdrawn or merged; have a merge wait for us."""
    for part in parts(uids):
        live = select(Entry.id).where(
            Entry.uid.in_(map(uuid.UUID, part)),
            Entry.withdrawn_at.is_(None),
            Entry.merged_into_id.is_(None),
        )
        if len(session.scalars(live.with_for_update(read=True, key_share=True)).all()) < len(part):
            raise Stale


def _insert(session: Session, given: dict[str, Any], done: Import, viewer: Viewer) -> int:
    ready = Prepared(**given["ready"])
    names, rows = ready.tables["entry"]
    at = names.index("import_id")
    for row in rows:
        row[at] = done.id
    for said in ready.history:
        said[4] = why_of(done)
    keys = insert_prepared(session, ready)
    uid = names.index("uid")
    _note(session, AuditAction.IMPORTED, done, [row[uid] for row in rows], viewer)
    links = [
        {"from_id": key, "to_id": like, "relation": Relation.SAME_AS.value, **_made(viewer)}
        for key, like in zip(keys, given["like"], strict=False)
        if like is not None
    ]
    if links:
        session.execute(insert(Link), links)
    if ready.kind == Kind.OFFER:
        givers.tie(session, keys, viewer=viewer)
    return len(keys)


def _note(
    session: Session,
    action: AuditAction,
    done: Import,
    uids: Sequence[uuid.UUID | str],
    viewer: Viewer,
) -> None:
    """One row of the audit for all of it, however many entries an import brings."""
    owned = [_Owned(uid, done.team_id) for uid in uids]
    audit.note(session, action, viewer=viewer, entity="import", uid=done.uid, entries=owned)


class _Owned(NamedTuple):
    uid: uuid.UUID | str
    team_id: int


def _made(viewer: Viewer) -> dict[str, Any]:
    return {"created_at": now(), "created_by_id": viewer.user_id}


def _change(
    session: Session, given: Sequence[Any], done: Import, viewer: Viewer, outlines: Outlines
) -> int:
    changed = [Change(*one) for one in given]
    _rewrite(session, changed, "imported", AuditAction.IMPORTED, done, viewer, outlines)
    return len(changed)


def _rewrite(
    session: Session,
    changed: list[Change],
    verb: str,
    action: AuditAction,
    done: Import,
    viewer: Viewer,
    outlines: Outlines,
) -> None:
    for part in parts(changed, AT_ONCE):
        written = rewrite(
            session, part, outlines=outlines, verb=verb, why=why_of(done), viewer=viewer
        )
        _note(session, action, done, [entry.uid for entry in written], viewer)


def _bring_back(session: Session, keys: Sequence[int], done: Import, viewer: Viewer) -> None:
    """Entries whose import was undone are there again, and belong to this import."""
    gone = session.execute(
        select(Entry.id, Entry.uid, Entry.version, Entry.withdrawn_at).where(Entry.id.in_(keys))
    ).all()
    _note(session, AuditAction.IMPORTED, done, [row.uid for row in gone], viewer)
    at = now()
    back = {"withdrawn_at": None, "withdrawn_why": None, "withdrawn_by_id": None}
    versions = [(row.id, row.version) for row in gone]
    _update(session, versions, back | {"import_id": done.id}, viewer, at)
    was = {row.id: snapshots.as_json(row.withdrawn_at) for row in gone}
    _say(
        session,
        versions,
        {"at": at, "by_id": viewer.user_id, "verb": "imported", "why": why_of(done)},
        lambda key: {"withdrawn_at": [was[key], None], "withdrawn_why": [UNDONE, None]},
    )
    entries = list(loaded(session, keys).values())
    indexing.index(session, entries)
    for entry in entries:
        session.expunge(entry)  # thousands more may follow


def _update(
    session: Session,
    versions: Sequence[tuple[int, int]],
    values: dict[str, Any],
    viewer: Viewer,
    at: datetime,
) -> None:
    """Give entries, by key and version, the same values. Raises Conflict for another version."""
    common = values | {"updated_at": at, "updated_by_id": viewer.user_id}
    done = session.execute(
        update(_ENTRY).where(_ENTRY.c.id == bindparam("key"), _ENTRY.c.version == bindparam("was")),
        [{"key": key, "was": was, "version": was + 1, **common} for key, was in versions],
    )
    if cast(CursorResult[Any], done).rowcount != len(versions):
        raise Conflict("Somebody has changed one of the entries meanwhile. Try again.")


def _say(
    session: Session,
    versions: Sequence[tuple[int, int]],
    said: dict[str, Any],
    changes: Callable[[int], dict[str, list[Any]]],
) -> None:
    """Keep the history of entries that `_update` has changed from these versions."""
    keep_history(
        session,
        [
            {"entry_id": key, "version": was + 1, "changes": changes(key), **said}
            for key, was in versions
        ],
    )


def take_back(session: Session, done: Import, *, viewer: Viewer, progress: Progress) -> Undone:
    """Withdraw what an import added and put back what it changed. Raises Conflict when undone."""
    if done.status != "done":
        raise Conflict("Only an import that was finished can be undone, and only once.")
    restored, left = _restore_changed(session, done, viewer, progress)
    withdrawn, more = _withdraw_added(session, done, viewer, progress)
    done.status, done.undone_at = "undone", now()
    session.flush()  # the page that follows reads it
    return Undone(withdrawn, restored, [*left, *more])


def _restore_changed(
    session: Session, done: Import, viewer: Viewer, progress: Progress
) -> tuple[int, list[str]]:
    rows = session.execute(
        select(History.entry_id, History.changes)
        .join(Entry, Entry.id == History.entry_id)
        .where(
            History.verb == "imported",
            History.why == why_of(done),
            History.version > 1,
            Entry.import_id.is_distinct_from(done.id),
        )
        .order_by(History.entry_id)
    ).all()
    restored, left, outlines = 0, [], Outlines(session)
    for part in parts(list(rows), AT_ONCE):
        back, stays = _to_put_back(session, {row.entry_id: row.changes for row in part})
        left += stays
        if back:
            _rewrite(session, back, UNDO_VERB, AuditAction.IMPORT_UNDONE, done, viewer, outlines)
        restored += len(back)
        progress("Putting back", restored, len(rows))
    return restored, left


def _to_put_back(
    session: Session, changes: dict[int, dict[str, list[Any]]]
) -> tuple[list[Change], list[str]]:
    """What can be put back as it was, and in words what can't."""
    entries = [one for one in loaded(session, list(changes)).values() if one.is_live]
    back, left = [], []
    for entry, here in zip(entries, snapshots.several(session, entries), strict=True):
        undo = {
            name: [then, was]
            for name, (was, then) in changes[entry.id].items()
            if here.get(name) == then
        }
        if lost := sorted(changes[entry.id].keys() - undo.keys()):
            named = ", ".join(map(called, lost))
            left.append(f"{entry.ref} has been changed since: {named} stays")
        wanted = here | {name: was for name, (_, was) in undo.items()}
        lacking = missing(entry.kind, entry.status, snapshots.reader(wanted))
        if lacking:
            left.append(f"{entry.ref} stays as it is. {' '.join(lacking.values())}")
        elif undo:
            back.append(Change(entry.id, undo, wanted))
        session.expunge(entry)
    return back, left


def _withdraw_added(
    session: Session, done: Import, viewer: Viewer, progress: Progress
) -> tuple[int, list[str]]:
    """Withdraw, together, what the import added and nothing else has been merged into."""
    live = (
        Entry.import_id == done.id,
        Entry.withdrawn_at.is_(None),
        Entry.merged_into_id.is_(None),
    )
    rows = session.execute(
        select(Entry.id, Entry.version, Entry.kind, Entry.uid).where(*live).order_by(Entry.id)
    ).all()
    other = select(Entry.merged_into_id).where(
        Entry.merged_into_id.in_(select(Entry.id).where(*live))
    )
    holding = set(session.scalars(other))
    left = [
        f"Entry {key} stays: another was merged into it" for key in sorted(k for k in holding if k)
    ]
    going = [(row.id, row.version) for row in rows if row.id not in holding]
    uids = [row.uid for row in rows if row.id not in holding]
    _note(session, AuditAction.IMPORT_UNDONE, done, uids, viewer)
    at = now()
    gone = {"withdrawn_why": UNDONE, "withdrawn_by_id": viewer.user_id}
    said = {
        "by_id": viewer.user_id,
        "verb": "withdrawn",
        "why": f"{UNDONE}: {why_of(done)}"[:500],
    }
    changes = {"withdrawn_at": [None, snapshots.as_json(at)], "withdrawn_why": [None, UNDONE]}
    for n, part in enumerate(parts(going)):
        _update(session, part, gone | {"withdrawn_at": at}, viewer, at)
        _say(session, part, {**said, "at": at}, lambda _: changes)
        proposal_ends.overtake(session, [key for key, _ in part])
        textsearch.forget(session, [key for key, _ in part])
        progress("Withdrawing", n * 2_000 + len(part), len(going))
    return len(going), left
