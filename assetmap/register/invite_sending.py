"""Having invitations mailed: to whom, the message that each gets, and what comes of handing it
over. Consent and rights are asked anew for each message, just before it goes."""

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from assetmap import spatial
from assetmap.access import OPERATOR, Viewer
from assetmap.db import local_day, now
from assetmap.errors import Conflict, Invalid, NotFound
from assetmap.models import Consent, Engagement, Invitation, InviteList, InviteReply, Person, Team
from assetmap.register import (
    asking,
    consents,
    contacting,
    deployment,
    invite_approving,
    invite_lists,
    invite_message,
    mail_queue,
    panel_replies,
    persons,
    replies,
    secret,
    suppressions,
)
from assetmap.register.asker import Asker
from assetmap.register.invite_message import Told
from assetmap.register.invite_people import PURPOSE, Row
from assetmap.schemas.invite_lists import OffDraft, RemindDraft, SendDraft
from assetmap.viewers import viewer_of
from assetmap.vocabulary import AuditAction, ContactChannel, SuppressionReason

EMAIL = ContactChannel.EMAIL
MESSAGES: mail_queue.Messages = InviteReply
REMIND_AFTER = timedelta(days=1)  # since the last message
MOST_REMINDERS = 2
NO_EVENT = "This list is for no event. Build one from an event, so that there is something to mail."
TOO_LATE = "The event has begun, is over or does not take place."
TAKES_PLACE = "Only of an event that is cancelled, and has not begun, are people told so."
LACKS = "Before anybody is invited the event has to say {}."
SUBJECTS = {
    "invitation": "You are invited: {}",
    "reminder": "Will you come? {}",
    "place": "There is a place for you: {}",
    "off": "Cancelled: {}",
}
TAKES_PLACE_AGAIN = "takes_place"
OPENINGS = {
    "invitation": "You are invited to {}.",
    "reminder": "We have invited you to {}, and would like to know whether you come.",
    "expected": "You said that you come to {}, and we look forward to it. If you cannot come any"
    " more, please say so.",
    "place": "A place has become free for you at {}. If you cannot come any more, please say so.",
    "off": "{} does not take place. You had been invited to it; we are sorry.",
}


@dataclass(frozen=True)
class Composed:
    """A message as it goes out."""

    to: str
    subject: str
    text: str
    headers: Mapping[str, str]
    key: str


def ready(session: Session, made: InviteList, *, viewer: Viewer) -> Told:
    """What those who are invited will be told. Raises NotFound for a list without an event,
    Conflict for an event that is over, or that does not say yet what an invitation has to."""
    event = made.engagement
    if event is None:
        raise NotFound(NO_EVENT)
    told = invite_message.of(session, event, viewer=viewer)
    if problem := obstacle(event, told):
        raise Conflict(problem)
    return told


def obstacle(event: Engagement, told: Told) -> str:
    """Why nobody can be invited to an event that tells this, in words; "" where they can."""
    if not event.is_live or event.status == "cancelled" or event.starts_at <= now():
        return TOO_LATE
    return LACKS.format(", ".join(told.lacks.values())) if told.lacks else ""


def send(session: Session, made: InviteList, draft: SendDraft, *, viewer: Viewer) -> Sequence[Row]:
    """Have people on a list mailed an invitation each; gives those who had not been asked. Sent
    twice it asks nobody twice. Raises NotAllowed, NotFound, Conflict, Invalid for "people" and
    "words"."""
    invite_lists.require_change(made, viewer=viewer)
    ready(session, made, viewer=viewer)
    invite_message.look_over(made, draft.words, looked=draft.words_checked)
    spatial.lock_for_writing(session, f"asking {made.engagement_id or made.uid}")
    built = invite_lists.build(session, made, viewer=viewer)
    open_ = {person.uid: row for row in built.rows for person in row.people if EMAIL in row.ways}
    done = {person.uid for row in built.asked for person in row.people}
    whom: Iterable[uuid.UUID] = draft.people or open_
    if draft.panel is not None and not draft.people:
        spatial.lock_for_writing(session, f"invite panel {draft.panel}")  # nobody gives a seat up
        whom = [uid for uid in panel_replies.seated(session, made, draft.panel) if uid in open_]
    wanted = [uid for uid in whom if uid not in done]
    if wanted:  # what was sent already is no matter for approval
        invite_approving.require(session, made, built, draft.words, viewer=viewer)
    if any(uid not in open_ for uid in wanted):
        raise Invalid.field("people", "Somebody who was ticked may not be asked by e-mail now.")
    rows = list({id(open_[uid]): open_[uid] for uid in wanted}.values())
    made.words = draft.words
    kept = [asking.invitation(made, row, EMAIL, viewer=viewer) for row in rows]
    session.add_all(kept)
    session.flush()  # their keys are needed
    for invitation in kept:
        reply = replies.of_invitation(session, invitation)
        reply.token_hash = secret.hashed(replies.token_of(session, invitation))
        _queue(reply, "invitation", draft.words, viewer=viewer)
    session.flush()  # whoever works the list out next finds them asked
    asking.note(session, AuditAction.INVITED, [row.person for row in rows], viewer=viewer)
    return rows


