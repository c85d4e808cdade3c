"""What was logged on a walkabout, side by side, with what each of it still needs."""

import uuid
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import shapely
from sqlalchemy import ColumnElement, Row, case, func, or_, select
from sqlalchemy.orm import Session, joinedload, undefer, with_polymorphic

from assetmap import access, spatial
from assetmap.access import Viewer
from assetmap.errors import NotFound
from assetmap.models import Category, Entry, Link, Offer, Proposal, Walkabout
from assetmap.register import attachments, duplicates, proposal_reading, reasons, text_hygiene
from assetmap.register.duplicates import NEAR_M, Candidate, Likeness, Neighbours
from assetmap.schemas.board import LOGGED, BoardFilter
from assetmap.schemas.proposals import ProposalState
from assetmap.vocabulary import Kind, Relation, Visibility

MOST = 500  # rows of one walkabout
ON_A_PAGE = 100
MOST_AROUND = 5_000  # entries around them that they are compared with
FIRST_STATES = frozenset({("finding", "new"), ("finding", "reopened"), ("offer", "offered")}) | {
    ("asset", "proposed"),
    ("group", "proposed"),
}
_CATEGORISED = frozenset({"asset", "group", "offer", "finding"})


@dataclass(frozen=True)
class Twin:
    """An entry that a row may repeat: what a line about it says."""

    ref: str
    title: str
    path: str
    likeness: Likeness


@dataclass(frozen=True)
class Logged:
    """One row. finds: labels of what its words perhaps should not say; waiting: suggestions about
    it, and from_phones those of them that a phone made; is_closed: restricted, and whoever looks
    has yet to say why, so that nothing of it is shown but its reference; giver: who offers it."""

    entry: Entry
    may_change: bool
    is_own: bool
    photo: uuid.UUID | None
    waiting: int
    from_phones: int
    is_closed: bool
    giver: str = ""
    twins: Sequence[Twin] = ()
    finds: Sequence[str] = ()

    @property
    def needs(self) -> tuple[str, ...]:
        """What somebody should still do about it, as `schemas.board.NEEDS` names it."""
        entry = self.entry
        top = entry.category is None or entry.category.level == 1
        said = {
            "suggestion": self.waiting > 0,
            "likely": bool(self.twins),
            "words": bool(self.finds),
            "place": entry.longitude is None,
            "category": entry.kind in _CATEGORISED and top,
            "triage": (entry.kind, entry.status) in FIRST_STATES,
        }
        return () if self.is_closed else tuple(name for name, is_so in said.items() if is_so)


@dataclass(frozen=True)
class Board:
    """All that was logged, what the filter leaves of it, and one page of that."""

    walkabout: Walkabout
    everything: Sequence[Logged]
    matching: Sequence[Logged]
    page: Sequence[Logged]
    total: int  # logged altogether, also what is beyond the most that a board holds
    waiting_total: int  # suggestions that wait for the viewer anywhere

    @property
    def first(self) -> int:
        """The number of the page's first row."""
        return self.matching.index(self.page[0]) + 1 if self.page else 0


def walkabout(session: Session, uid: uuid.UUID, *, viewer: Viewer) -> tuple[Walkabout, int]:
    """A walkabout, for somebody signed in, and how many suggestions wait for them anywhere.
    Raises SignInFirst, NotFound."""
    access.require_sign_in(viewer)
    query = select(Walkabout, *proposal_reading.beside(viewer))
    query = query.where(Walkabout.uid == uid, access.visible_entries(viewer))
    row = session.execute(query.options(undefer(Walkabout.location))).one_or_none()
    if row is None:
        raise NotFound("There is no such walkabout, or it is not open to you.")
    reasons.require(session, row[0], viewer=viewer)
    return row[0], proposal_reading.beside_of(row).total


