"""Let go in time.

Revision ID: 20261121h
Revises: 20261121g
"""

revision = "20261121h"
down_revision = "20261121g"


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
