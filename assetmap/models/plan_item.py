"""What has been settled about the points of an event's plan."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from assetmap.db import Identified, Model, now
from assetmap.models.columns import one_of, pointing, short
from assetmap.schemas.plans import PLAN_STATES


class PlanItem(Identified, Model):
    """One of the 25 points of an event's plan that somebody has said something about.

    What the record shows by itself is not kept here: it is read when the plan is looked at.
    """

    __tablename__ = "plan_item"
    __table_args__ = (
        UniqueConstraint("engagement_id", "number"),
        one_of("status", PLAN_STATES),
        CheckConstraint("number BETWEEN 1 AND 25", name="number"),
        CheckConstraint("status = 'todo' OR length(note) > 0", name="note"),
    )

    engagement_id: Mapped[int] = pointing("engagement.id", index=False)
    number: Mapped[int]
    status: Mapped[str] = short(14, default="todo")
    note: Mapped[str] = short(1000, default="")
    owner: Mapped[str] = short(80, default="")
    due_on: Mapped[date | None]
    version: Mapped[int] = mapped_column(default=1)
    updated_at: Mapped[datetime] = mapped_column(default=now)
    updated_by_id: Mapped[int | None] = pointing("app_user.id", index=False)