def read(session: Session, uid: uuid.UUID, wanted: BoardFilter, *, viewer: Viewer) -> Board:
    """The board of a walkabout for somebody signed in. Raises SignInFirst, NotFound."""
    walked, waiting = walkabout(session, uid, viewer=viewer)
    everything, total = _logged(session, walked, viewer=viewer)
    matching = sorted((row for row in everything if _matches(row, wanted)), key=_order(wanted.sort))
    start = (wanted.page - 1) * ON_A_PAGE
    page = matching[start : start + ON_A_PAGE]
    return Board(walked, everything, matching, page, total, waiting)


def logged_on(walked: Entry, viewer: Viewer) -> ColumnElement[bool]:
    """Entries that were found on a walkabout and that the viewer may see."""
    tied = select(Link.from_id).where(
        Link.to_id == walked.id, Link.relation == Relation.FOUND_ON.value
    )
    return Entry.id.in_(tied) & access.visible_entries(viewer)


def _logged(session: Session, walked: Walkabout, *, viewer: Viewer) -> tuple[list[Logged], int]:
    whole = with_polymorphic(Entry, "*")
    waits = (
        select(func.count())
        .where(Proposal.entry_id == Entry.id, Proposal.state == ProposalState.OPEN.value)
        .correlate_except(Proposal)
    )
    may_change = case((access.changeable(viewer), 1), else_=0)
    query = (
        select(
            whole,
            may_change.label("may_change"),
            attachments.first(viewer).label("photo"),
            waits.scalar_subquery().label("waiting"),
            waits.where(Proposal.from_phone).scalar_subquery().label("from_phones"),
            func.count().over().label("total"),
        )
        .where(logged_on(walked, viewer))
        .options(
            joinedload(whole.category).joinedload(Category.parent),
            joinedload(whole.team),
            joinedload(whole.created_by),
            undefer(whole.location),
        )
        .order_by(whole.created_at, whole.id)
        .limit(MOST)
    )
    rows = session.execute(query).all()
    closed = {one.id for one in reasons.waiting(session, [row[0] for row in rows], viewer=viewer)}
    twins = _twins(session, [row[0] for row in rows if row[0].id not in closed], viewer=viewer)
    givers = _givers(session, [row[0] for row in rows], viewer=viewer)
    found = [_row(row, closed, twins, givers, viewer) for row in rows]
    return found, rows[0].total if rows else 0


def _givers(session: Session, entries: Sequence[Entry], *, viewer: Viewer) -> dict[int, str]:
    """By key, who offers each offer: the group or place it names, or somebody's role."""
    offers = [entry for entry in entries if isinstance(entry, Offer)]
    keys = {key for one in offers if (key := one.group_id or one.asset_id)}
    titles: dict[int | None, str] = {}
    if keys:
        told = Entry.visibility != Visibility.RESTRICTED.value
        named = select(Entry.id, Entry.title).where(Entry.id.in_(keys), told)
        rows = session.execute(named.where(access.visible_entries(viewer)))
        titles = {row.id: row.title for row in rows}
    return {
        one.id: one.person_role or titles.get(one.group_id or one.asset_id, "") for one in offers
    }


def _row(
    row: Row[Any],
    closed: set[int],
    twins: dict[int, list[Twin]],
    givers: dict[int, str],
    viewer: Viewer,
) -> Logged:
    entry: Entry = row[0]
    is_closed, may_change = entry.id in closed, bool(row.may_change)
    return Logged(
        entry,
        may_change=may_change and not is_closed,
        is_own=access.sees_exactly(viewer, entry.team_id),
        photo=None if is_closed else row.photo,
        waiting=row.waiting if may_change else 0,
        from_phones=row.from_phones if may_change else 0,
        is_closed=is_closed,
        giver="" if is_closed else givers.get(entry.id, ""),
        twins=twins.get(entry.id, ()) if may_change else (),
        finds=finds_in(entry) if may_change and not is_closed else (),
    )


