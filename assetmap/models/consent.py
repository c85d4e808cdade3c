"""What people agreed to be contacted for, what they were told, and what nobody may send.

Rows of `consent` and `notice` are only ever added: triggers in the database refuse to change one
or to take one out. The one exception is retention: once `evidence_cleared_at` of an erased person
is set, their rows of `consent` may be deleted.
"""

from datetime import datetime

from sqlalchemy import CheckConstraint, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from assetmap.db import Identified, Model, now
from assetmap.models.columns import one_of, pointing, short, values
from assetmap.models.people import User
from assetmap.models.person import Person
from assetmap.vocabulary import (
    ConsentMethod,
    ContactChannel,
    ContactPurpose,
    GivenBy,
    LawfulBasis,
    SuppressionReason,
)


class Consent(Identified, Model):
    """Somebody may be contacted for one purpose by one channel; or they withdrew that.

    `withdraws_id` says which record a withdrawal is of; where it is missing the row gives, and
    gives on `lawful_basis`, which is consent or another ground. What counts is worked out from
    all rows of a person, purpose and channel: see `register/consents.py`. Rows name nobody: what
    was told (`notice_text`), the bodies that told it (`controllers`) and closed lists of words.
    `given_at`: when it was given, or withdrawn, which may be before it was written down
    (`recorded_at`). `recorded_by_id` is missing where they pressed the link themselves.
    """

    __tablename__ = "consent"
    __table_args__ = (
        one_of("purpose", values(ContactPurpose)),
        one_of("channel", values(ContactChannel)),
        one_of("lawful_basis", values(LawfulBasis)),
        one_of("method", values(ConsentMethod)),
        one_of("given_by", values(GivenBy)),
        CheckConstraint("expires_at IS NULL OR expires_at > given_at", name="expires_after"),
        CheckConstraint("withdraws_id IS NULL OR expires_at IS NULL", name="withdrawn_for_good"),
        CheckConstraint("withdraws_id IS NOT NULL OR length(notice_text) > 0", name="told"),
    )

    person_id: Mapped[int] = pointing("person.id")
    purpose: Mapped[str] = short(20)
    channel: Mapped[str] = short(10)
    withdraws_id: Mapped[int | None] = pointing("consent.id", unique=True)
    lawful_basis: Mapped[str] = short(32)
    controllers: Mapped[list[str]] = mapped_column(default=list)
    notice_version: Mapped[str] = short(20, default="")
    notice_text: Mapped[str] = short(4000, default="")
    method: Mapped[str] = short(10)
    given_by: Mapped[str] = short(10, default=GivenBy.SELF)
    given_at: Mapped[datetime]
    expires_at: Mapped[datetime | None]  # from this instant on it is over; none: until withdrawn
    recorded_at: Mapped[datetime] = mapped_column(default=now)
    recorded_by_id: Mapped[int | None] = pointing("app_user.id", index=False)

    person: Mapped[Person] = relationship(lazy="raise")
    recorded_by: Mapped[User | None] = relationship(lazy="raise")


class Notice(Identified, Model):
    """What people are told about one purpose, in one language; a new wording is a new version."""

    __tablename__ = "notice"
    __table_args__ = (
        UniqueConstraint("purpose", "language", "version"),
        one_of("purpose", values(ContactPurpose)),
        CheckConstraint("length(text) > 0", name="text"),
        CheckConstraint("length(version) > 0", name="version"),
    )

    purpose: Mapped[str] = short(20)
    language: Mapped[str] = short(35)
    version: Mapped[str] = short(20)
    text: Mapped[str] = short(4000)
    made_at: Mapped[datetime] = mapped_column(default=now)
    made_by_id: Mapped[int | None] = pointing("app_user.id", index=False)


class Suppression(Identified, Model):
    """Nothing goes to this address, whoever it is kept for, even after they were erased.

    `address_hash` is of the normalised e-mail address or phone number, salted with a key that is
    not in the database: see `register/suppressions.py`. `channel` and `purpose` say what it stops;
    "" stops all. It holds while `lifted_at` is empty, and stays when it is lifted.
    """

    __tablename__ = "suppression"
    __table_args__ = (
        UniqueConstraint("address_hash", "channel", "purpose"),
        one_of("channel", ["", *values(ContactChannel)]),
        one_of("purpose", ["", *values(ContactPurpose)]),
        one_of("reason", values(SuppressionReason)),
    )

    address_hash: Mapped[str] = short(64)
    channel: Mapped[str] = short(10, default="")
    purpose: Mapped[str] = short(20, default="")
    reason: Mapped[str] = short(10)
    since: Mapped[datetime] = mapped_column(default=now)
    lifted_at: Mapped[datetime | None]
    lifted_by_id: Mapped[int | None] = pointing("app_user.id", index=False)
