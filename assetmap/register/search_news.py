"""What is new in a saved search, as it may leave the register: in an e-mail, or in a feed.

Such a message is kept where nobody can take it back, so it holds less than a page: no restricted
entry at all; of what a team keeps to itself, of offers and of what was seen somewhere only that
there is one; and no title in which somebody seems to be named.
"""

import uuid
from collections.abc import Collection, Sequence, Set
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, String, and_, cast, func, or_, select
from sqlalchemy.orm import Session

from assetmap import access
from assetmap.access import Viewer
from assetmap.models import Entry, History, SavedSearch
from assetmap.register import saved_searches, search, text_hygiene
from assetmap.vocabulary import Kind, Visibility

MOST_NAMED = 10
NOT_NAMED = (Kind.OFFER, Kind.FINDING)  # what their titles are about is mostly somebody's
_OPENLY = (Visibility.PUBLIC, Visibility.PARTNER)


@dataclass(frozen=True)
class Item:
    """An entry that is new, called by its title where that may be said."""

    entry: Entry
    called: str

    @property
    def path(self) -> str:
        """Where its page is."""
        return self.entry.path


@dataclass(frozen=True)
class News:
    """How many of each kind are new, and the newest of those that may be named."""

    counts: Sequence[tuple[Kind, int]]
    named: Sequence[Item]

    @property
    def total(self) -> int:
        """How many there are."""
        return sum(number for _, number in self.counts)


def since(
    session: Session, made: SavedSearch, after: datetime, until: datetime, *, viewer: Viewer
) -> News:
    """What was logged between, came back or was opened to others, by somebody else than the viewer
    and as far as they may see it now. Raises BadRequest for a search that can not be run."""
    where = [*_found(session, made, viewer=viewer), _is_new(after, until, viewer)]
    rows = session.execute(
        select(Entry.kind, func.count()).where(*where).group_by(Entry.kind).order_by(Entry.kind)
    )
    counts = [(Kind(kind), number) for kind, number in rows]
    query = (
        select(Entry)
        .where(*where, Entry.kind.not_in(NOT_NAMED), Entry.visibility.in_(_OPENLY))
        .order_by(Entry.created_at.desc(), Entry.id.desc())
        .limit(MOST_NAMED)
    )
    named = session.scalars(query).all() if counts else ()
    items = (Item(entry, _called(entry)) for entry in named)
    return News(counts, [one for one in items if one.called])


def newest(session: Session, made: SavedSearch, most: int, *, viewer: Viewer) -> Sequence[Item]:
    """The last that were logged of what it finds now. Raises BadRequest."""
    where = _found(session, made, viewer=viewer)
    order = Entry.created_at.desc(), Entry.id.desc()
    rows = session.scalars(select(Entry).where(*where).order_by(*order).limit(most))
    return [Item(entry, _called(entry)) for entry in rows]


def nameable(session: Session, uids: Collection[uuid.UUID], *, viewer: Viewer) -> Set[uuid.UUID]:
    """Of these, the entries that the viewer may see and that may be named in a message."""
    query = select(Entry.uid).where(
        Entry.uid.in_(uids), access.visible_entries(viewer), Entry.visibility.in_(_OPENLY)
    )
    return set(session.scalars(query))


def _found(session: Session, made: SavedSearch, *, viewer: Viewer) -> Sequence[ColumnElement[bool]]:
    """The conditions of the one search, without what is restricted."""
    wanted = saved_searches.as_search(made)
    found = search.work_out(session, wanted, viewer=viewer).where
    return (*found, Entry.visibility != Visibility.RESTRICTED)


def _is_new(after: datetime, until: datetime, viewer: Viewer) -> ColumnElement[bool]:
    opened = select(History.entry_id).where(
        History.at > after,
        History.at <= until,
        or_(
            History.verb == "brought back",
            and_(History.verb == "changed", cast(History.changes, String).contains('"visibility"')),
        ),
    )
    somebody_else = or_(Entry.created_by_id.is_(None), Entry.created_by_id != viewer.user_id)
    return or_(
        and_(Entry.created_at > after, Entry.created_at <= until, somebody_else),
        and_(Entry.id.in_(opened), ~access.of_own_teams(viewer)),
    )


def _called(entry: Entry) -> str:
    """Its title where it may be said; empty where it may not."""
    if entry.kind in NOT_NAMED or entry.visibility not in _OPENLY:
        return ""
    return "" if text_hygiene.look_over({"title": entry.title}) else entry.title
