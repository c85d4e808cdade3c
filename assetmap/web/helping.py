"""The link in a request for help: yes, perhaps or no, without an account."""

from collections.abc import Mapping

from flask import Blueprint, Response, flash, redirect, render_template, request
from flask.typing import ResponseReturnValue

from assetmap.db import db
from assetmap.errors import Conflict, Invalid, NotFound
from assetmap.gate import limiter, public
from assetmap.register import help_replies
from assetmap.register.help_replies import Helping
from assetmap.schemas.help_requests import HelpAnswer
from assetmap.schemas.reading import from_form
from assetmap.web import help_words
from assetmap.web.private import private

bp = Blueprint("helping", __name__, url_prefix="/helping")

TRIES = "60/minute"
NOT_OURS = frozenset({"csrf_token"})
NONE: Mapping[str, str] = {}
THANKS = {
    "accepted": "Thank you. Whoever asks is told, and gets in touch with you.",
    "tentative": "Thank you. Tell us by this link as soon as you know.",
    "declined": "Thank you for telling us.",
}


@bp.get("/<token>")
@limiter.limit(TRIES)
@public
def ask(token: str) -> Response:
    """What one is asked for, and the answer that stands."""
    try:
        return _page(help_replies.of_link(db.session, token))
    except NotFound as error:
        return private(render_template("invite_lists/no_reply.html", said=str(error)), 404)


@bp.post("/<token>")
@limiter.limit(TRIES)
@public
def answer(token: str) -> ResponseReturnValue:
    """Keep the answer; until the day has passed it may be another."""
    try:
        draft = from_form(HelpAnswer, request.form, ignore=NOT_OURS)
        found = help_replies.answer_by_link(db.session, token, draft)
    except NotFound as error:
        db.session.rollback()
        return private(render_template("invite_lists/no_reply.html", said=str(error)), 404)
    except (Conflict, Invalid) as error:
        db.session.rollback()
        problems = dict(error.problems) if isinstance(error, Invalid) else {"answer": str(error)}
        if isinstance(error, Invalid) and "answer" in problems:
            problems["answer"] = "Choose one."
        return _page(help_replies.of_link(db.session, token), problems, error.status)
    flash(THANKS[found.ask.state], "success")
    db.session.commit()
    back = redirect(f"/helping/{token}", 303)
    back.headers["Referrer-Policy"] = "no-referrer"
    return back


def _page(found: Helping, problems: Mapping[str, str] = NONE, status: int = 200) -> Response:
    return private(
        render_template(
            "help_requests/reply.html",
            found=found,
            made=found.made,
            said=help_words.STATES.get(found.ask.state, ""),
            role=help_words.ROLES[found.made.role],
            stop=help_replies.stop_token(db.session, found),
            typed=request.form if problems else None,
            problems=dict(problems),
        ),
        status,
    )
