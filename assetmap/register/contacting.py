"""May somebody be contacted? The one place that decides it, for one person or for a whole list.

Do not contact beats all; then the list of suppressed addresses; then what the person agreed to,
and whether the ground is one that the law allows for this purpose by this channel. Each refusal
says why in words that name nobody, so that it can be shown and kept.
"""

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, case, exists, select
from sqlalchemy.orm import Session, contains_eager, joinedload

from assetmap.access import Viewer
from assetmap.db import now
from assetmap.models import Consent, Partner, Person, PersonRole, Suppression, Team
from assetmap.register import consents, person_access, suppressions, together
from assetmap.register.asker import Asker
from assetmap.vocabulary import ContactChannel, ContactPurpose, LawfulBasis

AT_ONCE = 500  # people asked about in one query
WORDS = {
    "unseen": "There is no such person, or they are not open to you.",
    "gone": "They have been taken out.",
    "restricted": "They asked that their details be left alone.",
    "do_not_contact": "They asked not to be contacted.",
    "age": "Only people of 18 and over are contacted.",
    "no_address": "There is no address or number for this.",
    "suppressed": "Nothing may be sent to this address.",
    "stopped_since": "They said stop after this was made ready.",
    "no_role": "They have no role anywhere, and no reason is kept why they are kept.",
    "none": "They have not agreed to this.",
    "withdrawn": "They have withdrawn what they agreed to.",
    "expired": "What they agreed to has run out. Ask them again.",
    "ground": "The lawful basis that is kept does not allow this.",
    "not_named": "They agreed to this with other bodies, not with yours.",
}


@dataclass(frozen=True)
class Decision:
    """Whether somebody may be contacted; if not, by which rule and why, in words.

    consent: the record it rests on, whose withdrawal link goes into the message.
    """

    allowed: bool
    rule: str = ""
    why: str = ""
    consent: Consent | None = None

    def __bool__(self) -> bool:
        return self.allowed


Ways = dict[tuple[ContactPurpose, ContactChannel], Decision]


@dataclass(frozen=True)
class _Known:
    """All that decisions about one person rest on.

    by_address: what is on the list about each of their normalised addresses, lifted or not.
    """

    person: Person
    has_role: bool
    rows: Sequence[Consent]
    by_address: Mapping[str, Sequence[Suppression]]
    bodies: frozenset[str] | None = None  # names of those that ask, where it is not their own team

    def about(self, purpose: ContactPurpose, channel: ContactChannel) -> list[Consent]:
        """What they agreed to and withdrew, of this."""
        way = (purpose, channel)
        return [row for row in self.rows if (row.purpose, row.channel) == way]

    def stops(self, purpose: ContactPurpose, channel: ContactChannel) -> list[Suppression]:
        """What is or was on the list that stops this; what stops all stops it at any address."""
        used = suppressions.address_for(self.person, channel)
        return [
            one
            for address, some in self.by_address.items()
            for one in some
            if suppressions.stops(one, purpose, channel)
            and (address == used or not (one.channel or one.purpose))
        ]


def may_contact(
    session: Session,
    person_uid: uuid.UUID,
    purpose: ContactPurpose,
    channel: ContactChannel,
    *,
    viewer: Viewer,
    on: datetime | None = None,
) -> Decision:
    """Whether this person may be contacted for this, this way.

    on: now, or an instant to come, by which a record may have run out. Whoever the viewer may not
    see is refused like somebody who is not there; partners who see somebody under an agreement
    may contact them only where their body was named when the person agreed.
    """
    wanted = [person_uid]
    return may_contact_all(session, wanted, purpose, channel, viewer=viewer, on=on)[person_uid]


def may_contact_all(
    session: Session,
    person_uids: Iterable[uuid.UUID],
    purpose: ContactPurpose,
    channel: ContactChannel,
    *,
    viewer: Viewer,
    on: datetime | None = None,
) -> dict[uuid.UUID, Decision]:
    """The same for many: three queries for every five hundred of them."""
    return _decide(session, person_uids, purpose, channel, viewer=viewer, at=on or now())


def still_may_contact(
    session: Session,
    person_uid: uuid.UUID,
    purpose: ContactPurpose,
    channel: ContactChannel,
    *,
    queued_at: datetime,
    viewer: Viewer,
    by: Asker | None = None,
) -> Decision:
    """Whether what was made ready at `queued_at` may be sent now. by: see `of_seen`.

    The sender asks for each message in a transaction of its own, just before it goes out. A stop
    or a withdrawal since then holds, also where the person has agreed anew meanwhile: what was
    written before is not what they agreed to.
    """
    wanted = [person_uid]
    found = _decide(
        session, wanted, purpose, channel, viewer=viewer, at=now(), queued_at=queued_at, by=by
    )
    return found[person_uid]


