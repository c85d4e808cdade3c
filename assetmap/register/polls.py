"""Putting questions to a room: whoever has the address answers each once, without an account."""

import hashlib
import uuid
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import Select, func, select, true
from sqlalchemy.orm import Session, joinedload

from assetmap import access, connections
from assetmap.access import Viewer
from assetmap.db import now
from assetmap.errors import Conflict, Invalid, NotFound, NotOpen
from assetmap.models import Engagement, EventPart, Poll, PollAnswer
from assetmap.register import entries, plans, secret, survey_results, text_hygiene
from assetmap.register.survey_results import Share
from assetmap.schemas.polls import PollDraft, Vote
from assetmap.schemas.surveys import HIGHEST

MOST = 50  # of one event
MOST_ANSWERS = 5_000  # of one question
UNKNOWN = "No event has this code. Look at it again, or ask whoever gave it to you."
CLOSED = "This question is closed. What is asked now, if anything, is below."
OVER = "This event is over. Change when it ends to ask people something."
RUNS_OVER = timedelta(hours=2)  # meetings end later than they were to
_LENGTH = 6


@dataclass(frozen=True)
class Asked:
    """A question of an event, and what came of it once it is closed.

    state: ready, open or closed. answered: how many did. shares: of each answer to choose from;
    None for one that too few chose. above: of a scale, the share above 7. Neither is there before
    it is closed, or where too few answered at all.
    """

    poll: Poll
    state: str
    answered: int
    shares: Sequence[Share | None] | None = None
    above: Share | None = None


@dataclass(frozen=True)
class Room:
    """What stands at an address where people answer. poll: what is asked now."""

    event: Engagement
    poll: Poll | None


def of(
    session: Session, event: Engagement, *, viewer: Viewer, also_removed: bool = False
) -> Sequence[Asked]:
    """The questions of an event as they were written, for the team that keeps it. What was
    answered is counted once a question is closed: whoever watched a count move would know what
    the last one said. Raises NotAllowed."""
    plans.require_inside(session, event, viewer=viewer)
    polls = session.scalars(
        select(Poll)
        .where(
            Poll.engagement_id == event.id,
            true() if also_removed else Poll.removed_at.is_(None),
        )
        .options(joinedload(Poll.part))
        .order_by(Poll.id)
        .limit(MOST)
    ).all()
    rows = session.execute(
        select(PollAnswer.poll_id, PollAnswer.chosen, func.count())
        .where(PollAnswer.poll_id.in_([poll.id for poll in polls]))
        .group_by(PollAnswer.poll_id, PollAnswer.chosen)
    ).all()
    at = now()
    return [
        _asked(poll, poll.state(at), Counter({r[1]: r[2] for r in rows if r[0] == poll.id}))
        for poll in polls
    ]


def shown(session: Session, event: Engagement) -> Sequence[Asked]:
    """The questions that are closed and enough people answered, in one query, for who has been
    let in already."""
    rows = session.execute(
        select(Poll, PollAnswer.chosen, func.count())
        .join(PollAnswer, PollAnswer.poll_id == Poll.id)
        .where(Poll.engagement_id == event.id, Poll.removed_at.is_(None))
        .group_by(Poll.id, PollAnswer.chosen)
        .order_by(Poll.id)
    ).all()
    counts: dict[Poll, Counter[int]] = {}
    for poll, chosen, people in rows:
        counts.setdefault(poll, Counter())[chosen] = people
    at = now()
    found = (_asked(poll, poll.state(at), those) for poll, those in counts.items())
    return [one for one in found if one.shares is not None or one.above is not None]


