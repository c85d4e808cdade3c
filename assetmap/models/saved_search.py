"""Searches that people keep to run again."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from assetmap.db import Identified, Model, now
from assetmap.models.columns import pointing, short
from assetmap.models.people import Team, User


class SavedSearch(Identified, Model):
    """A search under a name, somebody's own or shared with a team of theirs.

    `criteria` holds what it asks for, in the words of `schemas/search.py`; what it finds is worked
    out for whoever runs it.
    """

    __tablename__ = "saved_search"
    __table_args__ = (
        CheckConstraint("length(name) > 0", name="name"),
        CheckConstraint("version >= 1", name="version"),
    )

    owner_id: Mapped[int] = pointing("app_user.id")
    team_id: Mapped[int | None] = pointing("team.id")  # whom it is shared with
    name: Mapped[str] = short(80)
    criteria: Mapped[dict[str, Any]] = mapped_column(default=dict)
    version: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime] = mapped_column(default=now)
    updated_at: Mapped[datetime] = mapped_column(default=now)
    removed_at: Mapped[datetime | None]

    owner: Mapped[User] = relationship(lazy="raise")
    team: Mapped[Team | None] = relationship(lazy="raise")

    __mapper_args__ = {  # noqa: RUF012
        "version_id_col": version,
        "version_id_generator": False,
    }

    @property
    def path(self) -> str:
        """Where it is run, below the service's root."""
        return f"/saved-searches/{self.uid}"
