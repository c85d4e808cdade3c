"""The plan of an event, for programs."""

import uuid
from datetime import date
from typing import Any

from flask import Blueprint, g
from pydantic import Field

from assetmap.api.contract import Operation, Reply, base_version, said_why
from assetmap.db import db
from assetmap.models import Engagement, PlanItem
from assetmap.register import audit, audit_taking, entries, plans, reasons
from assetmap.schemas.features import Given
from assetmap.schemas.plans import PlanDraft
from assetmap.schemas.reading import checked
from assetmap.vocabulary import Kind

bp = Blueprint("api_plans", __name__, url_prefix="/api/engagements/<uuid:uid>/plan")


class SettledGiven(Given):
    """What somebody settled about a point."""

    number: int = Field(ge=1, le=25)
    version: int = Field(ge=0, description="0: nobody has yet")
    status: str
    note: str
    owner: str
    due_on: date | None


class PointGiven(SettledGiven):
    """A point of the plan."""

    phase: str
    title: str
    state: str = Field(description="todo, shown (by the record), done, not_applicable or waived")
    evidence: str = Field(description="what the record shows")


class PlanGiven(Given):
    """The points that this kind of event has, in order."""

    points: list[PointGiven]


@bp.get("")
@Operation(gives=PlanGiven, headers=("X-Purpose",), refuses=(403, 404, 428))
def plan(uid: uuid.UUID) -> Reply:
    """Read the plan of an event of your team, with what the record shows of each point."""
    event = _event(uid)
    points = [
        _settled(point.number, point.kept)
        | {
            "phase": point.phase,
            "title": point.title,
            "state": point.state,
            "evidence": point.evidence.said if point.evidence else "",
        }
        for point in plans.of(db.session, event, viewer=g.viewer)
    ]
    audit_taking.read_one(db.session, event, frozenset(), viewer=g.viewer)
    audit.before_it_leaves(db.session)
    db.session.commit()
    return Reply({"points": points})


@bp.put("/<int:number>")
@Operation(
    gives=SettledGiven,
    sends=PlanDraft,
    headers=("If-Match", "X-Purpose"),
    refuses=(403, 404, 409, 412, 428),
)
def put_point(uid: uuid.UUID, number: int, body: Any) -> Reply:
    """Settle a point of the plan; to change what is settled, say in If-Match which version."""
    event = _event(uid)
    draft = checked(PlanDraft, body)
    kept = plans.settle(
        db.session, event, number, draft, viewer=g.viewer, base_version=base_version() or 0
    )
    answer, version = _settled(number, kept), str(kept.version)
    db.session.commit()
    return Reply(answer, etag=version)


def _event(uid: uuid.UUID) -> Engagement:
    event = entries.find(db.session, uid, viewer=g.viewer, kind=Kind.ENGAGEMENT)
    reasons.require(db.session, event, said_why(), viewer=g.viewer)
    assert isinstance(event, Engagement)  # the kind that was asked for
    return event


def _settled(number: int, kept: PlanItem | None) -> dict[str, Any]:
    return plans.as_said(kept) | {"number": number, "version": kept.version if kept else 0}
