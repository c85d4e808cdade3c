"""An entry as people write it down: what history keeps, conflicts compare and undo puts back."""

import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from pydantic import BaseModel
from sqlalchemy import literal, select, union_all
from sqlalchemy.orm import InstrumentedAttribute, Session
from sqlalchemy.orm.util import identity_key

from assetmap import spatial
from assetmap.formats import geojson
from assetmap.models import Area, Category, Entry, EntryCovers, History, Partner, Team
from assetmap.schemas.entries import DRAFTS, EntryDraft
from assetmap.vocabulary import Kind

Snapshot = dict[str, Any]

STATE = ("status", "team", "withdrawn_at", "withdrawn_why", "merged_into")
KIND_STATE: Mapping[str, tuple[str, ...]] = {
    Kind.FINDING: ("resolution", "resolved_at", "verified_by_resident", "assigned_partner"),
    Kind.ENGAGEMENT: ("closed_at",),
}
_CALLED: Mapping[str, tuple[type[Any], InstrumentedAttribute[str]]] = {
    "category_id": (Category, Category.code),
    "team_id": (Team, Team.name),
    "assigned_partner_id": (Partner, Partner.name),
}
_ENTRIES = ("group_id", "asset_id", "operator_id", "merged_into_id")


@dataclass(frozen=True)
class _Named:
    """What entries call by a key, in the words of drafts."""

    names: Mapping[tuple[str, int], str]  # (column, key) → a category's code, another's name
    uids: Mapping[int, str]
    covers: Mapping[int, list[str]]


def of(session: Session, entry: Entry) -> Snapshot:
    """Every field of an entry in the words of its draft, and its state; JSON all through."""
    return several(session, [entry])[0]


def several(session: Session, entries: Sequence[Entry]) -> list[Snapshot]:
    """The snapshot of each of these entries, with at most three queries for all of them."""
    named = _Named(
        _names(session, entries),
        _uids(session, entries),
        covered_codes(session, [entry.id for entry in entries]),
    )
    return [_taken(entry, named) for entry in entries]


def plain(entry: Entry, names: Iterable[str]) -> Snapshot:
    """Some fields of an entry in the same words, without a query: none that names other records."""
    nothing = _Named({}, {}, {})
    return {name: _drafted(entry, name, nothing) for name in names}


def _taken(entry: Entry, named: _Named) -> Snapshot:
    taken = {name: _drafted(entry, name, named) for name in DRAFTS[Kind(entry.kind)].model_fields}
    return taken | {name: _state(entry, name, named) for name in state_names(entry.kind)}


def state_names(kind: str) -> tuple[str, ...]:
    """What a snapshot of this kind holds beyond its draft."""
    return (*STATE, *KIND_STATE.get(kind, ()))


def of_draft(draft: EntryDraft) -> Snapshot:
    """A draft in the same form, so that the two compare."""
    taken = {name: as_json(getattr(draft, name)) for name in type(draft).model_fields}
    taken["geometry"] = as_json(taken["geometry"])
    taken["covers_areas"] = sorted(taken["covers_areas"])
    return taken


def differences(before: Snapshot, after: Snapshot) -> dict[str, list[Any]]:
    """Each field that differs, as [before, after]."""
    return {
        name: [before.get(name), after.get(name)]
        for name in after
        if before.get(name) != after.get(name)
    }


def at_version(session: Session, entry: Entry, version: int, now: Snapshot) -> Snapshot:
    """The entry as it was at an earlier version, worked back from its history."""
    then = dict(now)
    rows = session.scalars(
        select(History)
        .where(History.entry_id == entry.id, History.version > version)
        .order_by(History.version.desc())
    )
    for row in rows:
        then |= {name: before for name, (before, _) in row.changes.items()}
    return then


