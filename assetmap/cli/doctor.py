"""`assetmap doctor`: what is wrong with this installation, in plain words, and what to do."""

import enum
import os
import sqlite3
import tempfile
import zlib
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import click
from pmtiles.reader import MmapSource, Reader
from pmtiles.tile import MagicNumberNotFound, SpecVersionUnsupported
from sqlalchemy import Connection, create_engine, func, select, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from assetmap import replica, spatial
from assetmap.access import OPERATOR
from assetmap.connections import STANDBY
from assetmap.db import Model
from assetmap.errors import Unavailable
from assetmap.models import Area, Postcode
from assetmap.outside import media, media_bucket
from assetmap.register import arranging, deployment, health, letters, media_moving, text_index
from assetmap.settings import Settings

UNREADABLE = (MagicNumberNotFound, SpecVersionUnsupported)
_WHOSE = text("SELECT system_identifier FROM pg_control_system()")
DEBIAN_PACKAGE = "libsqlite3-mod-spatialite"


class Verdict(enum.StrEnum):
    """How a check went."""

    GOOD = "ok"
    NOTE = "note"
    WRONG = "WRONG"


@dataclass(frozen=True)
class Finding:
    """One line of what the doctor says."""

    verdict: Verdict
    said: str


def good(said: str) -> Finding:
    """All is well."""
    return Finding(Verdict.GOOD, said)


def note(said: str) -> Finding:
    """Not wrong, but worth knowing."""
    return Finding(Verdict.NOTE, said)


def wrong(said: str) -> Finding:
    """Something that has to be put right."""
    return Finding(Verdict.WRONG, said)


@click.command("doctor")
@click.option("--mend", is_flag=True, help="Make indexes anew that are not sound.")
def doctor(*, mend: bool) -> None:
    """Say in plain words what is wrong, if anything; the exit code is 1 when something is."""
    settings = Settings()
    found = list(examine(settings, mend=mend))
    for finding in found:
        click.echo(f"{finding.verdict.value:<6}{finding.said}")
    count = sum(finding.verdict is Verdict.WRONG for finding in found)
    if count:
        click.echo(f"{count} {'thing is' if count == 1 else 'things are'} wrong.", err=True)
        raise SystemExit(1)
    click.echo("All is well.")


def examine(settings: Settings, *, mend: bool = False) -> Iterator[Finding]:
    """Every check, from what all else stands on upwards; what cannot be looked at is left out."""
    yield from _instance(settings)
    yield from _secret_key(settings)
    yield _base_map(settings)
    yield from _media(settings)
    yield _mail(settings)
    yield from _jobs(settings)
    embedded = spatial.embedded_file(settings.database_url)
    if embedded is not None:
        problem = spatial.extension_problem()
        if problem:
            yield wrong(
                f"SpatiaLite cannot be loaded ({problem}). On Debian and Ubuntu:"
                f" apt install {DEBIAN_PACKAGE}."
            )
            return
        if not embedded.exists():
            yield wrong(f"There is no database at {embedded} yet: run `assetmap db upgrade`.")
            return
    yield from _database(settings, mend=mend)


def _instance(settings: Settings) -> Iterator[Finding]:
    folder = settings.instance
    if not folder.is_dir():
        yield wrong(f"The folder {folder} is not there: run `assetmap db upgrade` to make it.")
        return
    try:
        with tempfile.TemporaryFile(dir=folder):
            yield good(f"The folder {folder} can be written to.")
    except OSError as error:
        yield wrong(
            f"The folder {folder} cannot be written to ({error.strerror}). Give the account that"
            " runs Assetmap the right to, or set ASSETMAP_INSTANCE to another."
        )


def _secret_key(settings: Settings) -> Iterator[Finding]:
    kept = settings.instance / "secret_key"
    if settings.secret_key.get_secret_value():
        yield good("The secret key is set.")
    elif not kept.exists():
        yield note("There is no secret key yet; the first start makes one.")
    elif not os.access(kept, os.R_OK) or not kept.read_text().strip():
        yield wrong(f"The secret key in {kept} cannot be read, or is empty. Remove it.")
    elif kept.stat().st_mode & 0o077:
        yield wrong(f"Others on this machine can read {kept}: run `chmod 600 {kept}`.")
    else:
        yield good("The secret key is kept in the instance folder.")


