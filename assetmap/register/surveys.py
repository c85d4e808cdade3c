"""Asking people before and after an event, without an account and without knowing who they are."""

import hashlib
import random
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from assetmap import access, connections, layers
from assetmap.access import Viewer
from assetmap.db import local_day, now
from assetmap.errors import Conflict, Invalid, NotFound, NotOpen
from assetmap.models import Engagement, Survey, SurveyAnswer
from assetmap.register import entries, plans, secret, survey_results, text_hygiene
from assetmap.register.survey_results import Chosen, Measure
from assetmap.schemas.surveys import HIGHEST, PHASES, AnswerDraft, SurveyDraft

MOST_ANSWERS = 5_000  # of one event and phase
CLOSED = "This survey is not open, or its address is misspelt. Ask whoever gave it to you."
USED = (
    "This sheet has been sent already and counts as it was. If you are somebody else, send your"
    " answers now."
)
MOVED_ON = (
    "The questions for before the event are closed. These are the ones for now: answer them afresh."
)
_LENGTH = 10
_WORDS = (
    *("amber", "birch", "cedar", "daisy", "ember", "fern", "gorse", "hazel", "iris", "juniper"),
    *("kelp", "larch", "maple", "nettle", "olive", "poppy", "quince", "rowan", "sage", "thyme"),
    *("umber", "violet", "willow", "yarrow", "badger", "curlew", "dipper", "finch", "heron"),
    *("jackdaw", "kestrel", "lapwing", "merlin", "otter", "plover", "raven", "swift", "tern"),
)


@dataclass(frozen=True)
class Result:
    """What a survey shows. before, after: how many sheets came, all in all; waiting: how many of
    those of a phase that takes none now came after the figures were drawn."""

    survey: Survey
    measures: Sequence[Measure]
    chosen: Sequence[Chosen]
    before: int
    after: int
    paired: int
    waiting: int = 0


def find(session: Session, event: Engagement, *, viewer: Viewer) -> Survey | None:
    """The survey of an event, for the team that keeps it. Raises SignInFirst, NotAllowed."""
    plans.require_inside(session, event, viewer=viewer)
    return session.scalar(select(Survey).where(Survey.engagement_id == event.id))


def set_up(
    session: Session,
    event: Engagement,
    draft: SurveyDraft,
    *,
    viewer: Viewer,
    base_version: int = 0,
) -> Survey:
    """Choose what is asked and whether answers are taken now; the same again changes nothing.

    Raises NotAllowed, Invalid, Conflict where somebody changed it since `base_version`, or where
    a question that has been answered would go.
    """
    access.require_change(viewer, event)
    entries.wait_for(session, event)
    kept = session.scalar(select(Survey).where(Survey.engagement_id == event.id))
    if kept is not None:
        _have_to_itself(session, kept)
    questions = _questions(draft, kept)
    if kept is not None and (kept.questions, kept.open_for) == (questions, draft.open_for):
        return kept
    if (kept.version if kept else 0) != base_version:
        raise Conflict("Somebody else changed the survey a moment ago. Look at it again.")
    lost = {one["code"] for one in kept.questions} if kept else set()
    lost -= {one["code"] for one in questions}
    if kept is not None and lost and count(session, kept):
        raise Conflict("People have answered already: questions can be added, not taken away.")
    if draft.open_for == "before" and not _asked(questions, "before"):
        raise Invalid.field("open_for", "None of these is asked before the event.")
    before = [None, None] if kept is None else [len(kept.questions), kept.open_for or None]
    made = kept or Survey(engagement_id=event.id, code=secret.to_type(_LENGTH), version=0)
    if made.open_for and made.open_for != draft.open_for:  # what is in by now may be shown
        stops = [*made.shown.get(made.open_for, []), count(session, made, made.open_for)]
        made.shown = made.shown | {made.open_for: stops}
    made.questions, made.open_for = questions, draft.open_for
    made.version += 1
    session.add(made)
    changed = {
        name: [was, now_is]
        for name, was, now_is in [
            ("survey: questions", before[0], len(questions)),
            ("survey: open for", before[1], draft.open_for or None),
        ]
        if was != now_is
    }
    entries.remember(session, event, "survey changed", changed, viewer=viewer)
    return made


