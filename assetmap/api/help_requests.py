"""Asking for help, for programs: what is needed, which offers may be asked, and what came of it."""

import uuid
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from flask import Blueprint, g
from pydantic import Field

from assetmap.api.contract import Operation, Reply, base_version, root
from assetmap.db import db
from assetmap.models import HelpRequest
from assetmap.register import (
    audit,
    audit_taking,
    entries,
    help_asking,
    help_finding,
    help_requests,
)
from assetmap.register.help_asking import Asked
from assetmap.register.help_finding import Choice
from assetmap.register.help_requests import Tally
from assetmap.schemas.features import Given
from assetmap.schemas.help_requests import (
    AskDraft,
    HelpAnswerTaken,
    HelpDraft,
    HelpOf,
    NearSearch,
    ThanksDraft,
    UseDraft,
)
from assetmap.schemas.reading import checked

bp = Blueprint("api_help_requests", __name__, url_prefix="/api/help-requests")


class HelpGiven(Given):
    """What a team needs, as those who are asked are told."""

    uid: uuid.UUID
    version: int
    team: str
    need: uuid.UUID | None = Field(description="uid of the entry that it is for")
    action: uuid.UUID | None = Field(description="uid of the point at that event")
    role: str
    title: str
    words: str
    place: str
    needed_on: date | None
    answer_by: date
    wanted: int = Field(description="how many who say yes are enough")
    ask_who: str
    ask_how: str
    closed: bool


class TalliedGiven(HelpGiven):
    """The same with what came of it so far."""

    asked: int = Field(ge=0)
    accepted: int = Field(ge=0)
    used: int = Field(ge=0)
    thanked: int = Field(ge=0)


class HelpsGiven(Given):
    """The requests you may read, the latest first."""

    requests: list[TalliedGiven]


class HelpAskedGiven(Given):
    """An offer that was asked. Whom, what they said and how it went are left out where you may not
    know of them."""

    uid: uuid.UUID
    offer: uuid.UUID | None = Field(description="null: not open to you")
    person: uuid.UUID | None = Field(description="null: the group itself, or not open to you")
    channel: str
    asked_at: datetime
    state: str = Field(description="asked, accepted, tentative or declined")
    words: str
    gone: bool = Field(description="they do not offer it any more")
    answered_at: datetime | None
    answered_by: str
    mail: str = Field(description="of the last message: waiting, sent, stopped, bounced or empty")
    used_on: date | None
    quantity: Decimal | None
    used_words: str
    thanked_on: date | None
    thanked_by: str


class HelpWholeGiven(HelpGiven):
    """A request with all that were asked."""

    offers: list[HelpAskedGiven]


class MayAskGiven(Given):
    """An offer that may be asked, and how."""

    offer: uuid.UUID
    title: str
    distance_m: float | None
    ways: list[str] = Field(description="channels by which somebody who gives it may be asked")
    asked: bool = Field(description="for this request already")
    times: int = Field(ge=0, description="asked of late, for anything")
    rests_until: datetime | None = Field(description="asked often enough until then")


class MayAskAllGiven(Given):
    """Offers to choose from."""

    offers: list[MayAskGiven]
    cursor: str | None = Field(description="of the next page")


@bp.get("")
@Operation(gives=HelpsGiven, query=HelpOf, refuses=(404,))
def help_wanted(query: HelpOf) -> Reply:
    """List the requests for help of your teams, or those for one entry."""
    need = None if query.need is None else entries.find(db.session, query.need, viewer=g.viewer)
    found = help_requests.every(db.session, viewer=g.viewer, need=need)
    return Reply({"requests": [_given(one) | _tally(tally) for one, tally in found]})


@bp.get("/<uuid:uid>")
@Operation(gives=HelpWholeGiven, refuses=(404,))
def read_help_request(uid: uuid.UUID) -> Reply:
    """Read a request, which offers were asked, and what came of it."""
    made = help_requests.find(db.session, uid, viewer=g.viewer)
    return _whole(made)


@bp.put("/<uuid:uid>")
@Operation(
    gives=HelpGiven,
    also={201: "Begun"},
    sends=HelpDraft,
    headers=("If-Match",),
    refuses=(403, 404, 409, 412),
)
def keep_help_request(uid: uuid.UUID, body: Any) -> Reply:
    """Begin a request under the uid you chose for it, or change what those asked are told.

    To change, say in If-Match which version you changed. The same sent again changes nothing.
    """
    draft = checked(HelpDraft, body)
    _, is_new = help_requests.put(
        db.session, uid, draft, viewer=g.viewer, base_version=base_version()
    )
    made = help_requests.find(db.session, uid, viewer=g.viewer)
    answer, version = _given(made), str(made.version)
    db.session.commit()
    headers = {"Location": f"{root()}/api/help-requests/{uid}"} if is_new else {}
    return Reply(answer, 201 if is_new else 200, etag=version, headers=headers)


@bp.delete("/<uuid:uid>")
@Operation(status=204, refuses=(403, 404))
def forget_help_request(uid: uuid.UUID) -> Reply:
    """Take a request away; what was asked and used stays known."""
    made = help_requests.to_change(db.session, uid, viewer=g.viewer)
    help_requests.remove(db.session, made, viewer=g.viewer)
    db.session.commit()
    return Reply(status=204)


