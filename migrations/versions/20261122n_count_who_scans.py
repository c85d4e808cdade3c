"""Count who scans

How often a code that hangs somewhere was scanned, and how many of them went further, by the day.

Revision ID: 20261122n
Revises: 20261122m
"""

import sqlalchemy as sa
from alembic import op

revision = "20261122n"
down_revision = "20261122m"

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "counter",
        sa.Column("id", KEY, nullable=False),
        sa.Column("uid", sa.Uuid(), nullable=False),
        sa.Column("leads_to_id", KEY, nullable=False),
        sa.Column("code", sa.String(length=8), nullable=False),
        sa.Column("hangs_at", sa.String(length=80), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("removed_at", MOMENT, nullable=True),
        sa.CheckConstraint("length(code) >= 6", name=op.f("ck_counter_code")),
        sa.CheckConstraint("length(hangs_at) > 0", name=op.f("ck_counter_hangs_at")),
        sa.ForeignKeyConstraint(
            ["leads_to_id"], ["entry.id"], name=op.f("fk_counter_leads_to_id_entry")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_counter")),
        sa.UniqueConstraint("uid", name=op.f("uq_counter_uid")),
        sa.UniqueConstraint("code", name=op.f("uq_counter_code")),
    )
    op.create_index(op.f("ix_counter_leads_to_id"), "counter", ["leads_to_id"])
    op.create_table(
        "counter_day",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("counter_id", KEY, nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("step", sa.String(length=8), nullable=False),
        sa.Column("times", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "step IN ('scan', 'interest', 'joined')", name=op.f("ck_counter_day_step")
        ),
        sa.CheckConstraint("times > 0", name=op.f("ck_counter_day_times")),
        sa.ForeignKeyConstraint(
            ["counter_id"], ["counter.id"], name=op.f("fk_counter_day_counter_id_counter")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_counter_day")),
        sa.UniqueConstraint(
            "counter_id", "day", "step", name=op.f("uq_counter_day_counter_id_day_step")
        ),
    )


def downgrade() -> None:
    op.drop_table("counter_day")
    op.drop_table("counter")
