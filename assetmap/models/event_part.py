"""The parts of an event, in the order they come."""

from datetime import datetime

from sqlalchemy import CheckConstraint
from sqlalchemy.orm import Mapped, mapped_column

from assetmap.db import Identified, Model, now
from assetmap.models.columns import one_of, pointing, short
from assetmap.schemas.running import PARTS


class EventPart(Identified, Model):
    """One part of an event. `number` gives the order within its `day`; what time it begins is
    worked out from when the event starts and how long the parts before it take."""

    __tablename__ = "event_part"
    __table_args__ = (
        one_of("kind", PARTS),
        CheckConstraint("minutes BETWEEN 1 AND 1440", name="minutes"),
        CheckConstraint("day BETWEEN 1 AND 366", name="day"),
        CheckConstraint("length(title) > 0", name="title"),
    )

    engagement_id: Mapped[int] = pointing("engagement.id")
    day: Mapped[int] = mapped_column(default=1)
    number: Mapped[int]
    kind: Mapped[str] = short(12, default="other")
    title: Mapped[str] = short(120)
    minutes: Mapped[int]
    question: Mapped[str] = short(500, default="")
    target: Mapped[str] = short(300, default="")
    lead: Mapped[str] = short(80, default="")
    version: Mapped[int] = mapped_column(default=1)
    updated_at: Mapped[datetime] = mapped_column(default=now)
    removed_at: Mapped[datetime | None]
