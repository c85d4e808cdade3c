"""Which proposals there are for somebody: those they may answer, and those they made."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Row,
    Select,
    and_,
    case,
    exists,
    false,
    func,
    literal,
    or_,
    select,
    true,
)
from sqlalchemy.orm import Session, aliased, contains_eager, joinedload

from assetmap import access
from assetmap.access import Viewer
from assetmap.errors import NotFound
from assetmap.models import Claim, Entry, Link, Membership, Proposal, Team
from assetmap.register import claims, cursors
from assetmap.schemas.proposals import ProposalBrowse, ProposalFilter, ProposalState
from assetmap.vocabulary import Relation, Role

A_PAGE = 50


@dataclass(frozen=True)
class Found:
    """A proposal, and what of it the viewer may: entry is none where they may not see it."""

    proposal: Proposal
    entry: Entry | None
    may_answer: bool
    is_mine: bool


@dataclass(frozen=True)
class Listing:
    """A page of proposals. counts: of each state, of all the viewer may answer."""

    found: Sequence[Found]
    counts: Mapping[str, int]
    next_after: int | None


@dataclass(frozen=True)
class Beside:
    """What stands beside an entry on its page. total: proposals that wait for the viewer anywhere;
    here: that wait about this entry; is_owner: the viewer keeps it as its owner."""

    total: int = 0
    here: int = 0
    is_owner: bool = False


def listed(session: Session, wanted: ProposalFilter, *, viewer: Viewer) -> Listing:
    """What the viewer may answer, or was answered, a page at a time. Raises SignInFirst."""
    access.require_sign_in(viewer)
    ours = _answerable(viewer)
    query = _with_entry(viewer).where(ours, *_narrowed(wanted))
    order = Proposal.id.asc() if wanted.sort == "oldest" else Proposal.id.desc()
    if wanted.after is not None:
        older = wanted.sort == "newest"
        query = query.where(Proposal.id < wanted.after if older else Proposal.id > wanted.after)
    rows = session.execute(query.order_by(order).limit(A_PAGE + 1)).all()
    counted = (
        select(Proposal.state, func.count())
        .outerjoin(Entry, Entry.id == Proposal.entry_id)
        .where(ours)
        .group_by(Proposal.state)
    )
    counts: dict[str, int] = {row[0]: row[1] for row in session.execute(counted)}
    found = [_found(row, viewer) for row in rows[:A_PAGE]]
    more = found[-1].proposal.id if len(rows) > A_PAGE else None
    return Listing(found, counts, more)


def mine(session: Session, *, viewer: Viewer, most: int = A_PAGE) -> Sequence[Found]:
    """What the viewer has proposed, the latest first."""
    access.require_sign_in(viewer)
    if viewer.user_id is None:
        return []
    query = _with_entry(viewer).where(Proposal.by_id == viewer.user_id)
    rows = session.execute(query.order_by(Proposal.id.desc()).limit(most))
    return [_found(row, viewer) for row in rows]


def open_to(
    session: Session, wanted: ProposalBrowse, *, viewer: Viewer
) -> tuple[Sequence[Found], str | None]:
    """What the viewer made or may answer, the latest first, and where the next page begins.

    Raises SignInFirst, BadRequest for a cursor that is none of ours.
    """
    access.require_sign_in(viewer)
    ways = {"mine": _own(viewer), "to_answer": _answerable(viewer)}
    query = _with_entry(viewer).where(or_(*ways.values()), *_narrowed(wanted))
    if wanted.of in ways:
        query = query.where(ways[wanted.of])
    if wanted.entry is not None:
        query = query.where(Entry.uid == wanted.entry, access.visible_entries(viewer))
    key = Proposal.id.expression
    if wanted.cursor:
        (last,) = cursors.read(wanted.cursor, "newest", [key])
        query = query.where(key < last)
    rows = session.execute(query.order_by(key.desc()).limit(wanted.limit + 1)).all()
    found = [_found(row, viewer) for row in rows[: wanted.limit]]
    has_more = len(rows) > wanted.limit
    return found, cursors.write("newest", [found[-1].proposal.id]) if has_more else None


def find(session: Session, uid: uuid.UUID, *, viewer: Viewer) -> Found:
    """A proposal that the viewer may answer, or made. Raises NotFound, also for all others."""
    access.require_sign_in(viewer)
    open_to_them = or_(_answerable(viewer), _own(viewer))
    query = _with_entry(viewer).where(Proposal.uid == uid, open_to_them)
    query = query.options(joinedload(Proposal.answered_by))
    row = session.execute(query.execution_options(populate_existing=True)).one_or_none()
    if row is None:
        raise NotFound("There is no such suggestion, or it is not open to you.")
    return _found(row, viewer)


def waiting(session: Session, *, viewer: Viewer) -> int:
    """How many wait for the viewer; without a query for who may answer nothing anywhere."""
    if not may_answer_any(viewer):
        return 0
    return session.scalar(_counted(viewer)) or 0


def beside(viewer: Viewer) -> list[ColumnElement[Any]]:
    """Columns for a query of one entry, so that its page asks nothing more; see `beside_of`."""
    total: ColumnElement[Any] = literal(0)
    here: ColumnElement[Any] = literal(0)
    owned: ColumnElement[Any] = false()
    if may_answer_any(viewer):
        of_entry = select(func.count()).where(
            Proposal.entry_id == Entry.id, Proposal.state == ProposalState.OPEN.value
        )
        total = _counted(viewer).correlate(None).scalar_subquery()
        here = of_entry.select_from(Proposal).correlate_except(Proposal).scalar_subquery()
    if viewer.user_id is not None and viewer.behind is None:
        claim = select(Claim.id).where(Claim.entry_id == Entry.id, claims.runs())
        owned = exists(claim.where(Claim.user_id == viewer.user_id))
    return [
        total.label("waiting_total"),
        here.label("waiting_here"),
        case((owned, 1), else_=0).label("is_owner"),
    ]


def beside_of(row: Row[Any]) -> Beside:
    """What a row with the columns of `beside` says."""
    said = row._mapping  # SQLAlchemy's own way to read a row by name
    return Beside(said["waiting_total"], said["waiting_here"], bool(said["is_owner"]))


def _counted(viewer: Viewer) -> Select[int]:
    return (
        select(func.count(Proposal.id))
        .outerjoin(Entry, Entry.id == Proposal.entry_id)
        .where(Proposal.state == ProposalState.OPEN.value, _answerable(viewer))
    )


def may_answer_any(viewer: Viewer) -> bool:
    """Whether there can be proposals for the viewer to answer."""
    return viewer.is_operator or bool(viewer.teams_where(access.WRITERS_AND_ANALYSTS))


def _own(viewer: Viewer) -> ColumnElement[bool]:
    return false() if viewer.user_id is None else Proposal.by_id == viewer.user_id


def _answerable(viewer: Viewer) -> ColumnElement[bool]:
    """Of proposals joined to their entries, those that the viewer may answer.

    What nobody keeps yet, editors of the body that keeps the register answer, or any body's where
    that one has no editors; always those whose role nothing limits.
    """
    if viewer.is_operator:
        return true()
    editing = [
        team
        for team in viewer.teams_where(frozenset({Role.EDITOR}))
        if (team, Role.EDITOR) not in viewer.limits
    ]
    keepers = select(Team.id).where(Team.partner_id.is_(None))
    has_editor = Membership.role == Role.EDITOR.value
    nobody = ~exists(keepers.join(Membership, Membership.team_id == Team.id).where(has_editor))
    keeps = or_(exists(keepers.where(Team.id.in_(editing))), nobody)
    return or_(
        and_(Proposal.entry_id.is_not(None), access.changeable(viewer)),
        and_(Proposal.entry_id.is_(None), keeps) if editing else false(),
    )


def _with_entry(viewer: Viewer) -> Select[Any]:
    return (
        select(
            Proposal,
            case((_answerable(viewer), 1), else_=0).label("may_answer"),
            case((access.visible_entries(viewer), 1), else_=0).label("is_seen"),
        )
        .outerjoin(Entry, Entry.id == Proposal.entry_id)
        .options(contains_eager(Proposal.entry), joinedload(Proposal.by))
    )


def _found(row: Any, viewer: Viewer) -> Found:
    proposal: Proposal = row[0]
    return Found(
        proposal,
        proposal.entry if row.is_seen else None,
        bool(row.may_answer),
        viewer.user_id is not None and proposal.by_id == viewer.user_id,
    )


def _logged_on(walkabout: uuid.UUID) -> Select[int]:
    walked = aliased(Entry)
    tied = select(Link.from_id).join(walked, walked.id == Link.to_id)
    return tied.where(walked.uid == walkabout, Link.relation == Relation.FOUND_ON.value)


def _narrowed(wanted: ProposalFilter | ProposalBrowse) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if wanted.state == "open":
        found.append(Proposal.state == ProposalState.OPEN.value)
    elif wanted.state == "answered":
        found.append(Proposal.state != ProposalState.OPEN.value)
    if wanted.about is not None:
        found.append(Proposal.about == wanted.about.value)
    match wanted.maker if isinstance(wanted, ProposalFilter) else None:
        case "public":
            found.append(Proposal.by_id.is_(None))
        case "known":
            found.append(and_(Proposal.by_id.is_not(None), ~Proposal.from_owner))
        case "owner":
            found.append(Proposal.from_owner.is_(True))
        case "phone":
            found.append(Proposal.from_phone.is_(True))
    if isinstance(wanted, ProposalFilter) and wanted.found_on is not None:
        found.append(Entry.id.in_(_logged_on(wanted.found_on)))
    return found