def remind(session: Session, made: InviteList, draft: RemindDraft, *, viewer: Viewer) -> int:
    """Have those reminded by mail who were invited by mail and answered so, or not at all. Says
    how many. Nobody is reminded more than twice, nor within a day. Raises as `send`."""
    invite_lists.require_change(made, viewer=viewer)
    ready(session, made, viewer=viewer)
    spatial.lock_for_writing(session, f"asking {made.engagement_id or made.uid}")
    found = session.scalars(
        select(InviteReply)
        .join(Invitation, Invitation.id == InviteReply.invitation_id)
        .where(
            Invitation.list_id == made.id,
            Invitation.taken_back_at.is_(None),
            InviteReply.mail == "sent",
            InviteReply.state.in_(draft.states),
            InviteReply.reminders < MOST_REMINDERS,
            InviteReply.sent_at < now() - REMIND_AFTER,
        )
    ).all()
    for reply in found:
        reply.reminders += 1
        _queue(reply, "reminder", "", viewer=viewer)
    session.flush()  # whoever reminds next finds them reminded
    return len(found)


def untold(session: Session, made: InviteList) -> list[InviteReply]:
    """Those who were invited by e-mail, have not said no, and have not been told yet that the event
    does not take place; nobody as long as it does, or once it would have begun."""
    event = made.engagement
    if event is None or event.status != "cancelled" or event.starts_at <= now():
        return []
    query = (
        select(InviteReply)
        .join(Invitation, Invitation.id == InviteReply.invitation_id)
        .where(
            Invitation.list_id == made.id,
            Invitation.taken_back_at.is_(None),
            InviteReply.sent_at.is_not(None),
            InviteReply.mail != "bounced",
            InviteReply.state != "declined",
            InviteReply.off_at.is_(None),
        )
    )
    return [*session.scalars(query)]


def call_off(session: Session, made: InviteList, draft: OffDraft, *, viewer: Viewer) -> int:
    """Have those told by mail who were invited by mail that the event does not take place. Says how
    many; nobody is told twice. Raises NotAllowed, Conflict, Invalid for "words"."""
    invite_lists.require_change(made, viewer=viewer)
    event = made.engagement
    if event is None:
        raise NotFound(NO_EVENT)
    if event.status != "cancelled" or event.starts_at <= now():
        raise Conflict(TAKES_PLACE)
    invite_message.look_over(made, draft.words, looked=draft.words_checked)
    spatial.lock_for_writing(session, f"asking {made.engagement_id or made.uid}")
    found = untold(session, made)
    for reply in found:
        _queue(reply, reply.mail_kind, draft.words, viewer=viewer)
        reply.off_at = now()
    session.flush()  # whoever tells them next finds them told
    return len(found)


def _queue(reply: InviteReply, kind: str, words: str, *, viewer: Viewer) -> None:
    reply.mail, reply.mail_kind, reply.mail_why = "waiting", kind, ""
    reply.words = words
    reply.queued_at, reply.queued_by_id, reply.tried_at = now(), viewer.user_id, None
    reply.off_at = None


def compose(session: Session, key: int) -> Composed | None:
    """The message as it goes out now; None where it must not: any more, which is kept with why, or
    before what the event tells by now is approved."""
    reply, invitation, made, person, event = _one(session, key)
    if reply.mail != "waiting":
        return None
    rule = _over(made, invitation, reply, event)
    viewer = on_behalf(session, reply)
    decision = contacting.still_may_contact(
        session,
        person.uid,
        PURPOSE,
        EMAIL,
        queued_at=reply.queued_at or now(),
        viewer=viewer,
        by=Asker.of(made.team),
    )
    if rule == TAKES_PLACE_AGAIN:
        _as_before(reply)
        session.flush()  # whoever works the list out next finds it so
        return compose(session, key)
    if rule or not decision or decision.consent is None:
        _stop(reply, invitation, rule or decision.rule)
        session.flush()  # whoever works the list out next finds it so
        return None
    told = invite_message.of(session, event, viewer=viewer)
    goes_as_approved = reply.off_at is None and reply.mail_kind in invite_approving.HELD
    if goes_as_approved and invite_approving.is_held(session, made, told):
        return None  # it waits until that is approved
    return _composed(session, reply, invitation, made, person, told, decision.consent)


def on_behalf(session: Session, reply: InviteReply) -> Viewer:
    """Whoever had the message sent, as they are now."""
    return OPERATOR if reply.queued_by_id is None else viewer_of(session, reply.queued_by_id)


def sent(session: Session, key: int) -> None:
    """The server has taken it. What was made ready for them since it was given out, such as that
    they have a place by now, still waits."""
    reply, _, _, person, _ = _one(session, key)
    reply.mail = "sent" if reply.tried_at is not None else "waiting"
    reply.sent_at = now()
    if reply.mail == "sent" and reply.mail_kind == "place" and reply.place_told_at is None:
        if reply.off_at is None:
            reply.place_told_at = now()
        else:  # what told them of their place gave way to this; should it take place after all …
            reply.mail = ""  # … somebody of the team tells them
    persons.contacted(session, person, local_day(now()))
    session.flush()  # nobody may take it again


