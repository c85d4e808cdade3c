"""All that the page of one entry tells, in at most six queries."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Row, literal, or_, select, union_all
from sqlalchemy.orm import Session, joinedload, undefer

from assetmap import access
from assetmap.access import Viewer
from assetmap.errors import NotFound
from assetmap.models import (
    Area,
    Attachment,
    Category,
    Entry,
    EntryArea,
    EntryCovers,
    Finding,
)
from assetmap.register import (
    attachments,
    histories,
    links,
    pointers,
    proposal_reading,
    writing,
)
from assetmap.register.histories import Told
from assetmap.register.links import Tie
from assetmap.register.opened_by import covered_by
from assetmap.register.proposal_reading import Beside
from assetmap.schemas.entries import REFERENCES
from assetmap.vocabulary import Kind, SharedField

MOST_NEIGHBOURS = 50  # read of each way; all of them are counted
_TIED: tuple[type[EntryArea] | type[EntryCovers], ...] = (EntryArea, EntryCovers)


@dataclass(frozen=True)
class AreaName:
    """An area, without its outline."""

    type: str
    code: str
    name: str


@dataclass(frozen=True)
class Story:
    """An entry and everything around it that the viewer may see."""

    entry: Entry
    lies_in: list[AreaName]
    covers: list[AreaName]
    came_from: list[Tie]
    led_to: list[Tie]
    around: dict[int, Entry]  # by key: the entries of the first ties, and those it names
    history: Sequence[Told]
    terms: dict[str, str]  # by code: what the categories are called that the history names
    photos: Sequence[Attachment]  # and voice notes
    reads: frozenset[SharedField]  # what of the entry the viewer may read besides
    beside: Beside  # suggestions that wait, and whether the viewer keeps it as its owner
    covered: str | None  # the agreements that speak of it, as `opened_by` has them


def tell(session: Session, uid: uuid.UUID, kind: Kind, *, viewer: Viewer) -> Story:
    """The story of an entry of a kind. Raises NotFound when there is none the viewer may see."""
    more = (*proposal_reading.beside(viewer), covered_by(viewer))
    row = _read(session, uid, kind, more, viewer=viewer)
    entry, reads = row[0], access.read_of(row)
    lies_in, covers = _areas(session, entry)
    back, ahead = links.both_ways(session, entry, viewer=viewer)
    near = [tie.key for tie in (*back[:MOST_NEIGHBOURS], *ahead[:MOST_NEIGHBOURS])]
    named = [key for name in REFERENCES if (key := getattr(entry, f"{name}_id", None)) is not None]
    rows = histories.read(session, entry)
    names = histories.named_in(rows, viewer=viewer)
    around, called = _around(session, {*near, *named}, names, viewer=viewer)
    told = histories.tell(rows, called, reads, viewer=viewer)
    return Story(
        entry,
        lies_in,
        covers,
        back,
        ahead,
        around,
        told,
        _terms(session, entry, told),
        attachments.of(session, entry, viewer=viewer),
        reads,
        proposal_reading.beside_of(row),
        row.covered_by,
    )


def _terms(session: Session, entry: Entry, told: Sequence[Told]) -> dict[str, str]:
    codes = {code for one in told for code in one.changes.get("category", ()) if code}
    if not codes or entry.category is None:
        return {}
    scheme = Category.scheme == entry.category.scheme
    found = select(Category.code, Category.label).where(scheme, Category.code.in_(codes))
    return {row.code: row.label for row in session.execute(found)}


def whole(session: Session, uid: uuid.UUID, kind: Kind, *, viewer: Viewer) -> Entry:
    """An entry with its place, category and team read. Raises NotFound."""
    found: Entry = _read(session, uid, kind, viewer=viewer)[0]
    return found


def opened(session: Session, uid: uuid.UUID, kind: Kind, *, viewer: Viewer) -> tuple[Entry, int]:
    """The same, and how many suggestions wait for the viewer anywhere, which every page says.
    Raises NotFound."""
    row = _read(session, uid, kind, proposal_reading.beside(viewer), viewer=viewer)
    return row[0], proposal_reading.beside_of(row).total


def seen(
    session: Session, uid: uuid.UUID, kind: Kind, *, viewer: Viewer
) -> tuple[Entry, frozenset[SharedField]]:
    """The same, and what of it the viewer may read besides. Raises NotFound."""
    row = _read(session, uid, kind, viewer=viewer)
    return row[0], access.read_of(row)


def _read(
    session: Session,
    uid: uuid.UUID,
    kind: Kind,
    more: Sequence[ColumnElement[Any]] = (),
    *,
    viewer: Viewer,
) -> Row[Any]:
    model = writing.MODELS[kind]
    wanted = [
        joinedload(model.category).joinedload(Category.parent),
        joinedload(model.team),
        joinedload(model.checked_by),
        undefer(model.location),
        undefer(model.exact_location),
        undefer(model.covers),
    ]
    if kind == Kind.FINDING:
        wanted.append(joinedload(Finding.assigned_partner))
    query = select(model, *access.reads(viewer), *more).where(
        model.uid == uid, Entry.kind == kind.value, access.visible_entries(viewer)
    )
    query = query.options(*wanted).execution_options(populate_existing=True)
    row = session.execute(query).one_or_none()
    if row is None:
        raise NotFound("There is no such entry, or it is not open to you.")
    return row


def withdrawn(session: Session, uid: uuid.UUID, kind: Kind, *, viewer: Viewer) -> Entry:
    """A withdrawn entry, for those who may bring it back. Raises NotFound for all others."""
    entry = session.scalar(
        select(Entry).where(
            Entry.uid == uid,
            Entry.kind == kind.value,
            Entry.withdrawn_at.is_not(None),
            access.may_see(viewer),
        )
    )
    if entry is None or not access.may_change(viewer, entry):
        raise NotFound("There is no such entry, or it is not open to you.")
    return entry


def _areas(session: Session, entry: Entry) -> tuple[list[AreaName], list[AreaName]]:
    both = union_all(
        *(
            select(literal(number).label("way"), Area.type, Area.code, Area.name, Area.vintage)
            .join(tied, tied.area_id == Area.id)
            .where(tied.entry_id == entry.id)
            for number, tied in enumerate(_TIED)
        )
    ).subquery()
    found: tuple[list[AreaName], list[AreaName]] = ([], [])
    seen = set()
    for way, kind, code, name, _ in session.execute(
        select(both).order_by(both.c.type, both.c.vintage.desc(), both.c.name, both.c.code)
    ):
        if (way, kind, code) not in seen:
            seen.add((way, kind, code))
            found[way].append(AreaName(kind, code, name))
    return found


def _around(
    session: Session, keys: set[int], names: set[str], *, viewer: Viewer
) -> tuple[dict[int, Entry], dict[str, str]]:
    """By key, entries that are there; by uid, what others are called, also if they are gone."""
    if not keys and not names:
        return {}, {}
    uids = {uuid.UUID(name) for name in names}
    query = select(Entry).where(
        or_(Entry.id.in_(keys), Entry.uid.in_(uids)), access.may_see(viewer)
    )
    found = session.scalars(query.options(joinedload(Entry.category))).all()
    around = {entry.id: entry for entry in found if entry.is_live and entry.id in keys}
    return around, pointers.by_uid(entry for entry in found if entry.uid in uids)
