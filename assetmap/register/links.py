"""Where an entry came from and what it led to: links, and the chains they make."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Select, Subquery, delete, func, literal, select, union_all
from sqlalchemy.orm import Session

from assetmap import access, spatial
from assetmap.access import Viewer
from assetmap.db import now
from assetmap.errors import Conflict, Invalid, NotFound
from assetmap.models import Entry, History, Link
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
_ANY = frozenset(Kind)
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
class Chain:
    """What an entry came from, and what it led to; the nearest first."""

    came_from: list[Step]
    led_to: list[Step]


def link(session: Session, start: Entry, relation: Relation, end: Entry, *, viewer: Viewer) -> Link:
    """Tie two entries the viewer may see; the viewer must keep one of them.

    Saying the same twice adds nothing. Raises Invalid for a relation these kinds cannot have.
    """
    _require_either(viewer, start, end)
    starts, ends = _LEGAL[relation]
    if Kind(start.kind) not in starts or Kind(end.kind) not in ends or start.id == end.id:
        words = relation.value.replace("_", " ")
        raise Invalid.field("relation", f"A {start.kind} cannot be “{words}” this {end.kind}.")
    spatial.lock_for_writing(session, f"link {start.id} {end.id}")
    existing = session.scalar(_between(start.id, end.id, relation.value))
    if existing is not None:
        return existing
    made = Link(
        from_id=start.id, to_id=end.id, relation=relation.value, created_by_id=viewer.user_id
    )
    session.add(made)
    _remember(session, start, "linked", relation, end, viewer=viewer)
    session.flush()  # the chain is read next
    return made


def unlink(
    session: Session, start: Entry, relation: Relation, end: Entry, *, viewer: Viewer
) -> None:
    """Untie two entries. Raises NotFound when they are not tied so."""
    _require_either(viewer, start, end)
    existing = session.scalar(_between(start.id, end.id, relation.value))
    if existing is None:
        raise NotFound("These entries are not linked in that way.")
    session.execute(delete(Link).where(Link.id == existing.id))
    _remember(session, start, "unlinked", relation, end, viewer=viewer)
    session.flush()  # the chain is read next


def log_from(session: Session, entry: Entry, origin: uuid.UUID | None, *, viewer: Viewer) -> None:
    """Tie a newly logged entry to the walkabout, engagement or hotspot it comes from."""
    if origin is None:
        return
    source = entries.find(session, origin, viewer=viewer)
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
    back = _walk(session, entry.id, viewer=viewer, forward=False, most=most)
    ahead = _walk(session, entry.id, viewer=viewer, forward=True, most=most)
    found = search.load(session, list(dict.fromkeys(key for key, *_ in [*back, *ahead])))
    hits = {hit.entry.id: hit for hit in found}
    return Chain(*([_step(row, hits) for row in way if row[0] in hits] for way in (back, ahead)))


def came_of(session: Session, entry: Entry, *, viewer: Viewer) -> list[int]:
    """Keys of everything that an entry led to, however many links away."""
    return [key for key, *_ in _walk(session, entry.id, viewer=viewer, forward=True, most=MOST)]


def counts_by_kind(session: Session, keys: Sequence[int]) -> dict[str, int]:
    """How many of these entries there are of each kind."""
    rows = session.execute(
        select(Entry.kind, func.count()).where(Entry.id.in_(keys)).group_by(Entry.kind)
    )
    return {row[0]: row[1] for row in rows}


def _walk(
    session: Session, start: int, *, viewer: Viewer, forward: bool, most: int
) -> list[tuple[int, int, str, int]]:
    """(key, links away, relation, key one step nearer), each entry once, the nearest first."""
    walk = select(
        literal(start).label("key"),
        literal(0).label("depth"),
        literal("").label("relation"),
        literal(0).label("via"),
    ).cte("walk", recursive=True)
    ties = _ties(forward=forward)
    step = (
        select(ties.c.there, walk.c.depth + 1, ties.c.relation, walk.c.key)
        .select_from(walk)
        .join(ties, ties.c.here == walk.c.key)
        .join(Entry, Entry.id == ties.c.there)
        .where(walk.c.depth < FURTHEST, access.visible_entries(viewer))
    )
    walk = walk.union(step)
    rows = session.execute(
        select(walk.c.key, walk.c.depth, walk.c.relation, walk.c.via)
        .where(walk.c.key != start)
        .order_by(walk.c.depth, walk.c.key, walk.c.relation)
        .limit(most * 4)
    )
    nearest: dict[int, tuple[int, int, str, int]] = {}
    for row in rows:
        nearest.setdefault(row.key, (row.key, row.depth, row.relation, row.via))
    return list(nearest.values())[:most]


def _ties(*, forward: bool) -> Subquery:
    """Every link as the end one stands at, the end one goes to, and how they are tied."""
    named_last = select(Link.to_id, Link.from_id, Link.relation).where(Link.relation.in_(_BACKWARD))
    named_first = select(Link.from_id, Link.to_id, Link.relation).where(Link.relation.in_(_FORWARD))
    cause_to_effect = union_all(named_last, named_first).subquery()
    cause, effect, relation = cause_to_effect.c
    here, there = (cause, effect) if forward else (effect, cause)
    return select(here.label("here"), there.label("there"), relation.label("relation")).subquery()


def _step(row: tuple[int, int, str, int], hits: dict[int, Hit]) -> Step:
    key, depth, relation, via = row
    return Step(hits[key], depth, relation, via)


def _between(start: int, end: int, relation: str) -> Select[Link]:
    return select(Link).where(Link.from_id == start, Link.to_id == end, Link.relation == relation)


def _require_either(viewer: Viewer, start: Entry, end: Entry) -> None:
    if not access.may_change(viewer, end.team_id):
        access.require_change(viewer, start.team_id)


def _remember(
    session: Session, entry: Entry, verb: str, relation: Relation, end: Entry, *, viewer: Viewer
) -> None:
    """A link is part of an entry's story too."""
    if not entry.is_live:
        raise Conflict("This entry has been withdrawn or merged into another.")
    entry.version += 1
    entry.updated_at, entry.updated_by_id = now(), viewer.user_id
    before, after = (None, str(end.uid)) if verb == "linked" else (str(end.uid), None)
    session.add(
        History(
            entry_id=entry.id,
            version=entry.version,
            by_id=viewer.user_id,
            verb=verb,
            changes={f"link {relation.value}": [before, after]},
        )
    )
