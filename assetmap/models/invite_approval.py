"""Whether somebody else has looked at whom a list invites, before anybody is mailed."""

from datetime import datetime

from sqlalchemy import JSON, CheckConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from assetmap.db import Identified, Model, now
from assetmap.models.columns import one_of, pointing, short
from assetmap.models.people import User

APPROVAL_STATES = ("waiting", "approved", "refused")


class InviteApproval(Identified, Model):
    """Approval of a list was asked for, and what came of it. It is of these people, by key, of
    these `words`, and of what the event told then, of which `told_hash` is kept."""

    __tablename__ = "invite_approval"
    __table_args__ = (
        one_of("state", APPROVAL_STATES),
        CheckConstraint("state <> 'refused' OR length(reason) > 0", name="reason"),
    )

    list_id: Mapped[int] = pointing("invite_list.id")
    asked_at: Mapped[datetime] = mapped_column(default=now)
    asked_by_id: Mapped[int | None] = pointing("app_user.id", index=False)
    words: Mapped[str] = short(2000, default="")
    told_hash: Mapped[str] = short(64)
    people: Mapped[list[int]] = mapped_column(JSON, default=list)
    state: Mapped[str] = short(10, default="waiting")
    reason: Mapped[str] = short(300, default="")
    decided_at: Mapped[datetime | None]
    decided_by_id: Mapped[int | None] = pointing("app_user.id", index=False)

    asked_by: Mapped[User | None] = relationship(foreign_keys=[asked_by_id], lazy="raise")
    decided_by: Mapped[User | None] = relationship(foreign_keys=[decided_by_id], lazy="raise")
