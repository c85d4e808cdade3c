"""Asking for help: what is needed, which offers are asked, what they answer, use and thanks."""

import uuid
from collections.abc import Callable, Mapping
from datetime import timedelta
from operator import itemgetter
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, current_app, flash, g, redirect, render_template, request
from flask.typing import ResponseReturnValue
from uuid6 import uuid7
from werkzeug.datastructures import MultiDict

from assetmap.access import PUBLIC
from assetmap.db import db, local_day, now
from assetmap.errors import BadRequest, Conflict, Invalid, NotFound
from assetmap.models import Engagement, Entry, HelpRequest
from assetmap.outside.mail import Mail
from assetmap.register import (
    audit,
    audit_taking,
    deployment,
    entries,
    help_asking,
    help_finding,
    help_requests,
    invite_words,
)
from assetmap.register.features import distance
from assetmap.register.help_finding import Choices
from assetmap.schemas.help_requests import (
    ROLES,
    AskDraft,
    HelpAnswerTaken,
    HelpDraft,
    NearSearch,
    ThanksDraft,
    UseDraft,
)
from assetmap.schemas.reading import from_form, from_query
from assetmap.settings import LOCAL
from assetmap.vocabulary import ContactChannel, Kind
from assetmap.web import contact_words, event_pages, help_words
from assetmap.web.entry_requests import uid_from

bp = Blueprint("help_requests", __name__, url_prefix="/help-requests")

NOT_OURS = frozenset({"csrf_token"})
NOT_OF_THE_FORM = NOT_OURS | {"uid", "version", "offer"}
ANSWER_WITHIN = timedelta(days=7)
NONE: Mapping[str, str] = {}
Typed = MultiDict[str, str]


@bp.get("/")
def browse() -> str:
    """The requests of one's teams; for one entry, or to ask one offer, where it is named."""
    need = _named("need")
    offer = _named("offer", Kind.OFFER)
    found = help_requests.every(db.session, viewer=g.viewer, need=need)
    return render_template(
        "help_requests/list.html",
        found=found,
        removed=help_requests.removed(db.session, viewer=g.viewer),
        need=need,
        offer=offer,
        may_ask=bool(help_requests.teams(g.viewer)),
        today=local_day(now()),
    )


@bp.get("/new")
def new() -> str:
    """A form for what is needed; `need` says what for, `offer` whom to ask first."""
    help_requests.require_asking(g.viewer)
    return _form(_suggested(_named("need")))


@bp.post("/new")
def make() -> ResponseReturnValue:
    """Keep it, and go on to whom to ask."""
    uid = uid_from("uid")
    try:
        draft = from_form(HelpDraft, request.form, ignore=NOT_OF_THE_FORM)
        made, _ = help_requests.put(db.session, uid, draft, viewer=g.viewer)
    except (Invalid, Conflict) as error:
        db.session.rollback()
        return _form(request.form, _problems(error, "title")), error.status
    onward = f"?offer={uid_from('offer')}" if request.form.get("offer") else ""
    path = f"{made.path}/choose{onward}"
    db.session.commit()
    return redirect(path, 303)


@bp.get("/<uuid:uid>")
def show(uid: uuid.UUID) -> str:
    """What is needed, who was asked, and what came of it."""
    return _page(help_requests.find(db.session, uid, viewer=g.viewer))


@bp.get("/<uuid:uid>/edit")
def edit(uid: uuid.UUID) -> str:
    """What those who are asked are told, as a form."""
    made = help_requests.to_change(db.session, uid, viewer=g.viewer)
    return _form(_typed_of(made), made=made)


@bp.post("/<uuid:uid>/edit")
def change(uid: uuid.UUID) -> ResponseReturnValue:
    """Tell those who are asked from now on something else."""
    version = request.form.get("version", "")
    base = int(version) if version.isdecimal() and len(version) < 10 else None
    try:
        draft = from_form(HelpDraft, request.form, ignore=NOT_OF_THE_FORM)
        made, _ = help_requests.put(db.session, uid, draft, viewer=g.viewer, base_version=base)
    except (Invalid, Conflict) as error:
        db.session.rollback()
        made = help_requests.to_change(db.session, uid, viewer=g.viewer)
        typed = request.form.copy()
        if isinstance(error, Conflict):  # saved over what it has now shown
            typed["version"] = str(made.version)
        return _form(typed, _problems(error, "title"), made=made), error.status
    return _done(made, "Saved.")


@bp.get("/<uuid:uid>/choose")
def choose(uid: uuid.UUID) -> ResponseReturnValue:
    """Offers near the need or serving its place, to be ticked."""
    made, g.waiting = help_requests.opened(db.session, uid, viewer=g.viewer)
    try:
        wanted = from_query(NearSearch, request.args)
    except BadRequest as error:
        db.session.rollback()
        made = help_requests.to_change(db.session, uid, viewer=g.viewer)
        return _choosing(made, NearSearch(), error.problems), error.status
    return _choosing(made, wanted)


