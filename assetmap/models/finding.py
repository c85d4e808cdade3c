"""What people saw, heard or felt at a place."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column, relationship

from assetmap.db import now
from assetmap.errors import Invalid
from assetmap.models.columns import one_of, pointing, short
from assetmap.models.entry import Entry
from assetmap.models.people import Partner
from assetmap.models.states import check_move
from assetmap.vocabulary import DIRECTIONS, OBSERVERS, TIMES_OF_DAY, Kind

STUB = "Passed on"  # all that is written of what must be told in person


class Finding(Entry):
    """A problem, a strength, a perception or a vulnerability, seen at a place."""

    __tablename__ = "finding"
    __table_args__ = (
        one_of("direction", DIRECTIONS),
        one_of("time_of_day", TIMES_OF_DAY),
        one_of("observer_kind", OBSERVERS),
        CheckConstraint("severity BETWEEN 1 AND 4", name="severity"),
        CheckConstraint("resolved_at IS NULL OR length(resolution) > 0", name="resolution"),
    )
    __mapper_args__ = {"polymorphic_identity": Kind.FINDING.value}  # noqa: RUF012

    id: Mapped[int] = mapped_column(
        ForeignKey("entry.id", ondelete="CASCADE"), primary_key=True, sort_order=-10
    )
    severity: Mapped[int] = mapped_column(default=2)
    direction: Mapped[str] = short(14, default="problem")
    observed_at: Mapped[datetime] = mapped_column(default=now)
    time_of_day: Mapped[str] = short(6, default="any")
    observer_kind: Mapped[str] = short(12, default="unknown")
    assigned_partner_id: Mapped[int | None] = pointing("partner.id")
    external_ref: Mapped[str] = short(60, default="")
    resolution: Mapped[str] = short(2000, default="")
    resolved_at: Mapped[datetime | None]
    verified_by_resident: Mapped[bool] = mapped_column(default=False)
    assigned_partner: Mapped[Partner | None] = relationship(lazy="raise")

    def assign(self, partner_id: int) -> None:
        """Give it to the body that can do something about it."""
        self.assigned_partner_id = partner_id
        self.move_to("assigned")

    def resolve(self, resolution: str, at: datetime) -> None:
        """It is mended; says how. Raises Invalid without words."""
        if not resolution.strip():
            raise Invalid.field("resolution", "Say what was done.")
        check_move(self.kind, self.status, "resolved")
        self.resolution, self.resolved_at = resolution.strip(), at
        self.move_to("resolved")

    def verify(self, *, by_resident: bool = False) -> None:
        """Somebody went to look, and it is so."""
        self.move_to("verified")
        self.verified_by_resident = by_resident

    def reopen(self) -> None:
        """It is not mended after all."""
        self.move_to("reopened")
        self.resolved_at, self.verified_by_resident = None, False
