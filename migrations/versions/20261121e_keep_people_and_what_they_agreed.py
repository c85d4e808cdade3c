"""Keep people and what they agreed to

A person is reached through a role at a group or place, and only for what they agreed to. What they
agreed to, and what they were told, is only ever added to: triggers refuse to change a row, or to
take one out but for somebody erased whose evidence retention has let go.

Revision ID: 20261121e
Revises: 20261121d
"""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "20261121e"
down_revision = "20261121d"

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.DateTime(timezone=True)
CHANNELS = ("email", "phone", "sms", "post", "in_person")
PURPOSES = ("service", "engagement_invite", "promotion", "sharing")
METHODS = ("web", "paper", "verbal", "link", "merge")
REASONS = ("withdrawn", "objection", "bounce", "erased")
BASES = (
    "public_task",
    "consent",
    "legitimate_interests",
    "recognised_legitimate_interest",
    "contract",
    "legal_obligation",
    "vital_interests",
)
TABLES = ("person", "person_role", "consent", "notice", "suppression")
ONLY_ADDED = "what people agreed to, and were told, is never changed"
NOT_TAKEN_OUT = "what people agreed to stays, until retention has let it go"
IS_CLEARED = (
    "EXISTS (SELECT 1 FROM person WHERE person.id = OLD.person_id"
    " AND person.evidence_cleared_at IS NOT NULL)"
)


def upgrade() -> None:
    _people()
    _consents()
    _notices_and_suppressions()
    if op.get_bind().dialect.name == "postgresql":
        _guard_on_postgis()
    else:
        _guard_on_sqlite()


def downgrade() -> None:
    for table in reversed(TABLES):
        op.drop_table(table)
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION consent_refuse()")


