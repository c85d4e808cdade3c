"""Help that is asked of those who made offers, what they answer, and what came of it."""

from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import CheckConstraint, Numeric
from sqlalchemy.orm import Mapped, mapped_column, relationship

from assetmap.db import Identified, Model, now
from assetmap.models.action import Action
from assetmap.models.columns import one_of, pointing, short, values
from assetmap.models.entry import Entry
from assetmap.models.invite_reply import BY_LINK, MAIL_STATES
from assetmap.models.people import Team
from assetmap.schemas.help_requests import ANSWERS, ROLES, latest
from assetmap.vocabulary import ContactChannel


class HelpRequest(Identified, Model):
    """What a team needs, as those who are asked for it are told: nothing else leaves the register.

    `need_id`: the event, finding or other entry it is for, `action_id`: what was said there;
    neither is told to anybody. `wanted`: how many who say yes are enough.
    """

    __tablename__ = "help_request"
    __table_args__ = (
        one_of("role", ("", *ROLES)),
        CheckConstraint("length(title) > 0", name="title"),
        CheckConstraint("wanted BETWEEN 1 AND 100", name="wanted"),
        CheckConstraint("needed_on IS NULL OR answer_by <= needed_on", name="answer_by"),
        CheckConstraint("version >= 1", name="version"),
    )

    team_id: Mapped[int] = pointing("team.id")
    need_id: Mapped[int | None] = pointing("entry.id")
    action_id: Mapped[int | None] = pointing("action.id")
    role: Mapped[str] = short(14, default="")
    title: Mapped[str] = short(160)
    words: Mapped[str] = short(2000, default="")
    place: Mapped[str] = short(200, default="")
    needed_on: Mapped[date | None]
    answer_by: Mapped[date]
    wanted: Mapped[int] = mapped_column(default=1)
    ask_who: Mapped[str] = short(80)
    ask_how: Mapped[str] = short(120)
    version: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime] = mapped_column(default=now)
    created_by_id: Mapped[int | None] = pointing("app_user.id", index=False)
    updated_at: Mapped[datetime] = mapped_column(default=now)
    closed_at: Mapped[datetime | None]  # nobody is asked any more, and links take no answer
    removed_at: Mapped[datetime | None]

    team: Mapped[Team] = relationship(lazy="raise")
    need: Mapped[Entry | None] = relationship(lazy="raise")
    action: Mapped[Action | None] = relationship(lazy="raise")

    __mapper_args__ = {  # noqa: RUF012
        "version_id_col": version,
        "version_id_generator": False,
    }

    @property
    def path(self) -> str:
        """Where its page is, below the service's root."""
        return f"/help-requests/{self.uid}"

    @property
    def last_day(self) -> date:
        """Until when a link takes an answer."""
        return latest(self.answer_by, self.needed_on)

    def is_open(self, today: date) -> bool:
        """Whether an answer still helps."""
        return self.closed_at is None and self.removed_at is None and self.last_day >= today


class HelpAsk(Identified, Model):
    """Whoever gives an offer was asked for it, and what became of that. It may stand twice, after
    two offers were folded into one: whoever reads takes each as it is.

    `person_id`: whom; none where a group was asked by what is written on its own page.
    `gone`: they said that they do not offer it any more. `token_hash`: of the
    secret in their link. `mail`: how the last message stands, an ask or thanks (`is_thanks`);
    `mail_why`: by which rule it was stopped.
    """

    __tablename__ = "help_ask"
    __table_args__ = (
        one_of("channel", values(ContactChannel)),
        one_of("state", ("asked", *ANSWERS)),
        one_of("answered_by", ("", BY_LINK, *values(ContactChannel))),
        one_of("mail", MAIL_STATES),
        one_of("thanked_by", ("", *values(ContactChannel))),
        CheckConstraint("quantity IS NULL OR quantity BETWEEN 0 AND 1000000", name="quantity"),
    )

    request_id: Mapped[int] = pointing("help_request.id")
    offer_id: Mapped[int] = pointing("entry.id")
    person_id: Mapped[int | None] = pointing("person.id")
    channel: Mapped[str] = short(10)
    asked_at: Mapped[datetime] = mapped_column(default=now)
    asked_by_id: Mapped[int | None] = pointing("app_user.id", index=False)
    taken_back_at: Mapped[datetime | None]
    state: Mapped[str] = short(10, default="asked")
    words: Mapped[str] = short(500, default="")
    gone: Mapped[bool] = mapped_column(default=False)
    answered_at: Mapped[datetime | None]
    answered_by: Mapped[str] = short(10, default="")
    answer_kept_by_id: Mapped[int | None] = pointing("app_user.id", index=False)
    token_hash: Mapped[str | None] = short(64, unique=True)
    mail: Mapped[str] = short(10, default="", index=True)
    is_thanks: Mapped[bool] = mapped_column(default=False)
    mail_why: Mapped[str] = short(20, default="")
    queued_at: Mapped[datetime | None]
    queued_by_id: Mapped[int | None] = pointing("app_user.id", index=False)
    tried_at: Mapped[datetime | None]
    sent_at: Mapped[datetime | None]
    used_on: Mapped[date | None]
    quantity: Mapped[Decimal | None] = mapped_column(Numeric(10, 2))
    used_words: Mapped[str] = short(500, default="")
    thanked_on: Mapped[date | None]
    thanked_by: Mapped[str] = short(10, default="")
    thanks: Mapped[str] = short(1000, default="")

    request: Mapped[HelpRequest] = relationship(lazy="raise")
