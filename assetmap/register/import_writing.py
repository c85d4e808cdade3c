"""Carrying a plan out, all of it or nothing; and taking an import back as a whole."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, cast

from sqlalchemy import Table, bindparam, insert, select, update
from sqlalchemy.orm import Session, with_polymorphic

from assetmap import spatial, textsearch
from assetmap.access import Viewer
from assetmap.db import now
from assetmap.errors import Conflict
from assetmap.models import Entry, History, Import, Link
from assetmap.register import audit, entries, indexing, snapshots
from assetmap.register.bulk import Prepared, insert_prepared
from assetmap.register.bulk_rows import parts
from assetmap.register.import_matches import UNDONE, taken
from assetmap.register.import_plan import Plan, Progress, basis, kept, unhurried
from assetmap.vocabulary import AuditAction, Relation

_ENTRY = cast(Table, Entry.__table__)
_HISTORY = cast(Table, History.__table__)
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
    written = len(back)
    for what, given in kept(plan.folder):
        if what == "new":
            with unhurried():
                written += _insert(session, given, done, viewer)
        elif what == "changed":
            _change(session, given, done, viewer)
            written += 1
        progress("Writing", min(written, total), total)


def _refuse_stale(session: Session, plan: Plan) -> None:
    for what, given in kept(plan.folder, "keys"):
        if what == "new":
            if taken(session, given):
                raise Stale
        elif session.scalar(select(Entry.version).where(Entry.id == given[0])) != given[1]:
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


def _change(session: Session, given: Sequence[Any], done: Import, viewer: Viewer) -> None:
    entry = session.get(Entry, given[0], populate_existing=True)
    assert entry is not None
    wanted = snapshots.of(session, entry) | given[1]
    entries.restore(session, entry, wanted, verb="imported", viewer=viewer, why=why_of(done))
    _note(session, AuditAction.IMPORTED, done, [entry.uid], viewer)
    session.expunge(entry)


def _bring_back(session: Session, keys: Sequence[int], done: Import, viewer: Viewer) -> None:
    """Entries whose import was undone are there again, and belong to this import."""
    gone = session.execute(
        select(Entry.id, Entry.uid, Entry.version, Entry.withdrawn_at).where(Entry.id.in_(keys))
    ).all()
    _note(session, AuditAction.IMPORTED, done, [row.uid for row in gone], viewer)
    at = now()
    back = {"withdrawn_at": None, "withdrawn_why": None, "withdrawn_by_id": None}
    session.execute(
        update(_ENTRY).where(_ENTRY.c.id == bindparam("key")),
        [
            {
                "key": row.id,
                "version": row.version + 1,
                "import_id": done.id,
                "updated_at": at,
                "updated_by_id": viewer.user_id,
                **back,
            }
            for row in gone
        ],
    )
    said = [
        {
            "entry_id": row.id,
            "version": row.version + 1,
            "at": at,
            "by_id": viewer.user_id,
            "verb": "imported",
            "why": why_of(done),
            "changes": {
                "withdrawn_at": [snapshots.as_json(row.withdrawn_at), None],
                "withdrawn_why": [UNDONE, None],
            },
        }
        for row in gone
    ]
    _keep_history(session, said)
    whole = with_polymorphic(Entry, "*")
    query = select(whole).where(whole.id.in_(keys)).order_by(whole.id)
    indexing.index(session, session.scalars(query.execution_options(populate_existing=True)).all())
    session.expunge_all()  # thousands more may follow
    session.add(done)


def _keep_history(session: Session, said: Sequence[dict[str, Any]]) -> None:
    names = ["entry_id", "version", "at", "by_id", "verb", "why", "changes"]
    rows = spatial.encoded(session, _HISTORY, names, said)
    spatial.insert_encoded(session, _HISTORY, names, rows)


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
        select(History.entry_id, History.version, History.changes)
        .join(Entry, Entry.id == History.entry_id)
        .where(
            History.verb == "imported",
            History.why == why_of(done),
            History.version > 1,
            Entry.import_id.is_distinct_from(done.id),
        )
        .order_by(History.entry_id, History.version.desc())
    ).all()
    restored, left = 0, []
    for n, (key, _version, changes) in enumerate(rows, start=1):
        entry = session.get(Entry, key, populate_existing=True)
        if entry is None or not entry.is_live:
            continue
        here = snapshots.of(session, entry)
        back = {name: was for name, (was, then) in changes.items() if here.get(name) == then}
        if lost := sorted(changes.keys() - back.keys()):
            named = ", ".join(name.replace("_", " ") for name in lost)
            left.append(f"{entry.ref} has been changed since: {named} stays")
        if back:
            wanted = here | back
            entries.restore(session, entry, wanted, verb=UNDO_VERB, viewer=viewer, why=why_of(done))
            _note(session, AuditAction.IMPORT_UNDONE, done, [entry.uid], viewer)
            restored += 1
        session.expunge(entry)
        progress("Putting back", n, len(rows))
    return restored, left


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
    for n, part in enumerate(parts(going)):
        session.execute(
            update(_ENTRY).where(_ENTRY.c.id == bindparam("key")),
            [
                {
                    "key": key,
                    "version": version + 1,
                    "withdrawn_at": at,
                    "withdrawn_why": UNDONE,
                    "withdrawn_by_id": viewer.user_id,
                    "updated_at": at,
                    "updated_by_id": viewer.user_id,
                }
                for key, version in part
            ],
        )
        _say_withdrawn(session, part, done, viewer, at)
        textsearch.forget(session, [key for key, _ in part])
        progress("Withdrawing", n * 2_000 + len(part), len(going))
    return len(going), left


def _say_withdrawn(
    session: Session, part: Sequence[tuple[int, int]], done: Import, viewer: Viewer, at: Any
) -> None:
    changes = {"withdrawn_at": [None, snapshots.as_json(at)], "withdrawn_why": [None, UNDONE]}
    said = [
        {
            "entry_id": key,
            "version": version + 1,
            "at": at,
            "by_id": viewer.user_id,
            "verb": "withdrawn",
            "why": f"{UNDONE}: {why_of(done)}"[:500],
            "changes": changes,
        }
        for key, version in part
    ]
    _keep_history(session, said)
