"""What people ask about their own details: the requests, their clocks and their states.

They are answered by data officers of the body that keeps the register; its auditors read them.
"""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Select, and_, case, delete, false, func, select
from sqlalchemy.orm import Session, joinedload

from assetmap import spatial
from assetmap.access import Viewer
from assetmap.db import local_day, now
from assetmap.errors import Conflict, Invalid, NotFound
from assetmap.models import Person, SubjectHit, SubjectRequest
from assetmap.register import audit, letters, officers
from assetmap.register.months import months_after
from assetmap.register.subject_terms import Terms
from assetmap.schemas.subject_requests import (
    Extending,
    IdentityChecked,
    NewRequest,
    OwnRequest,
    Pausing,
    RequestKind,
    RequestStatus,
)
from assetmap.vocabulary import AuditAction

USUAL_MONTHS, EXTENDED_MONTHS = 1, 3
LONGEST_AGO_DAYS = 366
MOST = 500
DONE_BY_US = (RequestKind.ERASURE, RequestKind.OBJECTION, RequestKind.RESTRICTION)
ACKNOWLEDGED = """We have your {what} about your own details, which came on {came}.

Its number is {ref}; please name it if you write or ring about it. You will be answered by {due}.
Before anything is shown or changed we make sure that it was you who asked: we may write again for
that, and the days until you reply are added.

If it was not you, tell us: nothing has been shown to anybody.
"""
ERASED_NAME = "Erased person"


@dataclass(frozen=True)
class Clock:
    """When an answer is due. left_days: until then, negative when it is late."""

    due_on: date
    left_days: int
    is_paused: bool
    is_running: bool

    @property
    def is_late(self) -> bool:
        """Past its day, while it counts."""
        return self.is_running and self.left_days < 0


def clock(request: SubjectRequest, today: date) -> Clock:
    """One calendar month from the day it came, three when extended, and the days it stood still.

    The day in the next month with the same number; the month's last where there is none. Weekends
    and holidays do not put it off.
    """
    months = EXTENDED_MONTHS if request.extended_on else USUAL_MONTHS
    due = months_after(request.received_on, months) + request.waited(today)
    running = request.is_open and request.paused_on is None
    return Clock(due, (due - today).days, request.is_open and not running, running)


def terms_of(request: SubjectRequest) -> Terms:
    """Whom a request is about, as it is searched for."""
    return Terms(request.name, request.email, request.phone)


def log(session: Session, new: NewRequest, *, viewer: Viewer) -> SubjectRequest:
    """Write down a request. The clock runs from the day it came. Raises Invalid for its day."""
    officers.require_officer(session, viewer)
    today = local_day(now())
    if new.received_on > today or (today - new.received_on).days > LONGEST_AGO_DAYS:
        raise Invalid.field("received_on", "Give the day it came, within the last year.")
    return _added(session, new, viewer)


def ask(session: Session, asked: OwnRequest, *, viewer: Viewer) -> SubjectRequest:
    """Write down what somebody asks for themselves, today. Anybody may; who they are is made sure
    of before anything is searched. Raises Invalid without a way to answer them."""
    if not asked.email and not asked.phone:
        raise Invalid.field("email", "Give an e-mail address or a phone number to answer to.")
    said = asked.model_dump() | {"came_by": "form", "received_on": local_day(now())}
    return _added(session, NewRequest.model_validate(said), viewer)


def _added(session: Session, new: NewRequest, viewer: Viewer) -> SubjectRequest:
    request = SubjectRequest(
        **new.model_dump(mode="python", exclude={"kind"}),
        kind=new.kind.value,
        created_by_id=viewer.user_id,
    )
    session.add(request)
    session.flush()  # its page, or its number, is shown next
    note(session, AuditAction.CREATED, request, viewer=viewer)
    _acknowledge(session, request)
    return request


def _acknowledge(session: Session, request: SubjectRequest) -> None:
    """Write at once to where they may be answered: what came, and by when they hear more. Nothing
    of what they said goes along: the address may be somebody else's."""
    if request.email:
        due = clock(request, local_day(now())).due_on
        what = "complaint" if request.kind == RequestKind.COMPLAINT else "question"
        text = ACKNOWLEDGED.format(
            what=what, ref=request.ref, came=_day(request.received_on), due=_day(due)
        )
        letters.write(session, request.email, f"Your {what} about your details", text)


def _day(day: date) -> str:
    return f"{day.day} {day:%B %Y}"


def every(session: Session, *, viewer: Viewer) -> Sequence[SubjectRequest]:
    """All requests: open ones first, those that came first before others."""
    officers.require_reader(session, viewer)
    over = case((SubjectRequest.status.in_(("sent", "closed")), 1), else_=0)
    return session.scalars(
        select(SubjectRequest)
        .order_by(over, SubjectRequest.received_on, SubjectRequest.id)
        .limit(MOST)
    ).all()


def find(session: Session, uid: uuid.UUID, *, viewer: Viewer) -> SubjectRequest:
    """One request. Raises NotFound."""
    officers.require_reader(session, viewer)
    request = session.scalar(
        select(SubjectRequest)
        .where(SubjectRequest.uid == uid)
        .options(joinedload(SubjectRequest.created_by))
    )
    if request is None:
        raise NotFound("There is no such request.")
    return request


