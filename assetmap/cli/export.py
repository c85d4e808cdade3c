"""`assetmap export`: all that a search finds as a file, gone on with when it breaks off."""

import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import click
from flask import current_app

from assetmap.access import OPERATOR
from assetmap.cli.group import reads
from assetmap.cli.progress import Progress
from assetmap.cli.search import account_of, asked_for, filters
from assetmap.db import db, now
from assetmap.errors import Invalid
from assetmap.formats import geopackage
from assetmap.outside.part_file import PartFile
from assetmap.register import downloads, files
from assetmap.register.hits import Hit
from assetmap.schemas.reading import checked
from assetmap.schemas.search import EntrySearch
from assetmap.settings import LOCAL, Settings
from assetmap.vocabulary import Channel

FORMS = {".csv": Channel.CSV, ".geojson": Channel.GEOJSON, ".gpkg": Channel.GEOPACKAGE}
NO_FORM = "Name a file that ends with .csv, .geojson or .gpkg."
MOST = 2**53
KEPT_EVERY_BYTES = 2_000_000


@dataclass
class _Begun:
    """How far an export has come. key: of the last entry in the file. bytes: how much of it is
    whole."""

    filters: dict[str, Any]
    began_at: str
    level: str
    key: int = 0
    count: int = 0
    bytes: int = 0


@click.command("export")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@filters
@click.option("--resume", is_flag=True, help="Go on with FILE where its export broke off.")
@reads
def export(file: Path, *, resume: bool, **asked: Any) -> None:
    """Write all that matches to FILE, as CSV, GeoJSON or GeoPackage by its ending.

    In the order in which entries were logged, in little memory however many. FILE is there when
    it is whole; what there is before stands beside it, and --resume goes on with that. The
    command line on the server sees everything on the register, whatever its visibility: take
    care where the file goes.
    """
    form = FORMS.get(file.suffix.lower())
    if form is None:
        raise Invalid.field("file", NO_FORM)
    part = PartFile(file)
    with part.writing() as is_ours:
        if not is_ours:
            raise Invalid.field("file", f"Another export is writing {part.path} at this moment.")
        _export(part, form, asked_for(asked), resume=resume)


def _export(part: PartFile, form: Channel, given: dict[str, Any], *, resume: bool) -> None:
    begun = _taken_up(part, form, given) if resume else None
    wanted = checked(EntrySearch, begun.filters if begun else given)
    account = account_of(wanted, form, wanted.model_fields_set)
    if begun is None:
        _refuse_to_write_over(part)
        begun = _Begun(given, now().isoformat(), account.level)
        part.say(asdict(begun))
    else:
        account.level = begun.level
        _tell_changes(begun, wanted)
    hits = downloads.every(
        db.session, wanted, viewer=OPERATOR, most=MOST, account=account, after=begun.key
    )
    try:
        with Progress("Entries") as progress:
            write = _geopackage if form == Channel.GEOPACKAGE else _stream
            for _ in write(part, form, begun, hits):
                progress(begun.count)
        part.finish()
    except BaseException:
        go_on = f"assetmap export {part.whole} --resume"
        click.echo(f"{part.path} is not whole. To go on: {go_on}", err=True)
        raise
    click.echo(f"{begun.count:,} entries in {part.whole}", err=True)


def _taken_up(part: PartFile, form: Channel, given: dict[str, Any]) -> _Begun:
    """How far the export came. Raises Invalid where there is none to go on with, or another."""
    said = part.said()
    if said is None:
        raise Invalid.field("--resume", f"There is nothing of {part.whole} to go on with.")
    begun = _Begun(**said)
    typed = {name: [*value] if isinstance(value, tuple) else value for name, value in given.items()}
    if typed and typed != begun.filters:
        raise Invalid.field("--resume", "It goes on with what was asked for then: leave that out.")
    if form == Channel.GEOPACKAGE:
        begun.count, ref = geopackage.last(part.path, "ref")
        begun.key = int(ref.rpartition("-")[2] or 0)
    elif begun.bytes and (not part.path.exists() or part.path.stat().st_size < begun.bytes):
        raise Invalid.field("--resume", f"{part.path} was changed. Remove {part.about}.")
    return begun


def _refuse_to_write_over(part: PartFile) -> None:
    if part.whole.exists():
        raise Invalid.field("file", f"{part.whole} is there already. Name another.")
    if part.about.exists():
        raise Invalid.field(
            "file", f"An export of it broke off: add --resume, or remove {part.about}."
        )


def _tell_changes(begun: _Begun, wanted: EntrySearch) -> None:
    """Say what has happened meanwhile to what is in the file already."""
    at = datetime.fromisoformat(begun.began_at)
    found = downloads.since(db.session, wanted, viewer=OPERATOR, up_to=begun.key, at=at)
    said = f"{begun.count:,} entries are there already, from {at.astimezone(LOCAL):%d %B %Y %H:%M}."
    if found.changed or found.there != begun.count:
        said += (
            f" Since then {found.changed:,} of them changed, and {found.there:,} would be found"
            " now: they stay in the file as they were."
        )
    click.echo(said, err=True)


def _stream(part: PartFile, form: Channel, begun: _Begun, hits: Iterator[Hit]) -> Iterator[None]:
    """Write pieces, and now and then how far they go: what comes after that is written anew.

    A piece counts when the next has come: the last of one that fails says that it did.
    """

    def counted() -> Iterator[Hit]:
        for hit in hits:
            begun.key, begun.count = hit.entry.id, begun.count + 1
            yield hit

    has_begun, said_bytes = begun.count > 0, begun.bytes
    pieces = files.of_entries(
        db.session, counted(), form, level=begun.level, root=_root(), has_begun=has_begun
    )
    with part.path.open("r+b" if has_begun else "wb") as file:
        file.truncate(begun.bytes)
        file.seek(begun.bytes)
        written = begun
        for piece in pieces:
            if written.count and written.bytes - said_bytes > KEPT_EVERY_BYTES:
                file.flush()
                os.fsync(file.fileno())
                part.say(asdict(written))
                said_bytes = written.bytes
            file.write(piece)
            written = replace(begun, bytes=file.tell())
            yield


def _geopackage(
    part: PartFile, _form: Channel, begun: _Begun, hits: Iterator[Hit]
) -> Iterator[None]:
    """Write some thousands at a time; the file itself says how far it goes."""
    has_begun = begun.count > 0
    if not has_begun:
        part.path.unlink(missing_ok=True)
    written = files.as_geopackage(
        db.session, hits, part.path, level=begun.level, root=_root(), has_begun=has_begun
    )
    for count in written:
        begun.count += count
        yield


def _root() -> str:
    settings: Settings = current_app.extensions["settings"]
    return settings.public_url.rstrip("/")
