"""What a saved search asks for, in words, for lists of many: all their names in two queries."""

from collections.abc import Iterable, Iterator, Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from assetmap.models import Area, SavedSearch
from assetmap.register import saved_searches, search_choices
from assetmap.register.search_choices import Others
from assetmap.schemas.search import Filters
from assetmap.web import labels
from assetmap.web.search_words import Named, reach

MOST_AREAS = 500
_BESIDE = {
    "bbox": "in a part of the map",
    "within": "in a shape that was drawn",
    "found_on": "from a walkabout or event",
    "about": "about a hotspot or another entry",
    "collection": "in a collection",
}


def described(session: Session, found: Sequence[SavedSearch]) -> list[str]:
    """Of each, what it asks for. Another entry is not named: who reads may not see it."""
    asked = [saved_searches.criteria_of(one) for one in found]
    named = Named(search_choices.terms(session), Others(), _areas(session, asked))
    return [_said(one, named) for one in asked]


def _areas(session: Session, asked: Iterable[Filters]) -> dict[str, str]:
    """By code, the names of the areas of their newest vintages."""
    codes = {code.partition("@")[0].rpartition(":")[2] for one in asked for code in one.area}
    if not codes:
        return {}
    rows = session.scalars(
        select(Area)
        .where(Area.code.in_(sorted(codes)[:MOST_AREAS]))
        .order_by(Area.vintage, Area.id)
    )
    return {area.code: area.label for area in rows}


def _said(wanted: Filters, named: Named) -> str:
    return " · ".join(_parts(wanted, named))


def _parts(wanted: Filters, named: Named) -> Iterator[str]:
    if wanted.text:
        yield f"“{wanted.text}”"
    if wanted.kind:
        yield ", ".join(labels.said(kind.plural) for kind in wanted.kind)
    if wanted.category:
        yield ", ".join(named.category(code) for code in wanted.category)
    if wanted.area:
        yield "in " + ", ".join(named.area(code) for code in wanted.area)
    if wanted.near:
        yield f"within {reach(wanted.reach_m or 0)} of {_point(wanted.near)}"
    if wanted.covers:
        yield f"covering {_point(wanted.covers)}"
    for name, words in _BESIDE.items():
        if getattr(wanted, name):
            yield words
    if wanted.status:
        yield ", ".join(
            "whatever their state" if code == "any" else labels.said(code) for code in wanted.status
        )
    if wanted.overdue is not None:
        yield "due for a check" if wanted.overdue else "not due for a check"


def _point(place: tuple[float, float]) -> str:
    longitude, latitude = place
    return f"{latitude:.5f}, {longitude:.5f}"
