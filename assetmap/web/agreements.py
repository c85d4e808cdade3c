"""Sharing agreements: who may see what of whose, for what, and until when."""

import uuid
from collections.abc import Mapping
from typing import Any

from flask import Blueprint, flash, g, redirect, render_template, request
from werkzeug.wrappers import Response

from assetmap.db import db, local_day, now
from assetmap.errors import Conflict, Invalid, NotAllowed
from assetmap.models import SharingAgreement
from assetmap.models.category import SCHEMES
from assetmap.register import agreements, role_limits, search_choices
from assetmap.register.agreements import Agreed
from assetmap.schemas.agreements import AgreementDraft, Ending
from assetmap.schemas.reading import from_form
from assetmap.vocabulary import Kind, LawfulBasis
from assetmap.web import labels

bp = Blueprint("agreements", __name__, url_prefix="/agreements")

NOT_OURS = frozenset({"csrf_token", "version"})
Answer = str | tuple[str, int] | Response
STATES = {
    "draft": "Draft: opens nothing yet",
    "coming": "Signed: begins later",
    "active": "Active",
    "over": "Over",
    "ended": "Ended early",
}
FIELDS = (
    ("contact", "Phone and e-mail", "Of entries whose contact details are open to partners."),
    ("exact_location", "The exact place", "Also where it is shown less closely to others."),
    ("notes", "Team notes", ""),
    ("photos", "Photos", "Those whose people agreed that partners may see them."),
)
BASES = (
    ("public_task", "Public task"),
    ("consent", "Consent"),
    ("legal_obligation", "Legal obligation"),
    ("vital_interests", "Vital interests"),
    ("contract", "Contract"),
    ("legitimate_interests", "Legitimate interests (not for public bodies)"),
    (
        "recognised_legitimate_interest",
        "Recognised legitimate interest (not for public bodies)",
    ),
)
assert {code for code, _ in BASES} == set(LawfulBasis)


@bp.get("/")
def browse() -> str:
    """What my bodies share, and what is shared with them."""
    return render_template(
        "agreements/list.html",
        found=agreements.every(db.session, viewer=g.viewer),
        may_make=bool(agreements.giving_bodies(db.session, viewer=g.viewer)),
        today=local_day(now()),
        states=STATES,
    )


@bp.get("/new")
def new() -> str:
    """A form for an agreement; `from` names one to begin from."""
    source = request.args.get("from", "")
    typed: dict[str, Any] = {}
    if source:
        typed = _typed(agreements.find(db.session, _uid(source), viewer=g.viewer).agreement)
        typed |= {"starts_on": "", "ends_on": ""}
    return _form(typed)


@bp.post("/new")
def make() -> Answer:
    """Write it down as a draft."""
    try:
        draft = _draft()
        made = agreements.make(db.session, draft, viewer=g.viewer)
    except Invalid as error:
        db.session.rollback()
        return _form(_posted(), error.problems), error.status
    where = f"/agreements/{made.uid}"
    db.session.commit()
    flash("The draft is kept. It opens nothing until it is signed.", "success")
    return redirect(where, 303)


@bp.get("/<uuid:uid>")
def show(uid: uuid.UUID) -> str:
    """One agreement, and what it opens."""
    return _page(agreements.find(db.session, uid, viewer=g.viewer))


@bp.get("/<uuid:uid>/edit")
def edit(uid: uuid.UUID) -> Answer:
    """The form of a draft, filled in; what is signed already leads back to its page, and why."""
    agreed = _mine(uid).agreement
    try:
        agreements.require_draft(agreed)
    except Conflict as error:
        flash(str(error), "info")
        return redirect(f"/agreements/{uid}", 303)
    return _form(_typed(agreed), agreed=agreed)


@bp.post("/<uuid:uid>/edit")
def change(uid: uuid.UUID) -> Answer:
    """Save a draft."""
    agreed = _mine(uid).agreement
    try:
        draft = _draft()
        agreements.change(db.session, agreed, draft, viewer=g.viewer, base_version=_version())
    except Invalid as error:
        db.session.rollback()
        agreed = _mine(uid).agreement
        return _form(_posted(), error.problems, agreed=agreed), error.status
    db.session.commit()
    flash("Saved.", "success")
    return redirect(f"/agreements/{uid}", 303)


