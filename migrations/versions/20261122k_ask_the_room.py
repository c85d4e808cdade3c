"""Ask the room

Questions that people at an event answer on their phones, and answers that say nothing of whose.

Revision ID: 20261122k
Revises: 20261122j
"""

import sqlalchemy as sa
from alembic import op

revision = "20261122k"
down_revision = "20261122j"

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "poll",
        sa.Column("id", KEY, nullable=False),
        sa.Column("uid", sa.Uuid(), nullable=False),
        sa.Column("engagement_id", KEY, nullable=False),
        sa.Column("part_id", KEY, nullable=True),
        sa.Column("code", sa.String(length=8), nullable=False),
        sa.Column("asks", sa.String(length=200), nullable=False),
        sa.Column("kind", sa.String(length=6), nullable=False),
        sa.Column("options", sa.JSON(), nullable=False),
        sa.Column("opened_at", MOMENT, nullable=True),
        sa.Column("closes_at", MOMENT, nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("removed_at", MOMENT, nullable=True),
        sa.CheckConstraint("kind IN ('choice', 'scale')", name=op.f("ck_poll_kind")),
        sa.CheckConstraint("length(code) >= 6", name=op.f("ck_poll_code")),
        sa.CheckConstraint("length(asks) > 0", name=op.f("ck_poll_asks")),
        sa.CheckConstraint(
            "(opened_at IS NULL AND closes_at IS NULL) OR closes_at >= opened_at",
            name=op.f("ck_poll_closes_at"),
        ),
        sa.ForeignKeyConstraint(
            ["engagement_id"], ["engagement.id"], name=op.f("fk_poll_engagement_id_engagement")
        ),
        sa.ForeignKeyConstraint(
            ["part_id"], ["event_part.id"], name=op.f("fk_poll_part_id_event_part")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_poll")),
        sa.UniqueConstraint("uid", name=op.f("uq_poll_uid")),
    )
    op.create_index(op.f("ix_poll_engagement_id"), "poll", ["engagement_id"])
    op.create_index(op.f("ix_poll_code"), "poll", ["code"])
    op.create_table(
        "poll_answer",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("poll_id", KEY, nullable=False),
        sa.Column("voter", sa.String(length=64), nullable=False),
        sa.Column("chosen", sa.Integer(), nullable=False),
        sa.CheckConstraint("chosen BETWEEN 1 AND 10", name=op.f("ck_poll_answer_chosen")),
        sa.ForeignKeyConstraint(["poll_id"], ["poll.id"], name=op.f("fk_poll_answer_poll_id_poll")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_poll_answer")),
        sa.UniqueConstraint("poll_id", "voter", name=op.f("uq_poll_answer_poll_id_voter")),
    )


def downgrade() -> None:
    op.drop_table("poll_answer")
    op.drop_table("poll")
