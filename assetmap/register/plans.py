"""The plan of an event: 25 points, shown by the record, settled by a person, or still to do."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from assetmap import access, layers
from assetmap.access import Viewer
from assetmap.db import local_day, now
from assetmap.errors import Conflict, NotAllowed, NotFound
from assetmap.models import Engagement, PlanItem
from assetmap.register import actions, entries, plan_evidence, snapshots, text_hygiene
from assetmap.register.plan_evidence import Evidence
from assetmap.schemas.plans import PlanDraft

PHASES = ("before", "during", "after")
# a survey is looked at for who is let in, what people were told, and whether it did its work;
# about a policy there is nothing that partners or neighbours could do together
ONLY_OF = {"survey": frozenset({6, 24, 25})}
NOT_OF = {"policy": frozenset({20, 21})}
_FIELDS = ("status", "note", "owner", "due_on")


@dataclass(frozen=True)
class Point:
    """A point of the plan. evidence: what the record shows; kept: what somebody settled."""

    number: int
    phase: str
    title: str
    help: str
    evidence: Evidence | None
    kept: PlanItem | None

    @property
    def state(self) -> str:
        """Settled by a person; else `shown` where the record is enough; else `todo`."""
        if self.kept is not None and self.kept.status != "todo":
            return self.kept.status
        return "shown" if self.evidence is not None and self.evidence.is_enough else "todo"

    def is_late(self, today: date) -> bool:
        """Whether its day has passed and it is still to do."""
        due = self.kept.due_on if self.kept else None
        return self.state == "todo" and due is not None and due < today


def of(session: Session, event: Engagement, *, viewer: Viewer) -> Sequence[Point]:
    """The points that this kind of event has, in order. Raises NotAllowed outside its team."""
    require_inside(session, event, viewer=viewer)
    shown = plan_evidence.of(session, event, viewer=viewer)
    kept = {
        item.number: item
        for item in session.scalars(select(PlanItem).where(PlanItem.engagement_id == event.id))
    }
    return [
        Point(
            number := int(row["number"]),
            row["phase"],
            row["title"],
            row["help"],
            shown.get(row["shown_by"]),
            kept.get(number),
        )
        for row in layers.event_plan()
        if applies(event, int(row["number"]))
    ]


def applies(event: Engagement, number: int) -> bool:
    """Whether a point belongs to the plan of this kind of event."""
    only = ONLY_OF.get(event.engagement_kind)
    return number in only if only else number not in NOT_OF.get(event.engagement_kind, ())


def settle(
    session: Session,
    event: Engagement,
    number: int,
    draft: PlanDraft,
    *,
    viewer: Viewer,
    base_version: int = 0,
) -> PlanItem:
    """Keep what was settled about a point; the same again changes nothing.

    base_version: of what was settled before; 0 for nothing. Raises NotAllowed, NotFound for a
    point this event has not, Invalid, Conflict where somebody settled it meanwhile.
    """
    access.require_change(viewer, event)
    if not (1 <= number <= len(layers.event_plan()) and applies(event, number)):
        raise NotFound("The plan of this event has no such point.")
    entries.wait_for(session, event)
    kept = settled(session, event, number)
    before = as_said(kept)
    after = snapshots.as_json(draft.model_dump())
    if kept is not None and before == after:
        return kept
    if (kept.version if kept else 0) != base_version:
        raise Conflict("Somebody else settled this a moment ago. Look at what it says now.")
    if draft.note != before["note"]:
        text_hygiene.refuse("note", draft.note)
    made = kept or PlanItem(engagement_id=event.id, number=number, version=0)
    for name in _FIELDS:
        setattr(made, name, getattr(draft, name))
    made.version, made.updated_at, made.updated_by_id = made.version + 1, now(), viewer.user_id
    session.add(made)
    changed = {
        f"plan {number}: {name.removesuffix('_on')}": [before[name] or None, after[name] or None]
        for name in _FIELDS
        if (before[name] or None) != (after[name] or None)
    }
    entries.remember(session, event, "plan changed", changed, viewer=viewer)
    return made


def settled(session: Session, event: Engagement, number: int) -> PlanItem | None:
    """What somebody settled about one point, for who has been let in already."""
    return session.scalar(
        select(PlanItem).where(PlanItem.engagement_id == event.id, PlanItem.number == number)
    )


def require_inside(session: Session, event: Engagement, *, viewer: Viewer) -> None:
    """Raise SignInFirst or NotAllowed for whoever is not of the team that keeps the event, or has
    no role there that holds where it is."""
    access.require_sign_in(viewer)
    if not actions.is_inside(session, event, viewer=viewer):
        raise NotAllowed("This is for the team that keeps the event.")


def as_said(kept: PlanItem | None) -> dict[str, Any]:
    """What is settled about a point, in the words of its draft; JSON all through."""
    blank = PlanDraft()
    given = {name: getattr(blank if kept is None else kept, name) for name in _FIELDS}
    said: dict[str, Any] = snapshots.as_json(given)
    return said


def late(points: Sequence[Point]) -> int:
    """How many are still to do though their day has passed."""
    return sum(point.is_late(local_day(now())) for point in points)
