"""Balance: drawing a panel out of an invite list that meets quotas, and replacing who declines."""

import uuid
from collections.abc import Mapping
from typing import Any

from flask import (
    Blueprint,
    Response,
    current_app,
    flash,
    g,
    jsonify,
    redirect,
    render_template,
    request,
)
from flask.typing import ResponseReturnValue
from uuid6 import uuid7

from assetmap.db import db
from assetmap.errors import Conflict, Invalid
from assetmap.models import InviteList, InvitePanel
from assetmap.outside.queue import Queue
from assetmap.register import (
    audit,
    balance_form,
    balance_words,
    balancing,
    invite_lists,
    panel_reading,
    panel_replies,
    reach,
)
from assetmap.register.invite_hand import Hand
from assetmap.register.invite_people import Built
from assetmap.schemas.invite_panels import PanelDraft
from assetmap.schemas.reading import checked
from assetmap.web import invite_pages
from assetmap.web.entry_requests import uid_from

bp = Blueprint("invite_panels", __name__, url_prefix="/invite-lists/<uuid:uid>")

NONE: Mapping[str, str] = {}
TO_ASK = (panel_replies.NOT_ASKED, panel_replies.OTHER_WAYS)
SAID = ("seats", "reserves", "each_group", "seed", "why")
USUAL_SEATS = 40


@bp.get("/balance")
def new(uid: uuid.UUID) -> ResponseReturnValue:
    """A form for a panel, and those that were drawn. `fill`: quotas by who lives there; `like`:
    those of a panel, or what would have worked for it."""
    opened = invite_pages.opened(uid)
    made = opened.made
    typed: dict[str, str] = {"seats": str(USUAL_SEATS), "reserves": "0"}
    typed |= {name: request.args[name] for name in ("seats", "why") if name in request.args}
    if request.args.get("like"):
        typed |= _like(balancing.find(db.session, made, uid_from("like")))
    return form_of(made, typed, fill=bool(request.args.get("fill")), hand=opened.hand)


@bp.post("/balance")
def draw(uid: uuid.UUID) -> ResponseReturnValue:
    """Draw it."""
    made = invite_lists.to_change(db.session, uid, viewer=g.viewer)
    panel_uid = uid_from("uid")
    try:
        draft = _draft()
        panel = balancing.draw(db.session, made, panel_uid, draft, viewer=g.viewer)
        if _is_another(panel, draft):  # the browser's Back, and then something else
            panel_uid = uuid7()
            panel = balancing.draw(db.session, made, panel_uid, draft, viewer=g.viewer)
    except (Invalid, Conflict) as error:
        db.session.rollback()
        problems = error.problems if isinstance(error, Invalid) else {"seats": str(error)}
        again = invite_lists.to_change(db.session, uid, viewer=g.viewer)
        return form_of(again, request.form.to_dict(), problems), error.status
    path = _path(made, panel)
    db.session.commit()
    _ask_for(panel_uid)
    return redirect(path, 303)


@bp.get("/panels/<uuid:panel_uid>")
def show(uid: uuid.UUID, panel_uid: uuid.UUID) -> str:
    """Who has a seat, who stands by, with what chance, and whether the quotas are met."""
    opened = invite_pages.opened(uid)
    made = opened.made
    built = invite_lists.build(
        db.session,
        made,
        viewer=g.viewer,
        hand=opened.hand,
        beside=lambda _: panel_reading.queries(made, panel_uid),
    )
    may_ask = frozenset(one.id for row in built.rows for one in row.people)
    asked = {one.id for row in built.asked for one in row.people}
    whole = panel_reading.whole(db.session, built, viewer=g.viewer, may_ask=may_ask)
    panel, places, met = whole.panel, whole.places, whole.met
    states = {one.id: whole.answers.get(one.person_id, panel_replies.NOT_ASKED) for one in places}
    seated = [one for one in places if one.state == "seated"]
    to_invite = [one for one in seated if states[one.id] in TO_ASK]
    shown = render_template(
        "invite_lists/panel.html",
        made=made,
        entry=made.engagement,
        panel=panel,
        path=_path(made, panel),
        seated=seated,
        states=states,
        is_free=panel_replies.FREE,
        is_open=panel_replies.OPEN,
        answered=balance_words.answered([states[one.id] for one in seated]),
        to_invite=sum(one.person_id in may_ask for one in to_invite),
        names={one.id: one.person.called for one in places},
        reserves=[one for one in places if one.state == "reserve"],
        declined=[one for one in places if one.state == "declined"],
        hidden=whole.hidden,
        drawn_by=whole.drawn_by,
        quotas=[
            (balance_words.section(quota["dimension"], quota["category"]), quota, count)
            for quota, (count, _) in zip(panel.quotas, met, strict=False)
            if quota["dimension"] != balancing.GROUP
        ],
        through=_through(built),
        counts_for={one.id: balance_words.counts_for(one, panel) for one in places},
        unmet=balance_words.unmet(panel, met) if met else [],
        may_ask=may_ask,
        asked=asked,
        words=balance_words,
        may_change=invite_lists.may_change(g.viewer, made),
    )
    people = [(one.person, whole.agreements[one.person_id]) for one in places]
    invite_lists.note_shown(db.session, made, people, viewer=g.viewer)
    audit.before_it_leaves(db.session)
    db.session.commit()
    return shown


