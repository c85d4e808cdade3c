"""Hand over what is not ours to keep

Crime, safeguarding and intelligence are passed on, enciphered until they are, then cleared.

Revision ID: 20261121f
Revises: 20261121e
"""

revision = "20261121f"
down_revision = "20261121e"


def upgrade() -> None:
    """Nothing yet."""


def downgrade() -> None:
    """Nothing yet."""
