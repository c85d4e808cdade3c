"""Count at the door

How many came to an event, as they were counted when they came in, by group and without names.

Revision ID: 20261122j
Revises: 20261122i
"""

import sqlalchemy as sa
from alembic import op

revision = "20261122j"
down_revision = "20261122i"

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "event_arrival",
        sa.Column("id", KEY, nullable=False),
        sa.Column("uid", sa.Uuid(), nullable=False),
        sa.Column("engagement_id", KEY, nullable=False),
        sa.Column("came_with_id", KEY, nullable=True),
        sa.Column("people", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by_id", KEY, nullable=True),
        sa.CheckConstraint("people BETWEEN 1 AND 50", name=op.f("ck_event_arrival_people")),
        sa.ForeignKeyConstraint(
            ["engagement_id"],
            ["engagement.id"],
            name=op.f("fk_event_arrival_engagement_id_engagement"),
        ),
        sa.ForeignKeyConstraint(
            ["came_with_id"], ["entry.id"], name=op.f("fk_event_arrival_came_with_id_entry")
        ),
        sa.ForeignKeyConstraint(
            ["created_by_id"],
            ["app_user.id"],
            name=op.f("fk_event_arrival_created_by_id_app_user"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_event_arrival")),
        sa.UniqueConstraint("uid", name=op.f("uq_event_arrival_uid")),
    )
    op.create_index(op.f("ix_event_arrival_engagement_id"), "event_arrival", ["engagement_id"])
    op.create_index(op.f("ix_event_arrival_came_with_id"), "event_arrival", ["came_with_id"])


def downgrade() -> None:
    op.drop_table("event_arrival")