def _base_map(settings: Settings) -> Finding:
    kind, _, rest = settings.basemap.partition(":")
    if kind == "none":
        return note("No base map is set, so maps show entries on bare ground (ASSETMAP_BASEMAP).")
    if kind == "raster":
        return good(f"The base map comes from {rest.partition('|')[0]}.")
    path = settings.instance / "basemap.pmtiles" if kind == "demo" else Path(rest).absolute()
    ways = "Set ASSETMAP_BASEMAP to pmtiles:PATH, raster:URL|ATTRIBUTION or none"
    if kind == "demo":
        ways = f"`assetmap demo load` draws the demo town's. Or s{ways[1:]}"
    if not path.is_file():
        return wrong(f"The base map {path} is missing. {ways}.")
    try:
        levels = _zooms(path)
    except (*UNREADABLE, OSError, ValueError, LookupError, EOFError, zlib.error) as error:
        return wrong(
            f"The base map {path} cannot be read ({str(error) or type(error).__name__}). {ways}."
        )
    return good(f"The base map {path} has zooms {levels}.")


def _zooms(path: Path) -> str:
    with path.open("rb") as file:
        reader = Reader(MmapSource(file))
        header = reader.header()
        reader.metadata()
    return f"{header['min_zoom']} to {header['max_zoom']}"


def _media(settings: Settings) -> Iterator[Finding]:
    """Whether the bucket that photos are to be kept in answers and keeps them for us alone."""
    there = media_bucket.bucket(settings)
    if there is None:
        return
    try:
        found = there.look()
    except Unavailable as error:
        yield wrong(
            f"Photos and voice notes cannot be kept in {there}: {error.why}. See"
            " ASSETMAP_MEDIA and the settings that begin with it."
        )
        return
    yield good(f"Photos and voice notes can be written to {there}, read and removed.")
    if found.is_public:
        yield wrong(f"Anybody can read what is in {there}: close it to all but our key.")
    if found.keeps_versions:
        yield wrong(
            f"What is removed from {there} stays as an older version: turn versions off, and"
            " remove those there are."
        )
    if left := media_moving.to_move(media.folder(settings), viewer=OPERATOR).files:
        yield note(
            f"{left:,} {'file is' if left == 1 else 'files are'} in the folder still: run"
            " `assetmap media move bucket`."
        )


def _mail(settings: Settings) -> Finding:
    if settings.mail_server:
        return good("A mail server is set.")
    return note("No mail server is set, so sign-in links are written to the log.")


def _jobs(settings: Settings) -> Iterator[Finding]:
    """Whether the work that pages ask for is being done, or waits for somebody to do it."""
    queue = settings.instance / "jobs.sqlite"
    if not queue.exists():
        yield good("No job waits.")
        return
    try:
        with closing(sqlite3.connect(f"file:{queue}?mode=ro", uri=True)) as connection:
            (count,) = connection.execute("SELECT count(*) FROM task").fetchone()
    except sqlite3.Error as error:
        yield wrong(f"The queue of jobs {queue} cannot be read ({error}). Remove it.")
        return
    if count:
        yield note(
            f"{count:,} {'job waits' if count == 1 else 'jobs wait'}: `assetmap serve` or"
            " `assetmap jobs run` must be running to do them."
        )
    else:
        yield good("No job waits.")


def _database(settings: Settings, *, mend: bool) -> Iterator[Finding]:
    engine = create_engine(spatial.engine_url(settings.database_url), plugins=["geoalchemy2"])
    try:
        with Session(engine, autoflush=False, info=deployment.info(settings)) as session:
            yield from _looked_at(session, mend=mend)
            yield from _standby(session, settings)
    except SQLAlchemyError as error:
        yield wrong(f"The database cannot be reached: {_first_line(error)}")
    finally:
        engine.dispose()


