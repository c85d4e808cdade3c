"""Choosing what to put on the register, and which walkabout or event it comes from."""

import uuid
from typing import Any

from flask import Blueprint, g, render_template, request

from assetmap.db import db
from assetmap.errors import BadRequest, NotAllowed
from assetmap.register import entries, origins
from assetmap.register.origins import Origin
from assetmap.vocabulary import Kind
from assetmap.web import labels

bp = Blueprint("add", __name__)

WHAT = (
    (Kind.ASSET, "A place, a piece of equipment or a network people can use"),
    (Kind.GROUP, "A club, charity, faith group or business"),
    (Kind.OFFER, "Help somebody gives: what, how much, when and for whom"),
    (Kind.FINDING, "Something seen, heard or felt at a place"),
    (Kind.WALKABOUT, "People walking an area together"),
    (Kind.ENGAGEMENT, "An event: surgery, workshop, meeting, hub"),
    (Kind.HOTSPOT, "A place and period of concern"),
)


@bp.get("/add")
def choose() -> str:
    """What to add, and where it comes from. What is under way now is taken unless said."""
    if not g.viewer.may_log:
        raise NotAllowed(
            "You can look at the register but not add to it. Ask your administrator for a team."
        )
    found = list(origins.of_my_teams(db.session, viewer=g.viewer))
    chosen = _chosen(found)
    return render_template(
        "add/choose.html",
        what=[(kind, labels.said(kind.value), said) for kind, said in WHAT],
        origins=[_origin(one) for one in found],
        chosen=chosen,
        query=f"?from={chosen}" if chosen else "",
    )


def _chosen(found: list[Origin]) -> str:
    """The origin that the address names; else the one under way, if there is just one."""
    given = request.args.get("from")
    if given is None:
        under_way = [one for one in found if one.status == "underway"]
        return str(under_way[0].uid) if len(under_way) == 1 else ""
    if given == "":
        return ""
    try:
        uid = uuid.UUID(given)
    except ValueError as error:
        raise BadRequest.field("from", "Choose one of the walkabouts or events.") from error
    if all(one.uid != uid for one in found):
        found.insert(0, _other(uid))
    return str(uid)


def _other(uid: uuid.UUID) -> Any:
    """One that is not among the recent, such as a hotspot. Raises NotFound."""
    entry = entries.find(db.session, uid, viewer=g.viewer)
    if entry.kind not in (Kind.WALKABOUT, Kind.ENGAGEMENT, Kind.HOTSPOT):
        raise BadRequest.field("from", "Choose a walkabout, an event or a hotspot.")
    return entry


def _origin(one: Any) -> dict[str, str]:
    at = getattr(one, "at", None)
    state = "Under way" if one.status == "underway" else labels.moment(at)
    return {"uid": str(one.uid), "kind": one.kind, "title": one.title, "state": state}
