"""`assetmap profiles`: how many people of which age, sex and so on live where."""

from pathlib import Path

import click
from flask.cli import AppGroup

from assetmap import layers
from assetmap.access import OPERATOR
from assetmap.cli.group import reads, writes
from assetmap.cli.progress import Progress
from assetmap.db import db
from assetmap.formats import profiles as tables
from assetmap.register import profiles as register
from assetmap.vocabulary import AREA_TYPE_LABELS

MOST_NAMED = 6

profiles = AppGroup("profiles", help="How many people of which age, sex and so on live where.")


@profiles.command("load")
@click.argument("path", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--year", default="", help="Of which year the figures are, where the file is silent.")
@click.option("--source", default="", help="Who published them, as it is to be shown.")
@click.option("--dry-run", is_flag=True, help="Say what would change, change nothing.")
@writes
def load(path: Path, *, year: str, source: str, dry_run: bool) -> None:
    """Add or update figures from a table of the Census or its like at PATH (CSV, XLSX, or .gz)."""
    found = tables.read(path, tables.Known.of(layers.population()))
    with Progress("Areas") as progress:
        loaded = register.load(
            db.session, found, year=year, source=source, viewer=OPERATOR, progress=progress
        )
    click.echo(f"Read: {', '.join(loaded.dimensions)}")
    if found.left_aside:
        more = len(found.left_aside) - MOST_NAMED
        named = ", ".join(found.left_aside[:MOST_NAMED]) + (f" and {more} more" if more > 0 else "")
        click.echo(f"Left aside: {named}")
    if loaded.nowhere:
        click.echo(f"{loaded.nowhere} of the areas are not loaded here. See assetmap areas load.")
    click.echo(
        f"{loaded.added} added, {loaded.updated} updated, {loaded.unchanged} unchanged"
        f"{' (dry run: nothing was changed)' if dry_run else ''}"
    )
    if dry_run:
        db.session.rollback()
    else:
        db.session.commit()


@profiles.command("list")
@reads
def list_loaded() -> None:
    """Say which profiles are loaded."""
    found = register.every(db.session)
    if not found:
        click.echo("No profiles are loaded. See assetmap profiles load --help.")
    for one in found:
        profile = one.profile
        label = AREA_TYPE_LABELS[profile.area_type]
        vintage = profile.area_vintage or "-"
        click.echo(f"{one.label:<14}{profile.year:<6}{one.areas:>8,}  {label:<18}{vintage}")
