"""What people without the right to change something would have changed, and who keeps a listing."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, false
from sqlalchemy.orm import Mapped, mapped_column, relationship

from assetmap.db import Identified, Model, now
from assetmap.models.columns import one_of, pointing, short, values
from assetmap.models.entry import Entry
from assetmap.models.people import User
from assetmap.schemas.proposals import About, ProposalState
from assetmap.vocabulary import Kind


class Proposal(Identified, Model):
    """A change that somebody would make, until somebody who may make it answers.

    `changes` holds each field's proposed value as a snapshot has it; a new entry's are all it has.
    `reply_to` is where a stranger may be written to: it goes when the proposal is answered, as
    does `digest`, by which the same proposal sent twice is known while it waits.
    """

    __tablename__ = "proposal"
    __table_args__ = (
        one_of("kind", values(Kind)),
        one_of("about", values(About)),
        one_of("state", values(ProposalState)),
        CheckConstraint("(about = 'new') = (base_version IS NULL)", name="base_version"),
        CheckConstraint("about = 'new' OR entry_id IS NOT NULL", name="entry"),
        CheckConstraint("(state = 'open') = (answered_at IS NULL)", name="answered"),
        CheckConstraint("state = 'open' OR reply_to IS NULL", name="reply_to"),
        CheckConstraint("(state = 'open') = (digest IS NOT NULL)", name="digest"),
    )

    entry_id: Mapped[int | None] = pointing("entry.id")  # of a new one: what it became
    kind: Mapped[str] = short(12)
    about: Mapped[str] = short(10)
    base_version: Mapped[int | None]
    changes: Mapped[dict[str, Any]] = mapped_column(default=dict)
    note: Mapped[str] = short(2000, default="")
    by_id: Mapped[int | None] = pointing("app_user.id")
    from_owner: Mapped[bool] = mapped_column(default=False)
    from_phone: Mapped[bool] = mapped_column(default=False, server_default=false())
    reply_to: Mapped[str | None] = short(254)
    digest: Mapped[str | None] = short(64, unique=True)
    state: Mapped[str] = short(10, default=ProposalState.OPEN, index=True)
    created_at: Mapped[datetime] = mapped_column(default=now)
    answered_at: Mapped[datetime | None]
    answered_by_id: Mapped[int | None] = pointing("app_user.id", index=False)
    answer: Mapped[str] = short(500, default="")
    accepted: Mapped[list[str]] = mapped_column(default=list)  # names of fields

    entry: Mapped[Entry | None] = relationship(lazy="raise")
    by: Mapped[User | None] = relationship(foreign_keys=[by_id], lazy="raise")
    answered_by: Mapped[User | None] = relationship(foreign_keys=[answered_by_id], lazy="raise")

    @property
    def ref(self) -> str:
        """The short reference people read out: SUG-000012."""
        return f"SUG-{self.id:06d}"

    @property
    def path(self) -> str:
        """Where its page is, below the service's root."""
        return f"/proposals/{self.uid}"

    @property
    def is_open(self) -> bool:
        """Nobody has answered it yet."""
        return self.state == ProposalState.OPEN

    def end(self, state: ProposalState, at: datetime, by_id: int | None, answer: str = "") -> None:
        """Answer it, and forget where its maker may be written to."""
        self.state, self.answered_at, self.answered_by_id = state, at, by_id
        self.answer, self.reply_to, self.digest = answer, None, None


class Claim(Identified, Model):
    """An invitation to the owner of a listing, and who took it up; only the link's hash is kept.

    `email` is where the invitation went: it goes once it is taken up or ended. `lapses_at`: until
    when whoever took it up is the owner, unless they say again that they are.
    """

    __tablename__ = "claim"
    __table_args__ = (
        CheckConstraint("expires_at > created_at", name="expires"),
        CheckConstraint("(used_at IS NULL) = (user_id IS NULL)", name="used"),
        CheckConstraint("email IS NULL OR (used_at IS NULL AND ended_at IS NULL)", name="email"),
    )

    entry_id: Mapped[int] = pointing("entry.id")
    team_id: Mapped[int] = pointing("team.id", index=False)  # that kept the listing at inviting
    email: Mapped[str | None] = short(254)
    token_hash: Mapped[str] = short(64, unique=True)
    created_at: Mapped[datetime] = mapped_column(default=now)
    created_by_id: Mapped[int | None] = pointing("app_user.id", index=False)
    expires_at: Mapped[datetime]
    user_id: Mapped[int | None] = pointing("app_user.id")
    used_at: Mapped[datetime | None]
    lapses_at: Mapped[datetime | None]
    reminded_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]

    entry: Mapped[Entry] = relationship(lazy="raise")
    user: Mapped[User | None] = relationship(foreign_keys=[user_id], lazy="raise")

    def end(self, at: datetime) -> None:
        """Let the link, or whoever took it up, do nothing any more."""
        self.ended_at, self.email = at, None
