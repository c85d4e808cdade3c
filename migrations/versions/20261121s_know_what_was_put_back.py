"""Know what was put back

What was passed on by mistake is put back where it was; such a referral is not counted. Addresses
that people sign in with are kept in small letters, so that both databases find É by é.

Revision ID: 20261121s
Revises: 20261121r
"""

import unicodedata

import sqlalchemy as sa
from alembic import op

revision = "20261121s"
down_revision = "20261121r"


def upgrade() -> None:
    op.add_column("referral", sa.Column("put_back_at", sa.DateTime(timezone=True), nullable=True))
    _make_small()


def _make_small() -> None:
    """Of two that differ in capitals alone the older keeps the address; the other stays as it is."""
    user = sa.table("app_user", sa.column("id", sa.Integer), sa.column("email", sa.String))
    rows = op.get_bind().execute(sa.select(user.c.id, user.c.email).order_by(user.c.id)).all()
    taken = {email for _, email in rows}
    for key, email in rows:
        small = unicodedata.normalize("NFC", email).strip().lower()
        if small not in taken:
            op.execute(user.update().where(user.c.id == key).values(email=small))
            taken.add(small)


def downgrade() -> None:
    op.drop_column("referral", "put_back_at")
