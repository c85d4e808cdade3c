"""Keep people and what they agreed to

A person is reached through a role at a group or place, and only for what they agreed to.

Revision ID: 20261121e
Revises: 20261121d
"""

revision = "20261121e"
down_revision = "20261121d"


def upgrade() -> None:
    """Nothing yet."""


def downgrade() -> None:
    """Nothing yet."""
