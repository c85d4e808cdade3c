"""Panels drawn by lot out of an invite list, so that they meet quotas."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from assetmap.db import Identified, Model, now
from assetmap.models.columns import one_of, pointing, short
from assetmap.models.people import User
from assetmap.models.person import Person

PANEL_STATES = ("drawing", "drawn", "impossible", "failed")
PLACE_STATES = ("pool", "seated", "reserve", "declined")


class InvitePanel(Identified, Model):
    """One draw: what was asked for, by which lot, and what came of it. `quotas`: least and most of
    each section; `eased`: what these would have to be where none can be drawn; `at_best`: what the
    smallest chance cannot exceed. The same pool, quotas and seed draw the same people."""

    __tablename__ = "invite_panel"
    __table_args__ = (
        one_of("state", PANEL_STATES),
        CheckConstraint("seats >= 1", name="seats"),
        CheckConstraint("reserves >= 0", name="reserves"),
    )

    list_id: Mapped[int] = pointing("invite_list.id")
    why: Mapped[str] = short(200, default="")
    seats: Mapped[int]
    reserves: Mapped[int]
    each_group: Mapped[int | None]
    seed: Mapped[int]
    quotas: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list)
    state: Mapped[str] = short(10, default="drawing")
    problem: Mapped[str] = mapped_column(Text, default="")
    eased: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list)
    method: Mapped[str] = short(40, default="")
    smallest: Mapped[float | None]
    at_best: Mapped[float | None]
    drawn_at: Mapped[datetime] = mapped_column(default=now)
    drawn_by_id: Mapped[int | None] = pointing("app_user.id", index=False)

    drawn_by: Mapped[User | None] = relationship(lazy="raise")


class InvitePlace(Identified, Model):
    """Somebody whom a panel was drawn from. `counts_for`: numbers of its quotas, by what their
    groups say whom they are for; `chance`: of a seat, before the lot fell; `turn`: of a reserve."""

    __tablename__ = "invite_place"
    __table_args__ = (
        one_of("state", PLACE_STATES),
        CheckConstraint("chance BETWEEN 0 AND 1", name="chance"),
        UniqueConstraint("panel_id", "person_id"),
    )

    panel_id: Mapped[int] = pointing("invite_panel.id")
    person_id: Mapped[int] = pointing("person.id")
    state: Mapped[str] = short(10, default="pool")
    turn: Mapped[int] = mapped_column(default=0)
    chance: Mapped[float] = mapped_column(default=0.0)
    counts_for: Mapped[list[int]] = mapped_column(JSON, default=list)
    instead_of_id: Mapped[int | None] = pointing("invite_place.id")
    declined_at: Mapped[datetime | None]

    panel: Mapped[InvitePanel] = relationship(lazy="raise")
    person: Mapped[Person] = relationship(lazy="raise")
