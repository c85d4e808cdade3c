"""What is to be mailed, until it is."""

from datetime import datetime

from sqlalchemy import CheckConstraint
from sqlalchemy.orm import Mapped, mapped_column

from assetmap.db import Identified, Model, now
from assetmap.models.columns import short


class Letter(Identified, Model):
    """A message that waits for the mail server; it goes as soon as that has taken it.

    `stop_at`: where whoever receives it ends such letters.
    `tried_at`: when somebody last took it to the server, so that no other does meanwhile.
    """

    __tablename__ = "letter"
    __table_args__ = (CheckConstraint("length(email) > 0", name="email"),)

    email: Mapped[str] = short(254)
    subject: Mapped[str] = short(200)
    text: Mapped[str] = short(6000)
    stop_at: Mapped[str] = short(300, default="", server_default="")
    created_at: Mapped[datetime] = mapped_column(default=now)
    tried_at: Mapped[datetime | None]
