"""Rows whose entry is on the register: what the file says differently since it was last read."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import shapely
from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from assetmap import access, spatial
from assetmap.access import Viewer
from assetmap.formats import geojson
from assetmap.models import Entry, History
from assetmap.register import snapshots
from assetmap.register.bulk_rows import parts, tables_of
from assetmap.register.import_rows import ReadRow
from assetmap.vocabulary import Kind

UNDONE = "Import undone"
_COLUMN_OF = {"category": "category_id", "geometry": "exact_location"}
_KEYS = frozenset({"group", "asset", "operator"})
_SAME_PLACE = 5e-8  # degrees: places are compared to seven decimals


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
        if not access.may_change(viewer, self.values["team_id"]):
            return "This is on the register already, and belongs to another team."
        if self.kind != kind:
            return f"{ref} has the same source and number, and is of another kind."
        if self.values["merged_into_id"] is not None:
            return f"{ref}, which this was, has been merged into another entry."
        if self.values["withdrawn_at"] is not None and not self.was_undone:
            return f"{ref} has been withdrawn. Bring it back before importing it again."
        return None


@dataclass(slots=True)
class Compared:
    """changes: fields the file gives anew. kept: fields both changed, left as they are here.
    wanted: the whole entry with the changes made."""

    changes: dict[str, Any] = field(default_factory=dict)
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


def compared(session: Session, row: ReadRow, values: dict[str, Any], match: Known) -> Compared:
    """What the row says differently: quickly where nothing is, with care where something is."""
    if all(_same(values, match.values, name) for name in _names(row, match)):
        return Compared()
    entry = session.get(Entry, match.id, populate_existing=True)
    assert entry is not None
    here = snapshots.of(session, entry)
    base = snapshots.at_version(session, entry, _last_read(session, entry), here)
    said = _said(row, values)
    found = Compared()
    for name, value in said.items():
        if value in (here[name], base[name]):
            continue  # the same as here, or nothing new since the file was last read
        if here[name] != base[name]:
            found.kept.append(name)
        else:
            found.changes[name] = value
    found.wanted = here | found.changes
    return found


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


def _names(row: ReadRow, match: Known) -> set[str]:
    """The fields to compare. A place that a postcode gave is the same while the postcode is."""
    names = set(row.given) - {"location_method", "accuracy_m"}
    if row.entry.shape is None:
        names.discard("geometry")
    return names


def _same(values: dict[str, Any], there: dict[str, Any], name: str) -> bool:
    column = f"{name}_id" if name in _KEYS else _COLUMN_OF.get(name, name)
    if name == "covers_areas":
        return False  # lies in another table: looked at with care
    mine, theirs = values[column], there[column]
    if name == "geometry":
        shape = spatial.shape_of(theirs)
        return shape is not None and bool(shapely.equals_exact(mine, shape, tolerance=_SAME_PLACE))
    if isinstance(mine, Decimal) or isinstance(theirs, Decimal):
        return mine is not None and theirs is not None and Decimal(mine) == Decimal(theirs)
    return bool(mine == theirs)


def _last_read(session: Session, entry: Entry) -> int:
    """The version that the last import left."""
    found = session.scalar(
        select(History.version)
        .where(History.entry_id == entry.id, History.verb == "imported")
        .order_by(History.version.desc())
        .limit(1)
    )
    return found or 1


def _said(row: ReadRow, values: dict[str, Any]) -> dict[str, Any]:
    """The fields that the file gives, in the words of a snapshot."""
    taken = snapshots.of_draft(row.entry.draft)
    names = set(row.given)
    if row.entry.shape is not None or "postcode" in names:
        place = values["exact_location"]
        taken["geometry"] = snapshots.as_json(geojson.geometry(place))
        taken["location_method"] = values["location_method"]
        taken["postcode"] = values["postcode"]
        names |= {"geometry", "location_method"} if place is not None else set()
    return {name: taken[name] for name in sorted(names) if name in taken}
