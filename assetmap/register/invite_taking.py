"""Taking an invite list away: of each only what they agreed to be reached by, asked anew while the
file is written, and on the account before it leaves. Links to answer by leave with who may change
the list alone, for those who were asked by letter or text message."""

import uuid
from collections.abc import Callable, Container, Iterator, Mapping, Sequence
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
    deployment,
    invite_approving,
    invite_letters,
    invite_lists,
    invite_message,
    invite_people,
    invite_words,
    person_access,
    quota_files,
    reach,
    replies,
)
from assetmap.register.asker import Asker
from assetmap.register.invite_message import Told
from assetmap.register.invite_people import PURPOSE, Built, Row, Ways
from assetmap.register.weighing import Taking
from assetmap.schemas.invite_lists import InviteFile
from assetmap.vocabulary import AuditAction, ContactChannel

AT_ONCE = 200  # people who are asked about anew together
NO_EVENT = "This list is for no event, so there is nothing to write. Build one from an event."
EMAIL, PHONE, SMS = ContactChannel.EMAIL, ContactChannel.PHONE, ContactChannel.SMS
POST, IN_PERSON = ContactChannel.POST, ContactChannel.IN_PERSON
ADDRESSED = ("group", "address", "postcode")
TOLD = ("event", "when", "where", "words", "aims", "influence", "changes", "ask")
COLUMNS: Mapping[ContactChannel | None, tuple[str, ...]] = {
    None: (
        *("uid", "name", "role", "group", "why", "email", "ring", "text", "by_post", "in_person"),
        *("liked_best", "language", "agreed"),
    ),
    EMAIL: ("uid", "name", "role", "group", "email", "language", "agreed"),
    PHONE: ("uid", "name", "role", "group", "ring", "language", "agreed"),
    SMS: ("number", "text_to_send", "name"),
    POST: ("uid", "name", "role", *ADDRESSED, *TOLD, "reply_link", "language", "agreed"),
    IN_PERSON: ("uid", "name", "role", *ADDRESSED, "language", "agreed"),
}


def columns(wanted: InviteFile) -> Sequence[str]:
    """Those of a file. Of a pool: an id, and yes or no for each section."""
    if wanted.shape == "pool":
        return "id", *quota_files.features().values()
    return COLUMNS[wanted.by]


@dataclass(frozen=True)
class Chosen:
    """Somebody who goes into a file, as far as that is known before it is written."""

    uids: Sequence[uuid.UUID]  # kept under, the first of them the one that counts
    through: Sequence[tuple[int, str, str, str]]  # key and name of a group, role, why
    agreement_id: int | None
    counts_for: frozenset[reach.Section]
    asked_id: int | None = None  # of an invitation with a link of its own
    is_untold: bool = False  # of a place that they have moved up to


def choose(
    session: Session, made: InviteList, wanted: InviteFile, *, viewer: Viewer
) -> list[Chosen]:
    """Whom a file of a list holds, for who has found it. Raises NotFound for what is written to
    those who are invited where the list is for no event."""
    if wanted.by in (SMS, POST) and made.engagement is None:
        raise NotFound(NO_EVENT)
    built = invite_lists.build(session, made, viewer=viewer)
    rows = going(made, built, wanted)
    event = made.engagement
    untold = replies.untold(session, event) if event and wanted.who == "asked" else set()
    return [_chosen(row, wanted, untold) for row in rows]


