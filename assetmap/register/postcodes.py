"""Postcodes: loading a release, beside or over what is there."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, cast

from sqlalchemy import Table, delete, select
from sqlalchemy.orm import Session

from assetmap import access, loading, spatial
from assetmap.access import Viewer
from assetmap.formats.postcodes import PostcodeRow
from assetmap.models import Postcode
from assetmap.register import audit, deployment
from assetmap.vocabulary import AuditAction

ROWS_AT_ONCE = 5_000
MOST_REASONS = 20
LONGEST_RELEASE = 40
_TABLE = cast(Table, Postcode.__table__)
_COLUMNS = tuple(column.name for column in _TABLE.columns)
# A file without these says nothing of them, so what an earlier one said stays.
_KEPT = ("introduced", "ward", "lsoa", "lad")
Counted = Callable[[int], None]  # how many rows have been read


@dataclass
class Loaded:
    """What loading did. reasons: why the first few of those refused were."""

    added: int = 0
    updated: int = 0
    unchanged: int = 0
    refused: int = 0
    reasons: list[str] = field(default_factory=list)


def load(
    session: Session,
    rows: Iterable[PostcodeRow],
    *,
    viewer: Viewer,
    release: str = "",
    progress: Counted | None = None,
) -> Loaded:
    """Add postcodes, or bring those that are there up to date; the last row of each counts.

    release: what to call this publication; without it, what is there stays. Ended postcodes and
    those without a position are kept. A position outside the deployment's extent is refused.
    Loading the same again changes nothing. Raises NotAllowed unless the viewer is an
    administrator, and whatever reading `rows` raises.
    """
    access.require_admin(viewer)
    spatial.lock_for_writing(session, "postcodes")
    done, read = Loaded(), 0
    for batch in _batches(rows):
        read += len(batch)
        _write(session, _inside(session, batch, done), release[:LONGEST_RELEASE], done)
        if progress is not None:
            progress(read)
    said = {"read": read}
    audit.note(session, AuditAction.LOADED, viewer=viewer, entity="postcode", details=said)
    return done


def _batches(rows: Iterable[PostcodeRow]) -> Iterator[list[PostcodeRow]]:
    given = iter(rows)
    while batch := list(islice(given, ROWS_AT_ONCE)):
        yield batch


def _inside(session: Session, batch: list[PostcodeRow], done: Loaded) -> dict[str, PostcodeRow]:
    """The rows to keep, each postcode once."""
    west, south, east, north = deployment.extent(session)
    kept: dict[str, PostcodeRow] = {}
    for row in batch:
        if row.longitude is not None and row.latitude is not None:
            inside = west <= row.longitude <= east and south <= row.latitude <= north
            if not inside:  # also true of what is not a number
                done.refused += 1
                if len(done.reasons) < MOST_REASONS:
                    done.reasons.append(f"{row.pcds} lies outside the extent of this register.")
                continue
        if row.pcds in kept:
            done.unchanged += 1
        kept[row.pcds] = row
    return kept


def _write(session: Session, rows: dict[str, PostcodeRow], release: str, done: Loaded) -> None:
    there = {
        found.pcds: found
        for found in session.execute(select(*_TABLE.columns).where(Postcode.pcds.in_(list(rows))))
    }
    new: list[dict[str, Any]] = []
    altered: list[dict[str, Any]] = []  # written anew: nothing points at a postcode
    for pcds, row in rows.items():
        known = there.get(pcds)
        columns = _columns(row, known, release)
        if known is None:
            new.append(columns)
        elif any(columns[name] != getattr(known, name) for name in _COLUMNS):
            altered.append(columns)
    if altered:
        gone = [columns["pcds"] for columns in altered]
        session.execute(delete(_TABLE).where(_TABLE.c.pcds.in_(gone)))
    written = loading.encoded(session, _TABLE, _COLUMNS, [*new, *altered])
    loading.insert_encoded(session, _TABLE, _COLUMNS, written)
    done.added += len(new)
    done.updated += len(altered)
    done.unchanged += len(rows) - len(new) - len(altered)


def _columns(row: PostcodeRow, known: Any, release: str) -> dict[str, Any]:
    """The row as the table holds it, filled up with what is known already."""
    columns = {name: getattr(row, name, None) for name in _COLUMNS}
    columns["release"] = release or (known.release if known is not None else "")
    if known is not None:
        for name in _KEPT:
            if columns[name] is None:
                columns[name] = getattr(known, name)
    return columns
