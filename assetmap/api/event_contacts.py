"""The people met at an event, for programs."""

import uuid
from typing import Any

from flask import Blueprint, g
from pydantic import Field

from assetmap.api.contract import Operation, Reply
from assetmap.api.running import found, read
from assetmap.db import db
from assetmap.register import event_contacts
from assetmap.schemas.event_contacts import MetDraft
from assetmap.schemas.features import Given
from assetmap.schemas.reading import checked

bp = Blueprint("api_event_contacts", __name__, url_prefix="/api/engagements/<uuid:uid>/met")


class MetGiven(Given):
    """Somebody met at an event. person: see `/api/contacts/{uid}`."""

    uid: uuid.UUID
    person: uuid.UUID
    is_new: bool = Field(description="false: the team knew them before")


class NamedGiven(MetGiven):
    """The same, with what they are called."""

    name: str
    roles: list[str]


class AllMetGiven(Given):
    """The people met at an event whom you may know of, by name; at most 500."""

    met: list[NamedGiven]
    new_contacts: int = Field(ge=0)


@bp.get("")
@Operation(gives=AllMetGiven, headers=("X-Purpose",), refuses=(403, 404, 428))
def all_met(uid: uuid.UUID) -> Reply:
    """Read whom your team met at an event."""
    event = found(uid)
    met = event_contacts.of(db.session, event, viewer=g.viewer)
    body = [
        {
            "uid": one.uid,
            "person": one.person.uid,
            "is_new": one.is_new,
            "name": one.person.called,
            "roles": one.roles,
        }
        for one in met
    ]
    return read(event, {"met": body, "new_contacts": sum(one.is_new for one in met)})


@bp.put("/<uuid:met>")
@Operation(
    gives=MetGiven,
    also={201: "Kept"},
    sends=MetDraft,
    headers=("X-Purpose",),
    refuses=(403, 404, 409, 428),
)
def put_met(uid: uuid.UUID, met: uuid.UUID, body: Any) -> Reply:
    """Keep somebody who was met at an event, with what they agreed to, under the uid you chose.

    The same uid again adds nobody. Where your team may know them already, say with `person` who
    they are, or with `is_somebody_else` that they are none of those.
    """
    event, draft = found(uid), checked(MetDraft, body)
    kept, is_new = event_contacts.meet(db.session, event, met, draft, viewer=g.viewer)
    person = event_contacts.person_of(db.session, kept)
    answer = {"uid": kept.uid, "person": person, "is_new": kept.is_new}
    db.session.commit()
    return Reply(answer, 201 if is_new else 200)
