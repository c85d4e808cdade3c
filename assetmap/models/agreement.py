"""What one body lets another see, for what, on what ground and until when."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from assetmap.db import Identified, Model, now
from assetmap.models.columns import one_of, pointing, short, values
from assetmap.models.people import Partner, User
from assetmap.vocabulary import LawfulBasis


class SharingAgreement(Identified, Model):
    """While it runs, people of the receiving body see these of the giving body's entries.

    A giver that is missing is the body that keeps the register: every team that no partner's is.
    It runs from `starts_on` to `ends_on`, both days included, once it is signed, until it is
    ended. Lists hold the codes people know: kinds, "type:code" of areas and codes of categories
    (none of either: all of them), and the guarded fields that go along.
    """

    __tablename__ = "sharing_agreement"
    __table_args__ = (
        one_of("lawful_basis", values(LawfulBasis)),
        CheckConstraint("ends_on >= starts_on", name="days"),
        CheckConstraint("length(title) > 0", name="title"),
        CheckConstraint("length(purpose) > 0", name="purpose"),
        CheckConstraint("version >= 1", name="version"),
        CheckConstraint("giver_id IS NULL OR giver_id <> receiver_id", name="two_bodies"),
    )

    title: Mapped[str] = short(160)
    giver_id: Mapped[int | None] = pointing("partner.id")
    receiver_id: Mapped[int] = pointing("partner.id")
    kinds: Mapped[list[str]]
    areas: Mapped[list[str]] = mapped_column(default=list)
    categories: Mapped[list[str]] = mapped_column(default=list)
    fields: Mapped[list[str]] = mapped_column(default=list)
    purpose: Mapped[str] = short(500)
    lawful_basis: Mapped[str] = short(32)
    gateway: Mapped[str] = short(200, default="")  # the power it rests on, such as an Act's section
    terms: Mapped[str] = short(4000, default="")  # rights, keeping, security, who reviews it
    starts_on: Mapped[date]
    ends_on: Mapped[date]
    signed_on: Mapped[date | None]
    ended_at: Mapped[datetime | None]
    ended_why: Mapped[str] = short(500, default="")
    version: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime] = mapped_column(default=now)
    created_by_id: Mapped[int | None] = pointing("app_user.id", index=False)
    updated_at: Mapped[datetime] = mapped_column(default=now)
    warned_days: Mapped[int | None]  # how many days before its end people were last told

    giver: Mapped[Partner | None] = relationship(foreign_keys=[giver_id], lazy="raise")
    receiver: Mapped[Partner] = relationship(foreign_keys=[receiver_id], lazy="raise")
    created_by: Mapped[User | None] = relationship(lazy="raise")

    __mapper_args__ = {  # noqa: RUF012
        "version_id_col": version,
        "version_id_generator": False,
    }

    def runs_on(self, day: date) -> bool:
        """Whether it lets anybody see anything on this day."""
        return self.state_on(day) == "active"

    def state_on(self, day: date) -> str:
        """draft, coming, active, over or ended."""
        if self.ended_at is not None:
            return "ended"
        if self.ends_on < day:
            return "over"
        if self.signed_on is None:
            return "draft"
        return "coming" if self.starts_on > day else "active"
