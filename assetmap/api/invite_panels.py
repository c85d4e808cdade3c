"""Panels drawn out of invite lists, for programs."""

import uuid
from datetime import datetime
from typing import Any

from flask import Blueprint, current_app, g
from pydantic import Field

from assetmap.api.contract import Operation, Reply
from assetmap.db import db
from assetmap.models import InviteList, InvitePanel
from assetmap.outside.queue import Queue
from assetmap.register import (
    audit,
    balance_words,
    balancing,
    invite_lists,
    panel_reading,
    panel_replies,
)
from assetmap.schemas.features import Given
from assetmap.schemas.invite_panels import DeclinedDraft, PanelDraft

bp = Blueprint("api_invite_panels", __name__, url_prefix="/api/invite-lists/<uuid:uid>/panels")


class PanelGiven(Given):
    """One draw."""

    uid: uuid.UUID
    state: str = Field(description="drawing, drawn, impossible or failed")
    seats: int
    reserves: int
    each_group: int | None
    seed: int
    why: str
    method: str
    drawn_at: datetime
    smallest: float | None = Field(description="the smallest chance of anybody who has any")
    at_best: float | None = Field(description="what the smallest chance cannot exceed")
    words: str


class PanelsGiven(Given):
    """The draws of a list, the last first."""

    panels: list[PanelGiven]


class QuotaGiven(Given):
    """A section, and how many of those who have a seat count for it."""

    dimension: str
    code: str
    label: str
    least: int
    most: int
    counted: int


class EasedGiven(Given):
    """A quota that would have to give, and to what."""

    dimension: str
    code: str
    label: str
    least: int
    most: int


class SeatGiven(Given):
    """Somebody on it."""

    person: uuid.UUID
    called: str
    state: str = Field(description="seated, reserve or declined")
    turn: int = Field(description="of a reserve, in order")
    chance: float = Field(ge=0, le=1, description="of a seat, before the lot fell")
    answer: str = Field(description="to the invitation; not_asked, bounced or stopped without one")
    instead_of: uuid.UUID | None = Field(description="whose seat they took, of those shown")


class PanelWholeGiven(PanelGiven):
    """One draw, and who came of it."""

    quotas: list[QuotaGiven]
    eased: list[EasedGiven]
    people: list[SeatGiven]
    hidden: int = Field(description="more on it whom you may not know")


@bp.get("")
@Operation(gives=PanelsGiven, refuses=(404,))
def every(uid: uuid.UUID) -> Reply:
    """List the panels that were drawn of a list."""
    made = invite_lists.find(db.session, uid, viewer=g.viewer)
    return Reply({"panels": [_panel(one) for one in balancing.every(db.session, made)]})


@bp.get("/<uuid:panel_uid>")
@Operation(gives=PanelWholeGiven, refuses=(404,))
def read_panel(uid: uuid.UUID, panel_uid: uuid.UUID) -> Reply:
    """Read who has a seat, who stands by, and everybody's chance; or what would have to give."""
    made = invite_lists.find(db.session, uid, viewer=g.viewer)
    return _whole(made, balancing.find(db.session, made, panel_uid))


@bp.put("/<uuid:panel_uid>")
@Operation(gives=PanelGiven, body=PanelDraft, refuses=(403, 404, 409))
def draw_panel(uid: uuid.UUID, panel_uid: uuid.UUID, body: PanelDraft) -> Reply:
    """Draw a panel. It is done in the background: read it until its state is not `drawing`. The
    same uid sent again draws nothing anew."""
    made = invite_lists.to_change(db.session, uid, viewer=g.viewer)
    panel = balancing.draw(db.session, made, panel_uid, body, viewer=g.viewer)
    answer = _panel(panel)
    db.session.commit()
    queue: Queue = current_app.extensions["queue"]
    queue.enqueue("panels.draw", uid=str(panel_uid))
    return Reply(answer)


@bp.post("/<uuid:panel_uid>/declined")
@Operation(gives=PanelWholeGiven, body=DeclinedDraft, refuses=(403, 404, 409))
def decline(uid: uuid.UUID, panel_uid: uuid.UUID, body: DeclinedDraft) -> Reply:
    """Keep that somebody does not take their seat; a reserve takes it, or somebody by lot."""
    made = invite_lists.to_change(db.session, uid, viewer=g.viewer)
    panel = balancing.find(db.session, made, panel_uid)
    balancing.decline(db.session, made, panel, body.person, viewer=g.viewer)
    return _whole(made, panel)


def _whole(made: InviteList, panel: InvitePanel) -> Reply:
    places, hidden = panel_reading.people_of(db.session, panel, viewer=g.viewer)
    met = panel_reading.met(db.session, panel) if panel.state == "drawn" else []
    answers = panel_replies.of(db.session, panel)
    names = {place.id: place.person.uid for place in places}
    body = _panel(panel) | {
        "quotas": [
            _named(quota) | {"counted": count}
            for quota, (count, _) in zip(panel.quotas, met, strict=False)
            if quota["dimension"] != balancing.GROUP
        ],
        "eased": [
            _named(quota) | {"least": quota["to_least"], "most": quota["to_most"]}
            for quota in panel.eased
        ],
        "people": [
            {
                "person": place.person.uid,
                "called": place.person.called,
                "state": place.state,
                "turn": place.turn,
                "chance": place.chance,
                "answer": answers.get(place.person_id, panel_replies.NOT_ASKED),
                "instead_of": names.get(place.instead_of_id or 0),
            }
            for place in places
        ],
        "hidden": hidden,
    }
    people = [place.person for place in places]
    invite_lists.note_people(db.session, made, people, viewer=g.viewer)
    audit.before_it_leaves(db.session)
    db.session.commit()
    return Reply(body)


def _panel(one: InvitePanel) -> dict[str, Any]:
    words = {
        "impossible": balance_words.impossible,
        "drawn": balance_words.fair,
    }.get(one.state)
    return {
        "uid": one.uid,
        "state": one.state,
        "seats": one.seats,
        "reserves": one.reserves,
        "each_group": one.each_group,
        "seed": one.seed,
        "why": one.why,
        "method": one.method,
        "drawn_at": one.drawn_at,
        "smallest": one.smallest,
        "at_best": one.at_best,
        "words": words(one) if words else one.problem,
    }


def _named(quota: dict[str, Any]) -> dict[str, Any]:
    dimension, code = quota["dimension"], quota["category"]
    return {
        "dimension": dimension,
        "code": code if dimension != balancing.GROUP else "",
        "label": balance_words.section(dimension, code),
        "least": quota["least"],
        "most": quota["most"],
    }
