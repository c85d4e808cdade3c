"""Plan events

What has been settled about the 25 points that a good event goes through.

Revision ID: 20261122c
Revises: 20261122b
"""

import sqlalchemy as sa
from alembic import op

revision = "20261122c"
down_revision = "20261122b"

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "plan_item",
        sa.Column("id", KEY, nullable=False),
        sa.Column("uid", sa.Uuid(), nullable=False),
        sa.Column("engagement_id", KEY, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("status", sa.String(length=14), nullable=False),
        sa.Column("note", sa.String(length=1000), nullable=False),
        sa.Column("owner", sa.String(length=80), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_by_id", KEY, nullable=True),
        sa.CheckConstraint(
            "status IN ('todo', 'done', 'not_applicable', 'waived')",
            name=op.f("ck_plan_item_status"),
        ),
        sa.CheckConstraint("number BETWEEN 1 AND 25", name=op.f("ck_plan_item_number")),
        sa.CheckConstraint("status = 'todo' OR length(note) > 0", name=op.f("ck_plan_item_note")),
        sa.ForeignKeyConstraint(
            ["engagement_id"], ["engagement.id"], name=op.f("fk_plan_item_engagement_id_engagement")
        ),
        sa.ForeignKeyConstraint(
            ["updated_by_id"], ["app_user.id"], name=op.f("fk_plan_item_updated_by_id_app_user")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plan_item")),
        sa.UniqueConstraint(
            "engagement_id", "number", name=op.f("uq_plan_item_engagement_id_number")
        ),
        sa.UniqueConstraint("uid", name=op.f("uq_plan_item_uid")),
    )


def downgrade() -> None:
    op.drop_table("plan_item")
