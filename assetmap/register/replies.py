"""Answers to invitations: by a link without an account, or as somebody of the team took them.

Places are counted per event. Who says yes when all are taken waits, and moves up, in the order of
answers, as soon as enough become free.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from sqlalchemy import Select, func, select, update
from sqlalchemy.orm import Session

from assetmap import spatial
from assetmap.db import now
from assetmap.errors import Conflict, Invalid, NotFound
from assetmap.models import Engagement, Invitation, InviteReply, Person
from assetmap.models.invite_reply import BY_LINK
from assetmap.register import deployment, secret
from assetmap.schemas.invite_lists import ReplyDraft
from assetmap.vocabulary import ContactChannel

TYPED = frozenset({ContactChannel.POST, ContactChannel.SMS})  # whose link is short, to be typed
NEEDS_KEPT = timedelta(days=30)  # after the event
NO_SUCH_LINK = (
    "This link is not one of ours, or is not whole. Copy all of it from the message, or ask whoever"
    " invited you."
)
OVER = "This event has begun or is over, so answers are not taken any more."
CALLED_OFF = "This event does not take place."
TAKEN_BACK = "This invitation was taken back."
LOST = "This was kept with a key that the service no longer has."

_ANSWERED = ("state", "party", "answered_at", "answered_by", "answer_kept_by_id")


@dataclass(frozen=True)
class Asked:
    """An invitation with its answer. person: whom it is to. closed: why no answer is taken, in
    words; "" where one is."""

    invitation: Invitation
    reply: InviteReply
    person: Person
    event: Engagement
    closed: str = ""

    @property
    def is_off(self) -> bool:
        """Whether the event does not take place."""
        return self.closed == CALLED_OFF

    @property
    def is_over(self) -> bool:
        """Whether it has begun or is over."""
        return self.closed == OVER


@dataclass(frozen=True)
class Places:
    """How many an event holds, None for any number, and how many of them are taken by yes."""

    capacity: int | None
    taken: int

    @property
    def left(self) -> int | None:
        """How many are free."""
        return None if self.capacity is None else max(0, self.capacity - self.taken)


def token_of(session: Session, invitation: Invitation) -> str:
    """The secret in the link of an invitation, signed with the service's key; its hash is kept."""
    key, said = deployment.lasting_key(session), f"reply to {invitation.uid}"
    if invitation.channel in TYPED:
        return secret.repeatable_to_type(key, said)
    return secret.repeatable(key, said)


def links(session: Session, invitations: Sequence[Invitation], *, by: int | None) -> dict[int, str]:
    """By invitation, the secret in its link, the same each time: for those that go by other ways
    than e-mail. by: whoever has it sent, unless somebody had before."""
    found: Mapping[int, InviteReply] = {
        reply.invitation_id: reply
        for reply in session.scalars(
            select(InviteReply).where(
                InviteReply.invitation_id.in_([one.id for one in invitations])
            )
        )
    }
    made = {}
    for one in invitations:
        reply = found.get(one.id)
        if reply is None:
            reply = InviteReply(invitation_id=one.id, state="asked", party=0, reminders=0)
            session.add(reply)
        made[one.id] = token_of(session, one)
        reply.token_hash = secret.hashed(made[one.id])
        reply.queued_by_id = reply.queued_by_id or by
    session.flush()  # whoever types one is looked for by it
    return made


def of_link(session: Session, token: str) -> Asked:
    """The invitation that a link is to. Raises NotFound for one that was tampered with."""
    row = session.execute(
        select(InviteReply, Invitation, Person, Engagement)
        .join(Invitation, Invitation.id == InviteReply.invitation_id)
        .join(Person, Person.id == Invitation.person_id)
        .join(Engagement, Engagement.id == Invitation.engagement_id)
        .where(
            InviteReply.token_hash.in_((secret.hashed(token), secret.hashed(secret.typed(token))))
        )
    ).first()
    if row is None:
        raise NotFound(NO_SUCH_LINK)
    reply, invitation, person, event = row
    return Asked(invitation, reply, person, event, _closed(invitation, event))


def of_invitation(session: Session, invitation: Invitation) -> InviteReply:
    """The answer to an invitation; begun where there is none yet."""
    wanted = select(InviteReply).where(InviteReply.invitation_id == invitation.id)
    found = session.scalar(wanted.execution_options(populate_existing=True))
    if found is None:
        found = InviteReply(invitation_id=invitation.id, state="asked", party=0, reminders=0)
        session.add(found)
        session.flush()  # it is looked for again
    return found


def places(session: Session, event: Engagement) -> Places:
    """How many places there are and are taken."""
    return Places(event.capacity, int(session.scalar(taken(event)) or 0))


