"""The one search: behind the page, the JSON door, downloads, the command line and the map."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Any

import shapely
from shapely.geometry.base import BaseGeometry
from sqlalchemy import (
    ColumnElement,
    false,
    func,
    select,
)
from sqlalchemy.orm import Session

from assetmap import access, spatial
from assetmap.access import Viewer
from assetmap.db import local_day, now
from assetmap.errors import BadRequest, Invalid
from assetmap.formats.positions import clean_shape
from assetmap.models import Entry
from assetmap.models.states import ALL_STATES
from assetmap.register import (
    criteria,
    cursors,
    deployment,
    entries,
    search_meaning,
    search_tokens,
    wording,
)
from assetmap.register.criteria import CORNERS
from assetmap.register.facets import AREA_TYPES, Counts, Facet, page_and_counts
from assetmap.register.hits import Hit, load, still_seen
from assetmap.register.search_meaning import NOTHING_KNOWN, Known, areas_called
from assetmap.register.search_tokens import Terms
from assetmap.register.writing import clean_geometry
from assetmap.schemas.search import EntrySearch
from assetmap.textsearch import CELL_ZOOMS, AnyOf, Query

ANY_STATUS = "any"
SMALL_M = 25_000
WIDEST = f"q{CELL_ZOOMS[0]}:"  # cells of whole counties
_NOTHING = false()
__all__ = [
    "NOTHING_KNOWN",
    "Facet",
    "Hit",
    "Known",
    "Results",
    "Wanted",
    "areas_called",
    "away",
    "in_state",
    "load",
    "search",
    "sort_keys",
    "state",
    "totals",
    "work_out",
]


@dataclass(frozen=True)
class Results:
    """A page of what was found, and counts over all of it."""

    hits: list[Hit]
    total: int
    next_cursor: str | None
    kinds: list[Facet] = field(default_factory=list)
    categories: list[Facet] = field(default_factory=list)
    areas: list[Facet] = field(default_factory=list)
    words: tuple[AnyOf, ...] = ()  # what was looked for, in groups of which each must be there


@dataclass(frozen=True)
class Wanted:
    """A search worked out against the register: conditions, the values they are asked with, and
    the words as a query."""

    asked: criteria.Asked
    values: criteria.Values
    query: Query
    today: date

    @cached_property
    def where(self) -> tuple[ColumnElement[bool], ...]:
        """The conditions with their values in them, for whoever asks more."""
        return tuple(criteria.with_values(one, self.values) for one in self.asked)


def search(
    session: Session,
    wanted: EntrySearch,
    *,
    viewer: Viewer,
    facets: bool = True,
    known: Known = NOTHING_KNOWN,
) -> Results:
    """The entries the viewer may see that match, one page of them, in a stable order.

    Raises BadRequest naming the parameter that is wrong.
    """
    worked_out = work_out(session, wanted, viewer=viewer, known=known)
    order = _order(wanted, worked_out)
    values = {**worked_out.values, "most": wanted.limit + 1}
    if wanted.cursor:
        after = cursors.read(wanted.cursor, wanted.sort, order)
        values |= {f"after_{n}": key for n, key in enumerate(after)}
    how = {"is_near": wanted.near is not None, "goes_on": bool(wanted.cursor)}
    rows: Sequence[Sequence[Any]]
    if facets:  # in one query with the page, so that what matches is looked for once
        rows, counts = page_and_counts(session, worked_out.asked, order, values, **how)
    else:
        query = criteria.page(worked_out.asked, order, **how)
        rows, counts = session.connection().execute(query, values).all(), Counts(total=-1)
    page = rows[: wanted.limit]
    more = len(rows) > wanted.limit
    ids, away_m, kinds = [row[0] for row in page], [row[1] for row in page], {r[2] for r in page}
    hits = still_seen(session, ids, away_m, viewer=viewer, kinds=frozenset(kinds))
    cursor = cursors.write(wanted.sort, page[-1][3:]) if more else None
    return Results(
        hits,
        counts.total,
        cursor,
        counts.kinds,
        counts.categories,
        counts.areas,
        worked_out.query.words,
    )


def totals(
    session: Session,
    several: Sequence[EntrySearch],
    *,
    viewer: Viewer,
    known: Known = NOTHING_KNOWN,
) -> list[int]:
    """How many entries the viewer may see match each of several searches, in one query."""
    counts = [
        select(func.count())
        .select_from(Entry)
        .where(*work_out(session, wanted, viewer=viewer, known=known).where)
        .scalar_subquery()
        for wanted in several
    ]
    return list(session.execute(select(*counts)).one()) if counts else []


def work_out(
    session: Session, wanted: EntrySearch, *, viewer: Viewer, known: Known = NOTHING_KNOWN
) -> Wanted:
    """The conditions of a search, starting from what the viewer may see."""
    today = local_day(now())
    asked = [access.visible_entries(viewer), *_state(wanted)]
    values: dict[str, Any] = {"today": today}
    facts = search_meaning.facts(session, wanted, known)
    words: tuple[AnyOf, ...] = ()
    if (ref := _ref(session, wanted, viewer)) is None:
        held = known.words.get(wanted.text)
        words = wording.groups(session, wanted.text, facts) if held is None else held
    if ref is not None:
        asked.append(criteria.REF)
        values["ref"] = ref
    elif wanted.text and not words:
        asked.append(_NOTHING)  # signs alone, or words that are everywhere: nothing matches them
    if wanted.kind:
        asked.append(criteria.of_kinds(wanted.kind))
    terms = Terms()
    if wanted.category:
        asked.append(criteria.OF_TERMS)
        terms = search_meaning.terms(session, wanted.category, known, facts)
        values |= {"tops": terms.tops, "terms": [*terms.tops, *terms.others]}
    areas = search_meaning.areas(session, wanted.area, known, facts)
    cells, around = search_tokens.cells_of_box(wanted), search_tokens.cells_around(wanted)
    by_text = bool(words or wanted.area)
    places = _places(
        session,
        wanted,
        by_text=by_text or bool(terms and cells),
        near_by_text=bool(around and (by_text or terms)),
    )
    for condition, its in (*places, *_provenance(wanted, viewer)):
        asked.append(condition)
        values |= its
    if by_text or terms:
        keys = (area.id for area in areas)
        tokens = [*search_tokens.groups(wanted.kind, terms, keys, (cells, around))]
        if not _is_small(wanted, areas, cells) and (seen := access.visible_tokens(viewer)):
            tokens.append(seen)
        asked.append(criteria.MATCHES)
        values["query"] = Query(words, tuple(tokens))
    values["query_of_title"] = Query(words, in_title=True)
    return Wanted(tuple(asked), values | _origin(wanted), Query(words), today)


def sort_keys(wanted: EntrySearch, worked_out: Wanted) -> list[ColumnElement[Any]]:
    """What the page is ordered by, the greatest first; the key makes the order total."""
    keys = _order(wanted, worked_out)
    return [criteria.with_values(key, worked_out.values) for key in keys]


def _order(wanted: EntrySearch, worked_out: Wanted) -> criteria.Asked:
    if wanted.sort == "newest":
        return criteria.CREATED, criteria.KEY
    if wanted.sort == "checked":
        return criteria.CHECKED, criteria.KEY
    near = (criteria.NEARNESS,) if wanted.near is not None else ()
    if wanted.sort == "distance" and near:
        return *near, criteria.KEY
    in_title = (criteria.IN_TITLE,) if worked_out.query.words else ()
    return criteria.FRESH, *in_title, *near, criteria.KEY


def state(wanted: EntrySearch, today: date) -> list[ColumnElement[bool]]:
    """What a search says of states, of what has run out and of what is due for a check."""
    return [criteria.with_values(one, {"today": today}) for one in _state(wanted)]


def _state(wanted: EntrySearch) -> list[ColumnElement[bool]]:
    conditions = in_state(wanted)
    if not wanted.status:
        conditions.append(criteria.NOT_RUN_OUT)
    if wanted.overdue is not None:
        conditions.append(criteria.LATE if wanted.overdue else criteria.IN_TIME)
    return conditions


def in_state(wanted: EntrySearch) -> list[ColumnElement[bool]]:
    """What a search says of states, which asks for nothing but an entry's kind and its state."""
    if not wanted.status:
        return [criteria.not_over()]
    if unknown := [state for state in wanted.status if state not in (*ALL_STATES, ANY_STATUS)]:
        raise BadRequest.field(
            "status", f"There is no state {unknown[0]}. Choose from {', '.join(ALL_STATES)}."
        )
    return [] if ANY_STATUS in wanted.status else [criteria.in_states(wanted.status)]


