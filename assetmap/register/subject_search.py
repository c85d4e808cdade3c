"""The one search for all that is held of somebody who asks, across every table and free text."""

import uuid
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, RowMapping, Table, delete, func, or_, select
from sqlalchemy.orm import Session

from assetmap.access import Viewer
from assetmap.db import local_day, now
from assetmap.models import (
    AuditEntry,
    AuditSubject,
    Consent,
    Entry,
    Membership,
    Partner,
    Person,
    PersonRole,
    SharingAgreement,
    SubjectHit,
    SubjectRequest,
    Team,
    User,
    UserSession,
)
from assetmap.models.subject_request import LONGEST_TEXT
from assetmap.register import (
    balancing,
    event_contacts,
    help_replies,
    invite_answers,
    subject_requests,
)
from assetmap.register.subject_places import SEARCHED, Place
from assetmap.register.subject_terms import Terms, readable
from assetmap.schemas.subject_requests import RequestStatus
from assetmap.vocabulary import AuditAction

AT_ONCE = 2000  # rows of one table in one query: it is read to its end, however many there are
ACCOUNT_OF = "audit"


def run(session: Session, request: SubjectRequest, *, viewer: Viewer) -> int:
    """Search everything and keep what was found. Says how much that was."""
    return keep(session, request, look(session, request), viewer=viewer)


def look(session: Session, request: SubjectRequest) -> Sequence[SubjectHit]:
    """Search everything; writes nothing. The request has been read by whoever may."""
    return list(_all(session, request, subject_requests.terms_of(request)))


def keep(
    session: Session, request: SubjectRequest, found: Sequence[SubjectHit], *, viewer: Viewer
) -> int:
    """Keep what was found, in place of what an earlier search found. Says how much that is.

    What was decided about something that is found again just as it was stays decided. The search
    goes on the account, whom it looked for does not.
    """
    before = {
        (hit.place, hit.number, hit.text): hit
        for hit in session.scalars(select(SubjectHit).where(SubjectHit.request_id == request.id))
    }
    for hit in found:
        if kept := before.get((hit.place, hit.number, hit.text)):
            hit.decision, hit.hidden, hit.why = kept.decision, kept.hidden, kept.why
            hit.decided_at, hit.decided_by_id = kept.decided_at, kept.decided_by_id
        hit.request_id = request.id
    session.execute(delete(SubjectHit).where(SubjectHit.request_id == request.id))
    session.add_all(found)
    request.searched_at = now()
    request.move_to(RequestStatus.REVIEW)
    request.version += 1
    request.updated_at = now()
    said = {"places": len(SEARCHED), "found": len(found)}
    subject_requests.note(session, AuditAction.SEARCHED, request, viewer=viewer, details=said)
    session.flush()  # so that a failure shows before success is told
    return len(found)


def _all(session: Session, request: SubjectRequest, terms: Terms) -> Iterator[SubjectHit]:
    whom: list[uuid.UUID] = []
    for place in SEARCHED:
        for rows in _rows(session, place, terms, request):
            refs = _refs(session, place, rows)
            for row in rows:
                for hit in _of_row(session, place, row, terms, refs):
                    if place.is_record and hit.uid is not None:
                        whom.append(hit.uid)
                    yield hit
    if account := _account_of(session, whom):
        yield account


def _rows(
    session: Session, place: Place, terms: Terms, request: SubjectRequest
) -> Iterator[Sequence[RowMapping]]:
    """Rows that may say something of them, so many at once: a short name is in many words, and
    what is theirs may be behind all of those."""
    table = place.table
    found = or_(*(terms.where(table.c[name]) for name in place.columns))
    extra = [table.c[name] for name in ("uid", place.entry) if name and name in table.c]
    query = select(
        place.key.label("number"), *{c.name: c for c in extra}.values(), *_texts(table, place)
    )
    if place.table_name == SubjectRequest.__tablename__:
        query = query.where(place.key != request.id)
    query, last = query.where(found).order_by(place.key).limit(AT_ONCE), -1
    while rows := session.execute(query.where(place.key > last)).mappings().all():
        yield rows
        last = rows[-1]["number"]


