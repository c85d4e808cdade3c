"""What people ask about their own details: an inbox with clocks, and the work on each request."""

import json
import uuid
from collections.abc import Callable, Mapping
from typing import Any

from flask import Blueprint, current_app, flash, g, redirect, render_template, request
from itsdangerous import BadSignature, URLSafeTimedSerializer
from werkzeug.wrappers import Response

from assetmap import connections, gate
from assetmap.db import db, local_day, now
from assetmap.errors import BadRequest, Invalid, NotFound
from assetmap.formats import bundles
from assetmap.models import SubjectRequest
from assetmap.outside.queue import Queue
from assetmap.register import audit, erasing, officers, subject_requests, subject_review
from assetmap.schemas.reading import checked, from_form
from assetmap.schemas.subject_requests import (
    Closing,
    Extending,
    HitDecision,
    IdentityChecked,
    NewRequest,
    Pausing,
    RequestKind,
    RequestStatus,
)
from assetmap.vocabulary import AuditAction

bp = Blueprint("subject_requests", __name__, url_prefix="/requests")
bp.before_request(gate.in_person)

LINK_SECONDS = 600
NOT_OURS = frozenset({"csrf_token"})
Answer = str | tuple[str, int] | Response
DOING = {
    "erasure": "Erase all that is theirs",
    "objection": "Contact them no more",
    "restriction": "Leave their details alone",
}
KINDS = {
    "access": "See what is held",
    "erasure": "Have it erased",
    "rectification": "Have it put right",
    "objection": "Not be contacted",
    "restriction": "Have it left alone",
    "complaint": "Complain",
}
STATES = {
    "received": ("Received", "warn"),
    "identity_check": ("Waiting to know that it is them", "warn"),
    "searching": ("Being searched for", "quiet"),
    "review": ("To be looked through", "warn"),
    "sent": ("Answered", "good"),
    "closed": ("Closed", "quiet"),
}
CAME_BY = (
    ("email", "By e-mail"),
    ("letter", "By letter"),
    ("phone", "By phone"),
    ("in_person", "In person"),
    ("form", "By a form"),
)
assert set(KINDS) == set(RequestKind)
assert set(STATES) == set(RequestStatus)


@bp.get("/")
def inbox() -> str:
    """Every request with its clock, the most pressing first."""
    found = subject_requests.every(db.session, viewer=g.viewer)
    today = local_day(now())
    lines = [(one, subject_requests.clock(one, today)) for one in found]
    lines.sort(key=lambda line: (not line[0].is_open, line[1].due_on))
    return render_template(
        "requests/list.html",
        lines=lines,
        may_change=officers.is_officer(db.session, g.viewer),
        kinds=KINDS,
        states=STATES,
    )


@bp.get("/new")
def new() -> str:
    """A form to write down a request."""
    officers.require_officer(db.session, g.viewer)
    return _form({"received_on": local_day(now())}, {})


@bp.post("/new")
def log() -> Answer:
    """Write it down; the clock runs."""
    try:
        given = from_form(NewRequest, request.form, ignore=NOT_OURS)
        logged = subject_requests.log(db.session, given, viewer=g.viewer)
    except Invalid as error:
        db.session.rollback()
        return _form(request.form.to_dict(), error.problems), error.status
    where = f"/requests/{logged.uid}"
    db.session.commit()
    return redirect(where, 303)


@bp.get("/<uuid:uid>")
def show(uid: uuid.UUID) -> str:
    """One request: its clock, what is to be done next, and what was found."""
    one = subject_requests.find(db.session, uid, viewer=g.viewer)
    page = _page(one, {})
    if officers.is_officer(db.session, g.viewer):
        _account_for(AuditAction.READ, one)
    return page


@bp.post("/<uuid:uid>/identity")
def identity(uid: uuid.UUID) -> Answer:
    """Say how we know that it is them."""
    return _done(
        uid,
        lambda one: subject_requests.check_identity(
            db.session, one, _given(IdentityChecked), viewer=g.viewer
        ),
    )


