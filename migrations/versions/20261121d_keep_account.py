"""Keep account of who did and saw what.

Revision ID: 20261121d
Revises: 20261121c
"""

revision = "20261121d"
down_revision = "20261121c"


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