@bp.post("/<uuid:uid>/sign")
def sign(uid: uuid.UUID) -> Answer:
    """Both bodies have signed."""
    agreed = _mine(uid).agreement
    agreements.sign(db.session, agreed, viewer=g.viewer, base_version=_version())
    db.session.commit()
    flash("Signed. It opens what it says from its first day on.", "success")
    return redirect(f"/agreements/{uid}", 303)


@bp.post("/<uuid:uid>/end")
def end(uid: uuid.UUID) -> Answer:
    """Close it now."""
    found = _mine(uid)
    try:
        given = from_form(Ending, request.form, ignore=NOT_OURS)
        agreements.end(db.session, found.agreement, viewer=g.viewer, why=given.why)
    except Invalid as error:
        db.session.rollback()
        return _page(_mine(uid), error.problems, request.form.get("why", "")[:500]), error.status
    db.session.commit()
    flash("Ended. It opens nothing any more.", "success")
    return redirect(f"/agreements/{uid}", 303)


def _mine(uid: uuid.UUID) -> Agreed:
    """An agreement that the viewer may change. Raises NotFound, NotAllowed."""
    found = agreements.find(db.session, uid, viewer=g.viewer)
    if not found.may_change:
        raise NotAllowed("Only a data officer of the body that gives can change this.")
    return found


def _page(found: Agreed, problems: Mapping[str, str] | None = None, why: str = "") -> str:
    agreed, today = found.agreement, local_day(now())
    areas, categories = role_limits.in_words(db.session, agreed.areas, agreed.categories)
    return render_template(
        "agreements/show.html",
        agreed=agreed,
        areas=areas,
        categories=categories,
        may_change=found.may_change,
        state=agreed.state_on(today),
        states=STATES,
        days_left=(agreed.ends_on - today).days,
        opens=agreements.opens(db.session, agreed, viewer=g.viewer),
        kinds=[kind for kind in Kind if kind in agreed.kinds],
        fields=[name for code, name, _ in FIELDS if code in agreed.fields],
        basis=dict(BASES)[agreed.lawful_basis],
        keeper=agreements.KEEPER,
        problems=problems or {},
        why=why,
    )


def _form(
    typed: Mapping[str, Any],
    problems: Mapping[str, str] | None = None,
    agreed: SharingAgreement | None = None,
) -> str:
    givers = agreements.giving_bodies(db.session, viewer=g.viewer)
    if not givers:
        raise NotAllowed("Only a data officer can make a sharing agreement.")
    terms = search_choices.terms(db.session)
    return render_template(
        "agreements/form.html",
        agreed=agreed,
        typed=typed,
        problems=problems or {},
        givers=[(str(one.uid) if one else "", name) for one, name in givers],
        receivers=[(str(one.uid), one.name) for one in agreements.receivers(db.session)],
        kinds=[(kind.value, kind.plural.capitalize()) for kind in Kind],
        terms=[
            (f"{term.code}", f"{labels.said(term.scheme)}: {term.label}")
            for term in sorted(terms.every, key=lambda one: SCHEMES.index(one.scheme))
            if term.level == 1 and term.active
        ],
        fields=FIELDS,
        bases=BASES,
    )


def _draft() -> AgreementDraft:
    return from_form(AgreementDraft, request.form, ignore=NOT_OURS)


def _posted() -> dict[str, Any]:
    """What was typed, to be shown again."""
    several = ("kinds", "fields", "categories", "areas")
    said: dict[str, Any] = {name: request.form.get(name, "") for name in request.form}
    return said | {name: request.form.getlist(name) for name in several}


def _typed(agreed: SharingAgreement) -> dict[str, Any]:
    return {
        "title": agreed.title,
        "giver": str(agreed.giver.uid) if agreed.giver else "",
        "receiver": str(agreed.receiver.uid),
        "kinds": agreed.kinds,
        "areas": agreed.areas,
        "categories": agreed.categories,
        "fields": agreed.fields,
        "purpose": agreed.purpose,
        "lawful_basis": agreed.lawful_basis,
        "gateway": agreed.gateway,
        "terms": agreed.terms,
        "starts_on": agreed.starts_on,
        "ends_on": agreed.ends_on,
    }


def _version() -> int:
    given = request.form.get("version", "")
    if not (given.isascii() and given.isdigit() and len(given) < 10):
        raise Conflict("This page is too old. Open it again.")
    return int(given)


def _uid(given: str) -> uuid.UUID:
    try:
        return uuid.UUID(given)
    except ValueError as error:
        raise Invalid.field("from", "There is no such agreement.") from error
