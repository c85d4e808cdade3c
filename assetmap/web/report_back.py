"""What is still owed: events whose people have heard nothing, and promises not kept yet."""

from collections.abc import Iterable, Mapping
from urllib.parse import urlencode

from flask import Blueprint, Response, g, render_template, request

from assetmap.db import db, local_day, now
from assetmap.formats import csv
from assetmap.models import Entry
from assetmap.register import action_reports, actions, audit, classification, tellings
from assetmap.register.actions import Promised
from assetmap.register.tellings import Owed
from assetmap.schemas.actions import ReportSearch
from assetmap.schemas.reading import from_query
from assetmap.vocabulary import AuditAction, Channel, Kind
from assetmap.web import taking
from assetmap.web.actions import SAID, TONES

bp = Blueprint("report_back", __name__)

PROMISED = ("event", "event_url", "number", "theme", "you_said", "decision", "by", "due", "state")
OWED = ("event", "event_url", "held_on", "days_ago", "feedback_due", "answered", "said")
ORDERS = (("due", "What is due first"), ("event", "The latest event first"), ("newest", "Newest"))


@bp.get("/report-back/")
def overview() -> str:
    """Both lists, for the teams one is in and the bodies one belongs to."""
    wanted = from_query(ReportSearch, request.args)
    owed = tellings.owed(db.session, viewer=g.viewer)
    promised = actions.promised(db.session, wanted, viewer=g.viewer)
    asked = {name: value for name, value in request.args.items() if value}
    shown = render_template(
        "reporting/overview.html",
        wanted=wanted,
        owed=owed,
        promised=promised,
        may_report=[
            action_reports.may_report(one.action, one.event, viewer=g.viewer) for one in promised
        ],
        late=sum(one.is_late for one in promised),
        most=actions.MOST_LISTED,
        orders=ORDERS,
        words=SAID,
        tones=TONES,
        csv_url="/report-back/promised.csv" + (f"?{urlencode(asked)}" if asked else ""),
        level=_level([*(one.event for one in owed), *(one.event for one in promised)]),
    )
    _keep_account(AuditAction.READ, owed, promised, Channel.PAGE)
    return shown


@bp.get("/report-back/<any(owed,promised):which>.csv")
def as_csv(which: str) -> Response:
    """One of both lists as a file."""
    wanted = from_query(ReportSearch, request.args)
    owed = tellings.owed(db.session, viewer=g.viewer) if which == "owed" else []
    promised = actions.promised(db.session, wanted, viewer=g.viewer) if which == "promised" else []
    rows = [_owed(one) for one in owed] + [_promised(one) for one in promised]
    level = _level([*(one.event for one in owed), *(one.event for one in promised)])
    body = b"".join(csv.write(rows, OWED if which == "owed" else PROMISED))
    _keep_account(AuditAction.EXPORTED, owed, promised, Channel.CSV)
    answer = Response(body, content_type="text/csv; charset=utf-8")
    return taking.mark_as(answer, level, f"assetmap-{which}-{local_day(now()).isoformat()}.csv")


def _keep_account(
    action: AuditAction, owed: Iterable[Owed], promised: Iterable[Promised], channel: Channel
) -> None:
    """On the account as every other list of what is not open to everybody, before it leaves."""
    events = [one.event for one in owed] + [one.event for one in promised]
    told = list({event.id: event for event in events}.values())
    if action is AuditAction.READ:
        told = [event for event in told if event.visibility != "public"]
    if told:
        audit.note(
            db.session,
            action,
            viewer=g.viewer,
            entries=told,
            channel=channel.value,
            details={"kind": Kind.ENGAGEMENT.value},
        )
    audit.before_it_leaves(db.session)
    db.session.commit()


def _level(events: Iterable[Entry]) -> str:
    return classification.highest(db.session, ((one.kind, one.visibility) for one in events))


def _owed(one: Owed) -> Mapping[str, object]:
    return {
        "event": one.event.title,
        "event_url": request.host_url.rstrip("/") + one.event.path,
        "held_on": local_day(one.event.starts_at),
        "days_ago": one.days,
        "feedback_due": one.event.feedback_due,
        "answered": one.answered,
        "said": one.said,
    }


def _promised(one: Promised) -> Mapping[str, object]:
    action = one.action
    return {
        "event": one.event.title,
        "event_url": request.host_url.rstrip("/") + one.event.path,
        "number": action.number,
        "theme": action.theme,
        "you_said": action.you_said,
        "decision": action.decision,
        "by": action.partner.name if action.partner else "",
        "due": action.due_on,
        "state": "late" if one.is_late else action.status,
    }
