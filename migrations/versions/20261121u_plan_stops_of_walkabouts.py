"""Plan the stops of walkabouts

A walkabout lists the streets or places it is planned to pass, in order.

Revision ID: 20261121u
Revises: 20261121t
"""

import sqlalchemy as sa
from alembic import op

revision = "20261121u"
down_revision = "20261121t"


def upgrade() -> None:
    op.add_column("walkabout", sa.Column("stops", sa.JSON(), nullable=False, server_default="[]"))


def downgrade() -> None:
    op.drop_column("walkabout", "stops")
