"""The place that somebody typed, and the others that are called so, in one look."""

import re
from dataclasses import dataclass, field

from sqlalchemy.orm import Session

from assetmap.formats.postcodes import normal_postcode
from assetmap.models import Area
from assetmap.register import places
from assetmap.register.places import Place
from assetmap.vocabulary import AREA_TYPE_LABELS

_WITH_TYPE = re.compile(r"(?P<name>.+?)\s*\((?P<label>[^()]+|.+\(.+\))\)")
_TYPES = {label.lower(): kind for kind, label in AREA_TYPE_LABELS.items()}


@dataclass(frozen=True)
class Found:
    """The likeliest place, an area in its newest vintage; and what else it may be."""

    place: Place
    others: list[Area] = field(default_factory=list)


def look_up(session: Session, typed: str) -> Found:
    """The place that a postcode, a name, a code, "Hollins (ward)" or "lon,lat" means.

    Raises Invalid for "place" when there is none.
    """
    typed = typed.strip()
    if not any(c.isalpha() for c in typed) or normal_postcode(typed):
        return Found(places.find(session, typed))
    name, kind = _parted(typed)
    called = places.named(session, name)
    found = [area for area in called if kind is None or area.type == kind] or called
    if not found:
        return Found(places.find(session, typed))
    best = found[0]
    others: dict[tuple[str, str], Area] = {}
    for area in called:
        others.setdefault((area.type, area.code), area)
    others.pop((best.type, best.code), None)
    return Found(places.of_area(best), list(others.values()))


def _parted(typed: str) -> tuple[str, str | None]:
    """A name and its type: "Hollins (ward)" is how pages and lists say it."""
    match = _WITH_TYPE.fullmatch(typed)
    kind = _TYPES.get(match["label"].lower()) if match else None
    return (match["name"], kind) if match and kind else (typed, None)
