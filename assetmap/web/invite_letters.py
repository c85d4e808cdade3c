"""Inviting people of a list by letter: what it says and to how many it goes; and those written."""

import uuid
from collections.abc import Mapping

from flask import Blueprint, flash, g, redirect, render_template, request
from flask.typing import ResponseReturnValue

from assetmap.db import db
from assetmap.errors import Conflict, Invalid, NotFound
from assetmap.register import (
    invite_approving,
    invite_letters,
    invite_lists,
    invite_message,
    invite_sending,
)
from assetmap.register.invite_opening import Opened
from assetmap.schemas.invite_lists import LettersDraft
from assetmap.schemas.reading import from_form
from assetmap.web import event_pages, invite_pages
from assetmap.web.entry_requests import uid_from

bp = Blueprint("invite_letters", __name__, url_prefix="/invite-lists/<uuid:uid>/letters")

NOT_OURS = frozenset({"csrf_token"})
NONE: Mapping[str, str] = {}


@bp.get("")
def show(uid: uuid.UUID) -> str:
    """What a letter says, to how many it goes, and those that were written."""
    return _page(invite_pages.to_change(uid))


@bp.post("")
def write(uid: uuid.UUID) -> ResponseReturnValue:
    """Keep people as asked by letter; the letters are printed next."""
    made = invite_lists.to_change(db.session, uid, viewer=g.viewer)
    try:
        draft = from_form(LettersDraft, request.form, ignore=NOT_OURS)
        rows = invite_letters.write(db.session, made, draft, viewer=g.viewer)
    except (Invalid, Conflict) as error:
        db.session.rollback()
        again = invite_pages.to_change(uid)
        problems = error.problems if isinstance(error, Invalid) else {"words": str(error)}
        return _page(again, problems), error.status
    count = "1 letter is" if len(rows) == 1 else f"{len(rows)} letters are"
    said = f"{count} ready to print." if rows else "Everybody had been asked already."
    flash(said, "success")
    db.session.commit()
    return redirect(f"/invite-lists/{uid}/letters#written", 303)


def _page(found: Opened, problems: Mapping[str, str] = NONE) -> str:
    made = found.made
    if made.engagement is None:
        raise NotFound(invite_sending.NO_EVENT)
    built = invite_lists.build(db.session, made, viewer=g.viewer, hand=found.hand)
    asked = invite_approving.read(db.session, made, viewer=g.viewer)
    stands = invite_approving.standing(asked, built)
    panel = uid_from("panel") if request.values.get("panel") else None
    seated = invite_letters.seats(db.session, made, panel)
    told = asked.told if asked else None
    told = told or invite_message.of(db.session, made.engagement, viewer=g.viewer)
    return render_template(
        "invite_lists/write_letters.html",
        made=made,
        entry=made.engagement,
        told=told,
        obstacle=invite_sending.obstacle(made.engagement, told),
        counts={whom: len(invite_letters.open_to(built, whom, seated)) for whom in ("only", "all")},
        written=len(invite_letters.asked_by(made, built, invite_letters.POST)),
        panel=panel,
        stands=stands,
        needed=invite_approving.NEEDED,
        whom=request.form.get("whom", ""),
        words=request.form.get("words", made.words),
        typed=request.form,
        asks_again=event_pages.asks_again(request.form, problems),
        problems=problems,
    )
