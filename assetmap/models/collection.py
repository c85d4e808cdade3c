"""Entries that people pick by hand and keep together."""

from datetime import datetime

from sqlalchemy import CheckConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from assetmap.db import Identified, Model, now
from assetmap.models.columns import pointing, short
from assetmap.models.people import Team, User


class Collection(Identified, Model):
    """Entries under a name, somebody's own or shared with a team of theirs. Whoever opens it finds
    those of them that they may see."""

    __tablename__ = "collection"
    __table_args__ = (
        CheckConstraint("length(name) > 0", name="name"),
        CheckConstraint("version >= 1", name="version"),
    )

    owner_id: Mapped[int] = pointing("app_user.id")
    team_id: Mapped[int | None] = pointing("team.id")  # whom it is shared with
    name: Mapped[str] = short(80)
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
        """Where its page is, below the service's root."""
        return f"/collections/{self.uid}"


class CollectionItem(Model):
    """An entry in a collection. It may stand there twice, after two were folded into one: whoever
    reads takes it once."""

    __tablename__ = "collection_item"

    id: Mapped[int] = mapped_column(primary_key=True)
    collection_id: Mapped[int] = pointing("collection.id")
    member_id: Mapped[int] = pointing("entry.id")
    added_at: Mapped[datetime] = mapped_column(default=now)
    added_by_id: Mapped[int | None] = pointing("app_user.id", index=False)
