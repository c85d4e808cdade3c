"""The one search: behind the page, the JSON door, downloads, the command line and the map."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from typing import Any

import shapely
from shapely.geometry.base import BaseGeometry
from sqlalchemy import (
    ColumnElement,
    Float,
    and_,
    case,
    cast,
    false,
    func,
    null,
    or_,
    select,
    tuple_,
)
from sqlalchemy.orm import Session

from assetmap import access, spatial
from assetmap.access import Viewer
from assetmap.connections import ANEW
from assetmap.db import local_day, now
from assetmap.errors import BadRequest, Invalid
from assetmap.formats.positions import clean_shape
from assetmap.models import Area, Category, Entry, Link
from assetmap.models.states import ALL_STATES, OVER
from assetmap.register import categories, cursors, deployment, entries, wording
from assetmap.register.facets import Facet, count
from assetmap.register.hits import Hit, load, still_seen
from assetmap.register.writing import clean_geometry
from assetmap.schemas.search import EntrySearch
from assetmap.textsearch import AnyOf, Query, covering_cells, matches
from assetmap.vocabulary import Relation

ANY_STATUS = "any"
PAUSED = "paused"  # cannot be asked for now
MOST_OF_ONE_CODE = 60
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
class Known:
    """What who asks has loaded already: areas by `type:code` or code, terms by
    their code, and what words typed stand for.

    It saves looking up again what a page looked up to show.
    """

    areas: Mapping[str, Sequence[Area]] = field(default_factory=dict)
    terms: Mapping[str, Sequence[Category]] = field(default_factory=dict)
    words: Mapping[str, tuple[AnyOf, ...]] = field(default_factory=dict)


NOTHING_KNOWN = Known()


@dataclass(frozen=True)
class Wanted:
    """A search worked out against the register: conditions, and the words as a query."""

    where: tuple[ColumnElement[bool], ...]
    query: Query
    today: date


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
    order = sort_keys(wanted, worked_out)
    named = [key.label(f"key_{n}") for n, key in enumerate(order)]
    query = select(Entry.id, away(wanted), *named)
    query = query.where(*worked_out.where)
    if wanted.cursor:
        after = cursors.read(wanted.cursor, wanted.sort, order)
        query = query.where(tuple_(*order) < tuple_(*after))
    query = query.order_by(*(key.desc() for key in order)).limit(wanted.limit + 1)
    rows = session.execute(query, execution_options={ANEW: True}).all()
    page = rows[: wanted.limit]
    more = len(rows) > wanted.limit
    ids, away_m = [row[0] for row in page], [row[1] for row in page]
    hits = still_seen(session, ids, away_m, viewer=viewer)
    cursor = cursors.write(wanted.sort, page[-1][2:]) if more else None
    if not facets:
        return Results(hits, -1, cursor)
    counts = count(session, worked_out.where)
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
    where: list[ColumnElement[bool]] = [access.visible_entries(viewer), *state(wanted, today)]
    tokens: list[tuple[str, ...]] = []
    words: tuple[AnyOf, ...] = ()
    if (ref := _ref(session, wanted, viewer)) is None:
        held = known.words.get(wanted.text)
        words = wording.groups(session, wanted.text) if held is None else held
    if ref is not None:
        where.append(Entry.id == ref)
    elif wanted.text and not words:
        where.append(false())  # signs alone, or words that are everywhere: nothing matches them
    if wanted.kind:
        where.append(Entry.kind.in_([kind.value for kind in wanted.kind]))
        tokens.append(tuple(f"k:{kind.value}" for kind in wanted.kind))
    if wanted.category:
        tokens.append(_category_tokens(_terms(session, wanted.category, known), where))
    if wanted.area:
        tokens.append(tuple(f"a:{area.id}" for area in _areas(session, wanted.area, known)))
    where += _places(session, wanted, by_text=bool(words or wanted.area))
    where += _provenance(wanted, viewer=viewer)
    if words or wanted.area or wanted.category:
        if wanted.bbox and (cells := covering_cells(*wanted.bbox)):
            tokens.append(tuple(cells))
        if seen := access.visible_tokens(viewer):
            tokens.append(seen)
        where.append(matches(Entry.tokens, Entry.id, Query(words, tuple(tokens))))
    return Wanted(tuple(where), Query(words), today)


def sort_keys(wanted: EntrySearch, worked_out: Wanted) -> list[ColumnElement[Any]]:
    """What the page is ordered by, the greatest first; the key makes the order total."""
    if wanted.sort == "newest":
        return [Entry.created_at.expression, Entry.id.expression]
    if wanted.sort == "checked":
        return [func.coalesce(Entry.checked_on, date(1900, 1, 1)), Entry.id.expression]
    near = _nearness(wanted)
    if wanted.sort == "distance" and near is not None:
        return [near, Entry.id.expression]
    fresh = case((Entry.review_due < worked_out.today, 0), (Entry.status == PAUSED, 0), else_=1)
    in_title: list[ColumnElement[Any]] = []
    if worked_out.query.words:
        query = Query(worked_out.query.words, in_title=True)
        in_title = [case((matches(Entry.tokens, Entry.id, query), 1), else_=0)]
    return [fresh, *in_title, *([near] if near is not None else []), Entry.id.expression]


def areas_called(session: Session, codes: Sequence[str]) -> list[Area]:
    """Areas with these codes, `type:code` where types clash, of the newest vintage; with
    `@vintage` behind, of that one. Raises BadRequest for "area"."""
    found: list[Area] = []
    for given in codes:
        named, _, vintage = given.partition("@")
        kind, _, code = named.rpartition(":")
        query = select(Area).order_by(Area.vintage, Area.id).limit(MOST_OF_ONE_CODE)
        if kind:
            query = query.where(Area.type == kind)
        if vintage:
            query = query.where(Area.vintage == vintage)
        usual = query.where(Area.code.in_([code, code.upper(), code.lower()]))  # has an index
        anyhow = query.where(func.lower(Area.code) == code.lower())
        rows = session.scalars(usual).all() or session.scalars(anyhow).all()
        if not rows:
            raise BadRequest.field("area", f"No area is loaded with the code {given}.")
        found += {row.type: row for row in rows}.values()  # the last of each type is its newest
    return found


def state(wanted: EntrySearch, today: date) -> list[ColumnElement[bool]]:
    """What a search says of states, of what has run out and of what is due for a check."""
    conditions = in_state(wanted)
    if not wanted.status:
        conditions.append(or_(Entry.expires_on.is_(None), Entry.expires_on >= today))
    if wanted.overdue is not None:
        late = and_(Entry.review_due.is_not(None), Entry.review_due < today)
        conditions.append(late if wanted.overdue else ~late)
    return conditions


def in_state(wanted: EntrySearch) -> list[ColumnElement[bool]]:
    """What a search says of states, which asks for nothing but an entry's kind and its state."""
    if not wanted.status:
        return [_not_over()]
    if unknown := [state for state in wanted.status if state not in (*ALL_STATES, ANY_STATUS)]:
        raise BadRequest.field(
            "status", f"There is no state {unknown[0]}. Choose from {', '.join(ALL_STATES)}."
        )
    return [] if ANY_STATUS in wanted.status else [Entry.status.in_(wanted.status)]