@bp.get("/panels/<uuid:panel_uid>/progress")
def progress(uid: uuid.UUID, panel_uid: uuid.UUID) -> Response:
    """Whether it is drawn, for the page that waits."""
    made = invite_lists.find(db.session, uid, viewer=g.viewer)
    panel = balancing.find(db.session, made, panel_uid)
    said = {"text": balance_words.STATES[panel.state], "done": 0, "total": 0}
    is_done = panel.state != "drawing"
    return jsonify(said | {"finished": is_done, "next_url": _path(made, panel)})


@bp.post("/panels/<uuid:panel_uid>/again")
def again(uid: uuid.UUID, panel_uid: uuid.UUID) -> ResponseReturnValue:
    """Ask for the draw again where it was stopped. It is never done twice."""
    made = invite_lists.to_change(db.session, uid, viewer=g.viewer)
    panel = balancing.find(db.session, made, panel_uid)
    path = _path(made, panel)
    _ask_for(panel_uid)
    return redirect(path, 303)


@bp.post("/panels/<uuid:panel_uid>/declined")
def decline(uid: uuid.UUID, panel_uid: uuid.UUID) -> ResponseReturnValue:
    """Somebody does not take their seat."""
    made = invite_lists.to_change(db.session, uid, viewer=g.viewer)
    panel = balancing.find(db.session, made, panel_uid)
    person = uid_from("person")
    try:
        instead = balancing.decline(db.session, made, panel, person, viewer=g.viewer)
    except Conflict as error:
        return _done(made, panel, str(error), "warning")
    if instead is None:
        return _done(made, panel, "Kept. Nobody is left who could take the seat.", "warning")
    unmet = balance_words.unmet(panel, panel_reading.met(db.session, panel))
    if unmet:
        said = f"Kept. Somebody else has the seat now; not every quota is met: {'; '.join(unmet)}."
        return _done(made, panel, said, "warning")
    return _done(made, panel, "Kept. Somebody else has the seat now, and every quota is met.")


@bp.post("/panels/<uuid:panel_uid>/declined/take-back")
def take_back(uid: uuid.UUID, panel_uid: uuid.UUID) -> ResponseReturnValue:
    """They did not decline after all."""
    made = invite_lists.to_change(db.session, uid, viewer=g.viewer)
    panel = balancing.find(db.session, made, panel_uid)
    try:
        balancing.take_back(db.session, made, panel, uid_from("person"), viewer=g.viewer)
    except Conflict as error:
        return _done(made, panel, str(error), "warning")
    return _done(made, panel, "Taken back: they have their seat again.")


def form_of(
    made: InviteList,
    typed: Mapping[str, str],
    problems: Mapping[str, str] = NONE,
    *,
    fill: bool = False,
    hand: Hand | None = None,
) -> str:
    """The form with what was typed and what is wrong with it, below what was drawn so far."""
    found = balance_form.choices(db.session, made, viewer=g.viewer, hand=hand)
    filled = dict(typed)
    seats = typed.get("seats", "")
    if fill and seats.isdecimal() and 1 <= int(seats[:4]) <= USUAL_SEATS * 10:
        for _, sections in found.dimensions:
            for one in sections:
                if (share := one.by_share(int(seats))) is not None:
                    filled[f"{one.name}-least"], filled[f"{one.name}-most"] = map(str, share)
    return render_template(
        "invite_lists/balance.html",
        made=made,
        entry=made.engagement,
        found=found,
        typed=filled,
        too_few=_too_few(found, filled),
        form_uid=typed.get("uid") or uuid7(),
        drawn=found.drawn,
        words=balance_words,
        may_change=invite_lists.may_change(g.viewer, made),
        problems=dict(problems),
        labels={
            "file": "Quotas from a file",
            "seats": "Seats",
            "reserves": "Reserves",
            "seed": "Seed",
            "why": "What it is for",
        }
        | {"each_group": "Through one group"}
        | {
            f"{one.name}-{end}": f"{one.kind.label}, at {end}"
            for _, sections in found.dimensions
            for one in sections
            for end in ("least", "most")
        },
    )


