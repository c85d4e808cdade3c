"""What was taken along on paper."""

from datetime import datetime

from sqlalchemy import JSON, CheckConstraint, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from assetmap.db import Identified, Model, now
from assetmap.models.columns import pointing


class PaperPack(Identified, Model):
    """The numbers on a walkabout's paper pack: `entries` holds the key of place 1, 2, 3 …"""

    __tablename__ = "paper_pack"
    __table_args__ = (
        UniqueConstraint("walkabout_id", "number"),
        CheckConstraint("number BETWEEN 1 AND 10000", name="number"),
    )

    walkabout_id: Mapped[int] = pointing("walkabout.id", index=False)
    number: Mapped[int]
    entries: Mapped[list[int]] = mapped_column(JSON)
    made_at: Mapped[datetime] = mapped_column(default=now)
    made_by_id: Mapped[int | None] = pointing("app_user.id", index=False)
