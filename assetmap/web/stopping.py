"""The link in every message that ends what it came of: one button, at once, signed out or in.

Mail programs press it for their readers too (RFC 8058): they post to the same address.
"""

from flask import Blueprint, Response, make_response, render_template, request

from assetmap.db import db
from assetmap.gate import by_link, limiter, public
from assetmap.models import Consent
from assetmap.register import consents
from assetmap.vocabulary import ContactChannel, ContactPurpose
from assetmap.web.contact_words import BY, YOURS

bp = Blueprint("stopping", __name__, url_prefix="/stop")
TRIES = "60/minute"


@bp.get("/<token>")
@limiter.limit(TRIES)
@public
def ask(token: str) -> Response:
    """What the link ends, and the button that ends it."""
    return _page(consents.of_link(db.session, token), done=False)


@bp.post("/<token>")
@limiter.limit(TRIES)
@by_link
@public
def stop(token: str) -> Response:
    """End it now, or by every way. Pressed again, it is as ended as before."""
    by_every_way = request.form.get("ways") == "every"
    row = consents.withdraw_by_link(db.session, token, by_every_way=by_every_way)
    answer = _page(row, done=True, by_every_way=by_every_way)
    db.session.commit()
    return answer


def _page(row: Consent, *, done: bool, by_every_way: bool = False) -> Response:
    shown = row.purpose == ContactPurpose.SHARING  # which has no channel, and ends as a whole
    answer = make_response(
        render_template(
            "contacts/stop.html",
            done=done,
            by_every_way=by_every_way,
            purpose=YOURS[ContactPurpose(row.purpose)],
            channel="" if shown else BY[ContactChannel(row.channel)],
            controllers=row.controllers,
        )
    )
    answer.headers["Cache-Control"] = "no-store"
    answer.headers["Referrer-Policy"] = "no-referrer"
    answer.headers["X-Robots-Tag"] = "noindex"
    return answer
