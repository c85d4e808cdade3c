"""Who is missing from an invite list: its reach beside those who live there."""

import uuid
from collections.abc import Mapping

from flask import Blueprint, g, render_template, request
from flask.typing import ResponseReturnValue

from assetmap.db import db
from assetmap.errors import Invalid
from assetmap.register import invite_lists, invite_missing, invite_missing_words, pointers
from assetmap.schemas.invite_missing import Compared
from assetmap.schemas.reading import checked
from assetmap.web import invite_pages

bp = Blueprint("invite_missing", __name__, url_prefix="/invite-lists/<uuid:uid>")

NONE: Mapping[str, str] = {}
KNOWN = ("area", "until")


@bp.get("/missing")
def show(uid: uuid.UUID) -> ResponseReturnValue:
    """Which sections of those who live there a list reaches, and which it does not."""
    opened = invite_pages.opened(uid)
    made, hand = opened.made, opened.hand
    problems, status = NONE, 200
    try:
        asked = _asked()
        found = invite_missing.of(db.session, made, asked, viewer=g.viewer, hand=hand)
    except Invalid as error:
        problems, status = error.problems or {"area": str(error)}, error.status
        found = invite_missing.of(db.session, made, Compared(), viewer=g.viewer, hand=hand)
    page = render_template(
        "invite_lists/missing.html",
        made=made,
        entry=made.engagement,
        found=found,
        typed={name: request.args.get(name, "") for name in KNOWN},
        years=[("", "The newest there are")] + [(one, f"{one} or before") for one in found.years],
        may_change=invite_lists.may_change(g.viewer, made),
        problems=dict(problems),
        words=invite_missing_words,
    )
    return page, status


def _asked() -> Compared:
    """What was chosen to compare with; areas by name or code, one to a line or between commas."""
    given = request.args.get("area", "").replace(",", "\n").splitlines()
    lines = [line.strip() for line in given if line.strip()]
    said = {"until": request.args.get("until", "")}
    codes = pointers.area_codes(db.session, lines, "area") if lines else []
    return checked(Compared, said | {"area": codes})
