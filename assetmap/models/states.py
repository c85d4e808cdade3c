"""Legal moves between states, and what a state demands, stated once for each kind as tables."""

from collections.abc import Callable, Mapping
from typing import Any

from assetmap.errors import Conflict, Invalid

Moves = Mapping[str, tuple[str, ...]]

_PLACE: Moves = {
    "proposed": ("active", "closed"),
    "active": ("temporarily_closed", "closed"),
    "temporarily_closed": ("active", "closed"),
    "closed": ("active",),
}
_GROUP: Moves = {
    "proposed": ("active", "unknown", "closed"),
    "active": ("dormant", "unknown", "closed"),
    "dormant": ("active", "unknown", "closed"),
    "unknown": ("active", "dormant", "closed"),
    "closed": ("active",),
}
_ENDED = ("paused", "withdrawn", "expired")
_OFFER: Moves = {
    "offered": ("confirmed", "declined", *_ENDED),
    "confirmed": ("matched", *_ENDED),
    "matched": ("in_use", "confirmed", *_ENDED),
    "in_use": ("fulfilled", "confirmed", *_ENDED),
    "fulfilled": ("confirmed", "withdrawn", "expired"),
    "paused": ("offered", "confirmed", "withdrawn", "expired"),
    "expired": ("offered", "withdrawn"),
    "withdrawn": (),
    "declined": (),
}
_FINDING_CLOSERS = ("no_action", "duplicate", "routed")
_FINDING: Moves = {
    "new": ("triaged", *_FINDING_CLOSERS),
    "triaged": ("assigned", *_FINDING_CLOSERS),
    "assigned": ("in_progress", "resolved", *_FINDING_CLOSERS),
    "in_progress": ("resolved", *_FINDING_CLOSERS),
    "resolved": ("verified", "reopened"),
    "verified": ("reopened",),
    "reopened": ("triaged", "assigned", "in_progress", "resolved", *_FINDING_CLOSERS),
    "no_action": ("reopened",),
    "duplicate": ("reopened",),
    "routed": (),
}
_WALKABOUT: Moves = {
    "planned": ("underway", "cancelled"),
    "underway": ("complete", "cancelled"),
    "complete": ("underway",),
    "cancelled": (),
}
_ENGAGEMENT: Moves = {
    "draft": ("planned", "cancelled"),
    "planned": ("invites_sent", "confirmed", "held", "cancelled"),
    "invites_sent": ("confirmed", "held", "cancelled"),
    "confirmed": ("held", "cancelled"),
    "held": ("closed",),
    "closed": (),
    "cancelled": (),
}
_HOTSPOT: Moves = {
    "candidate": ("active", "closed"),
    "active": ("monitoring", "closed"),
    "monitoring": ("active", "closed"),
    "closed": ("active",),
}

MOVES: Mapping[str, Moves] = {
    "asset": _PLACE,
    "group": _GROUP,
    "offer": _OFFER,
    "finding": _FINDING,
    "walkabout": _WALKABOUT,
    "engagement": _ENGAGEMENT,
    "hotspot": _HOTSPOT,
}
FIRST = {kind: next(iter(moves)) for kind, moves in MOVES.items()} | {
    "asset": "active",
    "group": "active",
}
OVER: Mapping[str, tuple[str, ...]] = {
    "asset": ("closed",),
    "group": ("closed",),
    "offer": ("fulfilled", "expired", "withdrawn", "declined"),
    "finding": ("resolved", "verified", "no_action", "duplicate", "routed"),
    "walkabout": ("cancelled",),
    "engagement": ("cancelled",),
    "hotspot": ("closed",),
}

Reader = Callable[[str], Any]


def _checked(value: Reader) -> bool:
    return not value("checks_needed") or value("check_status") in ("passed", "not_needed")


def _scanned(value: Reader) -> bool:
    return bool(value("scan_status") != "pending")


def _said_how(value: Reader) -> bool:
    return bool((value("resolution") or "").strip())


_RESOLUTION = ("resolution", "Say what was done.", _said_how)
_SCAN = ("scan_status", "Answer the intelligence scan first.", _scanned)
DEMANDS: Mapping[tuple[str, str], tuple[tuple[str, str, Callable[[Reader], bool]], ...]] = {
    ("offer", "in_use"): (
        ("check_status", "The checks this offer needs have not been passed yet.", _checked),
    ),
    ("finding", "assigned"): (
        (
            "assigned_partner",
            "Choose who takes it on.",
            lambda value: value("assigned_partner_id") is not None,
        ),
    ),
    ("finding", "resolved"): (_RESOLUTION,),
    ("finding", "verified"): (_RESOLUTION,),
    ("walkabout", "complete"): (_SCAN,),
    ("engagement", "closed"): (
        _SCAN,
        (
            "attendance_count",
            "Say how many came first.",
            lambda value: value("attendance_count") is not None,
        ),
        (
            "feedback_due",
            "Say by which day people are told what came of it first.",
            lambda value: value("feedback_due") is not None,
        ),
    ),
}


def missing(kind: str, status: str, value: Reader) -> dict[str, str]:
    """What an entry lacks to be in a state: by field, what to do about it.

    value: gives a column of the entry by its name.
    """
    demands = DEMANDS.get((kind, status), ())
    return {name: words for name, words, is_met in demands if not is_met(value)}


def require_met(kind: str, status: str, value: Reader) -> None:
    """Raise Invalid naming each field that an entry lacks to be in a state."""
    if lacking := missing(kind, status, value):
        said = status.replace("_", " ")
        raise Invalid(f"It can't be {said} like this. {' '.join(lacking.values())}", lacking)


ALL_STATES = sorted({state for moves in MOVES.values() for state in moves})


def check_move(kind: str, now: str, then: str) -> None:
    """Raise Conflict unless the kind may go from one state to the other."""
    allowed = MOVES[kind].get(now, ())
    if then not in allowed:
        ways = ", ".join(state.replace("_", " ") for state in allowed) or "nothing"
        raise Conflict(
            f"A {kind} that is {now.replace('_', ' ')} cannot become {then.replace('_', ' ')};"
            f" it can become {ways}."
        )
