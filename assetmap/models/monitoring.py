"""Who came to an event, as far as they liked to say: counts, and nothing that any one said."""

from datetime import datetime

from sqlalchemy import CheckConstraint, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from assetmap.db import Identified, Model
from assetmap.models.columns import pointing, short


class Monitoring(Identified, Model):
    """The form about themselves that people may fill in at the end of an event. It is open from
    `opened_at` to `closes_at`, once: counts that are shown never grow by the next who answers."""

    __tablename__ = "monitoring"
    __table_args__ = (
        UniqueConstraint("engagement_id"),
        UniqueConstraint("code"),
        CheckConstraint("length(code) >= 8", name="code"),
        CheckConstraint("closes_at >= opened_at", name="closes_at"),
        CheckConstraint("sheets >= 0", name="sheets"),
    )

    engagement_id: Mapped[int] = pointing("engagement.id", index=False)
    code: Mapped[str] = short(12)
    opened_at: Mapped[datetime]
    closes_at: Mapped[datetime]
    sheets: Mapped[int] = mapped_column(default=0)

    def is_open(self, at: datetime) -> bool:
        """Whether answers are taken at an instant."""
        return at < self.closes_at


class MonitoringCount(Model):
    """How many gave one answer to one question. What one person said is nowhere: no row is of a
    person, so there is none to tie to an event's guests, and no order and no time to tell it by."""

    __tablename__ = "monitoring_count"
    __table_args__ = (
        UniqueConstraint("monitoring_id", "dimension", "category"),
        CheckConstraint("people >= 0", name="people"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    monitoring_id: Mapped[int] = pointing("monitoring.id", index=False)
    dimension: Mapped[str] = short(20)
    category: Mapped[str] = short(20)
    people: Mapped[int] = mapped_column(default=0)


class MonitoringSheet(Model):
    """That a sheet was sent, so that it counts once though it is pressed twice: a random key that
    nothing else holds, let go of when the form is closed."""

    __tablename__ = "monitoring_sheet"
    __table_args__ = (UniqueConstraint("monitoring_id", "sheet"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    monitoring_id: Mapped[int] = pointing("monitoring.id", index=False)
    sheet: Mapped[str] = short(64)