def add(
    session: Session,
    event: Engagement,
    uid: uuid.UUID,
    draft: PollDraft,
    *,
    viewer: Viewer,
) -> Poll:
    """Write a question; nobody can answer it yet. The same sent again adds nothing.

    Raises NotAllowed, Invalid, Conflict where its uid is another's.
    """
    access.require_change(viewer, event)
    entries.wait_for(session, event)
    kept = session.scalar(select(Poll).where(Poll.uid == uid))
    if kept is not None:
        if kept.engagement_id != event.id or _said(kept) != (draft.asks, draft.kind, draft.choices):
            raise Conflict("This question was kept already, and said something else.")
        return kept
    for name, text in (("asks", draft.asks), ("options", draft.options)):
        text_hygiene.refuse(name, text)
    query = select(func.count()).where(Poll.engagement_id == event.id)
    if (session.scalar(query) or 0) >= MOST:
        raise Invalid.field("asks", f"At most {MOST} questions are kept of one event.")
    made = Poll(
        uid=uid,
        engagement_id=event.id,
        part_id=_part(session, event, draft.part),
        code=_code(session, event),
        asks=draft.asks,
        kind=draft.kind,
        options=list(draft.choices),
    )
    session.add(made)
    told = {"question": [None, made.asks]}
    entries.remember(session, event, "poll added", told, viewer=viewer)
    return made


def start(session: Session, event: Engagement, uid: uuid.UUID, *, viewer: Viewer) -> Poll:
    """Let people answer a question until two hours after the event ends; whichever was open is
    closed by it. What is open already stays so. Raises NotAllowed, NotFound, Conflict once it was
    closed or the event is over."""
    access.require_change(viewer, event)
    entries.wait_for(session, event)
    poll, at = find(session, event, uid, viewer=viewer), now()
    if (state := poll.state(at)) == "open":
        return poll
    if state == "closed":
        raise Conflict("This question was closed, and its answers shown. Write it anew to ask it.")
    until = event.ends_at + RUNS_OVER
    if until <= at or event.status == "cancelled":
        raise Conflict(OVER)
    others = select(Poll).where(Poll.engagement_id == event.id, Poll.closes_at > at)
    for other in session.scalars(others):
        _close(session, other)
    poll.opened_at, poll.closes_at = at, until
    told = {"question": [None, poll.asks]}
    entries.remember(session, event, "poll opened", told, viewer=viewer)
    return poll


def close(session: Session, event: Engagement, uid: uuid.UUID, *, viewer: Viewer) -> Poll:
    """Take no more answers; what is closed stays so. Raises NotAllowed, NotFound, Conflict for
    what was never open."""
    access.require_change(viewer, event)
    entries.wait_for(session, event)
    poll = find(session, event, uid, viewer=viewer)
    match poll.state(now()):
        case "closed":
            return poll
        case "ready":
            raise Conflict("This question has not been asked yet.")
    _close(session, poll)
    told = {"question": [poll.asks, None]}
    entries.remember(session, event, "poll closed", told, viewer=viewer)
    return poll


def remove(session: Session, event: Engagement, uid: uuid.UUID, *, viewer: Viewer) -> Poll:
    """Take a question away, which closes it; it can be put back."""
    access.require_change(viewer, event)
    entries.wait_for(session, event)
    poll = find(session, event, uid, viewer=viewer)
    if poll.state(now()) == "open":
        _close(session, poll)
    poll.removed_at = now()
    told = {"question": [poll.asks, None]}
    entries.remember(session, event, "poll removed", told, viewer=viewer)
    return poll


def put_back(session: Session, event: Engagement, uid: uuid.UUID, *, viewer: Viewer) -> Poll:
    """Put back what was taken away. Raises NotFound when there is no such."""
    access.require_change(viewer, event)
    entries.wait_for(session, event)
    poll = find(session, event, uid, viewer=viewer, removed=True)
    poll.removed_at = None
    told = {"question": [None, poll.asks]}
    entries.remember(session, event, "poll put back", told, viewer=viewer)
    return poll


def find(
    session: Session, event: Engagement, uid: uuid.UUID, *, viewer: Viewer, removed: bool = False
) -> Poll:
    """One question. Raises NotFound, and what `of` does."""
    plans.require_inside(session, event, viewer=viewer)
    found = session.scalar(select(Poll).where(Poll.uid == uid, Poll.engagement_id == event.id))
    if found is None or (found.removed_at is not None) != removed:
        raise NotFound("This event has no such question.")
    return found


