"""Suggestions: what waits for an answer, what one has suggested, and answering."""

import uuid
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

import shapely.geometry
from flask import Blueprint, flash, g, redirect, render_template, request
from werkzeug.wrappers import Response

from assetmap.db import db, local_day, now
from assetmap.errors import Conflict, Invalid
from assetmap.gate import public
from assetmap.models import Entry, Proposal
from assetmap.register import (
    audit,
    claims,
    pointers,
    proposal_answers,
    proposal_reading,
    proposal_undoing,
    proposals,
    reasons,
    text_hygiene,
)
from assetmap.register.proposal_answers import ALONG, Answered, Difference
from assetmap.register.proposal_reading import Found
from assetmap.schemas.proposals import About, ProposalFilter, ProposalState, Refusal
from assetmap.schemas.reading import from_form, from_query
from assetmap.settings import LOCAL
from assetmap.vocabulary import Kind, Role
from assetmap.web import changes, fields, labels, suggest
from assetmap.web.pins import pin

bp = Blueprint("proposals", __name__, url_prefix="/proposals")

Answer = str | tuple[str, int] | Response
STATES = {
    "open": "Waits for an answer",
    "accepted": "Accepted",
    "partly": "Accepted in part",
    "refused": "Not accepted",
    "withdrawn": "Taken back",
    "overtaken": "Overtaken: the entry has gone",
}
ABOUTS = {
    "closed": "It is no more",
    "moved": "It has moved",
    "details": "Details",
    "other": "Something else",
    "right": "Still right",
    "new": "Something missing",
}
assert set(STATES) == set(ProposalState)
assert set(ABOUTS) == set(About)
MAKERS = {
    "public": "Somebody without an account",
    "known": "Somebody who signs in",
    "owner": "The owner of the listing",
    "phone": "A phone on a walkabout",
}

bp.add_url_rule("/new", "ask_new", public(suggest.ask_new), methods=["GET"])
bp.add_url_rule("/new", "send_new", public(suggest.send_new), methods=["POST"])


@bp.get("/")
def browse() -> str:
    """What one may answer, and what one has suggested."""
    wanted = from_query(ProposalFilter, request.args)
    may_answer = proposal_reading.may_answer_any(g.viewer)
    found = proposal_reading.listed(db.session, wanted, viewer=g.viewer) if may_answer else None
    return render_template(
        "proposals/list.html",
        listing=found,
        kept=claims.kept(db.session, viewer=g.viewer),
        mine=proposal_reading.mine(db.session, viewer=g.viewer),
        wanted=wanted,
        states=STATES,
        abouts=ABOUTS,
        makers=MAKERS,
        in_words=in_words,
        day=labels.day,
        next_url=_next(wanted, found.next_after) if found else "",
    )


@bp.get("/<uuid:uid>")
def show(uid: uuid.UUID) -> str:
    """One suggestion: what it would change, and the answer."""
    return _told(_found(uid))


@bp.post("/<uuid:uid>/accept")
def accept(uid: uuid.UUID) -> Answer:
    """Make what was ticked so."""
    try:
        answered = proposal_answers.accept(
            db.session,
            uid,
            set(request.form.getlist("field")),
            viewer=g.viewer,
            version=_number("version"),
            team_id=_number("team"),
        )
    except Invalid as error:
        db.session.rollback()
        return _told(_found(uid), _as_shown(error.problems)), error.status
    except Conflict as clash:
        if not clash.fields:
            raise
        db.session.rollback()
        named = ", ".join(labels.field_name(name).lower() for name in clash.fields)
        return _told(
            _found(uid), {"field": f"Meanwhile somebody has changed: {named}. Look again."}
        ), 409
    changed = " It is on the register now." if answered.proposal.accepted else ""
    return _answered(answered, f"Accepted.{changed}")


@bp.post("/<uuid:uid>/refuse")
def refuse(uid: uuid.UUID) -> Answer:
    """Say no, and why."""
    try:
        given = from_form(Refusal, request.form)
        answered = proposal_answers.refuse(db.session, uid, given.why, viewer=g.viewer)
    except Invalid as error:
        db.session.rollback()
        return _told(_found(uid), error.problems), error.status
    return _answered(answered, "Answered: not accepted.")


