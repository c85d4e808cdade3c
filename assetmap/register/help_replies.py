"""Answers to a request for help, by a link without an account; and the message that carries it."""

from dataclasses import dataclass

from sqlalchemy import select, update
from sqlalchemy.orm import Session, joinedload

from assetmap import spatial
from assetmap.access import Viewer
from assetmap.db import local_day, now
from assetmap.errors import Conflict, NotFound
from assetmap.models import Entry, HelpAsk, HelpRequest, Person
from assetmap.models.invite_reply import BY_LINK
from assetmap.register import consents, deployment, secret
from assetmap.register.help_finding import PURPOSE
from assetmap.schemas.help_requests import HelpAnswer
from assetmap.vocabulary import ContactChannel

NO_SUCH_LINK = (
    "This link is not one of ours, or is not whole. Copy all of it from the message, or ask whoever"
    " wrote to you."
)
OVER = "The day has passed, so answers are not taken any more."
CLOSED = "Thank you: this is settled, and no more help is looked for."


@dataclass(frozen=True)
class Helping:
    """What somebody is asked for by a link. closed: why no answer is taken, in words; "" where one
    is. offer: what they offered, as they called it."""

    ask: HelpAsk
    made: HelpRequest
    offer: str
    person: Person | None
    closed: str = ""


def give_link(session: Session, one: HelpAsk) -> None:
    """Keep the hash of the secret that their link has."""
    one.token_hash = secret.hashed(token_of(session, one))


def token_of(session: Session, one: HelpAsk) -> str:
    """The secret in the link of somebody who was asked, signed with the service's key."""
    return secret.repeatable(deployment.lasting_key(session), f"help {one.uid}")


def queue(one: HelpAsk, *, viewer: Viewer, is_thanks: bool = False) -> None:
    """Have them written to: asked, or thanked."""
    one.mail, one.is_thanks, one.mail_why = "waiting", is_thanks, ""
    one.queued_at, one.queued_by_id, one.tried_at = now(), viewer.user_id, None


def of_link(session: Session, token: str) -> Helping:
    """What a link asks for. Raises NotFound for one that was tampered with."""
    row = session.execute(
        select(HelpAsk, HelpRequest, Entry.title, Person)
        .join(HelpRequest, HelpRequest.id == HelpAsk.request_id)
        .join(Entry, Entry.id == HelpAsk.offer_id)
        .outerjoin(Person, Person.id == HelpAsk.person_id)
        .where(HelpAsk.token_hash == secret.hashed(token))
        .options(joinedload(HelpRequest.team))
    ).first()
    if row is None:
        raise NotFound(NO_SUCH_LINK)
    one, made, offer, person = row
    return Helping(one, made, offer, person, _closed(one, made))


def answer_by_link(session: Session, token: str, draft: HelpAnswer) -> Helping:
    """Keep what whoever holds the link answers, as often as they change their mind. Raises
    NotFound, Conflict where no answer is taken any more."""
    found = of_link(session, token)
    spatial.lock_for_writing(session, f"help request {found.made.uid}")
    session.refresh(found.ask, ["used_on", "state"])  # as the team may have kept it meanwhile
    found = of_link(session, token)
    if found.closed:
        raise Conflict(found.closed)
    keep(found.ask, draft, by=BY_LINK)
    session.flush()  # it is read again
    return of_link(session, token)


def keep(one: HelpAsk, draft: HelpAnswer, *, by: str, kept_by: int | None = None) -> None:
    """Keep an answer, whichever way it came. Raises Conflict for a no after it was used."""
    if draft.answer == "declined" and one.used_on is not None:
        raise Conflict("The help was given, so this cannot be a no any more.")
    one.state, one.words, one.gone = draft.answer, draft.words, draft.gone
    one.answered_at, one.answered_by, one.answer_kept_by_id = now(), by, kept_by


def stop_token(session: Session, found: Helping) -> str:
    """The secret in the link that ends what they agreed to; "" where that has ended."""
    if found.person is None:
        return ""
    ways = consents.by_way(consents.of(session, found.person))
    stands = consents.standing(ways.get((PURPOSE, ContactChannel.EMAIL), []), now())
    return consents.link_token(session, stands.row) if stands.is_current and stands.row else ""


def forget(session: Session, person: Person) -> None:
    """Let go of what somebody who is being erased said, and of the link that was theirs."""
    session.execute(
        update(HelpAsk)
        .where(HelpAsk.person_id == person.id)
        .values(words="", thanks="", token_hash=None)
    )


def said_of(session: Session, person: Person) -> list[str]:
    """All that is kept of what somebody was asked for, for their own request: a line for each."""
    rows = session.execute(
        select(HelpAsk, HelpRequest.title, Entry.title)
        .join(HelpRequest, HelpRequest.id == HelpAsk.request_id)
        .join(Entry, Entry.id == HelpAsk.offer_id)
        .where(HelpAsk.person_id == person.id)
        .order_by(HelpAsk.id)
    )
    return ["; ".join(part for part in _said(*row) if part) for row in rows]


def _said(one: HelpAsk, title: str, offer: str) -> list[str]:
    when = local_day(one.answered_at) if one.answered_at else ""
    return [
        f"{title}, for “{offer}”, by {one.channel}, {local_day(one.asked_at)}",
        "taken back" if one.taken_back_at else "",
        f"{one.state}, by {one.answered_by}, {when}" if when else "",
        f"said: {one.words}" if one.words else "",
        "does not offer it any more" if one.gone else "",
        f"used {one.used_on}" if one.used_on else "",
        f"thanked {one.thanked_on} by {one.thanked_by}" if one.thanked_on else "",
    ]


def _closed(one: HelpAsk, made: HelpRequest) -> str:
    if one.taken_back_at is not None or made.removed_at is not None or made.closed_at is not None:
        return CLOSED
    return OVER if made.last_day < local_day(now()) else ""
