"""Inviting the people of a list by e-mail, and what becomes of it: answers, reminders, who came."""

import uuid
from collections.abc import Mapping, Sequence

from flask import Blueprint, current_app, flash, g, redirect, render_template, request
from flask.typing import ResponseReturnValue

from assetmap.db import db, local_day, now
from assetmap.errors import Conflict, Invalid, NotFound
from assetmap.models import InviteList
from assetmap.outside.mail import Mail
from assetmap.register import (
    audit,
    invite_answers,
    invite_approving,
    invite_lists,
    invite_message,
    invite_sending,
    invite_words,
    panel_replies,
)
from assetmap.register.invite_answers import Answered
from assetmap.register.invite_opening import Opened
from assetmap.schemas.invite_lists import (
    MOST_BESIDE,
    AnswerDraft,
    ApprovalDraft,
    ArrivedDraft,
    OffDraft,
    PlaceToldDraft,
    RemindDraft,
    SendDraft,
)
from assetmap.schemas.reading import from_form
from assetmap.vocabulary import ContactChannel
from assetmap.web import contact_words, event_pages, invite_pages
from assetmap.web.entry_requests import uid_from

NOBODY_TO_REMIND = (
    "Nobody was reminded: whoever answered so was written to within a day, twice already, or was"
    " not asked by e-mail."
)
bp = Blueprint("invite_answers", __name__, url_prefix="/invite-lists/<uuid:uid>")

NOT_OURS = frozenset({"csrf_token"})
NONE: Mapping[str, str] = {}
ANSWERS = (("accepted", "Yes"), ("tentative", "Perhaps"), ("declined", "No"))
STATES = {
    "accepted": "Said yes",
    "waiting": "Waiting for a place",
    "tentative": "Said perhaps",
    "asked": "No answer yet",
    "declined": "Said no",
}


@bp.get("/send")
def compose(uid: uuid.UUID) -> ResponseReturnValue:
    """What is mailed, and to how many, before it is."""
    return _sending(invite_pages.to_change(uid))


@bp.post("/send")
def send(uid: uuid.UUID) -> ResponseReturnValue:
    """Have it mailed."""
    made = invite_lists.to_change(db.session, uid, viewer=g.viewer)
    try:
        draft = from_form(SendDraft, request.form, ignore=NOT_OURS)
        rows = invite_sending.send(db.session, made, draft, viewer=g.viewer)
    except (Invalid, Conflict) as error:
        db.session.rollback()
        again = invite_pages.to_change(uid)
        problems = error.problems if isinstance(error, Invalid) else {"words": str(error)}
        return _sending(again, problems), error.status
    count = "1 invitation is" if len(rows) == 1 else f"{len(rows)} invitations are"
    return _done(made, f"{count} {_going()}." if rows else "Everybody had been asked already.")


@bp.post("/send/approval")
def ask_approval(uid: uuid.UUID) -> ResponseReturnValue:
    """Ask that somebody else looks before it is mailed."""
    made = invite_lists.to_change(db.session, uid, viewer=g.viewer)
    try:
        draft = from_form(ApprovalDraft, request.form, ignore=NOT_OURS | {"panel"})
        invite_approving.ask(db.session, made, draft, viewer=g.viewer)
    except (Invalid, Conflict) as error:
        db.session.rollback()
        again = invite_pages.to_change(uid)
        problems = error.problems if isinstance(error, Invalid) else {"words": str(error)}
        return _sending(again, problems), error.status
    flash("Asked for. It is sent by you once it is approved.", "success")
    db.session.commit()
    panel = f"?panel={uid_from('panel')}" if request.form.get("panel") else ""
    return redirect(f"/invite-lists/{uid}/send{panel}", 303)


@bp.get("/answers")
def show(uid: uuid.UUID) -> str:
    """Who answered what, and who came."""
    return _page(invite_pages.opened(uid).made)