def room(session: Session, code: str) -> Room:
    """What is asked at an address, for anybody who has it. Raises NotOpen where no event has it,
    or its event is gone."""
    rows = session.execute(
        select(Engagement, Poll)
        .join(Poll, Poll.engagement_id == Engagement.id)
        .where(
            Poll.code == code.lower(),
            Poll.removed_at.is_(None),
            Engagement.withdrawn_at.is_(None),
            Engagement.merged_into_id.is_(None),
        )
        .order_by(Poll.id)
        .limit(2 * MOST)
    ).all()
    if not rows:
        raise NotOpen(UNKNOWN)
    at = now()
    is_open = (poll for _, poll in rows if poll.state(at) == "open")
    return Room(rows[0][0], next(is_open, None))


def answer(session: Session, poll: Poll, phone: str, vote: Vote) -> None:
    """Keep what a phone chose; until the question is closed, in place of what it chose before.

    phone: a key that only it has. Raises NotOpen once it is closed, Invalid for no such answer.
    """
    connections.lock_for_writing(session, f"poll {poll.id}")
    session.refresh(poll)
    if poll.removed_at is not None or poll.state(now()) != "open":
        raise NotOpen(CLOSED)
    if vote.chosen > (len(poll.options) or HIGHEST):
        raise Invalid.field("chosen", "Choose one of the answers.")
    voter = _voter(poll, phone)
    kept = session.scalar(_chosen_by(poll, voter))
    if kept is not None:
        kept.chosen = vote.chosen
    elif _count(session, poll) >= MOST_ANSWERS:
        raise Conflict("No more answers can be taken here.")
    else:
        session.add(PollAnswer(poll_id=poll.id, voter=voter, chosen=vote.chosen))
    session.flush()  # the page shows it next


def chosen(session: Session, poll: Poll, phone: str) -> int | None:
    """What a phone chose, if it did."""
    kept = session.scalar(_chosen_by(poll, _voter(poll, phone))) if phone else None
    return kept.chosen if kept else None


def _asked(poll: Poll, state: str, counts: Counter[int]) -> Asked:
    answered = counts.total()
    if state != "closed":
        return Asked(poll, state, answered)
    if poll.kind == "scale":
        return Asked(poll, state, answered, above=survey_results.share(counts.elements()))
    of_each = [counts[number] for number in range(1, len(poll.options) + 1)]
    return Asked(poll, state, answered, survey_results.choices(of_each))


def _said(poll: Poll) -> tuple[str, str, tuple[str, ...]]:
    return poll.asks, poll.kind, tuple(poll.options)


def _close(session: Session, poll: Poll) -> None:
    """Once whoever is sending an answer has sent it."""
    connections.lock_for_writing(session, f"poll {poll.id}")
    poll.closes_at = max(now(), poll.opened_at or now())


def _part(session: Session, event: Engagement, uid: uuid.UUID | None) -> int | None:
    if uid is None:
        return None
    found = session.scalar(
        select(EventPart.id).where(EventPart.uid == uid, EventPart.engagement_id == event.id)
    )
    if found is None:
        raise Invalid.field("part", "Choose a part of this event's running order.")
    return found


def _code(session: Session, event: Engagement) -> str:
    """The one that the event has, or a new one."""
    query = select(Poll.code).where(Poll.engagement_id == event.id).order_by(Poll.id)
    if (kept := session.scalar(query.limit(1))) is not None:
        return kept
    while True:
        made = secret.to_type(_LENGTH)
        if session.scalar(select(Poll.id).where(Poll.code == made).limit(1)) is None:
            return made


def _voter(poll: Poll, phone: str) -> str:
    return hashlib.sha256(f"{poll.uid}\0{phone}".encode()).hexdigest()


def _chosen_by(poll: Poll, voter: str) -> Select[PollAnswer]:
    return select(PollAnswer).where(PollAnswer.poll_id == poll.id, PollAnswer.voter == voter)


def _count(session: Session, poll: Poll) -> int:
    return session.scalar(select(func.count()).where(PollAnswer.poll_id == poll.id)) or 0
