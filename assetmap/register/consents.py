"""What people agreed to: keeping it, and ending it in one press, at once and everywhere.

Nothing is ever changed: a withdrawal is a row of its own. Whether somebody may be contacted is
decided in `contacting` alone, from these rows and from `suppressions`.
"""

import base64
import hashlib
import hmac
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from assetmap import spatial
from assetmap.access import PUBLIC, Viewer
from assetmap.db import local_day, now
from assetmap.errors import Conflict, Invalid, NotFound
from assetmap.models import Consent, Partner, Person, Team
from assetmap.register import audit, deployment, notices, persons, suppressions
from assetmap.register.agreements import NOT_FOR_PUBLIC_BODIES, PUBLIC_BODIES
from assetmap.schemas.persons import LONGEST, MONTHS, ConsentDraft, months_later
from assetmap.settings import LOCAL
from assetmap.vocabulary import (
    AuditAction,
    ConsentMethod,
    ContactChannel,
    ContactPurpose,
    GivenBy,
    LawfulBasis,
    SuppressionReason,
)

ELECTRONIC = frozenset({ContactChannel.EMAIL, ContactChannel.SMS})
NO_SUCH_LINK = "This link is not one of ours, or is not whole. Copy all of it from the message."
NOT_FOR_PUBLIC = "A public body cannot rest its own tasks on legitimate interests."
NEEDS_CONSENT = "Promotion by e-mail or text message always needs their consent."
_SEAL_BYTES = 16


@dataclass(frozen=True)
class Standing:
    """What the rows of one person, purpose and channel come to at an instant.

    state: "current", "withdrawn", "expired" or "none". row: the one that counts, if any.
    """

    state: str
    row: Consent | None = None

    @property
    def is_current(self) -> bool:
        """Whether it lets them be contacted, as far as their agreement goes."""
        return self.state == "current"


def standing(rows: Iterable[Consent], at: datetime) -> Standing:
    """What rows of one person, purpose and channel come to. at: now, or an instant to come.

    A withdrawal ends the record it refers to, and all that was given no later than it, whatever
    the clock said. Of what is left the record that holds longest counts.
    """
    rows = list(rows)
    given = [row for row in rows if row.withdraws_id is None]
    ended = [row for row in rows if row.withdraws_id is not None]
    referred = {row.withdraws_id for row in ended}
    until = max((row.given_at for row in ended), default=None)
    left = [
        row for row in given if row.id not in referred and (until is None or row.given_at > until)
    ]
    begun = [row for row in left if row.given_at <= at]
    running = [row for row in begun if row.expires_at is None or row.expires_at > at]
    if running:
        forever = [row for row in running if row.expires_at is None]
        return Standing("current", forever[-1] if forever else max(running, key=_expiry))
    if begun:
        return Standing("expired", begun[-1])
    return Standing("withdrawn", given[-1] if given else None) if ended else Standing("none")


def of(session: Session, person: Person) -> Sequence[Consent]:
    """All rows of a person, oldest first, with who wrote them down."""
    return session.scalars(
        select(Consent)
        .where(Consent.person_id == person.id)
        .order_by(Consent.id)
        .options(joinedload(Consent.recorded_by))
    ).all()


def by_way(rows: Iterable[Consent]) -> dict[tuple[ContactPurpose, ContactChannel], list[Consent]]:
    """Rows of one person by what for and by which channel."""
    found: dict[tuple[ContactPurpose, ContactChannel], list[Consent]] = {}
    for row in rows:
        way = ContactPurpose(row.purpose), ContactChannel(row.channel)
        found.setdefault(way, []).append(row)
    return found