def open_one(session: Session, code: str) -> tuple[Survey, Engagement]:
    """The survey at an address, and its event, as anybody may answer it. Raises NotFound where
    there is none that takes answers, or its event is gone."""
    row = session.execute(
        select(Survey, Engagement)
        .join(Engagement, Engagement.id == Survey.engagement_id)
        .where(
            Survey.code == code,
            Survey.open_for != "",
            Engagement.withdrawn_at.is_(None),
            Engagement.merged_into_id.is_(None),
        )
    ).one_or_none()
    if row is None:
        raise NotOpen(CLOSED)
    return row[0], row[1]


def asked_in(survey: Survey, phase: str) -> list[dict[str, Any]]:
    """The questions of a phase, before or after."""
    return _asked(survey.questions, phase)


def asked_now(survey: Survey) -> list[dict[str, Any]]:
    """The questions of the phase whose answers are taken: nobody can say yet before an event
    whether they will come again."""
    return _asked(survey.questions, survey.open_for)


@cache
def after_only() -> frozenset[str]:
    """Codes of ready-made questions that are asked after the event alone."""
    return frozenset(one["code"] for one in layers.survey_measures() if one["asked"] == "after")


def answer(
    session: Session, survey: Survey, uid: uuid.UUID, draft: AnswerDraft, *, phase: str = ""
) -> str:
    """Keep an answer sheet; the same sent again adds nothing. Gives the words that pair it with
    the one after; "" after the event. phase: which the sheet was handed out for; "" for any.

    Raises NotFound where answers have been stopped, Invalid for questions that are not asked, for
    a sheet of the other phase, other answers on a sheet that was sent, and words that have
    answered already.
    """
    _have_to_itself(session, survey)  # pressed twice, it counts once
    if (known := session.scalar(select(SurveyAnswer).where(SurveyAnswer.uid == uid))) is not None:
        if known.survey_id != survey.id:
            raise Conflict("This sheet was sent somewhere else.")
        if known.given != draft.given:
            raise Invalid.field("given", USED)
        given = (words for words in _words(uid) if _hash(survey, words) == known.pair)
        return next(given, "") if known.phase == "before" else ""
    if not survey.open_for:
        raise NotOpen(CLOSED)
    if phase not in ("", survey.open_for):
        raise Invalid.field("given", MOVED_ON)
    phase = survey.open_for
    _check_given(draft, asked_now(survey))
    if count(session, survey, phase) >= MOST_ANSWERS:
        raise Conflict("No more answers can be taken here.")
    words = _free_words(session, survey, uid) if phase == "before" else _tidy(draft.pair)
    pair = _hash(survey, words) if words else None
    if phase == "after" and pair is not None:
        same = select(SurveyAnswer.phase).where(
            SurveyAnswer.survey_id == survey.id, SurveyAnswer.pair == pair
        )
        phases = set(session.scalars(same))
        if "after" in phases:
            raise Invalid.field(
                "pair", "These words have answered already. Each sheet counts once."
            )
        if "before" not in phases:
            raise Invalid.field("pair", "Nobody was given these words. Leave it empty if unsure.")
    sheet = {"phase": phase, "given": dict(draft.given), "pair": pair, "day": local_day(now())}
    made = SurveyAnswer(uid=uid, survey_id=survey.id, **sheet)
    session.add(made)
    session.flush()
    return words if phase == "before" else ""


def results(session: Session, event: Engagement, *, viewer: Viewer) -> Result | None:
    """What an event's survey shows, for the team that keeps it; None where nothing is asked."""
    plans.require_inside(session, event, viewer=viewer)
    return shown(session, event)


