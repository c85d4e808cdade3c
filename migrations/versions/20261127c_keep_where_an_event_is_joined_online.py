"""Keep where an event is joined online

Events could be held online, or both ways, and nothing said by which link.

Revision ID: 20261127c
Revises: 20261127b
"""

import sqlalchemy as sa
from alembic import op

revision = "20261127c"
down_revision = "20261127b"


def upgrade() -> None:
    link = sa.Column("join_link", sa.String(300), nullable=False, server_default="")
    op.add_column("engagement", link)


def downgrade() -> None:
    op.drop_column("engagement", "join_link")
