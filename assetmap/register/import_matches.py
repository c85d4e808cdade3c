"""Rows whose entry is on the register: what the file says differently since it was last read."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, NamedTuple

import shapely
from sqlalchemy import Select, select
from sqlalchemy.orm import Session, undefer, with_polymorphic

from assetmap import access, spatial
from assetmap.access import Viewer
from assetmap.formats import geojson
from assetmap.models import Entry, History
from assetmap.register import snapshots
from assetmap.register.bulk_rows import parts, tables_of
from assetmap.register.import_rows import ReadRow
from assetmap.register.snapshots import covered_codes
from assetmap.schemas.entries import RECURRING, REFERENCES
from assetmap.vocabulary import Kind

UNDONE = "Import undone"
PASSED_ON = "passed_on"  # in a history: the names of fields that were passed on
_COLUMN_OF = {"category": "category_id", "geometry": "exact_location"}
_SAME_PLACE = 5e-8  # degrees: places are compared to seven decimals


def called(name: str) -> str:
    """What people call a field that a file changes."""
    return "place" if name == "geometry" else name.replace("_", " ")


@dataclass(slots=True)
class Known:
    """An entry on the register that has a row's source and number. values: its columns."""

    id: int
    kind: str
    version: int
    values: dict[str, Any]

    @property
    def was_undone(self) -> bool:
        """Withdrawn because the import that brought it was undone."""
        return self.values["withdrawn_at"] is not None and self.values["withdrawn_why"] == UNDONE

    def refusal(self, kind: Kind, viewer: Viewer) -> str | None:
        """Why a row may not touch it; None when it may."""
        ref = f"{Kind(self.kind).prefix}-{self.id:06d}"
        if not access.may_add_to(viewer, self.values["team_id"]):
            return "This is on the register already, and belongs to another team."
        if self.kind != kind:
            return f"{ref} has the same source and number, and is of another kind."
        if self.values["merged_into_id"] is not None:
            return f"{ref}, which this was, has been merged into another entry."
        if self.values["withdrawn_at"] is not None and not self.was_undone:
            return f"{ref} has been withdrawn. Bring it back before importing it again."
        return None


class Met(NamedTuple):
    """A row, the columns it makes, and the entry that it speaks of."""

    row: ReadRow
    values: dict[str, Any]
    match: Known


@dataclass(slots=True)
class Compared:
    """changes: fields the file gives anew, as [here, in the file]. kept: fields both changed, left
    as they are here. wanted: the whole entry with the changes made."""

    changes: dict[str, list[Any]] = field(default_factory=dict)
    kept: list[str] = field(default_factory=list)
    wanted: snapshots.Snapshot = field(default_factory=dict)


def known(session: Session, rows: Sequence[ReadRow]) -> dict[tuple[str, str], Known]:
    """The entries that rows speak of, by source and number."""
    by_source: dict[str, list[ReadRow]] = {}
    for row in rows:
        by_source.setdefault(row.entry.source or "", []).append(row)
    found: dict[tuple[str, str], Known] = {}
    for source, said in by_source.items():
        kind = said[0].entry.draft.kind
        for part in parts([row.entry.external_id or "" for row in said]):
            for one in session.execute(_whole(kind, source, part)).mappings():
                values = dict(one)
                key = (source, str(values["external_id"]))
                found[key] = Known(values["id"], values["kind"], values["version"], values)
    return found


def taken(session: Session, keys: Iterable[Sequence[str]]) -> bool:
    """Whether any of these (source, number) has come onto the register meanwhile."""
    by_source: dict[str, list[str]] = {}
    for source, external_id in keys:
        by_source.setdefault(source, []).append(external_id)
    return any(
        session.scalar(
            select(Entry.id).where(Entry.source == source, Entry.external_id.in_(part)).limit(1)
        )
        for source, external in by_source.items()
        for part in parts(external)
    )


def compared(session: Session, rows: Sequence[Met]) -> list[Compared]:
    """What each row says differently: quickly where nothing is, with care where something is."""
    found = [Compared() for _ in rows]
    codes = covered_codes(session, [one.match.id for one in rows if _speaks_of_covers(one)])
    differing = [
        n
        for n, one in enumerate(rows)
        if not all(_same(one, name, codes) for name in _names(one.row))
    ]
    entries = loaded(session, [rows[n].match.id for n in differing])
    here = dict(zip(entries, snapshots.several(session, list(entries.values())), strict=True))
    bases = _last_read(session, here)
    for n in differing:
        key = rows[n].match.id
        found[n] = _compared(rows[n], here[key], bases[key])
    for entry in entries.values():
        session.expunge(entry)  # thousands more may follow
    return found