@bp.post("/<uuid:uid>/undo")
def undo(uid: uuid.UUID) -> Answer:
    """Give the entry back what it held before the suggestion was accepted."""
    path = proposal_undoing.undo(db.session, uid, viewer=g.viewer).path
    db.session.commit()
    flash("Taken back. The entry says again what it said before.", "success")
    return redirect(path, 303)


@bp.post("/<uuid:uid>/withdraw")
def withdraw(uid: uuid.UUID) -> Answer:
    """Take back what one has suggested."""
    path = proposals.withdraw(db.session, uid, viewer=g.viewer).path
    db.session.commit()
    flash("Taken back.", "success")
    return redirect(path, 303)


def waiting() -> int:
    """How many wait for whoever asks, counted once a request."""
    if "waiting" not in g:
        g.waiting = proposal_reading.waiting(db.session, viewer=g.viewer)
    found: int = g.waiting
    return found


def in_words(found: Found) -> dict[str, Any]:
    """One row of a list."""
    proposal = found.proposal
    names = [name for name in proposal.changes if name not in ALONG]
    title = str(proposal.changes.get("title", "")) if proposal.about == About.NEW else ""
    if found.entry is not None:
        title = found.entry.title
    return {
        "title": title or "An entry that is not open to you",
        "what": ABOUTS[proposal.about],
        "fields": ", ".join(_label(proposal, name).lower() for name in names),
        "who": _maker(proposal),
        "at": proposal.created_at.astimezone(LOCAL),
        "state": STATES[proposal.state],
        "kind": proposal.kind,
        "url": proposal.path,
        "is_open": proposal.is_open,
        "from_phone": proposal.from_phone,
    }


def _found(uid: uuid.UUID) -> Found:
    """A suggestion to be shown. Raises ReasonRequired where its entry is restricted."""
    found = proposal_reading.find(db.session, uid, viewer=g.viewer)
    if found.entry is not None and found.may_answer:  # what the entry holds is shown beside it
        reasons.require(db.session, found.entry, viewer=g.viewer)
    return found


def _told(found: Found, problems: Mapping[str, str] | None = None) -> str:
    """Its page, once it is on the account who was shown where its maker may be written to."""
    shown = _page(found, problems)
    proposal_answers.note_address_read(db.session, found, viewer=g.viewer)
    audit.before_it_leaves(db.session)
    db.session.commit()
    return shown


def _page(found: Found, problems: Mapping[str, str] | None = None) -> str:
    proposal = found.proposal
    answers = found.may_answer and proposal.is_open
    is_new = proposal.about == About.NEW
    entry, rows = None, [_row(proposal, name, None) for name in _names(proposal)]
    if answers and not is_new:
        entry = proposal_answers.whole(db.session, found, viewer=g.viewer)
        differing = proposal_answers.differences(db.session, proposal, entry)
        rows = [_row(proposal, one.name, one) for one in differing]
    twins = []
    if answers and is_new:
        twins = list(proposal_answers.likely_same(db.session, proposal, viewer=g.viewer))
    return render_template(
        "proposals/show.html",
        found=found,
        proposal=proposal,
        entry=found.entry,
        line=in_words(found),
        rows=rows,
        answers=answers,
        is_new=is_new,
        version=entry.version if entry else None,
        pins=_pins(proposal, entry),
        twins=twins,
        teams=_teams() if answers and is_new else [],
        may_undo=proposal_undoing.may_undo(found),
        finds=_looked_over(proposal) if answers else [],
        today=local_day(now()),
        state=STATES[proposal.state],
        problems=problems or {},
        why=request.form.get("why", "")[:500],
        moment=labels.moment,
    )


