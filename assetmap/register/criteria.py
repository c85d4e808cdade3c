"""What a search may ask of entries: conditions that are the same objects each time, and apart from
them the values they are asked with.

A statement made of them is put together once for each sort of question. To do so each time, and
have SQLAlchemy look through it anew, takes longer than to answer it.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from functools import cache, lru_cache
from typing import Any

from sqlalchemy import (
    BigInteger,
    BindParameter,
    ColumnElement,
    Date,
    Float,
    Integer,
    Select,
    Uuid,
    and_,
    bindparam,
    case,
    cast,
    func,
    literal,
    null,
    or_,
    select,
    tuple_,
)
from sqlalchemy.sql.visitors import replacement_traverse

from assetmap import access, spatial, textsearch
from assetmap.access import Viewer
from assetmap.connections import ANEW, is_one_of, spelt
from assetmap.models import Category, Collection, CollectionItem, Entry, Link
from assetmap.models.states import OVER
from assetmap.register import sharing
from assetmap.vocabulary import Relation

CORNERS = ("west", "south", "east", "north")  # of a box
PAUSED = "paused"  # cannot be asked for now
TODAY = bindparam("today", type_=Date)
REF = Entry.id == bindparam("ref", type_=Integer)
NOT_RUN_OUT = or_(Entry.expires_on.is_(None), Entry.expires_on >= TODAY)
LATE = and_(Entry.review_due.is_not(None), Entry.review_due < TODAY)
IN_TIME = ~LATE
MATCHES = textsearch.asked_as(Entry.tokens, Entry.id, "query")
OF_TERMS = or_(
    is_one_of(Entry.category_id, "terms", BigInteger),
    Entry.category_id.in_(
        select(Category.id).where(is_one_of(Category.parent_id, "tops", BigInteger))
    ),
)
_AWAY_M = spatial.distance_from(Entry.location, "here", "narrow")
COVERS = spatial.intersects(Entry.covers, spatial.place("covered"))

_IN_TITLE = textsearch.asked_as(Entry.tokens, Entry.id, "query_of_title")
FRESH = case((Entry.review_due < TODAY, 0), (Entry.status == PAUSED, 0), else_=1)
IN_TITLE = case((_IN_TITLE, 1), else_=0)
NEARNESS = cast(-_AWAY_M, Float(53))
CHECKED = func.coalesce(Entry.checked_on, date(1900, 1, 1))
KEY, CREATED = Entry.id.expression, Entry.created_at.expression
_NO_PLACE, _AWAY = null().label("away"), (-NEARNESS).label("away")

_TIED = {
    "found_on": (Relation.FOUND_ON.value, Relation.RAISED_AT.value),
    "about": (Relation.ABOUT.value,),
}
Values = Mapping[str, Any]
Asked = tuple[ColumnElement[Any], ...]


@cache
def not_over() -> ColumnElement[bool]:
    """Those in a state that is not the last of its kind."""
    over = (
        and_(Entry.kind.in_(spelt([kind])), Entry.status.in_(spelt(states)))
        for kind, states in OVER.items()
    )
    return ~or_(*over)


@lru_cache(128)
def of_kinds(kinds: Sequence[str]) -> ColumnElement[bool]:
    """Those of some kinds."""
    return Entry.kind.in_(spelt(kinds))


@lru_cache(128)
def in_states(states: Sequence[str]) -> ColumnElement[bool]:
    """Those in some states, which must be ones that there are."""
    return Entry.status.in_(spelt(states))


@cache
def inside(name: str, *, by_text: bool) -> ColumnElement[bool]:
    """Those that meet the shape of this name.

    by_text: the text index finds them, and the shape is asked of those alone.
    """
    test = spatial.meets if by_text else spatial.intersects
    return test(Entry.location, spatial.place(name))


@cache
def in_box(*, by_text: bool) -> ColumnElement[bool]:
    """Those that meet the `box`, whose corners are given beside it; by_text: see `inside`.

    Whatever stands for a shape is a point of it: where that lies in the box, the shape need not be
    looked at. So only shapes that the edge may cut are, and no points.
    """
    west, south, east, north = (bindparam(name, type_=Float) for name in CORNERS)
    middle_is_in = and_(Entry.longitude.between(west, east), Entry.latitude.between(south, north))
    meets = or_(middle_is_in, spatial.meets(Entry.location, spatial.place("box")))
    return (
        meets if by_text else and_(spatial.is_around(Entry.location, spatial.place("box")), meets)
    )


@cache
def near(*, by_text: bool) -> ColumnElement[bool]:
    """Those no further away than `reach_m`; by_text: see `inside`."""
    return and_(inside("around", by_text=by_text), bindparam("reach_m", type_=Float) >= _AWAY_M)


@access.once
def tied_to(name: str, viewer: Viewer) -> ColumnElement[bool]:
    """Those found on, or about, the entry whose uid has this name, if the viewer may see that."""
    origin = select(Entry.id).where(
        Entry.uid == bindparam(name, type_=Uuid), access.visible_entries(viewer)
    )
    tied = select(Link.from_id).where(
        Link.relation.in_(_TIED[name]), Link.to_id == origin.correlate(None).scalar_subquery()
    )
    return Entry.id.in_(tied)


@access.once
def collected(viewer: Viewer) -> ColumnElement[bool]:
    """Those in the collection whose uid is `collection`, if the viewer may open that."""
    picked = (
        select(CollectionItem.member_id)
        .join(Collection, Collection.id == CollectionItem.collection_id)
        .where(
            Collection.uid == bindparam("collection", type_=Uuid),
            sharing.readable(Collection, viewer),
        )
    )
    return Entry.id.in_(picked)


def away(*, is_asked: bool) -> ColumnElement[Any]:
    """A column `away`: metres to each entry from the place that is asked about, if one is."""
    return _AWAY if is_asked else _NO_PLACE


def with_values(asked: ColumnElement[Any], values: Values) -> ColumnElement[Any]:
    """The same holding its values itself, for a statement of which it is a part."""

    def put(element: Any, **_: Any) -> Any:
        if isinstance(element, BindParameter) and not element.unique and element.key in values:
            return literal(values[element.key], element.type)
        return None

    filled: ColumnElement[Any] = replacement_traverse(asked, {}, put)
    return filled


def all_of(where: Asked, order: Asked, *, is_near: bool) -> Select[Any]:
    """Every key, with `away`, kinds and what they are ordered by: `key_0` and so on."""
    named = (key.label(f"key_{n}") for n, key in enumerate(order))
    return select(Entry.id, away(is_asked=is_near), Entry.kind, *named).where(*where)


def page_of(query: Select[Any], order: Asked, *, goes_on: bool) -> Select[Any]:
    """The `most` first of what a query finds, the greatest first; or those after the `after_…`."""
    if goes_on:
        last = (bindparam(f"after_{n}", type_=key.type) for n, key in enumerate(order))
        query = query.where(tuple_(*order) < tuple_(*last))
    ordered = query.order_by(*(key.desc() for key in order))
    return ordered.limit(bindparam("most", type_=Integer))


@lru_cache(512)
def page(where: Asked, order: Asked, *, is_near: bool, goes_on: bool) -> Select[Any]:
    """A page of keys as `all_of` gives them."""
    query = page_of(all_of(where, order, is_near=is_near), order, goes_on=goes_on)
    return query.execution_options(**{ANEW: True})
