"""Looking at the register as the public or a partner does, to see what they are shown."""

from flask import Blueprint, flash, g, redirect, request, session
from werkzeug.wrappers import Response

from assetmap.db import db
from assetmap.gate import public
from assetmap.register import looking

bp = Blueprint("look_as", __name__, url_prefix="/look-as")


@bp.post("")
@public
def start() -> Response:
    """Look as whoever the form names, on every page, until it is stopped; for who is signed in."""
    wanted = request.form.get("partner", "")[:40] or looking.THE_PUBLIC
    really = g.viewer.behind or g.viewer
    seen_as = looking.viewer_named(db.session, wanted, viewer=really)
    session["look_as"] = wanted
    flash(f"You see the register as {looking.called(seen_as)} now.", "info")
    return redirect("/", 303)


@bp.post("/stop")
@public
def stop() -> Response:
    """Look with one's own eyes again."""
    session.pop("look_as", None)
    return redirect("/", 303)
