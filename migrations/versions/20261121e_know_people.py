"""Know people, and what they consented to.

Revision ID: 20261121e
Revises: 20261121d
"""

revision = "20261121e"
down_revision = "20261121d"


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
