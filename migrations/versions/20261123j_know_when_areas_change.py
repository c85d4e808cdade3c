"""Know when areas change

What searches learn of areas is kept until anything changes; see 20261123c, whose triggers these
are, for one table more.

Revision ID: 20261123j
Revises: 20261123i
"""

from alembic import op

revision = "20261123j"
down_revision = "20261123i"

EVENTS = ("insert", "update", "delete")


def upgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        for event in EVENTS:
            op.execute(
                f"CREATE TRIGGER area_shown_{event} AFTER {event.upper()} ON area"
                " BEGIN UPDATE data_version SET lot = random(); END"
            )
    else:
        op.execute(
            "CREATE TRIGGER area_shown AFTER INSERT OR UPDATE OR DELETE ON area"
            " FOR EACH STATEMENT EXECUTE FUNCTION know_of_a_change()"
        )


def downgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        for event in EVENTS:
            op.execute(f"DROP TRIGGER area_shown_{event}")
    else:
        op.execute("DROP TRIGGER area_shown ON area")
