"""What phones have delivered, so that they can be told what arrived and what is still missing."""

import uuid
from datetime import datetime

from sqlalchemy import CheckConstraint, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from assetmap.db import Identified, Model, now
from assetmap.models.columns import one_of, pointing, short

DELIVERED = ("entry", "change", "check", "photo", "voice", "track", "status")


class Receipt(Identified, Model):
    """One delivery, written in the transaction that keeps what was delivered.

    `device` is one person's queue on one phone; it numbers what it queues 1, 2, 3 …, so that a gap
    shows. `about`: uid of the entry, photo or track.
    """

    __tablename__ = "receipt"
    __table_args__ = (
        UniqueConstraint("device", "number"),
        one_of("what", DELIVERED),
        CheckConstraint("number BETWEEN 1 AND 1000000", name="number"),
    )

    device: Mapped[uuid.UUID]
    number: Mapped[int]
    user_id: Mapped[int] = pointing("app_user.id")
    what: Mapped[str] = short(8)
    about: Mapped[uuid.UUID]
    received_at: Mapped[datetime] = mapped_column(default=now)
