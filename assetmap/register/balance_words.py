"""What a draw came to, in sentences."""

from collections.abc import Mapping, Sequence
from typing import Any

from assetmap.db import local_day
from assetmap.models import InvitePanel, InvitePlace
from assetmap.register import profiles, reach

STATES: Mapping[str, str] = {
    "drawing": "Being drawn",
    "drawn": "Drawn",
    "impossible": "Could not be drawn",
    "failed": "Came to nothing",
}
PLACES: Mapping[str, str] = {
    "pool": "not drawn",
    "seated": "has a seat",
    "reserve": "a reserve",
    "declined": "declined",
}
A_GROUP = "people through one group"
ANSWERS: Mapping[str, str] = {
    "accepted": "said yes",
    "waiting": "waits for a place",
    "tentative": "said perhaps",
    "asked": "no answer yet",
    "declined": "said no",
    "bounced": "their address takes no mail",
    "stopped": "may not be written to any more",
    "other_ways": "no e-mail reaches them: ask by another way",
    "not_asked": "not invited yet",
}


def section(dimension: str, code: str) -> str:
    """What a quota is of."""
    for kind in reach.kinds().get(dimension, ()):
        if kind.code == code:
            return f"{profiles.label_of(dimension)}: {kind.label}"
    return A_GROUP


def impossible(panel: InvitePanel) -> str:
    """Why none can be drawn, and the least that would have to give."""
    return f"{no_panel(panel)} The least that would have to give: {'; '.join(gives(panel))}."


def no_panel(panel: InvitePanel) -> str:
    """That none can be drawn."""
    return f"No panel of {panel.seats} meets these quotas with those who may be asked."


def gives(panel: InvitePanel) -> list[str]:
    """The least that would have to give where none can be drawn."""
    return list(dict.fromkeys(_gives(one) for one in panel.eased))


def unmet(panel: InvitePanel, met: Sequence[tuple[int, int]]) -> list[str]:
    """The quotas that those who have a seat do not meet."""
    found = []
    for quota, (count, _) in zip(panel.quotas, met, strict=True):
        name = section(quota["dimension"], quota["category"])
        if count < quota["least"]:
            found.append(f"{name}: {count}, and {quota['least']} at least are wanted")
        elif count > quota["most"]:
            found.append(f"{name}: {count}, and {quota['most']} at most are wanted")
    return found


def chance(part: float) -> str:
    """A chance as people read it."""
    return f"{100 * part:.0f}%" if part >= 0.1 else f"{100 * part:.1f}%"


def fair(panel: InvitePanel) -> str:
    """How the chances were shared out."""
    if panel.smallest is None or panel.at_best is None:
        return ""
    least = f"Nobody who can be on such a panel had a smaller chance than {chance(panel.smallest)}"
    if panel.smallest >= panel.at_best * (1 - 1e-4):
        return f"{least}; no fair lot could give more."
    return f"{least}; no lot could give more than {chance(panel.at_best)}."


def answered(states: Sequence[str]) -> str:
    """How the answers of those who have a seat stand, in one line."""
    return ", ".join(
        f"{states.count(one)} {said}" for one, said in ANSWERS.items() if one in states
    )


def said_of(place: InvitePlace, panel: InvitePanel, name: str) -> str:
    """Somebody's part in a draw, for their own request."""
    parts = [
        f"{panel.seats} seats from “{name}”, {local_day(panel.drawn_at)}",
        f"chance of a seat {chance(place.chance)}",
        PLACES[place.state],
    ]
    if of := counts_for(place, panel):
        parts.append(f"counted through groups for {', '.join(of)}")
    return "; ".join(parts)


def counts_for(place: InvitePlace, panel: InvitePanel) -> list[str]:
    """The sections that somebody counts for, by the groups they are on the list through."""
    its = [panel.quotas[number] for number in place.counts_for]
    return [
        section(one["dimension"], one["category"]) for one in its if one["dimension"] != "group"
    ]


def _gives(one: Mapping[str, Any]) -> str:
    name = section(one["dimension"], one["category"])
    if one["to_least"] < one["least"]:
        return f"{name}, at least {one['to_least']} instead of {one['least']}"
    return f"{name}, at most {one['to_most']} instead of {one['most']}"
