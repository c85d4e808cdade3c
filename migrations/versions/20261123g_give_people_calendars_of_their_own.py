"""Give people calendars of their own

An address with a secret, at which a calendar program reads the events of somebody's teams.

Revision ID: 20261123g
Revises: 20261123f
"""

import sqlalchemy as sa
from alembic import op

revision = "20261123g"
down_revision = "20261123f"

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
AT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "feed_address",
        sa.Column("id", KEY, nullable=False),
        sa.Column("uid", sa.Uuid(), nullable=False),
        sa.Column("user_id", KEY, nullable=False),
        sa.Column("secret_hash", sa.String(64), nullable=False),
        sa.Column("created_at", AT, nullable=False),
        sa.Column("last_used_at", AT, nullable=True),
        sa.Column("ended_at", AT, nullable=True),
        sa.ForeignKeyConstraint(
            ["user_id"], ["app_user.id"], name=op.f("fk_feed_address_user_id_app_user")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_feed_address")),
        sa.UniqueConstraint("secret_hash", name=op.f("uq_feed_address_secret_hash")),
        sa.UniqueConstraint("uid", name=op.f("uq_feed_address_uid")),
    )
    op.create_index(op.f("ix_feed_address_user_id"), "feed_address", ["user_id"])


def downgrade() -> None:
    op.drop_table("feed_address")
