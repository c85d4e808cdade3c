"""Mailing requests for help, and thanks: each message composed, and asked about anew, just before
it goes; and what comes of handing it over."""

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from assetmap.access import OPERATOR
from assetmap.db import local_day, now
from assetmap.models import Consent, Entry, HelpAsk, HelpRequest, Person
from assetmap.register import (
    consents,
    contacting,
    deployment,
    help_replies,
    mail_queue,
    persons,
    suppressions,
)
from assetmap.register.help_finding import PURPOSE
from assetmap.register.invite_sending import Composed
from assetmap.viewers import viewer_of
from assetmap.vocabulary import ContactChannel, SuppressionReason

EMAIL = ContactChannel.EMAIL
MESSAGES: mail_queue.Messages = HelpAsk


def compose(session: Session, key: int) -> Composed | None:
    """The message as it goes out now; None where it must not any more, which is kept with why."""
    one, made, offer, person = _one(session, key)
    if one.mail != "waiting":
        return None
    rule = _pointless(one, made)
    decision = contacting.still_may_contact(
        session,
        person.uid,
        PURPOSE,
        EMAIL,
        queued_at=one.queued_at or now(),
        viewer=viewer_of(session, one.queued_by_id) if one.queued_by_id else OPERATOR,
    )
    if rule or not decision or decision.consent is None:
        _stop(one, rule or decision.rule)
        session.flush()  # whoever looks next finds it so
        return None
    write = _thanks if one.is_thanks else _request
    subject, parts = write(session, one, made, offer)
    return _composed(session, one, made, person, decision.consent, subject, parts)


def sent(session: Session, key: int) -> None:
    """The server has taken it."""
    one, _, _, person = _one(session, key)
    one.mail, one.sent_at = "sent", now()
    if one.is_thanks:
        one.thanked_on, one.thanked_by = local_day(now()), EMAIL.value
    persons.contacted(session, person, local_day(now()))
    session.flush()  # nobody may take it again


def bounced(session: Session, key: int) -> None:
    """Nothing can be sent to their address: it is kept so, and nobody writes to it again before
    they agree anew. What they were asked so, they were not."""
    one, _, _, person = _one(session, key)
    if address := suppressions.address_for(person, EMAIL):
        kept = suppressions.hashed(session, address)
        suppressions.suppress(session, kept, SuppressionReason.BOUNCE, channel=EMAIL)
    _stop(one, "bounced")
    one.mail = "bounced"
    session.flush()  # whoever looks next finds it so


def _stop(one: HelpAsk, rule: str) -> None:
    one.mail, one.mail_why = "stopped", rule
    if not one.is_thanks and one.state == "asked":
        one.taken_back_at = one.taken_back_at or now()


def _pointless(one: HelpAsk, made: HelpRequest) -> str:
    """Why a message has become pointless since it was queued, if it has."""
    if one.taken_back_at is not None:
        return "taken_back"
    if one.is_thanks:
        return "" if one.used_on is not None else "taken_back"
    return "" if made.is_open(local_day(now())) else "over"


def _request(
    session: Session, one: HelpAsk, made: HelpRequest, offer: str
) -> tuple[str, list[str]]:
    day = f"{made.needed_on:%A %-d %B %Y}" if made.needed_on else ""
    where = ", ".join(part for part in (day, made.place) if part)
    link = f"{deployment.address(session)}/helping/{help_replies.token_of(session, one)}"
    return f"Can you help? {made.title}", [
        f"{made.team.name} looks for help: {made.title}.",
        made.words,
        where,
        f"We thought of you because of what you offered: “{offer}”.",
        f"Please say yes, perhaps or no by {made.answer_by:%-d %B} (you need no account):\n{link}",
    ]


def _thanks(session: Session, one: HelpAsk, made: HelpRequest, offer: str) -> tuple[str, list[str]]:
    return f"Thank you: {made.title}", [
        f"{made.team.name} thanks you for your help: {made.title}.",
        one.thanks,
        f"It is kept with what you offered, “{offer}”, that it was used.",
    ]


def _composed(  # what a message is made of
    session: Session,
    one: HelpAsk,
    made: HelpRequest,
    person: Person,
    agreed: Consent,
    subject: str,
    parts: list[str],
) -> Composed:
    root = deployment.address(session)
    whom = f" with {', '.join(agreed.controllers)}" if agreed.controllers else ""
    day = f"{local_day(agreed.given_at):%-d %B %Y}"
    every = [
        f"Dear {person.called},",
        *parts,
        f"Questions: {made.ask_who}, {made.ask_how}",
        f"{made.team.name} sent you this because you agreed on {day}{whom} to be written to about"
        f" what you do with us. To end that at once:\n"
        f"{root}/stop/{consents.link_token(session, agreed)}",
    ]
    return Composed(
        person.email,
        subject[:200],
        "\n\n".join(part for part in every if part) + "\n",
        consents.unsubscribe_headers(session, agreed, root),
        f"{one.uid}.{'thanks' if one.is_thanks else 'help'}",
    )


def _one(session: Session, key: int) -> tuple[HelpAsk, HelpRequest, str, Person]:
    query = (
        select(HelpAsk, HelpRequest, Entry.title, Person)
        .join(HelpRequest, HelpRequest.id == HelpAsk.request_id)
        .join(Entry, Entry.id == HelpAsk.offer_id)
        .join(Person, Person.id == HelpAsk.person_id)
        .where(HelpAsk.id == key)
        .options(joinedload(HelpRequest.team))
        .execution_options(populate_existing=True)
    )
    row = session.execute(query).one()
    return row[0], row[1], row[2], row[3]