def finds_in(entry: Entry) -> list[str]:
    """What the words of an entry perhaps should not say, each sort once, in words."""
    names = text_hygiene.fields_of(Kind(entry.kind))
    found = text_hygiene.look_over({name: str(getattr(entry, name, "") or "") for name in names})
    return list(dict.fromkeys(one.label for one in found))


def _twins(session: Session, entries: Sequence[Entry], *, viewer: Viewer) -> dict[int, list[Twin]]:
    """By key, what each of these may repeat of all that lies around them, in one query."""
    around = [
        spatial.box_around(entry.longitude, entry.latitude, NEAR_M)
        for entry in entries
        if entry.longitude is not None and entry.latitude is not None
    ]
    if not around:
        return {}
    kinds = {kind for entry in entries for kind in duplicates.family_of(Kind(entry.kind))}
    query = duplicates.columns(sorted(kinds), viewer).add_columns(
        Entry.kind, Entry.uid, Entry.title
    )
    here = spatial.intersects(Entry.location, spatial.as_sql(shapely.union_all(around)))
    told = or_(  # nothing of what is restricted until it was said why it is read
        Entry.visibility != Visibility.RESTRICTED.value,
        Entry.id.in_([entry.id for entry in entries]),
    )
    rows = session.execute(query.where(here, told).order_by(Entry.id).limit(MOST_AROUND)).all()
    known = {row.id: row for row in rows}
    found: dict[int, list[Twin]] = {}
    for family in {duplicates.family_of(Kind(entry.kind)) for entry in entries}:
        near = Neighbours.of([Candidate(*row[:8]) for row in rows if Kind(row.kind) in family])
        some = [e for e in entries if Kind(e.kind) in family and e.id in known]
        alike = near.like([Candidate(*known[e.id][:8]) for e in some], most=4)
        for entry, likely in zip(some, alike, strict=True):
            others = [one for one in likely if one.entry_id != entry.id][:3]
            found[entry.id] = [_twin(known[one.entry_id], one) for one in others]
    return found


def _twin(row: Row[Any], likeness: Likeness) -> Twin:
    kind = Kind(row.kind)
    return Twin(f"{kind.prefix}-{row.id:06d}", row.title, f"/{kind.plural}/{row.uid}", likeness)


def _matches(row: Logged, wanted: BoardFilter) -> bool:
    entry = row.entry
    if row.is_closed:  # nothing of it is told by what finds it
        return wanted.kind in (None, entry.kind) and not (
            wanted.category or wanted.status or wanted.needs
        )
    terms = [entry.category, entry.category.parent] if entry.category else []
    return (
        wanted.kind in (None, entry.kind)
        and wanted.category in ("", *(term.code for term in terms if term))
        and wanted.status in ("", entry.status)
        and (wanted.needs in (None, *row.needs) or (wanted.needs == "any" and bool(row.needs)))
    )


def kinds_of(rows: Iterable[Logged]) -> list[Kind]:
    """The kinds that are on a board, in the usual order."""
    there = {row.entry.kind for row in rows}
    return [kind for kind in LOGGED if kind in there]


def _order(by: str) -> Callable[[Logged], Any]:
    """What rows are sorted by; where that would tell of what is closed, those come last."""
    key = _ORDERS[by]
    if by not in _TELLING:
        return key
    return lambda row: (1, row.entry.id) if row.is_closed else (0, key(row))


def _label(row: Logged) -> str:
    return row.entry.category.label if row.entry.category else ""


_TELLING = frozenset({"category", "title", "status"})
_ORDERS: dict[str, Callable[[Logged], Any]] = {
    "logged": lambda row: row.entry.id,
    "newest": lambda row: -row.entry.id,
    "kind": lambda row: (list(Kind).index(Kind(row.entry.kind)), row.entry.id),
    "category": lambda row: (_label(row).casefold(), row.entry.id),
    "title": lambda row: (row.entry.title_folded, row.entry.id),
    "status": lambda row: (row.entry.status, row.entry.id),
    "needs": lambda row: (-len(row.needs), row.entry.id),
}
