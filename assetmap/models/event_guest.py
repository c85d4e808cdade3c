"""Groups that an event wants to have there."""

from datetime import datetime

from sqlalchemy.orm import Mapped, mapped_column

from assetmap.db import Model, now
from assetmap.models.columns import pointing


class EventGuest(Model):
    """A group that is wanted at an event, though nobody may have asked it yet.

    A group may stand here twice, after two were folded into one: whoever reads takes it once.
    """

    __tablename__ = "event_guest"

    id: Mapped[int] = mapped_column(primary_key=True)
    engagement_id: Mapped[int] = pointing("engagement.id")
    guest_id: Mapped[int] = pointing("entry.id")
    created_at: Mapped[datetime] = mapped_column(default=now)
    created_by_id: Mapped[int | None] = pointing("app_user.id", index=False)
