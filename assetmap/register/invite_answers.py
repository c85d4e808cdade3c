"""What became of a list's invitations: who answered what and by which way, who came, and what of
it somebody of the team keeps."""

import uuid
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from assetmap import spatial, textsearch
from assetmap.access import Viewer
from assetmap.db import local_day, now
from assetmap.errors import Conflict, NotFound
from assetmap.models import Engagement, Entry, Invitation, InviteList, InviteReply, Person
from assetmap.register import (
    asking,
    audit,
    contacting,
    invite_lists,
    invite_people,
    invite_sending,
    person_access,
    replies,
    text_hygiene,
)
from assetmap.register.asker import Asker
from assetmap.register.invite_people import PURPOSE, Ways
from assetmap.register.invite_sending import NO_EVENT
from assetmap.register.replies import Places
from assetmap.schemas.invite_lists import AnswerDraft, ArrivedDraft, PlaceToldDraft
from assetmap.vocabulary import AuditAction

MOST = 2_000
ORDER = ("accepted", "waiting", "tentative", "asked", "declined")
NOT_ASKED = "It is not kept here that they were asked."


@dataclass(frozen=True)
class Answered:
    """Somebody who was asked, and what became of it. needs: what they need to take part, for who
    may change the list. through: the group by which they were."""

    person: Person
    invitation: Invitation
    reply: InviteReply
    through: str = ""
    needs: str = ""
    agreement_id: int | None = None
    is_missed: bool = (
        False  # said yes and did not come, of an event at which people were ticked off
    )


@dataclass(frozen=True)
class Answers:
    """All of a list. rows: those the viewer may know of. hidden: how many more there are. stopped:
    how many messages never left or came back, by rule; bounced: whose address takes no mail, of
    those whom the viewer knows as one of their team does."""

    rows: Sequence[Answered]
    counts: Mapping[str, int]
    places: Places
    hidden: int = 0
    came: int = 0
    waiting_mail: int = 0
    stopped: Mapping[str, int] = field(default_factory=dict)
    bounced: Sequence[Person] = ()

    def of(self, state: str) -> list[Answered]:
        """Those who answered so; those who wait in their turn."""
        its = [row for row in self.rows if row.reply.state == state]
        if state == "waiting":
            its.sort(key=lambda row: (row.reply.answered_at or now(), row.reply.id))
        return its

    def called(self, state: str, text: str) -> list[tuple[int, Answered]]:
        """The same with these words, or the beginnings of them, in their names; each with their
        turn among all."""
        parts = textsearch.words(text)

        def is_called(row: Answered) -> bool:
            words = textsearch.words(row.person.called)
            return all(any(word.startswith(part) for word in words) for part in parts)

        return [(turn, row) for turn, row in enumerate(self.of(state), 1) if is_called(row)]

    @property
    def may_move_up(self) -> bool:
        """Whether there is a place for any who wait, with their company."""
        left = self.places.left
        return any(left is None or row.reply.seats <= left for row in self.of("waiting"))


def every(session: Session, made: InviteList, *, viewer: Viewer) -> Answers:
    """What became of the invitations of a list, for who has found it. Whoever shows names puts them
    on the account with `note_read`. Raises NotFound for a list without an event."""
    event = _event(made)
    agreement = person_access.agreement_used(viewer)
    query = (
        select(Invitation, InviteReply, Person, Entry.title, agreement)
        .join(Person, Person.id == Invitation.person_id)
        .outerjoin(InviteReply, InviteReply.invitation_id == Invitation.id)
        .outerjoin(Entry, Entry.id == Invitation.through_id)
        .where(
            Invitation.list_id == made.id,
            Invitation.taken_back_at.is_(None),
            person_access.visible_people(viewer),
        )
        .order_by(Person.name, Invitation.id)
        .limit(MOST)
    )
    found = session.execute(query).all()
    may_change = invite_lists.may_change(viewer, made)
    was_ticked = event.ends_at < now() and any(row[1] and row[1].arrived_at for row in found)
    rows = [
        Answered(
            person,
            invitation,
            reply or _none_yet(),
            title or "",
            replies.needs_of(session, reply) if reply and may_change else "",
            opened_by,
            bool(was_ticked and reply and reply.state == "accepted" and not reply.arrived_at),
        )
        for invitation, reply, person, title, opened_by in found
    ]
    of_list = Invitation.list_id == made.id
    live = Invitation.taken_back_at.is_(None)
    number = select(func.count()).select_from(Invitation).where(of_list, live)
    counts = select(number.scalar_subquery(), replies.taken(event).scalar_subquery())
    total, taken = session.execute(counts).one()
    stopped = session.execute(
        select(InviteReply.mail_why, InviteReply.mail, Person, person_access.visible_people(viewer))
        .join(Invitation, Invitation.id == InviteReply.invitation_id)
        .join(Person, Person.id == Invitation.person_id)
        .where(of_list, InviteReply.mail.in_(("stopped", "bounced")))
        .order_by(InviteReply.mail_why, Person.name, Invitation.id)
        .limit(MOST)
    ).all()
    return Answers(
        rows,
        {state: sum(row.reply.state == state for row in rows) for state in ORDER},
        Places(event.capacity, int(taken or 0)),
        hidden=total - len(rows),
        came=sum(row.reply.arrived_at is not None for row in rows),
        waiting_mail=sum(row.reply.mail == "waiting" for row in rows),
        stopped=Counter(row.mail_why for row in stopped),
        bounced=[
            person
            for _, mail, person, is_seen in stopped
            if mail == "bounced" and is_seen and person_access.is_of_team(viewer, person)
        ],
    )