@bp.post("/<uuid:uid>/pause")
def pause(uid: uuid.UUID) -> Answer:
    """Stop the clock while we wait for them."""
    return _done(
        uid,
        lambda one: subject_requests.pause(db.session, one, _given(Pausing), viewer=g.viewer),
    )


@bp.post("/<uuid:uid>/resume")
def resume(uid: uuid.UUID) -> Answer:
    """They have answered."""
    return _done(uid, lambda one: subject_requests.resume(db.session, one, viewer=g.viewer))


@bp.post("/<uuid:uid>/extend")
def extend(uid: uuid.UUID) -> Answer:
    """Take up to two months longer."""
    return _done(
        uid,
        lambda one: subject_requests.extend(db.session, one, _given(Extending), viewer=g.viewer),
    )


@bp.post("/<uuid:uid>/search")
def search(uid: uuid.UUID) -> Response:
    """Search everything, in the background."""
    one = subject_requests.to_change(db.session, uid, viewer=g.viewer)
    subject_requests.begin_search(db.session, one, viewer=g.viewer)
    db.session.commit()
    queue: Queue = current_app.extensions["queue"]
    queue.enqueue("requests.search", uid=str(uid), by=g.viewer.user_id)
    flash("Everything is being searched. Look at this page again.", "success")
    return redirect(f"/requests/{uid}", 303)


@bp.post("/<uuid:uid>/hits/<int:number>")
def decide(uid: uuid.UUID, number: int) -> Answer:
    """Whether something found is theirs, and what in it is about others."""
    one = subject_requests.to_change(db.session, uid, viewer=g.viewer)
    try:
        subject_review.decide(db.session, one, number, _given(HitDecision), viewer=g.viewer)
    except Invalid as error:
        db.session.rollback()
        wrong = {f"{name or 'decision'}-{number}": said for name, said in error.problems.items()}
        return _page(subject_requests.find(db.session, uid, viewer=g.viewer), wrong), error.status
    db.session.commit()
    return redirect(f"/requests/{uid}#found", 303)


@bp.post("/<uuid:uid>/include-rest")
def include_rest(uid: uuid.UUID) -> Response:
    """All that is undecided is theirs."""
    one = subject_requests.to_change(db.session, uid, viewer=g.viewer)
    count = subject_review.include_rest(db.session, one, viewer=g.viewer)
    db.session.commit()
    flash(f"{count:,} things are theirs.", "success")
    return redirect(f"/requests/{uid}", 303)


