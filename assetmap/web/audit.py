"""The account of who did and saw what, for auditors and data officers."""

from urllib.parse import urlencode

from flask import Blueprint, Response, g, render_template, request

from assetmap.db import db, local_day, now, streamed
from assetmap.errors import BadRequest, Invalid
from assetmap.formats import csv
from assetmap.register import audit, audit_reading, audit_words, deployment
from assetmap.register.audit_reading import Account, Line
from assetmap.schemas.audit import AuditSearch
from assetmap.schemas.reading import from_query
from assetmap.settings import LOCAL
from assetmap.vocabulary import AuditAction, Channel
from assetmap.web import taking

bp = Blueprint("audit", __name__)

MOST_TO_TAKE = 100_000
COLUMNS = (
    "number",
    "at",
    "who",
    "how_known",
    "action",
    "what",
    "records",
    "refs",
    "fields",
    "purpose",
    "agreement",
    "channel",
    "request",
    "address_hash",
    "hash",
)


@bp.get("/audit/")
def page() -> tuple[str, int]:
    """Who did, read and took away what, the latest first; `about` one record, or all."""
    problems: dict[str, str] = {}
    found = Account([], None)
    try:
        wanted = from_query(AuditSearch, request.args)
        found = audit_reading.find(db.session, wanted, viewer=g.viewer)
    except Invalid as error:
        problems = dict(error.problems)
    people = audit_reading.people(db.session, viewer=g.viewer)
    shown = render_template(
        "audit/list.html",
        found=found,
        days=_by_day(found.lines),
        words=audit_words,
        given=request.args.to_dict(),
        problems=problems,
        people=[("", "Anybody"), *((str(uid), name) for uid, name in people)],
        actions=[("", "Anything"), *_actions()],
        is_narrowed=bool(_filters()),
        next_url=_again(cursor=found.next_cursor) if found.next_cursor else "",
        csv_url=f"/audit.csv?{urlencode(_filters())}",
    )
    return shown, BadRequest.status if problems else 200


@bp.get("/audit.csv")
def as_csv() -> Response:
    """The same as a file; taking it away is on the account too."""
    wanted = from_query(AuditSearch, request.args)
    first = audit_reading.find(db.session, wanted, viewer=g.viewer)
    audit.note(
        db.session,
        AuditAction.EXPORTED,
        viewer=g.viewer,
        entity="audit",
        channel=Channel.CSV.value,
        teams=g.viewer.roles,
        details={"filters": sorted(_filters())},
        uids=[one.uid for one in (first.about, first.contact) if one],
    )
    audit.before_it_leaves(db.session)
    db.session.commit()
    lines = audit_reading.every(db.session, wanted, viewer=g.viewer, most=MOST_TO_TAKE)
    body = streamed(csv.write((_row(line) for line in lines), COLUMNS))
    answer = Response(body, content_type="text/csv; charset=utf-8")
    name = f"assetmap-audit-{local_day(now()).isoformat()}.csv"
    return taking.mark_as(answer, deployment.classification(db.session), name)


def _row(line: Line) -> dict[str, object]:
    row = line.row
    return {
        "number": row.seq,
        "at": row.at,
        "who": audit_words.who(line),
        "how_known": row.actor_kind,
        "action": row.action,
        "what": audit_words.sentence(line),
        "records": line.count,
        "refs": [entry.ref for entry in line.named],
        "fields": row.fields,
        "purpose": audit_words.purpose(row),
        "agreement": row.agreement_id,
        "channel": row.channel,
        "request": row.request_id,
        "address_hash": row.ip_hash,
        "hash": row.hash,
    }


def _filters() -> dict[str, str]:
    return {name: value for name, value in request.args.items() if value and name != "cursor"}


def _again(**changes: object) -> str:
    return "/audit/?" + urlencode(_filters() | {name: str(is_) for name, is_ in changes.items()})


def _actions() -> list[tuple[str, str]]:
    return sorted(
        ((action.value, said.capitalize()) for action, said in audit_words.LABELS.items()),
        key=lambda one: one[1],
    )


def _by_day(lines: list[Line]) -> list[tuple[str, list[Line]]]:
    days: dict[str, list[Line]] = {}
    for line in lines:
        days.setdefault(line.row.at.astimezone(LOCAL).strftime("%A %-d %B %Y"), []).append(line)
    return list(days.items())
