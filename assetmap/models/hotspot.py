"""Bounded places and periods of concern."""

from datetime import date
from decimal import Decimal

from sqlalchemy import CheckConstraint, ForeignKey, Numeric
from sqlalchemy.orm import Mapped, mapped_column

from assetmap.models.columns import one_of, short
from assetmap.models.entry import Entry
from assetmap.vocabulary import CONFIDENCE_LEVELS, MEASURES, Kind


class Hotspot(Entry):
    """A place where worries gather, for a time: declared by people or computed."""

    __tablename__ = "hotspot"
    __table_args__ = (
        one_of("measure", MEASURES),
        one_of("confidence", CONFIDENCE_LEVELS),
        CheckConstraint("period_to IS NULL OR period_to >= period_from", name="period"),
        CheckConstraint("rank IS NULL OR rank BETWEEN 1 AND 100000", name="rank"),
    )
    __mapper_args__ = {"polymorphic_identity": Kind.HOTSPOT.value}  # noqa: RUF012

    id: Mapped[int] = mapped_column(
        ForeignKey("entry.id", ondelete="CASCADE"), primary_key=True, sort_order=-10
    )
    period_from: Mapped[date]
    period_to: Mapped[date | None]
    time_band: Mapped[str] = short(20, default="")
    measure: Mapped[str] = short(20, default="count")
    value: Mapped[Decimal | None] = mapped_column(Numeric(12, 3))
    rank: Mapped[int | None]
    method: Mapped[str] = short(20, default="manual")
    confidence: Mapped[str] = short(6, default="medium")
