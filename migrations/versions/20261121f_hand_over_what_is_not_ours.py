"""Hand over what is not ours to keep.

Revision ID: 20261121f
Revises: 20261121e
"""

revision = "20261121f"
down_revision = "20261121e"


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