def _row(proposal: Proposal, name: str, differs: Difference | None) -> dict[str, Any]:
    """One field in words: what it was and is, for those who may change it, and what is proposed."""
    row: dict[str, Any] = {
        "name": name,
        "label": _label(proposal, name),
        "proposed": _value(proposal, name, proposal.changes[name]) or "(empty)",
        "is_accepted": name in proposal.accepted,
        "differs": differs is not None,
        "now": "",
        "then": "",
        "has_changed": False,
        "is_so": False,
    }
    if differs is not None:
        row |= {
            "now": _value(proposal, name, differs.now) or "(empty)",
            "then": _value(proposal, name, differs.then) or "(empty)",
            "has_changed": differs.has_changed,
            "is_so": differs.is_so,
        }
    return row


def _names(proposal: Proposal) -> list[str]:
    return [name for name in proposal.changes if name not in ALONG]


def _label(proposal: Proposal, name: str) -> str:
    if name == "status":
        return "State"
    asked = (ask.label for ask in fields.asks(Kind(proposal.kind)) if ask.name == name)
    return next(asked, "") or labels.field_name(name)


def _value(proposal: Proposal, name: str, given: Any) -> str:
    if name == "category":
        return _category(proposal, str(given))
    called = pointers.named(db.session, changes.uids({name: given}), viewer=g.viewer)
    return changes.compared(name, given, called)


def _category(proposal: Proposal, code: str) -> str:
    terms = pointers.terms(db.session, "asset")
    return next((f"{term.heading}: {term.label}" for term in terms if term.code == code), code)


def _maker(proposal: Proposal) -> str:
    if proposal.by is None:
        return MAKERS["public"]
    return f"{proposal.by.name}, its owner" if proposal.from_owner else proposal.by.name


def _pins(proposal: Proposal, entry: Entry | None) -> list[dict[str, Any]]:
    """Where it is now and where it would be, when its place is proposed."""
    wanted = proposal.changes.get("geometry")
    if wanted is None:
        return []
    blank: dict[str, Any] = {
        "uid": "",
        "kind": proposal.kind,
        "category": "",
        "where": "",
        "url": "",
    }
    middle = shapely.geometry.shape(wanted).representative_point()
    there = blank | {"number": 2 if entry else 1, "title": "Proposed place", "geometry": None}
    there |= {"longitude": middle.x, "latitude": middle.y, "url": proposal.path}
    if entry is None or entry.longitude is None:
        return [there]
    return [pin(entry, 1) | {"title": "Now"}, there]


def _looked_over(proposal: Proposal) -> list[dict[str, Any]]:
    """What the suggested words perhaps should not say, for whoever is about to accept them."""
    kind = Kind(proposal.kind)
    texts = {name: str(proposal.changes.get(name) or "") for name in text_hygiene.fields_of(kind)}
    found = text_hygiene.look_over(texts | {"note": proposal.note})
    return [
        {
            "label": one.label,
            "where": "What they say" if one.field == "note" else _label(proposal, one.field),
            "words": one.words,
            "why": one.find.why,
            "may_be_passed_on": one.may_be_passed_on,
        }
        for one in found
    ]


def _teams() -> list[tuple[int, str]]:
    """The viewer's teams that a new entry may go to, when there is a choice."""
    editing = g.viewer.teams_where(frozenset({Role.EDITOR}))
    return [one for one in pointers.own_teams(db.session, viewer=g.viewer) if one[0] in editing]


def _answered(answered: Answered, words: str) -> Response:
    """Keep the answer, and lead on."""
    path = answered.entry.path if answered.entry is not None else "/proposals/"
    if not answered.is_new:
        path = answered.proposal.path
    db.session.commit()
    flash(words if answered.is_new else "You have answered this already.", "success")
    return redirect(path, 303)


def _as_shown(problems: Mapping[str, str]) -> dict[str, str]:
    """What can't be kept, under the boxes of the page: each names its field."""
    said = "; ".join(
        words if name == "field" else f"{labels.field_name(name)}: {words}"
        for name, words in problems.items()
    )
    return {"field": said}


def _number(name: str) -> int | None:
    given = request.form.get(name, "")
    return int(given) if given.isascii() and given.isdigit() and len(given) < 10 else None


def _next(wanted: ProposalFilter, after: int | None) -> str:
    if after is None:
        return ""
    said = wanted.model_dump(mode="json", exclude_none=True) | {"after": after}
    return f"/proposals/?{urlencode(said)}"
