"""What was done to entries before they came here: their history since they were logged, and links.

What the register is told to do, it writes down as happening now. Entries that are carried over
from elsewhere bring their past along, and this writes it as it was.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, cast

from sqlalchemy import Table, bindparam, insert, update
from sqlalchemy.orm import Session

from assetmap import access
from assetmap.access import Viewer
from assetmap.errors import Invalid
from assetmap.models import Entry, History, Link
from assetmap.vocabulary import Relation

IN_PARTS = 500
_ENTRY = cast(Table, Entry.__table__)


@dataclass(frozen=True)
class Happening:
    """Something that was done to an entry. changes: each field as [before, after], as JSON."""

    at: datetime
    by_id: int | None
    verb: str
    changes: dict[str, list[Any]] = field(default_factory=dict)


@dataclass(frozen=True)
class Story:
    """All that happened to an entry since it was logged, the oldest first."""

    entry_id: int
    since: Sequence[Happening]


@dataclass(frozen=True)
class Tie:
    """A link, and when and by whom it was made."""

    from_id: int
    to_id: int
    relation: Relation
    at: datetime
    by_id: int | None


def tell(
    session: Session, stories: Sequence[Story], ties: Sequence[Tie], *, viewer: Viewer
) -> None:
    """Write the past of entries that were logged just now, in their first version.

    What they hold stays as it is: it is what the last thing that happened left. Raises Invalid
    for a story that goes back in time, NotAllowed unless the viewer is an administrator.
    """
    access.require_admin(viewer)
    for story in stories:
        instants = [one.at for one in story.since]
        if instants != sorted(instants):
            raise Invalid(f"The story of entry {story.entry_id} is out of order.")
    eventful = [story for story in stories if story.since]
    for start in range(0, len(eventful), IN_PARTS):
        _write(session, eventful[start : start + IN_PARTS])
    rows = [
        {
            "from_id": tie.from_id,
            "to_id": tie.to_id,
            "relation": tie.relation.value,
            "created_at": tie.at,
            "created_by_id": tie.by_id,
        }
        for tie in ties
    ]
    if rows:
        session.execute(insert(Link), rows)
    session.expire_all()


def _write(session: Session, stories: Sequence[Story]) -> None:
    session.execute(
        insert(History),
        [
            {
                "entry_id": story.entry_id,
                "version": version,
                "at": one.at,
                "by_id": one.by_id,
                "verb": one.verb[:20],
                "why": "",
                "changes": one.changes,
            }
            for story in stories
            for version, one in enumerate(story.since, start=2)
        ],
    )
    session.execute(
        update(_ENTRY).where(_ENTRY.c.id == bindparam("key")),
        [
            {
                "key": story.entry_id,
                "version": 1 + len(story.since),
                "updated_at": story.since[-1].at,
                "updated_by_id": story.since[-1].by_id,
            }
            for story in stories
        ],
    )
