"""Passing something on, and for the few who receive it: reading it and handing it over."""

import uuid
from collections.abc import Mapping
from datetime import date

from flask import Blueprint, Response, flash, g, redirect, render_template, request
from werkzeug.wrappers import Response as Answered

from assetmap import gate
from assetmap.db import db, local_day, now
from assetmap.errors import BadRequest, Conflict, Invalid
from assetmap.models import Entry, Referral
from assetmap.models.referral import MOVES, UNSENT_WHY
from assetmap.register import (
    audit,
    entries,
    putting_back,
    reasons,
    referral_access,
    referral_keeping,
    referral_raising,
    referrals,
)
from assetmap.register.passing_on import Leftovers
from assetmap.register.referrals import Opened
from assetmap.schemas.reading import from_form, from_query
from assetmap.schemas.referrals import (
    Acknowledged,
    GivenBack,
    HandOver,
    InboxFilter,
    ReferralDraft,
)
from assetmap.vocabulary import REFERRAL_LABELS, Kind
from assetmap.web import labels, passing_on
from assetmap.web.entry_requests import uid_from

bp = Blueprint("referrals", __name__, url_prefix="/referrals")
bp.before_request(gate.in_person)

Answer = str | tuple[str, int] | Answered
NOT_OURS = frozenset(
    {"csrf_token", "from", "uid", "finding", "finding_category", "team", "version", "met_on"}
)
STATES = {
    "raised": "Waiting to be handed over",
    "sent": "Sent, not yet confirmed",
    "acknowledged": "An office has it",
    "returned": "Came back",
    "purged": "Content purged",
}
URGENCIES = {"immediate": "At once", "same_day": "Today", "routine": "In the next days"}
RETURNED_WHY = (
    ("not_theirs", "It is not for them"),
    ("other_office", "It belongs to another office"),
    ("known_already", "They know of it already"),
    ("not_needed", "It is neither crime, safeguarding nor intelligence"),
)
MONTHS = 12


@bp.get("/")
def inbox() -> str:
    """What waits to be handed over, and what was; counts by category and month."""
    wanted = from_query(InboxFilter, request.args)
    lines = referrals.inbox(
        db.session,
        viewer=g.viewer,
        status=wanted.status,
        category=wanted.category,
        due=wanted.due == "yes",
    )
    months = _months(local_day(now()))
    since = date.fromisoformat(f"{months[0][0]}-01")
    return render_template(
        "referrals/list.html",
        lines=lines,
        wanted=wanted,
        states=STATES,
        urgencies=URGENCIES,
        labels=REFERRAL_LABELS,
        months=months,
        counts=referral_keeping.counts(db.session, viewer=g.viewer, since=since),
        too_few=referral_keeping.told(0),
    )


@bp.get("/new")
def new() -> str:
    """A form; `from` names the entry that words are taken out of."""
    referral_access.require_pass_on(g.viewer)
    entry = _source()
    if entry is not None:
        reasons.require(db.session, entry, viewer=g.viewer)
    asked = request.args.get("fields", "")
    return passing_on.form({"fields": asked.split(",") if asked else []}, entry=entry)


@bp.post("/new")
def make() -> Answer:
    """Pass it on; sending it twice passes it on once."""
    uid = uid_from("uid")
    try:
        draft = from_form(ReferralDraft, request.form, ignore=NOT_OURS)
        entry, left = _pass_on(uid, draft)
    except Invalid as error:
        db.session.rollback()
        return _again(error.problems), error.status
    onward = f"/referrals/passed-on?category={draft.category}"
    if entry is not None:
        onward += f"&from={entry.uid}"
    db.session.commit()
    referral_raising.clear_away(db.session, left)
    return redirect(onward, 303)


@bp.get("/passed-on")
def passed_on() -> str:
    """It is passed on; what to do besides."""
    category = request.args.get("category", "")
    return render_template(
        "referrals/passed_on.html",
        urgent=category == "crime_in_action",
        safeguarding=category.startswith("safeguarding"),
        entry=_source(),
    )


