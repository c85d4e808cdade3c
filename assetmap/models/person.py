"""People whom a team knows: reached through a role at a group or place, for what they agreed to.

A person is no entry and is never on the map. Nothing here says what somebody believes, is or
suffers from; no date of birth, no home address. See `models/consent.py` for what they agreed to.
"""

from datetime import date, datetime

from sqlalchemy import CheckConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from assetmap.db import Identified, Model, local_day, now
from assetmap.models.columns import one_of, pointing, short, values
from assetmap.models.entry import Entry
from assetmap.models.people import Team, User
from assetmap.schemas.persons import months_later
from assetmap.vocabulary import ContactChannel

GOT_FROM = ("", "self", "other", "published")  # "": nobody has said
FROM_OTHERS = ("other", "published")


class Person(Identified, Model):
    """Somebody of full age whom a team may reach: one e-mail address, one phone.

    `name`, `display_name`, `email`, `phone`, `home_area_code`, `no_role_reason` and `notes` are
    all that is personal here: erasing blanks them (to "") and sets `erased_at`. `do_not_contact`
    beats everything. `restricted_at`: they asked that nothing be done with their details; hidden
    from lists and never contacted until it is lifted. `merged_into_id`: the same person as
    another, who has their roles now; what this one held is blanked. `evidence_cleared_at`: set by
    retention alone, on somebody erased long ago: from then on the database lets go of what they
    agreed to. No row is ever taken out of this table: its uid is what the audit knows.
    """

    __tablename__ = "person"
    __table_args__ = (
        CheckConstraint(
            "length(name) > 0 OR erased_at IS NOT NULL OR merged_into_id IS NOT NULL", name="name"
        ),
        CheckConstraint("is_adult", name="is_adult"),
        CheckConstraint("version >= 1", name="version"),
        CheckConstraint("merged_into_id IS NULL OR merged_into_id <> id", name="not_into_itself"),
        CheckConstraint(
            "evidence_cleared_at IS NULL OR erased_at IS NOT NULL", name="evidence_after_erasure"
        ),
        one_of("preferred_channel", ["", *values(ContactChannel)]),
    )

    team_id: Mapped[int] = pointing("team.id")
    name: Mapped[str] = short(120)
    display_name: Mapped[str] = short(80, default="")  # what they like to be called
    email: Mapped[str] = short(254, default="", index=True)  # in small letters
    phone: Mapped[str] = short(30, default="")  # as it was typed
    phone_digits: Mapped[str] = short(20, default="", index=True)  # as it is compared
    language: Mapped[str] = short(35, default="en")
    preferred_channel: Mapped[str] = short(10, default="")  # "": they did not say
    home_area_code: Mapped[str] = short(9, default="")  # of an LSOA or something larger
    is_adult: Mapped[bool] = mapped_column(default=True)
    do_not_contact: Mapped[bool] = mapped_column(default=False)
    stopped_at: Mapped[datetime | None]  # when it was last set; stays when it is lifted
    no_role_reason: Mapped[str] = short(300, default="")  # why kept without a role anywhere
    notes: Mapped[str] = short(2000, default="")  # for editors and data officers of the team
    last_contacted_on: Mapped[date | None]
    got_from: Mapped[str] = short(10, default="", server_default="")  # of GOT_FROM
    told_on: Mapped[date | None]  # where their details came from, unless from themselves
    version: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime] = mapped_column(default=now)
    created_by_id: Mapped[int | None] = pointing("app_user.id", index=False)
    updated_at: Mapped[datetime] = mapped_column(default=now)
    updated_by_id: Mapped[int | None] = pointing("app_user.id", index=False)
    withdrawn_at: Mapped[datetime | None]  # taken out by the team; erasing follows by retention
    withdrawn_why: Mapped[str] = short(300, default="")
    restricted_at: Mapped[datetime | None]
    merged_into_id: Mapped[int | None] = pointing("person.id")
    erased_at: Mapped[datetime | None]
    evidence_cleared_at: Mapped[datetime | None]

    team: Mapped[Team] = relationship(lazy="raise")
    created_by: Mapped[User | None] = relationship(foreign_keys=[created_by_id], lazy="raise")
    roles: Mapped[list["PersonRole"]] = relationship(
        back_populates="person", lazy="raise", order_by="PersonRole.id"
    )

    __mapper_args__ = {  # noqa: RUF012
        "version_id_col": version,
        "version_id_generator": False,
    }

    @property
    def is_live(self) -> bool:
        """Neither taken out, merged into another nor erased."""
        return self.withdrawn_at is None and self.merged_into_id is None and self.erased_at is None

    @property
    def to_tell_by(self) -> date | None:
        """The day by which they must be told where their details came from (UK GDPR, Art. 14):
        a calendar month after they were written down. None where nobody has to, or has."""
        if self.got_from not in FROM_OTHERS or self.told_on is not None or not self.is_live:
            return None
        return months_later(local_day(self.created_at), 1)

    @property
    def called(self) -> str:
        """What to call them."""
        return self.display_name or self.name or "Somebody who was taken out"


class PersonRole(Identified, Model):
    """What somebody is at a group or place, and since when; ended roles stay until erasure.

    `is_public`: name and title may be shown to whoever sees the entry, while a record that they
    agreed to sharing is current.
    """

    __tablename__ = "person_role"
    __table_args__ = (
        CheckConstraint("length(title) > 0", name="title"),
        CheckConstraint(
            "from_on IS NULL OR to_on IS NULL OR to_on >= from_on", name="from_before_to"
        ),
    )

    person_id: Mapped[int] = pointing("person.id")
    entry_id: Mapped[int] = pointing("entry.id")  # a group or an asset
    title: Mapped[str] = short(80)
    from_on: Mapped[date | None]
    to_on: Mapped[date | None]  # the last day, included; none: they still are
    is_public: Mapped[bool] = mapped_column(default=False)

    person: Mapped[Person] = relationship(back_populates="roles", lazy="raise")
    entry: Mapped[Entry] = relationship(lazy="raise")

    def holds_on(self, day: date) -> bool:
        """Whether they have the role on this day."""
        return (self.from_on is None or self.from_on <= day) and (
            self.to_on is None or self.to_on >= day
        )
