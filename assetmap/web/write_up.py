"""The write-up of an event: one page, drawn from the record, that prints as it is."""

import uuid
from collections import Counter
from typing import Any

from flask import Blueprint, g

from assetmap.db import db, local_day, now
from assetmap.models import Action
from assetmap.models.action import OPEN
from assetmap.register import write_up
from assetmap.register.monitoring import Counted
from assetmap.register.polls import Asked
from assetmap.register.survey_results import Measure, Share
from assetmap.register.surveys import Result
from assetmap.register.write_up import JUDGED, WriteUp
from assetmap.vocabulary import Kind
from assetmap.web import codes, event_pages, labels, surveys
from assetmap.web.actions import SAID, TONES, WHOM
from assetmap.web.budget import pounds
from assetmap.web.entry_requests import event_shown

bp = Blueprint("write_up", __name__, url_prefix="/engagements/<uuid:uid>/write-up")


@bp.get("/")
def show(uid: uuid.UUID) -> str:
    """Aim, reach, cost, what was said and done, what changed, and what to do better."""
    event = event_shown(uid)
    found = write_up.of(db.session, event, viewer=g.viewer)
    g.waiting = found.waiting
    came = event.attendance_count if event.attendance_count is not None else found.counted
    return event_pages.read(
        event,
        "planning/write_up.html",
        found=found,
        came=came,
        today=local_day(now()),
        when=labels.span(event.starts_at, event.ends_at),
        level_said=labels.said(event.influence_level),
        tiles=_tiles(found, came),
        raised=[labels.counted(found.raised[kind], kind) for kind in Kind if found.raised[kind]],
        measures=[_measure(one) for one in found.survey.measures] if found.survey else [],
        chosen=_chosen(found.survey) if found.survey else [],
        polls=[_poll(one) for one in found.polls],
        who_came=[_came(one) for one in found.who_came],
        told=[
            (labels.day(one.told_on), labels.listed(one.told_by), WHOM[one.told_to], one)
            for one in found.told
        ],
        reached=labels.reached,
        who=_who,
        words=SAID,
        tones=TONES,
        pounds=pounds,
        missing=_missing(found, came),
    )


def _tiles(found: WriteUp, came: int) -> list[tuple[str, str]]:
    states = Counter(one.status in OPEN for one in found.said)
    a_head = pounds(round(found.spent / came)) if came and found.spent else ""
    return [
        tile
        for tile in (
            (f"{came:,}" if came else "", "came"),
            (f"{len(found.said):,}" if found.said else "", "points were raised"),
            (f"{states[False]:,}" if found.said else "", "are answered"),
            (pounds(found.spent) if found.planned is not None else "", "was spent"),
            (a_head, "for each who came"),
        )
        if tile[0]
    ]


def _who(one: Action) -> str:
    return one.partner.name if one.partner is not None else "Our own team"


def _measure(one: Measure) -> dict[str, Any]:
    return {
        "asks": one.asks,
        "before": codes.per_cents(one.before) if one.before else None,
        "after": codes.per_cents(one.after) if one.after else None,
        "is_after_only": one.is_after_only,
        "change": surveys.in_words(one.change) or "Nothing to set it against",
    }


def _chosen(result: Result) -> list[dict[str, Any]]:
    """Each question with answers to choose from: what so many chose, before and after."""
    return [
        {
            "asks": one.asks,
            "rows": [
                (option, *(_part(side[at] if side else None) for side in (one.before, one.after)))
                for at, option in enumerate(one.options)
            ],
        }
        for one in result.chosen
        if one.before or one.after
    ]


def _poll(one: Asked) -> dict[str, Any]:
    shares = zip(one.poll.options, one.shares or (), strict=False)
    rows = [(option, _part(share)) for option, share in shares]
    if one.above is not None:
        rows = [("Above 7 of 10", _part(one.above))]
    return {"asks": one.poll.asks, "answered": one.answered, "rows": rows}


def _came(one: Counted) -> dict[str, Any]:
    counts = zip(one.question.answers, one.people or (), strict=False)
    return {
        "asks": one.question.asks,
        "answered": one.answered,
        "rows": [
            (words, "Not shown" if count is None else f"{count:,}") for (_, words), count in counts
        ],
    }


def _part(share: Share | None) -> str:
    return "Not shown" if share is None else f"{round(100 * share.share)}%"


def _missing(found: WriteUp, came: int) -> list[tuple[str, str]]:
    """What a reader would look for in vain, and where it is written down."""
    measured = found.survey is not None and any(one.after for one in found.survey.measures)
    checks = (
        (bool(came), "How many came", "edit#attendance_count"),
        (bool(found.said), "What was said", "said"),
        (bool(found.told), "That people were told", "told"),
        (found.planned is not None, "What it cost", "budget/"),
        (measured, "What people said before and after", "survey/"),
        (bool(found.judged), "Whether it did what it was for", f"plan/{JUDGED}"),
    )
    return [(words, where) for is_there, words, where in checks if not is_there]
