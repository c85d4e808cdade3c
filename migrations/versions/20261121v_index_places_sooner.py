"""Index the places of entries sooner

On SpatiaLite more than half of the time that a new entry takes went into triggers that it makes
for every geometry: one finds the index anew for each row, another keeps the time of the last
write, which nothing reads. The index is kept by plain statements instead, and the times are not.

Revision ID: 20261121v
Revises: 20261121u
"""

from alembic import op

revision = "20261121v"
down_revision = "20261121u"

GEOMETRIES = ("exact_location", "location", "covers")
INDEXED = ("location", "covers")


def upgrade() -> None:
    if op.get_bind().dialect.name != "sqlite":
        return
    for name in GEOMETRIES:
        for event in "iud":
            op.execute(f"DROP TRIGGER IF EXISTS tm{event}_entry_{name}")
    for name in INDEXED:
        _index_plainly(name)


def _index_plainly(name: str) -> None:
    """The names are SpatiaLite's own, so that what it does with its triggers finds these."""
    box = f"MbrMinX(NEW.{name}), MbrMaxX(NEW.{name}), MbrMinY(NEW.{name}), MbrMaxY(NEW.{name})"
    put = f"""INSERT INTO idx_entry_{name} (pkid, xmin, xmax, ymin, ymax)
        SELECT NEW.id, {box} WHERE MbrMinX(NEW.{name}) IS NOT NULL"""
    op.execute(f"DROP TRIGGER IF EXISTS gii_entry_{name}")
    op.execute(f"DROP TRIGGER IF EXISTS giu_entry_{name}")
    op.execute(
        f"""CREATE TRIGGER gii_entry_{name} AFTER INSERT ON entry
        WHEN NEW.{name} IS NOT NULL BEGIN {put}; END"""
    )
    op.execute(
        f"""CREATE TRIGGER giu_entry_{name} AFTER UPDATE OF {name} ON entry
        WHEN NEW.{name} IS NOT OLD.{name} BEGIN
        DELETE FROM idx_entry_{name} WHERE pkid = NEW.id; {put}; END"""
    )


def downgrade() -> None:
    if op.get_bind().dialect.name != "sqlite":
        return
    for name in GEOMETRIES:
        op.execute(f"SELECT RebuildGeometryTriggers('entry', '{name}')")
