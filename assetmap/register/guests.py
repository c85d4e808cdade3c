"""The groups that an event wants to have there, and other events that want the same ones."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import Row, delete, select
from sqlalchemy.orm import Session

from assetmap import access, spatial
from assetmap.access import Viewer
from assetmap.errors import Invalid, NotFound
from assetmap.models import Engagement, Entry, EventGuest
from assetmap.register import entries, guest_clashes, plans, venues
from assetmap.register.guest_clashes import MOST
from assetmap.vocabulary import Kind

NEAR_M = 3_000.0
MOST_NEAR = 24
WEEK = timedelta(days=7)


@dataclass(frozen=True)
class Guest:
    """A group that is wanted. same_day, same_week: other events that want it then."""

    group: Entry
    same_day: Sequence[Engagement]
    same_week: Sequence[Engagement]


def of(session: Session, event: Engagement, *, viewer: Viewer) -> Sequence[Guest]:
    """The groups that an event wants, those that clash first; as far as the viewer may see them
    and the other events. Raises NotAllowed outside its team."""
    plans.require_inside(session, event, viewer=viewer)
    groups = _groups(session, event, viewer=viewer)
    others = _others(session, event, viewer=viewer) if groups else {}
    first, last = guest_clashes.days(event)
    found = []
    for group in groups:
        there = others.get(group.id, [])
        day = [one for one in there if one.starts_at < last and one.ends_at > first]
        found.append(Guest(group, day, [one for one in there if one not in day]))
    found.sort(key=lambda one: (not one.same_day, not one.same_week))
    return found


def near(
    session: Session, event: Engagement, wanted: Iterable[Guest], *, viewer: Viewer
) -> Sequence[Entry]:
    """Groups near the event, or near what it is about, that are not wanted yet; the nearest
    first."""
    tied = venues.around(session, event, viewer=viewer)
    if not tied.origins:
        return []
    start = tied.origins[0]
    here = (start.longitude, start.latitude)
    return session.scalars(
        select(Entry)
        .where(
            access.visible_entries(viewer),
            Entry.kind == Kind.GROUP.value,
            Entry.status != "closed",
            Entry.id.not_in([one.group.id for one in wanted]),
            spatial.near(Entry.location, *here, NEAR_M),
        )
        .order_by(spatial.distance_m(Entry.location, *here), Entry.id)
        .limit(MOST_NEAR)
    ).all()


def want(
    session: Session, event: Engagement, groups: Sequence[Entry], *, viewer: Viewer
) -> Sequence[Entry]:
    """Want groups there; gives those that were not wanted before.

    Raises NotAllowed, Invalid for what is no group or for too many.
    """
    access.require_change(viewer, event)
    if any(one.kind != Kind.GROUP.value for one in groups):
        raise Invalid.field("groups", "Choose groups.")
    entries.wait_for(session, event)
    there = set(session.scalars(guest_clashes.keys(event)))
    fresh = [one for one in dict.fromkeys(groups) if one.id not in there]
    if len(there) + len(fresh) > MOST:
        raise Invalid.field("groups", f"At most {MOST} groups are kept of one event.")
    session.add_all(
        EventGuest(engagement_id=event.id, guest_id=one.id, created_by_id=viewer.user_id)
        for one in fresh
    )
    if fresh:
        told = {"groups": [None, f"{len(fresh)}"]}
        entries.remember(session, event, "groups changed", told, viewer=viewer)
    return fresh


def let_go(session: Session, event: Engagement, group: Entry, *, viewer: Viewer) -> None:
    """Want a group no longer. Raises NotAllowed, NotFound."""
    access.require_change(viewer, event)
    entries.wait_for(session, event)
    its = EventGuest.engagement_id == event.id, EventGuest.guest_id == group.id
    if not session.scalars(select(EventGuest.id).where(*its)).all():
        raise NotFound("This group is not wanted there.")
    session.execute(delete(EventGuest).where(*its))
    entries.remember(session, event, "groups changed", {"groups": ["1", None]}, viewer=viewer)


def _groups(session: Session, event: Engagement, *, viewer: Viewer) -> Sequence[Entry]:
    return session.scalars(
        select(Entry)
        .where(Entry.id.in_(guest_clashes.keys(event)), access.visible_entries(viewer))
        .order_by(Entry.title_folded, Entry.id)
        .limit(MOST)
    ).all()


def _others(
    session: Session, event: Engagement, *, viewer: Viewer
) -> Mapping[int, list[Engagement]]:
    """By group, the other events within a week that want it."""
    first, last = guest_clashes.days(event)
    rows: Iterable[Row[int, Engagement]] = session.execute(
        select(EventGuest.guest_id, Engagement)
        .join(Engagement, Engagement.id == EventGuest.engagement_id)
        .where(*guest_clashes.elsewhere(event, first - WEEK, last + WEEK, viewer=viewer))
        .order_by(Engagement.starts_at, Engagement.id)
        .limit(4 * MOST)
    )
    found: dict[int, list[Engagement]] = {}
    for key, other in rows:
        there = found.setdefault(key, [])
        if other not in there:
            there.append(other)
    return found
