"""Take proposals from people without rights

Whoever knows better may say so; somebody with the right accepts or refuses it. The owner of a
listing may be invited to say so by name.

Revision ID: 20261121g
Revises: 20261121f
"""

import sqlalchemy as sa
from alembic import op

revision = "20261121g"
down_revision = "20261121f"

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.DateTime(timezone=True)
KINDS = "'asset', 'group', 'offer', 'finding', 'walkabout', 'engagement', 'hotspot'"
ABOUT = "'closed', 'moved', 'details', 'other', 'right', 'new'"
STATES = "'open', 'accepted', 'partly', 'refused', 'withdrawn', 'overtaken'"
RULES = {
    "kind": f"kind IN ({KINDS})",
    "about": f"about IN ({ABOUT})",
    "state": f"state IN ({STATES})",
    "base_version": "(about = 'new') = (base_version IS NULL)",
    "entry": "about = 'new' OR entry_id IS NOT NULL",
    "answered": "(state = 'open') = (answered_at IS NULL)",
    "reply_to": "state = 'open' OR reply_to IS NULL",
    "digest": "(state = 'open') = (digest IS NOT NULL)",
}


def upgrade() -> None:
    op.create_table(
        "proposal",
        sa.Column("id", KEY, nullable=False),
        sa.Column("uid", sa.Uuid(), nullable=False),
        sa.Column("entry_id", KEY, nullable=True),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("about", sa.String(length=10), nullable=False),
        sa.Column("base_version", sa.Integer(), nullable=True),
        sa.Column("changes", sa.JSON(), nullable=False),
        sa.Column("note", sa.String(length=2000), nullable=False),
        sa.Column("by_id", KEY, nullable=True),
        sa.Column("from_owner", sa.Boolean(), nullable=False),
        sa.Column("reply_to", sa.String(length=254), nullable=True),
        sa.Column("digest", sa.String(length=64), nullable=True),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("answered_at", INSTANT, nullable=True),
        sa.Column("answered_by_id", KEY, nullable=True),
        sa.Column("answer", sa.String(length=500), nullable=False),
        sa.Column("accepted", sa.JSON(), nullable=False),
        *(
            sa.CheckConstraint(rule, name=op.f(f"ck_proposal_{name}"))
            for name, rule in RULES.items()
        ),
        *(
            _points("proposal", column, to)
            for column, to in (
                ("entry_id", "entry"),
                ("by_id", "app_user"),
                ("answered_by_id", "app_user"),
            )
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_proposal")),
        sa.UniqueConstraint("uid", name=op.f("uq_proposal_uid")),
        sa.UniqueConstraint("digest", name=op.f("uq_proposal_digest")),
    )
    for column in ("entry_id", "by_id", "state"):
        op.create_index(op.f(f"ix_proposal_{column}"), "proposal", [column])
    op.create_table(
        "claim",
        sa.Column("id", KEY, nullable=False),
        sa.Column("uid", sa.Uuid(), nullable=False),
        sa.Column("entry_id", KEY, nullable=False),
        sa.Column("team_id", KEY, nullable=False),
        sa.Column("email", sa.String(length=254), nullable=True),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("created_by_id", KEY, nullable=True),
        sa.Column("expires_at", INSTANT, nullable=False),
        sa.Column("user_id", KEY, nullable=True),
        sa.Column("used_at", INSTANT, nullable=True),
        sa.Column("ended_at", INSTANT, nullable=True),
        sa.CheckConstraint("expires_at > created_at", name=op.f("ck_claim_expires")),
        sa.CheckConstraint("(used_at IS NULL) = (user_id IS NULL)", name=op.f("ck_claim_used")),
        sa.CheckConstraint(
            "email IS NULL OR (used_at IS NULL AND ended_at IS NULL)", name=op.f("ck_claim_email")
        ),
        *(
            _points("claim", column, to)
            for column, to in (
                ("entry_id", "entry"),
                ("team_id", "team"),
                ("created_by_id", "app_user"),
                ("user_id", "app_user"),
            )
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_claim")),
        sa.UniqueConstraint("uid", name=op.f("uq_claim_uid")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_claim_token_hash")),
    )
    for column in ("entry_id", "user_id"):
        op.create_index(op.f(f"ix_claim_{column}"), "claim", [column])


def downgrade() -> None:
    for table in ("claim", "proposal"):
        op.drop_table(table)


def _points(table: str, column: str, to: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{to}.id"], name=op.f(f"fk_{table}_{column}_{to}"))
