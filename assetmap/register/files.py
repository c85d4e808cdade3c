"""What is taken away, as a file: written piece after piece, and marked as it is classified."""

import weakref
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from itertools import chain, islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO, Any, BinaryIO

from shapely.geometry.base import BaseGeometry
from sqlalchemy.orm import Session

from assetmap import spatial
from assetmap.access import Viewer
from assetmap.db import local_day, now
from assetmap.errors import TooLarge, TooManyAtOnce
from assetmap.formats import csv, geojson, geopackage
from assetmap.outside.alone import hold_one
from assetmap.register import classification, deployment, downloads, features
from assetmap.register.downloads import Account
from assetmap.register.hits import Hit
from assetmap.register.weighing import Weight
from assetmap.schemas.search import FROM_THE_START, EntrySearch, GoOn
from assetmap.vocabulary import Channel

TYPES = {
    Channel.CSV: "text/csv; charset=utf-8",
    Channel.GEOJSON: "application/geo+json",
    Channel.GEOPACKAGE: "application/geopackage+sqlite3",
}
LICENCES = "Each entry's own, in the column licence; its source in the column source."
AT_ONCE = 2_000
BLOCK = 65_536
BLOCKS_AT_ONCE = 16
MOST = 1_000_000
MOST_PACKED = 50_000  # some twenty seconds to make
TOO_MANY = (
    "A GeoPackage is made whole before it is sent. This would hold {:,} entries; the most at once"
    " is {:,}. Ask for it with POST to have it made meanwhile, or take CSV or GeoJSON."
)


TAKEN_BY_YOU = (
    "You are taking as many files already as one person can at the same time. Ask again when one of"
    " them has come."
)
TAKEN_BY_OTHERS = (
    "Others are taking as many files as can be taken at the same time without signing in. Ask again"
    " in half a minute, or sign in."
)


@dataclass(frozen=True)
class Taken:
    """Who takes what a search finds away, how, and under which name.

    account: where one is kept. only: keys of those that are taken of what is found.
    """

    viewer: Viewer
    form: Channel
    name: str
    account: Account | None = None
    go_on: GoOn = FROM_THE_START
    only: Collection[int] | None = None

    @property
    def level(self) -> str:
        """How it is classified."""
        return classification.NONE if self.account is None else self.account.level


def of_entries(
    session: Session,
    hits: Iterable[Hit],
    form: Channel,
    *,
    level: str,
    root: str = "",
    has_begun: bool = False,
) -> Iterator[bytes]:
    """Entries as a CSV or GeoJSON file. root: where people reach the service. has_begun: go on
    with a file that was broken off behind an entry."""
    today = local_day(now())
    if form == Channel.CSV:
        rows = (features.row(hit, today, root) for hit in hits)
        if has_begun:
            return csv.write(rows, features.CSV_COLUMNS, head=False)
        return as_csv(session, rows, features.CSV_COLUMNS, level)
    given = (features.feature(hit, today) for hit in hits)
    return geojson.collection_stream(given, has_begun=has_begun, **said_of(session, level))


def as_geopackage(
    session: Session,
    hits: Iterable[Hit],
    path: Path,
    *,
    level: str,
    root: str = "",
    has_begun: bool = False,
) -> Iterator[int]:
    """Write entries into a GeoPackage, some thousands at a time, and say each time how many.

    root, has_begun: as `of_entries` has them.
    """
    today, rest, is_new = local_day(now()), iter(hits), not has_begun
    marking = classification.marking(session, level)
    said = {**said_of(session, level), "licence": LICENCES, "source": root or "Assetmap"}
    while (part := [_row(hit, today, root) for hit in islice(rest, AT_ONCE)]) or is_new:
        rows, shapes = [row for row, _ in part], [shape for _, shape in part]
        table = geopackage.Part(rows, shapes, features.CSV_COLUMNS)
        geopackage.append(path, table, is_new=is_new, description=marking, **said)
        is_new = False
        yield len(part)


def _row(hit: Hit, today: date, root: str) -> tuple[Mapping[str, Any], BaseGeometry | None]:
    """What is kept of an entry until its part is written: the entry itself is let go of."""
    return features.row(hit, today, root), spatial.shape_of(hit.entry.location)