def give(
    session: Session, person: Person, draft: ConsentDraft, *, viewer: Viewer
) -> Sequence[Consent]:
    """Keep what somebody agreed to: a row for each channel, with the text they were shown.

    Raises NotAllowed, Conflict for somebody who is not to be contacted, Invalid for a ground that
    the law does not allow here, for days that cannot be, and where they have withdrawn since.
    """
    persons.require_change(session, person, viewer=viewer)
    if person.do_not_contact:
        raise Conflict("They asked not to be contacted. A data officer lifts that, if they ask.")
    team = session.scalar(
        select(Team).where(Team.id == person.team_id).options(joinedload(Team.partner))
    )
    assert team is not None  # the database holds it
    for channel in draft.channels:
        if problem := wrong_ground(draft.lawful_basis, draft.purpose, channel, team.partner):
            raise Invalid.field("lawful_basis", problem)
    given_at, expires_at = _days(draft)
    told = notices.find(session, draft.purpose, draft.notice_version, person.language)
    ways = by_way(of(session, person))
    rows = []
    for channel in draft.channels:
        _refuse_when_withdrawn_since(ways.get((draft.purpose, channel), []), given_at)
        row = Consent(
            person_id=person.id,
            purpose=draft.purpose.value,
            channel=channel.value,
            lawful_basis=draft.lawful_basis.value,
            controllers=draft.controllers or [team.partner.name if team.partner else team.name],
            notice_version=told.version,
            notice_text=told.text,
            method=draft.method,
            given_by=draft.given_by.value,
            given_at=given_at,
            expires_at=expires_at,
            recorded_by_id=viewer.user_id,
        )
        session.add(row)
        rows.append(row)
        _lift(session, person, draft.purpose, channel, viewer=viewer)
        _note(session, AuditAction.CONSENT_GIVEN, person, draft.purpose, channel, viewer=viewer)
    if person.told_on is None and draft.given_by == GivenBy.SELF:
        person.told_on = local_day(given_at)  # the wording says who keeps their details, and why
    session.flush()  # what is decided next must find them
    return rows


def wrong_ground(
    basis: LawfulBasis, purpose: ContactPurpose, channel: ContactChannel, body: Partner | None
) -> str:
    """Why a ground cannot be used, in words; "" where it can. body: the team's, None for the
    body that keeps the register."""
    is_public = body is None or body.kind in PUBLIC_BODIES
    if is_public and basis in NOT_FOR_PUBLIC_BODIES:
        return NOT_FOR_PUBLIC
    electronic = purpose == ContactPurpose.PROMOTION and channel in ELECTRONIC
    return NEEDS_CONSENT if electronic and basis != LawfulBasis.CONSENT else ""


def withdraw(
    session: Session,
    person: Person,
    purpose: ContactPurpose,
    channel: ContactChannel,
    *,
    viewer: Viewer,
    method: ConsentMethod = ConsentMethod.VERBAL,
) -> int:
    """End all that is current for one purpose and channel, from this instant on; being shown to
    others has no channel, and ends as a whole.

    The address goes on the list of those that get nothing, for this purpose by this channel. Says
    how many records it ended; doing it again ends none. Raises NotAllowed.
    """
    persons.require_change(session, person, viewer=viewer, stopping=True)
    return _end_all(session, person, purpose, channel, method, viewer=viewer)


def link_token(session: Session, given: Consent) -> str:
    """What goes into the link of a message that was sent because of a record.

    It names nobody, works for as long as the record is kept, and only ends things.
    """
    return _text(given.uid.bytes + _seal(session, given.uid.bytes))


