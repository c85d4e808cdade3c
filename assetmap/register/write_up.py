"""What came of an event, drawn from what the register holds: for the people who paid for it, and
for the next one."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, case, exists, func, or_, select
from sqlalchemy.orm import Session

from assetmap import access, privacy
from assetmap.access import Viewer
from assetmap.errors import NotAllowed
from assetmap.models import (
    Action,
    Engagement,
    Entry,
    EventArrival,
    EventCost,
    EventNote,
    Link,
    PlanItem,
    Telling,
)
from assetmap.register import (
    actions,
    door,
    event_contacts,
    monitoring,
    polls,
    proposal_reading,
    surveys,
    tellings,
)
from assetmap.register.monitoring import Counted
from assetmap.register.polls import Asked
from assetmap.register.surveys import Result
from assetmap.vocabulary import Relation

JUDGED, WORTH = 25, 10  # points of the plan
MOST_TIES = 1_000


@dataclass(frozen=True)
class Tied:
    """An entry that the event is tied to."""

    relation: str
    kind: str
    title: str
    path: str


@dataclass(frozen=True)
class WriteUp:
    """planned, spent: pence; None where no cost is written down. counted: people at the door.
    waiting: suggestions for the viewer to answer. new_contacts: whom it made known, None where they
    are too few to be counted.
    raised: by kind, how many entries came out of it. judged, worth: whether it did what it was for,
    and why it was worth its cost, as the plan says."""

    said: Sequence[Action]
    told: Sequence[Telling]
    survey: Result | None
    polls: Sequence[Asked]
    who_came: Sequence[Counted]
    held_at: Sequence[Tied]
    about: Sequence[Tied]
    raised: Mapping[str, int]
    judged: str
    worth: str
    planned: int | None
    spent: int
    vouchers: int
    counted: int
    ideas: int
    taken_on: int
    waiting: int
    new_contacts: int | None

    @property
    def partners(self) -> Sequence[str]:
        """Other bodies that see to something, each once."""
        return sorted({one.partner.name for one in self.said if one.partner is not None})


def of(session: Session, event: Engagement, *, viewer: Viewer) -> WriteUp:
    """The write-up of an event, in six queries. Raises NotAllowed outside its team."""
    access.require_sign_in(viewer)
    numbers = _numbers(session, event, viewer=viewer)
    if not numbers["is_inside"]:
        raise NotAllowed("This is for the team that keeps the event.")
    tied = _tied(session, event, viewer=viewer)
    return WriteUp(
        said=actions.of(session, event, viewer=viewer),
        told=tellings.of(session, event, viewer=viewer),
        survey=surveys.shown(session, event),
        polls=polls.shown(session, event),
        who_came=monitoring.counts_of(numbers["who_came"]),
        held_at=[one for one in tied if one.relation == Relation.HELD_AT],
        about=[one for one in tied if one.relation == Relation.ABOUT],
        raised=Counter(one.kind for one in tied if one.relation == Relation.RAISED_AT),
        judged=numbers["judged"] or "",
        worth=numbers["worth"] or "",
        waiting=numbers["waiting_total"],
        new_contacts=privacy.count_shown(int(numbers["new_contacts"] or 0)),
        planned=numbers["planned"],
        counted=int(numbers["counted"] or 0) + int(numbers["by_name"] or 0),
        **{name: int(numbers[name] or 0) for name in ("spent", "vouchers", "ideas", "taken_on")},
    )


def _numbers(session: Session, event: Engagement, *, viewer: Viewer) -> Mapping[str, Any]:
    cost = EventCost.engagement_id == event.id, EventCost.removed_at.is_(None)
    idea = (
        EventNote.engagement_id == event.id,
        EventNote.removed_at.is_(None),
        EventNote.kind == "idea",
    )
    own = exists().where(Entry.id == event.id, access.of_own_teams(viewer))
    judged, worth = (
        select(PlanItem.note).where(PlanItem.engagement_id == event.id, PlanItem.number == point)
        for point in (JUDGED, WORTH)
    )
    wanted: dict[str, Select[Any]] = {
        "judged": judged,
        "worth": worth,
        "who_came": monitoring.closed_counts(event),
        "is_inside": select(case((own, 1), else_=0)),
        "planned": select(func.sum(EventCost.planned_pence)).where(*cost),
        "spent": select(func.sum(EventCost.spent_pence)).where(*cost),
        "vouchers": select(func.sum(EventCost.given)).where(*cost),
        "counted": select(func.sum(EventArrival.people)).where(
            EventArrival.engagement_id == event.id
        ),
        "new_contacts": event_contacts.new_ones(event, viewer=viewer),
        "by_name": door.of_invited(event),
        "ideas": select(func.count(EventNote.id)).where(*idea),
        "taken_on": select(func.count(EventNote.id)).where(*idea, EventNote.chosen),
    }
    waiting = proposal_reading.beside(viewer)[0]  # suggestions, which every page counts
    row = session.execute(
        select(waiting, *(one.scalar_subquery().label(name) for name, one in wanted.items()))
    ).one()
    return dict(row._mapping)


def _tied(session: Session, event: Engagement, *, viewer: Viewer) -> Sequence[Tied]:
    out = Link.from_id == event.id, Link.relation.in_([Relation.HELD_AT, Relation.ABOUT])
    into = Link.to_id == event.id, Link.relation == Relation.RAISED_AT.value
    other = case((Link.from_id == event.id, Link.to_id), else_=Link.from_id)
    rows = session.execute(
        select(Link.relation, Entry)
        .join(Entry, Entry.id == other)
        .where(or_(out[0] & out[1], into[0] & into[1]), access.visible_entries(viewer))
        .order_by(Link.id)
        .limit(MOST_TIES)
    )
    return [Tied(relation, one.kind, one.title, one.path) for relation, one in rows]