def going(made: InviteList, built: Built, wanted: InviteFile) -> list[Row]:
    """Whom a file of what a list comes to holds."""
    if wanted.who == "asked" and wanted.by in replies.TYPED:
        return invite_letters.asked_by(made, built, wanted.by)
    rows = built.rows if wanted.who == "open" else built.asked
    return [row for row in rows if row.ways and (not wanted.by or wanted.by in row.ways)]


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
    event, list_uid = made.engagement, made.uid
    words = invite_approving.words(session, made, made.words)
    by = Asker.of(made.team)
    told = invite_message.of(session, event, viewer=viewer) if event else None
    has_links = any(one.asked_id for one in chosen)
    has_links = has_links and wanted.shape != "pool" and invite_lists.may_change(viewer, made)
    for start in range(0, max(len(chosen), 1), AT_ONCE):
        if start:
            session.expunge_all()
            read_anew(session)  # else what somebody ends meanwhile would go on
        part = chosen[start : start + AT_ONCE]
        seen_by = access.still_as(session, viewer)
        links = _links(session, list_uid, part, viewer=seen_by) if has_links else {}
        found = [
            (
                one,
                person,
                row | (_said(told, words, links.get(one.asked_id or 0, "")) if told else {}),
            )
            for one, person, row in _part(session, part, wanted, by, viewer=seen_by)
        ]
        for agreement in sorted({one.agreement_id or 0 for one, _, _ in found}) or [0]:
            audit.note(
                session,
                AuditAction.EXPORTED,
                viewer=viewer,
                entity="person",
                entries=[who for one, who, _ in found if (one.agreement_id or 0) == agreement],
                fields=["groups"]
                if wanted.shape == "pool"
                else ["contact", "name", "role", *(["reply_link"] if has_links else [])],
                purpose=purpose,
                agreement_id=agreement or None,
                channel=channel,
                teams=() if found else viewer.roles,
                details={"kind": "contact", "list": str(list_uid), "by": wanted.by or "any"}
                | ({"shape": wanted.shape} if wanted.shape == "pool" else {}),
            )
        audit.before_it_leaves(session)
        seal()
        yield from (row for _, _, row in found)


def _part(
    session: Session,
    part: Sequence[Chosen],
    wanted: InviteFile,
    by: Asker,
    *,
    viewer: Viewer,
) -> Iterator[tuple[Chosen, Person, dict[str, object]]]:
    every = [uid for one in part for uid in one.uids]
    decided = contacting.by_any_channel(session, every, PURPOSE, viewer=viewer, by=by)
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
        if wanted.shape == "pool":
            yield one, person, _drawn_from(one, person)
            continue
        at = next((groups[key] for key, *_ in one.through if key in groups), None)
        yield one, person, _row(one, person, ways, at)


def _drawn_from(one: Chosen, person: Person) -> dict[str, object]:
    """Somebody as a tool for drawing panels takes them: no name, no address."""
    features = quota_files.features().items()
    return {"id": str(person.uid)} | {name: key in one.counts_for for key, name in features}


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
        "has_place": one.is_untold,
        "liked_best": person.preferred_channel if person.preferred_channel in ways else "",
        "language": person.language,
        "given_on": local_day(ways[POST].given_at) if POST in ways else None,
        "given_with": list(ways[POST].controllers) if POST in ways else [],
        "agreed": [
            f"{channel.value}: {given.lawful_basis}, {local_day(given.given_at).isoformat()}"
            for channel, given in ways.items()
        ],
    }


def _said(told: Told, words: str, link: str) -> dict[str, object]:
    """What those who are invited are told, each with their link, if it may leave."""
    return {
        "event": told.title,
        "when": told.when,
        "where": told.where,
        "words": words,
        "aims": told.aims,
        "influence": told.influence,
        "changes": told.changes,
        "ask": told.ask,
        "text_to_send": told.text(link),
        "reply_link": link,
    }


def _links(
    session: Session, list_uid: uuid.UUID, part: Sequence[Chosen], *, viewer: Viewer
) -> dict[int, str]:
    made = invite_lists.find(session, list_uid, viewer=viewer)
    keys = [one.asked_id for one in part if one.asked_id]
    secrets = invite_letters.links(session, made, keys, viewer=viewer)
    root = deployment.address(session)
    return {key: f"{root}/reply/{token}" for key, token in secrets.items()}


def _groups(session: Session, part: Sequence[Chosen], *, viewer: Viewer) -> Mapping[int, Entry]:
    """The first groups of each, with the address they are known by."""
    keys = sorted({key for one in part for key, *_ in one.through[:1]})
    query = select(Entry).where(Entry.id.in_(keys), access.visible_entries(viewer))
    return {entry.id: entry for entry in session.scalars(query)} if keys else {}


def _chosen(row: Row, wanted: InviteFile, untold: Container[int]) -> Chosen:
    return Chosen(
        [person.uid for person in row.people],
        [
            (
                way.group.id,
                way.group.title,
                way.title,
                invite_words.why(way.group.reasons),
            )
            for way in row.through
        ],
        row.agreement_id,
        reach.of(tag for way in row.through for tag in way.group.reach),
        row.asked.id
        if row.asked and wanted.who == "asked" and wanted.by in replies.TYPED
        else None,
        bool(row.asked and row.asked.id in untold),
    )
