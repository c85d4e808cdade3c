"""Know work accounts by their key

An address may go to somebody else at work; the key that the provider gives an account does not.
The account that signs somebody in first is theirs until an administrator lets another one in.

Revision ID: 20261121i
Revises: 20261121h
"""

import sqlalchemy as sa
from alembic import op

revision = "20261121i"
down_revision = "20261121h"

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "work_account",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", KEY, nullable=False),
        sa.Column("account_hash", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["app_user.id"], name=op.f("fk_work_account_user_id_app_user")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_work_account")),
        sa.UniqueConstraint("account_hash", name=op.f("uq_work_account_account_hash")),
        sa.UniqueConstraint("user_id", name=op.f("uq_work_account_user_id")),
    )


def downgrade() -> None:
    op.drop_table("work_account")
