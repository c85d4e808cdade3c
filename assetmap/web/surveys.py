"""Asking before and after an event: what the team sets up and reads, and the sheet to answer."""

import uuid
from collections.abc import Mapping
from typing import Any

from flask import Blueprint, Response, g, render_template, request
from flask.typing import ResponseReturnValue

from assetmap import access, layers
from assetmap.db import db
from assetmap.errors import Invalid
from assetmap.formats import csv
from assetmap.gate import limiter, public
from assetmap.models import Engagement, Survey
from assetmap.register import audit, classification, surveys
from assetmap.register.survey_results import Change, Chosen, Measure, Share
from assetmap.schemas.reading import checked, from_form
from assetmap.schemas.surveys import HIGHEST, LOWEST, AnswerDraft, SurveyDraft
from assetmap.vocabulary import AuditAction, Channel, Kind
from assetmap.web import codes, event_pages, taking
from assetmap.web.entry_requests import done, event_shown, event_to_change, uid_from
from assetmap.web.event_pages import Back

bp = Blueprint("surveys", __name__)

AT = "/engagements/<uuid:uid>/survey"
TRIES = "600 per minute"  # sixty people in a hall have one address
NOT_OURS = frozenset({"csrf_token", "version"})
STALE = "Somebody else changed the survey while you wrote. What it says now is below."
OPEN_FOR = (
    ("", "Nobody: no answers are taken now"),
    ("before", "Before: what people say as they come"),
    ("after", "After: what they say as they go"),
)
COLUMNS = (
    *("question", "before_answered", "before_above_7", "before_low", "before_high"),
    *("after_answered", "after_above_7", "after_low", "after_high"),
    *("change", "change_low", "change_high"),
    *("answer", "before_share", "after_share"),
)


@bp.get(f"{AT}/")
def show(uid: uuid.UUID) -> str:
    """What came of it, and where it is answered."""
    event = event_shown(uid)
    found = surveys.results(db.session, event, viewer=g.viewer)
    address = f"{codes.root()}/answer/{found.survey.code}" if found else ""
    return event_pages.read(
        event,
        "surveys/show.html",
        found=found,
        bars=[_bars(one) for one in found.measures] if found else [],
        chosen=[_chosen(one) for one in found.chosen] if found else [],
        may_add=access.may_add_to(g.viewer, event.team_id),
        address=address,
        code=codes.drawn(address) if found else "",
        open_for=dict(OPEN_FOR),
    )


@bp.get(f"{AT}.csv")
def as_csv(uid: uuid.UUID) -> Response:
    """The same figures as a file; who takes it away is on the account."""
    event = event_shown(uid)
    found = surveys.results(db.session, event, viewer=g.viewer)
    rows = [_row(one) for one in found.measures] if found else []
    rows += [row for one in (found.chosen if found else ()) for row in _choice_rows(one)]
    level = classification.of(db.session, event.kind, event.visibility)
    audit.note(
        db.session,
        AuditAction.EXPORTED,
        viewer=g.viewer,
        entries=[event],
        channel=Channel.CSV.value,
        details={"kind": Kind.ENGAGEMENT.value},
    )
    audit.before_it_leaves(db.session)
    db.session.commit()
    body = b"".join(csv.write(rows, COLUMNS))
    answer = Response(body, content_type="text/csv; charset=utf-8")
    return taking.mark_as(answer, level, f"{event.ref}-survey.csv")


@bp.get(f"{AT}/edit")
def edit(uid: uuid.UUID) -> str:
    """Which questions are asked, and whether answers are taken."""
    event = event_to_change(uid)
    return _form(event, surveys.find(db.session, event, viewer=g.viewer))


@bp.post(f"{AT}/edit")
def set_up(uid: uuid.UUID) -> ResponseReturnValue:
    """Keep it, unless somebody else changed it meanwhile."""
    event = event_to_change(uid)

    def keep() -> ResponseReturnValue:
        draft = from_form(SurveyDraft, request.form, ignore=NOT_OURS)
        base = request.form.get("version", 0, type=int)
        surveys.set_up(db.session, event, draft, viewer=g.viewer, base_version=base)
        return done(event, "The survey is kept.", "/survey/")

    def again(back: Back) -> str:
        event = event_to_change(uid)
        kept = surveys.find(db.session, event, viewer=g.viewer)
        typed = request.form.to_dict() | {"measures": request.form.getlist("measures")}
        return _form(event, kept, typed, back.problems, "" if back.problems else back.said)

    return event_pages.kept_or(keep, again)


@bp.get("/answer/<code>")
@limiter.limit(TRIES)
@public
def sheet(code: str) -> str:
    """The sheet, for anybody who has its address: no account and no name."""
    survey, event = surveys.open_one(db.session, code)
    return _sheet(survey, event, {"uid": str(uuid.uuid4())})


