"""Take suggestions.

Revision ID: 20261121g
Revises: 20261121f
"""

revision = "20261121g"
down_revision = "20261121f"


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
