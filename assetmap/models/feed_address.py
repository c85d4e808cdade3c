"""Addresses of people's own calendars."""

from datetime import datetime

from sqlalchemy.orm import Mapped, mapped_column

from assetmap.db import Identified, Model, now
from assetmap.models.columns import pointing, short


class FeedAddress(Identified, Model):
    """The address at which somebody's calendar program reads the events of their teams. Only a
    hash of its secret part is kept; a person has one that works."""

    __tablename__ = "feed_address"

    user_id: Mapped[int] = pointing("app_user.id")
    secret_hash: Mapped[str] = short(64, unique=True)
    created_at: Mapped[datetime] = mapped_column(default=now)
    last_used_at: Mapped[datetime | None]  # to the minute
    ended_at: Mapped[datetime | None]