def _ref(session: Session, wanted: EntrySearch, viewer: Viewer) -> int | None:
    entry = entries.by_ref(session, wanted.text, viewer=viewer) if "-" in wanted.text else None
    return entry.id if entry else None


def _places(
    session: Session, wanted: EntrySearch, *, by_text: bool, near_by_text: bool
) -> Iterator[tuple[ColumnElement[bool], dict[str, Any]]]:
    for name in ("near", "covers"):
        if (pair := getattr(wanted, name)) is not None:
            _refuse_astray(session, name, pair)
    if wanted.bbox:
        box = {"box": spatial.sent(shapely.box(*wanted.bbox))}
        yield criteria.in_box(by_text=by_text), box | dict(zip(CORNERS, wanted.bbox, strict=True))
    if wanted.within is not None:
        drawn = spatial.sent(_drawn(session, wanted.within))
        yield criteria.inside("drawn", by_text=by_text), {"drawn": drawn}
    if wanted.near and wanted.reach_m:
        around = spatial.sent(spatial.box_around(*wanted.near, wanted.reach_m))
        yield criteria.near(by_text=near_by_text), {"around": around, "reach_m": wanted.reach_m}
    if wanted.covers:
        yield criteria.COVERS, {"covered": spatial.sent(shapely.Point(*wanted.covers))}


