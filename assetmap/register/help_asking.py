"""Asking those who made offers for help, and keeping what came of it: answers that somebody of the
team took, what was used, and who was thanked."""

import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import and_, select
from sqlalchemy.orm import Session

from assetmap import access, spatial
from assetmap.access import Viewer
from assetmap.db import local_day, now
from assetmap.errors import Conflict, Invalid, NotFound
from assetmap.models import Entry, HelpAsk, HelpRequest, Offer, Person
from assetmap.register import (
    audit,
    help_finding,
    help_replies,
    help_requests,
    links,
    person_access,
    persons,
    search,
    text_hygiene,
)
from assetmap.register.help_finding import Choice
from assetmap.register.invite_people import Row
from assetmap.schemas.help_requests import AskDraft, HelpAnswerTaken, ThanksDraft, UseDraft
from assetmap.vocabulary import AuditAction, ContactChannel, Kind, Relation

EMAIL = ContactChannel.EMAIL
CLOSED = "This request is closed, or its day has passed. Open it again, or change its days first."
MOST = 500
NOT_ASKED = "It is not kept here that they were asked."
_ANSWERED = (Kind.ENGAGEMENT.value, Kind.FINDING.value)  # what an offer can be said to answer


@dataclass(frozen=True)
class Asked:
    """An offer that was asked, and whom, as far as the viewer may know of both. whom: "" where it
    was the group itself, or somebody the viewer may not know of (`is_hidden`)."""

    ask: HelpAsk
    offer: Offer | None
    person: Person | None = None
    agreement_id: int | None = None

    @property
    def is_hidden(self) -> bool:
        """Whether somebody was asked whom the viewer may not know of."""
        return self.ask.person_id is not None and self.person is None


def of(session: Session, made: HelpRequest, *, viewer: Viewer) -> Sequence[Asked]:
    """Whom a request was sent to, for who has found it; those that were taken back are not among
    them, unless a message of theirs was stopped. Whoever shows it calls `note_read`."""
    seen_offer = and_(Offer.id == HelpAsk.offer_id, access.visible_entries(viewer))
    seen_person = and_(Person.id == HelpAsk.person_id, person_access.visible_people(viewer))
    rows = session.execute(
        select(HelpAsk, Offer, Person, person_access.agreement_used(viewer))
        .select_from(HelpAsk)
        .outerjoin(Offer, seen_offer)
        .outerjoin(Person, seen_person)
        .where(HelpAsk.request_id == made.id)
        .order_by(HelpAsk.id)
        .limit(MOST)
    )
    found = [Asked(*row) for row in rows]
    return [one for one in found if one.ask.taken_back_at is None or one.ask.mail_why]


def note_read(session: Session, rows: Sequence[Asked], *, viewer: Viewer) -> None:
    """Keep account of people whose answers are shown."""
    for agreement in sorted({one.agreement_id or 0 for one in rows if one.person}):
        people = [one.person for one in rows if one.person and (one.agreement_id or 0) == agreement]
        audit.note(
            session,
            AuditAction.READ,
            viewer=viewer,
            entity="person",
            entries=people,
            fields=["name", "help"],
            agreement_id=agreement or None,
            details={"kind": "contact"},
        )


def ask(
    session: Session, made: HelpRequest, draft: AskDraft, *, viewer: Viewer
) -> Sequence[HelpAsk]:
    """Ask whoever gives these offers, or keep that somebody did; gives those that had not been
    asked. Sent twice it asks nobody twice. Raises NotAllowed, Conflict for a request that is
    closed, Invalid for "offers"."""
    help_requests.require_change(made, viewer=viewer)
    if not made.is_open(local_day(now())):
        raise Conflict(CLOSED)
    spatial.lock_for_writing(session, f"help request {made.uid}")
    choices = _choices(session, made, draft.offers, viewer=viewer)
    used = set(_people_asked(session, made))
    kept = []
    for choice in (one for one in choices if one.asked is None):
        row = _whom(choice, draft.by, used)
        if row is not None:
            used |= {one.id for one in row.people}
        kept.append(_ask(made, choice, row, draft.by, viewer))
        if row is not None and draft.by != EMAIL:
            persons.contacted(session, row.person, local_day(now()))
    session.add_all(kept)
    session.flush()  # their keys are in the links, and whoever looks next finds them asked
    for one in kept:
        if draft.by == EMAIL:
            help_replies.give_link(session, one)
            help_replies.queue(one, viewer=viewer)
    _note_asked(session, [one for one in choices if one.asked is None], viewer=viewer)
    session.flush()  # whoever takes the mail along next finds it
    return kept