def _people() -> None:
    op.create_table(
        "person",
        *_identity(),
        sa.Column("team_id", KEY, nullable=False),
        _text("name", 120),
        _text("display_name", 80),
        _text("email", 254),
        _text("phone", 30),
        _text("phone_digits", 20),
        _text("language", 35),
        _text("preferred_channel", 10),
        _text("home_area_code", 9),
        sa.Column("is_adult", sa.Boolean(), nullable=False),
        sa.Column("do_not_contact", sa.Boolean(), nullable=False),
        sa.Column("stopped_at", INSTANT, nullable=True),
        _text("no_role_reason", 300),
        _text("notes", 2000),
        sa.Column("last_contacted_on", sa.Date(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("created_by_id", KEY, nullable=True),
        sa.Column("updated_at", INSTANT, nullable=False),
        sa.Column("updated_by_id", KEY, nullable=True),
        sa.Column("withdrawn_at", INSTANT, nullable=True),
        _text("withdrawn_why", 300),
        sa.Column("restricted_at", INSTANT, nullable=True),
        sa.Column("merged_into_id", KEY, nullable=True),
        sa.Column("erased_at", INSTANT, nullable=True),
        sa.Column("evidence_cleared_at", INSTANT, nullable=True),
        _check(
            "person",
            "name",
            "length(name) > 0 OR erased_at IS NOT NULL OR merged_into_id IS NOT NULL",
        ),
        _check("person", "is_adult", "is_adult"),
        _check("person", "version", "version >= 1"),
        _check("person", "not_into_itself", "merged_into_id IS NULL OR merged_into_id <> id"),
        _check(
            "person",
            "evidence_after_erasure",
            "evidence_cleared_at IS NULL OR erased_at IS NOT NULL",
        ),
        _one_of("person", "preferred_channel", ("", *CHANNELS)),
        *_keys("person", team_id="team", created_by_id="app_user", updated_by_id="app_user"),
        *_keys("person", merged_into_id="person"),
        *_identified("person"),
    )
    _indexes("person", "team_id", "email", "phone_digits", "merged_into_id")
    op.create_table(
        "person_role",
        *_identity(),
        sa.Column("person_id", KEY, nullable=False),
        sa.Column("entry_id", KEY, nullable=False),
        _text("title", 80),
        sa.Column("from_on", sa.Date(), nullable=True),
        sa.Column("to_on", sa.Date(), nullable=True),
        sa.Column("is_public", sa.Boolean(), nullable=False),
        _check("person_role", "title", "length(title) > 0"),
        _check(
            "person_role",
            "from_before_to",
            "from_on IS NULL OR to_on IS NULL OR to_on >= from_on",
        ),
        *_keys("person_role", person_id="person", entry_id="entry"),
        *_identified("person_role"),
    )
    _indexes("person_role", "person_id", "entry_id")


def _consents() -> None:
    op.create_table(
        "consent",
        *_identity(),
        sa.Column("person_id", KEY, nullable=False),
        _text("purpose", 20),
        _text("channel", 10),
        sa.Column("withdraws_id", KEY, nullable=True),
        _text("lawful_basis", 32),
        sa.Column("controllers", sa.JSON(), nullable=False),
        _text("notice_version", 20),
        _text("notice_text", 4000),
        _text("method", 10),
        _text("given_by", 10),
        sa.Column("given_at", INSTANT, nullable=False),
        sa.Column("expires_at", INSTANT, nullable=True),
        sa.Column("recorded_at", INSTANT, nullable=False),
        sa.Column("recorded_by_id", KEY, nullable=True),
        _one_of("consent", "purpose", PURPOSES),
        _one_of("consent", "channel", CHANNELS),
        _one_of("consent", "lawful_basis", BASES),
        _one_of("consent", "method", METHODS),
        _one_of("consent", "given_by", ("self", "on_behalf")),
        _check("consent", "expires_after", "expires_at IS NULL OR expires_at > given_at"),
        _check("consent", "withdrawn_for_good", "withdraws_id IS NULL OR expires_at IS NULL"),
        _check("consent", "told", "withdraws_id IS NOT NULL OR length(notice_text) > 0"),
        *_keys("consent", person_id="person", withdraws_id="consent", recorded_by_id="app_user"),
        *_identified("consent"),
    )
    _indexes("consent", "person_id")
    op.create_index(op.f("ix_consent_withdraws_id"), "consent", ["withdraws_id"], unique=True)


def _notices_and_suppressions() -> None:
    op.create_table(
        "notice",
        *_identity(),
        _text("purpose", 20),
        _text("language", 35),
        _text("version", 20),
        _text("text", 4000),
        sa.Column("made_at", INSTANT, nullable=False),
        sa.Column("made_by_id", KEY, nullable=True),
        _one_of("notice", "purpose", PURPOSES),
        _check("notice", "text", "length(text) > 0"),
        _check("notice", "version", "length(version) > 0"),
        sa.UniqueConstraint(
            "purpose", "language", "version", name=op.f("uq_notice_purpose_language_version")
        ),
        *_keys("notice", made_by_id="app_user"),
        *_identified("notice"),
    )
    op.create_table(
        "suppression",
        *_identity(),
        _text("address_hash", 64),
        _text("channel", 10),
        _text("purpose", 20),
        _text("reason", 10),
        sa.Column("since", INSTANT, nullable=False),
        sa.Column("lifted_at", INSTANT, nullable=True),
        sa.Column("lifted_by_id", KEY, nullable=True),
        _one_of("suppression", "channel", ("", *CHANNELS)),
        _one_of("suppression", "purpose", ("", *PURPOSES)),
        _one_of("suppression", "reason", REASONS),
        sa.UniqueConstraint(
            "address_hash",
            "channel",
            "purpose",
            name=op.f("uq_suppression_address_hash_channel_purpose"),
        ),
        *_keys("suppression", lifted_by_id="app_user"),
        *_identified("suppression"),
    )


def _identity() -> list[sa.Column[Any]]:
    return [sa.Column("id", KEY, nullable=False), sa.Column("uid", sa.Uuid(), nullable=False)]


def _identified(table: str) -> list[sa.Constraint]:
    return [
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
        sa.UniqueConstraint("uid", name=op.f(f"uq_{table}_uid")),
    ]


def _text(name: str, length: int) -> sa.Column[Any]:
    return sa.Column(name, sa.String(length=length), nullable=False)


def _check(table: str, name: str, rule: str) -> sa.Constraint:
    return sa.CheckConstraint(rule, name=op.f(f"ck_{table}_{name}"))


def _one_of(table: str, column: str, words: Sequence[str]) -> sa.Constraint:
    listed = ", ".join(f"'{word}'" for word in words)
    return _check(table, column, f"{column} IN ({listed})")


def _keys(table: str, **columns: str) -> list[sa.Constraint]:
    return [
        sa.ForeignKeyConstraint([column], [f"{to}.id"], name=op.f(f"fk_{table}_{column}_{to}"))
        for column, to in columns.items()
    ]


def _indexes(table: str, *columns: str) -> None:
    for column in columns:
        op.create_index(op.f(f"ix_{table}_{column}"), table, [column])


def _guard_on_sqlite() -> None:
    for table in ("consent", "notice"):
        _sqlite_trigger(table, "UPDATE", "1", ONLY_ADDED)
    _sqlite_trigger("consent", "DELETE", f"NOT {IS_CLEARED}", NOT_TAKEN_OUT)
    _sqlite_trigger("notice", "DELETE", "1", ONLY_ADDED)


def _sqlite_trigger(table: str, doing: str, when: str, refusal: str) -> None:
    op.execute(
        f"CREATE TRIGGER {table}_{doing.lower()} BEFORE {doing} ON {table} WHEN {when}"
        f" BEGIN SELECT RAISE(ABORT, '{refusal}'); END"
    )


def _guard_on_postgis() -> None:
    op.execute(
        f"""
        CREATE FUNCTION consent_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF TG_OP <> 'DELETE' OR TG_TABLE_NAME <> 'consent' THEN
                RAISE EXCEPTION '{ONLY_ADDED}';
            ELSIF NOT {IS_CLEARED} THEN
                RAISE EXCEPTION '{NOT_TAKEN_OUT}';
            END IF;
            RETURN OLD;
        END $$
        """
    )
    for table in ("consent", "notice"):
        op.execute(
            f"CREATE TRIGGER {table}_rows BEFORE UPDATE OR DELETE ON {table}"
            " FOR EACH ROW EXECUTE FUNCTION consent_refuse()"
        )
        op.execute(
            f"CREATE TRIGGER {table}_all BEFORE TRUNCATE ON {table}"
            " FOR EACH STATEMENT EXECUTE FUNCTION consent_refuse()"
        )