@bp.post("/<uuid:uid>/ask")
def ask(uid: uuid.UUID) -> ResponseReturnValue:
    """Ask those that were ticked."""
    made = help_requests.to_change(db.session, uid, viewer=g.viewer)
    try:
        draft = from_form(AskDraft, request.form, ignore=NOT_OURS)
        kept = help_asking.ask(db.session, made, draft, viewer=g.viewer)
    except (Invalid, Conflict) as error:
        db.session.rollback()
        made = help_requests.to_change(db.session, uid, viewer=g.viewer)
        problems = dict(_problems(error, "offers"))
        if not request.form.getlist("offers"):
            problems["offers"] = "Tick the offers whose givers you want to ask."
        return _choosing(made, from_query(NearSearch, request.args), problems), error.status
    return _done(made, _asked(len(kept), draft.by))


@bp.post("/<uuid:uid>/asked/<uuid:asked>/answer")
def answer(uid: uuid.UUID, asked: uuid.UUID) -> ResponseReturnValue:
    """Keep an answer that came by phone or otherwise."""

    def keep(made: HelpRequest) -> str:
        draft = from_form(HelpAnswerTaken, request.form, ignore=NOT_OURS)
        help_asking.answer(db.session, made, asked, draft, viewer=g.viewer)
        return "The answer is kept."

    return _kept(uid, asked, keep)


@bp.post("/<uuid:uid>/asked/<uuid:asked>/used")
def used(uid: uuid.UUID, asked: uuid.UUID) -> ResponseReturnValue:
    """Keep that it was used, or that it was not."""

    def keep(made: HelpRequest) -> str:
        draft = from_form(UseDraft, request.form, ignore=NOT_OURS)
        help_asking.use(db.session, made, asked, draft, viewer=g.viewer)
        return "It is kept with the offer." if draft.used_on else "Taken back: it was not used."

    return _kept(uid, asked, keep)


@bp.post("/<uuid:uid>/asked/<uuid:asked>/thanks")
def thanks(uid: uuid.UUID, asked: uuid.UUID) -> ResponseReturnValue:
    """Thank them, or keep that somebody has."""

    def keep(made: HelpRequest) -> str:
        draft = from_form(ThanksDraft, request.form, ignore=NOT_OURS)
        help_asking.thank(db.session, made, asked, draft, viewer=g.viewer)
        is_sent = draft.by == ContactChannel.EMAIL
        return "Your thanks are on the way." if is_sent else "It is kept that you thanked them."

    return _kept(uid, asked, keep)


@bp.post("/<uuid:uid>/asked/<uuid:asked>/take-back")
def take_back(uid: uuid.UUID, asked: uuid.UUID) -> ResponseReturnValue:
    """They were not asked after all."""

    def keep(made: HelpRequest) -> str:
        help_asking.take_back(db.session, made, asked, viewer=g.viewer)
        return "Taken back: it counts no more, and their link takes no answer."

    return _kept(uid, asked, keep)


@bp.post("/<uuid:uid>/close")
def close(uid: uuid.UUID) -> ResponseReturnValue:
    """No more help is looked for, or it is again."""
    made = help_requests.to_change(db.session, uid, viewer=g.viewer)
    closed = request.form.get("closed") != "false"
    help_requests.close(db.session, made, closed=closed, viewer=g.viewer)
    return _done(made, "Closed. Thank those who helped." if closed else "It is open again.")


@bp.post("/<uuid:uid>/remove")
def remove(uid: uuid.UUID) -> ResponseReturnValue:
    """Take the request off the lists."""
    made = help_requests.to_change(db.session, uid, viewer=g.viewer)
    help_requests.remove(db.session, made, viewer=g.viewer)
    flash(f"“{made.title}” is taken away. What was asked and used stays known.", "success")
    db.session.commit()
    return redirect("/help-requests/", 303)


@bp.post("/<uuid:uid>/put-back")
def put_back(uid: uuid.UUID) -> ResponseReturnValue:
    """Undo that."""
    return _done(help_requests.put_back(db.session, uid, viewer=g.viewer), "It is back.")


def _named(name: str, kind: Kind | None = None) -> Entry | None:
    given = request.values.get(name, "")
    return entries.find(db.session, uid_from(name), viewer=g.viewer, kind=kind) if given else None


def _suggested(need: Entry | None) -> Typed:
    """What a form begins with: of an event, when and where it is and whom to ask, as far as
    everybody may know that."""
    today = local_day(now())
    given = request.args
    typed = {name: given[name] for name in ("need", "action", "offer") if name in given}
    last = today + ANSWER_WITHIN
    if isinstance(need, Engagement):
        typed |= {"ask_who": need.ask_who, "ask_how": need.ask_how}
        on = need.starts_at.astimezone(LOCAL).date()
        if on >= today:
            last = min(last, on)
            typed |= {"needed_on": on.isoformat()}
    if need is not None and _is_public(need):
        typed |= {"place": need.shown_address[:200]}
    return MultiDict(typed | {"answer_by": last.isoformat(), "wanted": "1"})


