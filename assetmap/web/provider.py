"""Signing in with a work account: to the provider and back."""

import hmac
from urllib.parse import urljoin

import structlog
from flask import Blueprint, current_app, redirect, render_template, request, session
from werkzeug.wrappers import Response

from assetmap import spatial
from assetmap.access import PUBLIC
from assetmap.db import db
from assetmap.errors import NotFound
from assetmap.gate import limiter, public
from assetmap.models import User
from assetmap.outside.sign_in_provider import Person, ProviderDown, Refused, SignInProvider
from assetmap.register import audit, people
from assetmap.settings import Settings
from assetmap.vocabulary import AuditAction
from assetmap.web.sign_in import TRIES, let_in, own_path

bp = Blueprint("provider", __name__, url_prefix="/sign-in/provider")
log = structlog.get_logger()

BACK = "/sign-in/provider/back"
REMEMBERED = "provider"  # of the cookie: what was sent along
Answer = Response | tuple[str, int]


@bp.get("")
@limiter.limit(TRIES)
@public
def start() -> Answer:
    """Send the browser to the provider."""
    provider = _provider()
    try:
        started = provider.start(_back())
    except ProviderDown as error:
        return _down(error)
    session[REMEMBERED] = {
        "state": started.state,
        "nonce": started.nonce,
        "verifier": started.verifier,
        "then": own_path(request.args.get("next", "")),
        "shared": request.args.get("shared") == "yes",
    }
    return redirect(started.address, 303)


@bp.get("/back")
@limiter.limit(TRIES)
@public
def back() -> Answer:
    """Take the browser back with what the provider sent along; each answer is taken once."""
    provider = _provider()
    sent = session.pop(REMEMBERED, None) or {}
    state, ours = request.args.get("state", ""), str(sent.get("state", ""))
    if not ours or not hmac.compare_digest(state.encode(), ours.encode()):
        return _refused("the state is not the one that was sent")
    if request.args.get("iss", provider.issuer) != provider.issuer:
        return _refused("another provider answered")
    if not request.args.get("code"):
        return _refused("the provider sent no code")
    try:
        person = provider.finish(request.args["code"], _back(), sent["nonce"], sent["verifier"])
    except ProviderDown as error:
        return _down(error)
    except Refused as error:
        return _refused(str(error))
    return _come_in(person, then=own_path(str(sent["then"])), shared=bool(sent["shared"]))


def _come_in(person: Person, *, then: str, shared: bool) -> Answer:
    spatial.read_enough(db.session)  # an address that is opened begins no transaction that writes
    user = _known(person)
    if user is None:
        return _refused("nobody here has this account, or its address is not verified")
    answer = let_in(user, then, shared=shared, proved=person.proved)
    db.session.commit()
    return answer


def _known(person: Person) -> User | None:
    settings: Settings = current_app.extensions["settings"]
    email = person.email if person.is_verified else ""
    return people.by_work_account(
        db.session, person.key, email, person.name, team=settings.oidc_team
    )


def _provider() -> SignInProvider:
    provider: SignInProvider = current_app.extensions["sign_in_provider"]
    if not provider.is_set:
        raise NotFound("There is no such page.")
    return provider


def _back() -> str:
    """Where the provider sends browsers back to; never to what a request says its host is."""
    settings: Settings = current_app.extensions["settings"]
    root = settings.public_url or f"http://{settings.host}:{settings.port}"
    return urljoin(root, BACK)


def _refused(why: str) -> tuple[str, int]:
    log.info("A sign-in by the provider was refused", why=why)
    db.session.rollback()
    spatial.writing(db.session)
    audit.note(db.session, AuditAction.SIGN_IN_FAILED, viewer=PUBLIC, details={"by": "provider"})
    db.session.commit()
    return render_template("sign_in/refused.html"), 403


def _down(error: ProviderDown) -> tuple[str, int]:
    log.error("The sign-in provider does not answer", problem=str(error))
    return render_template("sign_in/down.html"), 503
