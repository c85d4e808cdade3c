"""Being told what is new in a saved search: by e-mail, which one link ends, or in a feed."""

import uuid

from flask import (
    Blueprint,
    Response,
    current_app,
    flash,
    g,
    make_response,
    redirect,
    render_template,
    request,
)
from flask.typing import ResponseReturnValue

from assetmap import gate
from assetmap.db import db
from assetmap.errors import Invalid
from assetmap.formats import atom
from assetmap.gate import by_link, limiter, public
from assetmap.models import SavedSearch
from assetmap.register import (
    audit,
    audit_taking,
    saved_searches,
    search_alerts,
    search_feeds,
    search_news,
)
from assetmap.register.secret import fresh
from assetmap.settings import Settings
from assetmap.vocabulary import AuditAction
from assetmap.web import codes, labels

bp = Blueprint("search_news", __name__)
TRIES = "60/minute"
MOST_IN_A_FEED = 50
LONGEST_ONCE = 64
EVERY = (("never", "Not at all"), ("daily", "Once a day"), ("weekly", "Once a week"))
SAID = {
    "never": "You get no e-mails about this search.",
    "daily": "You get an e-mail on days that bring something new.",
    "weekly": "You get an e-mail in weeks that bring something new.",
}


@bp.get("/saved-searches/<uuid:uid>/news")
def choose(uid: uuid.UUID) -> str:
    """How one is told what is new."""
    gate.in_person()
    return _page(saved_searches.find(db.session, uid, viewer=g.viewer))


@bp.post("/saved-searches/<uuid:uid>/news")
def tell(uid: uuid.UUID) -> ResponseReturnValue:
    """Be told by e-mail, or no longer."""
    gate.in_person()
    made = saved_searches.find(db.session, uid, viewer=g.viewer)
    every = request.form.get("every", "")
    try:
        search_alerts.put(db.session, made, every, viewer=g.viewer)
    except Invalid as error:
        db.session.rollback()
        made = saved_searches.find(db.session, uid, viewer=g.viewer)
        return _page(made, error.problems), error.status
    flash(SAID[every], "success")
    db.session.commit()
    return redirect("/saved-searches/", 303)


@bp.post("/saved-searches/<uuid:uid>/feed")
def make_feed(uid: uuid.UUID) -> str:
    """Make the address of one's feed and show it, this once; the one before ends."""
    gate.in_person()
    settings: Settings = current_app.extensions["settings"]
    made = saved_searches.find(db.session, uid, viewer=g.viewer)
    once = request.form.get("shown", "")[:LONGEST_ONCE] or fresh()
    secret = search_feeds.secret_for(settings.signing_key(), made, g.viewer, once)
    search_feeds.make(db.session, made, secret, viewer=g.viewer)
    address = f"{codes.root()}/saved-searches/feeds/{secret}.atom"
    shown = render_template("saved_searches/feed.html", made=made, address=address, section="/")
    db.session.commit()
    return shown


@bp.post("/saved-searches/<uuid:uid>/feed/end")
def end_feed(uid: uuid.UUID) -> ResponseReturnValue:
    """End the address of one's feed."""
    gate.in_person()
    made = saved_searches.find(db.session, uid, viewer=g.viewer)
    ended = search_feeds.end(db.session, made, viewer=g.viewer)
    path = made.path
    said = "The address is ended: programs that have it read nothing more."
    flash(said if ended else "There was no address.", "success")
    db.session.commit()
    return redirect(f"{path}/news", 303)


@bp.get("/saved-searches/feeds/<secret>.atom")
@limiter.limit(TRIES)
@public
def feed(secret: str) -> Response:
    """What is new in a saved search, for whoever has the address that somebody made."""
    viewer, made = search_feeds.reader(db.session, secret)
    found = search_news.newest(db.session, made, MOST_IN_A_FEED, viewer=viewer)
    root = codes.root()
    items = [
        atom.Item(
            id=one.entry.uid.urn,
            title=one.called or f"{labels.said(one.entry.kind)} {one.entry.ref}",
            url=root + one.path,
            published_at=one.entry.created_at,
            updated_at=one.entry.updated_at or one.entry.created_at,
            sort=one.entry.kind,
        )
        for one in found
    ]
    body = atom.write(made.uid.urn, made.name, root + made.path, "Assetmap", items)
    audit.note(
        db.session,
        AuditAction.READ,
        viewer=viewer,
        entity="saved_search",
        uid=made.uid,
        teams=viewer.teams_where(),
        details={"found": len(items), "scope": "feed"},
    )
    entries = [one.entry for one in found]
    audit_taking.told(db.session, entries, viewer=viewer, scope="feed")
    audit.before_it_leaves(db.session)
    db.session.commit()
    answer = Response(body, content_type=atom.TYPE)
    answer.headers["Cache-Control"] = "private, no-cache"
    answer.add_etag()
    answer.make_conditional(request)
    return answer


@bp.get("/stop-alert/<token>")
@limiter.limit(TRIES)
@public
def ask(token: str) -> Response:
    """The button that ends the e-mails."""
    search_alerts.of_link(db.session, token)
    return _private(done=False)


@bp.post("/stop-alert/<token>")
@limiter.limit(TRIES)
@by_link
@public
def stop(token: str) -> Response:
    """End them now. Pressed again, they are as ended as before."""
    search_alerts.end_by_link(db.session, token)
    answer = _private(done=True)
    db.session.commit()
    return answer


def _page(made: SavedSearch, problems: dict[str, str] | None = None) -> str:
    return render_template(
        "saved_searches/news.html",
        made=made,
        every=search_alerts.of(db.session, viewer=g.viewer).get(made.id, "never"),
        choices=EVERY,
        feed=search_feeds.of(db.session, made, viewer=g.viewer),
        moment=labels.moment,
        once=fresh(),
        problems=problems or {},
        section="/",
    )


def _private(*, done: bool) -> Response:
    answer = make_response(render_template("saved_searches/stop.html", done=done))
    answer.headers["Cache-Control"] = "no-store"
    answer.headers["Referrer-Policy"] = "no-referrer"
    answer.headers["X-Robots-Tag"] = "noindex"
    return answer
