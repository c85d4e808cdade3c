"""Logging, changing, checking and withdrawing: every write of an entry goes through here."""

import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from assetmap import access, spatial
from assetmap.access import Viewer
from assetmap.db import local_day, now
from assetmap.errors import Conflict, Invalid, NotFound, RegisterError
from assetmap.models import Engagement, Entry, History, Offer, Walkabout
from assetmap.models.states import FIRST, MOVES, require_met
from assetmap.register import audit, givers, indexing, proposal_ends, snapshots, writing
from assetmap.register.snapshots import Snapshot
from assetmap.schemas.entries import EntryDraft
from assetmap.vocabulary import KIND_OF_PREFIX, CheckedHow, Kind

REVIEW_AFTER = timedelta(days=183)


class PreconditionRequired(RegisterError):
    """A change must say which version it was made from."""

    status = 428  # type: ignore[assignment]
    title = "Say which version you changed"


def find(session: Session, uid: uuid.UUID, *, viewer: Viewer, kind: Kind | None = None) -> Entry:
    """The entry with this uid. Raises NotFound when there is none that the viewer may see."""
    query = select(Entry).where(Entry.uid == uid, access.visible_entries(viewer))
    if kind is not None:
        query = query.where(Entry.kind == kind)
    entry = session.scalar(query)
    if entry is None:
        raise NotFound("There is no such entry, or it is not open to you.")
    return entry


def by_ref(session: Session, ref: str, *, viewer: Viewer) -> Entry | None:
    """The entry that people call AST-000123, if the viewer may see it."""
    prefix, _, number = ref.strip().upper().partition("-")
    kind = KIND_OF_PREFIX.get(prefix)
    if kind is None or not number.isdecimal() or len(number) > 12:
        return None
    return session.scalar(
        select(Entry).where(
            Entry.id == int(number), Entry.kind == kind, access.visible_entries(viewer)
        )
    )


def successor(session: Session, uid: uuid.UUID, *, viewer: Viewer) -> Entry | None:
    """Where an old address leads: the entry that the one with this uid was merged into."""
    seen: set[int] = set()
    here = session.scalar(select(Entry).where(Entry.uid == uid))
    while here is not None and here.merged_into_id is not None and here.id not in seen:
        seen.add(here.id)
        here = session.get(Entry, here.merged_into_id)
    if here is None or not seen:
        return None
    visible = select(Entry).where(Entry.id == here.id, access.visible_entries(viewer))
    return session.scalar(visible)


def log(
    session: Session,
    draft: EntryDraft,
    *,
    viewer: Viewer,
    uid: uuid.UUID | None = None,
    team_id: int | None = None,
    status: str | None = None,
    state: Mapping[str, Any] | None = None,
    why: str = "",
) -> tuple[Entry, bool]:
    """Put a new entry on the register. Returns it and whether it is new.

    state: columns of its kind that a draft does not hold, such as how a finding was resolved.
    Sending the same draft with the same uid again adds nothing. Raises Invalid for a draft that
    can't be kept or lacks what its state demands, NotAllowed for a team the viewer does not log
    for, PreconditionRequired when the uid is taken and the draft is another.
    """
    team = access.team_to_log_for(viewer, team_id)
    if uid is not None:
        spatial.lock_for_writing(session, f"entry {uid}")
        existing = session.scalar(select(Entry).where(Entry.uid == uid))
        if existing is not None:
            return _sent_again(session, existing, draft, viewer=viewer), False
    entry = writing.new_entry(draft.kind)
    if uid is not None:
        entry.uid = uid
    entry.team_id, entry.created_by_id = team, viewer.user_id
    entry.status = _first_status(draft.kind, status)
    writing.refuse_hidden(session, draft, (), viewer=viewer)
    writing.apply(session, entry, draft)
    for name, value in (state or {}).items():
        setattr(entry, name, value)
    require_met(entry.kind, entry.status, entry.column)
    session.add(entry)
    session.flush()  # the key is needed by all that points at the entry
    writing.put_covers(session, entry, draft)
    _settle(session, entry, {}, verb="logged", viewer=viewer, why=why)
    access.require_within(viewer, entry)
    return entry, True


