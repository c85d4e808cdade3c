"""What people were asked at an event and what came of it, for programs: figures alone."""

import uuid
from collections.abc import Sequence
from typing import Any

from flask import Blueprint, g
from pydantic import Field

from assetmap.api.contract import Operation, Reply, said_why
from assetmap.db import db
from assetmap.models import Engagement
from assetmap.register import (
    audit,
    audit_taking,
    entries,
    monitoring,
    polls,
    reasons,
    surveys,
)
from assetmap.register.survey_results import Share
from assetmap.schemas.features import Given
from assetmap.vocabulary import Kind

bp = Blueprint("api_asked", __name__, url_prefix="/api/engagements/<uuid:uid>/asked")


class ShareGiven(Given):
    """A share of those who answered, as a part of 1, with the interval that holds the true one 95
    times in 100."""

    answered: int
    share: float
    low: float
    high: float


class AnswerGiven(Given):
    """An answer to choose from."""

    answer: str
    share: ShareGiven | None = Field(description="null: not shown, so that nobody is told from it")


class MeasureGiven(Given):
    """A question answered from 1 to 10: the share above 7."""

    code: str
    asks: str
    before: ShareGiven | None
    after: ShareGiven | None


class ChosenGiven(Given):
    """A question with answers to choose from; null where too few answered."""

    code: str
    asks: str
    before: list[AnswerGiven] | None
    after: list[AnswerGiven] | None


class PollGiven(Given):
    """A question put to the room."""

    uid: uuid.UUID
    asks: str
    kind: str = Field(description="choice, or scale: from 1 to 10")
    state: str = Field(description="ready, open or closed; figures are there once it is closed")
    answered: int
    answers: list[AnswerGiven] | None
    above_7: ShareGiven | None


class CountGiven(Given):
    """How many gave an answer about themselves; null: not shown."""

    answer: str
    people: int | None


class CameGiven(Given):
    """What people said of themselves; null where too few answered."""

    dimension: str
    asks: str
    answered: int | None
    counts: list[CountGiven] | None


class AskedGiven(Given):
    """All that people were asked at an event."""

    measures: list[MeasureGiven]
    chosen: list[ChosenGiven]
    polls: list[PollGiven]
    who_came: list[CameGiven]


@bp.get("")
@Operation(gives=AskedGiven, headers=("X-Purpose",), refuses=(403, 404, 428))
def asked(uid: uuid.UUID) -> Reply:
    """Read the figures of an event of your team: its survey, its polls, and who came."""
    event = entries.find(db.session, uid, viewer=g.viewer, kind=Kind.ENGAGEMENT)
    reasons.require(db.session, event, said_why(), viewer=g.viewer)
    assert isinstance(event, Engagement)  # the kind that was asked for
    found = surveys.results(db.session, event, viewer=g.viewer)
    came = monitoring.of(db.session, event, viewer=g.viewer)
    body = {
        "measures": [
            {
                "code": one.code,
                "asks": one.asks,
                "before": _share(one.before),
                "after": _share(one.after),
            }
            for one in (found.measures if found else ())
        ],
        "chosen": [
            {
                "code": one.code,
                "asks": one.asks,
                "before": _answers(one.options, one.before),
                "after": _answers(one.options, one.after),
            }
            for one in (found.chosen if found else ())
        ],
        "polls": [
            {
                "uid": one.poll.uid,
                "asks": one.poll.asks,
                "kind": one.poll.kind,
                "state": one.state,
                "answered": one.answered,
                "answers": _answers(one.poll.options, one.shares),
                "above_7": _share(one.above),
            }
            for one in polls.of(db.session, event, viewer=g.viewer)
        ],
        "who_came": [_came(one) for one in (came.counts if came else ())],
    }
    audit_taking.read_one(db.session, event, frozenset(), viewer=g.viewer)
    audit.before_it_leaves(db.session)
    db.session.commit()
    return Reply(body)


def _share(share: Share | None) -> dict[str, Any] | None:
    if share is None:
        return None
    return {name: getattr(share, name) for name in ShareGiven.model_fields}


def _answers(
    options: Sequence[str], shares: Sequence[Share | None] | None
) -> list[dict[str, Any]] | None:
    if shares is None:
        return None
    return [
        {"answer": option, "share": _share(share)}
        for option, share in zip(options, shares, strict=True)
    ]


def _came(one: monitoring.Counted) -> dict[str, Any]:
    question, people = one.question, one.people
    counts = None
    if people is not None:
        counts = [
            {"answer": words, "people": count}
            for (_, words), count in zip(question.answers, people, strict=True)
        ]
    return {
        "dimension": question.dimension,
        "asks": question.asks,
        "answered": one.answered,
        "counts": counts,
    }
