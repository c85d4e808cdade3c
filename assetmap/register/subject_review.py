"""Looking through what a search for somebody found: what is theirs, and what is about others."""

import re
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from assetmap.access import Viewer
from assetmap.db import local_day, now
from assetmap.errors import Conflict, Invalid, NotFound
from assetmap.models import SubjectHit, SubjectRequest
from assetmap.register import audit, subject_requests
from assetmap.register.subject_places import SEARCHED
from assetmap.schemas.subject_requests import HitDecision, RequestStatus
from assetmap.vocabulary import AuditAction

MOST_SHOWN = 50
AROUND = 160  # characters shown either side of what was found
BLACK = "█████"
_EMAIL = re.compile(r"[\w.+\-]+@[\w\-]+(?:\.[\w\-]+)+")
_PHONE = re.compile(r"(?<!\d)(?:\+44|0)[\d\s().\-]{8,16}\d(?!\d)")
_OWN_LINES = re.compile(r"^(?:email|phone): .*$", re.MULTILINE)  # of a record; see subject_search
_CALLED = {place.table_name: place.called for place in SEARCHED if place.is_record} | {
    f"{place.table_name}.{name}": place.called for place in SEARCHED for name in place.columns
}
_STAYS = {
    f"{place.table_name}.{name}": place.stays
    for place in SEARCHED
    for name in place.columns
    if place.stays
}


@dataclass(frozen=True)
class Piece:
    """Part of a text. how: "" plain, "them" what was looked for, "hidden" blacked out."""

    text: str
    how: str = ""


@dataclass(frozen=True)
class Shown:
    """Something found, as a person decides about it."""

    hit: SubjectHit
    called: str
    field: str
    pieces: Sequence[Piece]
    suggested: str  # words that may be about others, one on each line
    stays: str


def called(place: str) -> str:
    """What lies in a place, in words."""
    return _CALLED.get(place, "The account of who did and saw what")


def hits(
    session: Session, request: SubjectRequest, *, only_open: bool = False, after: int = 0
) -> Sequence[SubjectHit]:
    """What was found, page by page. The request has been read by whoever may."""
    query = select(SubjectHit).where(SubjectHit.request_id == request.id, SubjectHit.id > after)
    if only_open:
        query = query.where(SubjectHit.decision == "open")
    return session.scalars(query.order_by(SubjectHit.id).limit(MOST_SHOWN)).all()


def counts(session: Session, request: SubjectRequest) -> Mapping[str, int]:
    """How many were decided how."""
    rows = session.execute(
        select(SubjectHit.decision, func.count())
        .where(SubjectHit.request_id == request.id)
        .group_by(SubjectHit.decision)
    )
    return {row[0]: row[1] for row in rows}


def records(session: Session, request: SubjectRequest) -> Sequence[uuid.UUID]:
    """The contacts, accounts and entries among what was found, for the account of who saw them."""
    query = select(SubjectHit.uid).where(SubjectHit.request_id == request.id)
    return [uid for uid in session.scalars(query.distinct()) if uid is not None]


def shown(hit: SubjectHit) -> Shown:
    """A hit with the text around what was found, and what in it may be about others."""
    spans = [(a, b, "them") for a, b in hit.spans] + [(a, b, "hidden") for a, b in hit.hidden]
    field = hit.place.partition(".")[2].replace("_", " ")
    suggested = "\n".join(_others(hit)) if hit.decision == "open" else "\n".join(_words(hit))
    return Shown(
        hit,
        called(hit.place),
        field,
        _pieces(hit.text, spans),
        suggested,
        _STAYS.get(hit.place, ""),
    )


def decide(
    session: Session, request: SubjectRequest, number: int, given: HitDecision, *, viewer: Viewer
) -> SubjectHit:
    """Say whether a hit is theirs, and what in it is about others.

    Raises NotFound, Conflict when it is not the time, Invalid for words that are not in it.
    """
    if request.status != RequestStatus.REVIEW:
        raise Conflict("This is decided while what was found is looked through.")
    hit = session.scalar(
        select(SubjectHit).where(SubjectHit.id == number, SubjectHit.request_id == request.id)
    )
    if hit is None:
        raise NotFound("This was not found by the last search. Look again.")
    words = [line.strip() for line in given.hide.splitlines() if line.strip()]
    hit.hidden = [list(span) for span in _spans_of(hit.text, words)]
    hit.decision, hit.why = given.decision, given.why
    hit.decided_at, hit.decided_by_id = now(), viewer.user_id
    subject_requests.note(
        session, AuditAction.CHECKED, request, viewer=viewer, details={"decision": given.decision}
    )
    session.flush()  # so that a failure shows before success is told
    return hit


