"""Asking people before and after an event, without an account and without knowing who they are."""

import hashlib
import random
import secrets
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from assetmap import access, connections, layers
from assetmap.access import Viewer
from assetmap.db import local_day, now
from assetmap.errors import Conflict, Invalid, NotOpen
from assetmap.models import Engagement, Survey, SurveyAnswer
from assetmap.register import entries, plans, survey_results, text_hygiene
from assetmap.register.survey_results import Measure
from assetmap.schemas.surveys import AnswerDraft, SurveyDraft

MOST_ANSWERS = 5_000  # of one event and phase
CLOSED = "This survey is not open, or its address is misspelt. Ask whoever gave it to you."
USED = (
    "This sheet has been sent already and counts as it was. If you are somebody else, send your"
    " answers now."
)
MOVED_ON = (
    "The questions for before the event are closed. These are the ones for now: answer them afresh."
)
_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"  # none that is read as another
_LENGTH = 10
_WORDS = (
    *("amber", "birch", "cedar", "daisy", "ember", "fern", "gorse", "hazel", "iris", "juniper"),
    *("kelp", "larch", "maple", "nettle", "olive", "poppy", "quince", "rowan", "sage", "thyme"),
    *("umber", "violet", "willow", "yarrow", "badger", "curlew", "dipper", "finch", "heron"),
    *("jackdaw", "kestrel", "lapwing", "merlin", "otter", "plover", "raven", "swift", "tern"),
)


@dataclass(frozen=True)
class Result:
    """What a survey shows. before, after: how many sheets came, all in all."""

    survey: Survey
    measures: Sequence[Measure]
    before: int
    after: int
    paired: int


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
    if kept is not None and lost and _count(session, kept):
        raise Conflict("People have answered already: questions can be added, not taken away.")
    if draft.open_for == "before" and not _asked(questions, "before"):
        raise Invalid.field("open_for", "None of these is asked before the event.")
    before = [None, None] if kept is None else [len(kept.questions), kept.open_for or None]
    made = kept or Survey(engagement_id=event.id, code=_code(), version=0)
    if made.open_for and made.open_for != draft.open_for:  # what is in by now may be shown
        stops = [*made.shown.get(made.open_for, []), _count(session, made, made.open_for)]
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


def asked_now(survey: Survey) -> list[dict[str, str]]:
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
    if not draft.given.keys() <= {one["code"] for one in asked_now(survey)}:
        raise Invalid.field("given", "Answer the questions that are asked here.")
    if _count(session, survey, phase) >= MOST_ANSWERS:
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
    return Result(
        survey,
        survey_results.measured(
            survey.questions,
            sheets["before"],
            sheets["after"],
            stops=survey.shown,
            after_only=after_only(),
        ),
        len(sheets["before"]),
        len(sheets["after"]),
        len(pairs["before"] & pairs["after"]),
    )


def _questions(draft: SurveyDraft, kept: Survey | None) -> list[dict[str, str]]:
    """Ready-made ones first; own ones keep the code that they were given."""
    ready = {one["code"]: one["asks"] for one in layers.survey_measures()}
    if unknown := [code for code in draft.measures if code not in ready]:
        raise Invalid.field("measures", f"There is no ready-made question “{unknown[0]}”.")
    text_hygiene.refuse("own", draft.own)
    codes = {one["asks"]: one["code"] for one in (kept.questions if kept else [])}
    if twice := [asks for asks in draft.own_questions if asks in ready.values()]:
        raise Invalid.field("own", f"“{twice[0]}” is ready-made: tick it above.")
    chosen = [{"code": code, "asks": ready[code]} for code in ready if code in draft.measures]
    used = {*ready, *codes.values()}
    for asks in dict.fromkeys(draft.own_questions):
        code = codes.get(asks) or next(f"own{n}" for n in range(1, 100) if f"own{n}" not in used)
        used.add(code)
        chosen.append({"code": code, "asks": asks})
    return chosen


def _asked(questions: Sequence[dict[str, str]], phase: str) -> list[dict[str, str]]:
    left_out = after_only() if phase == "before" else frozenset()
    return [one for one in questions if one["code"] not in left_out]


def _have_to_itself(session: Session, survey: Survey) -> None:
    """One answer, opening or closing at a time, and what it says now."""
    connections.lock_for_writing(session, f"survey {survey.id}")
    session.refresh(survey)


def _code() -> str:
    return "".join(secrets.choice(_LETTERS) for _ in range(_LENGTH))


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


def _count(session: Session, survey: Survey, phase: str = "") -> int:
    query = select(func.count()).where(SurveyAnswer.survey_id == survey.id)
    return session.scalar(query.where(SurveyAnswer.phase == phase) if phase else query) or 0
