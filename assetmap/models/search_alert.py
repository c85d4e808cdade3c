"""How people are told what is new in a saved search: by e-mail, or in a feed."""

from datetime import date, datetime

from sqlalchemy import UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from assetmap.db import Identified, Model, now
from assetmap.models.columns import one_of, pointing, short
from assetmap.models.saved_search import SavedSearch

EVERY = ("daily", "weekly")


class SearchAlert(Identified, Model):
    """Somebody is told by e-mail what is new in a saved search. They have heard of everything up
    to `heard_at`; a day brings one message at most, which is what `told_on` sees to."""

    __tablename__ = "search_alert"
    __table_args__ = (UniqueConstraint("saved_search_id", "user_id"), one_of("every", EVERY))

    saved_search_id: Mapped[int] = pointing("saved_search.id")
    user_id: Mapped[int] = pointing("app_user.id")
    every: Mapped[str] = short(8)
    heard_at: Mapped[datetime] = mapped_column(default=now)
    told_on: Mapped[date]
    ended_at: Mapped[datetime | None]

    search: Mapped[SavedSearch] = relationship(lazy="raise")


class SearchFeed(Identified, Model):
    """The address at which somebody's feed reader reads what is new in a saved search. Only a hash
    of its secret part is kept; of each search a person has one that works."""

    __tablename__ = "search_feed"

    saved_search_id: Mapped[int] = pointing("saved_search.id")
    user_id: Mapped[int] = pointing("app_user.id")
    secret_hash: Mapped[str] = short(64, unique=True)
    created_at: Mapped[datetime] = mapped_column(default=now)
    last_used_at: Mapped[datetime | None]  # to the minute
    ended_at: Mapped[datetime | None]

    search: Mapped[SavedSearch] = relationship(lazy="raise")