def include_rest(session: Session, request: SubjectRequest, *, viewer: Viewer) -> int:
    """Say of all that is undecided that it is theirs, with nothing blacked out."""
    if request.status != RequestStatus.REVIEW:
        raise Conflict("This is decided while what was found is looked through.")
    left = session.scalars(
        select(SubjectHit).where(SubjectHit.request_id == request.id, SubjectHit.decision == "open")
    ).all()
    for hit in left:
        hit.decision, hit.decided_at, hit.decided_by_id = "include", now(), viewer.user_id
    said: audit.Details = {"decision": "include", "count": len(left)}
    subject_requests.note(session, AuditAction.CHECKED, request, viewer=viewer, details=said)
    session.flush()  # so that a failure shows before success is told
    return len(left)


def package(session: Session, request: SubjectRequest) -> dict[str, Any]:
    """All that goes to whoever asked: each thing that is theirs, with others blacked out.

    Raises Conflict while something is undecided.
    """
    if left := subject_requests.undecided(session, request):
        raise Conflict(f"Decide about what was found first: {left} left.")
    found = session.scalars(
        select(SubjectHit)
        .where(SubjectHit.request_id == request.id, SubjectHit.decision == "include")
        .order_by(SubjectHit.id)
    ).all()
    left_out = counts(session, request).get("leave_out", 0)
    return {
        "request": request.ref,
        "about": {"name": request.name, "email": request.email, "phone": request.phone},
        "received_on": request.received_on.isoformat(),
        "searched_at": request.searched_at.isoformat() if request.searched_at else None,
        "made_on": local_day(now()).isoformat(),
        "left_out": left_out,
        "places_searched": sorted({place.called for place in SEARCHED}),
        "found": [
            {
                "what": called(hit.place),
                "field": hit.place.partition(".")[2],
                "reference": hit.ref,
                "text": blacked(hit),
            }
            for hit in found
        ],
    }


def blacked(hit: SubjectHit) -> str:
    """The text with what is about others blacked out; bars of one length tell nothing."""
    text = hit.text
    for start, end in sorted(hit.hidden, reverse=True):
        text = text[:start] + BLACK + text[end:]
    return text


def _spans_of(text: str, words: Iterable[str]) -> list[tuple[int, int]]:
    """Where these words are. Raises Invalid for words that are not in the text."""
    found: list[tuple[int, int]] = []
    for one in words:
        spans = [hit.span() for hit in re.finditer(re.escape(one), text, re.IGNORECASE)]
        if not spans:
            raise Invalid.field("hide", f"“{one[:60]}” is not in the text.")
        found += spans
    merged: list[tuple[int, int]] = []
    for start, end in sorted(found):
        if merged and start <= merged[-1][1]:
            merged[-1] = merged[-1][0], max(end, merged[-1][1])
        else:
            merged.append((start, end))
    return merged


def _others(hit: SubjectHit) -> list[str]:
    """E-mail addresses and phone numbers in it that are not those looked for. What a record about
    them has as theirs is not about others, also where they did not name it."""
    own = [tuple(span) for span in hit.spans]
    if "." not in hit.place:
        own += [one.span() for one in _OWN_LINES.finditer(hit.text)]
    found = []
    for pattern in (_EMAIL, _PHONE):
        for one in pattern.finditer(hit.text):
            start, end = one.span()
            if not any(a < end and start < b for a, b in own):
                found.append(one.group().strip())
    return list(dict.fromkeys(found))


def _words(hit: SubjectHit) -> list[str]:
    return list(dict.fromkeys(hit.text[start:end] for start, end in hit.hidden))


def _pieces(text: str, spans: list[tuple[int, int, str]]) -> list[Piece]:
    """The text about what was found, cut where it says nothing of them."""
    if not spans:
        return [Piece(text)]
    pieces: list[Piece] = []
    at = 0
    for start, end, how in sorted(spans):
        if start < at:
            continue
        pieces.append(Piece(_cut(text[at:start], is_first=at == 0)))
        pieces.append(Piece(text[start:end], how))
        at = end
    rest = text[at:]
    pieces.append(Piece(rest if len(rest) <= 2 * AROUND else rest[:AROUND] + " …"))
    return pieces


def _cut(between: str, *, is_first: bool) -> str:
    if len(between) <= 2 * AROUND:
        return between
    end = between[-AROUND:]
    return f"… {end}" if is_first else f"{between[:AROUND]} … {end}"