def to_change(session: Session, uid: uuid.UUID, *, viewer: Viewer) -> SubjectRequest:
    """One request, to be changed by a data officer. Raises Conflict for one that is closed."""
    officers.require_officer(session, viewer)
    spatial.lock_for_writing(session, f"request {uid}")
    request = find(session, uid, viewer=viewer)
    if request.status == RequestStatus.CLOSED:
        raise Conflict("This request is closed.")
    return request


def check_identity(
    session: Session, request: SubjectRequest, given: IdentityChecked, *, viewer: Viewer
) -> None:
    """Say how we know that it is them. A clock that waited for that runs again."""
    today = local_day(now())
    request.identity_on, request.identity_how = today, given.how
    if request.paused_for == "identity":
        request.resume(today)
    touch(session, request, ["identity"], viewer=viewer)


def pause(session: Session, request: SubjectRequest, given: Pausing, *, viewer: Viewer) -> None:
    """Stop the clock while we wait for them. Raises Conflict when it stands already."""
    request.pause(local_day(now()), given.waiting_for)
    if given.waiting_for == "identity" and request.status == RequestStatus.RECEIVED:
        request.move_to(RequestStatus.IDENTITY_CHECK)
    touch(session, request, ["clock"], viewer=viewer)


def resume(session: Session, request: SubjectRequest, *, viewer: Viewer) -> None:
    """They have answered: the clock runs again. Raises Conflict when it runs."""
    request.resume(local_day(now()))
    touch(session, request, ["clock"], viewer=viewer)


def extend(session: Session, request: SubjectRequest, given: Extending, *, viewer: Viewer) -> None:
    """Take up to two months longer, and say why. Raises Conflict a second time, or too late."""
    today = local_day(now())
    if request.extended_on is not None or not request.is_open:
        raise Conflict("It cannot be extended again.")
    if clock(request, today).is_late:
        raise Conflict("The month is over; they had to be told within it.")
    request.extended_on, request.extended_why = today, given.why
    touch(session, request, ["clock"], viewer=viewer)


def begin_search(session: Session, request: SubjectRequest, *, viewer: Viewer) -> None:
    """Ready to be searched for. Raises Conflict before we know that it is them."""
    if request.identity_on is None:
        raise Conflict("First make sure that it is them.")
    if request.status != RequestStatus.SEARCHING:
        request.move_to(RequestStatus.SEARCHING)
    touch(session, request, ["status"], viewer=viewer)


def mark_sent(session: Session, request: SubjectRequest, *, viewer: Viewer) -> None:
    """They have been answered. Raises Conflict while something found is undecided, or what they
    asked for is not done."""
    if left := undecided(session, request):
        raise Conflict(f"Decide about what was found first: {left} left.")
    if request.kind in DONE_BY_US and not request.done_at:
        raise Conflict("First do what they asked for.")
    request.move_to(RequestStatus.SENT)
    request.sent_on = local_day(now())
    touch(session, request, ["status"], viewer=viewer)


def close(session: Session, request: SubjectRequest, outcome: str, *, viewer: Viewer) -> None:
    """It is over. The copies the search made go; after an erasure, so does who asked.

    Raises Conflict while contacts are left alone because of it: nobody could lift that any more.
    """
    if session.scalar(_left_alone(request)) is not None:
        raise Conflict("Their details are still left alone. Say that it is settled first.")
    if request.paused_on is not None:
        request.resume(local_day(now()))
    request.move_to(RequestStatus.CLOSED)
    request.closed_on, request.outcome = local_day(now()), outcome
    session.execute(delete(SubjectHit).where(SubjectHit.request_id == request.id))
    if request.kind == RequestKind.ERASURE and request.done_at is not None:
        request.name, request.email, request.phone = ERASED_NAME, "", ""
        request.words = request.identity_how = request.extended_why = ""
        request.outcome = "Erased."
        request.extended_on = None
    touch(session, request, ["status"], viewer=viewer)


def _left_alone(request: SubjectRequest) -> Select[int]:
    mine = and_(
        SubjectHit.number == Person.id,
        SubjectHit.place == Person.__tablename__,
        SubjectHit.decision == "include",
        SubjectHit.request_id == request.id,
    )
    by_it = request.kind == RequestKind.RESTRICTION and request.done_at is not None
    kept = Person.restricted_at.is_not(None) if by_it else false()
    return select(Person.id).join(SubjectHit, mine).where(kept).limit(1)


def undecided(session: Session, request: SubjectRequest) -> int:
    """How much of what was found nobody has decided about."""
    return (
        session.scalar(
            select(func.count()).where(
                SubjectHit.request_id == request.id, SubjectHit.decision == "open"
            )
        )
        or 0
    )


def note(
    session: Session,
    action: AuditAction,
    request: SubjectRequest,
    *,
    viewer: Viewer,
    fields: Sequence[str] = (),
    details: audit.Details | None = None,
    uids: Sequence[uuid.UUID] = (),
) -> None:
    """Keep account of something done for a request; never of whom it is about."""
    audit.note(
        session,
        action,
        viewer=viewer,
        entity="subject_request",
        uid=request.uid,
        uids=uids,
        fields=fields,
        teams=viewer.roles,
        details={"kind": "record", "asked_for": request.kind, **(details or {})},
    )


def touch(
    session: Session, request: SubjectRequest, fields: Sequence[str], *, viewer: Viewer
) -> None:
    """Count a version, and keep account of what of it was changed."""
    request.version += 1
    request.updated_at = now()
    note(session, AuditAction.CHANGED, request, viewer=viewer, fields=fields)
    session.flush()  # a clash with somebody else shows here
