"""Know what phones suggest

Two people who changed the same field of an entry are told of it at a desk as a conflict, apart
from what anybody suggests of their own accord.

Revision ID: 20261121r
Revises: 20261121q
"""

import sqlalchemy as sa
from alembic import op

revision = "20261121r"
down_revision = "20261121q"


def upgrade() -> None:
    op.add_column(
        "proposal", sa.Column("from_phone", sa.Boolean(), nullable=False, server_default=sa.false())
    )


def downgrade() -> None:
    op.drop_column("proposal", "from_phone")