@bp.post("/answers")
def enter(uid: uuid.UUID) -> ResponseReturnValue:
    """Keep an answer that came by phone or otherwise."""
    made = invite_lists.to_change(db.session, uid, viewer=g.viewer)
    try:
        draft = from_form(AnswerDraft, request.form, ignore=NOT_OURS)
        reply = invite_answers.enter(db.session, made, draft, viewer=g.viewer)
    except Invalid as error:
        db.session.rollback()
        again = invite_lists.find(db.session, uid, viewer=g.viewer)
        return _page(again, error.problems), error.status
    except Conflict as error:
        return _done(made, str(error), tone="warning")
    return _done(made, f"Kept: {STATES[reply.state].lower()}.")


@bp.post("/answers/remind")
def remind(uid: uuid.UUID) -> ResponseReturnValue:
    """Remind those who answered so, or have not."""
    made = invite_lists.to_change(db.session, uid, viewer=g.viewer)
    try:
        draft = from_form(RemindDraft, request.form, ignore=NOT_OURS)
        count = invite_sending.remind(db.session, made, draft, viewer=g.viewer)
    except Invalid:
        db.session.rollback()
        again = invite_lists.find(db.session, uid, viewer=g.viewer)
        return _page(again, {"states": "Tick whom to remind."}), Invalid.status
    except Conflict as error:
        return _done(made, str(error), tone="warning")
    said = "1 reminder is" if count == 1 else f"{count} reminders are"
    if count and invite_approving.held(db.session, made, viewer=g.viewer):
        return _done(made, f"{said} ready. {invite_approving.HELD_WORDS}")
    return _done(made, f"{said} {_going()}." if count else NOBODY_TO_REMIND)


@bp.post("/answers/call-off")
def call_off(uid: uuid.UUID) -> ResponseReturnValue:
    """Tell those who were invited that it does not take place."""
    made = invite_lists.to_change(db.session, uid, viewer=g.viewer)
    try:
        draft = from_form(OffDraft, request.form, ignore=NOT_OURS)
        count = invite_sending.call_off(db.session, made, draft, viewer=g.viewer)
    except Invalid as error:
        db.session.rollback()
        again = invite_lists.find(db.session, uid, viewer=g.viewer)
        return _page(again, error.problems), error.status
    except Conflict as error:
        return _done(made, str(error), tone="warning")
    said = "1 message is" if count == 1 else f"{count} messages are"
    return _done(made, f"{said} {_going()}." if count else "Everybody had been told already.")


@bp.post("/answers/came")
def came(uid: uuid.UUID) -> ResponseReturnValue:
    """Keep that somebody came, or take it back."""
    made = invite_lists.to_change(db.session, uid, viewer=g.viewer)
    draft = from_form(ArrivedDraft, request.form, ignore=NOT_OURS)
    try:
        invite_answers.check_in(db.session, made, draft, viewer=g.viewer)
    except Conflict as error:
        return _done(made, str(error), tone="warning")
    return _done(made, "Kept: they came." if draft.came else "Taken back: they did not come.")


@bp.post("/answers/told")
def told(uid: uuid.UUID) -> ResponseReturnValue:
    """Keep that somebody was told of their place, or take it back."""
    made = invite_lists.to_change(db.session, uid, viewer=g.viewer)
    draft = from_form(PlaceToldDraft, request.form, ignore=NOT_OURS)
    try:
        invite_answers.tell_of_place(db.session, made, draft, viewer=g.viewer)
    except Conflict as error:
        return _done(made, str(error), tone="warning")
    return _done(made, "Kept: they were told." if draft.told else "Taken back: still to be told.")


@bp.post("/answers/came-back")
def came_back(uid: uuid.UUID) -> ResponseReturnValue:
    """A message came back: nothing goes to that address any more."""
    made = invite_lists.to_change(db.session, uid, viewer=g.viewer)
    invite_answers.came_back(db.session, made, uid_from("person"), viewer=g.viewer)
    return _done(made, "Kept. Nothing is sent to that address any more.")


@bp.post("/answers/fill")
def fill(uid: uuid.UUID) -> ResponseReturnValue:
    """Give places that have become free to those who wait."""
    made = invite_lists.to_change(db.session, uid, viewer=g.viewer)
    count = invite_answers.fill(db.session, made, viewer=g.viewer)
    return _done(made, f"{count} moved up." if count else "There is no place for any who wait.")


