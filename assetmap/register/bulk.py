"""Many new entries at once: the same rows that `entries.log` writes, a hundred times as fast.

In two steps, so that a database with one writer at a time is held no longer than it must be:
a `Preparer` reads and works everything out, `insert_prepared` only writes. What is prepared is
plain values, so that it can wait in a file. `insert_entries` does both.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from sqlalchemy import Table
from sqlalchemy.orm import Session

from assetmap import loading, textsearch
from assetmap.access import OPERATOR
from assetmap.db import now
from assetmap.models import Entry, EntryArea, EntryCovers, History
from assetmap.register import audit, indexing
from assetmap.register.bulk_rows import (
    BulkEntry,
    Lookups,
    columns_of,
    covered_ground,
    parts,
    tables_of,
    to_read,
)
from assetmap.textsearch import Document
from assetmap.vocabulary import AuditAction, Kind, Visibility

__all__ = ["BulkEntry", "Lookups", "Prepared", "Preparer", "insert_entries", "insert_prepared"]

AT_ONCE = 5_000
_HISTORY = cast(Table, History.__table__)
_AREAS = cast(Table, EntryArea.__table__)
_COVERS = cast(Table, EntryCovers.__table__)
_ENTRY = cast(Table, Entry.__table__)
_SAID = ["entry_id", "version", "at", "by_id", "verb", "why", "changes"]


@dataclass
class Prepared:
    """New entries of one kind as plain values, ready to be written.

    tables: by table, its columns without the key, and the rows. areas, covers: keys of areas, a
    list for each entry. documents: title, body and tokens of each, where they are kept apart.
    history: of each, without its key. words: new ones that the public may see.
    """

    kind: str
    tables: dict[str, tuple[list[str], list[list[Any]]]]
    areas: list[list[int]]
    covers: list[list[int]]
    documents: list[list[Any]]
    history: list[list[Any]]
    words: list[str]
    count: int


@dataclass
class Preparer:
    """Works out the rows of new entries, chunk after chunk, remembering what it looked up."""

    session: Session
    lookups: Lookups
    words: set[str] = field(default_factory=set)

    def rows(self, entries: Sequence[BulkEntry]) -> list[dict[str, Any]]:
        """The columns of each; see `columns_of`. Raises Invalid for the first that won't do."""
        self.lookups.prefetch(entries)
        at = now()
        return [columns_of(self.lookups, one, at) for one in entries]

    def finish(self, entries: Sequence[BulkEntry], rows: list[dict[str, Any]]) -> Prepared:
        """The rest: areas, ground covered, what the indexes hold. All must be of one kind."""
        kind = entries[0].draft.kind
        index = self.lookups.index
        assert index is not None
        areas = index.assign([values["location"] for values in rows])
        in_row = textsearch.keeps_in_row(self.session)
        covers: list[list[int]] = []
        documents: list[list[Any]] = []
        new_words: list[str] = []
        for one, values, lies_in in zip(entries, rows, areas, strict=True):
            entry = to_read(kind, values | {"id": 0})
            values["covers"], covered = covered_ground(self.lookups, one.draft, entry)
            covers.append(covered)
            document, words = indexing.document(
                entry, values["location"], self.lookups.by_id, lies_in, covered
            )
            if in_row:
                values["tokens"] = document.as_vector()
            else:
                documents.append([document.title, document.body, document.tokens])
            if values["visibility"] == Visibility.PUBLIC:
                new_words += self._new_words(words)
        tables = {str(t.name): self._encoded(t, rows) for t in tables_of(kind)}
        history = self._history(entries, rows)
        return Prepared(kind.value, tables, areas, covers, documents, history, new_words, len(rows))

    def _encoded(
        self, table: Table, rows: list[dict[str, Any]]
    ) -> tuple[list[str], list[list[Any]]]:
        names = [str(column.name) for column in table.columns if column.name != "id"]
        return names, loading.encoded(self.session, table, names, rows)

    def _history(self, entries: Sequence[BulkEntry], rows: list[dict[str, Any]]) -> list[list[Any]]:
        said = [
            {
                "version": 1,
                "at": values["created_at"],
                "by_id": values["created_by_id"],
                "verb": one.verb[:20],
                "why": one.why.strip()[:500],
                "changes": {},
            }
            for one, values in zip(entries, rows, strict=True)
        ]
        return loading.encoded(self.session, _HISTORY, _SAID[1:], said)

    def _new_words(self, folded: Iterable[str]) -> list[str]:
        met = set(folded) - self.words
        self.words |= met
        return sorted(indexing.worth_learning(met)) if met else []


def insert_prepared(session: Session, ready: Prepared) -> list[int]:
    """Write what was prepared. Returns the keys of the new entries, in the same order.

    The transaction must be one that writes.
    """
    ids = loading.take_ids(session, _ENTRY, ready.count)
    for table in tables_of(Kind(ready.kind)):
        names, rows = ready.tables[table.name]
        keyed = [[key, *row] for key, row in zip(ids, rows, strict=True)]
        loading.insert_encoded(session, table, ["id", *names], keyed)
    said = [[key, *row] for key, row in zip(ids, ready.history, strict=True)]
    loading.insert_encoded(session, _HISTORY, _SAID, said)
    for pairs, listed in ((_AREAS, ready.areas), (_COVERS, ready.covers)):
        flat = [(key, area) for key, areas in zip(ids, listed, strict=True) for area in areas]
        loading.insert_encoded(session, pairs, ["entry_id", "area_id"], flat)
    if ready.documents:
        textsearch.store(
            session,
            [Document(key, *one) for key, one in zip(ids, ready.documents, strict=True)],
        )
    if ready.words:
        indexing.learn_words(session, [ready.words])
    return ids


def insert_entries(
    session: Session, entries: Sequence[BulkEntry], lookups: Lookups | None = None
) -> list[int]:
    """Put many new entries on the register. Returns their keys, in the order given.

    Writes exactly what `entries.log` would of each, but for the link of an offer to who gives it.
    A draft may refer to entries of other kinds that come before it. Nobody's permission is asked:
    a door that lets people in checks `access` first. Raises Invalid for the first draft that can't
    be kept.
    """
    preparer = Preparer(session, lookups or Lookups.load(session))
    keys: list[int] = []
    for run in _runs(entries):
        for part in parts(run, AT_ONCE):
            rows = preparer.rows(part)
            keys += insert_prepared(session, preparer.finish(part, rows))
            uids = [row["uid"] for row in rows]
            audit.note(session, AuditAction.CREATED, viewer=OPERATOR, uids=uids)
    return keys


def _runs(entries: Sequence[BulkEntry]) -> Iterable[list[BulkEntry]]:
    run: list[BulkEntry] = []
    for one in entries:
        if run and run[-1].draft.kind != one.draft.kind:
            yield run
            run = []
        run.append(one)
    if run:
        yield run
