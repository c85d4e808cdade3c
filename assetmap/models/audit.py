"""Who did, read and took away what: rows that are only ever added, each bound to the one before.

A row holds keys, counts and names of fields; never what a field held, nobody's name or address.
Triggers in the database refuse to change or take out a row; see the migration.
"""

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, Index, Integer
from sqlalchemy.orm import Mapped, mapped_column, relationship

from assetmap.db import Model, now
from assetmap.models.columns import one_of, short, values
from assetmap.vocabulary import ActorKind

_LONG = BigInteger().with_variant(Integer, "sqlite")


class AuditEntry(Model):
    """One thing that was done, and to how many records.

    `seq` counts without gaps and gives the order; `at` may go back when a clock is set. `hash`
    is over all else in the row and `prev_hash`. `actor_id` and `agreement_id` are keys that stay
    when what they name is gone. `entity` and `uid` name what it was done to when that is one
    thing; `subject_count` and `subject_hash` sum up the rows of `audit_subject`.
    """

    __tablename__ = "audit_entry"
    __table_args__ = (
        one_of("actor_kind", values(ActorKind)),
        CheckConstraint("seq >= 1", name="seq"),
        Index("ix_audit_entry_actor_id_seq", "actor_id", "seq"),
        Index("ix_audit_entry_action_seq", "action", "seq"),
    )

    seq: Mapped[int] = mapped_column(_LONG, primary_key=True, autoincrement=False)
    at: Mapped[datetime] = mapped_column(index=True)
    actor_kind: Mapped[str] = short(10)
    actor_id: Mapped[int | None] = mapped_column(_LONG)
    action: Mapped[str] = short(24)
    entity: Mapped[str] = short(24)
    uid: Mapped[uuid.UUID | None]
    subject_count: Mapped[int]
    subject_hash: Mapped[str] = short(64)
    fields: Mapped[list[str]]
    purpose: Mapped[str] = short(200)
    agreement_id: Mapped[int | None] = mapped_column(_LONG)
    channel: Mapped[str] = short(12)
    request_id: Mapped[str] = short(32)
    ip_hash: Mapped[str] = short(32)
    details: Mapped[dict[str, Any]]
    prev_hash: Mapped[str] = short(64)
    hash: Mapped[str] = short(64)

    said: Mapped["AuditSaid | None"] = relationship(
        primaryjoin="foreign(AuditEntry.seq) == AuditSaid.seq", viewonly=True, lazy="raise"
    )


class AuditSaid(Model):
    """Words that were typed for a row's purpose, which holds a hash of them and the salt. They may
    go before the row does; nothing else may be done to them."""

    __tablename__ = "audit_said"

    seq: Mapped[int] = mapped_column(_LONG, primary_key=True, autoincrement=False)
    salt: Mapped[str] = short(32)
    words: Mapped[str] = short(200)


class AuditSubject(Model):
    """A record that something was done to, by its uid: an entry, a person, an import."""

    __tablename__ = "audit_subject"
    __table_args__ = ({"sqlite_with_rowid": False},)

    seq: Mapped[int] = mapped_column(_LONG, primary_key=True, autoincrement=False)
    uid: Mapped[uuid.UUID] = mapped_column(primary_key=True, index=True)


class AuditTeam(Model):
    """A team whose auditor sees the row, and how many of the records were that team's."""

    __tablename__ = "audit_team"
    __table_args__ = ({"sqlite_with_rowid": False},)

    team_id: Mapped[int] = mapped_column(_LONG, primary_key=True, autoincrement=False)
    seq: Mapped[int] = mapped_column(_LONG, primary_key=True, autoincrement=False, index=True)
    count: Mapped[int]


class AuditHead(Model):
    """The latest row, kept apart, so that one cut off at the end is missed. One row, always."""

    __tablename__ = "audit_head"
    __table_args__ = (CheckConstraint("id = 1", name="only_one"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    seq: Mapped[int] = mapped_column(_LONG)
    hash: Mapped[str] = short(64)


class AuditAnchor(Model):
    """Where the oldest rows were cut off, as retention has it: the next row is bound to `hash`."""

    __tablename__ = "audit_anchor"

    up_to_seq: Mapped[int] = mapped_column(_LONG, primary_key=True, autoincrement=False)
    hash: Mapped[str] = short(64)
    at: Mapped[datetime] = mapped_column(default=now)