def change(
    session: Session,
    entry: Entry,
    draft: EntryDraft,
    *,
    viewer: Viewer,
    base_version: int,
    why: str = "",
) -> Entry:
    """Write a changed draft that was made from `base_version`.

    What others changed meanwhile stays, unless both changed the same field to something else:
    then Conflict holds both values of each such field, and nothing is written.
    """
    access.require_change(viewer, entry)
    if not 1 <= base_version <= entry.version:
        raise Conflict(f"There is no version {base_version} of this entry.")
    before = snapshots.of(session, entry)
    kept = [before.get(name) for name in draft.references]
    writing.refuse_hidden(session, draft, kept, viewer=viewer)
    wanted = snapshots.of_draft(writing.settled(session, entry, draft))
    if base_version < entry.version:
        _refuse_passed_on(session, entry, base_version)
        base = snapshots.at_version(session, entry, base_version, before)
        wanted = merged(base, theirs=before, mine=wanted)
    merged_draft = snapshots.draft_of(entry.kind, wanted)
    writing.apply(session, entry, merged_draft)
    require_met(entry.kind, entry.status, entry.column)
    writing.put_covers(session, entry, merged_draft)
    _settle(session, entry, before, verb="changed", viewer=viewer, why=why)
    access.require_within(viewer, entry)
    return entry


def merged(base: Snapshot, *, theirs: Snapshot, mine: Snapshot) -> Snapshot:
    """Both sets of changes since a base. Raises Conflict when both changed a field differently."""
    changed = {name for name in mine if mine[name] != base.get(name)}
    clashing = {
        name: (theirs.get(name), mine[name])
        for name in sorted(changed)
        if theirs.get(name) != base.get(name) and theirs.get(name) != mine[name]
    }
    if clashing:
        named = ", ".join(name.replace("_", " ") for name in clashing)
        raise Conflict(f"Someone else has changed {named} since you began.", clashing)
    return {name: mine[name] if name in changed else theirs[name] for name in mine}


def move(
    session: Session, entry: Entry, status: str, *, viewer: Viewer, why: str = "", **details: Any
) -> None:
    """Take an entry to another state. Raises Conflict when the move is not a legal one."""
    access.require_change(viewer, entry)
    with writing_down(session, entry, verb=status, viewer=viewer, why=why):
        writing.move(entry, status, today=local_day(now()), why=why.strip()[:500], **details)


def check(
    session: Session,
    entry: Entry,
    *,
    viewer: Viewer,
    how: str = CheckedHow.VISIT,
    on: date | None = None,
) -> None:
    """Still here: somebody made sure of it today, and it is due again in six months."""
    access.require_add_to(viewer, entry.team_id)
    access.require_within(viewer, entry)
    day = on or local_day(now())
    with writing_down(session, entry, verb="checked", viewer=viewer):
        entry.check(day, how, day + REVIEW_AFTER, viewer.user_id)


def withdraw(session: Session, entry: Entry, *, viewer: Viewer, why: str) -> None:
    """Take an entry out of every output; the row, its history and its links stay."""
    access.require_change(viewer, entry)
    if not why.strip():
        raise Invalid.field("why", "Say why it is withdrawn.")
    with writing_down(session, entry, verb="withdrawn", viewer=viewer, why=why):
        entry.withdraw(now(), why.strip()[:500], viewer.user_id)


def bring_back(session: Session, uid: uuid.UUID, *, viewer: Viewer, why: str = "") -> Entry:
    """Undo a withdrawal. Raises NotFound for what the viewer never could see."""
    entry = session.scalar(select(Entry).where(Entry.uid == uid, access.may_see(viewer)))
    if entry is None or not access.may_change(viewer, entry):
        raise NotFound("There is no such entry, or it is not open to you.")
    with writing_down(session, entry, verb="brought back", viewer=viewer, why=why):
        entry.bring_back()
    return entry


def restore(
    session: Session, entry: Entry, taken: Snapshot, *, verb: str, viewer: Viewer, why: str
) -> None:
    """Put an entry back exactly as a snapshot has it, as a new version.

    Raises Invalid, with the entry half written, when it would lack what its state demands.
    """
    draft = snapshots.draft_of(entry.kind, taken)
    with writing_down(session, entry, verb=verb, viewer=viewer, why=why):
        writing.apply(session, entry, draft, checked=False)
        writing.put_covers(session, entry, draft)
        writing.put_state(session, entry, taken)
        require_met(entry.kind, entry.status, entry.column)


@contextmanager
def writing_down(
    session: Session,
    entry: Entry,
    *,
    verb: str,
    viewer: Viewer,
    why: str = "",
    beside: Mapping[str, list[Any]] | None = None,
) -> Iterator[None]:
    """Whatever is changed inside becomes one new version, with its history.

    beside: changes that are not fields of the entry itself, as {what: [before, after]}.
    """
    before = snapshots.of(session, entry)
    yield
    _settle(session, entry, before, verb=verb, viewer=viewer, why=why, beside=beside)