def pieces(session: Session, wanted: EntrySearch, taken: Taken, *, root: str) -> Iterator[bytes]:
    """What a search finds as a file that is sent while it is read; but a GeoPackage, which has to
    be made whole first. root: where people reach the service.

    Where an account is kept, the first part is on it. Raises BadRequest for a search that is
    none, TooLarge for what finds too much for a GeoPackage, TooManyAtOnce.
    """
    place = _place(session, taken.viewer)
    try:
        held = _holding(place, _pieces(session, wanted, taken, root))
    except BaseException:
        place.close()
        raise
    weakref.finalize(held, place.close)  # nobody may ever begin to read it
    return held


def _place(session: Session, viewer: Viewer) -> IO[bytes]:
    """A place among those who take files, held until it is closed."""
    who = (viewer.behind or viewer).user_id
    name, most = f"person-{who}", deployment.exports_each(session)
    if who is None:
        name, most = "public", deployment.exports_public(session)
    place = hold_one(deployment.instance(session) / "taking", name, most)
    if place is None:
        raise TooManyAtOnce(TAKEN_BY_YOU if who is not None else TAKEN_BY_OTHERS)
    return place


def _holding(place: IO[bytes], found: Iterator[bytes]) -> Iterator[bytes]:
    with place:
        yield from found


def _pieces(session: Session, wanted: EntrySearch, taken: Taken, root: str) -> Iterator[bytes]:
    viewer, is_packed = taken.viewer, taken.form == Channel.GEOPACKAGE
    if is_packed and (count := Weight(session, wanted, viewer=viewer).count) > MOST_PACKED:
        raise TooLarge(TOO_MANY.format(count, MOST_PACKED), count)
    found = downloads.every(
        session,
        wanted,
        viewer=viewer,
        most=MOST,
        account=taken.account,
        only=taken.only,
        after=taken.go_on.key,
    )
    if is_packed:
        packed = _packed(session, found, level=taken.level, root=root)
        return downloads.while_allowed(session, packed, viewer=viewer, at_once=BLOCKS_AT_ONCE)
    hits = found if taken.account is None else downloads.begun(found)
    return of_entries(session, hits, taken.form, level=taken.level, root=root)


def headers_of(session: Session, wanted: EntrySearch, taken: Taken) -> dict[str, str]:
    """What goes before such a file."""
    said = _taken_at(session, wanted, taken.go_on, viewer=taken.viewer)
    return said | headers(session, taken.level, taken.name)


def _packed(session: Session, hits: Iterable[Hit], *, level: str, root: str) -> Iterator[bytes]:
    """A GeoPackage, whole; the disk holds it as long as it is being sent, under no name."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "entries.gpkg"
        for _ in as_geopackage(session, hits, path, level=level, root=root):
            pass
        file = path.open("rb")
    return _read(file)


def _read(file: BinaryIO) -> Iterator[bytes]:
    with file:
        yield from iter(partial(file.read, BLOCK), b"")


def _taken_at(
    session: Session, wanted: EntrySearch, go_on: GoOn, *, viewer: Viewer
) -> dict[str, str]:
    """When it was taken; and of a part, how much of what came before it was changed since."""
    said = {"X-Taken-At": now().isoformat().replace("+00:00", "Z")}
    if go_on.key is not None and go_on.since is not None:
        up_to, at = go_on.key, go_on.since
        found = downloads.since(session, wanted, viewer=viewer, up_to=up_to, at=at)
        said["X-Changed-Since"] = str(found.changed)
    return said


def as_csv(
    session: Session, rows: Iterable[Mapping[str, object]], columns: Sequence[str], level: str
) -> Iterator[bytes]:
    """A CSV file; the first line says so where what follows is OFFICIAL-SENSITIVE."""
    if level != classification.SENSITIVE:
        return csv.write(rows, columns)
    line = f"# {classification.marking(session, level)}".replace('"', "'")
    return chain([csv.BOM, f'"{line}"\r\n'.encode()], csv.write(rows, columns, bom=False))


def said_of(session: Session, level: str) -> dict[str, str]:
    """What a file says of itself: how it is classified, and how to handle it."""
    if level == classification.NONE:
        return {}
    instruction = classification.handling(session)
    return {"classification": level} | ({"handling": instruction} if instruction else {})


def headers(session: Session, level: str, name: str) -> dict[str, str]:
    """What goes before a file: its name, with the mark of what is in it."""
    marked = "" if level == classification.NONE else f"-{level}"
    stem, _, end = name.rpartition(".")
    found = {"Content-Disposition": f'attachment; filename="{stem}{marked}.{end}"'}
    if marked:
        found["X-Classification"] = level
        if instruction := classification.handling(session):
            found["X-Handling"] = instruction.encode("ascii", "replace").decode()
    return found
