"""Walkabouts, events and hotspots in the order they take place, and what came of each."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, func, select, tuple_
from sqlalchemy.orm import Session

from assetmap import access
from assetmap.access import Viewer
from assetmap.errors import BadRequest
from assetmap.models import Engagement, Entry, Hotspot, Link, Walkabout
from assetmap.models.states import MOVES
from assetmap.register import cursors, search
from assetmap.register.search import ANY_STATUS
from assetmap.schemas.gatherings import GatheringSearch
from assetmap.schemas.search import EntrySearch
from assetmap.vocabulary import Kind, Relation

ON_A_PAGE = 20
_BEGINS: dict[Kind, tuple[type[Entry], Any]] = {
    Kind.WALKABOUT: (Walkabout, Walkabout.starts_at),
    Kind.ENGAGEMENT: (Engagement, Engagement.starts_at),
    Kind.HOTSPOT: (Hotspot, Hotspot.period_from),
}
_CAME = tuple(one.value for one in (Relation.FOUND_ON, Relation.RAISED_AT, Relation.ABOUT))


@dataclass(frozen=True)
class Page:
    """Some of what matches, the latest first; how many there are; where the next page begins."""

    entries: list[Entry]
    came_of: dict[int, dict[str, int]]  # key → kind → how many were found on, raised at or about it
    total: int
    next_cursor: str | None


def as_search(kind: Kind, wanted: GatheringSearch) -> EntrySearch:
    """The same wishes for the search. Raises BadRequest for a state this kind has not."""
    if wanted.status and wanted.status not in (*MOVES[kind], ANY_STATUS):
        raise BadRequest.field("status", f"Choose one of {', '.join(MOVES[kind])} or any.")
    status = (wanted.status,) if wanted.status else ()
    return EntrySearch(kind=(kind,), text=wanted.text, status=status)


def page(session: Session, kind: Kind, wanted: GatheringSearch, *, viewer: Viewer) -> Page:
    """One page, in three queries besides those that the words take."""
    model, begins = _BEGINS[kind]
    where = search.work_out(session, as_search(kind, wanted), viewer=viewer).where
    order: list[ColumnElement[Any]] = [begins.expression, Entry.id.expression]
    query = select(model).where(*where).order_by(*(key.desc() for key in order))
    if wanted.cursor:
        after = cursors.read(wanted.cursor, "begins", order)
        query = query.where(tuple_(*order) < tuple_(*after))
    rows = session.scalars(query.limit(ON_A_PAGE + 1)).all()
    shown = list(rows[:ON_A_PAGE])
    more = len(rows) > ON_A_PAGE
    last = [getattr(shown[-1], begins.key), shown[-1].id] if more else []
    total = session.scalar(select(func.count()).select_from(Entry).where(*where)) or 0
    return Page(
        shown,
        _came_of(session, [entry.id for entry in shown], viewer=viewer),
        total,
        cursors.write("begins", last) if more else None,
    )


def _came_of(session: Session, keys: Sequence[int], *, viewer: Viewer) -> dict[int, dict[str, int]]:
    if not keys:
        return {}
    rows = session.execute(
        select(Link.to_id, Entry.kind, func.count(Entry.id.distinct()))
        .join(Entry, Entry.id == Link.from_id)
        .where(Link.to_id.in_(keys), Link.relation.in_(_CAME), access.visible_entries(viewer))
        .group_by(Link.to_id, Entry.kind)
    )
    found: dict[int, dict[str, int]] = {}
    for key, kind, count in rows:
        found.setdefault(key, {})[kind] = count
    return found