def _is_small(wanted: EntrySearch, areas: Sequence[Any], cells: Sequence[str]) -> bool:
    """Whether so little lies there that to ask the index who may see it takes longer than to look
    at it all."""
    is_near = wanted.near is not None and 0 < (wanted.reach_m or 0) <= SMALL_M
    by_area = bool(areas) and all(area.type in AREA_TYPES for area in areas)
    return is_near or by_area or any(not cell.startswith(WIDEST) for cell in cells)


def _refuse_astray(session: Session, name: str, pair: tuple[float, float]) -> None:
    """Raise BadRequest for a place where the register has nothing, such as one with its numbers
    swapped: to find nothing there would look like an answer."""
    try:
        clean_shape(shapely.Point(*pair), deployment.extent(session))
    except Invalid as error:
        raise BadRequest.field(name, error.problems["location"]) from error


def _drawn(session: Session, given: dict[str, Any]) -> BaseGeometry:
    try:
        shape = clean_geometry(session, given, field="within")
    except Invalid as error:
        raise BadRequest(str(error), error.problems) from error
    if shape is None or shape.area == 0:
        raise BadRequest.field("within", "Give a GeoJSON Polygon or MultiPolygon.")
    return shape


def _provenance(
    wanted: EntrySearch, viewer: Viewer
) -> Iterator[tuple[ColumnElement[bool], dict[str, Any]]]:
    for name in ("found_on", "about"):
        if (uid := getattr(wanted, name)) is not None:
            yield criteria.tied_to(name, viewer), {name: uid}
    if wanted.collection is not None:
        yield criteria.collected(viewer), {"collection": wanted.collection}


def away(wanted: EntrySearch) -> ColumnElement[Any]:
    """A column `away`: metres to each entry from the place that is asked about, if one is."""
    column = criteria.away(is_asked=wanted.near is not None)
    return criteria.with_values(column, _origin(wanted))


def _origin(wanted: EntrySearch) -> dict[str, Any]:
    """The values by which distances are measured."""
    if wanted.near is None:
        return {}
    here = spatial.sent(shapely.Point(*wanted.near))
    return {"here": here, "narrow": spatial.narrow(wanted.near[1])}
