"""How many scanned a code that hangs somewhere, and how many of them went further: counts alone."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from assetmap.db import Identified, Model, now
from assetmap.models.columns import one_of, pointing, short
from assetmap.schemas.counters import STEPS


class Counter(Identified, Model):
    """A code that hangs at some place and leads to an event, a place or a group. `code` is in its
    address; where it hangs is for the team that keeps the entry."""

    __tablename__ = "counter"
    __table_args__ = (
        UniqueConstraint("code"),
        CheckConstraint("length(code) >= 6", name="code"),
        CheckConstraint("length(hangs_at) > 0", name="hangs_at"),
    )

    leads_to_id: Mapped[int] = pointing("entry.id")
    code: Mapped[str] = short(8)
    hangs_at: Mapped[str] = short(80)
    created_at: Mapped[datetime] = mapped_column(default=now)
    removed_at: Mapped[datetime | None]


class CounterDay(Model):
    """How often one step was taken on one day. No time, no person, no address."""

    __tablename__ = "counter_day"
    __table_args__ = (
        UniqueConstraint("counter_id", "day", "step"),
        one_of("step", STEPS),
        CheckConstraint("times > 0", name="times"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    counter_id: Mapped[int] = pointing("counter.id", index=False)
    day: Mapped[date]
    step: Mapped[str] = short(8)
    times: Mapped[int] = mapped_column(default=1)
