"""Who is signed in where, and what they prove it with besides their e-mail."""

from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, Integer, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from assetmap.db import Model, now
from assetmap.models.columns import pointing, short
from assetmap.models.people import User

_LONG = BigInteger().with_variant(Integer, "sqlite")


class UserSession(Model):
    """Somebody signed in with one browser. The cookie has the secret, this row only its hash.

    It ends when the row goes. No address is kept, and of the browser only its family.
    `awaits_code`: the link was right, the authenticator's code is still to come. `proved_at`:
    when a second factor was given, here or where the person signed in for us.
    """

    __tablename__ = "user_session"
    __table_args__ = (CheckConstraint("expires_at > created_at", name="ends"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = pointing("app_user.id")
    secret_hash: Mapped[str] = short(64, unique=True)
    created_at: Mapped[datetime] = mapped_column(default=now)
    last_seen_at: Mapped[datetime] = mapped_column(default=now)  # to the minute
    expires_at: Mapped[datetime] = mapped_column(index=True)
    shared_device: Mapped[bool] = mapped_column(default=False)
    agent: Mapped[str] = short(40, default="")
    awaits_code: Mapped[bool] = mapped_column(default=False)
    proved_at: Mapped[datetime | None]
    user: Mapped[User] = relationship(lazy="raise")


class Authenticator(Model):
    """An app that shows a new code every thirty seconds; its key is kept encrypted.

    `last_step` is the half minute of the last code taken, so that none is taken twice.
    `failures` counts wrong codes since `failing_since`.
    """

    __tablename__ = "authenticator"
    __table_args__ = (CheckConstraint("failures >= 0", name="failures"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = pointing("app_user.id", index=False, unique=True)
    sealed_key: Mapped[str] = short(300)
    created_at: Mapped[datetime] = mapped_column(default=now)
    confirmed_at: Mapped[datetime | None]
    last_step: Mapped[int] = mapped_column(_LONG, default=0)
    failures: Mapped[int] = mapped_column(default=0)
    failing_since: Mapped[datetime | None]


class RecoveryCode(Model):
    """One of the codes that stand in, once each, for a lost authenticator; only hashes are kept."""

    __tablename__ = "recovery_code"
    __table_args__ = (UniqueConstraint("user_id", "code_hash"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = pointing("app_user.id")
    code_hash: Mapped[str] = short(64)
    used_at: Mapped[datetime | None]
