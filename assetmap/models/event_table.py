"""Tables of an event, and what is noted at them."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from assetmap.db import Identified, Model, now
from assetmap.models.action import Action
from assetmap.models.columns import one_of, pointing, short
from assetmap.models.entry import Entry
from assetmap.models.event_part import EventPart
from assetmap.models.person import PersonRole
from assetmap.schemas.tables import JOBS, NOTES


class EventTable(Identified, Model):
    """A table that people sit at, with somebody who leads it and somebody else who takes notes."""

    __tablename__ = "event_table"
    __table_args__ = (
        UniqueConstraint("engagement_id", "number"),
        CheckConstraint("number BETWEEN 1 AND 60", name="number"),
        CheckConstraint("seats BETWEEN 1 AND 30", name="seats"),
    )

    engagement_id: Mapped[int] = pointing("engagement.id", index=False)
    number: Mapped[int]
    theme: Mapped[str] = short(80, default="")
    seats: Mapped[int]
    facilitator: Mapped[str] = short(80, default="")
    note_taker: Mapped[str] = short(80, default="")
    version: Mapped[int] = mapped_column(default=1)
    updated_at: Mapped[datetime] = mapped_column(default=now)
    helpers: Mapped[list["EventHelper"]] = relationship(
        lazy="raise", cascade="all, delete-orphan", order_by="EventHelper.job"
    )


class EventHelper(Model):
    """Where whoever leads a table, or takes its notes, was found: an offer, or somebody's role at
    a group, which goes when the role does.

    `has_tied`: the offer was linked to the event by being chosen, and is let go of with it.
    """

    __tablename__ = "event_helper"
    __table_args__ = (
        UniqueConstraint("table_id", "job"),
        one_of("job", JOBS),
        CheckConstraint("(offer_id IS NULL) <> (role_id IS NULL)", name="one_source"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    table_id: Mapped[int] = mapped_column(
        ForeignKey("event_table.id", ondelete="CASCADE"), index=False
    )
    job: Mapped[str] = short(11)
    offer_id: Mapped[int | None] = pointing("entry.id")
    role_id: Mapped[int | None] = mapped_column(
        ForeignKey("person_role.id", ondelete="CASCADE"), index=True
    )
    has_tied: Mapped[bool] = mapped_column(default=False)
    offer: Mapped[Entry | None] = relationship(lazy="raise")
    role: Mapped[PersonRole | None] = relationship(lazy="raise")

    @property
    def source(self) -> str:
        """As forms and programs name it: offer:<uid> or contact:<uid of the role>."""
        if self.offer is not None:
            return f"offer:{self.offer.uid}"
        return f"contact:{self.role.uid}" if self.role is not None else ""


class EventNote(Identified, Model):
    """Something that was noted at an event: an idea, what somebody knows, a worry, a decision.

    Each note is a row of its own, so that two who write at one table lose nothing of each other's.
    An idea has votes and marks; one that is taken on becomes a point of “you said, we did”.
    """

    __tablename__ = "event_note"
    __table_args__ = (
        one_of("kind", NOTES),
        CheckConstraint("length(text) > 0", name="text"),
        CheckConstraint('"table" IS NULL OR "table" BETWEEN 1 AND 60', name="table"),
        CheckConstraint("votes BETWEEN 0 AND 100000", name="votes"),
        CheckConstraint("realistic IS NULL OR realistic BETWEEN 1 AND 5", name="realistic"),
        CheckConstraint("difference IS NULL OR difference BETWEEN 1 AND 5", name="difference"),
        CheckConstraint(
            "kind = 'idea' OR (votes = 0 AND NOT chosen AND realistic IS NULL"
            " AND difference IS NULL)",
            name="weighed",
        ),
    )

    engagement_id: Mapped[int] = pointing("engagement.id")
    part_id: Mapped[int | None] = pointing("event_part.id", index=False)
    table: Mapped[int | None]
    kind: Mapped[str] = short(10, default="idea")
    text: Mapped[str] = short(1000)
    votes: Mapped[int] = mapped_column(default=0)
    realistic: Mapped[int | None]
    difference: Mapped[int | None]
    chosen: Mapped[bool] = mapped_column(default=False)
    action_id: Mapped[int | None] = pointing("action.id", index=False)
    version: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime] = mapped_column(default=now)
    created_by_id: Mapped[int | None] = pointing("app_user.id", index=False)
    removed_at: Mapped[datetime | None]
    part: Mapped[EventPart | None] = relationship(lazy="raise")
    action: Mapped[Action | None] = relationship(lazy="raise")
