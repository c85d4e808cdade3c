"""How a promise goes, in the words of the body that does it."""

from datetime import datetime

from sqlalchemy import CheckConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from assetmap.db import Identified, Model, now
from assetmap.models.columns import one_of, pointing, short
from assetmap.models.people import User
from assetmap.schemas.actions import REPORTED


class ActionReport(Identified, Model):
    """What somebody of the body that does a thing says about it: how far it is, and in words.

    It changes nothing of the point itself, which the team that keeps the event answers for.
    """

    __tablename__ = "action_report"
    __table_args__ = (
        one_of("how_far", REPORTED),
        CheckConstraint("length(words) > 0", name="words"),
    )

    action_id: Mapped[int] = pointing("action.id")
    how_far: Mapped[str] = short(12)
    words: Mapped[str] = short(1000)
    created_at: Mapped[datetime] = mapped_column(default=now)
    created_by_id: Mapped[int | None] = pointing("app_user.id", index=False)
    removed_at: Mapped[datetime | None]
    created_by: Mapped[User | None] = relationship(lazy="raise")