def unsubscribe_headers(session: Session, given: Consent, root: str) -> dict[str, str]:
    """Headers for a message sent because of a record, so that mail programs offer to end it
    (RFC 8058). root: where people reach the service, without a slash at the end."""
    return {
        "List-Unsubscribe": f"<{root}/stop/{link_token(session, given)}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    }


def of_link(session: Session, token: str) -> Consent:
    """The record that a link is about. Raises NotFound for a forged or broken one."""
    try:
        plain = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
    except ValueError as error:
        raise NotFound(NO_SUCH_LINK) from error
    named, seal = plain[:_SEAL_BYTES], plain[_SEAL_BYTES:]
    if not hmac.compare_digest(seal, _seal(session, named)) or _text(plain) != token:
        raise NotFound(NO_SUCH_LINK)
    row = session.scalar(select(Consent).where(Consent.uid == uuid.UUID(bytes=named)))
    if row is None:
        raise NotFound(NO_SUCH_LINK)
    return row


def withdraw_by_link(session: Session, token: str, *, by_every_way: bool = False) -> Consent:
    """End what the link is about, and whatever was agreed for the same purpose and channel since,
    or by any channel.

    Works signed out, and as often as it is pressed. Raises NotFound for a forged or broken link.
    """
    row = of_link(session, token)
    keys, key = [row.person_id], row.person_id
    while (
        into := session.scalar(select(Person.merged_into_id).where(Person.id == key))
    ) is not None:
        keys.append(into)
        key = into
    purpose = ContactPurpose(row.purpose)
    ways = tuple(ContactChannel) if by_every_way else (ContactChannel(row.channel),)
    for one in session.scalars(select(Person).where(Person.id.in_(keys)).order_by(Person.id)):
        for channel in ways:
            _end_all(session, one, purpose, channel, ConsentMethod.LINK, viewer=PUBLIC)
    return row


def end_on_merging(
    session: Session,
    person: Person,
    purpose: ContactPurpose,
    channel: ContactChannel,
    *,
    viewer: Viewer,
) -> int:
    """End what is current because the same person, kept twice, had said no: `person_merging`."""
    return _end(session, person, purpose, channel, ConsentMethod.MERGE, viewer=viewer)


def _end_all(
    session: Session,
    person: Person,
    purpose: ContactPurpose,
    channel: ContactChannel,
    method: ConsentMethod,
    *,
    viewer: Viewer,
) -> int:
    """End one way of reaching somebody; of showing them to others, every way: whoever is shown
    how to reach them is shown all of it."""
    ways = tuple(ContactChannel) if purpose == ContactPurpose.SHARING else (channel,)
    return sum(_end(session, person, purpose, one, method, viewer=viewer) for one in ways)


def _end(
    session: Session,
    person: Person,
    purpose: ContactPurpose,
    channel: ContactChannel,
    method: ConsentMethod,
    *,
    viewer: Viewer,
) -> int:
    spatial.lock_for_writing(session, f"person {person.uid}")
    at = now()
    rows = by_way(of(session, person)).get((purpose, channel), [])
    referred = {row.withdraws_id for row in rows}
    open_ = [row for row in rows if row.withdraws_id is None and row.id not in referred]
    for row in open_:
        session.add(
            Consent(
                person_id=person.id,
                purpose=row.purpose,
                channel=row.channel,
                withdraws_id=row.id,
                lawful_basis=row.lawful_basis,
                controllers=row.controllers,
                method=method.value,
                given_by=GivenBy.SELF.value,
                given_at=max(at, row.given_at),
                recorded_by_id=viewer.user_id,
            )
        )
    if open_:
        if address := suppressions.address_for(person, channel):
            hashed = suppressions.hashed(session, address)
            why = SuppressionReason.WITHDRAWN
            suppressions.suppress(session, hashed, why, channel=channel, purpose=purpose)
        _note(session, AuditAction.CONSENT_WITHDRAWN, person, purpose, channel, viewer=viewer)
    session.flush()  # what is decided next must find it
    return len(open_)


def _lift(
    session: Session,
    person: Person,
    purpose: ContactPurpose,
    channel: ContactChannel,
    *,
    viewer: Viewer,
) -> None:
    """Somebody who agrees anew may be reached again; only what their own withdrawal put there, or
    a message that came back."""
    if address := suppressions.address_for(person, channel):
        for reason, about in (
            (SuppressionReason.WITHDRAWN, purpose),
            (SuppressionReason.BOUNCE, None),
        ):
            suppressions.lift(
                session,
                [suppressions.hashed(session, address)],
                frozenset({reason}),
                viewer=viewer,
                channel=channel,
                purpose=about,
            )


def _days(draft: ConsentDraft) -> tuple[datetime, datetime]:
    """From when to when it holds. Raises Invalid for days that cannot be."""
    at = now()
    given_on = draft.given_on or local_day(at)
    if given_on > local_day(at):
        raise Invalid.field("given_on", "This day has not come yet.")
    expires_on = draft.expires_on or months_later(given_on, MONTHS)
    if expires_on <= local_day(at):
        raise Invalid.field("expires_on", "By this day it is over already. Ask them again.")
    if expires_on - given_on > LONGEST:
        raise Invalid.field("expires_on", "Five years at most; then ask them again.")
    given_at = at if given_on == local_day(at) else datetime.combine(given_on, time(), UTC)
    return given_at, datetime.combine(expires_on, time(), LOCAL)


def _refuse_when_withdrawn_since(rows: Iterable[Consent], given_at: datetime) -> None:
    ended = [row.given_at for row in rows if row.withdraws_id is not None]
    if ended and max(ended) >= given_at:
        raise Invalid.field("given_on", "They have said stop since then. Ask them again.")


def _expiry(row: Consent) -> datetime:
    assert row.expires_at is not None  # asked only of those that run out
    return row.expires_at


def _note(
    session: Session,
    action: AuditAction,
    person: Person,
    purpose: ContactPurpose,
    channel: ContactChannel,
    *,
    viewer: Viewer,
) -> None:
    audit.note(
        session,
        action,
        viewer=viewer,
        entity="person",
        uid=person.uid,
        teams=[person.team_id],
        fields=[f"{purpose.value} by {channel.value}"],
    )


def _seal(session: Session, named: bytes) -> bytes:
    key = b"withdrawal link:" + deployment.lasting_key(session).encode()
    return hmac.new(key, named, hashlib.sha256).digest()[:_SEAL_BYTES]


def _text(plain: bytes) -> str:
    return base64.urlsafe_b64encode(plain).decode().rstrip("=")
