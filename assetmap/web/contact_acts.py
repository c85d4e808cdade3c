"""What is done on a person's page: roles, what they agree to, saying stop, taking them out."""

import uuid
from collections.abc import Mapping
from typing import Any

from flask import Blueprint, flash, g, redirect, render_template, request
from werkzeug.wrappers import Response

from assetmap.db import db, local_day, now
from assetmap.errors import BadRequest, Invalid
from assetmap.models import Person
from assetmap.register import (
    audit,
    consents,
    notices,
    officers,
    person_merging,
    person_reading,
    persons,
)
from assetmap.schemas.persons import MONTHS, ConsentDraft, NoticeDraft, RoleDraft, months_later
from assetmap.schemas.reading import from_form
from assetmap.vocabulary import ContactChannel, ContactPurpose
from assetmap.web import contact_words, contacts

bp = Blueprint("contact_acts", __name__, url_prefix="/contacts")

NOT_OURS = frozenset({"csrf_token", "version"})
Answer = str | tuple[str, int] | Response


@bp.post("/<uuid:uid>/roles")
def give_role(uid: uuid.UUID) -> Answer:
    """Another role."""
    try:
        draft = from_form(RoleDraft, request.form, ignore=NOT_OURS)
        persons.give_role(db.session, _person(uid), draft, viewer=g.viewer)
    except Invalid as error:
        return _again(uid, error)
    return _done(uid, "The role is kept.")


@bp.post("/<uuid:uid>/roles/<uuid:role>/end")
def end_role(uid: uuid.UUID, role: uuid.UUID) -> Answer:
    """They do not have it any more; today is its last day."""
    persons.end_role(db.session, _person(uid), role, viewer=g.viewer)
    return _done(uid, "The role has ended today.")


@bp.get("/<uuid:uid>/agree")
def ask(uid: uuid.UUID) -> str:
    """What they would agree to for one purpose, with the text to read out or show."""
    return _agree(uid, _purpose(request.args.get("purpose", "")), {}, {})


@bp.post("/<uuid:uid>/agree")
def agree(uid: uuid.UUID) -> Answer:
    """Keep that they agreed."""
    try:
        draft = from_form(ConsentDraft, request.form, ignore=NOT_OURS)
        consents.give(db.session, _person(uid), draft, viewer=g.viewer)
    except Invalid as error:
        db.session.rollback()
        typed = request.form.to_dict() | {"channels": request.form.getlist("channels")}
        purpose = _purpose(request.form.get("purpose", ""))
        return _agree(uid, purpose, typed, error.problems), error.status
    return _done(uid, "It is kept what they agreed to, with the text they were told.")


@bp.post("/<uuid:uid>/withdraw")
def withdraw(uid: uuid.UUID) -> Answer:
    """They take back one thing they agreed to."""
    purpose = _purpose(request.form.get("purpose", ""))
    channel = _channel(request.form.get("channel", ""))
    ended = consents.withdraw(db.session, _person(uid), purpose, channel, viewer=g.viewer)
    return _done(uid, "Ended, from now on." if ended else "It had ended before.")


@bp.post("/<uuid:uid>/stop")
def stop(uid: uuid.UUID) -> Answer:
    """Do not contact them, for anything."""
    persons.stop(db.session, _person(uid), viewer=g.viewer)
    return _done(uid, "Nothing is sent to them any more, by anybody.")


@bp.post("/<uuid:uid>/start-again")
def start_again(uid: uuid.UUID) -> Answer:
    """They asked to hear from the team again."""
    persons.start_again(db.session, _person(uid), viewer=g.viewer)
    return _done(uid, "They may be contacted again, for what they agree to.")


@bp.post("/<uuid:uid>/told")
def told(uid: uuid.UUID) -> Answer:
    """They were told where their details came from."""
    persons.told(db.session, _person(uid), viewer=g.viewer)
    return _done(uid, "Kept: they were told today.")


