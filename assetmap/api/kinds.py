"""One entry at the address of its kind: /api/assets/<uid>, /api/offers/<uid> and so on.

The seven kinds differ in what they are made of (`schemas/entries.py`), not in what one can do.
"""

import uuid
from collections.abc import Callable
from typing import Annotated, Any

from flask import Blueprint, g
from pydantic import BaseModel, ConfigDict, Field

from assetmap import gate
from assetmap.api.arriving import DELIVERY, delivery
from assetmap.api.contract import (
    GEOJSON,
    Operation,
    Reply,
    base_version,
    require_reason,
    root,
    said_why,
)
from assetmap.db import db
from assetmap.errors import Conflict, Invalid, NotAllowed, NotFound, RegisterError
from assetmap.models import Entry
from assetmap.register import audit, deliveries, entries, hits, reasons, sending, text_hygiene
from assetmap.schemas import features as shapes
from assetmap.schemas.text import Line
from assetmap.vocabulary import Kind

bp = Blueprint("api_kinds", __name__, url_prefix="/api")

MOST_FIELDS = 60


class Withdrawal(BaseModel):
    """Why an entry is withdrawn."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    why: Annotated[str, Line(500, 1)] = Field(..., description="kept with its history")


def read(kind: Kind, uid: uuid.UUID) -> Reply:
    """Read one {kind}. Its version is the ETag; one that was merged redirects to its successor."""
    try:
        hit = hits.one(db.session, uid, viewer=g.viewer, kind=kind)
    except NotFound:
        heir = entries.successor(db.session, uid, viewer=g.viewer)
        if heir is None:
            raise
        return Reply(status=308, headers={"Location": _address(heir)})
    reasons.require(db.session, hit.entry, said_why(), viewer=g.viewer)
    body = sending.read(db.session, hit, viewer=g.viewer)
    audit.before_it_leaves(db.session)
    db.session.commit()
    return Reply(body, etag=str(body["properties"]["version"]))


def put(kind: Kind, uid: uuid.UUID, body: Any) -> Reply:
    """Put one {kind} on the register, or change it, under the uid you chose for it.

    Make the uid yourself (a UUIDv7; a UUIDv4 is taken too): sending the same twice adds it once.
    Send a Feature as reading gives it, or one flat object. To change one, say in If-Match which
    version you changed; what others changed meanwhile stays, and where both changed the same
    field the 409 holds both values. Properties that are read only are ignored. `warnings` in the
    answer says where the text may point at somebody; crime, safeguarding and intelligence are
    passed on by page, never here.
    """
    sent = shapes.sent(kind, uid, body)
    require_reason(uid)
    if not deliveries.take(db.session, delivery(), "entry", uid, viewer=g.viewer):
        return as_it_is(uid)
    received = sending.put(
        db.session,
        uid,
        sent,
        viewer=g.viewer,
        base_version=base_version(),
    )
    answer = _whole(received.entry, status=201 if received.is_new else 200)
    if found := text_hygiene.in_draft(sent.draft):  # else it answers what reading does
        answer.body["properties"]["warnings"] = text_hygiene.as_warnings(found)
    db.session.commit()
    return answer


def change(kind: Kind, uid: uuid.UUID, body: Any) -> Reply:
    """Change some fields of one {kind}, and leave the rest as others have it now.

    Send only what you changed, flat, and in If-Match the version you changed it from. What both
    you and somebody else changed differently is a 409 with both values. From a phone's queue
    (X-Device) nothing is lost by that: it is kept as a suggestion, named in `proposal`, and what
    you may not change yourself is one too.
    """
    version = base_version()
    if version is None:
        raise entries.PreconditionRequired("Say in If-Match which version you changed.")
    if not (isinstance(body, dict) and 1 <= len(body) <= MOST_FIELDS):
        raise Invalid.field("body", "Send one flat JSON object of the fields you changed.")
    require_reason(uid)
    came = delivery()
    if not deliveries.take(db.session, came, "change", uid, viewer=g.viewer):
        return known_already(uid, version)
    try:
        entry = deliveries.change(
            db.session, uid, kind, body, viewer=g.viewer, base_version=version
        )
    except (Conflict, NotAllowed) as refused:
        if came is None or (isinstance(refused, Conflict) and not refused.fields):
            raise
        return _suggest(kind, uid, body, version, refused)
    answer = _whole(entry)
    db.session.commit()
    return answer


def _suggest(
    kind: Kind, uid: uuid.UUID, fields: dict[str, Any], version: int, refused: RegisterError
) -> Reply:
    """Keep what a phone could not change for somebody to answer, and its receipt."""
    db.session.rollback()
    if not deliveries.take(db.session, delivery(), "change", uid, viewer=g.viewer):
        return known_already(uid, version)  # it came twice at once
    made = deliveries.suggest(db.session, uid, kind, fields, viewer=g.viewer, base_version=version)
    if made is None:
        answer = _whole(entries.find(db.session, uid, viewer=g.viewer))
        db.session.commit()
        return answer
    db.session.commit()
    if isinstance(refused, Conflict):
        refused.proposal = made.uid
        raise refused
    return Reply({"received": True, "proposal": str(made.uid)}, 202)


def known_already(uid: uuid.UUID, version: int | None = None) -> Reply:
    """The answer to a change (of a version) or a look that was received before: the suggestion it
    made, where it was left to somebody who may answer that; else the entry."""
    made = deliveries.left_with_the_desk(
        db.session, delivery(), uid, viewer=g.viewer, base_version=version
    )
    if made is None:
        return as_it_is(uid)
    return Reply({"received": True, "proposal": str(made)}, 202)


def as_it_is(uid: uuid.UUID) -> Reply:
    """The answer to what was received before: the entry as it is, where it still may be seen."""
    try:
        return _whole(entries.find(db.session, uid, viewer=g.viewer))
    except NotFound:
        return Reply({"received": True}, 202)


def withdraw(kind: Kind, uid: uuid.UUID, query: Withdrawal) -> Reply:
    """Withdraw one {kind}: it leaves every output; who did it and why is kept."""
    sending.withdraw(
        db.session, uid, kind, viewer=g.viewer, why=query.why, base_version=base_version()
    )
    db.session.commit()
    return Reply(status=204)


def _whole(entry: Entry, status: int = 200) -> Reply:
    body = sending.whole(db.session, entry, viewer=g.viewer)
    headers = {"Location": _address(entry)} if status == 201 else {}
    return Reply(body, status, etag=str(body["properties"]["version"]), headers=headers)


def _address(entry: Entry) -> str:
    return f"{root()}/api{entry.path}"


def _open_doors(kind: Kind) -> None:
    address, whole = f"/{kind.plural}/<uuid:uid>", shapes.feature_given(kind)
    reading = Operation(
        gives=whole,
        also={308: "Merged: look there instead"},
        headers=("X-Purpose",),
        refuses=(404, 428),
        media=GEOJSON,
    )
    putting = Operation(
        gives=whole,
        also={201: "Added"},
        sends=shapes.body_sent(kind),
        kept=shapes.Accepted,
        headers=("If-Match", "X-Purpose", *DELIVERY),
        refuses=(403, 404, 409, 412, 428),
        media=GEOJSON,
    )
    changing = Operation(
        gives=whole,
        sends=dict[str, Any],
        kept=shapes.Accepted,
        headers=("If-Match", "X-Purpose", *DELIVERY),
        refuses=(403, 404, 409, 412, 428),
        media=GEOJSON,
    )
    withdrawing = Operation(
        status=204, query=Withdrawal, headers=("If-Match",), refuses=(403, 404, 409, 412, 422)
    )
    bp.get(address, endpoint=f"read_{kind}")(gate.public(reading(_of(kind, read))))
    bp.put(address, endpoint=f"put_{kind}")(putting(_of(kind, put)))
    bp.patch(address, endpoint=f"change_{kind}")(changing(_of(kind, change)))
    bp.delete(address, endpoint=f"withdraw_{kind}")(withdrawing(_of(kind, withdraw)))


def _of(kind: Kind, view: Callable[..., Reply]) -> Callable[..., Reply]:
    def of_kind(**given: Any) -> Reply:
        return view(kind, **given)

    of_kind.__doc__ = (view.__doc__ or "").replace("{kind}", kind.value)
    return of_kind


for _kind in Kind:
    _open_doors(_kind)
