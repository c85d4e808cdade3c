"""Who came to an event, as far as they liked to say: counted, never kept by person.

The form opens when the event ends, and once. What one person says is added to counts and let go
of: nothing that is kept can be tied to anybody who was there.
"""

import hashlib
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby

from sqlalchemy import Select, String, cast, delete, func, select
from sqlalchemy.orm import Session

from assetmap import access, connections, layers, privacy
from assetmap.access import Viewer
from assetmap.db import now
from assetmap.errors import Conflict, Invalid, NotFound, NotOpen
from assetmap.models import Engagement, Monitoring, MonitoringCount, MonitoringSheet
from assetmap.register import entries, plans, secret
from assetmap.schemas.monitoring import SheetDraft

MOST = 5_000  # sheets of one event
BEFORE_THE_END = timedelta(minutes=30)
OPEN_FOR = timedelta(days=7)  # after the end: sheets of paper are typed in
CLOSED = "This form is not open, or its address is misspelt. Ask whoever gave it to you."
_LENGTH = 10


@dataclass(frozen=True)
class Question:
    """One thing that is asked. answers: what there is to choose from, each with its code."""

    dimension: str
    asks: str
    answers: Sequence[tuple[str, str]]


@dataclass(frozen=True)
class Counted:
    """What was answered to one question: how many answered it, and how many chose each answer;
    None where that is hidden. None of it where too few answered."""

    question: Question
    answered: int | None
    people: Sequence[int | None] | None


@dataclass(frozen=True)
class Came:
    """The form of an event, and what it shows: no counts before it is closed."""

    monitoring: Monitoring
    is_open: bool
    counts: Sequence[Counted]


def questions() -> Sequence[Question]:
    """What is asked, in order."""
    return [
        Question(
            dimension, (rows := list(found))[0]["asks"], [(r["code"], r["answer"]) for r in rows]
        )
        for dimension, found in groupby(layers.monitoring(), key=lambda row: row["dimension"])
    ]


def of(session: Session, event: Engagement, *, viewer: Viewer) -> Came | None:
    """What an event's form shows, for the team that keeps it; None where it was never opened.
    Raises NotAllowed."""
    plans.require_inside(session, event, viewer=viewer)
    its = select(Monitoring, closed_counts(event).scalar_subquery())
    row = session.execute(its.where(Monitoring.engagement_id == event.id)).one_or_none()
    if row is None:
        return None
    found, told = row
    if found.is_open(now()):
        return Came(found, is_open=True, counts=())
    people = _people(told)
    return Came(found, is_open=False, counts=[_counted(one, people) for one in questions()])


def closed_counts(event: Engagement) -> Select[str]:
    """The counts of an event's form once it is closed, in one text for `counts_of`: a column of
    another query."""
    count = cast(MonitoringCount.people, String)
    told = MonitoringCount.dimension + ":" + MonitoringCount.category + ":" + count
    return (
        select(func.aggregate_strings(told, ","))
        .join(Monitoring, Monitoring.id == MonitoringCount.monitoring_id)
        .where(Monitoring.engagement_id == event.id, Monitoring.closes_at <= now())
    )


def counts_of(told: str | None) -> Sequence[Counted]:
    """What such a text shows: what enough people answered."""
    people = _people(told)
    counts = (_counted(one, people) for one in questions())
    return [one for one in counts if one.people is not None]


def opens_at(event: Engagement) -> datetime:
    """From when on the form can be opened."""
    return event.ends_at - BEFORE_THE_END


def start(session: Session, event: Engagement, *, viewer: Viewer) -> Monitoring:
    """Open the form, for a week after the event's end; what is open stays so. Raises NotAllowed,
    Conflict before the event is all but over, or once it was closed."""
    access.require_change(viewer, event)
    entries.wait_for(session, event)
    at = now()
    kept = session.scalar(select(Monitoring).where(Monitoring.engagement_id == event.id))
    if kept is not None:
        if kept.is_open(at):
            return kept
        raise Conflict("This form was closed, and its counts shown. It opens once.")
    if at < opens_at(event):
        raise Conflict("People are asked who they are when the event ends, not before.")
    if event.status == "cancelled":
        raise Conflict("This event was called off: nobody came.")
    made = Monitoring(
        engagement_id=event.id,
        code=secret.to_type(_LENGTH),
        opened_at=at,
        closes_at=max(at, event.ends_at) + OPEN_FOR,
    )
    session.add(made)
    told = {"who came": ["not asked", "asked"]}
    entries.remember(session, event, "monitoring opened", told, viewer=viewer)
    return made