def shown(session: Session, event: Engagement) -> Result | None:
    """The same, for who has been let in already, in one query."""
    sheets: dict[str, list[dict[str, int]]] = {"before": [], "after": []}
    pairs: dict[str, set[str]] = {"before": set(), "after": set()}
    answers = (SurveyAnswer.phase, SurveyAnswer.given, SurveyAnswer.pair)
    rows = session.execute(
        select(Survey, *answers)
        .outerjoin(SurveyAnswer, SurveyAnswer.survey_id == Survey.id)
        .where(Survey.engagement_id == event.id)
        .order_by(SurveyAnswer.id)
        .limit(2 * MOST_ANSWERS)
    ).all()
    if not rows:
        return None
    survey: Survey = rows[0][0]
    for _, phase, given, pair in rows:
        if phase is not None:
            sheets[phase].append(given)
        if pair is not None:
            pairs[phase].add(pair)
    before, after, stops = sheets["before"], sheets["after"], survey.shown
    late = (
        len(those) - max(stops.get(phase, [0]), default=0)
        for phase, those in sheets.items()
        if phase != survey.open_for
    )
    return Result(
        survey,
        survey_results.measured(
            survey.questions, before, after, stops=stops, after_only=after_only()
        ),
        survey_results.chosen(survey.questions, before, after, stops=stops),
        len(before),
        len(after),
        len(pairs["before"] & pairs["after"]),
        sum(late),
    )


def type_in(
    session: Session,
    event: Engagement,
    uid: uuid.UUID,
    draft: AnswerDraft,
    *,
    phase: str,
    viewer: Viewer,
) -> SurveyAnswer:
    """Keep what somebody wrote on a sheet of paper, whether or not answers are taken now; the same
    sent again adds nothing. Figures show it once `draw` has been pressed.

    Raises NotAllowed for who does not log for the team, NotFound where nothing is asked, Invalid.
    """
    access.require_add_to(viewer, event.team_id)
    survey = find(session, event, viewer=viewer)
    if survey is None:
        raise NotFound("Nothing is asked at this event.")
    if not event.is_live:
        raise Conflict("This event has been withdrawn or merged into another.")
    _have_to_itself(session, survey)
    if (known := session.scalar(select(SurveyAnswer).where(SurveyAnswer.uid == uid))) is not None:
        if (known.survey_id, known.phase, known.given) != (survey.id, phase, draft.given):
            raise Conflict("A sheet was kept with this form already, and said something else.")
        return known
    _check_given(draft, asked_in(survey, phase))
    if count(session, survey, phase) >= MOST_ANSWERS:
        raise Conflict("No more answers can be taken here.")
    pair = _hash(survey, words) if (words := _tidy(draft.pair)) else None
    if pair is not None:
        same = select(SurveyAnswer.id).where(
            SurveyAnswer.survey_id == survey.id,
            SurveyAnswer.pair == pair,
            SurveyAnswer.phase == phase,
        )
        if session.scalar(same.limit(1)) is not None:
            raise Invalid.field("pair", "Another sheet has these words. Leave them out if unsure.")
    made = SurveyAnswer(
        uid=uid,
        survey_id=survey.id,
        phase=phase,
        given=dict(draft.given),
        pair=pair,
        day=local_day(now()),
    )
    session.add(made)
    session.flush()  # the page counts it next
    return made


def draw(session: Session, event: Engagement, *, viewer: Viewer) -> None:
    """Draw the figures anew from all sheets of phases that take none now; five or more at a time
    are added, as when answers are stopped. Raises NotAllowed, NotFound."""
    access.require_change(viewer, event)
    entries.wait_for(session, event)
    survey = find(session, event, viewer=viewer)
    if survey is None:
        raise NotFound("Nothing is asked at this event.")
    _have_to_itself(session, survey)
    for phase in PHASES:
        stops, sheets = survey.shown.get(phase, []), count(session, survey, phase)
        if phase != survey.open_for and sheets > max(stops, default=0):
            survey.shown = survey.shown | {phase: [*stops, sheets]}
            told = {f"survey: sheets {phase}": [max(stops, default=0), sheets]}
            entries.remember(session, event, "survey changed", told, viewer=viewer)