def bounced(session: Session, key: int) -> None:
    """Nothing can be sent to their address: it is kept so, and nobody writes to it again before
    they agree anew. What they were asked so, they were not."""
    reply, invitation, _, person, _ = _one(session, key)
    bounce(session, reply, invitation, person)


def bounce(session: Session, reply: InviteReply, invitation: Invitation, person: Person) -> None:
    """The same, also of a message that came back later."""
    if address := suppressions.address_for(person, EMAIL):
        suppressions.suppress(
            session,
            suppressions.hashed(session, address),
            SuppressionReason.BOUNCE,
            channel=EMAIL,
        )
    _stop(reply, invitation, "bounced")
    reply.mail = "bounced"
    session.flush()  # whoever works the list out next finds it so


def _as_before(reply: InviteReply) -> None:
    """They need not be told that the event does not take place; of a place they do, still."""
    is_untold = reply.mail_kind == "place" and reply.place_told_at is None
    reply.mail, reply.off_at = "waiting" if is_untold else "sent", None


def _stop(reply: InviteReply, invitation: Invitation, rule: str) -> None:
    reply.mail, reply.mail_why = "stopped", rule
    if reply.state == "asked" and invitation.taken_back_at is None and reply.sent_at is None:
        invitation.taken_back_at = now()
    elif rule == "bounced" and reply.state == "asked":
        invitation.taken_back_at = invitation.taken_back_at or now()


def _over(made: InviteList, invitation: Invitation, reply: InviteReply, event: Engagement) -> str:
    """Why a message has become pointless since it was queued, if it has."""
    if invitation.taken_back_at is not None or made.removed_at is not None:
        return "taken_back"
    is_off = not event.is_live or event.status == "cancelled"
    if reply.off_at is not None and not is_off:
        return TAKES_PLACE_AGAIN
    if reply.off_at is None and is_off:
        return "called_off"
    if event.starts_at <= now():
        return "over"
    since = reply.answered_at is not None and reply.answered_at > (reply.queued_at or now())
    kind, state = reply.mail_kind, reply.state
    answered = (kind == "reminder" and since) or (kind == "place" and state != "accepted")
    return "answered" if answered or state == "declined" else ""


def _composed(  # what a message is made of
    session: Session,
    reply: InviteReply,
    invitation: Invitation,
    made: InviteList,
    person: Person,
    told: Told,
    agreed: Consent,
) -> Composed:
    is_off = reply.off_at is not None
    root, kind = deployment.address(session), "off" if is_off else reply.mail_kind
    token = replies.token_of(session, invitation)
    approved = invite_approving.words(session, made, reply.words)
    whom = f" with {', '.join(agreed.controllers)}" if agreed.controllers else ""
    day = f"{local_day(agreed.given_at):%-d %B %Y}"
    parts = [
        f"Dear {person.called},",
        OPENINGS[_opening(reply, kind)].format(told.title),
        reply.words if is_off or kind != "invitation" else approved,
        ("It would have been:\n" if is_off else "")
        + "\n".join(part for part in (told.when, told.where) if part),
        *([] if is_off else _what_it_is(told, f"{root}/reply/{token}")),
        f"Questions: {told.ask}" if is_off else f"Questions, or help to answer: {told.ask}",
        f"{made.team.name} sent you this because you agreed on {day}{whom} to be invited by e-mail."
        f" To end that at once:\n{root}/stop/{consents.link_token(session, agreed)}",
    ]
    return Composed(
        person.email,
        SUBJECTS[kind].format(told.title)[:200],
        "\n\n".join(part for part in parts if part) + "\n",
        consents.unsubscribe_headers(session, agreed, root),
        f"{reply.uid}.{kind}.{int((reply.queued_at or now()).timestamp() * 1_000)}",
    )


def _opening(reply: InviteReply, kind: str) -> str:
    return "expected" if (kind, reply.state) == ("reminder", "accepted") else kind


def _what_it_is(told: Told, reply_at: str) -> list[str]:
    return [
        f"What it is for: {told.aims}",
        " ".join(part for part in (told.influence, told.changes) if part),
        f"Say whether you come, or change what you said (you need no account):\n{reply_at}",
    ]


def _one(
    session: Session, key: int
) -> tuple[InviteReply, Invitation, InviteList, Person, Engagement]:
    query = (
        select(InviteReply, Invitation, InviteList, Person, Engagement)
        .join(Invitation, Invitation.id == InviteReply.invitation_id)
        .join(InviteList, InviteList.id == Invitation.list_id)
        .join(Person, Person.id == Invitation.person_id)
        .join(Engagement, Engagement.id == Invitation.engagement_id)
        .where(InviteReply.id == key)
        .options(joinedload(InviteList.team).joinedload(Team.partner))
        .execution_options(populate_existing=True)
    )
    row = session.execute(query).one()
    return row[0], row[1], row[2], row[3], row[4]
