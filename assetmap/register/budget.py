"""What an event costs, planned and spent, and the papers that must hold on its day."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from assetmap import access
from assetmap.access import Viewer
from assetmap.db import local_day, now
from assetmap.errors import Conflict, Invalid, NotFound
from assetmap.models import Engagement, EventCost, EventPaper
from assetmap.register import entries, plans, snapshots, text_hygiene
from assetmap.schemas.budget import CostDraft, PaperDraft

MOST = 200  # of either, for one event
Kept = EventCost | EventPaper
Draft = CostDraft | PaperDraft


@dataclass(frozen=True)
class Sort:
    """A sort of line. texts: what is looked over for names."""

    model: type[Any]  # EventCost or EventPaper
    draft: type[CostDraft] | type[PaperDraft]
    called: str
    texts: tuple[str, ...]


_IN_WORDS = {
    "planned_pence": "planned",
    "spent_pence": "spent",
    "last_on": "last day",
    "kept_at": "where it is",
}
SORTS: Mapping[str, Sort] = {
    "costs": Sort(EventCost, CostDraft, "cost", ("what",)),
    "papers": Sort(EventPaper, PaperDraft, "paper", ("what", "kept_at", "owner")),
}


@dataclass(frozen=True)
class Budget:
    """The lines of both sorts that are there, and those that were taken away."""

    costs: Sequence[EventCost]
    papers: Sequence[EventPaper]
    removed: Sequence[tuple[str, Kept]]  # with their sort

    @property
    def planned(self) -> int:
        """Pence."""
        return sum(one.planned_pence for one in self.costs)

    @property
    def spent(self) -> int:
        """Pence."""
        return sum(one.spent_pence or 0 for one in self.costs)


def of(session: Session, event: Engagement, *, viewer: Viewer) -> Budget:
    """The budget and the papers of an event. Raises NotAllowed outside its team."""
    plans.require_inside(session, event, viewer=viewer)
    rows: dict[str, Sequence[Any]] = {
        name: session.scalars(
            select(sort.model)
            .where(sort.model.engagement_id == event.id)
            .order_by(sort.model.kind, sort.model.id)
        ).all()
        for name, sort in SORTS.items()
    }
    gone = [(name, one) for name in SORTS for one in rows[name] if one.removed_at is not None]
    costs, papers = ([one for one in rows[name] if one.removed_at is None] for name in SORTS)
    return Budget(costs, papers, gone)


def put(
    session: Session,
    event: Engagement,
    sort: str,
    uid: uuid.UUID,
    draft: Draft,
    *,
    viewer: Viewer,
    base_version: int | None = None,
) -> Kept:
    """Add a line, or change one; the same sent again changes nothing.

    sort: of SORTS. Raises NotAllowed, Invalid, Conflict where somebody changed it since
    `base_version`.
    """
    access.require_change(viewer, event)
    entries.wait_for(session, event)
    model = SORTS[sort].model
    kept: Kept | None = session.scalar(select(model).where(model.uid == uid))
    if kept is not None and (kept.engagement_id != event.id or kept.removed_at is not None):
        raise Conflict("This identifier has been used, or what it stood for was taken away.")
    before = snapshots.as_json(as_said(sort, kept)) if kept else {}
    after = snapshots.as_json(draft.model_dump())
    if kept is not None and before == after:
        return kept
    if kept is not None and base_version != kept.version:
        raise Conflict("Somebody else changed this a moment ago. Look at what it says now.")
    if kept is None:
        _refuse_too_many(session, event, sort, viewer=viewer)
    for name in SORTS[sort].texts:
        if after[name] != before.get(name):
            text_hygiene.refuse(name, after[name])
    made = kept or model(uid=uid, engagement_id=event.id, version=0)
    for name in type(draft).model_fields:
        setattr(made, name, getattr(draft, name))
    made.version, made.updated_at = made.version + 1, now()
    session.add(made)
    called = SORTS[sort].called
    changed = {
        f"{called} “{draft.what}”: {_IN_WORDS.get(name, name)}": [
            _told(one, name) for one in (before, after)
        ]
        for name in type(draft).model_fields
        if (before.get(name) or None) != (after[name] or None)
    }
    verb = f"{called} {'added' if kept is None else 'changed'}"
    entries.remember(session, event, verb, changed, viewer=viewer)
    return made


def remove(
    session: Session, event: Engagement, sort: str, uid: uuid.UUID, *, viewer: Viewer
) -> None:
    """Take a line away; it can be put back. Raises NotFound."""
    _turn(session, event, sort, uid, is_gone=True, viewer=viewer)


def put_back(
    session: Session, event: Engagement, sort: str, uid: uuid.UUID, *, viewer: Viewer
) -> None:
    """Put back what was taken away. Raises NotFound."""
    _turn(session, event, sort, uid, is_gone=False, viewer=viewer)


def find(session: Session, event: Engagement, sort: str, uid: uuid.UUID, *, viewer: Viewer) -> Kept:
    """One line that is there. Raises NotFound."""
    budget = of(session, event, viewer=viewer)
    lines: Sequence[Kept] = budget.costs if sort == "costs" else budget.papers
    found = next((one for one in lines if one.uid == uid), None)
    if found is None:
        raise NotFound("This event has no such line.")
    return found


def as_said(sort: str, kept: Kept) -> dict[str, Any]:
    """What is kept of a line, in the words of its draft."""
    return {name: getattr(kept, name) for name in SORTS[sort].draft.model_fields}


def state(paper: EventPaper, event: Engagement, today: date) -> str:
    """How a paper stands: it `holds` on the event's last day, or is `over` already before that, or
    will be: `short`."""
    if paper.last_on is None or paper.last_on >= local_day(event.ends_at):
        return "holds"
    return "over" if paper.last_on < today else "short"


def _turn(
    session: Session,
    event: Engagement,
    sort: str,
    uid: uuid.UUID,
    *,
    is_gone: bool,
    viewer: Viewer,
) -> None:
    access.require_change(viewer, event)
    entries.wait_for(session, event)
    model = SORTS[sort].model
    found: Kept | None = session.scalar(
        select(model).where(
            model.uid == uid,
            model.engagement_id == event.id,
            model.removed_at.is_(None) if is_gone else model.removed_at.is_not(None),
        )
    )
    if found is None:
        raise NotFound("This event has no such line.")
    found.removed_at, found.version = now() if is_gone else None, found.version + 1
    called = SORTS[sort].called
    told = {called: [found.what, None] if is_gone else [None, found.what]}
    verb = f"{called} removed" if is_gone else f"{called} put back"
    entries.remember(session, event, verb, told, viewer=viewer)


def _told(taken: Mapping[str, Any], name: str) -> Any:
    """A value as the history of the event tells it: money in pounds."""
    held = taken.get(name)
    if not name.endswith("_pence") or held is None:
        return held or None
    return f"£{held / 100:,.2f}".removesuffix(".00")


def _refuse_too_many(session: Session, event: Engagement, sort: str, *, viewer: Viewer) -> None:
    budget = of(session, event, viewer=viewer)
    there = len(budget.costs if sort == "costs" else budget.papers)
    if there >= MOST:
        raise Invalid.field("what", f"At most {MOST} are kept of one event.")
