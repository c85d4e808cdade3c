"""Know where a contact's details came from

Somebody whose details were got from another, or read somewhere, is to be told within a month
(UK GDPR, Article 14). Of those who are kept already nobody has said yet where they came from.

Revision ID: 20261121m
Revises: 20261121l
"""

import sqlalchemy as sa
from alembic import op

revision = "20261121m"
down_revision = "20261121l"


def upgrade() -> None:
    op.add_column(
        "person",
        sa.Column("got_from", sa.String(length=10), nullable=False, server_default=""),
    )
    op.add_column("person", sa.Column("told_on", sa.Date(), nullable=True))


def downgrade() -> None:
    op.drop_column("person", "told_on")
    op.drop_column("person", "got_from")
