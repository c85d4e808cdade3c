"""Support that somebody gives."""

from datetime import date, datetime, timedelta
from decimal import Decimal

from sqlalchemy import CheckConstraint, ForeignKey, Numeric
from sqlalchemy.orm import Mapped, mapped_column, relationship

from assetmap.models.columns import one_of, pointing, short
from assetmap.models.entry import Entry
from assetmap.vocabulary import CHECK_STATUSES, UNITS, Kind

LIFETIME = timedelta(days=183)


class Offer(Entry):
    """A meal, a room, an hour: what, from whom, how much, when, where, until when."""

    __tablename__ = "offer"
    __table_args__ = (
        CheckConstraint(
            "(CASE WHEN group_id IS NULL THEN 0 ELSE 1 END)"
            " + (CASE WHEN asset_id IS NULL THEN 0 ELSE 1 END)"
            " + (CASE WHEN person_role = '' THEN 0 ELSE 1 END) = 1",
            name="one_offeror",
        ),
        CheckConstraint("quantity IS NULL OR quantity BETWEEN 0 AND 1000000", name="quantity"),
        CheckConstraint("cost_pence BETWEEN 0 AND 100000000", name="cost_pence"),
        CheckConstraint("notice_days IS NULL OR notice_days BETWEEN 0 AND 365", name="notice_days"),
        CheckConstraint(
            "available_from IS NULL OR available_to IS NULL OR available_to >= available_from",
            name="available",
        ),
        one_of("unit", UNITS, optional=True),
        one_of("check_status", CHECK_STATUSES),
    )

    id: Mapped[int] = mapped_column(
        ForeignKey("entry.id", ondelete="CASCADE"), primary_key=True, sort_order=-10
    )
    group_id: Mapped[int | None] = pointing("entry.id")
    asset_id: Mapped[int | None] = pointing("entry.id")
    person_role: Mapped[str] = short(120, default="")
    quantity: Mapped[Decimal | None] = mapped_column(Numeric(10, 2))
    unit: Mapped[str | None] = short(10)
    available_from: Mapped[date | None]
    available_to: Mapped[date | None]
    pattern: Mapped[str] = short(200, default="")
    notice_days: Mapped[int | None]
    conditions: Mapped[str] = short(1000, default="")
    checks_needed: Mapped[list[str]] = mapped_column(default=list)
    check_status: Mapped[str] = short(12, default="not_needed")
    cost_pence: Mapped[int] = mapped_column(default=0)
    group: Mapped[Entry | None] = relationship(
        foreign_keys=[group_id], remote_side=Entry.id, lazy="raise"
    )
    asset: Mapped[Entry | None] = relationship(
        foreign_keys=[asset_id], remote_side=Entry.id, lazy="raise"
    )

    __mapper_args__ = {  # noqa: RUF012
        "polymorphic_identity": Kind.OFFER.value,
        "inherit_condition": id == Entry.id,
    }

    def withdraw(self, at: datetime, why: str, by_id: int | None = None) -> None:
        """Whoever made it no longer does; it leaves every output."""
        super().withdraw(at, why, by_id)
        if self.status != "declined":
            self.move_to("withdrawn")

    def bring_back(self) -> None:
        """Undo a withdrawal: it is on offer again, to be confirmed."""
        super().bring_back()
        if self.status == "withdrawn":
            self.status = "offered"

    def expire(self) -> None:
        """Its day has passed."""
        self.move_to("expired")

    def renew(self, today: date, until: date | None = None) -> None:
        """Whoever made it still means it. `until` is six months from today unless given."""
        self.move_to("offered")
        self.expires_on = until or today + LIFETIME
