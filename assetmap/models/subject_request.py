"""What people ask about their own details: to see them, to have them erased, to be left alone."""

import uuid
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import JSON, BigInteger, CheckConstraint, Integer, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from assetmap.db import Identified, Model, now
from assetmap.errors import Conflict
from assetmap.models.columns import one_of, pointing, short, values
from assetmap.models.people import User
from assetmap.schemas.subject_requests import RequestKind, RequestStatus

_LONG = BigInteger().with_variant(Integer, "sqlite")
PAUSED_FOR = ("identity", "clarification")
CAME_BY = ("email", "letter", "phone", "in_person", "form")
DECISIONS = ("open", "include", "leave_out")
LONGEST_TEXT = 20_000
REQUEST_MOVES = {
    "received": ("identity_check", "searching", "closed"),
    "identity_check": ("searching", "closed"),
    "searching": ("review", "closed"),
    "review": ("searching", "sent", "closed"),
    "sent": ("closed",),
    "closed": (),
}


class SubjectRequest(Identified, Model):
    """One person asks about their own details; the clock runs from the day it came.

    `name`, `email` and `phone` are what is searched for; they are blanked when an erasure is
    closed. `paused_days` are of pauses that are over; `paused_on` begins one that is not.
    `done_at`: when what they asked for was done to what was found.
    """

    __tablename__ = "subject_request"
    __table_args__ = (
        one_of("kind", values(RequestKind)),
        one_of("status", values(RequestStatus)),
        one_of("came_by", CAME_BY),
        one_of("paused_for", PAUSED_FOR, optional=True),
        CheckConstraint("(paused_on IS NULL) = (paused_for IS NULL)", name="paused"),
        CheckConstraint("(extended_on IS NULL) = (extended_why = '')", name="extended"),
        CheckConstraint("paused_days >= 0", name="paused_days"),
        CheckConstraint("version >= 1", name="version"),
    )

    kind: Mapped[str] = short(14)
    status: Mapped[str] = short(14, default=RequestStatus.RECEIVED)
    name: Mapped[str] = short(120)
    email: Mapped[str] = short(254, default="")
    phone: Mapped[str] = short(30, default="")
    words: Mapped[str] = short(2000, default="")  # what they asked, in their words
    came_by: Mapped[str] = short(10, default="email")
    received_on: Mapped[date]
    identity_on: Mapped[date | None]
    identity_how: Mapped[str] = short(300, default="")
    paused_on: Mapped[date | None]
    paused_for: Mapped[str | None] = short(14)
    paused_days: Mapped[int] = mapped_column(default=0)
    extended_on: Mapped[date | None]
    extended_why: Mapped[str] = short(500, default="")
    searched_at: Mapped[datetime | None]
    done_at: Mapped[datetime | None]
    sent_on: Mapped[date | None]
    closed_on: Mapped[date | None]
    outcome: Mapped[str] = short(1000, default="")
    version: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime] = mapped_column(default=now)
    created_by_id: Mapped[int | None] = pointing("app_user.id", index=False)
    updated_at: Mapped[datetime] = mapped_column(default=now)

    created_by: Mapped[User | None] = relationship(lazy="raise")

    __mapper_args__ = {  # noqa: RUF012
        "version_id_col": version,
        "version_id_generator": False,
    }

    @property
    def ref(self) -> str:
        """The short reference people read out: REQ-000012."""
        return f"REQ-{self.id:06d}"

    @property
    def is_open(self) -> bool:
        """Whether the clock still counts."""
        return self.status not in (RequestStatus.SENT, RequestStatus.CLOSED)

    def move_to(self, status: RequestStatus) -> None:
        """Go to another state. Raises Conflict when the move is not a legal one."""
        if status not in REQUEST_MOVES[self.status]:
            said = self.status.replace("_", " ")
            raise Conflict(f"A request that is at “{said}” cannot go to “{status}”.")
        self.status = status.value

    def pause(self, on: date, why: str) -> None:
        """Stop the clock while we wait for them. Raises Conflict when it stands already."""
        if self.paused_on is not None or not self.is_open:
            raise Conflict("The clock is not running.")
        self.paused_on, self.paused_for = on, why

    def resume(self, on: date) -> None:
        """Let the clock run again. Raises Conflict when it runs."""
        if self.paused_on is None:
            raise Conflict("The clock is running already.")
        self.paused_days += max((on - self.paused_on).days, 0)
        self.paused_on = self.paused_for = None

    def waited(self, today: date) -> timedelta:
        """How long the clock has stood in all."""
        since = max((today - self.paused_on).days, 0) if self.paused_on else 0
        return timedelta(days=self.paused_days + since)


class SubjectHit(Model):
    """Something a search found that may be about whoever asks, and what is to become of it.

    `place`: "table.column", or a table for a record as a whole. `text`: all of it, as it was;
    `spans`: [from, to] of what was looked for in it, `hidden`: of what is about others and is
    blacked out. It holds copies, so it goes when the request is closed.
    """

    __tablename__ = "subject_hit"
    __table_args__ = (
        one_of("decision", DECISIONS),
        CheckConstraint(f"length(text) <= {LONGEST_TEXT}", name="text"),
    )

    id: Mapped[int] = mapped_column(_LONG, primary_key=True)
    request_id: Mapped[int] = pointing("subject_request.id")
    place: Mapped[str] = short(60)
    number: Mapped[int] = mapped_column(_LONG)
    uid: Mapped[uuid.UUID | None]
    ref: Mapped[str] = short(40, default="")
    url: Mapped[str] = short(120, default="")
    text: Mapped[str] = mapped_column(Text)
    spans: Mapped[list[Any]] = mapped_column(JSON, default=list)
    hidden: Mapped[list[Any]] = mapped_column(JSON, default=list)
    decision: Mapped[str] = short(10, default="open")
    why: Mapped[str] = short(300, default="")
    decided_at: Mapped[datetime | None]
    decided_by_id: Mapped[int | None] = pointing("app_user.id", index=False)
