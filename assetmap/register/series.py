"""Events that follow one another: which came before, and what they left to be done.

One event follows another where that is linked as having led to it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import and_, case, literal, or_, select, union_all
from sqlalchemy.orm import Session, joinedload

from assetmap import access
from assetmap.access import Viewer
from assetmap.models import Action, Engagement, Entry, Link
from assetmap.models.action import OPEN
from assetmap.register import actions
from assetmap.settings import LOCAL
from assetmap.vocabulary import Kind, Relation

FURTHEST = 60  # links away: five years of months
MOST = 100  # events
MOST_POINTS = 300
MOST_TO_COPY = 6
QUARTER = timedelta(weeks=13)
_BACK, _AHEAD = 0, 1


@dataclass(frozen=True)
class Series:
    """The events before one and after it, each in the order they begin."""

    event: Engagement
    before: Sequence[Engagement] = ()
    after: Sequence[Engagement] = ()

    @property
    def last(self) -> Engagement | None:
        """The one before."""
        return self.before[-1] if self.before else None


@dataclass(frozen=True)
class Point:
    """Something that was said at an earlier event; is_inside: whether that is the viewer's own."""

    action: Action
    event: Engagement
    is_inside: bool


@dataclass(frozen=True)
class Since:
    """What was answered since the event before, and what is still to be done."""

    answered: list[Point] = field(default_factory=list)
    still_open: list[Point] = field(default_factory=list)


def of(session: Session, event: Engagement, *, viewer: Viewer) -> Series:
    """The events that led to one and that it led to, through such as the viewer may see, in one
    query. Where several led to one, all of them count."""
    starts = [
        select(
            literal(way).label("way"),
            literal(event.id, Entry.id.type).label("key"),
            literal(0).label("depth"),
        )
        for way in (_BACK, _AHEAD)
    ]
    walk = select(union_all(*starts).subquery()).cte("walk", recursive=True)
    back, ahead = walk.c.way == _BACK, walk.c.way == _AHEAD
    there = case((back, Link.from_id), else_=Link.to_id)
    tied = or_(and_(back, Link.to_id == walk.c.key), and_(ahead, Link.from_id == walk.c.key))
    step = (
        select(walk.c.way, there, walk.c.depth + 1)
        .select_from(walk)
        .join(Link, and_(tied, Link.relation == Relation.LED_TO.value))
        .join(Entry, Entry.id == there)
        .where(
            walk.c.depth < FURTHEST,
            Entry.kind == Kind.ENGAGEMENT.value,
            access.visible_entries(viewer),
        )
    )
    walk = walk.union(step)
    found = select(walk.c.key, walk.c.way).distinct().subquery()
    rows = session.execute(
        select(Engagement, found.c.way)
        .join(found, found.c.key == Engagement.id)
        .where(Engagement.id != event.id)
        .order_by(Engagement.starts_at, Engagement.id)
        .limit(2 * MOST)
    )
    ways: tuple[list[Engagement], list[Engagement]] = ([], [])
    for one, way in rows:
        ways[way].append(one)
    return Series(event, ways[_BACK][-MOST:], ways[_AHEAD][:MOST])


def to_copy(session: Session, *, viewer: Viewer) -> Sequence[Engagement]:
    """The latest events that the viewer may change, to begin another from."""
    return session.scalars(
        select(Engagement)
        .where(access.visible_entries(viewer), access.changeable(viewer))
        .order_by(Engagement.starts_at.desc(), Engagement.id.desc())
        .limit(MOST_TO_COPY)
    ).all()


def since_last(session: Session, series: Series, *, viewer: Viewer) -> Since:
    """What became of what was said at the events before: all that is open still, and what was
    answered at or after the last of them; as far as the viewer may see, the latest event first."""
    if series.last is None:
        return Since()
    fresh = or_(Action.engagement_id == series.last.id, Action.answered_at >= series.last.ends_at)
    rows = session.execute(
        select(Action, Engagement, case((access.of_own_teams(viewer), 1), else_=0))
        .join(Engagement, Engagement.id == Action.engagement_id)
        .where(
            Action.engagement_id.in_([one.id for one in series.before]),
            access.visible_entries(viewer),
            actions.open_to(viewer),
            or_(Action.status.in_(OPEN), fresh),
        )
        .options(joinedload(Action.partner))
        .order_by(Engagement.starts_at.desc(), Engagement.id, Action.number)
        .limit(MOST_POINTS)
    )
    found = Since()
    for action, event, own in rows:
        into = found.still_open if action.status in OPEN else found.answered
        into.append(Point(action, event, bool(own)))
    return found


def next_start(event: Engagement, last: Engagement | None, now: datetime) -> datetime:
    """When the next of a series would begin: as long after as this one came after the last, in
    whole weeks, or a quarter; on the same clock, whether it is summer time or not; never past."""
    apart = QUARTER
    if last is not None and event.starts_at > last.starts_at:
        weeks = round((event.starts_at - last.starts_at) / timedelta(weeks=1))
        apart = timedelta(weeks=max(1, weeks))
    clock = event.starts_at.astimezone(LOCAL).replace(tzinfo=None)
    start = clock + apart
    behind = now.astimezone(LOCAL).replace(tzinfo=None) - start
    if behind >= timedelta(0):
        start += timedelta(weeks=behind // timedelta(weeks=1) + 1)
    return start.replace(tzinfo=LOCAL)
