"""Questions put to a room at an event, and how its phones answered. Nothing here says whose."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from assetmap.db import Identified, Model, now
from assetmap.models.columns import one_of, pointing, short
from assetmap.models.event_part import EventPart
from assetmap.schemas.polls import SORTS


class Poll(Identified, Model):
    """A question of an event. `code` is in the address where people answer, and all polls of an
    event share it: they scan once and are asked one thing after another. It is open from
    `opened_at` to `closes_at`, and opened only once: answers that are shown never change again.
    """

    __tablename__ = "poll"
    __table_args__ = (
        one_of("kind", SORTS),
        CheckConstraint("length(code) >= 6", name="code"),
        CheckConstraint("length(asks) > 0", name="asks"),
        CheckConstraint(
            "(opened_at IS NULL AND closes_at IS NULL) OR closes_at >= opened_at", name="closes_at"
        ),
    )

    engagement_id: Mapped[int] = pointing("engagement.id")
    part_id: Mapped[int | None] = pointing("event_part.id", index=False)
    code: Mapped[str] = short(8, index=True)
    asks: Mapped[str] = short(200)
    kind: Mapped[str] = short(6, default="choice")
    options: Mapped[list[Any]] = mapped_column(JSON, default=list)
    opened_at: Mapped[datetime | None]
    closes_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(default=now)
    removed_at: Mapped[datetime | None]
    part: Mapped[EventPart | None] = relationship(lazy="raise")

    def state(self, at: datetime) -> str:
        """ready, open or closed."""
        if self.closes_at is None:
            return "ready"
        return "open" if at < self.closes_at else "closed"


class PollAnswer(Model):
    """What one phone chose, by its number from 1. `voter` is a hash of a key that only that phone
    has and of this poll: it tells no poll's answers from another's. No time, person or address."""

    __tablename__ = "poll_answer"
    __table_args__ = (
        UniqueConstraint("poll_id", "voter"),
        CheckConstraint("chosen BETWEEN 1 AND 10", name="chosen"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    poll_id: Mapped[int] = pointing("poll.id", index=False)
    voter: Mapped[str] = short(64)
    chosen: Mapped[int]
