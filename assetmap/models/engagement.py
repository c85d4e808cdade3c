"""Events that bring people together."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from assetmap.models.columns import one_of, pointing, short
from assetmap.models.entry import Entry
from assetmap.vocabulary import (
    ENGAGEMENT_KINDS,
    FORMATS,
    INFLUENCE_LEVELS,
    SCAN_STATUSES,
    Kind,
)


class Engagement(Entry):
    """An event: a hub, a focus group, a surgery, a ward panel, a rich-picture session."""

    __tablename__ = "engagement"
    __table_args__ = (
        one_of("engagement_kind", ENGAGEMENT_KINDS),
        one_of("format", FORMATS),
        one_of("influence_level", INFLUENCE_LEVELS, optional=True),
        one_of("scan_status", SCAN_STATUSES),
        CheckConstraint("tier BETWEEN 1 AND 3", name="tier"),
        CheckConstraint("ends_at > starts_at", name="ends_at"),
        CheckConstraint("capacity IS NULL OR capacity BETWEEN 0 AND 1000000", name="capacity"),
        CheckConstraint(
            "attendance_count IS NULL OR attendance_count BETWEEN 0 AND 1000000", name="attendance"
        ),
        CheckConstraint(
            "closed_at IS NULL OR (scan_status <> 'pending' AND attendance_count IS NOT NULL"
            " AND feedback_due IS NOT NULL)",
            name="closed",
        ),
    )
    __mapper_args__ = {"polymorphic_identity": Kind.ENGAGEMENT.value}  # noqa: RUF012

    id: Mapped[int] = mapped_column(
        ForeignKey("entry.id", ondelete="CASCADE"), primary_key=True, sort_order=-10
    )
    engagement_kind: Mapped[str] = short(20, default="other")
    tier: Mapped[int] = mapped_column(default=2)
    format: Mapped[str] = short(10, default="in_person")
    theme: Mapped[str] = short(120, default="")
    focal_question: Mapped[str] = short(500, default="")
    aims: Mapped[str] = short(2000, default="")
    audience: Mapped[str] = short(500, default="")
    influence_level: Mapped[str | None] = short(12)
    influence_statement: Mapped[str] = short(1000, default="")
    use_of_input: Mapped[str] = short(1000, default="")
    starts_at: Mapped[datetime] = mapped_column(index=True)
    ends_at: Mapped[datetime]
    capacity: Mapped[int | None]
    accessibility_plan: Mapped[str] = short(2000, default="")
    ask_who: Mapped[str] = short(120, default="", server_default="")
    ask_how: Mapped[str] = short(200, default="", server_default="")
    join_link: Mapped[str] = short(300, default="", server_default="")
    scan_status: Mapped[str] = short(14, default="pending")
    scanned_at: Mapped[datetime | None]
    scanned_by_id: Mapped[int | None] = pointing("app_user.id", index=False)
    attendance_count: Mapped[int | None]
    feedback_due: Mapped[date | None]
    closed_at: Mapped[datetime | None]

    @property
    def joined_at(self) -> str:
        """The link by which people take part online; nothing where all come in person."""
        return "" if self.format == "in_person" else self.join_link

    def close(self, at: datetime) -> None:
        """Everything about it is done. Raises Conflict naming what is missing."""
        self.move_to("closed")
        self.closed_at = at