def _too_few(found: balance_form.Choices, typed: Mapping[str, str]) -> dict[str, str]:
    """Of whom more are wanted than could be drawn, by name: what they are called."""
    wanted = {
        name: int(said) for name, said in typed.items() if len(said) <= 3 and said.isdecimal()
    }
    return {
        one.name: one.kind.label
        for _, sections in found.dimensions
        for one in sections
        if one.there is not None and wanted.get(f"{one.name}-least", 0) > one.there
    }


def quotas_typed() -> tuple[list[dict[str, str]], dict[str, str]]:
    """The quotas in the boxes, and what is wrong by the name of a box."""
    quotas, wrong = list[dict[str, str]](), dict[str, str]()
    for kinds in reach.kinds().values():
        for kind in kinds:
            said = {"dimension": kind.dimension, "code": kind.code}
            for end in ("least", "most"):
                name = f"{kind.dimension}-{kind.code}-{end}"
                number = request.form.get(name, "").strip()
                if number and not (number.isdecimal() and len(number) <= 3):
                    wrong[name] = "Give a whole number of people, up to 500."
                elif number:
                    said[end] = number
            if len(said) > len(("dimension", "code")):
                quotas.append(said)
    return quotas, wrong


def _draft() -> PanelDraft:
    """What was typed. Raises Invalid, for a quota under the name of its box."""
    given: dict[str, Any] = {
        name: request.form[name].strip() for name in SAID if request.form.get(name, "").strip()
    }
    quotas, wrong = quotas_typed()
    try:
        draft = checked(PanelDraft, given | {"quotas": quotas})
    except Invalid as error:
        raise Invalid("; ".join({**error.problems, **wrong}), error.problems | wrong) from error
    if wrong:
        raise Invalid("; ".join(wrong), wrong)
    return draft


def _is_another(panel: InvitePanel, draft: PanelDraft) -> bool:
    """Whether a panel was drawn by other wishes than these."""
    was = panel.seats, panel.reserves, panel.each_group, panel.why, draft.seed and panel.seed
    of_panel = {
        (one["dimension"], one["category"]): (one["least"], one["most"])
        for one in panel.quotas
        if one["dimension"] != balancing.GROUP
    }
    wanted = {
        (one.dimension, one.code): (one.least, draft.seats if one.most is None else one.most)
        for one in draft.quotas
    }
    now_asked = draft.seats, draft.reserves, draft.each_group, draft.why, draft.seed
    return was != now_asked or of_panel != wanted


def _like(panel: InvitePanel) -> dict[str, str]:
    """A panel's own wishes as a form has them; where it could not be drawn, what would work."""
    gives = {(one["dimension"], one["category"]): one for one in panel.eased}
    typed = {"seats": str(panel.seats), "reserves": str(panel.reserves), "why": panel.why}
    typed["each_group"] = str(panel.each_group or "")
    for quota in panel.quotas:
        key = quota["dimension"], quota["category"]
        to = gives.get(key, {})
        name = "-".join(key)
        typed[f"{name}-least"] = str(to.get("to_least", quota["least"]))
        typed[f"{name}-most"] = str(to.get("to_most", quota["most"]))
        if key[0] == balancing.GROUP and to:
            typed["each_group"] = str(max(to["to_most"], int(typed["each_group"])))
    return typed


def _ask_for(panel_uid: uuid.UUID) -> None:
    queue: Queue = current_app.extensions["queue"]
    queue.enqueue("panels.draw", uid=str(panel_uid))


def _path(made: InviteList, panel: InvitePanel) -> str:
    return f"{made.path}/panels/{panel.uid}"


def _done(
    made: InviteList, panel: InvitePanel, words: str, tone: str = "success"
) -> ResponseReturnValue:
    path = _path(made, panel)
    flash(words, tone)
    db.session.commit()
    return redirect(path, 303)


def _through(built: Built) -> dict[int, list[str]]:
    """By their keys, the groups through which people are on the list."""
    return {
        one.id: [way.group.title for way in row.through]
        for row in (*built.rows, *built.asked)
        for one in row.people
    }
