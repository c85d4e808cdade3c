"""Codes that hang somewhere: how many scan them, are interested, and join. Counts alone."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from assetmap import access, connections
from assetmap.access import Viewer
from assetmap.db import local_day, now
from assetmap.errors import Conflict, Invalid, NotAllowed, NotFound, NotOpen
from assetmap.models import Counter, CounterDay, Entry
from assetmap.register import actions, entries, secret, text_hygiene
from assetmap.schemas.counters import STEPS, CounterDraft

MOST = 50  # of one entry
GONE = "What this code led to is not on the register any more."
_LENGTH = 6


@dataclass(frozen=True)
class Counted:
    """A code, and how often each step was taken."""

    counter: Counter
    times: Mapping[str, int]


def of(session: Session, entry: Entry, *, viewer: Viewer) -> Sequence[Counted]:
    """The codes of an entry in the order they were made, those taken down too. Raises NotAllowed
    outside the team that keeps it."""
    access.require_sign_in(viewer)
    if not actions.is_inside(session, entry, viewer=viewer):
        raise NotAllowed("How often its codes were scanned is for the team that keeps it.")
    counters = session.scalars(
        select(Counter).where(Counter.leads_to_id == entry.id).order_by(Counter.id).limit(MOST)
    ).all()
    rows = session.execute(
        select(CounterDay.counter_id, CounterDay.step, func.sum(CounterDay.times))
        .where(CounterDay.counter_id.in_([one.id for one in counters]))
        .group_by(CounterDay.counter_id, CounterDay.step)
    )
    times = {(key, step): int(count) for key, step, count in rows}
    return [
        Counted(one, {step: times.get((one.id, step), 0) for step in STEPS}) for one in counters
    ]


def add(
    session: Session, entry: Entry, uid: uuid.UUID, draft: CounterDraft, *, viewer: Viewer
) -> Counter:
    """Make a code to hang up; the same sent again makes none. Raises NotAllowed, Invalid,
    Conflict."""
    access.require_add_to(viewer, entry.team_id)
    entries.wait_for(session, entry)
    kept = session.scalar(select(Counter).where(Counter.uid == uid))
    if kept is not None:
        if (kept.leads_to_id, kept.hangs_at) != (entry.id, draft.hangs_at):
            raise Conflict("This code was made already, for another place.")
        return kept
    text_hygiene.refuse("hangs_at", draft.hangs_at)
    query = select(func.count()).where(Counter.leads_to_id == entry.id)
    if (session.scalar(query) or 0) >= MOST:
        raise Invalid.field("hangs_at", f"An entry has at most {MOST} codes.")
    made = Counter(uid=uid, leads_to_id=entry.id, code=_code(session), hangs_at=draft.hangs_at)
    session.add(made)
    told = {"code": [None, made.hangs_at]}
    entries.remember(session, entry, "code hung up", told, viewer=viewer)
    return made


def settle(session: Session, entry: Entry, uid: uuid.UUID, *, up: bool, viewer: Viewer) -> Counter:
    """Take a code down, or hang it up again; what was counted stays. Raises NotFound too."""
    access.require_add_to(viewer, entry.team_id)
    entries.wait_for(session, entry)
    found = session.scalar(
        select(Counter).where(Counter.uid == uid, Counter.leads_to_id == entry.id)
    )
    if found is None:
        raise NotFound("There is no such code.")
    if (found.removed_at is None) != up:
        found.removed_at = None if up else now()
        told = {"code": [None, found.hangs_at] if up else [found.hangs_at, None]}
        verb = "code hung up" if up else "code taken down"
        entries.remember(session, entry, verb, told, viewer=viewer)
    return found


def at(session: Session, code: str) -> tuple[Counter, Entry]:
    """The code at an address and what it leads to, for anybody. Raises NotOpen where there is
    none, or it leads nowhere any more."""
    row = session.execute(
        select(Counter, Entry)
        .join(Entry, Entry.id == Counter.leads_to_id)
        .where(
            Counter.code == code.lower(),
            Counter.removed_at.is_(None),
            Entry.withdrawn_at.is_(None),
            Entry.merged_into_id.is_(None),
        )
    ).one_or_none()
    if row is None:
        raise NotOpen(GONE)
    return row[0], row[1]


def count(session: Session, counter: Counter, step: str) -> None:
    """Count that a step was taken today."""
    connections.lock_for_writing(session, f"counter {counter.id}")
    day = local_day(now())
    kept = session.scalar(
        select(CounterDay)
        .where(CounterDay.counter_id == counter.id, CounterDay.day == day, CounterDay.step == step)
        .execution_options(populate_existing=True)
    )
    if kept is None:
        session.add(CounterDay(counter_id=counter.id, day=day, step=step))
    else:
        kept.times += 1
    session.flush()  # the next one waits for it


def _code(session: Session) -> str:
    while True:
        made = secret.to_type(_LENGTH)
        if session.scalar(select(Counter.id).where(Counter.code == made)) is None:
            return made
