"""Write letters

What is mailed because of a change is kept with that change, so that it goes out from whichever
door the change came in by, once, and not at all when the change came to nothing.

Revision ID: 20261121j
Revises: 20261121i
"""

import sqlalchemy as sa
from alembic import op

revision = "20261121j"
down_revision = "20261121i"

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "letter",
        sa.Column("id", KEY, nullable=False),
        sa.Column("uid", sa.Uuid(), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("subject", sa.String(length=200), nullable=False),
        sa.Column("text", sa.String(length=6000), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tried_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("length(email) > 0", name=op.f("ck_letter_email")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_letter")),
        sa.UniqueConstraint("uid", name=op.f("uq_letter_uid")),
    )


def downgrade() -> None:
    op.drop_table("letter")