@bp.get("/<uuid:uid>/offers")
@Operation(gives=MayAskAllGiven, query=NearSearch, refuses=(400, 403, 404))
def may_be_asked(uid: uuid.UUID, query: NearSearch) -> Reply:
    """Offers near the need or serving its place, how they may be asked, and how often they were."""
    made = help_requests.to_change(db.session, uid, viewer=g.viewer)
    if query.offer is not None:
        found = help_finding.one(db.session, made, query.offer, viewer=g.viewer)
    else:
        found = help_finding.offers(db.session, made, query, viewer=g.viewer)
    body = {
        "offers": [_choice(one) for one in found.rows],
        "cursor": found.next_cursor,
    }
    hits = [one.hit for one in found.rows]
    audit_taking.read(db.session, hits, viewer=g.viewer, filters=query.model_fields_set)
    audit.before_it_leaves(db.session)
    db.session.commit()
    return Reply(body)


@bp.post("/<uuid:uid>/ask")
@Operation(gives=HelpWholeGiven, body=AskDraft, refuses=(403, 404, 409))
def ask_for_help(uid: uuid.UUID, body: AskDraft) -> Reply:
    """Ask whoever gives these offers by e-mail, or keep that you asked. Sent twice it asks once."""
    made = help_requests.to_change(db.session, uid, viewer=g.viewer)
    help_asking.ask(db.session, made, body, viewer=g.viewer)
    return _whole(made)


@bp.post("/<uuid:uid>/asked/<uuid:asked>/answer")
@Operation(gives=HelpWholeGiven, body=HelpAnswerTaken, refuses=(403, 404, 409))
def keep_help_answer(uid: uuid.UUID, asked: uuid.UUID, body: HelpAnswerTaken) -> Reply:
    """Keep an answer that came by phone or otherwise."""
    made = help_requests.to_change(db.session, uid, viewer=g.viewer)
    help_asking.answer(db.session, made, asked, body, viewer=g.viewer)
    return _whole(made)


@bp.post("/<uuid:uid>/asked/<uuid:asked>/used")
@Operation(gives=HelpWholeGiven, body=UseDraft, refuses=(403, 404, 409))
def keep_use(uid: uuid.UUID, asked: uuid.UUID, body: UseDraft) -> Reply:
    """Keep on the offer that it was used, or with null that it was not."""
    made = help_requests.to_change(db.session, uid, viewer=g.viewer)
    help_asking.use(db.session, made, asked, body, viewer=g.viewer)
    return _whole(made)


@bp.post("/<uuid:uid>/asked/<uuid:asked>/thanks")
@Operation(gives=HelpWholeGiven, body=ThanksDraft, refuses=(403, 404, 409))
def keep_thanks(uid: uuid.UUID, asked: uuid.UUID, body: ThanksDraft) -> Reply:
    """Thank them by e-mail, or keep that you did. Sent twice it thanks once."""
    made = help_requests.to_change(db.session, uid, viewer=g.viewer)
    help_asking.thank(db.session, made, asked, body, viewer=g.viewer)
    return _whole(made)


def _whole(made: HelpRequest) -> Reply:
    """A request as it is now, once it is on the account whose answers are in it."""
    found = help_asking.of(db.session, made, viewer=g.viewer)
    body = _given(made) | {"offers": [_asked(one) for one in found]}
    help_asking.note_read(db.session, found, viewer=g.viewer)
    version = str(made.version)
    audit.before_it_leaves(db.session)
    db.session.commit()
    return Reply(body, etag=version)


def _given(made: HelpRequest) -> dict[str, Any]:
    names = ("uid", "version", "role", "title", "words", "place", "needed_on", "answer_by")
    return {name: getattr(made, name) for name in (*names, "wanted", "ask_who", "ask_how")} | {
        "team": made.team.name,
        "need": made.need.uid if made.need else None,
        "action": made.action.uid if made.action else None,
        "closed": made.closed_at is not None,
    }


def _tally(tally: Tally) -> dict[str, int]:
    return {
        "asked": tally.asked,
        "accepted": tally.accepted,
        "used": tally.used,
        "thanked": tally.thanked,
    }


def _asked(one: Asked) -> dict[str, Any]:
    ask = one.ask
    names = ("uid", "channel", "asked_at", "state", "gone", "answered_at", "answered_by", "mail")
    more = ("used_on", "quantity", "used_words", "thanked_on", "thanked_by")
    return {name: getattr(ask, name) for name in (*names, *more)} | {
        "offer": one.offer.uid if one.offer else None,
        "person": one.person.uid if one.person else None,
        "words": "" if one.is_hidden else ask.words,
    }


def _choice(one: Choice) -> dict[str, Any]:
    return {
        "offer": one.hit.entry.uid,
        "title": one.hit.entry.title,
        "distance_m": one.hit.distance_m,
        "ways": [way.value for way in one.ways],
        "asked": one.asked is not None,
        "times": one.times,
        "rests_until": one.rests_until,
    }