def by_any_channel(
    session: Session,
    person_uids: Iterable[uuid.UUID],
    purpose: ContactPurpose,
    *,
    viewer: Viewer,
    by: Asker | None = None,
) -> dict[uuid.UUID, dict[ContactChannel, Decision]]:
    """For many, whether they may be contacted for this, by each channel: as many queries as for
    one. Whoever the viewer may not see is left out. by: see `of_seen`."""
    wanted, at = list(dict.fromkeys(person_uids)), now()
    return {
        known.person.uid: {one: _one(known, purpose, one, at) for one in ContactChannel}
        for start in range(0, len(wanted), AT_ONCE)
        for known in _known(
            session, wanted[start : start + AT_ONCE], purpose, None, viewer=viewer, at=at, by=by
        )
    }


def of_seen(
    session: Session,
    seen: Iterable[tuple[Person, bool]],
    purpose: ContactPurpose,
    *,
    viewer: Viewer,
    by: Asker | None = None,
    beside: Sequence[together.Query] = (),
) -> tuple[dict[uuid.UUID, dict[ContactChannel, Decision]], list[list[tuple[Any, ...]]]]:
    """The same for people whom the viewer may see and who were read `with_bodies` just now, each
    with whether they have a role today. by: in whose name they would be contacted;
    without, in the viewer's bodies'. beside: what is asked along, with what that
    finds."""
    people, at = list(seen), now()
    known, found = _of_people(session, people, purpose, None, viewer=viewer, by=by, beside=beside)
    decided = {
        one.person.uid: {way: _one(one, purpose, way, at) for way in ContactChannel}
        for one in known
    }
    return decided, found


def with_bodies(query: Select[*tuple[Any, ...]]) -> Select[*tuple[Any, ...]]:
    """A query of people with what decisions need of their teams, as the database has it now."""
    eager = contains_eager(Person.team).options(joinedload(Team.partner))
    return query.join(Person.team).options(eager).execution_options(populate_existing=True)


def has_role(at: datetime) -> ColumnElement[int]:
    """Of people, whether they have a role at an instant: 1 or 0."""
    held = exists().where(PersonRole.person_id == Person.id, person_access.holds(at))
    return case((held, 1), else_=0)


def ways(
    session: Session, known: Iterable[tuple[Person, bool, Sequence[Consent]]]
) -> dict[int, Ways]:
    """By key of a person, every purpose and channel, for people who are being shown to their team.

    known: each with whether they have a role today and with all they agreed to and withdrew; their
    team and its body are loaded.
    """
    people = list(known)
    listed = _listed(session, [person for person, _, _ in people])
    at = now()
    return {
        person.id: {
            (purpose, channel): _one(about, purpose, channel, at)
            for purpose in ContactPurpose
            for channel in ContactChannel
        }
        for person, has_role, rows in people
        for about in (_Known(person, has_role, rows, listed[person.id]),)
    }


def _decide(
    session: Session,
    person_uids: Iterable[uuid.UUID],
    purpose: ContactPurpose,
    channel: ContactChannel,
    *,
    viewer: Viewer,
    at: datetime,
    queued_at: datetime | None = None,
    by: Asker | None = None,
) -> dict[uuid.UUID, Decision]:
    wanted = list(dict.fromkeys(person_uids))
    decided = {uid: _no("unseen") for uid in wanted}
    for start in range(0, len(wanted), AT_ONCE):
        some = wanted[start : start + AT_ONCE]
        for known in _known(session, some, purpose, channel, viewer=viewer, at=at, by=by):
            since = queued_at is not None and _stopped_since(known, purpose, channel, queued_at)
            decision = _one(known, purpose, channel, at)
            decided[known.person.uid] = _no("stopped_since") if decision and since else decision
    return decided


def _one(known: _Known, purpose: ContactPurpose, channel: ContactChannel, at: datetime) -> Decision:
    if (rule := _barred(known, purpose, channel)) is not None:
        return _no(rule)
    found = consents.standing(known.about(purpose, channel), at)
    if not found.is_current or found.row is None:
        return _no(found.state)
    basis = LawfulBasis(found.row.lawful_basis)
    if problem := consents.wrong_ground(basis, purpose, channel, known.person.team.partner):
        return Decision(allowed=False, rule="ground", why=problem)
    if known.bodies is not None and not known.bodies & set(found.row.controllers):
        return _no("not_named")
    return Decision(allowed=True, consent=found.row)


