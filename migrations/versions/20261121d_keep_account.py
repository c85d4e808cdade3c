"""Keep account of who did and saw what

Somebody who trusts the register with their details may ask who has seen them. Rows are only ever
added: triggers refuse to change one or to take one out, save the oldest, once an anchor says up to
where and binds the next.

Revision ID: 20261121d
Revises: 20261121c
"""

import sqlalchemy as sa
from alembic import op

revision = "20261121d"
down_revision = "20261121c"

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.DateTime(timezone=True)
ACTORS = ("person", "token", "operator", "public", "job")
TABLES = ("audit_entry", "audit_subject", "audit_team")
NOTHING = "0" * 64
ONLY_ADDED = "what is on the audit is never changed"
NOT_CUT_OFF = "what is on the audit stays, unless an anchor says up to where it was cut off"
NO_SUCH_ROW = "an anchor must be a row that is there"
ONLY_ON = "the head of the audit only goes on"


def upgrade() -> None:
    _tables()
    op.execute(f"INSERT INTO audit_head (id, seq, hash) VALUES (1, 0, '{NOTHING}')")
    if op.get_bind().dialect.name == "postgresql":
        _guard_on_postgis()
    else:
        _guard_on_sqlite()


def downgrade() -> None:
    for table in ("audit_anchor", "audit_head", *reversed(TABLES)):
        op.drop_table(table)
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION audit_refuse()")


def _tables() -> None:
    op.create_table(
        "audit_entry",
        sa.Column("seq", KEY, autoincrement=False, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("actor_kind", sa.String(length=10), nullable=False),
        sa.Column("actor_id", KEY, nullable=True),
        sa.Column("action", sa.String(length=24), nullable=False),
        sa.Column("entity", sa.String(length=24), nullable=False),
        sa.Column("uid", sa.Uuid(), nullable=True),
        sa.Column("subject_count", sa.Integer(), nullable=False),
        sa.Column("subject_hash", sa.String(length=64), nullable=False),
        sa.Column("fields", sa.JSON(), nullable=False),
        sa.Column("purpose", sa.String(length=200), nullable=False),
        sa.Column("agreement_id", KEY, nullable=True),
        sa.Column("channel", sa.String(length=12), nullable=False),
        sa.Column("request_id", sa.String(length=32), nullable=False),
        sa.Column("ip_hash", sa.String(length=32), nullable=False),
        sa.Column("details", sa.JSON(), nullable=False),
        sa.Column("prev_hash", sa.String(length=64), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.CheckConstraint(
            "actor_kind IN ({})".format(", ".join(f"'{one}'" for one in ACTORS)),
            name=op.f("ck_audit_entry_actor_kind"),
        ),
        sa.CheckConstraint("seq >= 1", name=op.f("ck_audit_entry_seq")),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_audit_entry")),
    )
    op.create_index(op.f("ix_audit_entry_at"), "audit_entry", ["at"])
    op.create_index("ix_audit_entry_actor_id_seq", "audit_entry", ["actor_id", "seq"])
    op.create_index("ix_audit_entry_action_seq", "audit_entry", ["action", "seq"])
    op.create_table(
        "audit_subject",
        sa.Column("seq", KEY, autoincrement=False, nullable=False),
        sa.Column("uid", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("seq", "uid", name=op.f("pk_audit_subject")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_audit_subject_uid"), "audit_subject", ["uid"])
    op.create_table(
        "audit_team",
        sa.Column("team_id", KEY, autoincrement=False, nullable=False),
        sa.Column("seq", KEY, autoincrement=False, nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("team_id", "seq", name=op.f("pk_audit_team")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_audit_team_seq"), "audit_team", ["seq"])
    op.create_table(
        "audit_head",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("seq", KEY, nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_audit_head_only_one")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_head")),
    )
    op.create_table(
        "audit_anchor",
        sa.Column("up_to_seq", KEY, autoincrement=False, nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("up_to_seq", name=op.f("pk_audit_anchor")),
    )


def _guard_on_sqlite() -> None:
    cut = "OLD.seq > coalesce((SELECT max(up_to_seq) FROM audit_anchor), 0)"
    missing = "NOT EXISTS (SELECT 1 FROM audit_entry WHERE seq = NEW.up_to_seq AND hash = NEW.hash)"
    for table in TABLES:
        _sqlite_trigger(table, "UPDATE", "1", ONLY_ADDED)
        _sqlite_trigger(table, "DELETE", cut, NOT_CUT_OFF)
    _sqlite_trigger("audit_anchor", "UPDATE", "1", ONLY_ADDED)
    _sqlite_trigger("audit_anchor", "DELETE", "1", ONLY_ADDED)
    _sqlite_trigger("audit_anchor", "INSERT", missing, NO_SUCH_ROW)
    _sqlite_trigger("audit_head", "UPDATE", "NEW.seq <= OLD.seq", ONLY_ON)
    _sqlite_trigger("audit_head", "DELETE", "1", ONLY_ON)


def _sqlite_trigger(table: str, doing: str, when: str, refusal: str) -> None:
    op.execute(
        f"CREATE TRIGGER {table}_{doing.lower()} BEFORE {doing} ON {table} WHEN {when}"
        f" BEGIN SELECT RAISE(ABORT, '{refusal}'); END"
    )


def _guard_on_postgis() -> None:
    op.execute(
        f"""
        CREATE FUNCTION audit_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF TG_OP IN ('UPDATE', 'TRUNCATE') AND TG_TABLE_NAME <> 'audit_head' THEN
                RAISE EXCEPTION '{ONLY_ADDED}';
            ELSIF TG_TABLE_NAME = 'audit_head' THEN
                IF TG_OP <> 'UPDATE' OR NEW.seq <= OLD.seq THEN
                    RAISE EXCEPTION '{ONLY_ON}';
                END IF;
                RETURN NEW;
            ELSIF TG_TABLE_NAME = 'audit_anchor' THEN
                IF TG_OP = 'DELETE' THEN
                    RAISE EXCEPTION '{ONLY_ADDED}';
                ELSIF NOT EXISTS (
                    SELECT 1 FROM audit_entry WHERE seq = NEW.up_to_seq AND hash = NEW.hash
                ) THEN
                    RAISE EXCEPTION '{NO_SUCH_ROW}';
                END IF;
                RETURN NEW;
            ELSIF OLD.seq > coalesce((SELECT max(up_to_seq) FROM audit_anchor), 0) THEN
                RAISE EXCEPTION '{NOT_CUT_OFF}';
            END IF;
            RETURN OLD;
        END $$
        """
    )
    for table in (*TABLES, "audit_head", "audit_anchor"):
        doing = "INSERT OR UPDATE OR DELETE" if table == "audit_anchor" else "UPDATE OR DELETE"
        op.execute(
            f"CREATE TRIGGER {table}_rows BEFORE {doing} ON {table}"
            " FOR EACH ROW EXECUTE FUNCTION audit_refuse()"
        )
        op.execute(
            f"CREATE TRIGGER {table}_all BEFORE TRUNCATE ON {table}"
            " FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse()"
        )
