"""Consultations by the clock: when people can answer, and by when they are answered."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from assetmap import access
from assetmap.access import Viewer
from assetmap.db import local_day, now
from assetmap.models import Engagement, Entry, Telling
from assetmap.register import audit, deployment
from assetmap.vocabulary import AuditAction, Channel, Kind

KINDS = ("consultation", "survey")
SHOWN_FOR = timedelta(days=365)  # after it was answered
MOST = 200
_NEVER = ("draft", "cancelled")
_ORDER = ("overdue", "waiting", "open", "not_open", "answered")


@dataclass(frozen=True)
class Clock:
    """When a consultation opens, closes and is answered.

    answer_due: the day that was promised, or so many weeks after it closes. answered_on: the first
    day, from its last on, on which people were told what became of it.
    """

    event: Engagement
    opens_on: date
    closes_on: date
    fair_days: int
    answer_due: date
    is_promised: bool
    answered_on: date | None
    today: date

    @property
    def days_open(self) -> int:
        """For how many days people can answer, the first and the last among them."""
        return (self.closes_on - self.opens_on).days + 1

    @property
    def is_short(self) -> bool:
        """Whether it is open for less time than is fair."""
        return self.days_open < self.fair_days

    @property
    def is_late(self) -> bool:
        """Whether the day by which people are answered has passed, or had when they were."""
        return (self.answered_on or self.today) > self.answer_due

    @property
    def state(self) -> str:
        """not_open, open, waiting for its answer, overdue or answered."""
        if self.answered_on is not None:
            return "answered"
        if self.today < self.opens_on:
            return "not_open"
        if self.today <= self.closes_on:
            return "open"
        return "overdue" if self.is_late else "waiting"

    @property
    def days_left(self) -> int:
        """Until what comes next: it opens, it closes, or it is answered. Negative: days late."""
        following = {"not_open": self.opens_on, "open": self.closes_on}
        return (following.get(self.state, self.answer_due) - self.today).days


def has_clock(event: Engagement) -> bool:
    """Whether it is a consultation, which people answer over weeks."""
    return event.engagement_kind in KINDS


def fair_days(session: Session) -> int:
    """For how many days a consultation is open, where people have time enough."""
    return 7 * deployment.consultation_weeks(session)[0]


def of(session: Session, event: Engagement, told_on: Sequence[date]) -> Clock:
    """The clock of one, whose people were told on these days."""
    answer = timedelta(weeks=deployment.consultation_weeks(session)[1])
    opens_on, closes_on = local_day(event.starts_at), local_day(event.ends_at)
    return Clock(
        event,
        opens_on,
        closes_on,
        fair_days(session),
        event.feedback_due or closes_on + answer,
        event.feedback_due is not None,
        min((day for day in told_on if day >= closes_on), default=None),
        local_day(now()),
    )


def find(session: Session, entry: Entry, told: Sequence[Telling] | None = None) -> Clock | None:
    """The clock of an entry that the viewer has seen; None for all but consultations. told: when
    people were told, where that has been read."""
    if not isinstance(entry, Engagement) or not has_clock(entry) or entry.status in _NEVER:
        return None
    if told is not None:
        return of(session, entry, [one.told_on for one in told])
    days = select(Telling.told_on).where(
        Telling.engagement_id == entry.id, Telling.removed_at.is_(None)
    )
    return of(session, entry, session.scalars(days).all())


def note_read(
    session: Session, clocks: Sequence[Clock], channel: Channel, *, viewer: Viewer
) -> None:
    """Keep account of those that are not open to everybody."""
    if told := [one.event for one in clocks if one.event.visibility != "public"]:
        audit.note(
            session,
            AuditAction.READ,
            viewer=viewer,
            entries=told,
            channel=channel.value,
            details={"kind": Kind.ENGAGEMENT.value},
        )


def listed(session: Session, *, viewer: Viewer) -> list[Clock]:
    """All that the viewer may see, but drafts, those called off, and those answered a year ago:
    the overdue first, then by the day that comes next. In two queries."""
    events = session.scalars(
        select(Engagement)
        .where(
            access.visible_entries(viewer),
            Engagement.engagement_kind.in_(KINDS),
            Engagement.status.not_in(_NEVER),
        )
        .order_by(Engagement.ends_at.desc(), Engagement.id)
        .limit(MOST)
    ).all()
    told: dict[int, list[date]] = {}
    if events:
        rows = session.execute(
            select(Telling.engagement_id, Telling.told_on).where(
                Telling.engagement_id.in_([one.id for one in events]), Telling.removed_at.is_(None)
            )
        )
        for key, day in rows:
            told.setdefault(key, []).append(day)
    clocks = [of(session, one, told.get(one.id, ())) for one in events]
    oldest = local_day(now()) - SHOWN_FOR
    return sorted(
        (one for one in clocks if one.answered_on is None or one.answered_on >= oldest),
        key=lambda one: (_ORDER.index(one.state), one.days_left, one.event.id),
    )