@bp.post("/<uuid:uid>/package")
def make_link(uid: uuid.UUID) -> Response:
    """A link to the package that works for ten minutes, for whoever asked for it alone."""
    one = subject_requests.to_change(db.session, uid, viewer=g.viewer)
    subject_review.package(db.session, one)  # raises Conflict while something is undecided
    said = {"link_minutes": LINK_SECONDS // 60}
    subject_requests.note(db.session, AuditAction.SHARED, one, viewer=g.viewer, details=said)
    key = _signer().dumps([str(uid), g.viewer.user_id])
    db.session.commit()
    return redirect(f"/requests/{uid}/package.zip?key={key}", 303)


@bp.get("/<uuid:uid>/package.zip")
def package(uid: uuid.UUID) -> Response:
    """The package, as JSON and as a page to print. Raises NotFound for a link that is over."""
    officers.require_officer(db.session, g.viewer)
    try:
        named = _signer().loads(request.args.get("key", ""), max_age=LINK_SECONDS)
    except BadSignature as error:
        raise NotFound("This link is over or is not yours. Ask for the package again.") from error
    if named != [str(uid), g.viewer.user_id]:
        raise NotFound("This link is over or is not yours. Ask for the package again.")
    one = subject_requests.find(db.session, uid, viewer=g.viewer)
    made = subject_review.package(db.session, one)
    ref = one.ref
    content = bundles.bundled(
        {
            f"{ref}.json": json.dumps(made, ensure_ascii=False, indent=2).encode(),
            f"{ref}.html": render_template("requests/package.html", package=made).encode(),
        }
    )
    _account_for(AuditAction.EXPORTED, one)
    answer = Response(content, content_type="application/zip")
    answer.headers["Content-Disposition"] = f'attachment; filename="{ref}.zip"'
    answer.headers["Cache-Control"] = "no-store"
    return answer


@bp.post("/<uuid:uid>/carry-out")
def carry_out(uid: uuid.UUID) -> Answer:
    """Erase, stop or leave alone what is theirs."""
    left: list[erasing.Done] = []
    answer = _done(
        uid, lambda one: left.append(erasing.carry_out(db.session, one, viewer=g.viewer))
    )
    for done in left:  # what was uploaded holds them too, and what was put aside of it
        erasing.clear_away(db.session, done)
    connections.empty_log(db.session)  # it holds what was erased
    return answer


@bp.post("/<uuid:uid>/lift")
def lift(uid: uuid.UUID) -> Answer:
    """It is settled: their details are in the lists again."""
    return _done(uid, lambda one: erasing.lift(db.session, one, viewer=g.viewer))


@bp.post("/<uuid:uid>/sent")
def sent(uid: uuid.UUID) -> Answer:
    """They have been answered."""
    return _done(uid, lambda one: subject_requests.mark_sent(db.session, one, viewer=g.viewer))


@bp.post("/<uuid:uid>/close")
def close(uid: uuid.UUID) -> Answer:
    """It is over; the copies that the search made go."""
    answer = _done(
        uid,
        lambda one: subject_requests.close(
            db.session, one, _given(Closing).outcome, viewer=g.viewer
        ),
    )
    connections.empty_log(db.session)  # it holds the copies, and after an erasure who asked
    return answer


def _account_for(action: AuditAction, one: SubjectRequest) -> None:
    """Put on the account who was shown what was found; last, because what was read is let go of."""
    uids = subject_review.records(db.session, one)
    said = {"found": len(uids)}
    subject_requests.note(db.session, action, one, viewer=g.viewer, details=said, uids=uids)
    audit.before_it_leaves(db.session)
    db.session.commit()


def _done(uid: uuid.UUID, work: Callable[[SubjectRequest], object]) -> Answer:
    """Do one thing to a request, and show it; what was typed wrong is shown beside it."""
    one = subject_requests.to_change(db.session, uid, viewer=g.viewer)
    try:
        work(one)
    except Invalid as error:
        db.session.rollback()
        again = subject_requests.find(db.session, uid, viewer=g.viewer)
        return _page(again, error.problems), error.status
    db.session.commit()
    return redirect(f"/requests/{uid}", 303)


def _given(model: Any) -> Any:
    return checked(
        model, {name: value for name, value in request.form.items() if name not in NOT_OURS}
    )


def _form(typed: Mapping[str, Any], problems: Mapping[str, str]) -> str:
    return render_template(
        "requests/new.html",
        typed=typed,
        problems=problems,
        kinds=list(KINDS.items()),
        came_by=CAME_BY,
    )


def _page(one: SubjectRequest, problems: Mapping[str, str]) -> str:
    may_change = officers.is_officer(db.session, g.viewer)
    found = subject_review.hits(db.session, one, after=_after()) if may_change else []
    counts = subject_review.counts(db.session, one)
    more = found[-1].id if len(found) == subject_review.MOST_SHOWN else 0
    return render_template(
        "requests/show.html",
        one=one,
        clock=subject_requests.clock(one, local_day(now())),
        may_change=may_change,
        found=[subject_review.shown(hit) for hit in found],
        counts=counts,
        more_url=f"/requests/{one.uid}?after={more}#found" if more else "",
        kinds=KINDS,
        doing=DOING,
        states=STATES,
        came_by=dict(CAME_BY),
        typed=request.form,
        problems=problems,
    )


def _after() -> int:
    given = request.args.get("after", "0")
    if not (given.isascii() and given.isdigit() and len(given) < 16):
        raise BadRequest("after: Give a whole number.", {"after": "Give a whole number."})
    return int(given)


def _signer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(str(current_app.secret_key), salt="package of a request")
