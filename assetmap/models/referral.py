"""What is not the register's to keep: passed on, enciphered until it is, then cleared."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy import CheckConstraint, LargeBinary, Text
from sqlalchemy.orm import Mapped, mapped_column

from assetmap.db import Identified, Model, now
from assetmap.errors import Conflict
from assetmap.models.columns import one_of, pointing, short, values
from assetmap.vocabulary import REFERRAL_STATES, RETURNED_WHY, URGENCIES, ReferralCategory

MOVES: Mapping[str, tuple[str, ...]] = {
    "raised": ("sent", "returned"),  # returned unsent: there was nothing in it for anybody
    "sent": ("acknowledged", "returned"),
    "acknowledged": ("returned", "purged"),
    "returned": ("sent", "purged"),
    "purged": (),
}
UNSENT_WHY = ("known_already", "not_needed")  # nobody can say of what they never got: not ours
HANDED_OVER = ("acknowledged", "returned")  # no longer needed here: their content goes


class Referral(Identified, Model):
    """Something for the police or for safeguarding, until an office has it and has said so.

    `sealed` is the content, enciphered; nothing else here says what it is about or where, beside a
    category and the code of a small area. It is gone once the referral is purged; the rest stays a
    year, to count by.
    """

    __tablename__ = "referral"
    __table_args__ = (
        one_of("category", values(ReferralCategory)),
        one_of("urgency", URGENCIES),
        one_of("status", REFERRAL_STATES),
        one_of("returned_why", RETURNED_WHY, optional=True),
        CheckConstraint("(status = 'purged') = (sealed IS NULL)", name="purged"),
        CheckConstraint("(status = 'purged') = (purged_at IS NOT NULL)", name="purged_at"),
        CheckConstraint(
            "status NOT IN ('acknowledged', 'returned') OR purge_due_at IS NOT NULL",
            name="purge_due_at",
        ),
        CheckConstraint("version >= 1", name="version"),
    )

    category: Mapped[str] = short(20)
    urgency: Mapped[str] = short(10)
    lsoa: Mapped[str | None] = short(9)
    sealed: Mapped[str | None] = mapped_column(Text)
    may_be_named: Mapped[bool] = mapped_column(default=False)
    status: Mapped[str] = short(12, default="raised", index=True)
    entry_id: Mapped[int | None] = pointing("entry.id")
    team_id: Mapped[int | None] = pointing("team.id", index=False)  # whose member raised it
    raised_at: Mapped[datetime] = mapped_column(default=now, index=True)
    raised_by_id: Mapped[int | None] = pointing("app_user.id", index=False)
    sent_to: Mapped[str] = short(120, default="")
    sent_at: Mapped[datetime | None]
    sent_by_id: Mapped[int | None] = pointing("app_user.id", index=False)
    force_reference: Mapped[str] = short(60, default="")
    acknowledged_at: Mapped[datetime | None]
    returned_why: Mapped[str | None] = short(16)
    returned_at: Mapped[datetime | None]
    purge_due_at: Mapped[datetime | None] = mapped_column(index=True)
    purged_at: Mapped[datetime | None]
    put_back_at: Mapped[datetime | None]  # it was none, and the entry has it again
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012

    def send(self, to: str, at: datetime, by_id: int | None) -> None:
        """It has gone to an office."""
        self._move("sent")
        self.sent_to, self.sent_at, self.sent_by_id = to, at, by_id
        self.returned_at = self.returned_why = self.purge_due_at = None

    def acknowledge(self, reference: str, at: datetime, kept_for: timedelta) -> None:
        """The office has it, and gave a reference; the content goes when `kept_for` is over."""
        self._move("acknowledged")
        self.force_reference, self.acknowledged_at = reference, at
        self.purge_due_at = at + kept_for

    def give_back(self, why: str, at: datetime, kept_for: timedelta) -> None:
        """The office does not take it; or nobody was sent it, because nobody needs it."""
        if self.status == "raised" and why not in UNSENT_WHY:
            raise Conflict("No office has seen this. Write down first which it went to.")
        self._move("returned")
        self.returned_why, self.returned_at = why, at
        self.purge_due_at = at + kept_for

    def purge(self, at: datetime) -> None:
        """Let go of the content, for good."""
        self._move("purged")
        self.sealed, self.purged_at = None, at

    def put_back(self, at: datetime) -> None:
        """It was neither crime nor intelligence; the content goes back to where it was."""
        if not self.may_be_put_back:
            raise Conflict(
                "What was purged cannot be put back."
                if self.status == "purged"
                else "An office has this by now. Write down first that they do not take it."
            )
        self.status, self.sealed = "purged", None
        self.purged_at = self.put_back_at = at

    @property
    def may_be_put_back(self) -> bool:
        """No office has it, and its content is still here."""
        return self.status in ("raised", "returned")

    def _move(self, status: str) -> None:
        if status not in MOVES[self.status]:
            raise Conflict(f"This is {self.status} by now. Look at it again.")
        self.status = status


class ReferralPhoto(Model):
    """A photo or a voice note that went along, enciphered; gone with the content."""

    __tablename__ = "referral_photo"

    id: Mapped[int] = mapped_column(primary_key=True)
    referral_id: Mapped[int] = pointing("referral.id")
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
    mime: Mapped[str] = short(40, default="image/jpeg")
