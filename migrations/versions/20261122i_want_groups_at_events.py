"""Want groups at events

Which groups an event wants to have there, so that two events that want the same on one day are seen.

Revision ID: 20261122i
Revises: 20261122h
"""

import sqlalchemy as sa
from alembic import op

revision = "20261122i"
down_revision = "20261122h"

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "event_guest",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("engagement_id", KEY, nullable=False),
        sa.Column("guest_id", KEY, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by_id", KEY, nullable=True),
        sa.ForeignKeyConstraint(
            ["engagement_id"],
            ["engagement.id"],
            name=op.f("fk_event_guest_engagement_id_engagement"),
        ),
        sa.ForeignKeyConstraint(
            ["guest_id"], ["entry.id"], name=op.f("fk_event_guest_guest_id_entry")
        ),
        sa.ForeignKeyConstraint(
            ["created_by_id"], ["app_user.id"], name=op.f("fk_event_guest_created_by_id_app_user")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_event_guest")),
    )
    op.create_index(op.f("ix_event_guest_engagement_id"), "event_guest", ["engagement_id"])
    op.create_index(op.f("ix_event_guest_guest_id"), "event_guest", ["guest_id"])


def downgrade() -> None:
    op.drop_table("event_guest")