def take_back(session: Session, made: HelpRequest, uid: uuid.UUID, *, viewer: Viewer) -> HelpAsk:
    """They were not asked after all: it counts no more, a message that waits does not go, and
    their link takes no answer. Raises NotAllowed, NotFound, Conflict where the help was used."""
    found = one(session, made, uid, viewer=viewer)
    if found.used_on is not None:
        raise Conflict("It was used, so it was asked. Take the use back first.")
    found.taken_back_at = now()
    if found.mail == "waiting":
        found.mail, found.mail_why = "stopped", "taken_back"
    _note(session, made, ["taken_back_at"], viewer=viewer)
    session.flush()  # it counts in what is shown next
    return found


def answer(
    session: Session, made: HelpRequest, uid: uuid.UUID, draft: HelpAnswerTaken, *, viewer: Viewer
) -> HelpAsk:
    """Keep an answer that came by phone or otherwise. Raises NotAllowed, NotFound, Invalid,
    Conflict where it was used and they would now have said no."""
    found = one(session, made, uid, viewer=viewer)
    text_hygiene.refuse("words", draft.words)
    help_replies.keep(found, draft, by=draft.by.value, kept_by=viewer.user_id)
    _note(session, made, ["answer"], viewer=viewer)
    session.flush()  # it is read anew by what comes next
    return found


def use(
    session: Session, made: HelpRequest, uid: uuid.UUID, draft: UseDraft, *, viewer: Viewer
) -> HelpAsk:
    """Keep on the offer that it was used, or that it was not; the offer is then linked as
    answering the event or finding it was for. Raises NotAllowed, NotFound, Invalid for "used_on"
    and "words", Conflict where they said no."""
    found = one(session, made, uid, viewer=viewer)
    text_hygiene.refuse("words", draft.words)
    if draft.used_on is not None and draft.used_on > local_day(now()):
        raise Invalid.field("used_on", "This day has not come yet.")
    if draft.used_on is not None and found.state == "declined":
        raise Conflict("They said no. Keep what they say now first.")
    if draft.used_on is None and found.thanked_on is not None:
        raise Conflict("They have been thanked for it.")
    found.used_on, found.quantity, found.used_words = draft.used_on, None, ""
    if draft.used_on is not None:
        found.quantity, found.used_words = draft.quantity, draft.words
        _tie(session, made, found, viewer=viewer)
    _note(session, made, ["used_on"], viewer=viewer)
    session.flush()  # it counts in what is shown next
    return found


def thank(
    session: Session, made: HelpRequest, uid: uuid.UUID, draft: ThanksDraft, *, viewer: Viewer
) -> HelpAsk:
    """Thank them: by e-mail, which is sent where they still agree to it, or keep that somebody has.
    Once is enough. Raises NotAllowed, NotFound, Invalid, Conflict before anything was used."""
    found = one(session, made, uid, viewer=viewer)
    text_hygiene.refuse("words", draft.words)
    if found.used_on is None:
        raise Conflict("Keep first that it was used.")
    if found.thanked_on is not None or (found.mail == "waiting" and found.is_thanks):
        return found
    if found.mail == "waiting":
        raise Conflict("The message that asks them still waits for the mail server.")
    found.thanks = draft.words
    if draft.by == EMAIL:
        if found.person_id is None:
            raise Invalid.field("by", "The group itself was asked: thank it by phone or in person.")
        help_replies.queue(found, viewer=viewer, is_thanks=True)
    else:
        found.thanked_on, found.thanked_by = local_day(now()), draft.by.value
    _note(session, made, ["thanked_on"], viewer=viewer)
    session.flush()  # whoever takes the mail along next finds it
    return found


