"""`assetmap areas`: boundaries of wards, small areas, districts, forces and patches."""

from pathlib import Path

import click
from flask.cli import AppGroup

from assetmap.access import OPERATOR
from assetmap.cli.group import reads, writes
from assetmap.cli.progress import Progress
from assetmap.db import db
from assetmap.formats import boundaries
from assetmap.register import area_assignment
from assetmap.register import areas as register
from assetmap.vocabulary import AREA_TYPE_LABELS, AreaType

MOST_NAMED = 10

areas = AppGroup("areas", help="Boundaries of wards, small areas, districts, forces and patches.")


@areas.command("load")
@click.argument("path", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--type", "kind", required=True, type=click.Choice([k.value for k in AreaType]))
@click.option("--code", required=True, help="Column with the area's code.")
@click.option("--name", required=True, help="Column with the area's name.")
@click.option("--vintage", default="", help="Year or edition, such as 2022; kept side by side.")
@click.option("--source", default="", help="Who published it, for the area's page.")
@click.option("--dry-run", is_flag=True, help="Say what would change, change nothing.")
@writes
def load(
    path: Path,
    kind: str,
    code: str,
    name: str,
    *,
    vintage: str,
    source: str,
    dry_run: bool,
) -> None:
    """Add or update areas from a GeoJSON, GeoPackage, shapefile or TopoJSON at PATH."""
    found = boundaries.read(path, code=code, name=name)
    with Progress("Entries put in their areas") as progress:
        loaded = register.load(
            db.session,
            found,
            type=AreaType(kind),
            vintage=vintage,
            source=source,
            viewer=OPERATOR,
            progress=progress,
        )
    if loaded.repaired:
        click.echo(f"{len(loaded.repaired)} repaired: {_some(loaded.repaired, ', ')}")
    if loaded.refused:
        click.echo(f"{len(loaded.refused)} refused. {_some(loaded.refused, ' ')}")
    _say_reassigned(loaded.reassigned)
    click.echo(
        f"{loaded.added} added, {loaded.updated} updated, {loaded.unchanged} unchanged"
        f"{' (dry run: nothing was changed)' if dry_run else ''}"
    )
    if dry_run:
        db.session.rollback()
    else:
        db.session.commit()


@areas.command("list")
@reads
def list_loaded() -> None:
    """Say which areas are loaded."""
    found = register.kinds_loaded(db.session)
    if not found:
        click.echo("No areas are loaded. See assetmap areas load --help.")
    for sort in found:
        label = AREA_TYPE_LABELS[sort.type]
        click.echo(f"{sort.type:<14}{sort.vintage or '-':<10}{sort.count:>8,}  {label}")


@areas.command("retag")
@writes
def retag() -> None:
    """Work out again which areas every entry lies in and covers."""
    register.set_parents(db.session)
    with Progress("Entries put in their areas") as progress:
        done = area_assignment.reassign(db.session, viewer=OPERATOR, progress=progress)
    click.echo(f"{done.looked_at} entries looked at")
    _say_reassigned(done)
    db.session.commit()


def _say_reassigned(done: area_assignment.Reassigned) -> None:
    if done.moved or done.covers:
        click.echo(f"{done.moved} entries in other areas, {done.covers} cover other ground")


def _some(items: list[str], between: str) -> str:
    more = len(items) - MOST_NAMED
    return between.join(items[:MOST_NAMED]) + (f" and {more} more" if more > 0 else "")
