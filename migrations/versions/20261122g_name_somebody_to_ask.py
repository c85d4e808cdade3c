"""Name somebody to ask

Whom people ask about an event, and how they reach them: it belongs on everything that goes out.

Revision ID: 20261122g
Revises: 20261122f
"""

import sqlalchemy as sa
from alembic import op

revision = "20261122g"
down_revision = "20261122f"


def upgrade() -> None:
    who = sa.Column("ask_who", sa.String(length=120), nullable=False, server_default="")
    how = sa.Column("ask_how", sa.String(length=200), nullable=False, server_default="")
    op.add_column("engagement", who)
    op.add_column("engagement", how)


def downgrade() -> None:
    op.drop_column("engagement", "ask_how")
    op.drop_column("engagement", "ask_who")
