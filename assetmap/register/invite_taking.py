"""Taking an invite list away: of each only what they agreed to be reached by, asked anew while the
file is written, and on the account before it leaves."""

import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from assetmap import access
from assetmap.access import Viewer
from assetmap.connections import read_anew
from assetmap.db import local_day
from assetmap.errors import NotFound
from assetmap.models import Entry, InviteList, Person
from assetmap.register import (
    audit,
    classification,
    contacting,
    invite_lists,
    invite_message,
    invite_people,
    invite_words,
    person_access,
)
from assetmap.register.invite_people import PURPOSE, Row, Ways
from assetmap.register.weighing import Taking
from assetmap.schemas.invite_lists import InviteFile
from assetmap.vocabulary import AuditAction, ContactChannel

AT_ONCE = 200  # people who are asked about anew together
NO_EVENT = "This list is for no event, so there is nothing to write. Build one from an event."
EMAIL, PHONE, SMS = ContactChannel.EMAIL, ContactChannel.PHONE, ContactChannel.SMS
POST, IN_PERSON = ContactChannel.POST, ContactChannel.IN_PERSON
ADDRESSED = ("group", "address", "postcode")
TOLD = ("event", "when", "where", "aims", "influence", "ask")
COLUMNS: Mapping[ContactChannel | None, tuple[str, ...]] = {
    None: (
        *("uid", "name", "role", "group", "why", "email", "ring", "text", "by_post", "in_person"),
        *("liked_best", "language", "agreed"),
    ),
    EMAIL: ("uid", "name", "role", "group", "email", "language", "agreed"),
    PHONE: ("uid", "name", "role", "group", "ring", "language", "agreed"),
    SMS: ("number", "text_to_send", "name"),
    POST: ("uid", "name", "role", *ADDRESSED, *TOLD, "language", "agreed"),
    IN_PERSON: ("uid", "name", "role", *ADDRESSED, "language", "agreed"),
}


@dataclass(frozen=True)
class Chosen:
    """Somebody who goes into a file, as far as that is known before it is written."""

    uids: Sequence[uuid.UUID]  # kept under, the first of them the one that counts
    through: Sequence[tuple[int, str, str, str]]  # key and name of a group, role, why
    agreement_id: int | None


def choose(
    session: Session, made: InviteList, wanted: InviteFile, *, viewer: Viewer
) -> list[Chosen]:
    """Whom a file of a list holds, for who has found it. Raises NotFound for what is written to
    those who are invited where the list is for no event."""
    if wanted.by in (SMS, POST) and made.engagement is None:
        raise NotFound(NO_EVENT)
    built = invite_lists.build(session, made, viewer=viewer)
    rows = built.rows if wanted.who == "open" else built.asked
    return [_chosen(row) for row in rows if row.ways and (not wanted.by or wanted.by in row.ways)]


def weigh(session: Session, chosen: Sequence[Chosen]) -> Taking:
    """What a file of them would take away."""
    return Taking(chosen, len(chosen), classification.highest(session, []))


def rows(
    session: Session,
    made: InviteList,
    chosen: Sequence[Chosen],
    wanted: InviteFile,
    *,
    viewer: Viewer,
    purpose: str,
    channel: str,
    seal: Callable[[], None],
) -> Iterator[dict[str, object]]:
    """A row for each of them, as `COLUMNS` has them, without whoever may not be asked any more.

    channel: how it leaves. seal: makes what was noted of a part last. Raises NotAllowed where the
    viewer may see other things by now than when it began.
    """
    told = _told(session, made, viewer=viewer)
    list_uid = made.uid
    for start in range(0, max(len(chosen), 1), AT_ONCE):
        if start:
            session.expunge_all()
            read_anew(session)  # else what somebody ends meanwhile would go on
        part = chosen[start : start + AT_ONCE]
        seen_by = access.still_as(session, viewer)
        found = list(_part(session, part, wanted, told, viewer=seen_by))
        for agreement in sorted({one.agreement_id or 0 for one, _, _ in found}) or [0]:
            audit.note(
                session,
                AuditAction.EXPORTED,
                viewer=viewer,
                entity="person",
                entries=[who for one, who, _ in found if (one.agreement_id or 0) == agreement],
                fields=["contact", "name", "role"],
                purpose=purpose,
                agreement_id=agreement or None,
                channel=channel,
                teams=() if found else viewer.roles,
                details={"kind": "contact", "list": str(list_uid), "by": wanted.by or "any"},
            )
        audit.before_it_leaves(session)
        seal()
        yield from (row for _, _, row in found)


def _part(
    session: Session,
    part: Sequence[Chosen],
    wanted: InviteFile,
    told: dict[str, object],
    *,
    viewer: Viewer,
) -> Iterator[tuple[Chosen, Person, dict[str, object]]]:
    every = [uid for one in part for uid in one.uids]
    decided = contacting.by_any_channel(session, every, PURPOSE, viewer=viewer)
    seen = person_access.visible_people(viewer)
    people = {
        one.uid: one for one in session.scalars(select(Person).where(Person.uid.in_(every), seen))
    }
    groups = _groups(session, part, viewer=viewer)
    for one in part:
        person = people.get(one.uids[0])
        ways = invite_people.still(one.uids, decided)
        if person is None or not ways or (wanted.by and wanted.by not in ways):
            continue
        at = next((groups[key] for key, *_ in one.through if key in groups), None)
        yield one, person, _row(one, person, ways, at) | told


def _row(one: Chosen, person: Person, ways: Ways, at: Entry | None) -> dict[str, object]:
    by_phone = person.phone if PHONE in ways else ""
    by_text = person.phone if SMS in ways else ""
    return {
        "uid": str(person.uid),
        "name": person.called,
        "role": [role for _, _, role, _ in one.through],
        "group": [group for _, group, _, _ in one.through],
        "why": [f"{group}: {why}" for _, group, _, why in one.through if why],
        "email": person.email if EMAIL in ways else "",
        "ring": by_phone,
        "text": by_text,
        "number": by_text,
        "by_post": POST in ways,
        "in_person": IN_PERSON in ways,
        "address": at.shown_address if at else "",
        "postcode": (at.shown_postcode or "") if at else "",
        "liked_best": person.preferred_channel if person.preferred_channel in ways else "",
        "language": person.language,
        "agreed": [
            f"{channel.value}: {given.lawful_basis}, {local_day(given.given_at).isoformat()}"
            for channel, given in ways.items()
        ],
    }


def _told(session: Session, made: InviteList, *, viewer: Viewer) -> dict[str, object]:
    if made.engagement is None:
        return {}
    told = invite_message.of(session, made.engagement, viewer=viewer)
    return {
        "event": told.title,
        "when": told.when,
        "where": told.where,
        "aims": told.aims,
        "influence": told.influence,
        "ask": told.ask,
        "text_to_send": told.text,
    }


def _groups(session: Session, part: Sequence[Chosen], *, viewer: Viewer) -> Mapping[int, Entry]:
    """The first groups of each, with the address they are known by."""
    keys = sorted({key for one in part for key, *_ in one.through[:1]})
    query = select(Entry).where(Entry.id.in_(keys), access.visible_entries(viewer))
    return {entry.id: entry for entry in session.scalars(query)} if keys else {}


def _chosen(row: Row) -> Chosen:
    return Chosen(
        [person.uid for person in row.people],
        [
            (
                way.group.id,
                way.group.title,
                way.title,
                ", ".join(map(invite_words.because, way.group.reasons)),
            )
            for way in row.through
        ],
        row.agreement_id,
    )