def note_read(
    session: Session, made: InviteList, rows: Sequence[Answered], *, viewer: Viewer
) -> None:
    """Keep account of people whose answers were shown, and of whom also what they need."""
    for has_needs in (False, True):
        some = [row for row in rows if bool(row.needs) == has_needs]
        fields = ["name", "invitation", *(["access_needs"] if has_needs else [])]
        _note(session, made, some, fields, viewer=viewer)


def _note(
    session: Session,
    made: InviteList,
    rows: Sequence[Answered],
    fields: Sequence[str],
    *,
    viewer: Viewer,
    **more: str,
) -> None:
    """more: what tells this reading from others of the same list."""
    for agreement in sorted({row.agreement_id or 0 for row in rows}):
        audit.note(
            session,
            AuditAction.READ,
            viewer=viewer,
            entity="person",
            entries=[row.person for row in rows if (row.agreement_id or 0) == agreement],
            fields=fields,
            agreement_id=agreement or None,
            details={"kind": "contact", "list": str(made.uid)} | more,
        )


def said_of(session: Session, person: Person) -> list[str]:
    """All that is kept of somebody's invitations, for their own request: a line for each."""
    rows = session.execute(
        select(Invitation, InviteReply, InviteList.name, Entry.title)
        .join(InviteList, InviteList.id == Invitation.list_id)
        .outerjoin(InviteReply, InviteReply.invitation_id == Invitation.id)
        .outerjoin(Entry, Entry.id == Invitation.engagement_id)
        .where(Invitation.person_id == person.id)
        .order_by(Invitation.id)
    )
    found = []
    for asked, reply, name, event in rows:
        parts = [f"to {event or name} by {asked.channel}, {local_day(asked.asked_at)}"]
        if asked.taken_back_at:
            parts.append("taken back")
        found.append("; ".join([*parts, *(_said(session, reply) if reply else ())]))
    return found


def _said(session: Session, reply: InviteReply) -> list[str]:
    needs, when = replies.needs_of(session, reply), reply.answered_at
    parts = (
        f"{reply.state}, by {reply.answered_by}, {local_day(when)}" if when else "",
        f"with {reply.party} more" if reply.party else "",
        f"needs: {needs}" if needs else "",
        f"told of a place: {local_day(reply.place_told_at)}" if reply.place_told_at else "",
        f"came: {local_day(reply.arrived_at)}" if reply.arrived_at else "",
    )
    return [part for part in parts if part]


def enter(session: Session, made: InviteList, draft: AnswerDraft, *, viewer: Viewer) -> InviteReply:
    """Keep an answer that came by phone, by post or otherwise; until the event ends. Raises
    NotAllowed, NotFound for who was not asked, Conflict for an event that is over, Invalid."""
    invitation, person = _asked(session, made, draft.person, viewer=viewer)
    event = _event(made)
    if not event.is_live or event.status == "cancelled":
        raise Conflict(replies.CALLED_OFF)
    if event.ends_at <= now():
        raise Conflict("This event is over. Tick off who came instead.")
    text_hygiene.refuse("needs", draft.needs)
    reply = replies.keep(
        session,
        invitation,
        event,
        draft,
        by=draft.by.value,
        kept_by=viewer.user_id,
        keeps_needs=True,
    )
    asking.note(session, AuditAction.CHANGED, [person], viewer=viewer)
    return reply


def check_in(
    session: Session, made: InviteList, draft: ArrivedDraft, *, viewer: Viewer
) -> InviteReply:
    """Keep that somebody who was invited came, or take that back; the same again changes nothing.
    Raises NotAllowed, NotFound, Conflict before the day of the event."""
    invitation, person = _asked(session, made, draft.person, viewer=viewer)
    _keep_arrival(session, _event(made), invitation, person, came=draft.came, viewer=viewer)
    return replies.of_invitation(session, invitation)


