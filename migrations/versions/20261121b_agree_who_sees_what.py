"""Agree who sees what.

Revision ID: 20261121b
Revises: 20261121a
"""

revision = "20261121b"
down_revision = "20261121a"


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
