"""A walkabout on paper: what its pack holds, and what the numbers on it mean afterwards."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from shapely.geometry.base import BaseGeometry as Shape
from sqlalchemy import select
from sqlalchemy.orm import Session

from assetmap import access, spatial
from assetmap.access import Viewer
from assetmap.db import now
from assetmap.errors import Conflict, Invalid, NotFound
from assetmap.models import Entry, PaperPack
from assetmap.register import classification, packs
from assetmap.register.packs import Box, Line
from assetmap.register.weighing import Taking
from assetmap.vocabulary import Kind

MOST = 400  # entries on paper
MOST_PACKS = 10_000  # of one walkabout
NO_AREA = "Draw the planned area on the walkabout first: a paper pack is of its area."


@dataclass(frozen=True)
class Term:
    """A category as it is written on paper and keyed in."""

    scheme: str
    code: str
    label: str
    heading: str
    core: bool


@dataclass(frozen=True)
class Paper:
    """All that goes on paper: plain values, which outlive the transaction that read them.

    lines: numbered by their order, those to look at first. due: how many those are. is_whole:
    false where there are more entries than paper holds.
    """

    uid: uuid.UUID
    walkabout_id: int
    title: str
    ref: str
    aims: str
    team: str
    starts_at: datetime
    area: Shape | None
    stops: Sequence[str]
    box: Box
    terms: Sequence[Term]
    lines: Sequence[Line]
    due: int
    is_whole: bool
    taking: Taking
    made_at: datetime


@dataclass(frozen=True)
class Numbered:
    """A place as the paper numbers it. entry: None where it is gone or not open to the viewer."""

    number: int
    entry: Entry | None


def gather(session: Session, uid: uuid.UUID, *, viewer: Viewer) -> Paper:
    """What a walkabout's pack holds for somebody. Raises NotFound; Invalid without an area."""
    if packs.find(session, uid, viewer=viewer).box is None:
        raise Invalid("There is nothing to print yet.", {"geometry": NO_AREA})
    pack = packs.pack(session, uid, viewer=viewer)
    walkabout = pack.walk.walkabout
    nearest = pack.lines[:MOST]
    first = [line for line in nearest if line.due]
    lines = [*first, *(line for line in nearest if not line.due)]
    rows = packs.to_account(session, [replace(line, phone="") for line in lines], viewer=viewer)
    there = {row.uid for row in rows}  # what went meanwhile gets no number
    lines = [line for line in lines if line.uid in there]
    parts = [(row.kind, row.visibility) for row in rows]
    level = classification.highest(session, [*parts, (walkabout.kind, walkabout.visibility)])
    return Paper(
        uid=uid,
        walkabout_id=walkabout.id,
        title=walkabout.title,
        ref=walkabout.ref,
        aims=walkabout.aims,
        team=pack.walk.team,
        starts_at=walkabout.starts_at,
        area=pack.area,
        stops=[str(one["name"]) for one in pack.stops],
        box=pack.box,
        terms=terms_of(pack.terms),
        lines=lines,
        due=sum(line.due for line in lines),
        is_whole=pack.is_whole and len(pack.lines) <= MOST,
        taking=Taking(rows, 0, level),
        made_at=now(),
    )


def number(session: Session, paper: Paper, *, viewer: Viewer) -> int:
    """The number of a pack: a new one, or that of the last if it holds the very same places."""
    spatial.lock_for_writing(session, f"paper {paper.walkabout_id}")
    keys = {row.uid: row.id for row in paper.taking.rows}
    entries = [keys[line.uid] for line in paper.lines if line.uid in keys]
    last = _of(session, paper.walkabout_id)
    if last is not None and last.entries == entries:
        return last.number
    following = 1 if last is None else last.number + 1
    if following > MOST_PACKS:
        raise Conflict("This walkabout has had too many packs. Use one that was printed before.")
    session.add(
        PaperPack(
            walkabout_id=paper.walkabout_id,
            number=following,
            entries=entries,
            made_at=paper.made_at,
            made_by_id=viewer.user_id,
        )
    )
    return following


def numbered(
    session: Session, walkabout: Entry, pack: int | None, *, viewer: Viewer
) -> tuple[int, list[Numbered]]:
    """The places of a pack (the last one where none is named), and its number; 0 without any.

    Raises NotFound for a pack the walkabout never had.
    """
    found = _of(session, walkabout.id, pack)
    if found is None:
        if pack:
            raise NotFound(f"There is no paper pack {pack} of this walkabout.")
        return 0, []
    query = select(Entry).where(Entry.id.in_(found.entries), access.visible_entries(viewer))
    here = {entry.id: entry for entry in session.scalars(query)}
    places = enumerate(found.entries, 1)
    return found.number, [Numbered(place, here.get(key)) for place, key in places]


def terms_of(terms: Sequence[Any]) -> list[Term]:
    """Categories that something can be put under, each with the heading it stands under."""
    tops = {term.id: term.label for term in terms if term.parent_id is None}
    return [
        Term(term.scheme, term.code, term.label, tops.get(term.parent_id, ""), term.core)
        for term in terms
        if term.parent_id is not None and not term.route_only
    ]


def scheme_of(kind: str) -> str:
    """The scheme that a kind is classified by."""
    return Kind.ASSET.value if kind == Kind.GROUP else kind


def _of(session: Session, walkabout_id: int, pack: int | None = None) -> PaperPack | None:
    query = select(PaperPack).where(PaperPack.walkabout_id == walkabout_id)
    if pack:
        query = query.where(PaperPack.number == pack)
    return session.scalar(query.order_by(PaperPack.number.desc()).limit(1))
