"""Who came: a form that people may fill in as they go, and the counts that come of it."""

import uuid
from collections.abc import Mapping

from flask import Blueprint, g, render_template, request
from flask.typing import ResponseReturnValue

from assetmap.db import db, now
from assetmap.errors import Invalid
from assetmap.gate import limiter, public
from assetmap.models import Engagement, Monitoring
from assetmap.register import invite_missing_words, monitoring, monitoring_compared
from assetmap.schemas.monitoring import SheetDraft
from assetmap.schemas.reading import checked
from assetmap.web import codes, event_pages, labels
from assetmap.web.entry_requests import done, event_shown, event_to_change, uid_from

bp = Blueprint("monitoring", __name__)

AT = "/engagements/<uuid:uid>/who-came"
TRIES = "600 per minute"  # sixty people in a hall have one address


@bp.get(f"{AT}/")
def show(uid: uuid.UUID) -> ResponseReturnValue:
    """How many said what of themselves, once the form is closed, and how that is beside those who
    live there."""
    event = event_shown(uid)
    found = monitoring.of(db.session, event, viewer=g.viewer)
    address = f"{codes.root()}/who-came/{found.monitoring.code}" if found else ""
    problems: Mapping[str, str] = {}
    beside = None
    if found and not found.is_open:
        try:
            wanted = request.args.get("area", "")
            beside = monitoring_compared.of(db.session, event, found, wanted)
        except Invalid as error:
            problems = dict(error.problems)
            beside = monitoring_compared.of(db.session, event, found)
    opens_at = monitoring.opens_at(event)
    page = event_pages.read(
        event,
        "monitoring/show.html",
        found=found,
        asked=monitoring.questions(),
        opens_at=labels.moment(opens_at) if now() < opens_at else "",
        address=address,
        drawn=codes.drawn(address) if found and found.is_open else "",
        beside=beside,
        choices=[(one.code, one.label) for one in beside.areas] if beside else [],
        words=invite_missing_words,
        problems=problems,
    )
    return page, Invalid.status if problems else 200


@bp.post(f"{AT}/<any(open, close):act>")
def settle(uid: uuid.UUID, act: str) -> ResponseReturnValue:
    """Open the form at the end of the event, or close it for good."""
    event = event_to_change(uid)
    if act == "open":
        monitoring.start(db.session, event, viewer=g.viewer)
        return done(event, "The form is open.", "/who-came/")
    monitoring.close(db.session, event, viewer=g.viewer)
    return done(event, "The form is closed. What came of it is below.", "/who-came/")


@bp.get("/who-came/<code>")
@limiter.limit(TRIES)
@public
def sheet(code: str) -> str:
    """The form, for anybody who has its address: no account and no name."""
    form, event = monitoring.open_one(db.session, code)
    return _sheet(form, event, {"uid": str(uuid.uuid4())})


@bp.post("/who-came/<code>")
@limiter.limit(TRIES)
@public
def answer(code: str) -> ResponseReturnValue:
    """Count what was said; pressed twice, it counts once."""
    form, event = monitoring.open_one(db.session, code)
    said = {
        one.dimension: value
        for one in monitoring.questions()
        if (value := request.form.get(f"q-{one.dimension}", ""))
    }
    try:
        draft = checked(SheetDraft, {"said": said})
        monitoring.answer(db.session, form, uid_from("uid"), draft)
    except Invalid as error:
        db.session.rollback()
        form, event = monitoring.open_one(db.session, code)
        return _sheet(form, event, request.form.to_dict(), error.problems), error.status
    thanks = render_template("monitoring/thanks.html", title=_title(event), again=request.path)
    db.session.commit()
    return thanks


def _sheet(
    form: Monitoring,
    event: Engagement,
    typed: Mapping[str, str],
    problems: Mapping[str, str] | None = None,
) -> str:
    return render_template(
        "monitoring/sheet.html",
        title=_title(event),
        code=form.code,
        asked=monitoring.questions(),
        typed=typed,
        problems=dict(problems or {}),
    )


def _title(event: Engagement) -> str:
    return event.title if event.visibility == "public" else "This event"
