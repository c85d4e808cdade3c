"""Keeping account: who did, read and took away what, bound row to row so that nothing is lost.

`note` gathers what a piece of work did; when the door commits, all of it is written at once, in
the same transaction, so that there is no work without its note and no note without its work. The
chain is held for those few statements only: it is the last thing a transaction does.
"""

import hashlib
import hmac
import json
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol, cast

from sqlalchemy import Table, delete, event, select
from sqlalchemy.orm import Session, SessionTransaction

from assetmap import loading, spatial
from assetmap.access import Viewer
from assetmap.db import now
from assetmap.errors import Invalid, NotAllowed, NotFound
from assetmap.models import AuditAnchor, AuditEntry, AuditHead, AuditSaid, AuditSubject, AuditTeam
from assetmap.register import audit_said
from assetmap.vocabulary import ActorKind, AuditAction, Channel

FEW = 500  # records that need no way of their own for many rows
FIRST_HASH = "0" * 64
NO_SUBJECTS = ""
LONGEST_PURPOSE = 200
_NOTES, _ASKED = "audit notes", "audit asked"
_ENTRY = cast(Table, AuditEntry.__table__)
_SUBJECT = cast(Table, AuditSubject.__table__)
_TEAM = cast(Table, AuditTeam.__table__)
_SAID = cast(Table, AuditSaid.__table__)
_HEAD = select(AuditHead.seq, AuditHead.hash)
_HELD = _HEAD.with_for_update()  # on SQLite whoever writes is alone
_GO_ON = "UPDATE audit_head SET seq = :seq, hash = :hash"
_NOTED_AS_A_WHOLE = frozenset({"imported", "import undone"})
_ACTIONS = {
    "logged": AuditAction.CREATED,
    "checked": AuditAction.CHECKED,
    "withdrawn": AuditAction.WITHDRAWN,
    "brought back": AuditAction.BROUGHT_BACK,
    "merged": AuditAction.MERGED,
    "merged in": AuditAction.MERGED,
    "unmerged": AuditAction.UNMERGED,
    "linked": AuditAction.LINKED,
    "unlinked": AuditAction.UNLINKED,
    "photo added": AuditAction.PHOTO_ADDED,
    "photo removed": AuditAction.PHOTO_REMOVED,
    "voice note added": AuditAction.VOICE_NOTE_ADDED,
    "voice note removed": AuditAction.VOICE_NOTE_REMOVED,
}
Details = Mapping[str, int | str | bool | Sequence[str]]


class Owned(Protocol):
    """A record that a team keeps: an entry, or a row with these two columns."""

    @property
    def uid(self) -> Any: ...

    @property
    def team_id(self) -> Any: ...


@dataclass(frozen=True)
class Asked:
    """How a request came, as far as the audit keeps it. ip_hash: see `address_hash`."""

    channel: str = ""
    request_id: str = ""
    ip_hash: str = ""
    by_token: bool = False


@dataclass
class Note:
    """One thing that was done, until it is written. subjects: uids in hexadecimal."""

    action: AuditAction
    actor_kind: ActorKind
    actor_id: int | None
    entity: str
    uid: uuid.UUID | None
    purpose: str
    agreement_id: int | None
    channel: str
    details: dict[str, Any]
    under: tuple[SessionTransaction, ...]  # savepoints it was noted in
    fields: set[str] = field(default_factory=set)
    subjects: set[str] = field(default_factory=set)
    teams: dict[int, int] = field(default_factory=dict)

    def add(self, entries: Iterable[Owned], uids: Iterable[uuid.UUID | str]) -> None:
        """Records that it was done to; one that is there already counts once."""
        for entry in entries:
            key = as_hex(entry.uid)
            if key not in self.subjects:
                self.subjects.add(key)
                self.teams[entry.team_id] = self.teams.get(entry.team_id, 0) + 1
        self.subjects.update(as_hex(one) for one in uids)