@bp.get("/<uuid:uid>")
def show(uid: uuid.UUID) -> str:
    """What it says; that it was read is kept."""
    page = _page(referrals.read(db.session, uid, viewer=g.viewer))
    return _told(page)


@bp.get("/<uuid:uid>/sheet")
def sheet(uid: uuid.UUID) -> str:
    """A sheet to print or to paste into secure mail: what it says, not who said it."""
    opened = referrals.read(db.session, uid, viewer=g.viewer, taken=True)
    if opened.content is None:
        raise Conflict("Its content has been purged. There is nothing to print.")
    return _told(render_template("referrals/sheet.html", **_shown(opened)))


@bp.get("/<uuid:uid>/photos/<int:key>.jpg")
@bp.get("/<uuid:uid>/voice-notes/<int:key>.audio")
def photo(uid: uuid.UUID, key: int) -> Response:
    """A photo or a voice note that went along."""
    data, mime = referrals.photo(db.session, uid, key, viewer=g.viewer)
    audit.before_it_leaves(db.session)
    db.session.commit()
    return Response(data, mimetype=mime, headers={"Cache-Control": "no-store"})


@bp.post("/<uuid:uid>/send")
def send(uid: uuid.UUID) -> Answer:
    """It has gone to an office."""
    try:
        given = from_form(HandOver, request.form, ignore=NOT_OURS)
        referrals.send(db.session, uid, given, viewer=g.viewer)
    except Invalid as error:
        return _refused(uid, error)
    return _kept(uid, "Written down: it has gone to them.")


@bp.post("/<uuid:uid>/acknowledge")
def acknowledge(uid: uuid.UUID) -> Answer:
    """The office has it."""
    try:
        given = from_form(Acknowledged, request.form, ignore=NOT_OURS)
        referrals.acknowledge(db.session, uid, given, viewer=g.viewer)
    except Invalid as error:
        return _refused(uid, error)
    return _kept(uid, "Confirmed. What it says is purged when its days are over.")


@bp.post("/<uuid:uid>/return")
def give_back(uid: uuid.UUID) -> Answer:
    """The office does not take it, or none needs it."""
    try:
        given = from_form(GivenBack, request.form, ignore=NOT_OURS)
        kept = referrals.give_back(db.session, uid, given, viewer=g.viewer)
    except Invalid as error:
        return _refused(uid, error)
    if given.why in UNSENT_WHY and not kept.sent_to:
        return _kept(uid, "Written down: nobody needs it. Hand it over after all, or let it go.")
    return _kept(uid, "Written down: it came back. Hand it to another office, or let it go.")


@bp.post("/<uuid:uid>/purge")
def purge(uid: uuid.UUID) -> Answer:
    """Let go of what it says, now."""
    referrals.purge(db.session, uid, viewer=g.viewer)
    answer = _kept(uid, "Purged. What is left says only that there was one.")
    referral_raising.clear_away(db.session, Leftovers())
    return answer


@bp.post("/<uuid:uid>/put-back")
def put_back(uid: uuid.UUID) -> Answer:
    """It is neither crime nor intelligence: the entry is again what it was."""
    entry, stays = putting_back.put_back(db.session, uid, viewer=g.viewer)
    names = ", ".join(passing_on.field_label(Kind(entry.kind), name) for name in stays)
    words = "Put back: it is again where it was taken from."
    if stays:
        words += f" What somebody has written there since stays: {names}. The history has both."
    answer = _kept(uid, words)
    referral_raising.clear_away(db.session, Leftovers())
    return answer