def _check_given(draft: AnswerDraft, asked: Sequence[dict[str, Any]]) -> None:
    most = {one["code"]: len(one.get("options", ())) or HIGHEST for one in asked}
    if any(value > most.get(code, 0) for code, value in draft.given.items()):
        raise Invalid.field("given", "Answer the questions that are asked here.")


def _questions(draft: SurveyDraft, kept: Survey | None) -> list[dict[str, Any]]:
    """Ready-made ones first; own ones keep the code that they were given."""
    ready = {one["code"]: one["asks"] for one in layers.survey_measures()}
    if unknown := [code for code in draft.measures if code not in ready]:
        raise Invalid.field("measures", f"There is no ready-made question “{unknown[0]}”.")
    text_hygiene.refuse("own", draft.own)
    text_hygiene.refuse("choices", draft.choices)
    codes = {_as_asked(one): one["code"] for one in (kept.questions if kept else [])}
    if twice := [asks for asks in draft.own_questions if asks in ready.values()]:
        raise Invalid.field("own", f"“{twice[0]}” is ready-made: tick it above.")
    chosen: list[dict[str, Any]] = [
        {"code": code, "asks": ready[code]} for code in ready if code in draft.measures
    ]
    used = {*ready, *codes.values()}
    own: list[dict[str, Any]] = [{"asks": asks} for asks in draft.own_questions]
    own += [{"asks": one.asks, "options": list(one.options)} for one in draft.choice_questions]
    for question in {_as_asked(one): one for one in own}.values():
        code = codes.get(_as_asked(question)) or next(
            f"own{n}" for n in range(1, 100) if f"own{n}" not in used
        )
        used.add(code)
        chosen.append({"code": code, **question})
    return chosen


def _as_asked(question: Mapping[str, Any]) -> tuple[str, ...]:
    """What makes a question the same one: changed answers would mean something else."""
    return (question["asks"], *question.get("options", ()))


def _asked(questions: Sequence[dict[str, Any]], phase: str) -> list[dict[str, Any]]:
    left_out = after_only() if phase == "before" else frozenset()
    return [one for one in questions if one["code"] not in left_out]


def _have_to_itself(session: Session, survey: Survey) -> None:
    """One answer, opening or closing at a time, and what it says now."""
    connections.lock_for_writing(session, f"survey {survey.id}")
    session.refresh(survey)


def _free_words(session: Session, survey: Survey, uid: uuid.UUID) -> str:
    """Words that nobody else at this event has, easy to write on the back of a hand."""
    for words in _words(uid):
        taken = select(SurveyAnswer.id).where(
            SurveyAnswer.survey_id == survey.id, SurveyAnswer.pair == _hash(survey, words)
        )
        if session.scalar(taken.limit(1)) is None:
            return words
    raise Conflict("No more answers can be taken here.")


def _words(uid: uuid.UUID) -> Iterator[str]:
    """The words that a sheet may get, the same whenever it is sent again."""
    chance = random.Random(uid.int)  # noqa: S311  # no secret: they only tell sheets apart
    for _ in range(20):
        yield f"{chance.choice(_WORDS)} {chance.choice(_WORDS)} {chance.randrange(10, 100)}"


def _tidy(words: str) -> str:
    return " ".join(words.lower().replace("-", " ").split())


def _hash(survey: Survey, words: str) -> str:
    return hashlib.sha256(f"{survey.uid}\0{words}".encode()).hexdigest()


def count(session: Session, survey: Survey, phase: str = "") -> int:
    """How many sheets are in, of a phase or in all."""
    query = select(func.count()).where(SurveyAnswer.survey_id == survey.id)
    return session.scalar(query.where(SurveyAnswer.phase == phase) if phase else query) or 0
