"""What was found, with all that a list shows of it."""

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import Row, Select, and_, bindparam, select
from sqlalchemy.orm import Session, joinedload, undefer, with_polymorphic

from assetmap import access
from assetmap.access import Viewer
from assetmap.connections import has_key
from assetmap.errors import NotFound
from assetmap.models import Category, Entry
from assetmap.register.looked_at import EVERY, WITH_EXACT, layout, lies_in, serves
from assetmap.register.opened_by import covered_by
from assetmap.vocabulary import Kind, SharedField


class Lies(NamedTuple):
    """An area of a type that people know by name, in which an entry lies."""

    type: str
    code: str
    name: str
    vintage: str


@dataclass(frozen=True)
class Hit:
    """One entry found, and what is known of how it matched."""

    entry: Entry
    distance_m: float | None = None
    areas: tuple[Lies, ...] = ()
    reads: frozenset[SharedField] = frozenset()  # what of it whoever asked may read besides
    covered_by: str | None = None  # the agreements that speak of it, as `opened_by` has them
    is_own: bool = False  # kept by a team of whoever asked
    by_person: bool = False  # asked for by somebody known, not a passer-by
    giver: str = ""  # of an offer to be taken away: the group or place that makes it
    serves: tuple[str, ...] | None = None  # codes of areas it says it serves, where it was asked


def load(session: Session, ids: Sequence[int], *, viewer: Viewer) -> list[Hit]:
    """These entries in this order, with all that a list shows of them, in one query; the session
    keeps them, so that they can be asked for more, or changed."""
    if not ids:
        return []
    rows = session.execute(_kept(viewer), {"keys": list(ids)})
    found = {row[0].id: row for row in rows}
    return [_hit(found[key][0], found[key], None, viewer) for key in ids if key in found]


def one(session: Session, uid: uuid.UUID, *, viewer: Viewer, kind: Kind) -> Hit:
    """The entry of a kind with this uid, to be read whole and not to be changed: see `looked_at`.
    Raises NotFound when there is none that the viewer may see."""
    row = session.connection().execute(_one(viewer, kind), {"uid": uid}).first()
    if row is None:
        raise NotFound("There is no such entry, or it is not open to you.")
    (entry,) = layout(frozenset({kind.value}), WITH_EXACT).entries_of([row])
    codes = tuple(code for (code,) in row.areas_served)
    return replace(_hit(entry, row, None, viewer), serves=codes)


def still_seen(
    session: Session,
    ids: Sequence[int],
    away_m: Sequence[float | None],
    *,
    viewer: Viewer,
    kinds: frozenset[str] = EVERY,
) -> list[Hit]:
    """The same, each with the metres to it, without what somebody has closed to the viewer since
    its key was found. They are to be looked at: see `looked_at`.

    kinds: of which they are; where few are, fewer tables are looked into.
    """
    if not ids:
        return []
    rows = session.connection().execute(_seen(viewer, kinds), {"keys": list(ids)}).all()
    entries = layout(kinds).entries_of(rows)
    found = {entry.id: (entry, row) for entry, row in zip(entries, rows, strict=True)}
    both = zip(ids, away_m, strict=True)
    return [_hit(*found[key], metres, viewer) for key, metres in both if key in found]


def _hit(entry: Entry, row: Row[Any], distance_m: float | None, viewer: Viewer) -> Hit:
    return Hit(
        entry,
        distance_m,
        _in_order(Lies(*one) for one in row.areas),
        access.read_of(row),
        row.covered_by,
        is_own=access.sees_exactly(viewer, entry.team_id),
        by_person=viewer.is_signed_in,
    )


def _in_order(areas: Iterable[Lies]) -> tuple[Lies, ...]:
    """By type, the wards before the parishes; the newest vintage first."""
    by_code = sorted(areas, key=lambda one: one.code)
    return tuple(sorted(by_code, key=lambda one: (one.type, one.vintage), reverse=True))


@cache
def _whole() -> Select[Any]:
    """Entries of all kinds, with all that a list shows of them: the same statement whatever was
    looked for, which is put together and planned once."""
    whole = with_polymorphic(Entry, "*")
    return select(whole, lies_in(whole.id).label("areas")).options(
        joinedload(whole.category).joinedload(Category.parent),
        joinedload(whole.team),
        joinedload(whole.Finding.assigned_partner),
        undefer(whole.location),
    )


@access.once
def _kept(viewer: Viewer) -> Select[Any]:
    """Those with these `keys`, with what of them the viewer may read, and by which agreement."""
    shown = _whole().add_columns(*access.reads(viewer), covered_by(viewer))
    return shown.where(has_key(Entry.id, "keys"))


@access.once
def _seen(viewer: Viewer, kinds: frozenset[str]) -> Select[Any]:
    read = layout(kinds).query.add_columns(*access.reads(viewer), covered_by(viewer))
    return read.where(has_key(Entry.id, "keys"), access.visible_entries(viewer))


@access.once
def _one(viewer: Viewer, kind: Kind) -> Select[Any]:
    read = layout(frozenset({kind.value}), WITH_EXACT).query.add_columns(
        serves(Entry.__table__.c.id).label("areas_served"),
        *access.reads(viewer),
        covered_by(viewer),
    )
    named = and_(Entry.uid == bindparam("uid"), Entry.kind == kind.value)
    return read.where(named, access.visible_entries(viewer))