def draft_of(kind: str, taken: Snapshot) -> EntryDraft:
    """A draft out of a snapshot; it was checked when it was written."""
    model = DRAFTS[Kind(kind)]
    return model.model_validate({name: taken[name] for name in model.model_fields if name in taken})


def reader(taken: Snapshot) -> Callable[[str], Any]:
    """Gives what a snapshot holds for a column, to ask `states` whether a state fits it."""
    return lambda name: taken.get(name, taken.get(name.removesuffix("_id")))


_PLAIN = frozenset({str, int, bool, type(None)})


def as_json(value: Any) -> Any:  # noqa: PLR0911  # one line a type reads best
    """A value as JSON keeps it, the same for the same value wherever it came from."""
    if type(value) in _PLAIN:  # as most are
        return value
    match value:
        case datetime():
            return value.isoformat(timespec="seconds")
        case date():
            return value.isoformat()
        case uuid.UUID():
            return str(value)
        case Decimal():
            return format(value.normalize(), "f")
        case float():
            return round(value, 7)
        case BaseModel():
            return as_json(value.model_dump())
        case dict():
            return {str(name): as_json(part) for name, part in value.items()}
        case list() | tuple():
            return [as_json(part) for part in value]
        case str():
            return str(value)
        case _:
            return value


def _drafted(entry: Entry, name: str, named: _Named) -> Any:
    match name:
        case "category":
            return _name(entry, "category_id", named)
        case "geometry":
            return as_json(geojson.geometry(spatial.shape_of(entry.exact_location)))
        case "covers_areas":
            return sorted(named.covers.get(entry.id, []))
        case "group" | "asset" | "operator":
            return named.uids.get(getattr(entry, f"{name}_id") or 0)
        case _:
            return as_json(getattr(entry, name))


def _state(entry: Entry, name: str, named: _Named) -> Any:
    match name:
        case "team" | "assigned_partner":
            return _name(entry, f"{name}_id", named)
        case "merged_into":
            return named.uids.get(entry.merged_into_id or 0)
        case _:
            return as_json(getattr(entry, name))


def _name(entry: Entry, column: str, named: _Named) -> str | None:
    return named.names.get((column, getattr(entry, column, None) or 0))


def _names(session: Session, entries: Sequence[Entry]) -> dict[tuple[str, int], str]:
    """What is loaded already is not asked for again: a run of writes reads its team once."""
    found: dict[tuple[str, int], str] = {}
    asked = []
    for column, (model, said) in _CALLED.items():
        missing = []
        for key in _keys(entries, column):
            held = session.identity_map.get(identity_key(model, key))
            if held is None or said.key not in held.__dict__:
                missing.append(key)
            else:
                found[column, key] = getattr(held, said.key)
        if missing:
            asked.append(select(literal(column), model.id, said).where(model.id.in_(missing)))
    if asked:
        found |= {(row[0], row[1]): row[2] for row in session.execute(union_all(*asked))}
    return found


def _uids(session: Session, entries: Sequence[Entry]) -> dict[int, str]:
    named = {key for column in _ENTRIES for key in _keys(entries, column)}
    if not named:
        return {}
    rows = session.execute(select(Entry.id, Entry.uid).where(Entry.id.in_(named)))
    return {row[0]: str(row[1]) for row in rows}


def _keys(entries: Sequence[Entry], column: str) -> set[int]:
    """What these entries have in a column, where their kind has it and they have a value."""
    return {key for entry in entries if (key := getattr(entry, column, None)) is not None}


def covered_codes(session: Session, entry_ids: Iterable[int]) -> dict[int, list[str]]:
    """Codes of the areas each entry says it serves."""
    found: dict[int, list[str]] = {}
    rows = session.execute(
        select(EntryCovers.entry_id, Area.code)
        .join(Area, Area.id == EntryCovers.area_id)
        .where(EntryCovers.entry_id.in_(list(entry_ids)))
    )
    for entry_id, code in rows:
        found.setdefault(entry_id, []).append(code)
    return found
