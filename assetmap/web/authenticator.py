"""Setting up one's authenticator app, new recovery codes, and taking it away."""

from collections.abc import Mapping

import segno
from flask import Blueprint, current_app, flash, g, redirect, render_template, request
from werkzeug.wrappers import Response

from assetmap import gate
from assetmap.db import db
from assetmap.models import User
from assetmap.register import authenticators, people, sessions
from assetmap.register.authenticators import WRONG, Vault
from assetmap.settings import Settings
from assetmap.web import labels

bp = Blueprint("authenticator", __name__, url_prefix="/account/authenticator")
bp.before_request(gate.in_person)

TRIES = "20 per minute"
Answer = str | tuple[str, int] | Response


def vault() -> Vault:
    """What the keys are sealed with."""
    settings: Settings = current_app.extensions["settings"]
    return Vault(settings.signing_key())


@bp.get("")
def show() -> str:
    """What there is: nothing yet, a key to put into an app, or an app that works."""
    return _page(_me(), {})


@bp.post("/begin")
def begin() -> Response:
    """Make a key."""
    authenticators.begin(db.session, _me(), vault(), viewer=g.viewer)
    db.session.commit()
    return redirect("/account/authenticator", 303)


@bp.post("")
@gate.limiter.limit(TRIES)
def confirm() -> Answer:
    """Take the app's first code and show the recovery codes, this once."""
    me = _me()
    code = request.form.get("code", "")
    codes = authenticators.confirm(db.session, me, code, vault(), viewer=g.viewer)
    if codes is None:
        return _wrong(me)
    sessions.prove(db.session, g.here.session_id)
    db.session.commit()
    return _codes(codes, "Your authenticator app is set up")


@bp.post("/codes")
@gate.limiter.limit(TRIES)
def new_codes() -> Answer:
    """Make new recovery codes; the old ones end."""
    me = _me()
    if not authenticators.proves(db.session, me, request.form.get("code", ""), vault()):
        return _wrong(me)
    codes = authenticators.new_codes(db.session, me, viewer=g.viewer)
    db.session.commit()
    return _codes(codes, "Your new recovery codes")


@bp.post("/remove")
@gate.limiter.limit(TRIES)
def remove() -> Answer:
    """Take the authenticator away; a code of it, or a recovery code, is asked for."""
    me = _me()
    if not authenticators.proves(db.session, me, request.form.get("code", ""), vault()):
        return _wrong(me)
    authenticators.remove(db.session, me, viewer=g.viewer)
    sessions.prove(db.session, g.here.session_id, proved=False)
    db.session.commit()
    flash("Your authenticator app is taken away. No code is asked for from now on.", "success")
    return redirect("/account/", 303)


def _me() -> User:
    return people.myself(db.session, viewer=g.viewer)


def _wrong(me: User) -> tuple[str, int]:
    db.session.commit()  # the failure counts
    return _page(me, {"code": WRONG}), 422


def _page(me: User, problems: Mapping[str, str]) -> str:
    enrolment = authenticators.begun(db.session, me, vault(), viewer=g.viewer)
    state = authenticators.state(db.session, me, viewer=g.viewer)
    picture = ""
    if enrolment is not None:
        picture = segno.make(enrolment.address, error="m").svg_inline(scale=4, light="#fff")
    return render_template(
        "account/authenticator.html",
        state=state,
        left=labels.codes_left(state.codes_left),
        enrolment=enrolment,
        picture=picture,
        problems=problems,
        section="/account/",
    )


def _codes(codes: list[str], title: str) -> str:
    return render_template("account/codes.html", codes=codes, title=title, section="/account/")
