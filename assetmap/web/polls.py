"""Asking the room: questions that people answer on their phones, and what came of them."""

import secrets
import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from flask import Blueprint, g, redirect, render_template, request, session
from flask.typing import ResponseReturnValue
from uuid6 import uuid7

from assetmap.db import db
from assetmap.errors import Invalid, NotOpen
from assetmap.gate import limiter, public
from assetmap.models import Engagement, Poll
from assetmap.register import polls, running
from assetmap.register.polls import Asked
from assetmap.schemas.polls import PollDraft, Vote
from assetmap.schemas.reading import from_form
from assetmap.schemas.surveys import HIGHEST, LOWEST
from assetmap.web import codes, event_pages
from assetmap.web.entry_requests import done, event_shown, event_to_change, uid_from
from assetmap.web.event_pages import NONE, Back

bp = Blueprint("polls", __name__)

AT = "/engagements/<uuid:uid>/polls"
TRIES = "600 per minute"  # sixty people in a hall have one address
PHONE = "phone"  # of the cookie: what tells one phone's answers from another's
NOT_OURS = frozenset({"csrf_token", "uid", "poll"})
SORTS = (
    ("choice", "Answers to choose from"),
    ("scale", f"From {LOWEST}, not at all, to {HIGHEST}, very much"),
)
ACTS = {
    "open": (polls.start, "People can answer now."),
    "close": (polls.close, "The question is closed. What came of it is below."),
    "remove": (polls.remove, "The question is taken away. It can be put back below."),
    "put-back": (polls.put_back, "The question is back."),
}


@bp.get(f"{AT}/")
def show(uid: uuid.UUID) -> str:
    """The questions of an event, with what came of them, and the form for one more."""
    return _page(event_shown(uid), {"uid": str(uuid7()), "kind": "choice"})


@bp.post(f"{AT}/")
def add(uid: uuid.UUID) -> ResponseReturnValue:
    """Write a question; it is not asked yet."""
    event = event_to_change(uid)

    def keep() -> ResponseReturnValue:
        draft = from_form(PollDraft, request.form, ignore=NOT_OURS)
        made = polls.add(db.session, event, uid_from("uid"), draft, viewer=g.viewer)
        return done(event, "The question is kept. Open it when you ask it.", f"/polls/#{made.uid}")

    def again(back: Back) -> str:
        typed = request.form.to_dict()
        if not back.problems:
            typed["uid"] = str(uuid7())
        return _page(event_to_change(uid), typed, back.problems or {"asks": back.said})

    return event_pages.kept_or(keep, again)


@bp.post(f"{AT}/<uuid:poll>/<any(open, close, remove, 'put-back'):act>")
def settle(uid: uuid.UUID, poll: uuid.UUID, act: str) -> ResponseReturnValue:
    """Open it, close it, take it away or put it back."""
    event = event_to_change(uid)
    do, words = ACTS[act]
    do(db.session, event, poll, viewer=g.viewer)
    return done(event, words, "/polls/")


@bp.get(f"{AT}/wall")
def wall(uid: uuid.UUID) -> str:
    """What the room looks at: where to answer what is asked now, else what came of the last."""
    event = event_shown(uid)
    asked = polls.of(db.session, event, viewer=g.viewer)
    is_open = next((one for one in asked if one.state == "open"), None)
    closed = [one for one in asked if one.state == "closed"]
    last = max(closed, key=lambda one: str(one.poll.closes_at), default=None)
    return event_pages.read(
        event, "polls/wall.html", shown=is_open or last, **_joined(asked), rows=rows
    )


@bp.get("/poll/")
@limiter.limit(TRIES)
@public
def join() -> ResponseReturnValue:
    """Where somebody types the code that is on the wall."""
    code = "".join(request.args.get("code", "").split())
    if code.isalnum() and code.isascii():
        return redirect(f"/poll/{code.lower()}", 303)
    said = "A code has letters and numbers only." if code else ""
    return render_template("polls/join.html", code=code[:20], said=said)


@bp.get("/poll/<code>")
@limiter.limit(TRIES)
@public
def ask(code: str) -> str:
    """What is asked now, for anybody who has the address: no account and no name."""
    return _asked(code)


@bp.post("/poll/<code>")
@limiter.limit(TRIES)
@public
def answer(code: str) -> ResponseReturnValue:
    """Keep what this phone chose; until the question is closed it may choose again."""
    room = polls.room(db.session, code)
    try:
        vote = from_form(Vote, request.form, ignore=NOT_OURS)
        if room.poll is None or str(room.poll.uid) != request.form.get("poll", ""):
            raise NotOpen(polls.CLOSED)
        phone = session.setdefault(PHONE, secrets.token_hex(16))
        polls.answer(db.session, room.poll, phone, vote)
    except NotOpen as error:
        db.session.rollback()
        return _asked(code, said=str(error)), 409
    except Invalid:
        db.session.rollback()
        return _asked(code, {"chosen": "Choose one of the answers."}), Invalid.status
    db.session.commit()
    return redirect(f"/poll/{code.lower()}", 303)


def rows(asked: Asked) -> list[dict[str, Any]]:
    """What came of a question, one row an answer, in whole per cents; too few have none."""
    if asked.above is not None:
        return [{"label": "Above 7 out of 10", **codes.per_cents(asked.above)}]
    return [
        {"label": label, **(codes.per_cents(share) if share else {})}
        for label, share in zip(asked.poll.options, asked.shares or (), strict=False)
    ]


def _asked(code: str, problems: Mapping[str, str] = NONE, said: str = "") -> str:
    room = polls.room(db.session, code)
    poll = room.poll
    chosen = polls.chosen(db.session, poll, session.get(PHONE, "")) if poll else None
    return render_template(
        "polls/ask.html",
        title=room.event.title if room.event.visibility == "public" else "This event",
        code=code.lower(),
        poll=poll,
        answers=_answers(poll) if poll else [],
        chosen=chosen,
        problems=dict(problems),
        said=said,
    )


def _answers(poll: Poll) -> list[tuple[int, str]]:
    if poll.kind == "scale":
        return [(number, str(number)) for number in range(LOWEST, HIGHEST + 1)]
    return list(enumerate(poll.options, 1))


def _page(event: Engagement, typed: Mapping[str, Any], problems: Mapping[str, str] = NONE) -> str:
    found = polls.of(db.session, event, viewer=g.viewer, also_removed=True)
    asked = [one for one in found if one.poll.removed_at is None]
    parts = running.of(db.session, event, viewer=g.viewer)
    return event_pages.read(
        event,
        "polls/show.html",
        is_again=bool(problems),
        asked=asked,
        removed=[
            (one.poll.asks, f"{event.path}/polls/{one.poll.uid}/put-back")
            for one in found
            if one.poll.removed_at
        ],
        typed=typed,
        problems=dict(problems),
        sorts=SORTS,
        parts=[("", "Not said"), *((str(part.uid), part.title) for part in parts)],
        rows=rows,
        **_joined(asked),
    )


def _joined(asked: Sequence[Asked]) -> dict[str, Any]:
    """Where people answer, once there is a question."""
    code = asked[0].poll.code if asked else ""
    address = f"{codes.root()}/poll/{code}" if code else ""
    return {"code": code, "address": address, "drawn": codes.drawn(address) if code else ""}
