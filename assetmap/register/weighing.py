"""What a download comes to: whether it must be said what for, and how it is classified."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from sqlalchemy import ColumnElement, and_, case, func, or_, select
from sqlalchemy.orm import Session

from assetmap import access
from assetmap.access import Viewer
from assetmap.connections import ANEW, has_key
from assetmap.models import Asset, Entry
from assetmap.register import classification
from assetmap.register.opened_by import covered_by, held_closed
from assetmap.register.search import work_out
from assetmap.schemas.search import EntrySearch
from assetmap.vocabulary import Kind, SharedField, Visibility

_CONTACT = Asset.__table__.c  # the columns alone: the class would join the table once more
# What marks a file higher than others, as `classification.of` has it: kinds and a visibility,
# which is how an index has them.
_MARKS_MORE = ((tuple(Kind), Visibility.RESTRICTED), ((Kind.FINDING,), Visibility.TEAM))
_OPEN = (Kind.ASSET.value, Visibility.PUBLIC.value)


@dataclass(frozen=True)
class Taking:
    """What is about to be taken away: rows with id, uid, team, kind, and what `by_agreement` wants
    to know.

    contacts: how many hold contact details. restricted: how many are restricted records of
    others. level: how the whole is classified.
    """

    rows: Sequence[Any]
    contacts: int
    level: str
    restricted: int = 0

    @property
    def count(self) -> int:
        """How many there are of all."""
        return len(self.rows)

    def has_more_contacts_than(self, most: int) -> bool:
        """Whether more than so many hold contact details."""
        return self.contacts > most


class Weight:
    """What all that a search finds comes to, each number counted when it is asked for: of a
    million entries it takes seconds, and most of them need not be known to begin."""

    def __init__(
        self,
        session: Session,
        wanted: EntrySearch,
        *,
        viewer: Viewer,
        only: Collection[int] | None = None,
    ) -> None:
        """only: keys of those that are taken of what it finds. Raises BadRequest for no search."""
        found = work_out(session, wanted, viewer=viewer).where
        self._where = (*found, *([] if only is None else [Entry.id.in_(only)]))
        self._session, self._viewer = session, viewer

    @cached_property
    def _closed(self) -> Sequence[Any]:
        query = select(Entry.kind, Entry.visibility, func.sum(_restricted(self._viewer)))
        query = query.where(*self._where).group_by(Entry.kind, Entry.visibility)
        found: list[Any] = []
        for kinds, visibility in _MARKS_MORE:
            marked = Entry.kind.in_([kind.value for kind in kinds])
            some = query.where(marked, Entry.visibility == visibility.value)
            found += self._session.execute(some, execution_options={ANEW: True})
        return found

    @cached_property
    def restricted(self) -> int:
        """How many are restricted records of others."""
        return sum(row[2] for row in self._closed)

    @cached_property
    def level(self) -> str:
        """How the whole is classified."""
        parts = {_OPEN, *((row[0], row[1]) for row in self._closed)}
        return classification.highest(self._session, parts)

    @cached_property
    def count(self) -> int:
        """How many there are of all."""
        return self._count(select(func.count()).select_from(Entry).where(*self._where))

    @cached_property
    def contacts(self) -> int:
        """How many hold contact details."""
        return self._count(select(func.count()).select_from(self._reached().subquery()))

    def has_more_contacts_than(self, most: int) -> bool:
        """Whether more than so many hold contact details; no more are counted than that takes."""
        some = self._reached().limit(most + 1).subquery()
        return self._count(select(func.count()).select_from(some)) > most

    def _reached(self) -> Any:
        joined = select(Entry.id).join(Asset.__table__, _CONTACT.id == Entry.id)
        return joined.where(*self._where, _contacts(self._viewer))

    def _count(self, query: Any) -> int:
        found = self._session.execute(query, execution_options={ANEW: True})
        return int(found.scalar_one())


def part(session: Session, keys: Sequence[int], *, viewer: Viewer) -> Taking:
    """What of these entries is still to be seen, for the account of it."""
    query = (
        select(
            Entry.id,
            Entry.uid,
            Entry.team_id,
            Entry.kind,
            Entry.visibility,
            _restricted(viewer).label("restricted"),
            case((_contacts(viewer), 1), else_=0).label("contacts"),
            covered_by(viewer),
            held_closed(viewer),
        )
        .outerjoin(Asset.__table__, _CONTACT.id == Entry.id)
        .where(has_key(Entry.id, "keys"), access.visible_entries(viewer))
    )
    rows = session.execute(query, {"keys": list(keys)}).all()
    level = classification.highest(session, ((row.kind, row.visibility) for row in rows))
    contacts, restricted = sum(row.contacts for row in rows), sum(row.restricted for row in rows)
    return Taking(rows, contacts, level, restricted)


def _contacts(viewer: Viewer) -> ColumnElement[bool]:
    held = or_(_CONTACT.email != "", _CONTACT.phone != "")
    return and_(access.may_read(viewer, SharedField.CONTACT), held)


def _restricted(viewer: Viewer) -> ColumnElement[int]:
    own = Entry.created_by_id.is_not(None) & (Entry.created_by_id == viewer.user_id)
    return case((and_(Entry.visibility == Visibility.RESTRICTED.value, ~own), 1), else_=0)