@bp.post("/<uuid:uid>/take-out")
def take_out(uid: uuid.UUID) -> Answer:
    """Take them out of every list."""
    try:
        why = request.form.get("why", "")
        persons.withdraw(db.session, _person(uid), viewer=g.viewer, why=why)
    except Invalid as error:
        return _again(uid, error)
    db.session.commit()
    flash("They are taken out of every list. Nothing is sent to them any more.", "success")
    return redirect("/contacts/", 303)


@bp.post("/<uuid:uid>/merge")
def merge(uid: uuid.UUID) -> Answer:
    """Fold another page of the same person into this one."""
    try:
        gone = persons.to_change(db.session, _uid_in(request.form.get("gone", "")), viewer=g.viewer)
        person_merging.merge(db.session, _person(uid), gone, viewer=g.viewer)
    except Invalid as error:
        return _again(uid, error)
    return _done(uid, "The two are one now. The stricter of what they said is kept.")


@bp.get("/notices")
def wordings() -> str:
    """What people are told, for each purpose."""
    return _notices({}, {})


@bp.post("/notices")
def write() -> Answer:
    """A new wording; records keep the one that people were told."""
    try:
        draft = from_form(NoticeDraft, request.form, ignore=frozenset({"csrf_token"}))
        notices.write(db.session, draft, viewer=g.viewer)
    except Invalid as error:
        db.session.rollback()
        return _notices(request.form, error.problems), error.status
    db.session.commit()
    flash("The wording is kept. It is shown from now on.", "success")
    return redirect("/contacts/notices", 303)


def _person(uid: uuid.UUID) -> Person:
    return persons.to_change(db.session, uid, viewer=g.viewer)


def _done(uid: uuid.UUID, words: str) -> Response:
    db.session.commit()
    flash(words, "success")
    return redirect(f"/contacts/{uid}", 303)


def _again(uid: uuid.UUID, error: Invalid) -> tuple[str, int]:
    """The person's page with what was typed and what is wrong with it."""
    db.session.rollback()
    known = person_reading.find(db.session, uid, viewer=g.viewer)
    shown = contacts.page(known, error.problems, request.form)
    db.session.commit()
    return shown, error.status


def _agree(
    uid: uuid.UUID, purpose: ContactPurpose, typed: Mapping[str, Any], problems: Mapping[str, str]
) -> str:
    known = contacts.mine(uid)
    told = notices.current(db.session, known.person.language)
    today = local_day(now())
    partner = known.person.team.partner
    body = partner.name if partner else known.person.team.name
    shown = render_template(
        "contacts/agree.html",
        known=known,
        purpose=purpose,
        told=told[purpose],
        typed={
            "given_on": today,
            "expires_on": months_later(today, MONTHS),
            "lawful_basis": "consent",
            "given_by": "self",
            "controllers": body,
        }
        | dict(typed),
        problems=problems,
        words=contact_words,
    )
    audit.before_it_leaves(db.session)
    db.session.commit()
    return shown


def _notices(typed: Mapping[str, Any], problems: Mapping[str, str]) -> str:
    return render_template(
        "contacts/notices.html",
        told=notices.current(db.session),
        may_write=officers.is_officer(db.session, g.viewer),
        typed=typed,
        problems=problems,
        words=contact_words,
    )


def _purpose(given: str) -> ContactPurpose:
    try:
        return ContactPurpose(given or ContactPurpose.ENGAGEMENT_INVITE)
    except ValueError as error:
        raise BadRequest.field("purpose", "There is no such purpose.") from error


def _channel(given: str) -> ContactChannel:
    try:
        return ContactChannel(given)
    except ValueError as error:
        raise BadRequest.field("channel", "There is no such channel.") from error


def _uid_in(given: str) -> uuid.UUID:
    """The uid in the address of somebody's page, or by itself."""
    try:
        return uuid.UUID(given.strip().rstrip("/").rpartition("/")[2])
    except ValueError as error:
        raise Invalid.field("gone", "Give the address of their other page.") from error
