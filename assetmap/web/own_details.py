"""Anybody asks about their own details, or complains, without an account."""

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, flash, g, redirect, render_template, request
from werkzeug.wrappers import Response

from assetmap.db import db
from assetmap.errors import Invalid
from assetmap.gate import limiter, public
from assetmap.register import subject_requests
from assetmap.schemas.reading import from_form
from assetmap.schemas.subject_requests import OwnRequest, RequestKind

bp = Blueprint("own_details", __name__, url_prefix="/your-details")

TRIES = "5 per minute; 20 per day"
NOT_OURS = frozenset({"csrf_token"})
THANKS = (
    "We have it: {ref}. Keep this number. You are answered within a month; before that we make"
    " sure that it is you."
)
KINDS = (
    ("access", "I want to see what you hold about me"),
    ("rectification", "Something about me is wrong"),
    ("erasure", "I want what you hold about me erased"),
    ("objection", "I do not want to be contacted"),
    ("restriction", "I want what you hold left alone until something is settled"),
    ("complaint", "I want to complain about how my details are used"),
)
assert {code for code, _ in KINDS} == set(RequestKind)


@bp.get("/")
@public
def ask() -> str:
    """A short form."""
    return _form({}, {})


@bp.post("/")
@limiter.limit(TRIES)
@public
def send() -> Response | tuple[str, int]:
    """Write it down for the data officers; the clock runs."""
    try:
        given = from_form(OwnRequest, request.form, ignore=NOT_OURS)
        made = subject_requests.ask(db.session, given, viewer=g.viewer)
    except Invalid as error:
        db.session.rollback()
        return _form(request.form.to_dict(), error.problems), error.status
    ref = made.ref
    db.session.commit()
    flash(THANKS.format(ref=ref), "success")
    return redirect("/your-details/", 303)


def _form(typed: Mapping[str, Any], problems: Mapping[str, str]) -> str:
    return render_template("requests/own.html", typed=typed, problems=problems, kinds=KINDS)
