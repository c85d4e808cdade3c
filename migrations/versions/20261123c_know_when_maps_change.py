"""Know when maps change

A map that was drawn a moment ago can be given again as long as nothing has changed. Triggers keep
what tells that. On PostgreSQL each statement adds a row of its own, so that nobody waits for
anybody else, and one of them now and then takes the older rows along that nobody else holds; on
SQLite, where one writes at a time, one row gets another number.

Revision ID: 20261123c
Revises: 20261123b
"""

from collections.abc import Iterator

import sqlalchemy as sa
from alembic import op

revision = "20261123c"
down_revision = "20261123b"

WATCHED = ("entry", "category", "team")
EVENTS = ("insert", "update", "delete")
EVERY = 200  # so many changes later the rows of older ones go


def upgrade() -> None:
    op.create_table(
        "data_version",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("lot", sa.BigInteger(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_data_version")),
    )
    op.execute("INSERT INTO data_version DEFAULT VALUES")
    is_sqlite = op.get_bind().dialect.name == "sqlite"
    for statement in _on_sqlite() if is_sqlite else _on_postgres():
        op.execute(statement)


def downgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        for table in WATCHED:
            for event in EVENTS:
                op.execute(f"DROP TRIGGER {table}_shown_{event}")
    else:
        for table in WATCHED:
            op.execute(f"DROP TRIGGER {table}_shown ON {table}")
        op.execute("DROP FUNCTION know_of_a_change()")
    op.drop_table("data_version")


def _on_sqlite() -> Iterator[str]:
    for table in WATCHED:
        for event in EVENTS:
            yield (
                f"CREATE TRIGGER {table}_shown_{event} AFTER {event.upper()} ON {table}"
                " BEGIN UPDATE data_version SET lot = random(); END"
            )


def _on_postgres() -> Iterator[str]:
    lot = "floor(random() * 9007199254740992)::bigint"
    yield (
        "CREATE FUNCTION know_of_a_change() RETURNS trigger LANGUAGE plpgsql AS"
        " $$ DECLARE mine bigint; BEGIN"
        f" INSERT INTO data_version (lot) VALUES ({lot}) RETURNING id INTO mine;"
        f" IF mine % {EVERY} = 0 THEN DELETE FROM data_version WHERE id IN"
        " (SELECT id FROM data_version WHERE id < mine FOR UPDATE SKIP LOCKED); END IF;"
        " RETURN NULL; END $$"
    )
    for table in WATCHED:
        yield (
            f"CREATE TRIGGER {table}_shown AFTER INSERT OR UPDATE OR DELETE ON {table}"
            " FOR EACH STATEMENT EXECUTE FUNCTION know_of_a_change()"
        )
