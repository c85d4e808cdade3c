"""Keep no longer than needed

Rules say how long; a person approves; what was cleared is proved. People may ask what is held.

Revision ID: 20261121h
Revises: 20261121g
"""

revision = "20261121h"
down_revision = "20261121g"


def upgrade() -> None:
    """Nothing yet."""


def downgrade() -> None:
    """Nothing yet."""