def next_states(entry: Entry) -> tuple[str, ...]:
    """The states an entry may be taken to from where it is."""
    legal = MOVES[entry.kind].get(entry.status, ())
    ran_out = entry.has_run_out(local_day(now()))
    if entry.kind == Kind.OFFER and ran_out and "expired" in legal:
        return ("offered", *(state for state in legal if state != "offered"))  # renewed
    return legal


def _first_status(kind: Kind, wanted: str | None) -> str:
    if wanted is None:
        return FIRST[kind]
    if wanted not in MOVES[kind]:
        raise Invalid.field("status", f"Choose one of {', '.join(MOVES[kind])}.")
    return wanted


def _sent_again(session: Session, entry: Entry, draft: EntryDraft, *, viewer: Viewer) -> Entry:
    """The entry as it is, when this is the draft it was logged with, or holds just what it has."""
    found = session.scalar(
        select(Entry.id).where(Entry.id == entry.id, access.visible_entries(viewer))
    )
    if found is None or draft.kind != entry.kind:
        raise NotFound("There is no such entry, or it is not open to you.")
    present = snapshots.of(session, entry)
    sent = snapshots.of_draft(writing.settled(session, entry, draft))
    first = snapshots.at_version(session, entry, 1, present)
    if any(all(kept[name] == sent[name] for name in sent) for kept in (present, first)):
        return entry
    raise PreconditionRequired("This entry exists. Send If-Match with the version you changed.")


def _settle(
    session: Session,
    entry: Entry,
    before: Snapshot,
    *,
    verb: str,
    viewer: Viewer,
    why: str = "",
    beside: Mapping[str, list[Any]] | None = None,
) -> None:
    """Count the version, keep the history and bring the indexes up to date."""
    session.flush()  # so that the snapshot reads what the database now holds
    after = snapshots.of(session, entry)
    changed = snapshots.differences(before, after) | dict(beside or {})
    if not changed and before:
        return
    if before:
        entry.version += 1
    if "scan_status" in after and "scan_status" in changed:
        _note_scan(entry, viewer)
    _write_history(session, entry, verb, changed if before else {}, viewer=viewer, why=why)
    if not entry.is_live:
        proposal_ends.overtake(session, [entry.id])
    if isinstance(entry, Offer) and not givers.GIVERS.isdisjoint(changed):
        givers.follow(session, entry.id, changed, viewer=viewer)
    if "geometry" in changed or "precision" in changed:
        shape = spatial.shape_of(entry.location)
        indexing.assign_areas(session, entry, shape)
    session.flush()  # the text index reads the areas and the live state
    indexing.index(session, [entry])


def _note_scan(entry: Entry, viewer: Viewer) -> None:
    """Say who answered the intelligence scan, and when."""
    if isinstance(entry, Walkabout | Engagement):
        answered = entry.scan_status != "pending"
        entry.scanned_at = now() if answered else None
        entry.scanned_by_id = viewer.user_id if answered else None


def wait_for(session: Session, entry: Entry) -> None:
    """Have an entry to oneself until the transaction ends, with the version it has by then: for
    what is tied to it, whoever else changes it or ties something to it in the same moment."""
    with session.no_autoflush:  # its row first, then what points at it
        session.refresh(
            entry,
            ["version", "withdrawn_at", "merged_into_id"],
            with_for_update={"key_share": True},
        )


def remember(
    session: Session, entry: Entry, verb: str, beside: Mapping[str, list[Any]], *, viewer: Viewer
) -> None:
    """Count a version for what is no field of the entry: a link made, a photo taken away.

    beside: what changed, as {what: [before, after]}. Raises Conflict when the entry is gone.
    """
    if not entry.is_live:
        raise Conflict("This entry has been withdrawn or merged into another.")
    entry.version += 1
    _write_history(session, entry, verb, beside, viewer=viewer)
    session.flush()  # the page shows it next


def _refuse_passed_on(session: Session, entry: Entry, base_version: int) -> None:
    """Raise Conflict when words were passed on since: what is sent may hold them still."""
    since = select(History.id).where(
        History.entry_id == entry.id, History.version > base_version, History.verb == "passed on"
    )
    if session.scalar(since.limit(1)) is not None:
        raise Conflict("Part of this was passed on since you began. Open it again.")


def _write_history(
    session: Session,
    entry: Entry,
    verb: str,
    changes: Mapping[str, Any],
    *,
    viewer: Viewer,
    why: str = "",
) -> None:
    entry.updated_at, entry.updated_by_id = now(), viewer.user_id
    session.add(
        History(
            entry_id=entry.id,
            version=entry.version,
            at=entry.updated_at,
            by_id=viewer.user_id,
            verb=verb[:20],
            why=why.strip()[:500],
            changes=dict(changes),
        )
    )
    audit.note_verb(session, verb, entry, changes, viewer=viewer)