def note(  # noqa: PLR0913  # each is one column, and all have a name
    session: Session,
    action: AuditAction,
    *,
    viewer: Viewer,
    entries: Iterable[Owned] = (),
    entity: str = "",
    uid: uuid.UUID | None = None,
    uids: Iterable[uuid.UUID | str] = (),
    fields: Iterable[str] = (),
    purpose: str = "",
    agreement_id: int | None = None,
    channel: str = "",
    teams: Iterable[int] = (),
    details: Details | None = None,
) -> None:
    """Keep account of something; it is written when the door commits, and not if it rolls back.

    entries, uids: what it was done to. entity, uid: what it was done to when that is one thing
    that is no entry. fields: names of fields, never what they hold. teams: whose auditors see it,
    beside those whose entries they are. details: counts and names, never words that somebody
    typed. The same action on the same thing in one transaction is one row, however often noted.
    """
    asked: Asked = session.info.get(_ASKED, Asked())
    really = viewer.behind or viewer
    kind, channel = _actor(really, asked), channel or asked.channel
    wanted = Note(
        AuditAction(action),
        kind,
        really.user_id,
        entity,
        uid,
        purpose[:LONGEST_PURPOSE],
        agreement_id,
        channel or ("cli" if kind == ActorKind.OPERATOR else ""),
        dict(details or {}),
        tuple(_savepoints(session)),
    )
    kept = _like(session.info.setdefault(_NOTES, []), wanted)
    kept.fields.update(fields)
    for team in teams:
        kept.teams.setdefault(team, 0)
    kept.add(entries, [*uids, *([uid] if uid is not None else [])])


def note_verb(
    session: Session, verb: str, entry: Owned, fields: Iterable[str], *, viewer: Viewer
) -> None:
    """Keep account of a version of an entry, whose history has such a verb.

    What an import does is noted by the import, once for thousands.
    """
    if verb not in _NOTED_AS_A_WHOLE:
        action = _ACTIONS.get(verb, AuditAction.CHANGED)
        note(session, action, viewer=viewer, entries=[entry], fields=fields)


def came_by(session: Session, asked: Asked) -> None:
    """Say how this session's request came, once, before anything is noted."""
    session.info[_ASKED] = asked


def address_hash(address: str, key: str) -> str:
    """What is kept of a network address: enough to see the same one again, not to tell it."""
    return hmac.new(key.encode(), address.encode(), hashlib.sha256).hexdigest()[:32]


def before_it_leaves(session: Session) -> None:
    """Begin a transaction that writes the notes of what was only read; the door commits it.

    What was read is let go of. The write lock is held for the notes alone, so that somebody who
    reads keeps nobody from writing.
    """
    waiting = session.info.pop(_NOTES, [])
    if waiting:
        spatial.read_enough(session)
        session.info[_NOTES] = waiting


def head(session: Session) -> tuple[int, str]:
    """Number and hash of the latest row."""
    row = session.connection().execute(_HEAD).one()
    return row.seq, row.hash


def hold(session: Session) -> tuple[int, str]:
    """The same, and nobody else adds a row until this transaction, which writes, has ended."""
    row = session.connection().execute(_HELD).one()
    return row.seq, row.hash


def trim(session: Session, up_to_seq: int, *, viewer: Viewer) -> int:
    """Cut off the oldest rows, for retention; the rest can still be verified. Says how many.

    Leaves an anchor with the last one's hash, and a row of its own that names it. Raises
    NotAllowed for anybody but the operator, NotFound when there is no such row, Invalid when
    nothing would be left.
    """
    if not viewer.is_operator:
        raise NotAllowed("Only the operator of the service can do this.")
    latest, _ = hold(session)
    last = session.scalar(select(AuditEntry.hash).where(AuditEntry.seq == up_to_seq))
    if last is None:
        raise NotFound("There is no such row.")
    if up_to_seq >= latest:
        raise Invalid.field("up_to_seq", "The latest row has to stay.")
    session.add(AuditAnchor(up_to_seq=up_to_seq, hash=last))
    session.flush()  # the database lets go only of rows before an anchor
    for table in (_SUBJECT, _TEAM, _SAID):
        session.execute(delete(table).where(table.c.seq <= up_to_seq))
    gone = session.execute(delete(_ENTRY).where(_ENTRY.c.seq <= up_to_seq)).rowcount  # type: ignore[attr-defined]
    said: Details = {"up_to": up_to_seq, "hash": last}
    note(session, AuditAction.TRIMMED, viewer=viewer, entity="audit", details=said)
    return int(gone)


