"""Where an entry came from and what it led to: links, and the chains they make."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    CTE,
    ColumnElement,
    Integer,
    Select,
    and_,
    bindparam,
    case,
    delete,
    func,
    literal,
    or_,
    select,
    union_all,
)
from sqlalchemy.orm import Session

from assetmap import access
from assetmap.access import Viewer
from assetmap.errors import Busy, Invalid, NotFound
from assetmap.models import Entry, Link
from assetmap.register import entries, search
from assetmap.register.search import Hit
from assetmap.vocabulary import Kind, Relation

FURTHEST = 8  # links away
MOST = 2000  # entries in one chain

# relations that name the cause in `to`; of the others, `from` is the cause
_BACKWARD = tuple(
    relation.value
    for relation in (
        Relation.FOUND_ON,
        Relation.RAISED_AT,
        Relation.ABOUT,
        Relation.OFFERED_BY,
        Relation.HELD_AT,
    )
)
_FORWARD = (Relation.ANSWERS.value, Relation.LED_TO.value)
# what was there before and was helped or made use of: nothing more came of it by that
_SERVED = (Relation.ANSWERS.value, Relation.HELD_AT.value)
_ANY = frozenset(Kind)
_BACK, _AHEAD = 0, 1
_LEGAL: dict[Relation, tuple[frozenset[Kind], frozenset[Kind]]] = {
    Relation.FOUND_ON: (_ANY - {Kind.HOTSPOT}, frozenset({Kind.WALKABOUT})),
    Relation.RAISED_AT: (_ANY, frozenset({Kind.ENGAGEMENT})),
    Relation.ABOUT: (_ANY, _ANY),
    Relation.OFFERED_BY: (frozenset({Kind.OFFER}), frozenset({Kind.GROUP, Kind.ASSET})),
    Relation.HELD_AT: (frozenset({Kind.ENGAGEMENT}), frozenset({Kind.ASSET, Kind.GROUP})),
    Relation.ANSWERS: (frozenset({Kind.OFFER}), frozenset({Kind.FINDING, Kind.ENGAGEMENT})),
    Relation.LED_TO: (_ANY, _ANY),
    Relation.SAME_AS: (_ANY, _ANY),
}


@dataclass(frozen=True)
class Step:
    """An entry in a chain, how many links away, and the link that brought us there."""

    hit: Hit
    depth: int
    relation: str
    via_id: int  # key of the entry one step nearer


@dataclass(frozen=True)
class Tie:
    """The same before the entry itself is read: its key and kind are enough to count by."""

    key: int
    kind: str
    depth: int
    relation: str
    via_id: int
    came_of_it: bool = True  # not only answered by, or held at, what did


@dataclass(frozen=True)
class Direct:
    """One link of an entry: how it is tied, whether it is the start of it, and to what."""

    relation: str
    starts: bool
    other: Entry


@dataclass(frozen=True)
class Chain:
    """What an entry came from, and what it led to; the nearest first."""

    came_from: list[Step]
    led_to: list[Step]


def link(session: Session, start: Entry, relation: Relation, end: Entry, *, viewer: Viewer) -> Link:
    """Tie two entries the viewer may see; the viewer must keep one of them.

    Saying the same twice adds nothing. Raises Invalid for a relation these kinds cannot have,
    Busy when the end was merged in the same moment.
    """
    _require_either(viewer, start, end)
    starts, ends = _LEGAL[relation]
    if start.id == end.id:
        raise Invalid.field("relation", f"This {start.kind} cannot be linked to itself.")
    if Kind(start.kind) not in starts or Kind(end.kind) not in ends:
        words = relation.value.replace("_", " ")
        raise Invalid.field("relation", f"This {start.kind} cannot be “{words}” that {end.kind}.")
    entries.wait_for(session, start)
    existing = session.scalar(_between(start.id, end.id, relation.value))
    if existing is not None:
        return existing
    made = Link(
        from_id=start.id, to_id=end.id, relation=relation.value, created_by_id=viewer.user_id
    )
    session.add(made)
    _remember(session, start, "linked", relation, end, viewer=viewer)
    if session.scalar(select(Entry.merged_into_id).where(Entry.id == end.id)) is not None:
        raise Busy(f"{end.ref} was merged into another a moment ago. Try again.")
    return made


def unlink(
    session: Session, start: Entry, relation: Relation, end: Entry, *, viewer: Viewer
) -> None:
    """Untie two entries. Raises NotFound when they are not tied so."""
    _require_either(viewer, start, end)
    entries.wait_for(session, start)
    existing = session.scalar(_between(start.id, end.id, relation.value))
    if existing is None:
        raise NotFound("These entries are not linked in that way.")
    session.execute(delete(Link).where(Link.id == existing.id))
    _remember(session, start, "unlinked", relation, end, viewer=viewer)


def is_tied(session: Session, start: Entry, relation: Relation, end: Entry) -> bool:
    """Whether two entries are tied so."""
    return session.scalar(_between(start.id, end.id, relation.value)) is not None


def log_from(session: Session, entry: Entry, origin: uuid.UUID | None, *, viewer: Viewer) -> None:
    """Tie a newly logged entry to the walkabout, engagement or hotspot it comes from."""
    if origin is None:
        return
    tie_to(session, entry, entries.find(session, origin, viewer=viewer), viewer=viewer)


def tie_to(session: Session, entry: Entry, source: Entry, *, viewer: Viewer) -> None:
    """The same when what it comes from is at hand."""
    relation = {
        Kind.WALKABOUT.value: Relation.FOUND_ON,
        Kind.ENGAGEMENT.value: Relation.RAISED_AT,
        Kind.HOTSPOT.value: Relation.ABOUT,
    }.get(source.kind)
    if relation is None:
        raise Invalid.field("found_on", "Choose a walkabout, an engagement or a hotspot.")
    link(session, entry, relation, source, viewer=viewer)


def chain(session: Session, entry: Entry, *, viewer: Viewer, most: int = MOST) -> Chain:
    """Both ways from an entry, through entries the viewer may see and no others."""
    back, ahead = both_ways(session, entry, viewer=viewer, most=most)
    keys = list(dict.fromkeys(tie.key for tie in [*back, *ahead]))
    found = search.load(session, keys, viewer=viewer)
    hits = {hit.entry.id: hit for hit in found}
    return Chain(*([_step(tie, hits) for tie in way if tie.key in hits] for way in (back, ahead)))


def counted(session: Session, entries: Sequence[Entry], *, viewer: Viewer) -> list[int]:
    """How many links each of these has to entries that the viewer may see, in one query."""
    counts = [
        select(func.count())
        .select_from(Link)
        .join(Entry, Entry.id == _other(entry))
        .where(or_(Link.from_id == entry.id, Link.to_id == entry.id))
        .where(access.visible_entries(viewer))
        .scalar_subquery()
        for entry in entries
    ]
    return list(session.execute(select(*counts)).one()) if counts else []


def direct(session: Session, entry: Entry, *, viewer: Viewer, most: int = 200) -> list[Direct]:
    """The links of an entry itself to others that the viewer may see, the oldest first."""
    rows = session.execute(
        select(Link.relation, Link.from_id, Entry)
        .join(Entry, Entry.id == _other(entry))
        .where(or_(Link.from_id == entry.id, Link.to_id == entry.id))
        .where(access.visible_entries(viewer))
        .order_by(Link.id)
        .limit(most)
    )
    return [Direct(relation, start == entry.id, tied) for relation, start, tied in rows]


def both_ways(
    session: Session, entry: Entry, *, viewer: Viewer, most: int = MOST
) -> tuple[list[Tie], list[Tie]]:
    """What an entry came from and what it led to, in one query; each entry once each way,
    the nearest first, through entries the viewer may see and no others."""
    rows = session.execute(_walk(viewer), {"start": entry.id, "most": most * 8}).all()
    came = {(row.way, row.key) for row in rows if row.relation not in _SERVED}
    nearest: tuple[dict[int, Tie], dict[int, Tie]] = ({}, {})
    for way, key, kind, depth, relation, via in rows:
        tie = Tie(key, kind, depth, relation, via, (way, key) in came)
        nearest[way].setdefault(key, tie)
    back, ahead = (list(found.values())[:most] for found in nearest)
    return back, ahead


@access.once
def _walk(viewer: Viewer) -> Select[Any]:
    """The way each way from the entry `start`, through what the viewer may see."""
    start = bindparam("start", type_=Entry.id.type)
    starts = [
        select(
            literal(way).label("way"),
            start.label("key"),
            literal(0).label("depth"),
            literal("").label("relation"),
            literal(0, Entry.id.type).label("via"),
        )
        for way in (_BACK, _AHEAD)
    ]
    walk = select(union_all(*starts).subquery()).cte("walk", recursive=True)
    there, tied = _next(walk.c.way, walk.c.key)
    step = (
        select(walk.c.way, there, walk.c.depth + 1, Link.relation, walk.c.key)
        .select_from(walk)
        .join(Link, tied)
        .join(Entry, Entry.id == there)
        .where(walk.c.depth < FURTHEST, _goes_on(walk), access.visible_entries(viewer))
    )
    walk = walk.union(step)
    return (
        select(walk.c.way, walk.c.key, Entry.kind, walk.c.depth, walk.c.relation, walk.c.via)
        .join(Entry, Entry.id == walk.c.key)
        .where(walk.c.key != start)
        .order_by(walk.c.depth, walk.c.key, walk.c.relation)
        .limit(bindparam("most", type_=Integer))
    )


def relations_for(kind: Kind) -> list[tuple[Relation, bool]]:
    """How an entry of a kind can be tied: each relation, and whether the entry starts it."""
    out = [(relation, True) for relation, (starts, _) in _LEGAL.items() if kind in starts]
    into = [(relation, False) for relation, (_, ends) in _LEGAL.items() if kind in ends]
    return [*out, *into]


def _next(way: ColumnElement[int], key: ColumnElement[int]) -> tuple[Any, ColumnElement[bool]]:
    """The entry one step on from `key`, and the links that lead there."""
    backward, forward = Link.relation.in_(_BACKWARD), Link.relation.in_(_FORWARD)
    from_its_end = or_(and_(way == _AHEAD, backward), and_(way == _BACK, forward))
    from_its_start = or_(and_(way == _AHEAD, forward), and_(way == _BACK, backward))
    there = case((Link.to_id == key, Link.from_id), else_=Link.to_id)
    tied = or_(and_(Link.to_id == key, from_its_end), and_(Link.from_id == key, from_its_start))
    return there, tied


def _goes_on(walk: CTE) -> ColumnElement[bool]:
    """Whether a step may be taken: what an offer answers, or who met at a place, was not brought
    about by it, so the way ahead ends there; and going back, they belong to the start alone."""
    ahead = and_(walk.c.way == _AHEAD, walk.c.relation.not_in(_SERVED))
    back = and_(walk.c.way == _BACK, or_(walk.c.depth == 0, Link.relation.not_in(_SERVED)))
    return or_(ahead, back)


def _other(entry: Entry) -> ColumnElement[int]:
    """The entry at the other end of a link of this one."""
    return case((Link.from_id == entry.id, Link.to_id), else_=Link.from_id)


def _step(tie: Tie, hits: dict[int, Hit]) -> Step:
    return Step(hits[tie.key], tie.depth, tie.relation, tie.via_id)


def _between(start: int, end: int, relation: str) -> Select[Link]:
    return select(Link).where(Link.from_id == start, Link.to_id == end, Link.relation == relation)


def _require_either(viewer: Viewer, start: Entry, end: Entry) -> None:
    if not access.may_add_to(viewer, end.team_id):
        access.require_add_to(viewer, start.team_id)


def _remember(
    session: Session, entry: Entry, verb: str, relation: Relation, end: Entry, *, viewer: Viewer
) -> None:
    """A link is part of an entry's story too."""
    before, after = (None, str(end.uid)) if verb == "linked" else (str(end.uid), None)
    beside = {f"link {relation.value}": [before, after]}
    entries.remember(session, entry, verb, beside, viewer=viewer)
