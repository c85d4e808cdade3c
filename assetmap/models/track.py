"""Where people walked on a walkabout."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint
from sqlalchemy.orm import Mapped, mapped_column

from assetmap.db import Identified, Model, now
from assetmap.models.columns import pointing


class Track(Identified, Model):
    """One phone's way through a walkabout, for its own team.

    Only the simplified lines are kept, without times and without both ends; what the phone
    recorded never reaches a table. `lines`: lists of [longitude, latitude], degrees.
    """

    __tablename__ = "track"
    __table_args__ = (
        CheckConstraint("ended_at >= started_at", name="ends"),
        CheckConstraint("length_m BETWEEN 0 AND 200000", name="length_m"),
    )

    walkabout_id: Mapped[int] = pointing("walkabout.id")
    lines: Mapped[list[Any]] = mapped_column(JSON)
    length_m: Mapped[float]
    started_at: Mapped[datetime]
    ended_at: Mapped[datetime]
    created_at: Mapped[datetime] = mapped_column(default=now)
    created_by_id: Mapped[int | None] = pointing("app_user.id", index=False)
