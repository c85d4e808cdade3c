"""Hand over what is not ours to keep

Crime, safeguarding and intelligence are passed on, enciphered until they are, then cleared. A
walkabout and an event say who looked for it, and when.

Revision ID: 20261121f
Revises: 20261121e
"""

import sqlalchemy as sa
from alembic import op

revision = "20261121f"
down_revision = "20261121e"

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.DateTime(timezone=True)
CATEGORIES = (
    "crime_in_action",
    "safeguarding_adult",
    "safeguarding_child",
    "intelligence",
    "hate",
    "terrorism",
    "modern_slavery",
)
URGENCIES = ("immediate", "same_day", "routine")
STATES = ("raised", "sent", "acknowledged", "returned", "purged")
RETURNED_WHY = ("not_theirs", "other_office", "known_already", "not_needed")
SCANNED = ("walkabout", "engagement")


def upgrade() -> None:
    op.create_table(
        "referral",
        sa.Column("category", sa.String(length=20), nullable=False),
        sa.Column("urgency", sa.String(length=10), nullable=False),
        sa.Column("lsoa", sa.String(length=9), nullable=True),
        sa.Column("sealed", sa.Text(), nullable=True),
        sa.Column("may_be_named", sa.Boolean(), nullable=False),
        sa.Column("status", sa.String(length=12), nullable=False),
        sa.Column("entry_id", KEY, nullable=True),
        sa.Column("team_id", KEY, nullable=True),
        sa.Column("raised_at", INSTANT, nullable=False),
        sa.Column("raised_by_id", KEY, nullable=True),
        sa.Column("sent_to", sa.String(length=120), nullable=False),
        sa.Column("sent_at", INSTANT, nullable=True),
        sa.Column("sent_by_id", KEY, nullable=True),
        sa.Column("force_reference", sa.String(length=60), nullable=False),
        sa.Column("acknowledged_at", INSTANT, nullable=True),
        sa.Column("returned_why", sa.String(length=16), nullable=True),
        sa.Column("returned_at", INSTANT, nullable=True),
        sa.Column("purge_due_at", INSTANT, nullable=True),
        sa.Column("purged_at", INSTANT, nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("id", KEY, nullable=False),
        sa.Column("uid", sa.Uuid(), nullable=False),
        _one_of("category", CATEGORIES),
        _one_of("urgency", URGENCIES),
        _one_of("status", STATES),
        _one_of("returned_why", RETURNED_WHY, "returned_why IS NULL OR "),
        sa.CheckConstraint(
            "(status = 'purged') = (sealed IS NULL)", name=op.f("ck_referral_purged")
        ),
        sa.CheckConstraint(
            "(status = 'purged') = (purged_at IS NOT NULL)", name=op.f("ck_referral_purged_at")
        ),
        sa.CheckConstraint(
            "status NOT IN ('acknowledged', 'returned') OR purge_due_at IS NOT NULL",
            name=op.f("ck_referral_purge_due_at"),
        ),
        sa.CheckConstraint("version >= 1", name=op.f("ck_referral_version")),
        _key("entry_id", "entry"),
        _key("team_id", "team"),
        _key("raised_by_id", "app_user"),
        _key("sent_by_id", "app_user"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_referral")),
        sa.UniqueConstraint("uid", name=op.f("uq_referral_uid")),
    )
    for column in ("status", "entry_id", "raised_at", "purge_due_at"):
        op.create_index(op.f(f"ix_referral_{column}"), "referral", [column])
    op.create_table(
        "referral_photo",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("referral_id", KEY, nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["referral_id"], ["referral.id"], name=op.f("fk_referral_photo_referral_id_referral")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_referral_photo")),
    )
    op.create_index(op.f("ix_referral_photo_referral_id"), "referral_photo", ["referral_id"])
    kind = "INTEGER" if op.get_bind().dialect.name == "sqlite" else "BIGINT"
    for table in SCANNED:
        op.add_column(table, sa.Column("scanned_at", INSTANT, nullable=True))
        op.execute(  # SQLite adds a key of another table only along with its column
            f"ALTER TABLE {table} ADD COLUMN scanned_by_id {kind}"
            f" CONSTRAINT fk_{table}_scanned_by_id_app_user REFERENCES app_user (id)"
        )


def downgrade() -> None:
    for table in SCANNED:
        for column in ("scanned_by_id", "scanned_at"):
            op.drop_column(table, column)
    op.drop_table("referral_photo")
    op.drop_table("referral")


def _one_of(column: str, words: tuple[str, ...], missing: str = "") -> sa.CheckConstraint:
    said = ", ".join(f"'{word}'" for word in words)
    return sa.CheckConstraint(f"{missing}{column} IN ({said})", name=op.f(f"ck_referral_{column}"))


def _key(column: str, table: str) -> sa.ForeignKeyConstraint:
    name = op.f(f"fk_referral_{column}_{table}")
    return sa.ForeignKeyConstraint([column], [f"{table}.id"], name=name)