def close(session: Session, event: Engagement, *, viewer: Viewer) -> None:
    """Take no more sheets, for good; what is closed stays so. Raises NotAllowed, NotFound where it
    was never open."""
    access.require_change(viewer, event)
    entries.wait_for(session, event)
    kept = session.scalar(select(Monitoring).where(Monitoring.engagement_id == event.id))
    if kept is None:
        raise NotFound("Nobody has been asked who they are at this event.")
    connections.lock_for_writing(session, f"monitoring {kept.id}")
    if kept.is_open(at := now()):
        kept.closes_at = at
        told = {"who came": ["asked", "closed"]}
        entries.remember(session, event, "monitoring closed", told, viewer=viewer)
    let_go(session)


def let_go(session: Session) -> None:
    """Let go of what told sheets apart, of all forms that are closed."""
    closed = select(Monitoring.id).where(Monitoring.closes_at <= now())
    session.execute(delete(MonitoringSheet).where(MonitoringSheet.monitoring_id.in_(closed)))


def open_one(session: Session, code: str) -> tuple[Monitoring, Engagement]:
    """The form at an address, and its event, as anybody may answer it. Raises NotOpen."""
    row = session.execute(
        select(Monitoring, Engagement)
        .join(Engagement, Engagement.id == Monitoring.engagement_id)
        .where(
            Monitoring.code == code,
            Monitoring.closes_at > now(),
            Engagement.withdrawn_at.is_(None),
            Engagement.merged_into_id.is_(None),
        )
    ).one_or_none()
    if row is None:
        raise NotOpen(CLOSED)
    return row[0], row[1]


def answer(session: Session, form: Monitoring, uid: uuid.UUID, draft: SheetDraft) -> None:
    """Add what somebody said to the counts; the same sheet sent again counts once.

    Raises NotOpen once it is closed, Invalid for what is not asked.
    """
    connections.lock_for_writing(session, f"monitoring {form.id}")
    session.refresh(form)
    if not form.is_open(now()):
        raise NotOpen(CLOSED)
    asked = {one.dimension: {code for code, _ in one.answers} for one in questions()}
    if any(code not in asked.get(dimension, ()) for dimension, code in draft.said.items()):
        raise Invalid.field("said", "Choose among the answers that stand here.")
    sheet = hashlib.sha256(f"{form.uid}\0{uid}".encode()).hexdigest()
    sent = select(MonitoringSheet.id).where(
        MonitoringSheet.monitoring_id == form.id, MonitoringSheet.sheet == sheet
    )
    if session.scalar(sent) is not None:
        return
    if form.sheets >= MOST:
        raise Conflict("No more answers can be taken here.")
    _lay_out(session, form)
    counts = session.scalars(
        select(MonitoringCount).where(MonitoringCount.monitoring_id == form.id)
    )
    for one in counts:
        one.people += draft.said.get(one.dimension) == one.category
    form.sheets += 1
    session.add(MonitoringSheet(monitoring_id=form.id, sheet=sheet))
    session.flush()  # the next one waits for it


def _lay_out(session: Session, form: Monitoring) -> None:
    """A count for each answer that there is, all at once: the order of rows tells nothing of who
    said what first."""
    if form.sheets == 0:
        session.add_all(
            MonitoringCount(monitoring_id=form.id, dimension=one.dimension, category=code)
            for one in questions()
            for code, _ in one.answers
        )
        session.flush()  # they are counted up next


def _people(told: str | None) -> Mapping[tuple[str, str], int]:
    """How many chose each answer of each question, out of such a text."""
    parts = [part.split(":") for part in told.split(",")] if told else []
    return {(dimension, category): int(count) for dimension, category, count in parts}


def _counted(one: Question, people: Mapping[tuple[str, str], int]) -> Counted:
    counts = [people.get((one.dimension, code), 0) for code, _ in one.answers]
    if not privacy.enough(sum(counts)):
        return Counted(one, None, None)
    return Counted(one, sum(counts), privacy.counts_shown(counts))
