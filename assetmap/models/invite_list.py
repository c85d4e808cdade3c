"""Whom to invite: a list that is worked out from the map, and who was asked already."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, Index
from sqlalchemy.orm import Mapped, mapped_column, relationship

from assetmap.db import Identified, Model, now
from assetmap.models.columns import one_of, pointing, short, values
from assetmap.models.engagement import Engagement
from assetmap.models.people import Team, User
from assetmap.vocabulary import ContactChannel

INVITE_VERBS = ("built", "changed", "frozen", "live", "copied", "added", "removed")


class InviteList(Identified, Model):
    """Whom a team means to invite, to an event or in general.

    `criteria` says where from, in the words of `schemas/invite_lists.py`; who that comes to is
    worked out for whoever opens it, as far as they may know the people.
    """

    __tablename__ = "invite_list"
    __table_args__ = (
        CheckConstraint("length(name) > 0", name="name"),
        CheckConstraint("version >= 1", name="version"),
    )

    team_id: Mapped[int] = pointing("team.id")
    engagement_id: Mapped[int | None] = pointing("engagement.id")
    name: Mapped[str] = short(80)
    criteria: Mapped[dict[str, Any]] = mapped_column(default=dict)
    words: Mapped[str] = short(2000, default="", server_default="")  # to those it invites
    version: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime] = mapped_column(default=now)
    created_by_id: Mapped[int | None] = pointing("app_user.id", index=False)
    updated_at: Mapped[datetime] = mapped_column(default=now)
    updated_by_id: Mapped[int | None] = pointing("app_user.id", index=False)
    removed_at: Mapped[datetime | None]
    frozen_at: Mapped[datetime | None]  # kept to its last frozen snapshot; none: worked out anew

    team: Mapped[Team] = relationship(lazy="raise")
    engagement: Mapped[Engagement | None] = relationship(lazy="raise")
    updated_by: Mapped[User | None] = relationship(foreign_keys=[updated_by_id], lazy="raise")

    __mapper_args__ = {  # noqa: RUF012
        "version_id_col": version,
        "version_id_generator": False,
    }

    @property
    def path(self) -> str:
        """Where its page is, below the service's root."""
        return f"/invite-lists/{self.uid}"


class Invitation(Identified, Model):
    """Somebody was asked, through a group, by one channel: once for a list, which an index of the
    database sees to. One that was noted by mistake is taken back and counts no more."""

    __tablename__ = "invitation"
    __table_args__ = (
        one_of("channel", values(ContactChannel)),
        # of those that were not taken back: the migration that makes it says so
        Index("uq_invitation_asked_once", "list_id", "person_id", unique=True),
    )

    list_id: Mapped[int] = pointing("invite_list.id")
    engagement_id: Mapped[int | None] = pointing("engagement.id")  # that of its list
    person_id: Mapped[int] = pointing("person.id")
    through_id: Mapped[int | None] = pointing("entry.id")  # the group, where there is one
    channel: Mapped[str] = short(10)
    asked_at: Mapped[datetime] = mapped_column(default=now)
    asked_by_id: Mapped[int | None] = pointing("app_user.id", index=False)
    taken_back_at: Mapped[datetime | None]


class InviteSnapshot(Identified, Model):
    """What a list came to on a day: keys of groups with why they were there, and of people with
    what they were there, by which rule they were left out, and on what basis they could be asked.
    Names are looked up when it is read, so that whoever was erased since is on none."""

    __tablename__ = "invite_snapshot"

    list_id: Mapped[int] = pointing("invite_list.id")
    taken_at: Mapped[datetime] = mapped_column(default=now)
    taken_by_id: Mapped[int | None] = pointing("app_user.id", index=False)
    is_frozen: Mapped[bool] = mapped_column(default=False)  # taken to be kept to
    held: Mapped[dict[str, Any]] = mapped_column(default=dict)

    taken_by: Mapped[User | None] = relationship(lazy="raise")


class InviteAct(Identified, Model):
    """What somebody did to a list. Of somebody added or removed by hand, with the reason; that
    holds while `undone_at` is empty."""

    __tablename__ = "invite_act"
    __table_args__ = (
        one_of("verb", INVITE_VERBS),
        CheckConstraint("verb NOT IN ('added', 'removed') OR person_id IS NOT NULL", name="whom"),
    )

    list_id: Mapped[int] = pointing("invite_list.id")
    verb: Mapped[str] = short(10)
    person_id: Mapped[int | None] = pointing("person.id")
    reason: Mapped[str] = short(200, default="")
    at: Mapped[datetime] = mapped_column(default=now)
    by_id: Mapped[int | None] = pointing("app_user.id", index=False)
    undone_at: Mapped[datetime | None]
    undone_by_id: Mapped[int | None] = pointing("app_user.id", index=False)

    by: Mapped[User | None] = relationship(foreign_keys=[by_id], lazy="raise")
