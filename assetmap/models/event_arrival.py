"""People who came to an event, as they were counted at the door."""

from datetime import datetime

from sqlalchemy import CheckConstraint
from sqlalchemy.orm import Mapped, mapped_column

from assetmap.db import Identified, Model, now
from assetmap.models.columns import pointing
from assetmap.schemas.door import MOST_AT_ONCE


class EventArrival(Identified, Model):
    """So many people who came in together, and the group they came with, if any; never who.

    Each press at the door is a row of its own, so that two who count lose nothing of each other's.
    """

    __tablename__ = "event_arrival"
    __table_args__ = (CheckConstraint(f"people BETWEEN 1 AND {MOST_AT_ONCE}", name="people"),)

    engagement_id: Mapped[int] = pointing("engagement.id")
    came_with_id: Mapped[int | None] = pointing("entry.id")
    people: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime] = mapped_column(default=now)
    created_by_id: Mapped[int | None] = pointing("app_user.id", index=False)
