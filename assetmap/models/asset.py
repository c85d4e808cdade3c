"""What a community has: places, equipment, networks, and the groups that run them."""

from datetime import date
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column, relationship

from assetmap.models.columns import one_of, pointing, short
from assetmap.models.entry import Entry
from assetmap.vocabulary import CONFIDENCES, SIZE_BANDS, Kind


class Asset(Entry):
    """A place, a piece of equipment or a network that people can use."""

    __tablename__ = "asset"
    __table_args__: tuple[Any, ...] = (
        one_of("confidence", CONFIDENCES),
        CheckConstraint("capacity IS NULL OR capacity BETWEEN 0 AND 1000000", name="capacity"),
    )

    id: Mapped[int] = mapped_column(
        ForeignKey("entry.id", ondelete="CASCADE"), primary_key=True, sort_order=-10
    )
    website: Mapped[str] = short(300, default="")
    email: Mapped[str] = short(254, default="", index=True)
    phone: Mapped[str] = short(30, default="")
    phone_digits: Mapped[str] = short(20, default="", index=True)  # for likely-the-same
    opening_hours: Mapped[str] = short(500, default="")
    capacity: Mapped[int | None]
    facilities: Mapped[list[str]] = mapped_column(default=list)
    hire_terms: Mapped[str] = short(1000, default="")
    cost_note: Mapped[str] = short(300, default="")
    accessibility_note: Mapped[str] = short(1000, default="")
    languages: Mapped[list[str]] = mapped_column(default=list)
    serves: Mapped[list[str]] = mapped_column(default=list)
    confidence: Mapped[str] = short(10, default="told")
    operator_id: Mapped[int | None] = pointing("entry.id")
    operator: Mapped[Entry | None] = relationship(
        foreign_keys=[operator_id], remote_side=Entry.id, lazy="raise"
    )

    __mapper_args__ = {  # noqa: RUF012
        "polymorphic_identity": Kind.ASSET.value,
        "inherit_condition": id == Entry.id,
    }


class Group(Asset):
    """A community group or organisation: people who do something together."""

    __tablename__ = "community_group"
    __table_args__ = (
        one_of("size_band", SIZE_BANDS),
        Index("ix_community_group_charity_number", "charity_number"),
        Index("ix_community_group_company_number", "company_number"),
    )
    __mapper_args__ = {"polymorphic_identity": Kind.GROUP.value}  # noqa: RUF012

    id: Mapped[int] = mapped_column(
        ForeignKey("asset.id", ondelete="CASCADE"), primary_key=True, sort_order=-10
    )
    alt_names: Mapped[list[str]] = mapped_column(default=list)
    charity_number: Mapped[str] = short(20, default="")
    company_number: Mapped[str] = short(20, default="")
    size_band: Mapped[str] = short(10, default="unknown")
    meeting_pattern: Mapped[str] = short(200, default="")
    constituted: Mapped[bool | None]
    last_contacted_on: Mapped[date | None]
