"""Signing in by a link that is mailed, and signing out."""

from threading import Thread
from urllib.parse import quote, urlsplit

import structlog
from flask import (
    Blueprint,
    current_app,
    flash,
    g,
    redirect,
    render_template,
    request,
    session,
    url_for,
)
from werkzeug.wrappers import Response

from assetmap import gate, spatial
from assetmap.access import PUBLIC, Viewer
from assetmap.db import db
from assetmap.errors import Invalid, NotFound
from assetmap.gate import SESSION_KEY, SHARED_KEY, cookie_secret, limiter, public, session_limits
from assetmap.models import User, UserSession
from assetmap.outside.mail import Mail
from assetmap.outside.sign_in_provider import SignInProvider
from assetmap.register import audit, authenticators, people, sessions, sign_in
from assetmap.register.authenticators import FEW, WRONG, Vault
from assetmap.register.person_notes import note
from assetmap.schemas.people import LinkRequest
from assetmap.schemas.reading import from_form
from assetmap.settings import Settings
from assetmap.vocabulary import AuditAction
from assetmap.web import labels

bp = Blueprint("sign_in", __name__)
log = structlog.get_logger()

TRIES = "10 per minute"
LONGEST_NEXT = 2000
LEFT = "assetmap_left"  # that somebody signed out; the browser's scripts take it away
SUBJECT = "Your link to sign in to Assetmap"
MESSAGE = """Press this link to sign in to Assetmap:

{link}

It works once, for {minutes} minutes. If you did not ask for it, you need do nothing.
"""


@bp.get("/sign-in")
@public
def ask() -> str:
    """A form that asks where to send a link."""
    return _form(then=own_path(request.args.get("next", "")))


@bp.post("/sign-in")
@limiter.limit(TRIES)
@public
def send() -> str | tuple[str, int]:
    """Mail a link. The answer is the same whether or not anybody has that address."""
    then = own_path(request.form.get("next", ""))
    try:
        wanted = from_form(LinkRequest, request.form)
    except Invalid as error:
        email = request.form.get("email", "")[:254]
        return _form(then=then, email=email, problems=error.problems), error.status
    settings = _settings()
    user = sign_in.find_user(db.session, wanted.email)
    if user is not None:
        to, name = user.email, user.name
        secret = sign_in.make_link(db.session, user, minutes=settings.sign_in_minutes)
        db.session.commit()
        _mail(to, name, _address(secret, then))
    else:
        audit.note(db.session, AuditAction.SIGN_IN_FAILED, viewer=PUBLIC)
        db.session.commit()
    mail: Mail = current_app.extensions["mail"]
    return render_template("sign_in/sent.html", minutes=settings.sign_in_minutes, mails=mail.is_set)


@bp.get("/sign-in/<secret>")
@public
def open_link(secret: str) -> Response | tuple[str, int]:
    """A button to press: scanners that open every link in a message press none."""
    person = people.person_of_link(db.session, secret)
    if person is None:
        return _spent()
    page = render_template(
        "sign_in/link.html", person=person, then=own_path(request.args.get("next", ""))
    )
    answer = current_app.make_response(page)
    answer.headers["Referrer-Policy"] = "no-referrer"
    answer.headers["Cache-Control"] = "no-store"
    return answer


@bp.post("/sign-in/<secret>")
@limiter.limit(TRIES)
@public
def use_link(secret: str) -> Response | tuple[str, int]:
    """Spend the link and sign its person in."""
    try:
        user = sign_in.use_link(db.session, secret)
    except NotFound:
        db.session.rollback()
        spatial.writing(db.session)
        audit.note(db.session, AuditAction.SIGN_IN_FAILED, viewer=PUBLIC)
        db.session.commit()
        return _spent()
    answer = let_in(user, own_path(request.form.get("next", "")), shared=_shared())
    db.session.commit()
    return answer


@bp.get("/sign-in/code")
@public
def ask_code() -> str | Response:
    """Ask for the code of the authenticator app."""
    if _waiting() is None:
        return redirect("/sign-in", 303)
    return render_template("sign_in/code.html", problems={})


@bp.post("/sign-in/code")
@limiter.limit(TRIES)
@public
def give_code() -> str | tuple[str, int] | Response:
    """Take the code and sign in for good: with a new session, in which it was given."""
    waiting = _waiting()
    if waiting is None:
        return redirect("/sign-in", 303)
    user, shared, then = waiting.user, waiting.shared_device, own_path(session.get("then", ""))
    code = request.form.get("code", "")
    if not authenticators.proves(db.session, user, code, Vault(_settings().signing_key())):
        note(db.session, AuditAction.SIGN_IN_FAILED, user, viewer=PUBLIC)
        db.session.commit()  # the failure counts
        return render_template("sign_in/code.html", problems={"code": WRONG}), 422
    _begin(user, shared=shared, proved=True)
    viewer = Viewer(user.name, user.id)
    note(db.session, AuditAction.SIGNED_IN, user, viewer=viewer)
    left = authenticators.state(db.session, user, viewer=viewer).codes_left
    db.session.commit()
    if left < FEW:
        flash(f"{labels.codes_left(left)}. Make new ones under your name.", "info")
    return redirect(then, 303)


