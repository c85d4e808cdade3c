"""Tell that an event is off

When the message was made ready by which somebody who was invited hears that it does not take place.

Revision ID: 20261124f
Revises: 20261124d
"""

import sqlalchemy as sa
from alembic import op

revision = "20261124f"
down_revision = "20261124d"


def upgrade() -> None:
    op.add_column("invite_reply", sa.Column("off_at", sa.DateTime(timezone=True)))


def downgrade() -> None:
    op.drop_column("invite_reply", "off_at")
