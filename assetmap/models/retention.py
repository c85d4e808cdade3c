"""How long things are kept, what was cleared for that reason, and what a person had kept longer."""

import uuid
from datetime import date, datetime

from sqlalchemy import BigInteger, CheckConstraint, Integer, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from assetmap.db import Identified, Model, now
from assetmap.models.columns import one_of, pointing, short, values
from assetmap.models.people import User
from assetmap.schemas.retention import RetentionAction

_LONG = BigInteger().with_variant(Integer, "sqlite")
RUN_STATES = ("planned", "approved", "done", "cancelled")
ITEM_STATES = ("due", "done", "kept", "passed")
LEAST_MONTHS, MOST_MONTHS = 1, 240


class RetentionRule(Model):
    """How many months after which event something goes, and how. One for each sort of thing."""

    __tablename__ = "retention_rule"
    __table_args__ = (
        CheckConstraint(f"months BETWEEN {LEAST_MONTHS} AND {MOST_MONTHS}", name="months"),
        one_of("action", values(RetentionAction)),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    entity: Mapped[str] = short(24, unique=True)
    trigger: Mapped[str] = short(40)
    months: Mapped[int]
    action: Mapped[str] = short(10)
    is_active: Mapped[bool] = mapped_column(default=True)
    changed_at: Mapped[datetime | None]
    changed_by_id: Mapped[int | None] = pointing("app_user.id", index=False)


class RetentionRun(Identified, Model):
    """One use of a rule: what would go, who said yes and why, what went, and the proof of it.

    It has its own copy of the rule, as that was. `before`: whatever began to count earlier goes.
    `proof`: SHA-256 over what went; see `register.retention.proof_of`.
    """

    __tablename__ = "retention_run"
    __table_args__ = (
        one_of("status", RUN_STATES),
        one_of("action", values(RetentionAction)),
        CheckConstraint("(approved_at IS NULL) = (reason = '')", name="approved_with_reason"),
        CheckConstraint("status <> 'done' OR length(proof) = 64", name="done_is_proved"),
    )

    entity: Mapped[str] = short(24, index=True)
    trigger: Mapped[str] = short(40)
    months: Mapped[int]
    action: Mapped[str] = short(10)
    before: Mapped[datetime]
    status: Mapped[str] = short(10, default="planned")
    due_count: Mapped[int] = mapped_column(default=0)
    done_count: Mapped[int] = mapped_column(default=0)
    kept_count: Mapped[int] = mapped_column(default=0)
    passed_count: Mapped[int] = mapped_column(default=0)
    has_more: Mapped[bool] = mapped_column(default=False)  # than one run takes on
    proof: Mapped[str] = short(64, default="")
    planned_at: Mapped[datetime] = mapped_column(default=now)
    planned_by_id: Mapped[int | None] = pointing("app_user.id", index=False)
    approved_at: Mapped[datetime | None]
    approved_by_id: Mapped[int | None] = pointing("app_user.id", index=False)
    reason: Mapped[str] = short(500, default="")
    finished_at: Mapped[datetime | None]

    planned_by: Mapped[User | None] = relationship(foreign_keys=[planned_by_id], lazy="raise")
    approved_by: Mapped[User | None] = relationship(foreign_keys=[approved_by_id], lazy="raise")


class RetentionItem(Model):
    """One thing that a run is about, by its key; nothing of what it said.

    `row_count`: how many rows it stands for. status: due, done, kept by a decision made since, or
    passed over because it no longer was due.
    """

    __tablename__ = "retention_item"
    __table_args__ = (one_of("status", ITEM_STATES), UniqueConstraint("run_id", "number"))

    id: Mapped[int] = mapped_column(_LONG, primary_key=True)
    run_id: Mapped[int] = pointing("retention_run.id", index=False)
    number: Mapped[int] = mapped_column(_LONG, index=True)
    uid: Mapped[uuid.UUID | None]
    since: Mapped[datetime]
    row_count: Mapped[int] = mapped_column(default=1)
    status: Mapped[str] = short(6, default="due")
    done_at: Mapped[datetime | None]


class RetentionDecision(Model):
    """A person looked at a thing that was due, and had it kept: why, and until when."""

    __tablename__ = "retention_decision"
    __table_args__ = (CheckConstraint("length(because) > 0", name="because"),)

    id: Mapped[int] = mapped_column(_LONG, primary_key=True)
    entity: Mapped[str] = short(24)
    number: Mapped[int] = mapped_column(_LONG)
    uid: Mapped[uuid.UUID] = mapped_column(index=True)
    because: Mapped[str] = short(500)
    until: Mapped[date]
    at: Mapped[datetime] = mapped_column(default=now)
    by_id: Mapped[int | None] = pointing("app_user.id", index=False)
    by: Mapped[User | None] = relationship(lazy="raise")
