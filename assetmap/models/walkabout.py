"""People walking a planned area together."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from assetmap.models.columns import one_of, pointing, short
from assetmap.models.entry import Entry
from assetmap.vocabulary import LIGHTS, SCAN_STATUSES, Kind


class Walkabout(Entry):
    """A walk: when, by how many, with what aim, and what came of it.

    stops: what is planned, in order, each {name, longitude, latitude}; see schemas.stops.
    """

    __tablename__ = "walkabout"
    __table_args__ = (
        one_of("scan_status", SCAN_STATUSES),
        one_of("light", LIGHTS, optional=True),
        CheckConstraint("ends_at IS NULL OR ends_at > starts_at", name="ends_at"),
    )
    __mapper_args__ = {"polymorphic_identity": Kind.WALKABOUT.value}  # noqa: RUF012

    id: Mapped[int] = mapped_column(
        ForeignKey("entry.id", ondelete="CASCADE"), primary_key=True, sort_order=-10
    )
    starts_at: Mapped[datetime] = mapped_column(index=True)
    ends_at: Mapped[datetime | None]
    aims: Mapped[str] = short(2000, default="")
    weather: Mapped[str] = short(40, default="")
    light: Mapped[str | None] = short(5)
    stops: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list)
    participants: Mapped[dict[str, Any]] = mapped_column(default=dict)
    scan_status: Mapped[str] = short(14, default="pending")
    scanned_at: Mapped[datetime | None]
    scanned_by_id: Mapped[int | None] = pointing("app_user.id", index=False)
    summary: Mapped[str] = short(4000, default="")

    def complete(self, at: datetime) -> None:
        """The walk is over. Raises Conflict until the intelligence scan has been answered."""
        self.move_to("complete")
        if self.ends_at is None and at > self.starts_at:
            self.ends_at = at
