"""Bodies, teams and the people who sign in."""

from datetime import datetime

from sqlalchemy import UniqueConstraint, false
from sqlalchemy.orm import Mapped, mapped_column, relationship, validates

from assetmap.db import Identified, Model, now
from assetmap.models.columns import one_of, pointing, short, values
from assetmap.schemas.text import small_address
from assetmap.vocabulary import PARTNER_KINDS, Role, TokenScope


class Partner(Identified, Model):
    """A body that works with others through the register: a force, a council, a charity."""

    __tablename__ = "partner"
    __table_args__ = (one_of("kind", PARTNER_KINDS),)

    name: Mapped[str] = short(120, unique=True)
    kind: Mapped[str] = short(20, default="other")
    is_active: Mapped[bool] = mapped_column(default=True)


class Team(Identified, Model):
    """People who log together and own what they log."""

    __tablename__ = "team"

    name: Mapped[str] = short(80, unique=True)
    partner_id: Mapped[int | None] = pointing("partner.id")
    asks_approval: Mapped[bool] = mapped_column(server_default=false())  # of invite lists
    partner: Mapped[Partner | None] = relationship(lazy="raise")


class User(Identified, Model):
    """Somebody who signs in."""

    __tablename__ = "app_user"  # "user" is a reserved word of PostgreSQL

    name: Mapped[str] = short(80)
    email: Mapped[str] = short(254, unique=True)
    is_active: Mapped[bool] = mapped_column(default=True)
    last_seen_at: Mapped[datetime | None]
    memberships: Mapped[list["Membership"]] = relationship(back_populates="user", lazy="raise")

    @validates("email")
    def _small(self, _name: str, given: str) -> str:
        return small_address(given)


class WorkAccount(Model):
    """The account at a sign-in provider that is somebody's; of its key only a hash is kept."""

    __tablename__ = "work_account"

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = pointing("app_user.id", index=False, unique=True)
    account_hash: Mapped[str] = short(64, unique=True)
    created_at: Mapped[datetime] = mapped_column(default=now)


class Membership(Model):
    """What a person may do in a team: everywhere, or only in these areas and categories.

    `areas` holds "type:code", `categories` codes; an empty list sets no limit.
    """

    __tablename__ = "membership"
    __table_args__ = (one_of("role", values(Role)), UniqueConstraint("user_id", "team_id", "role"))

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = pointing("app_user.id")
    team_id: Mapped[int] = pointing("team.id")
    role: Mapped[str] = short(20)
    areas: Mapped[list[str]] = mapped_column(default=list, server_default="[]")
    categories: Mapped[list[str]] = mapped_column(default=list, server_default="[]")
    user: Mapped[User] = relationship(back_populates="memberships", lazy="raise")
    team: Mapped[Team] = relationship(lazy="raise")


class SignInLink(Model):
    """A link that signs one person in, once; only its hash is kept."""

    __tablename__ = "sign_in_link"

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = pointing("app_user.id")
    token_hash: Mapped[str] = short(64, unique=True)
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class ApiToken(Model):
    """A key for the JSON door, acting as its person; only its hash is kept."""

    __tablename__ = "api_token"
    __table_args__ = (one_of("scope", values(TokenScope)),)

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = pointing("app_user.id")
    token_hash: Mapped[str] = short(64, unique=True)
    name: Mapped[str] = short(80, default="")
    scope: Mapped[str] = short(5, default=TokenScope.WRITE, server_default="write")
    team_id: Mapped[int | None] = pointing("team.id")  # the one team it acts in; none: all of them
    created_at: Mapped[datetime] = mapped_column(default=now)
    expires_at: Mapped[datetime] = mapped_column(index=True)
    revoked_at: Mapped[datetime | None]
    last_used_at: Mapped[datetime | None]  # to the minute
    user: Mapped[User] = relationship(lazy="raise")
    team: Mapped[Team | None] = relationship(lazy="raise")