def one(session: Session, made: HelpRequest, uid: uuid.UUID, *, viewer: Viewer) -> HelpAsk:
    """One that was asked, to be changed, with its row to oneself. Raises NotAllowed, NotFound."""
    help_requests.require_change(made, viewer=viewer)
    spatial.lock_for_writing(session, f"help request {made.uid}")
    found = session.scalar(
        select(HelpAsk)
        .where(HelpAsk.uid == uid, HelpAsk.request_id == made.id, HelpAsk.taken_back_at.is_(None))
        .execution_options(populate_existing=True)
    )
    if found is None:
        raise NotFound(NOT_ASKED)
    return found


def _choices(
    session: Session, made: HelpRequest, uids: Collection[uuid.UUID], *, viewer: Viewer
) -> Sequence[Choice]:
    """The offers that were ticked, as they stand now."""
    keys = session.execute(
        select(Entry.id, Entry.uid).where(
            Entry.uid.in_(uids),
            Entry.kind == Kind.OFFER.value,
            access.visible_entries(viewer),
        )
    ).all()
    if len(keys) < len(set(uids)):
        raise Invalid.field("offers", "One that was ticked is not on the register any more.")
    hits = search.load(session, [key for key, _ in sorted(keys)], viewer=viewer)
    choices = help_finding.with_people(session, made, hits, viewer=viewer)
    for choice in choices:
        title = choice.hit.entry.title
        if not help_finding.is_askable(choice.hit.entry):
            raise Invalid.field("offers", f"“{title}” is not on offer any more.")
        if choice.asked is None and choice.rests_until is not None:
            day = f"{local_day(choice.rests_until):%-d %B}"
            raise Invalid.field("offers", f"“{title}” was asked often enough: not before {day}.")
    return choices


def _people_asked(session: Session, made: HelpRequest) -> Sequence[int]:
    query = select(HelpAsk.person_id).where(
        HelpAsk.request_id == made.id,
        HelpAsk.taken_back_at.is_(None),
        HelpAsk.person_id.is_not(None),
    )
    return [key for key in session.scalars(query) if key is not None]


def _whom(choice: Choice, by: ContactChannel, used: Collection[int]) -> Row | None:
    """Who is asked for an offer by this way; none: the group itself. Raises Invalid for "offers"
    where nobody may be, or the only one who may is asked by this request already."""
    title = choice.hit.entry.title
    ways = [row for row in choice.people if by in row.ways]
    free = [row for row in ways if not any(one.id in used for one in row.people)]
    if free:
        return min(free, key=lambda row: row.best != by)
    if ways:
        raise Invalid.field(
            "offers",
            f"“{title}” is answered by somebody who is asked for another offer already. Tick one of"
            " them, and say in your words that the other would help as well.",
        )
    if by in help_finding.OF_THE_GROUP:
        return None
    how = "by e-mail" if by == EMAIL else "by text message"
    raise Invalid.field(
        "offers", f"Nobody has agreed to be asked {how} for “{title}”. Ring them, or leave it out."
    )


def _ask(
    made: HelpRequest, choice: Choice, row: Row | None, by: ContactChannel, viewer: Viewer
) -> HelpAsk:
    return HelpAsk(
        request_id=made.id,
        offer_id=choice.hit.entry.id,
        person_id=row.person.id if row else None,
        channel=by.value,
        state="asked",
        asked_by_id=viewer.user_id,
    )


def _tie(session: Session, made: HelpRequest, found: HelpAsk, *, viewer: Viewer) -> None:
    """Link the offer as answering what it was for, where the viewer keeps one of the two."""
    need = made.need
    offer = session.scalar(
        select(Entry).where(Entry.id == found.offer_id, access.visible_entries(viewer))
    )
    if need is None or offer is None or need.kind not in _ANSWERED or not need.is_live:
        return
    if access.may_add_to(viewer, need.team_id) or access.may_add_to(viewer, offer.team_id):
        links.link(session, offer, Relation.ANSWERS, need, viewer=viewer)


def _note_asked(session: Session, choices: Sequence[Choice], *, viewer: Viewer) -> None:
    for choice in choices:
        audit.note(
            session,
            AuditAction.ASKED_HELP,
            viewer=viewer,
            entries=[choice.hit.entry],
            agreement_id=None,
            details={"kind": Kind.OFFER.value},
        )


def _note(session: Session, made: HelpRequest, fields: Sequence[str], *, viewer: Viewer) -> None:
    help_requests.note(session, AuditAction.CHANGED, made, viewer=viewer, fields=fields)
