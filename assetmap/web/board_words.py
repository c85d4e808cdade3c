"""The words of a walkabout's board."""

from typing import Any

from assetmap.register.board import Logged
from assetmap.settings import LOCAL
from assetmap.vocabulary import Kind
from assetmap.web import labels

LONGEST = 180  # characters of a description that a row shows
KINDS = {
    Kind.ASSET: "Assets",
    Kind.GROUP: "Groups",
    Kind.OFFER: "Offers",
    Kind.FINDING: "Findings",
    Kind.ENGAGEMENT: "Events",
}
SCHEMES = {"asset": "Assets and groups", "offer": "Offers", "finding": "Findings"}
NEEDED = {
    "suggestion": "A suggestion to answer",
    "likely": "Perhaps logged twice",
    "words": "Words to look at",
    "place": "No place",
    "category": "No category, or only a heading",
    "triage": "Not looked at yet",
}
ORDERS = {
    "logged": "Logged first",
    "newest": "Logged last",
    "needs": "Needs most",
    "kind": "Kind",
    "category": "Category",
    "title": "Title",
    "status": "State",
}
DONE = {
    "classify": "classified",
    "publish": "opened to more people",
    "state": "moved to another state",
    "merge": "merged into the one that stays",
    "about": "linked to the hotspot",
    "withdraw": "withdrawn",
}
SEEN_BY = labels.VISIBILITIES[1:4]
_SEEN_BY = {
    "public": "Everybody",
    "partner": "Partners",
    "team": "Our team",
    "restricted": "Restricted",
}


def row_in_words(row: Logged, number: int) -> dict[str, Any]:
    """One row as templates/walkabouts/board.html prints it."""
    entry = row.entry
    by = entry.created_by.name if row.is_own and entry.created_by else ""
    text = " ".join(entry.description.split())
    accuracy = entry.accuracy_m if entry.precision == "exact" else None
    return {
        "number": number,
        "entry": entry,
        "value": f"{entry.id}.{entry.version}",
        "may_change": row.may_change,
        "is_closed": row.is_closed,
        "photo": row.photo,
        "text": text if len(text) <= LONGEST else text[:LONGEST].rsplit(" ", 1)[0] + " …",
        "category": entry.category.label if entry.category else "",
        "giver": row.giver,
        "where": entry.shown_address or entry.shown_postcode or "",
        "accuracy": f"within {accuracy:.0f} m" if accuracy else "",
        "has_place": entry.longitude is not None,
        "at": entry.created_at.astimezone(LOCAL),
        "who": by or entry.team.name,
        "team": entry.team.name,
        "seen_by": _SEEN_BY[entry.visibility],
        "twins": row.twins,
        "finds": row.finds,
        "waiting": row.waiting,
        "from_phones": row.from_phones,
        "needs": [NEEDED[name] for name in row.needs if name in ("place", "category", "triage")],
    }
