"""Events that want the same groups on the same day."""

from datetime import datetime, time, timedelta

from sqlalchemy import ColumnElement, Select, select

from assetmap import access
from assetmap.access import Viewer
from assetmap.db import local_day
from assetmap.models import Engagement, Entry, EventGuest
from assetmap.settings import LOCAL

MOST = 500  # groups of one event


def clashing(event: Engagement, *, viewer: Viewer) -> Select[int]:
    """Keys of events that want some of the same groups on the same day; for who has been let in
    already."""
    return (
        select(EventGuest.engagement_id)
        .join(Engagement, Engagement.id == EventGuest.engagement_id)
        .where(*elsewhere(event, *days(event), viewer=viewer))
        .correlate(None)
    )


def days(event: Engagement) -> tuple[datetime, datetime]:
    """From the beginning of an event's first day to the end of its last, by the clock here."""
    first = datetime.combine(local_day(event.starts_at), time.min, LOCAL)
    last = datetime.combine(local_day(event.ends_at), time.min, LOCAL) + timedelta(days=1)
    return first, last


def keys(event: Engagement) -> Select[int]:
    """Of the groups that it wants."""
    return select(EventGuest.guest_id).where(EventGuest.engagement_id == event.id)


def elsewhere(
    event: Engagement, first: datetime, last: datetime, *, viewer: Viewer
) -> list[ColumnElement[bool]]:
    """Other events in that time that want one of this one's groups; both as the viewer may see."""
    seen = select(Entry.id).where(access.visible_entries(viewer)).correlate(None)
    return [
        EventGuest.guest_id.in_(keys(event)),
        EventGuest.guest_id.in_(seen),
        Engagement.id.in_(seen),
        Engagement.id != event.id,
        Engagement.status != "cancelled",
        Engagement.starts_at < last,
        Engagement.ends_at > first,
    ]
