"""What people said at an event, what was decided about it, and that they have been told."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from assetmap.db import Identified, Model, now
from assetmap.models.columns import one_of, pointing, short
from assetmap.models.people import Partner
from assetmap.schemas.actions import STATES, TOLD_TO

ACTION_MOVES = {
    "proposed": ("agreed", "in_progress", "done", "partly_done", "not_possible"),
    "agreed": ("in_progress", "done", "partly_done", "not_possible"),
    "in_progress": ("agreed", "done", "partly_done", "not_possible"),
    "done": ("in_progress",),
    "partly_done": ("in_progress", "done", "not_possible"),
    "not_possible": ("agreed", "in_progress"),
}
OPEN = ("proposed", "agreed", "in_progress")


class Action(Identified, Model):
    """One thing that was said at an event, and what is done about it: who does it by when, what
    was done, or why it was not.

    The team that keeps the event sees all of it; `published_at` opens it to whoever sees the event.
    `answered_at`: since when it is done, partly done or given up, as its state is now.
    """

    __tablename__ = "action"
    __table_args__ = (
        UniqueConstraint("engagement_id", "number"),
        one_of("status", STATES),
        CheckConstraint("number BETWEEN 1 AND 1000", name="number"),
        CheckConstraint("length(you_said) > 0", name="you_said"),
        CheckConstraint(
            "status NOT IN ('done', 'partly_done') OR length(we_did) > 0", name="we_did"
        ),
        CheckConstraint(
            "status NOT IN ('partly_done', 'not_possible') OR length(why_not) > 0", name="why_not"
        ),
        CheckConstraint(
            "status NOT IN ('agreed', 'in_progress') OR due_on IS NOT NULL", name="due_on"
        ),
        CheckConstraint(
            "published_at IS NULL OR length(we_did) > 0 OR length(why_not) > 0", name="published"
        ),
    )

    engagement_id: Mapped[int] = pointing("engagement.id", index=False)
    number: Mapped[int]
    theme: Mapped[str] = short(80, default="")
    you_said: Mapped[str] = short(1000)
    decision: Mapped[str] = short(1000, default="")
    partner_id: Mapped[int | None] = pointing("partner.id")
    owner: Mapped[str] = short(80, default="")
    due_on: Mapped[date | None] = mapped_column(index=True)
    status: Mapped[str] = short(12, default="proposed")
    we_did: Mapped[str] = short(1000, default="")
    why_not: Mapped[str] = short(1000, default="")
    published_at: Mapped[datetime | None]
    answered_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime] = mapped_column(default=now)
    created_by_id: Mapped[int | None] = pointing("app_user.id", index=False)
    removed_at: Mapped[datetime | None]
    partner: Mapped[Partner | None] = relationship(lazy="raise")

    def is_late(self, today: date) -> bool:
        """Whether its day has passed and it is neither done nor given up with a reason."""
        return self.status in OPEN and self.due_on is not None and self.due_on < today


class Telling(Identified, Model):
    """That people were told what became of what they said: when, how, whom, and how many."""

    __tablename__ = "telling"
    __table_args__ = (
        one_of("told_to", TOLD_TO),
        CheckConstraint("reach IS NULL OR reach BETWEEN 0 AND 10000000", name="reach"),
    )

    engagement_id: Mapped[int] = pointing("engagement.id")
    told_on: Mapped[date]
    told_by: Mapped[list[str]] = mapped_column(default=list)
    told_to: Mapped[str] = short(10)
    reach: Mapped[int | None]
    words: Mapped[str] = short(500, default="")
    created_at: Mapped[datetime] = mapped_column(default=now)
    created_by_id: Mapped[int | None] = pointing("app_user.id", index=False)
    removed_at: Mapped[datetime | None]
