"""Say how promises go

The body that does what people asked for says how far it is, for the team that keeps the event.

Revision ID: 20261123d
Revises: 20261123c
"""

import sqlalchemy as sa
from alembic import op

revision = "20261123d"
down_revision = "20261123c"

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
AT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "action_report",
        sa.Column("id", KEY, nullable=False),
        sa.Column("uid", sa.Uuid(), nullable=False),
        sa.Column("action_id", KEY, nullable=False),
        sa.Column("how_far", sa.String(12), nullable=False),
        sa.Column("words", sa.String(1000), nullable=False),
        sa.Column("created_at", AT, nullable=False),
        sa.Column("created_by_id", KEY, nullable=True),
        sa.Column("removed_at", AT, nullable=True),
        sa.CheckConstraint(
            "how_far IN ('in_progress', 'done', 'partly_done', 'not_possible')",
            name=op.f("ck_action_report_how_far"),
        ),
        sa.CheckConstraint("length(words) > 0", name=op.f("ck_action_report_words")),
        sa.ForeignKeyConstraint(
            ["action_id"], ["action.id"], name=op.f("fk_action_report_action_id_action")
        ),
        sa.ForeignKeyConstraint(
            ["created_by_id"], ["app_user.id"], name=op.f("fk_action_report_created_by_id_app_user")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_action_report")),
        sa.UniqueConstraint("uid", name=op.f("uq_action_report_uid")),
    )
    op.create_index(op.f("ix_action_report_action_id"), "action_report", ["action_id"])


def downgrade() -> None:
    op.drop_table("action_report")