def taken(event: Engagement) -> Select[int | None]:
    """How many places are taken; none where nobody takes one."""
    return (
        select(func.sum(1 + InviteReply.party))
        .join(Invitation, Invitation.id == InviteReply.invitation_id)
        .where(
            Invitation.engagement_id == event.id,
            Invitation.taken_back_at.is_(None),
            InviteReply.state == "accepted",
        )
    )


def answer_by_link(session: Session, token: str, draft: ReplyDraft) -> Asked:
    """Keep what whoever holds the link answers; as often as they change their mind before the
    event begins. Raises NotFound, Conflict where no answer is taken, Invalid for "party"."""
    asked = of_link(session, token)
    if asked.closed:
        raise Conflict(asked.closed)
    keep(session, asked.invitation, asked.event, draft, by=BY_LINK)
    return of_link(session, token)


def keep(  # all have a name
    session: Session,
    invitation: Invitation,
    event: Engagement,
    draft: ReplyDraft,
    *,
    by: str,
    kept_by: int | None = None,
    keeps_needs: bool = False,
) -> InviteReply:
    """Keep an answer, as a yes where there is a place, else as waiting; who waits moves up where
    places become free, before anybody who comes later. keeps_needs: where none are given, those
    that are kept stay. Raises Conflict for an invitation that was taken back meanwhile, Invalid
    for "party"."""
    spatial.lock_for_writing(session, f"places of {event.uid}")
    session.refresh(event, ["capacity"])
    session.refresh(invitation, ["taken_back_at"])
    if invitation.taken_back_at is not None:
        raise Conflict(TAKEN_BACK)
    reply = of_invitation(session, invitation)
    if draft.answer == "accepted":
        move_up(session, event)
    party = draft.party if draft.answer != "declined" else 0
    state = _state(session, event, reply, draft.answer, party)
    if (state, party) != (reply.state, reply.party) or reply.answered_at is None:
        if not (reply.state == state == "waiting"):  # who changes how many keeps their turn
            reply.answered_at = now()
        reply.state, reply.party = state, party
    reply.answered_by, reply.answer_kept_by_id = by, kept_by
    if reply.is_untold:
        reply.place_told_at = now()  # whoever answers anew is told where they stand
    if state == "declined":
        reply.needs_sealed = None
    elif draft.needs or not keeps_needs:
        reply.needs_sealed = seal(session, draft.needs) if draft.needs else None
    session.flush()  # it counts in the places that are left
    move_up(session, event)
    return reply


def move_up(session: Session, event: Engagement) -> Sequence[InviteReply]:
    """Give free places to those who wait, in the order of their answers; who was invited by mail
    is told by mail, others by somebody of the team. Somebody with more company than there is room
    for is passed over."""
    waiting = session.scalars(
        select(InviteReply)
        .join(Invitation, Invitation.id == InviteReply.invitation_id)
        .where(
            Invitation.engagement_id == event.id,
            Invitation.taken_back_at.is_(None),
            InviteReply.state == "waiting",
        )
        .order_by(InviteReply.answered_at, InviteReply.id)
    ).all()
    left = places(session, event).left if waiting else 0
    moved = []
    for reply in waiting:
        if left is not None and reply.seats > left:
            continue
        left = None if left is None else left - reply.seats
        reply.state, reply.mail_kind, reply.place_told_at = "accepted", "place", None
        if reply.mail in ("waiting", "sent"):
            reply.mail, reply.mail_why = "waiting", ""
            reply.queued_at, reply.tried_at = now(), None
        moved.append(reply)
    session.flush()  # whoever counts the places next
    return moved


def fill(session: Session, event: Engagement) -> Sequence[InviteReply]:
    """Give places that became free otherwise to those who wait; none where the event does not take
    place, or has begun."""
    spatial.lock_for_writing(session, f"places of {event.uid}")
    session.refresh(event, ["capacity"])
    is_off = not event.is_live or event.status == "cancelled"
    return () if is_off or event.starts_at <= now() else move_up(session, event)


def join(session: Session, stays: Invitation, goes: Invitation) -> None:
    """Of two invitations of whom we know by now as one person one stands, with what was answered
    last; a place that one of them held is kept for a yes."""
    one, other = of_invitation(session, stays), of_invitation(session, goes)
    if other.answered_at is not None and (
        one.answered_at is None or other.answered_at > one.answered_at
    ):
        last, held = other, one
    else:
        last, held = one, other
    is_placed = last.state == "waiting" and held.state == "accepted"
    said = {name: getattr(last, name) for name in _ANSWERED}
    said |= {"state": held.state, "party": held.party} if is_placed else {}
    said["needs_sealed"] = last.needs_sealed or held.needs_sealed
    if last.state == "declined":
        said["needs_sealed"] = None
    for name, value in said.items():
        setattr(one, name, value)
    if one.arrived_at is None:
        one.arrived_at, one.arrival_kept_by_id = other.arrived_at, other.arrival_kept_by_id
    other.needs_sealed, goes.taken_back_at = None, now()
    session.flush()  # it counts in the places that are left
    event = stays.engagement_id and session.get(Engagement, stays.engagement_id)
    if event:
        fill(session, event)


