"""What somebody may have meant by a place: candidates to choose from, out of what is loaded."""

import re
from dataclasses import dataclass, field

from sqlalchemy import select
from sqlalchemy.orm import Session

from assetmap.errors import Invalid
from assetmap.formats.postcodes import normal_postcode
from assetmap.models import Postcode
from assetmap.register import places
from assetmap.register.places import MOST_CANDIDATES, Place

# "HU1" or "HU1 3": the beginning of a postcode, as far as somebody has typed it.
_BEGINNING = re.compile(r"([A-Z]{1,2}[0-9][A-Z0-9]?)\s*([0-9][A-Z]{0,1})?")


@dataclass(frozen=True)
class Candidates:
    """The places that were found, the likeliest first; when there are none, why."""

    places: list[Place] = field(default_factory=list)
    problem: str = ""


def candidates(session: Session, typed: str) -> Candidates:
    """The places that a postcode or its beginning, a name, a code or "lon,lat" may mean."""
    typed = typed.strip()
    if not typed:
        return Candidates()
    found = _named(session, typed)
    try:
        exact = places.find(session, typed)
    except Invalid as error:
        problem = next(iter(error.problems.values()), str(error))
        return Candidates(found, "" if found else problem)
    if exact.area is None:
        return Candidates([exact, *found][:MOST_CANDIDATES])
    return Candidates(found or [exact])


def _named(session: Session, typed: str) -> list[Place]:
    """Areas called so, then postcodes that begin so."""
    areas = [places.of_area(area) for area in places.named(session, typed)]
    begun = _BEGINNING.fullmatch(typed.upper())
    if begun is None or normal_postcode(typed):
        return areas
    start = f"{begun[1]} {begun[2] or ''}"
    rows = session.execute(
        select(Postcode.pcds, Postcode.longitude, Postcode.latitude)
        .where(
            Postcode.pcds.startswith(start, autoescape=True),
            Postcode.longitude.is_not(None),
            Postcode.terminated.is_(None),
        )
        .order_by(Postcode.pcds)
        .limit(MOST_CANDIDATES)
    )
    codes = [
        Place(pcds, east, north, "postcode")
        for pcds, east, north in rows
        if east is not None and north is not None
    ]
    return [*areas, *codes][:MOST_CANDIDATES]