def _texts(table: Table, place: Place) -> list[Any]:
    return [table.c[name].label(f"text_{name}") for name in place.columns]


def _of_row(
    session: Session,
    place: Place,
    row: RowMapping,
    terms: Terms,
    refs: dict[int, tuple[str, str]],
) -> Iterator[SubjectHit]:
    """A hit for each column that says something of them; one for a record about them."""
    texts = {name: readable(row[f"text_{name}"]) for name in place.columns}
    told = {name: text for name, text in texts.items() if terms.spans(text)}
    ref, url = refs.get(row["number"], ("", ""))
    uid = row.get("uid")
    if place.is_record and told:
        text, url = _record(session, place, row["number"])
        yield _hit(place.table_name, row["number"], uid, "", url, text, terms)
        return
    for name, text in told.items():
        yield _hit(f"{place.table_name}.{name}", row["number"], uid, ref, url, text, terms)


def _hit(
    where: str, number: int, uid: uuid.UUID | None, ref: str, url: str, text: str, terms: Terms
) -> SubjectHit:
    text = text[:LONGEST_TEXT]
    spans = [list(span) for span in terms.spans(text)]
    return SubjectHit(
        place=where, number=number, uid=uid, ref=ref, url=url, text=text, spans=spans, hidden=[]
    )


def _refs(session: Session, place: Place, rows: Sequence[RowMapping]) -> dict[int, tuple[str, str]]:
    """For rows that belong to an entry, its reference and where its page is."""
    if not place.entry or not rows:
        return {}
    column = "number" if place.entry == place.key.name else place.entry
    keys = {row[column] for row in rows}
    entries: dict[int, Entry] = {}
    ordered = sorted(keys)
    for start in range(0, len(ordered), 500):
        part = select(Entry).where(Entry.id.in_(ordered[start : start + 500]))
        entries |= {entry.id: entry for entry in session.scalars(part)}
    return {
        row["number"]: (entries[row[column]].ref, entries[row[column]].path)
        for row in rows
        if row[column] in entries
    }


def _record(session: Session, place: Place, number: int) -> tuple[str, str]:
    """All that a record about them holds, a line for each thing; and where its page is."""
    if place.table_name == User.__tablename__:
        lines, url = _account(session, number), ""
    else:
        lines, url = _contact(session, number)
    return "\n".join(f"{name}: {said}" for name, said in lines if said not in ("", None)), url


def _account(session: Session, number: int) -> list[tuple[str, object]]:
    user = session.get_one(User, number)
    roles = session.execute(
        select(Membership.role, Team.name).join(Team).where(Membership.user_id == number)
    )
    signed_in = session.scalar(select(func.count()).where(UserSession.user_id == number))
    logged = session.scalar(select(func.count()).where(Entry.created_by_id == number))
    return [
        ("name", user.name),
        ("email", user.email),
        ("may sign in", "yes" if user.is_active else "no"),
        ("last seen", user.last_seen_at and user.last_seen_at.isoformat(timespec="minutes")),
        *(("role", f"{role.replace('_', ' ')} in {team}") for role, team in roles),
        ("signed in with browsers", signed_in or ""),
        ("entries logged", logged or ""),
    ]


