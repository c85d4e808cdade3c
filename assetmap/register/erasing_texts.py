"""Taking a person's name, e-mail address and phone out of texts, and leaving the rest as it was."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import JSON, Column, String, Table, delete, select, update
from sqlalchemy.orm import Session

from assetmap import textsearch
from assetmap.access import Viewer
from assetmap.db import Model, now
from assetmap.models import Asset, Entry, History, SubjectHit
from assetmap.register import audit, indexing, writing
from assetmap.register.subject_places import SEARCHED
from assetmap.register.subject_terms import Terms
from assetmap.vocabulary import AuditAction

INSTEAD = "[erased]"
VERB = "erased"
_ADDRESSES = frozenset({"email", "phone", "website", "join_link", "reply_to"})
_MUST_DIFFER = frozenset({"team.name", "partner.name", "entry.external_id"})
OF_ENTRIES = frozenset({place.table_name for place in SEARCHED if place.entry == "id"})
_GOES = frozenset({"audit_said"})  # as a whole: the account has a hash of what it said
_STAYS = frozenset({place.table_name for place in SEARCHED if place.stays})


def erase(session: Session, theirs: Sequence[SubjectHit], terms: Terms, *, viewer: Viewer) -> int:
    """Erase them from the texts of these hits, as they are now. Says how many were changed."""
    entries: dict[int, Entry] = {}
    count = 0
    for hit in theirs:
        table_name, _, name = hit.place.partition(".")
        if not name or table_name in _STAYS:
            continue
        column = Model.metadata.tables[table_name].c[name]
        if table_name in OF_ENTRIES:
            entry = session.get(Entry, hit.number)
            if entry is not None and _erase_field(entry, column, terms):
                entries[entry.id] = entry
                count += 1
        else:
            count += _erase_cell(session, column, hit.number, terms)
    _written_anew(session, list(entries.values()), viewer)
    return count


def _erase_field(entry: Entry, column: Column[Any], terms: Terms) -> bool:
    before = getattr(entry, column.name)
    after = _without(before, column, entry.id, terms)
    setattr(entry, column.name, after)
    return bool(after != before)


def _erase_cell(session: Session, column: Column[Any], number: int, terms: Terms) -> int:
    table = column.table
    assert isinstance(table, Table)  # of the register's own
    (key,) = table.primary_key.columns
    if table.name in _GOES:
        gone = session.execute(delete(table).where(key == number))
        return int(gone.rowcount)  # type: ignore[attr-defined]
    before = session.scalar(select(column).where(key == number))
    after = _without(before, column, number, terms)
    if after == before:
        return 0
    session.execute(update(table).where(key == number).values({column: after}))
    return 1


def _without(value: Any, column: Column[Any], number: int, terms: Terms) -> Any:
    """The value without them, within the column's length; an address that was theirs is empty."""
    if value is None:
        return None
    place = f"{column.table}.{column.name}"
    instead = f"[erased {number}]" if place in _MUST_DIFFER else INSTEAD
    after = terms.without(value, instead)
    if after != value and column.name in _ADDRESSES:
        return None if column.nullable else ""
    if isinstance(column.type, String) and not isinstance(column.type, JSON):
        return str(after)[: column.type.length]
    return after


def _written_anew(session: Session, entries: Sequence[Entry], viewer: Viewer) -> None:
    """A version with no word of what changed, and the index made anew."""
    for entry in entries:
        entry.title_folded = " ".join(textsearch.words(entry.title))[:200]
        if isinstance(entry, Asset):
            entry.phone_digits = writing.phone_digits(entry.phone)
        entry.version += 1
        entry.updated_at, entry.updated_by_id = now(), viewer.user_id
        session.add(
            History(
                entry_id=entry.id,
                version=entry.version,
                by_id=viewer.user_id,
                verb=VERB,
                changes={},
            )
        )
    session.flush()  # the index reads what is there
    indexing.index(session, entries)
    if entries:
        audit.note(session, AuditAction.ERASED, viewer=viewer, entries=entries)
