"""Take proposals from people without rights

Whoever knows better may say so; somebody with the right accepts or refuses it.

Revision ID: 20261121g
Revises: 20261121f
"""

revision = "20261121g"
down_revision = "20261121f"


def upgrade() -> None:
    """Nothing yet."""


def downgrade() -> None:
    """Nothing yet."""
