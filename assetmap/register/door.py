"""Counting people at the door of an event: by the group they came with, and without a name; and
beside them those who were invited and are ticked by name on their list."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Select, case, func, select
from sqlalchemy.orm import Session

from assetmap import access
from assetmap.access import Viewer
from assetmap.errors import Conflict, NotFound
from assetmap.models import (
    Engagement,
    Entry,
    EventArrival,
    EventGuest,
    Invitation,
    InviteReply,
)
from assetmap.register import entries, plans, snapshots
from assetmap.schemas.door import Arrived
from assetmap.vocabulary import Kind


@dataclass(frozen=True)
class Door:
    """How many came: with each group that is wanted or was counted, with none of these, and ticked
    by name, with whom they said they would bring. said_yes: how many of those are expected."""

    groups: Sequence[tuple[Entry, int]]
    others: int
    by_name: int = 0
    said_yes: int = 0

    @property
    def people(self) -> int:
        """In all."""
        return self.others + self.by_name + sum(count for _, count in self.groups)


def of(session: Session, event: Engagement, *, viewer: Viewer) -> Door:
    """How many have been counted. Those of groups that the viewer may not see count among the
    others. Raises NotAllowed outside its team."""
    plans.require_inside(session, event, viewer=viewer)
    rows = session.execute(
        select(EventArrival.came_with_id, func.sum(EventArrival.people))
        .where(EventArrival.engagement_id == event.id)
        .group_by(EventArrival.came_with_id)
    )
    counts = {row[0]: int(row[1]) for row in rows}
    groups = groups_of(session, event, viewer=viewer)
    shown = [(one, counts.pop(one.id, 0)) for one in groups]
    seats = of_invited(event).add_columns(_seats(InviteReply.state == "accepted"))
    by_name, said_yes = session.execute(seats).one()
    return Door(shown, sum(counts.values()), int(by_name or 0), int(said_yes or 0))


def groups_of(session: Session, event: Engagement, *, viewer: Viewer) -> Sequence[Entry]:
    """The groups that are wanted at an event or were counted there, as far as the viewer may see
    them; by title. For who is of its team."""
    wanted = select(EventGuest.guest_id).where(EventGuest.engagement_id == event.id)
    came = select(EventArrival.came_with_id).where(
        EventArrival.engagement_id == event.id, EventArrival.came_with_id.is_not(None)
    )
    return session.scalars(
        select(Entry)
        .where(access.visible_entries(viewer), Entry.id.in_(wanted.union(came)))
        .order_by(Entry.title_folded, Entry.id)
    ).all()


def of_invited(event: Engagement) -> Select[int | None]:
    """How many of those who were invited are ticked by name, with whom they bring; or None."""
    return (
        select(_seats(InviteReply.arrived_at.is_not(None)))
        .join(Invitation, Invitation.id == InviteReply.invitation_id)
        .where(Invitation.engagement_id == event.id, Invitation.taken_back_at.is_(None))
    )


def _seats(which: ColumnElement[bool]) -> ColumnElement[int | None]:
    return func.sum(case((which, 1 + InviteReply.party), else_=0))


def count(
    session: Session, event: Engagement, uid: uuid.UUID, arrived: Arrived, *, viewer: Viewer
) -> EventArrival:
    """Count people who came in; the same sent again counts them once.

    Raises NotAllowed for who does not log for the team, NotFound for a group that the viewer may
    not see.
    """
    access.require_add_to(viewer, event.team_id)
    plans.require_inside(session, event, viewer=viewer)
    key = uuid.uuid5(uid, f"{arrived.group} {arrived.people}")
    entries.wait_for(session, event)
    kept = session.scalar(select(EventArrival).where(EventArrival.uid == key))
    if kept is not None:
        return kept
    if not event.is_live:
        raise Conflict("This event has been withdrawn or merged into another.")
    group = None
    if arrived.group is not None:
        group = entries.find(session, arrived.group, viewer=viewer, kind=Kind.GROUP)
    made = EventArrival(
        uid=key,
        engagement_id=event.id,
        came_with_id=group.id if group else None,
        people=arrived.people,
        created_by_id=viewer.user_id,
    )
    session.add(made)
    session.flush()  # it counts in what is asked next
    return made


def take_back(session: Session, event: Engagement, *, viewer: Viewer) -> int:
    """Take back what the viewer counted last; gives how many that was. Raises NotFound where
    they have counted nobody."""
    access.require_add_to(viewer, event.team_id)
    plans.require_inside(session, event, viewer=viewer)
    entries.wait_for(session, event)
    last = session.scalar(
        select(EventArrival)
        .where(
            EventArrival.engagement_id == event.id,
            EventArrival.created_by_id == viewer.user_id,
        )
        .order_by(EventArrival.id.desc())
        .limit(1)
    )
    if last is None:
        raise NotFound("You have counted nobody here.")
    session.delete(last)
    session.flush()  # it counts no more in what is asked next
    return last.people


def settle(session: Session, event: Engagement, *, viewer: Viewer) -> int:
    """Write down as how many came what was counted. Raises NotAllowed."""
    access.require_change(viewer, event)
    people = of(session, event, viewer=viewer).people
    held = snapshots.of(session, event)
    draft = snapshots.draft_of(event.kind, held | {"attendance_count": people})
    entries.change(session, event, draft, viewer=viewer, base_version=event.version)
    return people