def _looked_at(session: Session, *, mend: bool) -> Iterator[Finding]:
    if mend:
        spatial.writing(session)
    session.connection()
    try:
        yield good(f"The database answers: {spatial.versions(session.connection())}.")
    except SQLAlchemyError:
        yield wrong(
            "PostGIS is not in this database: as an administrator of the database run"
            " `CREATE EXTENSION postgis`."
        )
        return
    if not health.is_well(session):
        yield wrong("The database is not in the shape of this version: run `assetmap db upgrade`.")
        return
    yield good("The tables are those of this version.")
    yield from _letters(session)
    yield _spatial_indexes(session, mend=mend)
    yield _text_index(session, mend=mend)
    if arranging.is_due(session):
        yield note("Searches of one place are faster after `assetmap db arrange`, once at night.")
    yield from _geography(session)


def _standby(session: Session, settings: Settings) -> Iterator[Finding]:
    """Whether the standby follows this database, and how far behind it is."""
    options = replica.engines(settings).get(STANDBY)
    if options is None:
        return
    engine = create_engine(**options)
    try:
        with engine.connect() as connection:
            yield _followed(session.connection(), connection, settings.replica_seconds)
    except SQLAlchemyError as error:
        yield wrong(
            f"The standby cannot be reached, so all is read from the primary: {_first_line(error)}"
        )
    finally:
        engine.dispose()


def _followed(primary: Connection, standby: Connection, most_s: int) -> Finding:
    position = replica.written(primary)
    if replica.replayed(standby) is None:
        return wrong("DATABASE_REPLICA_URL names a server that follows no primary.")
    if primary.scalar(_WHOSE) != standby.scalar(_WHOSE):
        return wrong("The standby follows another primary than that of DATABASE_URL.")
    took_s = replica.catches_up_s(standby, position, most_s)
    if took_s is not None:
        return good(f"The standby has what was written on the primary {took_s:.1f} s ago.")
    missing = position - (replica.replayed(standby) or 0)
    return note(
        f"The standby is more than {most_s} s behind, by {missing:,} bytes of the primary's log:"
        " until it is nearer all is read from the primary."
    )


def _letters(session: Session) -> Iterator[Finding]:
    """Whether what is to be mailed is, or waits for a server that nobody has set."""
    count = letters.waiting(session)
    said = "1 letter waits" if count == 1 else f"{count:,} letters wait"
    if count and not deployment.has_mail(session):
        yield note(
            f"{said}, and no mail server is set: set ASSETMAP_MAIL_SERVER, or what is a week old"
            " is let go of."
        )
    elif count:
        yield note(f"{said} for the mail server.")


def _spatial_indexes(session: Session, *, mend: bool) -> Finding:
    tables = Model.metadata.tables
    broken = spatial.unindexed(session.connection(), list(tables.values()))
    if not broken:
        return good("The spatial indexes are sound.")
    named = ", ".join(broken)
    if not mend:
        return wrong(
            f"The spatial index of {named} is missing or broken, so places are not found:"
            " run `assetmap doctor --mend`."
        )
    for name in broken:
        table, _, column = name.partition(".")
        spatial.index_again(session.connection(), tables[table], column)
    session.commit()
    return good(f"The spatial index of {named} has been made anew.")


def _text_index(session: Session, *, mend: bool) -> Finding:
    counts = text_index.counts(session, viewer=OPERATOR)
    if counts.in_step:
        return good(f"The text index has all {counts.entries:,} entries.")
    if not mend:
        return wrong(
            f"The text index finds {counts.found:,} of {counts.entries:,} entries, and"
            f" {counts.gone:,} that are gone: run `assetmap doctor --mend`."
        )
    done = text_index.build(session, viewer=OPERATOR)
    session.commit()
    return good(f"The text index has been made anew, of {done:,} entries.")


def _geography(session: Session) -> Iterator[Finding]:
    for what, table in (("areas", Area), ("postcodes", Postcode)):
        count = session.scalar(select(func.count()).select_from(table)) or 0
        if count:
            yield good(f"{count:,} {what} are loaded.")
        else:
            yield note(f"No {what} are loaded: see `assetmap {what} load --help`.")


def _first_line(error: SQLAlchemyError) -> str:
    return str(getattr(error, "orig", None) or error).strip().partition("\n")[0]
