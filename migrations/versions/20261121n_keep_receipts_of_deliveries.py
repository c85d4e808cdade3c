"""Keep receipts of deliveries

A phone numbers what it queues; a receipt for each number tells it what has arrived, and lets the
same delivery sent twice do nothing the second time.

Revision ID: 20261121n
Revises: 20261121m
"""

import sqlalchemy as sa
from alembic import op

revision = "20261121n"
down_revision = "20261121m"

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "receipt",
        sa.Column("id", KEY, nullable=False),
        sa.Column("uid", sa.Uuid(), nullable=False),
        sa.Column("device", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("user_id", KEY, nullable=False),
        sa.Column("what", sa.String(length=8), nullable=False),
        sa.Column("about", sa.Uuid(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("number BETWEEN 1 AND 1000000", name=op.f("ck_receipt_number")),
        sa.CheckConstraint(
            "what IN ('entry', 'change', 'check', 'photo', 'voice', 'track', 'status')",
            name=op.f("ck_receipt_what"),
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["app_user.id"], name=op.f("fk_receipt_user_id_app_user")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_receipt")),
        sa.UniqueConstraint("device", "number", name=op.f("uq_receipt_device_number")),
        sa.UniqueConstraint("uid", name=op.f("uq_receipt_uid")),
    )
    op.create_index(op.f("ix_receipt_user_id"), "receipt", ["user_id"])


def downgrade() -> None:
    op.drop_table("receipt")
