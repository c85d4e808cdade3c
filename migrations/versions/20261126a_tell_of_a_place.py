"""Tell those of their place who are not mailed

Whoever was asked by letter or by phone and moves up from the waiting list is told by somebody of
the team; that they were is kept, so that nobody is forgotten or rung twice.

Revision ID: 20261126a
Revises: 20261125b
"""

import sqlalchemy as sa
from alembic import op

revision = "20261126a"
down_revision = "20261125b"


def upgrade() -> None:
    told_at = sa.Column("place_told_at", sa.DateTime(timezone=True), nullable=True)
    op.add_column("invite_reply", told_at)


def downgrade() -> None:
    op.drop_column("invite_reply", "place_told_at")
