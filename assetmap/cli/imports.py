"""`assetmap assets|groups|offers|findings import`, and `assetmap imports`."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
from flask.cli import AppGroup
from sqlalchemy.exc import SQLAlchemyError

from assetmap import spatial
from assetmap.access import OPERATOR
from assetmap.cli.group import reads, writes
from assetmap.cli.progress import Progress
from assetmap.db import db
from assetmap.errors import Invalid
from assetmap.formats.table import Table
from assetmap.outside.import_folder import ImportFolder
from assetmap.register import deployment, import_mapping, imports
from assetmap.register.import_mapping import Guess
from assetmap.register.import_plan import Plan
from assetmap.register.imports import Importer
from assetmap.schemas.imports import (
    KINDS,
    ImportMapping,
    ImportOptions,
    StoredImport,
    as_file,
    check,
    fields,
    read_file,
)
from assetmap.schemas.reading import checked
from assetmap.vocabulary import Kind

FULL = "The disk is full. Nothing was changed."
MOST_SAID = 5


def _group(kind: Kind) -> AppGroup:
    """The commands of one kind."""
    group = AppGroup(kind.plural, help=f"Bring {kind.plural} in from a file.")
    group.add_command(_import_command(kind))
    return group


@dataclass(frozen=True)
class _Asked:
    """What is asked of an import beside its file and what becomes of it.

    mapping, save_mapping, refused, likely: files. team: its name.
    """

    dry_run: bool
    team: str | None
    mapping: Path | None
    default_category: str
    save_mapping: Path | None
    refused: Path | None
    likely: Path | None


def _import_command(kind: Kind) -> click.Command:
    @click.command(
        "import",
        help=f"Add or update {kind.plural} from a CSV, XLSX, GeoJSON, GeoPackage or zipped"
        " shapefile at PATH. All rows that can be are imported at once, or none.",
    )
    @click.argument("path", type=click.Path(exists=True, dir_okay=False, path_type=Path))
    @click.option("--mapping", type=_file(), help="Which columns hold what, as JSON or TOML.")
    @click.option("--default-category", default="", help="Category of rows that name none of ours.")
    @click.option("--save-mapping", type=_file(new=True), help="Write the mapping used here.")
    @click.option("--refused", type=_file(new=True), help="Write refused rows here, as CSV.")
    @click.option("--likely", type=_file(new=True), help="Write likely duplicates here, as CSV.")
    @click.option("--source", default="", help="Where it is from; the file's name if missing.")
    @click.option("--licence", default="", help="Under what licence, such as 'OGL v3'.")
    @click.option("--team", default=None, help="The team that the entries will belong to.")
    @click.option(
        "--duplicates",
        type=click.Choice(["skip", "add", "link"]),
        default="skip",
        show_default=True,
        help="What to do with rows that are likely on the register already.",
    )
    @click.option("--dry-run", is_flag=True, help="Say what would change, change nothing.")
    @reads
    def command(path: Path, source: str, licence: str, duplicates: str, **asked: Any) -> None:
        said = {"source": source, "licence": licence, "duplicates": duplicates}
        _import(kind, path, checked(ImportOptions, said), _Asked(**asked))

    return command


def _import(kind: Kind, path: Path, options: ImportOptions, asked: _Asked) -> None:
    with _in_words(), ImportFolder.passing(deployment.instance(db.session)) as folder:
        table, chosen = _mapping(kind, path, asked.mapping, asked.default_category)
        if asked.save_mapping is not None:
            asked.save_mapping.write_bytes(as_file(chosen, asked.save_mapping.name))
        team_id = imports.team_called(db.session, asked.team, viewer=OPERATOR)
        aside = folder.path
        importer = imports.Importer(
            db.session, table, path.name, kind, chosen, options, aside, OPERATOR, team_id
        )
        plan, number = _run(importer, path, dry_run=asked.dry_run)
        _put_aside(aside / "refused.csv", asked.refused)
        _put_aside(aside / "duplicates.csv", asked.likely)
    _say(plan, asked.refused, options)
    if not any(n for outcome, n in plan.counts.items() if outcome not in ("refused", "kept")):
        raise Invalid("No row could be imported: nothing was changed.")
    if asked.dry_run:
        click.echo("Dry run: nothing was changed.")
    elif number is not None:
        click.echo(f"Import {number}. To take it back: assetmap imports undo {number}")


def _file(*, new: bool = False) -> click.Path:
    return click.Path(exists=not new, dir_okay=False, path_type=Path)


def _run(importer: Importer, path: Path, *, dry_run: bool) -> tuple[Plan, int | None]:
    """Plan, and carry the plan out; the number of the import when anything was written."""
    number = None
    with Progress("Rows") as progress:
        importer.progress = lambda _said, done, total: progress(done, total or None)
        plan = importer.plan()
        db.session.rollback()  # let go of what was read before taking a turn to write
        if not dry_run and _writes_anything(plan):
            spatial.writing(db.session)
            done = imports.begin(
                db.session,
                importer.kind,
                path.name,
                imports.digest(path),
                StoredImport(mapping=importer.mapping, options=importer.options),
                viewer=OPERATOR,
                team_id=importer.team_id,
            )
            plan, number = importer.carry_out(done), done.id
            db.session.commit()
    return plan, number


def _mapping(
    kind: Kind, path: Path, given: Path | None, default_category: str
) -> tuple[Table, ImportMapping]:
    """The table and its mapping: as the file of it says, or guessed and shown."""
    if given is not None:
        chosen = read_file(given.read_bytes(), given.name)
        chosen.default_category = default_category or chosen.default_category
        table = imports.sniffed(db.session, path, path.name, header=chosen.header)
        check(chosen, kind, table.columns)
        return table, chosen
    table = imports.sniffed(db.session, path, path.name)
    guessed = import_mapping.guess(db.session, table, kind)
    guessed.mapping.default_category = default_category
    _show(kind, guessed)
    return table, guessed.mapping


def _show(kind: Kind, guessed: Guess) -> None:
    labels = fields(kind)
    for name, columns in guessed.mapping.columns.items():
        click.echo(f"  {', '.join(columns):<40} {labels[name]}")
    unmapped = {
        said: n for said, n in guessed.values.items() if said not in guessed.mapping.categories
    }
    for said, code in guessed.mapping.categories.items():
        click.echo(f"  {'“' + said + '”':<40} category {code}")
    for said, count in list(unmapped.items())[:MOST_SAID]:
        click.echo(
            f"  {'“' + said + '”':<40} no category ({count} {'row' if count == 1 else 'rows'})"
        )


def _writes_anything(plan: Plan) -> bool:
    return any(plan.counts[outcome] for outcome in ("new", "changed", "back", "duplicate"))


def _put_aside(source: Path, target: Path | None) -> None:
    if target is not None and source.exists():
        shutil.copyfile(source, target)


def _say(plan: Plan, refused: Path | None, options: ImportOptions) -> None:
    for warning in plan.warnings:
        click.echo(warning)
    counts = plan.counts
    for sample in plan.samples["refused"][:MOST_SAID]:
        click.echo(f"  Row {sample.number}: {sample.said}")
    if counts["refused"] > MOST_SAID:
        where = f"all are in {refused}" if refused else "--refused FILE.csv writes them all"
        click.echo(f"  … and {counts['refused'] - MOST_SAID:,} more refused; {where}.")
    back = f", {counts['back']:,} brought back" if counts["back"] else ""
    kept = (
        f"; {counts['kept']:,} fields changed here since stay as they are" if counts["kept"] else ""
    )
    likely = {"skip": "left out", "add": "added", "link": "added and linked"}[options.duplicates]
    click.echo(
        f"{counts['new']:,} new, {counts['changed']:,} changed, {counts['same']:,} the same{back},"
        f" {counts['duplicate']:,} likely duplicates ({likely}),"
        f" {counts['refused']:,} refused{kept}"
    )


@contextmanager
def _in_words() -> Iterator[None]:
    """Say in one line that there is no room; anything else is left to be seen."""
    try:
        yield
    except (OSError, SQLAlchemyError, MemoryError) as error:
        db.session.rollback()
        if spatial.is_out_of_room(error):
            raise Invalid(FULL) from error
        raise


groups = tuple(_group(kind) for kind in KINDS)
imported = AppGroup("imports", help="What was imported; take an import back.")


@imported.command("list")
@reads
def show() -> None:
    """List imports, the latest first."""
    for done, team in imports.latest(db.session, viewer=OPERATOR):
        counts = done.counts or {}
        back = f", {counts['back']:,} brought back" if counts.get("back") else ""
        said = f"{counts.get('new', 0):,} new, {counts.get('changed', 0):,} changed{back}"
        when = f"{done.created_at:%Y-%m-%d %H:%M}"
        click.echo(
            f"{done.id:>5}  {when}  {done.status:<10} {done.kind:<8} {said:<28} "
            f"{team}  {done.filename}"
        )


@imported.command("undo")
@click.argument("number", type=click.IntRange(1, 2**31 - 1))
@writes
def undo(number: int) -> None:
    """Take import NUMBER back: withdraw what it added, restore what it changed."""
    with _in_words(), Progress("Entries") as progress:
        _, undone = imports.undo(
            db.session,
            number,
            viewer=OPERATOR,
            progress=lambda _said, done, total: progress(done, total),
        )
        db.session.commit()
    for said in undone.kept:
        click.echo(said)
    click.echo(f"{undone.withdrawn:,} withdrawn, {undone.restored:,} put back as they were")
