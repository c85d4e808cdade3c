"""What was done to each demo record after it was logged: from its first state to the one it has."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from assetmap.demo.ledger import Record
from assetmap.models.states import FIRST
from assetmap.register.past import Happening
from assetmap.register.snapshots import as_json

ROADS: dict[str, dict[str, tuple[str, ...]]] = {
    "offer": {
        "confirmed": ("confirmed",),
        "matched": ("confirmed", "matched"),
        "in_use": ("confirmed", "matched", "in_use"),
        "fulfilled": ("confirmed", "matched", "in_use", "fulfilled"),
        "paused": ("confirmed", "paused"),
    },
    "finding": {
        "assigned": ("triaged", "assigned"),
        "in_progress": ("triaged", "assigned", "in_progress"),
        "resolved": ("triaged", "assigned", "resolved"),
        "verified": ("triaged", "assigned", "resolved", "verified"),
        "no_action": ("triaged", "no_action"),
        "reopened": ("triaged", "no_action", "reopened"),
    },
    "walkabout": {"complete": ("underway", "complete")},
    "engagement": {
        "confirmed": ("planned", "confirmed"),
        "held": ("planned", "held"),
        "closed": ("planned", "held", "closed"),
    },
    "hotspot": {"monitoring": ("active", "monitoring")},
}
EMPTY_BEFORE: dict[str, dict[str, Any]] = {
    "assigned": {"assigned_partner": None},
    "resolved": {"resolution": "", "resolved_at": None},
    "verified": {"verified_by_resident": False},
}
NOON, MIDNIGHT = time(12, tzinfo=UTC), time(tzinfo=UTC)
STARTS, ENDS = ("underway", "held"), ("complete",)


@dataclass(frozen=True)
class Linked:
    """A link that leaves a record, made once both ends were there."""

    at: datetime
    relation: str
    to_uid: str


def happenings(
    record: Record, links: list[Linked], by_id: int, today: date
) -> tuple[Happening, ...]:
    """All that happened to a record since it was logged, and before today began."""
    last = max(record.created_at, datetime.combine(today, MIDNIGHT))
    told = [*_moves(record, last), *_checks(record)]
    told += [
        Happening(link.at, None, "linked", {f"link {link.relation}": [None, link.to_uid]})
        for link in links
    ]
    bounded = [replace(one, at=min(max(one.at, record.created_at), last)) for one in told]
    return tuple(replace(one, by_id=by_id) for one in sorted(bounded, key=lambda h: h.at))


def closed_at(record: Record) -> datetime | None:
    """When an engagement was closed: a fortnight after it was held."""
    if record.kind != "engagement" or record.status != "closed":
        return None
    ended: datetime = record.fields["ends_at"]
    return ended + timedelta(days=14)


def road(record: Record) -> tuple[str, ...]:
    """The states a record went through after its first, ending with the one it has."""
    if record.status in (FIRST[record.kind], "proposed"):
        return ()
    return ROADS.get(record.kind, {}).get(record.status, (record.status,))


def _moves(record: Record, last: datetime) -> Iterator[Happening]:
    states = road(record)
    if not states:
        return
    before = FIRST[record.kind]
    end = min(record.fields.get("resolved_at") or last, last)
    step = (end - record.created_at) / (len(states) + 1)
    at = record.created_at
    for state in states:
        at = max(at, _known(record, state) or min(at + step, last))
        yield Happening(at, None, state, {"status": [before, state], **_with(record, state)})
        before = state


def _known(record: Record, state: str) -> datetime | None:
    """When a record reached a state, where the record itself says."""
    found: datetime | None = None
    if state in STARTS:
        found = record.fields.get("starts_at")
    elif state in ENDS:
        found = record.fields.get("ends_at")
    elif state == "closed":
        found = closed_at(record)
    elif state == "resolved":
        found = record.fields.get("resolved_at")
    return found


def _with(record: Record, state: str) -> dict[str, list[Any]]:
    """What else a move changed, from nothing to what the record holds."""
    named = EMPTY_BEFORE.get(state, {})
    changed = {name: [empty, as_json(record.fields.get(name))] for name, empty in named.items()}
    if state == "closed" and record.kind == "engagement":
        changed["closed_at"] = [None, as_json(closed_at(record))]
    return {name: both for name, both in changed.items() if both[0] != both[1]}


def _checks(record: Record) -> Iterator[Happening]:
    """The last time somebody made sure of it, unless that was when it was logged."""
    first = record.created_at.date()
    if record.checked_on is None or record.checked_on <= first:
        return
    at = datetime.combine(record.checked_on, NOON)
    changes: dict[str, list[Any]] = {"checked_on": [first, record.checked_on]}
    yield Happening(at, None, "checked", {name: as_json(both) for name, both in changes.items()})