def loaded(session: Session, keys: Sequence[int]) -> dict[int, Entry]:
    """These entries whole, with their places, by key."""
    whole = with_polymorphic(Entry, "*")
    query = select(whole).where(whole.id.in_(keys)).order_by(whole.id)
    query = query.options(undefer(whole.location), undefer(whole.exact_location))
    rows = session.scalars(query.execution_options(populate_existing=True)) if keys else ()
    return {entry.id: entry for entry in rows}


def _compared(one: Met, here: snapshots.Snapshot, base: snapshots.Snapshot) -> Compared:
    found = Compared()
    for name, value in _said(one.row, one.values).items():
        if value in (here[name], base[name]):
            continue  # the same as here, or nothing new since the file was last read
        if here[name] != base[name]:
            found.kept.append(name)
        else:
            found.changes[name] = [here[name], value]
    found.wanted = here | {name: value for name, (_, value) in found.changes.items()}
    return found


def _speaks_of_covers(one: Met) -> bool:
    return "covers_areas" in one.row.given


def _whole(kind: Kind, source: str, external_ids: Sequence[str]) -> Select[Any]:
    tables = tables_of(kind)
    joined: Any = tables[0]
    columns = [column for column in tables[0].columns if column.name not in ("tokens", "covers")]
    for table in tables[1:]:
        joined = joined.outerjoin(table, table.c.id == tables[0].c.id)
        columns += [column for column in table.columns if column.name != "id"]
    return (
        select(*columns)
        .select_from(joined)
        .where(Entry.source == source, Entry.external_id.in_(external_ids))
    )


def _names(row: ReadRow) -> set[str]:
    """The fields to compare. A place that a postcode gave is the same while the postcode is."""
    names = set(row.given) - {"location_method", "accuracy_m"}
    if row.entry.shape is None:
        names.discard("geometry")
    return names


def _same(one: Met, name: str, codes: Mapping[int, Sequence[str]]) -> bool:
    if name == "covers_areas":
        there = codes.get(one.match.id, ())
        return sorted(one.row.entry.draft.covers_areas) == sorted(there)
    column = f"{name}_id" if name in REFERENCES else _COLUMN_OF.get(name, name)
    mine, theirs = one.values[column], one.match.values[column]
    if name == "geometry":
        shape = spatial.shape_of(theirs)
        return shape is not None and bool(shapely.equals_exact(mine, shape, tolerance=_SAME_PLACE))
    if isinstance(mine, Decimal) or isinstance(theirs, Decimal):
        return mine is not None and theirs is not None and Decimal(mine) == Decimal(theirs)
    return bool(mine == theirs)


def _last_read(
    session: Session, here: Mapping[int, snapshots.Snapshot]
) -> dict[int, snapshots.Snapshot]:
    """Each entry as the last import left it, or as it was first."""
    then = {key: dict(now) for key, now in here.items()}
    reached: set[int] = set()
    rows = session.execute(
        select(History.entry_id, History.verb, History.changes)
        .where(History.entry_id.in_(here), History.version > 1)
        .order_by(History.version.desc())
    )
    for key, verb, changes in rows:
        if PASSED_ON in changes:  # words that no file may bring back
            then[key] |= dict.fromkeys(changes[PASSED_ON][1])
        if verb == "imported":
            reached.add(key)
        if key not in reached:
            since = {n: before for n, (before, _) in changes.items() if n != PASSED_ON}
            then[key] |= since
    return then


def _said(row: ReadRow, values: dict[str, Any]) -> dict[str, Any]:
    """The fields that the file gives, in the words of a snapshot."""
    taken = snapshots.of_draft(row.entry.draft)
    names = set(row.given)
    taken |= {name: values[name] for name in RECURRING if name in names}
    if row.entry.shape is not None or "postcode" in names:
        place = values["exact_location"]
        taken["geometry"] = snapshots.as_json(geojson.geometry(place))
        taken["location_method"] = values["location_method"]
        taken["postcode"] = values["postcode"]
        names |= {"geometry", "location_method"} if place is not None else set()
    return {name: taken[name] for name in sorted(names) if name in taken}