@bp.post("/answer/<code>")
@limiter.limit(TRIES)
@public
def answer(code: str) -> ResponseReturnValue:
    """Keep the answers; pressed twice, they count once."""
    survey, event = surveys.open_one(db.session, code)
    asked = {one["code"]: request.form.get(f"q-{one['code']}", "") for one in survey.questions}
    given = {name: value for name, value in asked.items() if value}
    try:
        draft = checked(AnswerDraft, {"given": given, "pair": request.form.get("pair", "")})
        phase = request.form.get("phase", "")
        words = surveys.answer(db.session, survey, uid_from("uid"), draft, phase=phase)
    except Invalid as error:
        db.session.rollback()
        survey, event = surveys.open_one(db.session, code)
        typed = request.form.to_dict()
        if error.problems.get("given") in (surveys.USED, surveys.MOVED_ON):
            typed = {"uid": str(uuid.uuid4())}  # a sheet of its own
        return _sheet(survey, event, typed, error.problems), error.status
    thanks = render_template(
        "surveys/thanks.html",
        title=_title(event),
        words=words,
        again=f"/answer/{survey.code}",
        said=f"{event.path}/said" if event.visibility == "public" else "",
    )
    db.session.commit()
    return thanks


def _form(
    event: Engagement,
    kept: Survey | None,
    typed: Mapping[str, Any] | None = None,
    problems: Mapping[str, str] | None = None,
    said: str = "",
) -> str:
    ready = layers.survey_measures()
    asked = list(kept.questions) if kept else list(ready)
    if typed is None:
        own = [one for one in asked if one["code"].startswith("own")]
        typed = {
            "measures": [one["code"] for one in asked],
            "own": "\n".join(one["asks"] for one in own if "options" not in one),
            "choices": "\n\n".join(
                "\n".join([one["asks"], *one["options"]]) for one in own if "options" in one
            ),
        }
        typed["open_for"] = kept.open_for if kept else ""
    return render_template(
        "surveys/form.html",
        entry=event,
        typed=typed,
        problems=dict(problems or {}),
        said=said,
        version=kept.version if kept else 0,
        ready=[(one["code"], one["asks"]) for one in ready],
        open_for=OPEN_FOR,
    )


def _sheet(
    survey: Survey,
    event: Engagement,
    typed: Mapping[str, Any],
    problems: Mapping[str, str] | None = None,
) -> str:
    return render_template(
        "surveys/sheet.html",
        title=_title(event),
        survey=survey,
        asked=surveys.asked_now(survey),
        typed=typed,
        problems=dict(problems or {}),
        scale=range(LOWEST, HIGHEST + 1),
    )


def _title(event: Engagement) -> str:
    """What whoever was handed the address may read: an event that is not open to all has no name
    here."""
    return event.title if event.visibility == "public" else "This event"


def _bars(one: Measure) -> dict[str, Any]:
    """A question as its picture and its table say it, in whole per cents."""
    rows = [
        {"when": when, "is_after": when == "After", **codes.per_cents(share)}
        for when, share in (("Before", one.before), ("After", one.after))
        if share is not None
    ]
    few = [
        when
        for when, share in (("before", one.before), ("after", one.after))
        if share is None and not (when == "before" and one.is_after_only)
    ]
    said = in_words(one.change)
    return {"asks": one.asks, "rows": rows, "change": said, "few": " or ".join(few)}


def _chosen(one: Chosen) -> dict[str, Any]:
    """A question with answers to choose from: before and after, each as rows of a table."""
    sides = (("Before", one.before), ("After", one.after))
    tables = [
        (when, [_answer(option, share) for option, share in zip(one.options, shares, strict=True)])
        for when, shares in sides
        if shares is not None
    ]
    few = [when.lower() for when, shares in sides if shares is None]
    return {"asks": one.asks, "tables": tables, "few": " or ".join(few)}


def _answer(option: str, share: Share | None) -> dict[str, Any]:
    return {"label": option, **(codes.per_cents(share) if share else {})}


def _choice_rows(one: Chosen) -> list[Mapping[str, object]]:
    """A row for each answer."""
    rows: list[Mapping[str, object]] = []
    for at, option in enumerate(one.options):
        row: dict[str, object] = {"question": one.asks, "answer": option}
        for when, shares in (("before", one.before), ("after", one.after)):
            if shares is None or (share := shares[at]) is None:
                row[f"{when}_answered"] = "fewer than 5" if shares is None else "not shown"
                continue
            row[f"{when}_answered"] = share.answered
            for name in ("share", "low", "high"):
                row[f"{when}_{name}"] = round(getattr(share, name), 3)
        rows.append(row)
    return rows


def in_words(change: Change | None) -> str:
    """How a share moved, and whether that may be chance."""
    if change is None:
        return ""
    by, low, high = (round(100 * part) for part in change[:3])
    way = "up" if by > 0 else "down"
    moved = f"{way} {abs(by)} points" if by else "no change"
    sure = "" if change.is_sure else "; it may be chance"
    return f"{moved} (between {low:+d} and {high:+d}){sure}"


def _row(one: Measure) -> Mapping[str, object]:
    def parts(share: Share | None, when: str) -> dict[str, object]:
        if share is None and when == "before" and one.is_after_only:
            return {f"{when}_answered": "not asked"}
        if share is None:
            return {f"{when}_answered": "fewer than 5"}
        return {
            f"{when}_answered": share.answered,
            f"{when}_above_7": round(share.share, 3),
            f"{when}_low": round(share.low, 3),
            f"{when}_high": round(share.high, 3),
        }

    grown = one.change
    more: dict[str, object] = {}
    if grown is not None:
        more = dict(zip(COLUMNS[-3:], (round(part, 3) for part in grown[:3]), strict=True))
    return {
        "question": one.asks,
        **parts(one.before, "before"),
        **parts(one.after, "after"),
        **more,
    }
