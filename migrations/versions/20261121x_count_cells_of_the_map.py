"""Count the cells of the map

A map of wide country shows clusters of cells. Counted anew for each map, a million entries take
seconds; kept as counts by triggers, whatever writes to `entry`, they take milliseconds.

On PostgreSQL each write adds rows of its own, so that nobody waits for anybody else's cell; they
are added up later. On SQLite, where one writes at a time, they are added up at once.

Revision ID: 20261121x
Revises: 20261121w
"""

from collections.abc import Iterator

import sqlalchemy as sa
from alembic import op

revision = "20261121x"
down_revision = "20261121w"

LEVELS = (9, 12)
FLATTENED = 0.6
SUMS = ("count", "longitude", "latitude", "ids")
SAME = ("kind", "status", "visibility", "team_id")
COLUMNS = ("level", "line", "col", *SAME, "lapses_on", *SUMS)
WATCHED = (*SAME, "longitude", "latitude", "expires_on", "withdrawn_at", "merged_into_id")


def upgrade() -> None:
    op.create_table(
        "map_cell",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("level", sa.Integer(), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("col", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("visibility", sa.String(length=12), nullable=False),
        sa.Column("team_id", sa.Integer(), nullable=False),
        sa.Column("lapses_on", sa.Date(), nullable=True),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("longitude", sa.BigInteger(), nullable=False),
        sa.Column("latitude", sa.BigInteger(), nullable=False),
        sa.Column("ids", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_map_cell")),
    )
    there = sa.text("expires_on IS NOT NULL")
    op.create_index(
        "ix_entry_expires_on", "entry", ["expires_on"], sqlite_where=there, postgresql_where=there
    )
    is_sqlite = op.get_bind().dialect.name == "sqlite"
    op.execute(_added_up("entry", is_sqlite=is_sqlite))
    op.create_index("ix_map_cell_level_line_col", "map_cell", ["level", "line", "col"])
    for statement in _on_sqlite() if is_sqlite else _on_postgres():
        op.execute(statement)


def downgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        for event in ("insert", "update", "delete"):
            op.execute(f"DROP TRIGGER entry_on_map_{event}")
    else:
        for event in ("insert", "update", "delete"):
            op.execute(f"DROP TRIGGER entry_on_map_{event} ON entry")
            op.execute(f"DROP FUNCTION entry_on_map_{event}()")
    op.drop_index("ix_entry_expires_on", "entry")
    op.drop_table("map_cell")


def _cell(level: int, row: str, *, is_sqlite: bool) -> tuple[str, ...]:
    """What the first columns of the table are for an entry, up to the sums."""
    side = 360 / 2**level
    whole, divided = ("INTEGER", "") if is_sqlite else ("integer", "::float8")
    month = (
        f"date({row}expires_on, 'start of month')"
        if is_sqlite
        else f"date_trunc('month', {row}expires_on)::date"
    )
    return (
        str(level),
        f"CAST(floor({row}latitude / {side * FLATTENED!r}{divided}) AS {whole})",
        f"CAST(floor({row}longitude / {side!r}{divided}) AS {whole})",
        *(f"{row}{name}" for name in SAME),
        month,
    )


def _sums(row: str, *, is_sqlite: bool) -> tuple[str, ...]:
    whole = "INTEGER" if is_sqlite else "bigint"
    parts = (f"CAST(round({row}{name} * 10000000) AS {whole})" for name in SUMS[1:3])
    return ("1", *parts, f"{row}id")


def _is_there(row: str) -> str:
    return (
        f"{row}longitude IS NOT NULL AND {row}withdrawn_at IS NULL AND {row}merged_into_id IS NULL"
    )


def _added_up(table: str, *, is_sqlite: bool, times: int = 1) -> str:
    """Put the entries of a table into the finest cells, and these into the others."""
    *coarse, finest = LEVELS
    cell = _cell(finest, "", is_sqlite=is_sqlite)
    sums = (f"{times} * sum({one})" for one in _sums("", is_sqlite=is_sqlite))
    given = ", ".join(f"{how} AS {name}" for name, how in zip(COLUMNS, (*cell, *sums), strict=True))
    apart = ", ".join(COLUMNS[1 : len(cell)])
    parts = [f"SELECT {', '.join(COLUMNS)} FROM finest"]
    for level in coarse:
        above = [f"{name} >> {finest - level}" for name in ("line", "col")]
        same = [*above, *COLUMNS[3 : len(cell)]]
        added = (f"sum({name})" for name in SUMS)
        parts.append(
            f"SELECT {level}, {', '.join((*same, *added))} FROM finest GROUP BY {', '.join(same)}"
        )
    return (
        f"WITH finest AS (SELECT {given} FROM {table} WHERE {_is_there('')}"
        f" GROUP BY {apart}) INSERT INTO map_cell ({', '.join(COLUMNS)}) {' UNION ALL '.join(parts)}"
    )


def _one(row: str, level: int, times: int) -> Iterator[str]:
    """SQLite: one entry more or less in its cell."""
    cell = _cell(level, row, is_sqlite=True)
    sums = [f"{times} * {one}" for one in _sums(row, is_sqlite=True)]
    more = ", ".join(f"{name} = {name} + {one}" for name, one in zip(SUMS, sums, strict=True))
    here = " AND ".join(f"{name} IS {one}" for name, one in zip(COLUMNS, cell, strict=False))
    yield f"UPDATE map_cell SET {more} WHERE {_is_there(row)} AND {here}"
    yield (
        f"INSERT INTO map_cell ({', '.join(COLUMNS)}) SELECT {', '.join((*cell, *sums))}"
        f" WHERE changes() = 0 AND {_is_there(row)}"
    )


def _on_sqlite() -> Iterator[str]:
    does = {
        "insert": [("NEW.", 1)],
        "update": [("OLD.", -1), ("NEW.", 1)],
        "delete": [("OLD.", -1)],
    }
    changed = " OR ".join(f"OLD.{name} IS NOT NEW.{name}" for name in WATCHED)
    for event, rows in does.items():
        when = f" OF {', '.join(WATCHED)} ON entry WHEN {changed}" if event == "update" else ""
        steps = [s for row, times in rows for level in LEVELS for s in _one(row, level, times)]
        yield (
            f"CREATE TRIGGER entry_on_map_{event} AFTER {event.upper()}"
            f"{when or ' ON entry'} BEGIN {'; '.join(steps)}; END"
        )


def _on_postgres() -> Iterator[str]:
    both = {"insert": ("NEW", 1), "delete": ("OLD", -1)}
    for event, (which, times) in both.items():
        steps = _added_up("these", is_sqlite=False, times=times)
        yield (
            f"CREATE FUNCTION entry_on_map_{event}() RETURNS trigger LANGUAGE plpgsql AS"
            f" $$ BEGIN {steps}; RETURN NULL; END $$"
        )
        yield (
            f"CREATE TRIGGER entry_on_map_{event} AFTER {event.upper()} ON entry"
            f" REFERENCING {which} TABLE AS these"
            f" FOR EACH STATEMENT EXECUTE FUNCTION entry_on_map_{event}()"
        )
    steps = "; ".join(
        f"INSERT INTO map_cell ({', '.join(COLUMNS)}) SELECT"
        f" {', '.join(_cell(level, row, is_sqlite=False))},"
        f" {', '.join(f'{times} * {one}' for one in _sums(row, is_sqlite=False))}"
        f" WHERE {_is_there(row)}"
        for row, times in (("OLD.", -1), ("NEW.", 1))
        for level in LEVELS
    )
    yield (
        "CREATE FUNCTION entry_on_map_update() RETURNS trigger LANGUAGE plpgsql AS"
        f" $$ BEGIN {steps}; RETURN NULL; END $$"
    )
    was, will = (", ".join(f"{row}.{name}" for name in WATCHED) for row in ("OLD", "NEW"))
    yield (
        "CREATE TRIGGER entry_on_map_update AFTER UPDATE ON entry FOR EACH ROW"
        f" WHEN (({was}) IS DISTINCT FROM ({will})) EXECUTE FUNCTION entry_on_map_update()"
    )
