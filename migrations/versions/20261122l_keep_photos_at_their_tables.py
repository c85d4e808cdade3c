"""Keep photos at their tables

At which table of an event a photo was taken: its flip chart is shown with what was noted there.

Revision ID: 20261122l
Revises: 20261122k
"""

import sqlalchemy as sa
from alembic import op

revision = "20261122l"
down_revision = "20261122k"


def upgrade() -> None:
    op.add_column("attachment", sa.Column("at_table", sa.Integer(), nullable=True))


def downgrade() -> None:
    op.drop_column("attachment", "at_table")
