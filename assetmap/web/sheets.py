"""A survey on paper: the sheet to print, and typing in what came back."""

import uuid
from typing import Any

from flask import Blueprint, g, render_template, request
from flask.typing import ResponseReturnValue

from assetmap import access
from assetmap.db import db
from assetmap.errors import BadRequest, NotFound
from assetmap.models import Engagement, Survey
from assetmap.register import surveys
from assetmap.schemas.reading import checked
from assetmap.schemas.surveys import HIGHEST, LOWEST, PHASES, AnswerDraft
from assetmap.web import codes, event_pages
from assetmap.web.entry_requests import done, event_shown, event_to_change, uid_from
from assetmap.web.event_pages import Back

bp = Blueprint("sheets", __name__, url_prefix="/engagements/<uuid:uid>/survey")

SCALE = range(LOWEST, HIGHEST + 1)


@bp.get("/sheet")
def sheet(uid: uuid.UUID) -> str:
    """One sheet of A4 to copy and hand out; its code leads to the same questions on a phone."""
    event = event_shown(uid)
    survey, phase = _survey(event), _phase()
    address = f"{codes.root()}/answer/{survey.code}"
    return event_pages.read(
        event,
        "surveys/paper.html",
        address=address,
        drawn=codes.drawn(address),
        **_asked(survey, phase),
    )


@bp.get("/typed")
def ask(uid: uuid.UUID) -> str:
    """The form for a sheet that came back."""
    return _form(_to_type(uid), _phase(), {"uid": str(uuid.uuid4())})


@bp.post("/typed")
def keep(uid: uuid.UUID) -> ResponseReturnValue:
    """Keep it and be ready for the next."""
    event, phase = _to_type(uid), _phase()

    def put() -> ResponseReturnValue:
        given = {
            name.removeprefix("q-"): value
            for name, value in request.form.items()
            if name.startswith("q-") and value
        }
        draft = checked(AnswerDraft, {"given": given, "pair": request.form.get("pair", "")})
        surveys.type_in(db.session, event, uid_from("uid"), draft, phase=phase, viewer=g.viewer)
        return done(event, "The sheet is in.", f"/survey/typed?phase={phase}")

    def again(back: Back) -> str:
        typed = request.form.to_dict()
        if not back.problems:
            typed["uid"] = str(uuid.uuid4())
        return _form(_to_type(uid), phase, typed, dict(back.problems) or {"given": back.said})

    return event_pages.kept_or(put, again)


@bp.post("/draw")
def draw(uid: uuid.UUID) -> ResponseReturnValue:
    """Draw the figures anew, with the sheets that were typed in since."""
    event = event_to_change(uid)
    surveys.draw(db.session, event, viewer=g.viewer)
    return done(event, "The figures are drawn anew.", "/survey/")


def _to_type(uid: uuid.UUID) -> Engagement:
    event = event_shown(uid)
    access.require_add_to(g.viewer, event.team_id)
    return event


def _survey(event: Engagement) -> Survey:
    found = surveys.find(db.session, event, viewer=g.viewer)
    if found is None:
        raise NotFound("Nothing is asked at this event.")
    return found


def _phase() -> str:
    """Which sheets they are. Raises BadRequest."""
    phase = request.values.get("phase", PHASES[0])
    if phase not in PHASES:
        raise BadRequest.field("phase", "Say before or after.")
    return phase


def _asked(survey: Survey, phase: str) -> dict[str, Any]:
    other = next(one for one in PHASES if one != phase)
    asked = surveys.asked_in(survey, phase)
    return {"asked": asked, "phase": phase, "other": other, "scale": SCALE}


def _form(
    event: Engagement, phase: str, typed: dict[str, str], problems: dict[str, str] | None = None
) -> str:
    survey = _survey(event)
    return render_template(
        "surveys/typed.html",
        entry=event,
        typed=typed,
        problems=problems or {},
        count=surveys.count(db.session, survey, phase),
        **_asked(survey, phase),
    )
