"""Keep typed purposes apart

Words that somebody types for a purpose may name a person, whatever they were asked. From now on
the account holds only a hash of them, and the words lie beside it, where they can be let go of.

Revision ID: 20261121o
Revises: 20261121n
"""

import sqlalchemy as sa
from alembic import op

revision = "20261121o"
down_revision = "20261121n"

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "audit_said",
        sa.Column("seq", KEY, autoincrement=False, nullable=False),
        sa.Column("salt", sa.String(length=32), nullable=False),
        sa.Column("words", sa.String(length=200), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_audit_said")),
    )


def downgrade() -> None:
    op.drop_table("audit_said")
