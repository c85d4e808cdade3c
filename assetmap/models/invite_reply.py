"""What became of an invitation: the message that carried it, the answer, and whether they came."""

from datetime import datetime

from sqlalchemy import CheckConstraint, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from assetmap.db import Identified, Model
from assetmap.models.columns import one_of, pointing, short, values
from assetmap.models.invite_list import Invitation
from assetmap.vocabulary import ContactChannel

ANSWERS = ("accepted", "tentative", "declined")
REPLY_STATES = ("asked", *ANSWERS, "waiting")  # waiting: they said yes, and all places are taken
BY_LINK = "link"
MAIL_STATES = ("", "waiting", "sent", "stopped", "bounced")
MAIL_KINDS = ("", "invitation", "reminder", "place")
MOST_BESIDE = 5  # whom somebody brings along


class InviteReply(Identified, Model):
    """Of one invitation. `token_hash`: of the secret in its link, where it has one. `party`: how
    many come along. `needs_sealed`: what they need to take part, enciphered, gone thirty days after
    the event. `mail`: how the last message stands; one that is waiting is composed, and asked about
    anew, when it goes. `words`: what it says besides. `mail_why`: by which rule it was stopped.
    `off_at`: when they were to be told that the event does not take place. `place_told_at`: when a
    message or somebody of the team told them, or they saw, that they have a place for which they
    waited.
    """

    __tablename__ = "invite_reply"
    __table_args__ = (
        one_of("state", REPLY_STATES),
        one_of("answered_by", ["", BY_LINK, *values(ContactChannel)]),
        one_of("mail", MAIL_STATES),
        one_of("mail_kind", MAIL_KINDS),
        CheckConstraint(f"party BETWEEN 0 AND {MOST_BESIDE}", name="party"),
    )

    invitation_id: Mapped[int] = pointing("invitation.id", index=False, unique=True)
    state: Mapped[str] = short(10, default="asked")
    party: Mapped[int] = mapped_column(default=0)
    answered_at: Mapped[datetime | None]
    answered_by: Mapped[str] = short(10, default="")
    answer_kept_by_id: Mapped[int | None] = pointing("app_user.id", index=False)
    needs_sealed: Mapped[str | None] = mapped_column(Text)
    token_hash: Mapped[str | None] = short(64, unique=True)
    mail: Mapped[str] = short(10, default="", index=True)
    mail_kind: Mapped[str] = short(10, default="")
    mail_why: Mapped[str] = short(20, default="")
    words: Mapped[str] = short(2_000, default="")
    queued_at: Mapped[datetime | None]
    queued_by_id: Mapped[int | None] = pointing("app_user.id", index=False)
    tried_at: Mapped[datetime | None]
    sent_at: Mapped[datetime | None]
    off_at: Mapped[datetime | None]
    place_told_at: Mapped[datetime | None]
    reminders: Mapped[int] = mapped_column(default=0)
    arrived_at: Mapped[datetime | None]
    arrival_kept_by_id: Mapped[int | None] = pointing("app_user.id", index=False)

    invitation: Mapped[Invitation] = relationship(lazy="raise")

    @property
    def seats(self) -> int:
        """How many places they take, if they come."""
        return 1 + self.party

    @property
    def moved_up(self) -> bool:
        """Whether they have a place for which they waited, and no message says so."""
        is_mailed = self.mail in ("waiting", "sent")
        return self.state == "accepted" and self.mail_kind == "place" and not is_mailed

    @property
    def is_untold(self) -> bool:
        """Whether they moved up so, and nobody has told them."""
        return self.moved_up and self.place_told_at is None
