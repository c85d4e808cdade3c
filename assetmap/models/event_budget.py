"""What an event costs, and the papers that must hold on its day."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint
from sqlalchemy.orm import Mapped, mapped_column

from assetmap.db import Identified, Model, now
from assetmap.models.columns import one_of, pointing, short
from assetmap.schemas.budget import COSTS, PAPERS

_MOST = 100_000_000


class EventCost(Identified, Model):
    """A line of an event's budget, in pence. Vouchers have a count; who got one is kept nowhere."""

    __tablename__ = "event_cost"
    __table_args__ = (
        one_of("kind", COSTS),
        CheckConstraint("length(what) > 0", name="what"),
        CheckConstraint(f"planned_pence BETWEEN 0 AND {_MOST}", name="planned_pence"),
        CheckConstraint(
            f"spent_pence IS NULL OR spent_pence BETWEEN 0 AND {_MOST}", name="spent_pence"
        ),
        CheckConstraint(
            "given IS NULL OR (kind = 'vouchers' AND given BETWEEN 0 AND 100000)", name="given"
        ),
    )

    engagement_id: Mapped[int] = pointing("engagement.id")
    kind: Mapped[str] = short(12, default="other")
    what: Mapped[str] = short(120)
    planned_pence: Mapped[int] = mapped_column(default=0)
    spent_pence: Mapped[int | None]
    given: Mapped[int | None]
    version: Mapped[int] = mapped_column(default=1)
    updated_at: Mapped[datetime] = mapped_column(default=now)
    removed_at: Mapped[datetime | None]


class EventPaper(Identified, Model):
    """Insurance, a risk assessment or another paper, with where it is and the last day it holds."""

    __tablename__ = "event_paper"
    __table_args__ = (one_of("kind", PAPERS), CheckConstraint("length(what) > 0", name="what"))

    engagement_id: Mapped[int] = pointing("engagement.id")
    kind: Mapped[str] = short(16, default="insurance")
    what: Mapped[str] = short(120)
    kept_at: Mapped[str] = short(200, default="")
    owner: Mapped[str] = short(80, default="")
    last_on: Mapped[date | None]
    version: Mapped[int] = mapped_column(default=1)
    updated_at: Mapped[datetime] = mapped_column(default=now)
    removed_at: Mapped[datetime | None]
