"""People whom a team met at an event, and wrote down with what they agreed to."""

from datetime import datetime

from sqlalchemy.orm import Mapped, mapped_column, relationship

from assetmap.db import Identified, Model, now
from assetmap.models.columns import pointing
from assetmap.models.person import Person


class EventContact(Identified, Model):
    """Somebody met at an event. `is_new`: nobody of the team knew them before.

    Somebody may stand here twice, after two events or two contacts were folded into one: whoever
    reads takes them once. Erasing somebody takes their rows out.
    """

    __tablename__ = "event_contact"

    engagement_id: Mapped[int] = pointing("engagement.id")
    person_id: Mapped[int] = pointing("person.id")
    is_new: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime] = mapped_column(default=now)
    created_by_id: Mapped[int | None] = pointing("app_user.id", index=False)

    person: Mapped[Person] = relationship(lazy="raise")
