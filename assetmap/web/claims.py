"""Inviting the owner of a listing, and taking such an invitation up."""

import uuid
from collections.abc import Mapping
from threading import Thread

import structlog
from flask import Blueprint, current_app, flash, g, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from assetmap import access
from assetmap.db import db, local_day, now
from assetmap.errors import Invalid, NotFound
from assetmap.gate import limiter, public
from assetmap.models import Entry, Team
from assetmap.outside.mail import Mail
from assetmap.register import claims, entries
from assetmap.register.claims import Invitation
from assetmap.schemas.proposals import CLAIMABLE, ClaimTaken, OwnerInvited
from assetmap.schemas.reading import from_form
from assetmap.settings import Settings
from assetmap.vocabulary import Kind, Visibility
from assetmap.web import labels
from assetmap.web.entry_requests import uid_from
from assetmap.web.private import private
from assetmap.web.sign_in import TRIES, let_in

bp = Blueprint("claims", __name__, url_prefix="/claims")
log = structlog.get_logger()

Answer = str | tuple[str, int] | Response
MAILS = "10 per minute; 200 per day"  # to whatever address somebody types
SUBJECT = "You are invited to keep your listing right"
MESSAGE = """Hello,

{team} keeps “{title}” on its register of places, groups and offers of help. You are invited to
say when something about it changes.

Press this link to begin:

{link}

It works once, until {until}. What you suggest is looked at before it is shown. If this is not
yours, you need do nothing.
"""


@bp.get("/new")
def ask() -> str:
    """Who keeps a listing, and a form to invite its owner."""
    return _page(_entry())


@bp.post("/")
@limiter.limit(MAILS)
def invite() -> Answer:
    """Mail an invitation."""
    entry = _entry()
    try:
        wanted = from_form(OwnerInvited, request.form)
        secret = claims.invite(db.session, entry, wanted.email, viewer=g.viewer)
    except Invalid as error:
        db.session.rollback()
        return _page(_entry(), error.problems, request.form.get("email", "")[:254]), error.status
    team = db.session.get_one(Team, entry.team_id).name
    title, path = entry.title, _address(entry)
    until = labels.day(local_day(now() + claims.LASTS))
    db.session.commit()
    _mail(wanted.email, MESSAGE.format(team=team, title=title, link=_link(secret), until=until))
    flash("The invitation is on its way. It works once, for 14 days.", "success")
    return redirect(path, 303)


@bp.post("/<uuid:uid>/end")
def end(uid: uuid.UUID) -> Answer:
    """Take an invitation back, or let an owner be one no longer."""
    path = _address(claims.end(db.session, uid, viewer=g.viewer))
    db.session.commit()
    flash("Ended. The link does nothing any more.", "success")
    return redirect(path, 303)


@bp.get("/<secret>")
@public
def open_link(secret: str) -> Answer:
    """A button to press: scanners that open every link in a message press none."""
    try:
        invited = claims.invitation(db.session, secret, viewer=g.viewer)
    except NotFound:
        return _spent()
    return private(_open(invited))


@bp.post("/<secret>")
@limiter.limit(TRIES)
@public
def take(secret: str) -> Answer:
    """Take the invitation up; who is new here is signed in."""
    try:
        said = from_form(ClaimTaken, request.form)
        user, is_new = claims.take(db.session, secret, said.name, viewer=g.viewer)
    except NotFound:
        db.session.rollback()
        return _spent()
    except Invalid as error:
        db.session.rollback()
        invited = claims.invitation(db.session, secret, viewer=g.viewer)
        return private(_open(invited, error.problems), error.status)
    flash("Thank you. Tell us whenever something about your listing changes.", "success")
    answer = redirect("/proposals/", 303)
    if is_new:
        answer = let_in(user, "/proposals/", shared=request.form.get("shared") == "yes")
    db.session.commit()
    return answer


def _entry() -> Entry:
    """The entry that is asked about, for who may change it. Raises NotFound, NotAllowed."""
    entry = entries.find(db.session, uid_from("entry"), viewer=g.viewer)
    access.require_change(g.viewer, entry)
    if Kind(entry.kind) not in CLAIMABLE:
        raise NotFound("Only places, groups and offers have owners.")
    return entry


def _page(entry: Entry, problems: Mapping[str, str] | None = None, email: str = "") -> str:
    mail: Mail = current_app.extensions["mail"]
    return render_template(
        "claims/invite.html",
        entry=entry,
        claims=claims.of(db.session, entry, viewer=g.viewer),
        is_public=entry.visibility == Visibility.PUBLIC,
        not_open=claims.NOT_OPEN,
        mails=mail.is_set,
        problems=problems or {},
        email=email,
        day=labels.day,
    )


def _open(invited: Invitation, problems: Mapping[str, str] | None = None) -> str:
    return render_template(
        "claims/open.html",
        invited=invited,
        problems=problems or {},
        name=request.form.get("name", "")[:80],
    )


def _spent() -> tuple[str, int]:
    return render_template("claims/spent.html"), 404


def _address(entry: Entry) -> str:
    return f"/claims/new?entry={entry.uid}"


def _link(secret: str) -> str:
    """The link to mail, which never trusts the Host of a request; one in the log is read by
    whoever runs the service."""
    settings: Settings = current_app.extensions["settings"]
    mail: Mail = current_app.extensions["mail"]
    here = f"http://{settings.host}:{settings.port}" if mail.is_set else request.host_url
    path = url_for("claims.open_link", secret=secret)
    return f"{(settings.public_url or here).rstrip('/')}{path}"


def _mail(to: str, text: str) -> None:
    """Send it aside: a slow server keeps nobody waiting."""
    mail: Mail = current_app.extensions["mail"]
    if mail.is_set:
        Thread(target=_try, args=(mail, to, text), name="mail", daemon=True).start()
    else:
        mail.send(to, SUBJECT, text)


def _try(mail: Mail, to: str, text: str) -> None:
    try:
        mail.send(to, SUBJECT, text)
    except OSError as error:
        log.error("An invitation could not be mailed", problem=type(error).__name__)