@bp.post("/sign-in/demo")
@public
def as_demo_person() -> Response:
    """Sign in as one of the demo's people with one press; there is no such page elsewhere."""
    if not _settings().demo:
        raise NotFound("There is no such page.")
    wanted = request.form.get("email", "").lower()
    found = (one for one in people.demo_people(db.session) if one.email.lower() == wanted)
    user = next(found, None)
    if user is None:
        raise NotFound("There is no such demo person.")
    answer = let_in(user, own_path(request.form.get("next", "")), shared=_shared())
    db.session.commit()
    return answer


@bp.post("/sign-out")
@public
def sign_out() -> Response:
    """Forget who is here, at once and on the server. The browser forgets all but what the phone's
    app has not sent yet: scripts do that before the form is sent, or when they next start
    (walk/leaving.js).
    """
    shared = g.here is not None and g.here.shared_device
    if g.viewer.is_signed_in:
        audit.note(db.session, AuditAction.SIGNED_OUT, viewer=g.viewer, teams=g.viewer.roles)
    forget_here()
    db.session.commit()
    answer = redirect("/", 303)
    if shared:
        answer.headers["Clear-Site-Data"] = '"cache"'  # "cookies" would take LEFT with it
    is_secure: bool = current_app.config["SESSION_COOKIE_SECURE"]
    answer.set_cookie(LEFT, "yes", gate.YEAR_S, secure=is_secure, samesite="Lax")
    return answer


def own_path(given: str) -> str:
    """A path of this service to go on to; the search for anything else.

    Browsers take `\\` for `/` and drop tabs and line ends, so `/\\host` leads away too.
    """
    ours = (
        given.startswith("/")
        and not given.startswith("//")
        and "\\" not in given
        and given.isprintable()
        and len(given) <= LONGEST_NEXT
    )
    if not ours or urlsplit(given).netloc or urlsplit(given).path.startswith("/sign-"):
        return "/"
    return given


def _waiting() -> UserSession | None:
    return sessions.waiting(db.session, cookie_secret(), session_limits(_settings()))


def _form(then: str, email: str = "", problems: dict[str, str] | None = None) -> str:
    demo = people.demo_people(db.session) if _settings().demo else ()
    provider: SignInProvider = current_app.extensions["sign_in_provider"]
    return render_template(
        "sign_in/ask.html",
        then=then,
        email=email,
        problems=problems or {},
        demo=demo,
        provider=_settings().oidc_name if provider.is_set else "",
    )


def _spent() -> tuple[str, int]:
    return render_template("sign_in/spent.html"), 404


def let_in(user: User, then: str, *, shared: bool, proved: bool = False) -> Response:
    """Open a session, or ask for the authenticator's code of who has one and gave no second proof
    elsewhere."""
    if not proved and authenticators.has_one(db.session, user.id):
        _begin(user, shared=shared, awaits_code=True)
        session["then"] = then
        return redirect("/sign-in/code", 303)
    _begin(user, shared=shared, proved=proved)
    note(db.session, AuditAction.SIGNED_IN, user, viewer=Viewer(user.name, user.id))
    return redirect(then, 303)


def _shared() -> bool:
    return request.form.get("shared") == "yes"


def _begin(user: User, *, shared: bool, awaits_code: bool = False, proved: bool = False) -> None:
    forget_here()
    begun = sessions.begin(
        db.session,
        user,
        session_limits(_settings()),
        shared_device=shared,
        agent=request.headers.get("User-Agent", ""),
        awaits_code=awaits_code,
        proved=proved,
    )
    session.permanent = not shared  # a cookie that goes when the browser is closed
    session[SESSION_KEY] = begun.secret
    if shared:
        session[SHARED_KEY] = True  # for when the session has ended and nobody else knows it


def forget_here() -> None:
    """End the session that was here before; nothing of whoever had it is carried over."""
    sessions.end(db.session, cookie_secret())
    session.clear()


def _address(secret: str, then: str) -> str:
    """The link to mail. A request's Host is whatever its sender wrote, so a mailed link never
    trusts it; one in the log is read by whoever runs the service."""
    settings = _settings()
    mail: Mail = current_app.extensions["mail"]
    here = f"http://{settings.host}:{settings.port}" if mail.is_set else request.host_url
    path = url_for("sign_in.open_link", secret=secret)
    on = f"?next={quote(then)}" if then != "/" else ""
    return f"{(settings.public_url or here).rstrip('/')}{path}{on}"


def _mail(to: str, name: str, link: str) -> None:
    """Send aside, so that neither a slow server nor its silence tells who is known."""
    mail: Mail = current_app.extensions["mail"]
    text = f"Hello {name},\n\n" + MESSAGE.format(link=link, minutes=_settings().sign_in_minutes)
    if mail.is_set:
        Thread(target=_try, args=(mail, to, text), name="mail", daemon=True).start()
    else:
        mail.send(to, SUBJECT, text)


def _try(mail: Mail, to: str, text: str) -> None:
    try:
        mail.send(to, SUBJECT, text)
    except OSError as error:
        log.error("A sign-in link could not be mailed", problem=type(error).__name__)


def _settings() -> Settings:
    settings: Settings = current_app.extensions["settings"]
    return settings
