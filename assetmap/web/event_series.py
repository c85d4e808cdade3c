"""Beginning an event from a template or another one, and what to say since last time."""

import uuid
from typing import Any

from flask import Blueprint, g, render_template

from assetmap import access, layers
from assetmap.db import db, local_day, now
from assetmap.gate import public
from assetmap.register import (
    actions,
    running,
    series,
)
from assetmap.register.series import Point
from assetmap.web import event_pages, labels
from assetmap.web.actions import SAID, TONES
from assetmap.web.entry_requests import event_shown
from assetmap.web.running import length

bp = Blueprint("event_series", __name__, url_prefix="/engagements")


@bp.get("/start")
def start() -> str:
    """Templates to begin an event from, and past events to copy."""
    access.team_to_log_for(g.viewer, None)
    past = series.to_copy(db.session, viewer=g.viewer)
    return render_template(
        "running/start.html",
        templates=[_shown(one) for one in layers.event_templates()],
        past=[(one, labels.day(local_day(one.starts_at))) for one in past],
        length=length,
    )


@bp.get("/<uuid:uid>/since")
@public
def since(uid: uuid.UUID) -> str:
    """What became of what was said at the events before: to each viewer what is theirs."""
    event = event_shown(uid)
    run = series.of(db.session, event, viewer=g.viewer)
    found = series.since_last(db.session, run, viewer=g.viewer)
    points = [*found.answered, *found.still_open]
    today = local_day(now())
    inside = actions.is_inside(db.session, event, viewer=g.viewer)
    return event_pages.read(
        event,
        "running/since.html",
        run=run,
        answered=[_said(one) for one in found.answered],
        still_open=[_said(one) for one in found.still_open],
        tiles=_tiles([one for one in points if one.action.published_at]),
        unseen=sum(one.action.published_at is None for one in points),
        today=today,
        words=SAID,
        tones=TONES,
        is_inside=inside,
    )


def _shown(template: dict[str, Any]) -> dict[str, Any]:
    parts = running.parts_of(template)
    days = max(part.day for part in parts)
    minutes = sum(part.minutes for part in parts)
    span = f"{days} days" if days > 1 else length(minutes)
    return template | {"parts": parts, "span": span}


def _said(point: Point) -> dict[str, Any]:
    action, event = point.action, point.event
    knows = point.is_inside or actions.does_it(action, viewer=g.viewer)
    who = action.partner.name if action.partner else ""
    parts = [who, action.owner if knows else ""]
    return {"action": action, "event": event, "who": ", ".join(part for part in parts if part)}


def _tiles(points: list[Point]) -> list[dict[str, Any]]:
    of = [point.action.status for point in points]
    counts = (
        ("Done, all or part", of.count("done") + of.count("partly_done")),
        ("Could not be done", of.count("not_possible")),
        ("Still to be done", sum(one in ("proposed", "agreed", "in_progress") for one in of)),
    )
    return [{"label": label, "count": count} for label, count in counts if count]