def _sending(found: Opened, problems: Mapping[str, str] = NONE) -> str:
    made = found.made
    built = invite_lists.build(db.session, made, viewer=g.viewer, hand=found.hand)
    rows = built.rows
    panel = uid_from("panel") if request.values.get("panel") else None
    if panel is not None:
        seated = set(panel_replies.seated(db.session, made, panel))
        rows = [row for row in rows if any(one.uid in seated for one in row.people)]
    mail: Mail = current_app.extensions["mail"]
    event = made.engagement
    if event is None:
        raise NotFound(invite_sending.NO_EVENT)
    asked = invite_approving.read(db.session, made, viewer=g.viewer)
    stands = invite_approving.standing(asked, built)
    told = asked.told if asked else None
    told = told or invite_message.of(db.session, event, viewer=g.viewer)
    return render_template(
        "invite_lists/send.html",
        made=made,
        entry=event,
        told=told,
        obstacle=invite_sending.obstacle(event, told),
        panel=panel,
        count=sum(ContactChannel.EMAIL in row.ways for row in rows),
        others=sum(ContactChannel.EMAIL not in row.ways for row in rows),
        written=sum(bool(invite_approving.BY & row.ways.keys()) for row in rows),
        has_mail=mail.is_set,
        stands=stands,
        held=len(asked.held) if asked else 0,
        elsewhere=sum(
            any(one.team_id != made.team_id for one in row.people)
            for row in built.rows
            if invite_approving.BY & row.ways.keys()
        ),
        needed=invite_approving.NEEDED,
        approvers=asked.approvers if asked and not stands.may_go else (),
        words=request.form.get("words", made.words),
        typed=request.form,
        asks_again=event_pages.asks_again(request.form, problems),
        problems=problems,
    )


def _going() -> str:
    """What becomes of messages that were made ready."""
    mail: Mail = current_app.extensions["mail"]
    return "on the way" if mail.is_set else "ready, and will go once a mail server is set"


def _to_tell(made: InviteList, rows: Sequence[Answered]) -> list[tuple[Answered, list[str]]]:
    """Who is to be told of their place, each with how they may be reached."""
    return [
        (row, contact_words.reach(row.person, ways))
        for row, ways in invite_answers.untold(db.session, made, rows, viewer=g.viewer)
    ]


def _page(made: InviteList, problems: Mapping[str, str] = NONE) -> str:
    found = invite_answers.every(db.session, made, viewer=g.viewer)
    event = made.engagement
    assert event is not None  # or there were no answers
    may_change = invite_lists.may_change(g.viewer, made)
    to_tell = _to_tell(made, found.rows) if may_change and event.ends_at > now() else []
    text = " ".join(request.args.get("text", "")[:100].split())
    shown = {state: found.called(state, text) for state in STATES}
    page = render_template(
        "invite_lists/answers.html",
        made=made,
        entry=event,
        found=found,
        text=text,
        shown=shown,
        states=STATES,
        answers=ANSWERS,
        words=contact_words,
        ways=[(one.value, name) for one, name in contact_words.CHANNELS.items()],
        most_beside=MOST_BESIDE,
        stopped=[(invite_words.stopped(why), n) for why, n in found.stopped.items()],
        untold=len(invite_sending.untold(db.session, made)),
        held=len(invite_approving.held(db.session, made, viewer=g.viewer)) if may_change else 0,
        to_tell=to_tell,
        is_off=event.status == "cancelled" or not event.is_live,
        has_begun=local_day(event.starts_at) <= local_day(now()),
        is_over=event.ends_at <= now(),
        may_change=may_change,
        typed=request.form,
        asks_again=event_pages.asks_again(request.form, problems),
        problems=dict(problems),
    )
    read = [row for rows in shown.values() for _, row in rows] + [row for row, _ in to_tell]
    invite_answers.note_read(db.session, made, read, viewer=g.viewer)
    if found.bounced:
        invite_lists.note_people(db.session, made, found.bounced, viewer=g.viewer)
    audit.before_it_leaves(db.session)
    db.session.commit()
    return page


def _done(made: InviteList, words: str, *, tone: str = "success") -> ResponseReturnValue:
    path = f"{made.path}/answers"
    if tone == "warning":
        db.session.rollback()
    flash(words, tone)
    db.session.commit()
    return redirect(path, 303)