def _is_public(need: Entry) -> bool:
    try:
        entries.find(db.session, need.uid, viewer=PUBLIC)
    except NotFound:
        return False
    return True


def _typed_of(made: HelpRequest) -> Typed:
    names = ("role", "title", "words", "place", "answer_by", "wanted", "ask_who", "ask_how")
    typed = {name: str(getattr(made, name)) for name in names}
    typed["needed_on"] = made.needed_on.isoformat() if made.needed_on else ""
    return MultiDict(typed | {"version": str(made.version)})


def _form(
    typed: Typed, problems: Mapping[str, str] = NONE, *, made: HelpRequest | None = None
) -> str:
    teams = help_requests.teams(g.viewer)
    need = made.need if made else _named("need")
    own = teams.get(need.team_id) if need else None
    return render_template(
        "help_requests/form.html",
        made=made,
        need=need,
        typed=typed,
        asks_again=event_pages.asks_again(typed, problems),
        problems=dict(problems),
        form_uid=typed.get("uid") or uuid7(),
        teams=sorted(((str(one.uid), one.name) for one in teams.values()), key=itemgetter(1)),
        team=typed.get("team") or (str(own.uid) if own else ""),
        roles=[("", "None of these"), *((code, help_words.ROLES[code]) for code in ROLES)],
    )


def _choosing(made: HelpRequest, wanted: NearSearch, problems: Mapping[str, str] = NONE) -> str:
    found = _found(made, wanted)
    mail: Mail = current_app.extensions["mail"]
    most, days = deployment.asked_limit(db.session)
    page = render_template(
        "help_requests/choose.html",
        made=made,
        found=found,
        wanted=wanted,
        ticked=request.form.getlist("offers") or ([str(wanted.offer)] if wanted.offer else []),
        by=request.form.get("by", "email"),
        words=contact_words,
        ways=help_words.ASK_BY,
        far=distance,
        more=urlencode(request.args.to_dict() | {"cursor": found.next_cursor or ""}),
        has_mail=mail.is_set,
        is_open=made.is_open(local_day(now())),
        limit=(most, days),
        problems=dict(problems),
    )
    hits = [one.hit for one in found.rows]
    audit_taking.read(db.session, hits, viewer=g.viewer, filters=request.args)
    audit.before_it_leaves(db.session)
    db.session.commit()
    return page


def _found(made: HelpRequest, wanted: NearSearch) -> Choices:
    if wanted.offer is not None:
        return help_finding.one(db.session, made, wanted.offer, viewer=g.viewer)
    return help_finding.offers(db.session, made, wanted, viewer=g.viewer)


def _page(
    made: HelpRequest,
    problems: Mapping[str, str] = NONE,
    of: uuid.UUID | None = None,
) -> str:
    found = help_asking.of(db.session, made, viewer=g.viewer)
    stands = [one for one in found if one.ask.taken_back_at is None]
    page = render_template(
        "help_requests/show.html",
        made=made,
        rows=stands,
        never=[one for one in found if one.ask.taken_back_at is not None],
        states=help_words.STATES,
        roles=help_words.ROLES,
        stopped=invite_words.stopped,
        words=contact_words,
        ways=[(one.value, name) for one, name in contact_words.CHANNELS.items()],
        may_change=help_requests.may_ask(g.viewer, made.team_id),
        is_open=made.is_open(local_day(now())),
        today=local_day(now()),
        of=of,
        typed=request.form,
        problems=dict(problems),
    )
    help_asking.note_read(db.session, found, viewer=g.viewer)
    audit.before_it_leaves(db.session)
    db.session.commit()
    return page


def _kept(
    uid: uuid.UUID, asked: uuid.UUID, keep: Callable[[HelpRequest], str]
) -> ResponseReturnValue:
    """Keep something about one that was asked; where it cannot be, what was typed stays."""
    made = help_requests.to_change(db.session, uid, viewer=g.viewer)
    try:
        said = keep(made)
    except (Invalid, Conflict) as error:
        db.session.rollback()
        made = help_requests.find(db.session, uid, viewer=g.viewer)
        return _page(made, _problems(error, "answer"), asked), error.status
    return _done(made, said)


def _asked(count: int, by: ContactChannel) -> str:
    if not count:
        return "They had been asked already."
    if by == ContactChannel.EMAIL:
        return "1 message is on its way." if count == 1 else f"{count} messages are on their way."
    one = "1 offer was" if count == 1 else f"{count} offers were"
    return f"Kept: {one} asked {contact_words.BY[by]}."


def _problems(error: Invalid | Conflict, field: str) -> Mapping[str, Any]:
    return error.problems if isinstance(error, Invalid) else {field: str(error)}


def _done(made: HelpRequest, words: str) -> ResponseReturnValue:
    path = made.path
    flash(words, "success")
    db.session.commit()
    return redirect(path, 303)
