"""The link in an invitation: whether one comes, how many come along and what they need, without an
account; and the pass that it becomes at the door."""

from collections.abc import Mapping
from urllib.parse import quote

from flask import Blueprint, Response, flash, g, redirect, render_template, request
from flask.typing import ResponseReturnValue

from assetmap.db import db
from assetmap.errors import Conflict, Invalid, NotFound
from assetmap.formats import calendar
from assetmap.gate import limiter, public
from assetmap.register import (
    audit,
    calendars,
    invite_answers,
    invite_letters,
    invite_message,
    invite_sending,
    replies,
)
from assetmap.register.replies import Asked
from assetmap.schemas.invite_lists import MOST_BESIDE, ArrivedDraft, ReplyDraft
from assetmap.schemas.reading import from_form
from assetmap.web import codes
from assetmap.web.private import private

bp = Blueprint("replying", __name__)

TRIES = "60/minute"
LONGEST_CODE = 60
NOT_OURS = frozenset({"csrf_token"})
NONE: Mapping[str, str] = {}
THANKS = {
    "accepted": "Thank you: we expect you.",
    "waiting": "Thank you. All places are taken by now: you are on the waiting list, and we write"
    " to you as soon as there is one.",
    "tentative": "Thank you. Tell us by this link as soon as you know.",
    "declined": "Thank you for telling us.",
}
WAITS = (
    "Thank you. All places are taken by now: you are on the waiting list. Look here again, or ask"
    " us, before you come."
)


@bp.get("/reply/")
@limiter.limit(TRIES)
@public
def type_code() -> Response:
    """Where somebody types the code of a letter, who left it out of the address."""
    return private(render_template("invite_lists/reply_code.html", said="", code=""))


@bp.post("/reply/")
@limiter.limit(TRIES)
@public
def typed_code() -> ResponseReturnValue:
    """Lead on to the invitation. The code is in no address before, which others would keep."""
    code = " ".join(request.form.get("code", "")[:LONGEST_CODE].split())
    try:
        replies.of_link(db.session, code)
    except NotFound as error:
        return _not_found(error, code)
    return redirect(f"/reply/{quote(code, safe='')}", 303)


@bp.get("/reply/<token>")
@limiter.limit(TRIES)
@public
def ask(token: str) -> Response:
    """What one is invited to, and the answer that stands."""
    try:
        return _page(token, replies.of_link(db.session, token))
    except NotFound as error:
        return _not_found(error)


@bp.post("/reply/<token>")
@limiter.limit(TRIES)
@public
def answer(token: str) -> ResponseReturnValue:
    """Keep the answer; until the event begins it may be another."""
    try:
        draft = from_form(ReplyDraft, request.form, ignore=NOT_OURS)
        asked = replies.answer_by_link(db.session, token, draft)
    except NotFound as error:
        db.session.rollback()
        return _not_found(error)
    except Conflict:
        db.session.rollback()
        return _page(token, replies.of_link(db.session, token), status=409)
    except Invalid as error:
        db.session.rollback()
        problems = dict(error.problems)
        if "answer" in problems:
            problems["answer"] = "Choose one."
        return _page(token, replies.of_link(db.session, token), problems, error.status)
    thanks = THANKS[asked.reply.state]
    if asked.reply.state == "waiting" and asked.reply.mail != "sent":
        thanks = WAITS
    flash(thanks, "success")
    db.session.commit()
    back = redirect(f"/reply/{token}", 303)
    back.headers["Referrer-Policy"] = "no-referrer"
    return back


@bp.get("/reply/<token>/event.ics")
@limiter.limit(TRIES)
@public
def dated(token: str) -> Response:
    """The event for their calendar, by the uid that it has in the feeds; where it is called off,
    what takes it out again."""
    try:
        asked = replies.of_link(db.session, token)
    except NotFound as error:
        return _not_found(error)
    inviter = invite_sending.on_behalf(db.session, asked.reply)
    told = invite_message.of(db.session, asked.event, viewer=inviter)
    about = "\n\n".join(part for part in (told.aims, told.ask and f"Questions: {told.ask}") if part)
    one = calendars.invited(db.session, asked.event, about, viewer=inviter)
    method = "CANCEL" if one.status == "CANCELLED" else "PUBLISH"
    answer = private(calendar.write(one.title, "", [one], method=method))
    answer.content_type = calendar.TYPE
    answer.headers["Content-Disposition"] = f'attachment; filename="{asked.event.ref}.ics"'
    return answer


@bp.get("/came/<token>")
def at_the_door(token: str) -> Response:
    """Whoever shows this pass, for those who look after the list."""
    made, row = invite_answers.of_pass(db.session, token, viewer=g.viewer)
    page = render_template("invite_lists/pass.html", made=made, entry=made.engagement, row=row)
    invite_answers.note_read(db.session, made, [row], viewer=g.viewer)
    audit.before_it_leaves(db.session)
    db.session.commit()
    return private(page)


@bp.post("/came/<token>")
def came(token: str) -> ResponseReturnValue:
    """Keep that they came."""
    made, row = invite_answers.of_pass(db.session, token, viewer=g.viewer)
    draft = ArrivedDraft(person=row.person.uid)
    invite_answers.check_in(db.session, made, draft, viewer=g.viewer)
    flash(f"{row.person.called} is in.", "success")
    db.session.commit()
    return redirect(f"/came/{token}", 303)


def _not_found(error: NotFound, code: str = "") -> Response:
    """That a link is none of ours, and where to type the code of a letter again."""
    page = render_template("invite_lists/reply_code.html", said=str(error), code=code)
    return private(page, error.status)


def _page(
    token: str, asked: Asked, problems: Mapping[str, str] = NONE, status: int = 200
) -> Response:
    inviter = invite_sending.on_behalf(db.session, asked.reply)
    typed = request.form if problems else None
    return private(
        render_template(
            "invite_lists/reply.html",
            asked=asked,
            token=token,
            stop=invite_letters.stop_token(db.session, asked),
            told=invite_message.of(db.session, asked.event, viewer=inviter),
            entry=asked.event,
            reply=asked.reply,
            needs=typed.get("needs", "") if typed else replies.needs_of(db.session, asked.reply),
            party=typed.get("party", "") if typed else str(asked.reply.party),
            answer=typed.get("answer", "") if typed else asked.reply.state,
            most_beside=MOST_BESIDE,
            places=replies.places(db.session, asked.event),
            problems=problems,
            drawn=codes.drawn(f"{codes.root()}/came/{token}"),
        ),
        status,
    )