def _barred(known: _Known, purpose: ContactPurpose, channel: ContactChannel) -> str | None:
    """The rule that stops it whatever was agreed, if one does; the strongest first."""
    person = known.person
    rules: Mapping[str, bool] = {
        "do_not_contact": person.do_not_contact,
        "gone": not person.is_live,
        "restricted": person.restricted_at is not None,
        "suppressed": any(one.lifted_at is None for one in known.stops(purpose, channel)),
        "age": not person.is_adult,
        "no_address": _lacks_address(person, channel),
        "no_role": not known.has_role and not person.no_role_reason,
    }
    return next((rule for rule, holds in rules.items() if holds), None)


def _lacks_address(person: Person, channel: ContactChannel) -> bool:
    by_address = {ContactChannel.EMAIL, ContactChannel.PHONE, ContactChannel.SMS}
    return channel in by_address and not suppressions.address_for(person, channel)


def _stopped_since(
    known: _Known, purpose: ContactPurpose, channel: ContactChannel, queued_at: datetime
) -> bool:
    """Whether they said stop since, by any way of saying it, lifted or not."""
    stopped = known.person.stopped_at
    rows = known.about(purpose, channel)
    ended = [row.given_at for row in rows if row.withdraws_id is not None]
    listed = [one.since for one in known.stops(purpose, channel)]
    said = [*ended, *listed, *([stopped] if stopped else [])]
    return any(one >= queued_at for one in said)


def _known(
    session: Session,
    person_uids: Sequence[uuid.UUID],
    purpose: ContactPurpose,
    channel: ContactChannel | None,
    *,
    viewer: Viewer,
    at: datetime,
    by: Asker | None = None,
) -> list[_Known]:
    """What is known of those whom the viewer may see, as the database has it now. channel: the
    one they would be contacted by; None for each."""
    query = select(Person, has_role(at))
    query = query.where(Person.uid.in_(person_uids), person_access.may_see(viewer))
    people = [(person, bool(held)) for person, held in session.execute(with_bodies(query))]
    return _of_people(session, people, purpose, channel, viewer=viewer, by=by)[0]


def _of_people(
    session: Session,
    people: Sequence[tuple[Person, bool]],
    purpose: ContactPurpose,
    channel: ContactChannel | None,
    *,
    viewer: Viewer,
    by: Asker | None = None,
    beside: Sequence[together.Query] = (),
) -> tuple[list[_Known], list[list[tuple[Any, ...]]]]:
    """The same of people who were read already, each with whether they have a role."""
    given = select(Consent).where(
        Consent.person_id.in_([person.id for person, _ in people]),
        Consent.purpose == purpose.value,
        *([] if channel is None else [Consent.channel == channel.value]),
    )
    hashes = _hashes(session, [person for person, _ in people])
    stops = select(Suppression).where(Suppression.address_hash.in_(sorted(hashes.values())))
    others = {
        person.id
        for person, _ in people
        if not (by.keeps(person) if by else person_access.is_of_team(viewer, person))
    }
    named = [_bodies(viewer)] if others and by is None else []
    agreed, stopped, *found = together.read(session, given, stops, *named, *beside)
    called = [body.name for (body,) in found.pop(0)] if named else [by.name] if by else []
    bodies = frozenset(called)
    rows: dict[int, list[Consent]] = {}
    for (row,) in agreed:
        rows.setdefault(row.person_id, []).append(row)
    kept: dict[str, list[Suppression]] = {}
    for (one,) in stopped:
        kept.setdefault(one.address_hash, []).append(one)
    listed = _by_address([person for person, _ in people], hashes, kept)
    known = [
        _Known(
            person,
            held,
            rows.get(person.id, []),
            listed[person.id],
            bodies if person.id in others else None,
        )
        for person, held in people
    ]
    return known, found


def _bodies(viewer: Viewer) -> together.Query:
    """The viewer's bodies, by whose names people agreed."""
    keys = [key for key in viewer.bodies if key is not None]
    return select(Partner).where(Partner.id.in_(keys))


def _listed(
    session: Session, people: Sequence[Person]
) -> dict[int, Mapping[str, Sequence[Suppression]]]:
    """By key of a person, what the list has about each of their addresses."""
    hashes = _hashes(session, people)
    return _by_address(people, hashes, suppressions.of(session, hashes.values()))


def _hashes(session: Session, people: Sequence[Person]) -> dict[str, str]:
    """Their addresses as the list keeps them."""
    return {
        address: suppressions.hashed(session, address)
        for person in people
        for address in suppressions.addresses_of(person)
    }


def _by_address(
    people: Sequence[Person],
    hashes: Mapping[str, str],
    kept: Mapping[str, Sequence[Suppression]],
) -> dict[int, Mapping[str, Sequence[Suppression]]]:
    return {
        person.id: {
            address: kept.get(hashes[address], ()) for address in suppressions.addresses_of(person)
        }
        for person in people
    }


def _no(rule: str) -> Decision:
    return Decision(allowed=False, rule=rule, why=WORDS[rule])
