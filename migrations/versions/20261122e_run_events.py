"""Run events

The parts of an event in their order, and since when what was said has an answer.

Revision ID: 20261122e
Revises: 20261122d
"""

import sqlalchemy as sa
from alembic import op

revision = "20261122e"
down_revision = "20261122d"

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "event_part",
        sa.Column("id", KEY, nullable=False),
        sa.Column("uid", sa.Uuid(), nullable=False),
        sa.Column("engagement_id", KEY, nullable=False),
        sa.Column("day", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("title", sa.String(length=120), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("question", sa.String(length=500), nullable=False),
        sa.Column("target", sa.String(length=300), nullable=False),
        sa.Column("lead", sa.String(length=80), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.Column("removed_at", MOMENT, nullable=True),
        sa.CheckConstraint(
            "kind IN ('opening', 'understand', 'solve', 'prioritise', 'report_back', 'break',"
            " 'close', 'other')",
            name=op.f("ck_event_part_kind"),
        ),
        sa.CheckConstraint("minutes BETWEEN 1 AND 1440", name=op.f("ck_event_part_minutes")),
        sa.CheckConstraint("day BETWEEN 1 AND 366", name=op.f("ck_event_part_day")),
        sa.CheckConstraint("length(title) > 0", name=op.f("ck_event_part_title")),
        sa.ForeignKeyConstraint(
            ["engagement_id"],
            ["engagement.id"],
            name=op.f("fk_event_part_engagement_id_engagement"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_event_part")),
        sa.UniqueConstraint("uid", name=op.f("uq_event_part_uid")),
    )
    op.create_index(op.f("ix_event_part_engagement_id"), "event_part", ["engagement_id"])
    op.add_column("action", sa.Column("answered_at", MOMENT, nullable=True))
    op.execute(
        "UPDATE action SET answered_at = COALESCE(published_at, created_at)"
        " WHERE status IN ('done', 'partly_done', 'not_possible')"
    )


def downgrade() -> None:
    op.drop_column("action", "answered_at")
    op.drop_table("event_part")