def _contact(session: Session, number: int) -> tuple[list[tuple[str, object]], str]:
    person = session.get_one(Person, number)
    names = (
        *("name", "display_name", "email", "phone", "language", "preferred_channel"),
        *("home_area_code", "do_not_contact", "no_role_reason", "notes", "last_contacted_on"),
        *("got_from", "told_on"),
        *("created_at", "withdrawn_at", "withdrawn_why", "restricted_at"),
    )
    lines: list[tuple[str, object]] = [
        ("kept by", _keeper(session, person.team_id)),
        *((name.replace("_", " "), _plain(getattr(person, name))) for name in names),
    ]
    held = session.execute(
        select(PersonRole, Entry.title)
        .join(Entry, Entry.id == PersonRole.entry_id)
        .where(PersonRole.person_id == number)
        .order_by(PersonRole.id)
    )
    lines += [
        ("role", f"{role.title} at {at}, {role.from_on or '…'} to {role.to_on or 'now'}")
        for role, at in held
    ]
    agreed = session.scalars(
        select(Consent).where(Consent.person_id == number).order_by(Consent.id)
    )
    lines += [("agreed" if one.withdraws_id is None else "withdrew", _said(one)) for one in agreed]
    lines += [("met", said) for said in event_contacts.said_of(session, person)]
    lines += [("invited", said) for said in invite_answers.said_of(session, person)]
    lines += [("asked for help", said) for said in help_replies.said_of(session, person)]
    lines += [("drawn by lot", said) for said in balancing.said_of(session, person)]
    return lines, f"/contacts/{person.uid}"


def _keeper(session: Session, team_id: int) -> str:
    """The team that keeps a contact, and the body it is a team of."""
    query = select(Team.name, Partner.name).outerjoin(Partner, Partner.id == Team.partner_id)
    team, body = session.execute(query.where(Team.id == team_id)).one()
    return f"{team} ({body})" if body and body != team else team


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return value.isoformat(timespec="minutes")
    return "yes" if value is True else value or ""


def _said(one: Consent) -> str:
    until = f" until {local_day(one.expires_at)}" if one.expires_at else ""
    told = f"; told: {one.notice_text}" if one.notice_text else ""
    whom = f", to {', '.join(one.controllers)}" if one.controllers else ""
    return (
        f"{one.purpose.replace('_', ' ')} by {one.channel}, {local_day(one.given_at)}{until},"
        f" on {one.lawful_basis.replace('_', ' ')}, {one.method}{whom}{told}"
    )


def _account_of(session: Session, whom: Iterable[uuid.UUID]) -> SubjectHit | None:
    """What the audit knows of them: what they did here, and what was done to their records."""
    uids = list(dict.fromkeys(whom))
    if not uids:
        return None
    keys = session.scalars(select(User.id).where(User.uid.in_(uids))).all()
    did = select(AuditEntry.action, func.count(), func.min(AuditEntry.at), func.max(AuditEntry.at))
    of_them = AuditEntry.seq.in_(select(AuditSubject.seq).where(AuditSubject.uid.in_(uids)))
    lines = [
        *_counted(session, "they", did.where(AuditEntry.actor_id.in_(keys))),
        *_counted(session, "others, to what is kept of them:", did.where(of_them)),
        *_shown_to(session, of_them),
    ]
    if not lines:
        return None
    return SubjectHit(place=ACCOUNT_OF, number=0, text="\n".join(lines), spans=[], hidden=[])


def _shown_to(session: Session, of_them: ColumnElement[bool]) -> Iterator[str]:
    """The bodies that what is kept of them was open to by an agreement, and what they did."""
    did = select(AuditEntry.action, func.count(), func.min(AuditEntry.at), func.max(AuditEntry.at))
    used = (
        select(SharingAgreement.id, SharingAgreement.title, Partner.name)
        .join(Partner, Partner.id == SharingAgreement.receiver_id)
        .where(SharingAgreement.id.in_(select(AuditEntry.agreement_id).where(of_them)))
        .order_by(SharingAgreement.id)
    )
    for key, title, receiver in session.execute(used).all():
        under = did.where(of_them, AuditEntry.agreement_id == key)
        yield from _counted(session, f"of those {receiver}, under “{title}”:", under)


def _counted(session: Session, who: str, query: Any) -> Iterator[str]:
    rows = session.execute(query.group_by(AuditEntry.action).order_by(AuditEntry.action))
    for action, count, first, last in rows:
        words = action.replace("_", " ")
        yield f"{who} {words}: {count}, {first:%Y-%m-%d} to {last:%Y-%m-%d}"