def untold(session: Session, event: Engagement) -> set[int]:
    """Keys of invitations to an event whose people have moved up to a place that nobody has told
    them of; none where it does not take place, or is over."""
    if not event.is_live or event.status == "cancelled" or event.ends_at <= now():
        return set()
    placed = session.scalars(
        select(InviteReply)
        .join(Invitation, Invitation.id == InviteReply.invitation_id)
        .where(
            Invitation.engagement_id == event.id,
            Invitation.taken_back_at.is_(None),
            InviteReply.mail_kind == "place",
            InviteReply.place_told_at.is_(None),
        )
    )
    return {one.invitation_id for one in placed if one.is_untold}


def _state(session: Session, event: Engagement, reply: InviteReply, answer: str, party: int) -> str:
    if answer != "accepted" or event.capacity is None:
        return answer
    if reply.state == "accepted" and 1 + party <= reply.seats:
        return answer  # however few places there are by now
    if 0 < event.capacity < 1 + party:
        room = event.capacity - 1
        raise Invalid.field(
            "party", f"There are {event.capacity:,} places in all. Bring {room or 'nobody'} along."
        )
    found = places(session, event)
    others = found.taken - (reply.seats if reply.state == "accepted" else 0)
    if others + 1 + party <= event.capacity:
        return "accepted"
    if reply.state == "accepted":
        room = max(0, event.capacity - others - 1)
        raise Invalid.field(
            "party", f"There is no place for so many. You may bring {room or 'nobody'} along."
        )
    return "waiting"


def _closed(invitation: Invitation, event: Engagement) -> str:
    if not event.is_live or event.status == "cancelled":
        return CALLED_OFF
    if event.starts_at <= now():
        return OVER
    return TAKEN_BACK if invitation.taken_back_at is not None else ""


def seal(session: Session, needs: str) -> str:
    """What somebody needs, enciphered with the newest key of the service."""
    return _keys(session).encrypt(needs.encode()).decode()


def needs_of(session: Session, reply: InviteReply) -> str:
    """What somebody needs, "" where nothing is kept. For those who look after the event."""
    if not reply.needs_sealed:
        return ""
    try:
        return _keys(session).decrypt(reply.needs_sealed.encode()).decode()
    except InvalidToken:
        return LOST


def reseal(session: Session) -> int:
    """Seal all that people need anew with the newest key. Says how many; raises Conflict for a
    lost key."""
    kept = session.scalars(select(InviteReply).where(InviteReply.needs_sealed.is_not(None))).all()
    for one in kept:
        try:
            one.needs_sealed = _keys(session).rotate((one.needs_sealed or "").encode()).decode()
        except InvalidToken as error:
            raise Conflict(LOST) from error
    session.flush()  # so that a failure shows before success is told
    return len(kept)


def let_go_of_needs(session: Session) -> None:
    """Delete what people needed at events that ended thirty days ago, or never take place."""
    over = select(Invitation.id).join(Engagement, Engagement.id == Invitation.engagement_id)
    over = over.where(Engagement.ends_at < now() - NEEDS_KEPT)
    _delete_needs(session, over)
    back = select(Invitation.id).where(Invitation.taken_back_at < now() - NEEDS_KEPT)
    _delete_needs(session, back)


def forget(session: Session, person: Person) -> None:
    """Let go of what somebody who is being erased needs, and of the link that was theirs."""
    theirs = select(Invitation.id).where(Invitation.person_id == person.id)
    session.execute(
        update(InviteReply)
        .where(InviteReply.invitation_id.in_(theirs))
        .values(needs_sealed=None, token_hash=None)
    )


def _delete_needs(session: Session, invitations: object) -> None:
    session.execute(
        update(InviteReply)
        .where(InviteReply.invitation_id.in_(invitations), InviteReply.needs_sealed.is_not(None))  # type: ignore[arg-type]
        .values(needs_sealed=None)
        .execution_options(synchronize_session=False)
    )


def _keys(session: Session) -> MultiFernet:
    return MultiFernet([Fernet(key) for key in deployment.sealing_keys(session)])
