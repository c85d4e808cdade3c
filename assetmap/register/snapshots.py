"""An entry as people write it down: what history keeps, conflicts compare and undo puts back."""

import uuid
from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

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


def of(session: Session, entry: Entry) -> Snapshot:
    """Every field of an entry in the words of its draft, and its state; JSON all through."""
    taken = {name: _drafted(session, entry, name) for name in DRAFTS[Kind(entry.kind)].model_fields}
    taken |= {name: _state(session, entry, name) for name in state_names(entry.kind)}
    return taken


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


def as_json(value: Any) -> Any:  # noqa: PLR0911  # one line a type reads best
    """A value as JSON keeps it, the same for the same value wherever it came from."""
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
        case dict():
            return {str(name): as_json(part) for name, part in value.items()}
        case list() | tuple():
            return [as_json(part) for part in value]
        case str():
            return str(value)
        case _:
            return value


def _drafted(session: Session, entry: Entry, name: str) -> Any:
    match name:
        case "category":
            return _code(session, entry.category_id)
        case "geometry":
            return as_json(geojson.geometry(spatial.shape_of(entry.exact_location)))
        case "covers_areas":
            return sorted(covered_codes(session, [entry.id]).get(entry.id, []))
        case "group" | "asset" | "operator":
            return uid_of(session, getattr(entry, f"{name}_id"))
        case _:
            return as_json(getattr(entry, name))


def _state(session: Session, entry: Entry, name: str) -> Any:
    match name:
        case "team":
            team = session.get(Team, entry.team_id)
            return team.name if team else None
        case "merged_into":
            return uid_of(session, entry.merged_into_id)
        case "assigned_partner":
            key = getattr(entry, "assigned_partner_id", None)
            partner = session.get(Partner, key) if key else None
            return partner.name if partner else None
        case _:
            return as_json(getattr(entry, name))


def _code(session: Session, category_id: int | None) -> str | None:
    category = session.get(Category, category_id) if category_id else None
    return category.code if category else None


def uid_of(session: Session, entry_id: int | None) -> str | None:
    """The uid of an entry, by its key."""
    if entry_id is None:
        return None
    return as_json(session.scalar(select(Entry.uid).where(Entry.id == entry_id)))  # type: ignore[no-any-return]


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