@cache
def _not_over() -> ColumnElement[bool]:
    over = (and_(Entry.kind == kind, Entry.status.in_(states)) for kind, states in OVER.items())
    return ~or_(*over)


def _ref(session: Session, wanted: EntrySearch, viewer: Viewer) -> int | None:
    entry = entries.by_ref(session, wanted.text, viewer=viewer) if "-" in wanted.text else None
    return entry.id if entry else None


def _areas(session: Session, codes: Sequence[str], known: Known) -> list[Area]:
    if all(code in known.areas for code in codes):
        return [area for code in codes for area in known.areas[code]]
    return areas_called(session, codes)


def _terms(session: Session, codes: Sequence[str], known: Known) -> list[Category]:
    """A term that was merged into another has to be looked up: it stands for that other."""
    held = [term for code in codes for term in known.terms.get(code, ())]
    if all(code in known.terms for code in codes) and not any(t.replaced_by_id for t in held):
        return held
    return categories.resolve(session, None, codes)


def _category_tokens(
    terms: Sequence[Category], where: list[ColumnElement[bool]]
) -> tuple[str, ...]:
    tops = [term.id for term in terms if term.level == 1]
    leaves = [term.id for term in terms if term.level != 1]
    below = select(Category.id).where(Category.parent_id.in_(tops))
    where.append(or_(Entry.category_id.in_([*tops, *leaves]), Entry.category_id.in_(below)))
    return (*(f"t:{key}" for key in tops), *(f"c:{key}" for key in leaves))


def _places(
    session: Session, wanted: EntrySearch, *, by_text: bool
) -> Iterator[ColumnElement[bool]]:
    inside = spatial.meets if by_text else spatial.intersects
    for name in ("near", "covers"):
        if (pair := getattr(wanted, name)) is not None:
            _refuse_astray(session, name, pair)
    if wanted.bbox:
        yield inside(Entry.location, spatial.as_sql(shapely.box(*wanted.bbox)))
    if wanted.within is not None:
        yield inside(Entry.location, spatial.as_sql(_drawn(session, wanted.within)))
    if wanted.near and wanted.reach_m:
        yield spatial.near(Entry.location, *wanted.near, wanted.reach_m)
    if wanted.covers:
        yield spatial.intersects(Entry.covers, spatial.as_sql(shapely.Point(*wanted.covers)))


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


def _provenance(wanted: EntrySearch, *, viewer: Viewer) -> Iterator[ColumnElement[bool]]:
    for uid, relations in (
        (wanted.found_on, (Relation.FOUND_ON, Relation.RAISED_AT)),
        (wanted.about, (Relation.ABOUT,)),
    ):
        if uid is not None:
            origin = select(Entry.id).where(Entry.uid == uid, access.visible_entries(viewer))
            tied = select(Link.from_id).where(
                Link.relation.in_([relation.value for relation in relations]),
                Link.to_id == origin.correlate(None).scalar_subquery(),
            )
            yield Entry.id.in_(tied)


def away(wanted: EntrySearch) -> ColumnElement[Any]:
    """A column `away`: metres to each entry from the place that is asked about, if one is."""
    nearer = _nearness(wanted)
    return (null() if nearer is None else -nearer).label("away")


def _nearness(wanted: EntrySearch) -> ColumnElement[Any] | None:
    if wanted.near is None:
        return None
    return cast(-spatial.distance_m(Entry.location, *wanted.near), Float(53))
