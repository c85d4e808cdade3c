"""Whether the account that was kept is whole: nothing changed, taken out, put in or put about."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any, cast

from sqlalchemy import Table, select
from sqlalchemy.orm import Session

from assetmap.models import AuditAnchor, AuditEntry, AuditSaid, AuditSubject, AuditTeam
from assetmap.register import audit_said
from assetmap.register.audit import (
    FIRST_HASH,
    as_hex,
    hash_of_subjects,
    head,
    sealed,
)
from assetmap.vocabulary import AuditAction

AT_ONCE = 2_000
_ENTRY = cast(Table, AuditEntry.__table__)
Told = Callable[[int, int], None]


@dataclass(frozen=True)
class Verdict:
    """What verifying found. first_broken: number of the first row that is not as it was written,
    None when all are. hash, seq: of the last row that was sound."""

    count: int
    seq: int
    hash: str
    first_broken: int | None = None
    why: str = ""


class _Broken(Exception):
    def __init__(self, seq: int, why: str) -> None:
        super().__init__(why)
        self.seq, self.why = seq, why


class _Beside:
    """Rows of a table beside, in order of `seq`, handed out row by row of the audit."""

    def __init__(self, rows: Iterator[Any]) -> None:
        self.rows = rows
        self.next = next(rows, None)

    def of(self, seq: int) -> Iterator[Any]:
        """Those of one row of the audit. Raises _Broken for some of a row that is not there."""
        if self.next is not None and self.next.seq < seq:
            raise _Broken(self.next.seq, "records are listed for a row that is not there")
        while self.next is not None and self.next.seq == seq:
            yield self.next
            self.next = next(self.rows, None)


def verify(session: Session, *, kept_elsewhere: str = "", told: Told | None = None) -> Verdict:
    """Walk the whole chain, in flat memory, and say where it breaks first.

    kept_elsewhere: a hash that `head` gave once and that was kept away from this database; it
    must be among those walked. told: called now and then with how many rows are done, of how many.
    """
    last, end = head(session)
    anchor = session.execute(
        select(AuditAnchor.up_to_seq, AuditAnchor.hash)
        .order_by(AuditAnchor.up_to_seq.desc())
        .limit(1)
    ).first()
    start, previous = (anchor.up_to_seq, anchor.hash) if anchor else (0, FIRST_HASH)
    walk = _Walk(session, start, previous, last, told)
    walk.wanted = {kept_elsewhere} - {"", previous}
    walk.trimmed = start == 0
    try:
        with walk.reading:
            walk.go()
            walk.finish(end, kept_elsewhere)
    except _Broken as error:
        return Verdict(walk.count, walk.seq, walk.hash, error.seq, error.why)
    return Verdict(walk.count, walk.seq, walk.hash)


class _Walk:
    def __init__(
        self, session: Session, start: int, previous: str, last: int, told: Told | None
    ) -> None:
        self.session, self.start, self.last, self.told = session, start, last, told
        self.reading = ExitStack()
        self.seq, self.hash, self.count = start, previous, 0
        self.anchor_hash, self.trimmed, self.wanted = previous, False, set[str]()
        self.subjects = _Beside(
            self._stream(
                select(AuditSubject.seq, AuditSubject.uid)
                .where(AuditSubject.seq <= last)
                .order_by(AuditSubject.seq, AuditSubject.uid)
            )
        )
        self.teams = _Beside(
            self._stream(
                select(AuditTeam.seq, AuditTeam.team_id, AuditTeam.count)
                .where(AuditTeam.seq <= last)
                .order_by(AuditTeam.seq, AuditTeam.team_id)
            )
        )

        self.said = _Beside(
            self._stream(
                select(AuditSaid.seq, AuditSaid.salt, AuditSaid.words)
                .where(AuditSaid.seq <= last)
                .order_by(AuditSaid.seq)
            )
        )

    def _stream(self, query: Any) -> Iterator[Any]:
        found = self.session.execute(query.execution_options(yield_per=AT_ONCE))
        self.reading.callback(found.close)
        return iter(found)

    def go(self) -> None:
        """Walk every row up to the head."""
        rows = select(_ENTRY).where(_ENTRY.c.seq <= self.last).order_by(_ENTRY.c.seq)
        for row in self._stream(rows):
            self._check(row)
            self.seq, self.hash, self.count = row.seq, row.hash, self.count + 1
            self.wanted.discard(row.hash)
            if self.told is not None and self.count % AT_ONCE == 0:
                self.told(self.count, self.last - self.start)

    def _check(self, row: Any) -> None:
        expected = self.seq + 1
        if row.seq != expected:
            raise _Broken(min(row.seq, expected), "a row is missing or was put in before it")
        if row.prev_hash != self.hash:
            raise _Broken(row.seq, "it is not bound to the row before it")
        counted = _Counted(as_hex(one.uid) for one in self.subjects.of(row.seq))
        if (hash_of_subjects(counted), counted.count) != (row.subject_hash, row.subject_count):
            raise _Broken(row.seq, "the records it lists are not those it was written with")
        teams = [(one.team_id, one.count) for one in self.teams.of(row.seq)]
        if sealed(row._mapping, teams) != row.hash:
            raise _Broken(row.seq, "what it says is not what was written")
        if not all(audit_said.is_of(one, row.purpose) for one in self.said.of(row.seq)):
            raise _Broken(row.seq, "the words of its purpose are not those that were typed")
        if row.action == AuditAction.TRIMMED and row.details.get("hash") == self.anchor_hash:
            self.trimmed = True

    def finish(self, end: str, kept_elsewhere: str) -> None:
        """What can only be said at the end."""
        for beside in (self.subjects, self.teams, self.said):
            if beside.next is not None:
                raise _Broken(beside.next.seq, "records are listed for a row that is not there")
        if (self.seq, self.hash) != (self.last, end):
            raise _Broken(self.seq + 1, "rows at the end are missing, or the head was changed")
        if not self.trimmed:
            raise _Broken(self.start + 1, "rows before it were cut off, and no row says so")
        if self.wanted:
            raise _Broken(self.start + 1, f"no row has the hash {kept_elsewhere[:16]}…")


class _Counted:
    """An iterator that says afterwards how many there were."""

    def __init__(self, given: Iterator[str]) -> None:
        self.given, self.count = given, 0

    def __iter__(self) -> Iterator[str]:
        for one in self.given:
            self.count += 1
            yield one
