"""Carrying entries along when the terms they are tagged with change."""

from collections.abc import Iterator, Sequence

from sqlalchemy import ColumnElement, Select, or_, select
from sqlalchemy.orm import Session, selectin_polymorphic

from assetmap.access import Viewer
from assetmap.db import now
from assetmap.models import Asset, Category, CategoryMapping, Entry, Finding, Group, History, Offer
from assetmap.register import audit, indexing
from assetmap.vocabulary import AuditAction

CHUNK = 500
_TAGGED = (Asset, Group, Offer, Finding)


def keys_below(category: Category) -> Select[int]:
    """Keys of a term and of those under it."""
    return select(Category.id).where(
        or_(Category.id == category.id, Category.parent_id == category.id)
    )


def reindex(session: Session, category_ids: Sequence[int]) -> int:
    """Bring the text index up to date for all that carry these terms; says how many."""
    count = 0
    for batch in _batches(session, Entry.category_id.in_(category_ids)):
        indexing.index(session, batch)
        count += len(batch)
    return count


def retag(session: Session, term: Category, into: Category, *, viewer: Viewer, why: str) -> int:
    """Give every entry of one term another, with a version and a history; says how many.

    What is withdrawn or merged goes along too, so that it comes back under a term in use.
    """
    count = 0
    for batch in _batches(session, Entry.category_id == term.id):
        for entry in batch:
            entry.category_id = into.id
            entry.version += 1
            entry.updated_at, entry.updated_by_id = now(), viewer.user_id
            session.add(
                History(
                    entry_id=entry.id,
                    version=entry.version,
                    by_id=viewer.user_id,
                    verb="recategorised",
                    why=why[:500],
                    changes={"category": [term.code, into.code]},
                )
            )
        audit.note(session, AuditAction.RECATEGORISED, viewer=viewer, entries=batch)
        session.flush()  # the text index follows what the database holds
        indexing.index(session, batch)
        count += len(batch)
    return count


def adopt(session: Session, term: Category, into: Category) -> int:
    """Put a top term's lower terms under another; says how many entries went with them."""
    children = session.scalars(select(Category).where(Category.parent_id == term.id)).all()
    for child in children:
        child.move(into)
    session.flush()  # the text index reads the parent
    return reindex(session, [child.id for child in children]) if children else 0


def move_mappings(session: Session, term: Category, into: Category) -> None:
    """Let one term answer to what another was called elsewhere."""
    rows = session.scalars(
        select(CategoryMapping).where(CategoryMapping.category_id.in_((term.id, into.id)))
    ).all()
    held = {(row.vocabulary, row.value) for row in rows if row.category_id == into.id}
    for row in rows:
        if row.category_id != term.id:
            continue
        if (row.vocabulary, row.value) in held:
            session.delete(row)
        else:
            row.category_id = into.id
    session.flush()  # an import later in this transaction looks them up


def _batches(session: Session, which: ColumnElement[bool]) -> Iterator[Sequence[Entry]]:
    last = 0
    while True:
        batch = session.scalars(
            select(Entry)
            .where(which, Entry.id > last)
            .order_by(Entry.id)
            .limit(CHUNK)
            .options(selectin_polymorphic(Entry, _TAGGED))
        ).all()
        if not batch:
            return
        last = batch[-1].id
        yield batch