def of_pass(session: Session, token: str, *, viewer: Viewer) -> tuple[InviteList, Answered]:
    """Whoever shows a pass at the door, for who may change their list. Raises NotFound."""
    asked = replies.of_link(session, token)
    made = session.get_one(InviteList, asked.invitation.list_id)
    found = invite_lists.to_change(session, made.uid, viewer=viewer)
    _asked(session, found, asked.person.uid, viewer=viewer)
    needs = replies.needs_of(session, asked.reply)
    return found, Answered(asked.person, asked.invitation, asked.reply, needs=needs)


def untold(
    session: Session, made: InviteList, rows: Sequence[Answered], *, viewer: Viewer
) -> list[tuple[Answered, Ways]]:
    """Those of a list's answers who have a place for which they waited and were told by nobody,
    with how each may be reached: that is on the account as read."""
    found = [row for row in rows if row.reply.is_untold]
    uids = [row.person.uid for row in found]
    decided = (
        contacting.by_any_channel(session, uids, PURPOSE, viewer=viewer, by=Asker.of(made.team))
        if uids
        else {}
    )
    _note(session, made, found, ["name", "contact"], viewer=viewer, to="tell of a place")
    return [(row, invite_people.still([row.person.uid], decided)) for row in found]


def tell_of_place(
    session: Session, made: InviteList, draft: PlaceToldDraft, *, viewer: Viewer
) -> InviteReply:
    """Keep that somebody of the team told them that they have a place, or take that back; the same
    again changes nothing. Raises NotAllowed, NotFound, Conflict for who did not wait for one."""
    invitation, person = _asked(session, made, draft.person, viewer=viewer)
    reply = replies.of_invitation(session, invitation)
    if not reply.moved_up:
        raise Conflict("They did not wait for a place, or are told of it by e-mail.")
    if (reply.place_told_at is not None) != draft.told:
        reply.place_told_at = now() if draft.told else None
        asking.note(session, AuditAction.CHANGED, [person], viewer=viewer)
        session.flush()  # it counts in what is shown next
    return reply


def came_back(session: Session, made: InviteList, person_uid: uuid.UUID, *, viewer: Viewer) -> None:
    """A message to somebody came back: nothing goes to that address any more. Raises NotAllowed,
    NotFound for who was not mailed."""
    invitation, person = _asked(session, made, person_uid, viewer=viewer)
    reply = replies.of_invitation(session, invitation)
    if reply.sent_at is None:
        raise NotFound("They were sent nothing by e-mail.")
    invite_sending.bounce(session, reply, invitation, person)
    asking.note(session, AuditAction.SUPPRESSED, [person], viewer=viewer)


def fill(session: Session, made: InviteList, *, viewer: Viewer) -> int:
    """Give places that have become free otherwise to those who wait. Says to how many."""
    invite_lists.require_change(made, viewer=viewer)
    return len(replies.fill(session, _event(made)))


def _keep_arrival(  # all have a name
    session: Session,
    event: Engagement,
    invitation: Invitation,
    person: Person,
    *,
    came: bool,
    viewer: Viewer,
) -> None:
    if came and local_day(event.starts_at) > local_day(now()):
        raise Conflict("The event has not come yet.")
    spatial.lock_for_writing(session, f"places of {event.uid}")  # two at the door begin one reply
    reply = replies.of_invitation(session, invitation)
    if (reply.arrived_at is not None) != came:
        reply.arrived_at = now() if came else None
        reply.arrival_kept_by_id = viewer.user_id
        asking.note(session, AuditAction.CHANGED, [person], viewer=viewer)
        session.flush()  # it counts in what is shown next


def _asked(
    session: Session, made: InviteList, person_uid: uuid.UUID, *, viewer: Viewer
) -> tuple[Invitation, Person]:
    invite_lists.require_change(made, viewer=viewer)
    row = session.execute(
        select(Invitation, Person)
        .join(Person, Person.id == Invitation.person_id)
        .where(
            Invitation.list_id == made.id,
            Invitation.taken_back_at.is_(None),
            Person.uid == person_uid,
            person_access.visible_people(viewer),
        )
    ).first()
    if row is None:
        raise NotFound(NOT_ASKED)
    return row[0], row[1]


def _event(made: InviteList) -> Engagement:
    if made.engagement is None:
        raise NotFound(NO_EVENT)
    return made.engagement


def _none_yet() -> InviteReply:
    return InviteReply(state="asked", party=0, mail="", mail_kind="", answered_by="", reminders=0)
