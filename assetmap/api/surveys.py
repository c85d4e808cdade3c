"""What is asked before and after an event, for programs. What came of it: `asked`."""

import uuid
from typing import Any

from flask import Blueprint, g
from pydantic import Field

from assetmap.api.contract import Operation, Reply, base_version, root
from assetmap.api.running import found, read
from assetmap.db import db
from assetmap.errors import NotFound
from assetmap.models import Survey
from assetmap.register import surveys
from assetmap.schemas.features import Given
from assetmap.schemas.reading import checked
from assetmap.schemas.surveys import PHASES, SurveyDraft

bp = Blueprint("api_surveys", __name__, url_prefix="/api/engagements/<uuid:uid>/survey")


class QuestionGiven(Given):
    """A question, answered from 1 to 10 or by choosing one of its answers."""

    code: str
    asks: str
    options: list[str] | None = Field(description="null: from 1 to 10")


class SurveyGiven(Given):
    """The survey of an event."""

    version: int
    open_for: str = Field(description="before or after; empty: no answers are taken")
    address: str = Field(description="where anybody who has it answers")
    questions: list[QuestionGiven]
    sheets: dict[str, int] = Field(description="by phase, how many came")


@bp.get("")
@Operation(gives=SurveyGiven, headers=("X-Purpose",), refuses=(403, 404, 428))
def survey(uid: uuid.UUID) -> Reply:
    """Read what is asked at an event of your team, where it is answered, and how many did."""
    event = found(uid)
    kept = surveys.find(db.session, event, viewer=g.viewer)
    if kept is None:
        raise NotFound("Nothing is asked at this event.")
    return read(event, _survey(kept))


@bp.put("")
@Operation(
    gives=SurveyGiven,
    sends=SurveyDraft,
    headers=("If-Match", "X-Purpose"),
    refuses=(403, 404, 409, 412, 428),
)
def put_survey(uid: uuid.UUID, body: Any) -> Reply:
    """Choose what is asked and whether answers are taken now; to change it, say in If-Match which
    version you changed."""
    event, draft = found(uid), checked(SurveyDraft, body)
    kept = surveys.set_up(
        db.session, event, draft, viewer=g.viewer, base_version=base_version() or 0
    )
    db.session.flush()  # its sheets are counted by its key
    answer, version = _survey(kept), str(kept.version)
    db.session.commit()
    return Reply(answer, etag=version)


def _survey(kept: Survey) -> dict[str, Any]:
    return {
        "version": kept.version,
        "open_for": kept.open_for,
        "address": f"{root()}/answer/{kept.code}",
        "questions": [
            {"code": one["code"], "asks": one["asks"], "options": one.get("options")}
            for one in kept.questions
        ],
        "sheets": {phase: surveys.count(db.session, kept, phase) for phase in PHASES},
    }
