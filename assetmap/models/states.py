"""Legal moves between states, stated once for each kind as a table."""

from collections.abc import Mapping

from assetmap.errors import Conflict

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
