"""Sign people in, and out.

Revision ID: 20261121c
Revises: 20261121b
"""

revision = "20261121c"
down_revision = "20261121b"


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