def sealed(row: Mapping[str, Any], teams: Sequence[Sequence[int]]) -> str:
    """The hash of a row: SHA-256 over all its columns but that, its teams, and the hash before.

    teams: [key, count] of each, in order of the keys.
    """
    at: datetime = row["at"]
    uid: uuid.UUID | None = row["uid"]
    said = {
        **{name: row[name] for name in _PLAIN},
        "at": at.isoformat(timespec="microseconds"),
        "uid": uid.hex if uid else None,
        "teams": [list(pair) for pair in teams],
    }
    plain = json.dumps(said, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(plain.encode()).hexdigest()


_PLAIN = tuple(str(c.name) for c in _ENTRY.columns if c.name not in ("hash", "at", "uid"))


def hash_of_subjects(subjects: Iterable[str]) -> str:
    """SHA-256 over the uids in hexadecimal, which must be in order; "" for none."""
    found, some = hashlib.sha256(), False
    for one in subjects:
        found.update(one.encode())
        some = True
    return found.hexdigest() if some else NO_SUBJECTS


def as_hex(uid: uuid.UUID | str) -> str:
    """A uid as 32 small hexadecimal digits, whichever way a database hands it out."""
    return uid.hex if isinstance(uid, uuid.UUID) else uid.replace("-", "").lower()


def _actor(viewer: Viewer, asked: Asked) -> ActorKind:
    if viewer.is_operator:
        return ActorKind.JOB if asked.channel == Channel.JOB else ActorKind.OPERATOR
    if viewer.user_id is None:
        return ActorKind.PUBLIC
    return ActorKind.TOKEN if asked.by_token else ActorKind.PERSON


def _like(notes: list[Note], wanted: Note) -> Note:
    """The note of the same thing that is there already, or this one, put beside the others."""
    compared: Callable[[Note], tuple[Any, ...]] = lambda one: (  # noqa: E731
        one.action,
        one.actor_kind,
        one.actor_id,
        one.entity,
        one.uid,
        one.purpose,
        one.agreement_id,
        one.channel,
        one.details,
        one.under,
    )
    for kept in reversed(notes):
        if compared(kept) == compared(wanted):
            return kept
    notes.append(wanted)
    return wanted


def _savepoints(session: Session) -> Iterator[SessionTransaction]:
    here = session.get_nested_transaction()
    while here is not None and here.nested:
        yield here
        here = here.parent


@event.listens_for(Session, "before_commit")
def _write(session: Session) -> None:
    """Whatever door commits, the account of it goes along: it can't be forgotten."""
    if not session.info.get(_NOTES) or session.in_nested_transaction():
        return
    session.flush()  # what is noted must have gone well
    notes: list[Note] = session.info.pop(_NOTES)
    asked: Asked = session.info.get(_ASKED, Asked())
    seq, last = hold(session)
    rows, subjects, teams = [], list[tuple[int, str]](), list[dict[str, int]]()
    said: list[dict[str, Any]] = []
    for one in notes:
        seq += 1
        one.purpose, words = audit_said.apart(one.purpose, seq)
        said += [words] if words else []
        row = _row(one, asked, seq, last)
        last = row["hash"]
        rows.append(row)
        subjects += [(seq, key) for key in sorted(one.subjects)]
        teams += [{"seq": seq, "team_id": t, "count": n} for t, n in sorted(one.teams.items())]
    few: list[dict[str, Any]] = []
    if len(subjects) > FEW:
        loading.insert_encoded(session, _SUBJECT, ["seq", "uid"], subjects)
    else:
        few = [{"seq": one, "uid": uuid.UUID(key)} for one, key in subjects]
    parts = {_ENTRY: rows, _SUBJECT: few, _TEAM: teams, _SAID: said}
    loading.insert_together(session, parts, _GO_ON, seq=seq, hash=last)


def _row(one: Note, asked: Asked, seq: int, last: str) -> dict[str, Any]:
    row: dict[str, Any] = {
        "seq": seq,
        "at": now(),
        "actor_kind": one.actor_kind.value,
        "actor_id": one.actor_id,
        "action": one.action.value,
        "entity": one.entity,
        "uid": one.uid,
        "subject_count": len(one.subjects),
        "subject_hash": hash_of_subjects(sorted(one.subjects)),
        "fields": sorted(one.fields),
        "purpose": one.purpose,
        "agreement_id": one.agreement_id,
        "channel": one.channel,
        "request_id": asked.request_id,
        "ip_hash": asked.ip_hash,
        "details": one.details,
        "prev_hash": last,
    }
    return row | {"hash": sealed(row, sorted(one.teams.items()))}


@event.listens_for(Session, "after_soft_rollback")
def _forget_part(session: Session, undone: SessionTransaction) -> None:
    """What was noted in a savepoint that is undone was never done."""
    notes: list[Note] = session.info.get(_NOTES, [])
    notes[:] = [one for one in notes if undone not in one.under]


@event.listens_for(Session, "after_transaction_end")
def _forget(session: Session, ended: SessionTransaction) -> None:
    """What was noted and not written by the end was never done."""
    if ended.parent is None:
        session.info.pop(_NOTES, None)
