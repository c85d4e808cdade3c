"""Looking at whom a list invites before anybody is mailed, and saying yes or no to it."""

import uuid
from collections.abc import Mapping

from flask import Blueprint, flash, g, redirect, render_template, request
from flask.typing import ResponseReturnValue

from assetmap.db import db
from assetmap.errors import Conflict, Invalid
from assetmap.register import approval_reading, invite_approving, invite_lists
from assetmap.register.invite_opening import Opened
from assetmap.schemas.invite_lists import DecisionDraft
from assetmap.schemas.reading import from_form
from assetmap.web import invite_pages

bp = Blueprint("invite_approving", __name__, url_prefix="/invite-lists/<uuid:uid>/approval")

NOT_OURS = frozenset({"csrf_token"})
NONE: Mapping[str, str] = {}


@bp.get("")
def show(uid: uuid.UUID) -> str:
    """Whether a list was approved, and what there is to look at."""
    return _page(invite_pages.opened(uid))


@bp.post("")
def decide(uid: uuid.UUID) -> ResponseReturnValue:
    """Approve it, or not."""
    made = invite_lists.find(db.session, uid, viewer=g.viewer)
    try:
        draft = from_form(DecisionDraft, request.form, ignore=NOT_OURS)
        asked = invite_approving.decide(db.session, made, draft, viewer=g.viewer)
    except (Invalid, Conflict) as error:
        db.session.rollback()
        again = invite_pages.opened(uid)
        problems = error.problems if isinstance(error, Invalid) else {"verdict": str(error)}
        return _page(again, problems), error.status
    said = "Approved. Its team may send it now." if asked.state == "approved" else "Not approved."
    flash(said, "success")
    db.session.commit()
    return redirect(f"/invite-lists/{uid}/approval", 303)


def _page(found: Opened, problems: Mapping[str, str] = NONE) -> str:
    made = found.made
    built = invite_lists.build(db.session, made, viewer=g.viewer, hand=found.hand)
    asked = approval_reading.read(db.session, made, viewer=g.viewer)
    is_needed = invite_approving.is_needed(made)
    return render_template(
        "invite_lists/approval.html",
        made=made,
        entry=made.engagement,
        stands=invite_approving.standing(asked if is_needed else None, built),
        told=asked.told,
        asked=asked.every,
        needed=invite_approving.NEEDED,
        may_decide=invite_approving.may_decide(made, asked, viewer=g.viewer),
        may_change=invite_lists.may_change(g.viewer, made),
        typed=request.form,
        problems=dict(problems),
    )