def _pass_on(uid: uuid.UUID, draft: ReferralDraft) -> tuple[Entry | None, Leftovers]:
    code, entry = request.form.get("finding_category", "")[:24], _source()
    if code and referral_raising.is_route_only(db.session, code):
        stub, raised = referral_raising.log_stub(
            db.session,
            uid_from("finding"),
            code,
            draft,
            viewer=g.viewer,
            team_id=_team(),
            origin=uid_from("met_on") if request.form.get("met_on") else None,
        )
        return stub, raised.left
    if entry is None:
        raised = referral_raising.raise_new(db.session, draft, viewer=g.viewer, uid=uid)
    else:
        raised = referral_raising.raise_from(db.session, entry, draft, viewer=g.viewer, uid=uid)
    return entry, raised.left


def _again(problems: Mapping[str, str]) -> str:
    said = request.form
    typed = {name: said.get(name, "") for name in said} | {"fields": said.getlist("fields")}
    origin = None
    if said.get("met_on"):
        origin = entries.find(db.session, uid_from("met_on"), viewer=g.viewer)
    stub = bool(said.get("finding_category"))
    return passing_on.form(typed, problems, entry=_source(), origin=origin, is_stub=stub)


def _source() -> Entry | None:
    if not request.values.get("from"):
        return None
    return entries.find(db.session, uid_from("from"), viewer=g.viewer)


def _team() -> int | None:
    given = request.form.get("team", "")
    return int(given) if given.isdecimal() and len(given) < 10 else None


def _refused(uid: uuid.UUID, error: Invalid) -> Answer:
    db.session.rollback()
    if isinstance(error, BadRequest):
        raise error
    opened = referrals.read(db.session, uid, viewer=g.viewer)
    page = _page(opened, error.problems)
    return _told(page), error.status


def _kept(uid: uuid.UUID, words: str) -> Answered:
    db.session.commit()
    flash(words, "success")
    return redirect(f"/referrals/{uid}", 303)


def _told(page: str) -> str:
    """The page, once it is on the account that it was read."""
    audit.before_it_leaves(db.session)
    db.session.commit()
    return page


def _page(opened: Opened, problems: Mapping[str, str] | None = None) -> str:
    return render_template(
        "referrals/show.html",
        **_shown(opened),
        moves=MOVES[opened.referral.status],
        problems=problems or {},
        typed=request.form,
        returned_why=[
            pair
            for pair in RETURNED_WHY
            if opened.referral.status != "raised" or pair[0] in UNSENT_WHY
        ],
    )


def _state_of(one: Referral) -> str:
    if one.status == "returned" and not one.sent_to:
        return "Nobody needs it"
    return "Put back" if one.put_back_at else STATES[one.status]


def _shown(opened: Opened) -> dict[str, object]:
    one = opened.referral
    said = opened.content.said if opened.content else ()
    return {
        "one": one,
        "said": [(_where_from(opened.kind, part.field), part.text) for part in said],
        "photos": opened.photos,
        "source": opened.source,
        "entry": opened.entry,
        "sent_by": opened.sent_by,
        "label": REFERRAL_LABELS[one.category],
        "urgency": URGENCIES[one.urgency],
        "state": _state_of(one),
        "why": dict(RETURNED_WHY).get(one.returned_why or "", ""),
        "raised": labels.moment(one.raised_at),
        "sent": labels.moment(one.sent_at) if one.sent_at else "",
        "acknowledged": labels.moment(one.acknowledged_at) if one.acknowledged_at else "",
        "purged": labels.moment(one.purged_at) if one.purged_at else "",
        "put_back": labels.moment(one.put_back_at) if one.put_back_at else "",
        "may_be_put_back": opened.may_be_put_back,
        "purge_due": labels.moment(one.purge_due_at) if one.purge_due_at else "",
    }


def _where_from(kind: Kind | None, name: str) -> str:
    return passing_on.field_label(kind, name) if kind and name else "In their words"


def _months(today: date) -> list[tuple[str, str]]:
    """The last twelve months, the oldest first, as ("2026-11", "Nov 2026")."""
    last = today.year * 12 + today.month - 1
    first = (date(n // 12, n % 12 + 1, 1) for n in range(last - MONTHS + 1, last + 1))
    return [(f"{day:%Y-%m}", f"{day:%b %Y}") for day in first]
