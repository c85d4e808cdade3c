"""One's own account: roles, where one is signed in, tokens for programs."""

from collections.abc import Mapping
from typing import Any

from flask import (
    Blueprint,
    current_app,
    flash,
    g,
    redirect,
    render_template,
    request,
)
from werkzeug.wrappers import Response

from assetmap import gate
from assetmap.db import db
from assetmap.errors import Invalid
from assetmap.models import User
from assetmap.register import authenticators, feeds, people, sessions, tokens
from assetmap.register.secret import fresh
from assetmap.schemas.people import NewToken
from assetmap.schemas.reading import from_form
from assetmap.settings import Settings
from assetmap.vocabulary import ROLE_LABELS
from assetmap.web import codes, labels

bp = Blueprint("account", __name__, url_prefix="/account")
bp.before_request(gate.in_person)

NOT_OURS = frozenset({"csrf_token", "once"})
SCOPES = [
    ("read", "Read only", "For programs that show or count what is here."),
    ("write", "Read and write", "For programs that add and change entries as you."),
]
LASTS = [(30, "30 days"), (90, "90 days"), (180, "Half a year"), (365, "A year")]
LONGEST_ONCE = 64
Answer = str | tuple[str, int] | Response


@bp.get("/")
def mine() -> str:
    """What I may do, where I am signed in, my tokens and my authenticator."""
    return _page({})


@bp.post("/sessions/<int:session_id>/end")
def end_session(session_id: int) -> Response:
    """Sign me out in one place."""
    me = _me()
    ended = sessions.end_one(db.session, session_id, me.id, viewer=g.viewer)
    db.session.commit()
    flash("Signed out there." if ended else "You were signed out there already.", "success")
    return redirect("/account/", 303)


@bp.post("/sessions/end-others")
def end_others() -> Response:
    """Sign me out everywhere but here."""
    count = sessions.end_all(db.session, _me(), viewer=g.viewer, but=g.here.session_id)
    db.session.commit()
    flash("Signed out everywhere else." if count else "You are signed in only here.", "success")
    return redirect("/account/", 303)


@bp.post("/tokens")
def make_token() -> Answer:
    """Make a token and show it, this once: a page that is loaded again shows the same one."""
    settings: Settings = current_app.extensions["settings"]
    me = _me()
    try:
        new = from_form(NewToken, request.form, ignore=NOT_OURS)
        secret = tokens.repeated(settings.signing_key(), me, new, _once())
        tokens.make(db.session, me, new, viewer=g.viewer, secret=secret)
    except Invalid as error:
        db.session.rollback()
        return _page(error.problems), error.status
    db.session.commit()
    return render_template("account/token.html", secret=secret, new=new, section="/account/")


@bp.post("/tokens/<int:token_id>/revoke")
def revoke_token(token_id: int) -> Response:
    """End a token."""
    tokens.revoke(db.session, token_id, _me(), viewer=g.viewer)
    db.session.commit()
    flash("The token is revoked. Programs that use it are refused from now on.", "success")
    return redirect("/account/", 303)


@bp.post("/calendar")
def make_calendar() -> Answer:
    """Make the address of my calendar and show it, this once; the one before ends."""
    settings: Settings = current_app.extensions["settings"]
    me = _me()
    secret = feeds.secret_for(settings.signing_key(), me, _once("shown"))
    feeds.make(db.session, me, secret, viewer=g.viewer)
    db.session.commit()
    address = f"{codes.root()}/engagements/mine/{secret}.ics"
    return render_template("account/calendar.html", address=address, section="/account/")


@bp.post("/calendar/end")
def end_calendar() -> Response:
    """End the address of my calendar."""
    ended = feeds.end(db.session, _me(), viewer=g.viewer)
    db.session.commit()
    said = "The address is ended: programs that have it read nothing more."
    flash(said if ended else "There was no address.", "success")
    return redirect("/account/", 303)


def _me() -> User:
    return people.myself(db.session, viewer=g.viewer)


def _once(name: str = "once") -> str:
    """What the form said, which is new with each page shown; or new, where it said nothing."""
    return request.form.get(name, "")[:LONGEST_ONCE] or fresh()


def _page(problems: Mapping[str, str]) -> str:
    settings: Settings = current_app.extensions["settings"]
    me = _me()
    me_has = authenticators.state(db.session, me, viewer=g.viewer)
    roles: dict[str, list[Any]] = {}
    for held in me.memberships:
        roles.setdefault(held.team.name, []).append(held)
    return render_template(
        "account/mine.html",
        me=me,
        roles=roles,
        role_labels=ROLE_LABELS,
        sessions=sessions.of(db.session, me.id, gate.session_limits(settings), viewer=g.viewer),
        this_session=g.here.session_id,
        tokens=tokens.of(db.session, me.id, viewer=g.viewer),
        feed=feeds.of(db.session, viewer=g.viewer),
        scopes=SCOPES,
        scope_labels={code: label for code, label, _ in SCOPES},
        lasts=LASTS,
        moment=labels.moment,
        teams=[(name, name) for name in sorted(roles)],
        authenticator=me_has,
        codes_left=labels.codes_left(me_has.codes_left),
        waiting=sorted(g.viewer.narrowing.without & {held.role for held in me.memberships}),
        typed=request.form,
        problems=problems,
        once=_once(),
        section="/account/",
    )
