"""Asking before and after an event: what is kept, what it shows, and what it never tells."""

import uuid
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from assetmap.access import OPERATOR, PUBLIC
from assetmap.db import now
from assetmap.errors import Conflict, Invalid, NotAllowed, NotFound, SignInFirst
from assetmap.models import Engagement, Survey, SurveyAnswer, Team
from assetmap.register import entries, surveys
from assetmap.register.survey_results import change, measured, share, wilson
from assetmap.schemas.surveys import AnswerDraft, SurveyDraft
from tests.make import make_entry, make_team, make_user, viewer_for

SIX = ("trust", "aware", "heard", "join", "again", "recommend")


@pytest.fixture
def event(session: Session) -> Engagement:
    begins = now().replace(microsecond=0)
    made = make_entry(
        session,
        "engagement",
        make_team(session),
        starts_at=begins,
        ends_at=begins + timedelta(hours=3),
    )
    assert isinstance(made, Engagement)
    return made


def asked(
    session: Session, event: Engagement, open_for: str = "before", own: str = "", base: int = 0
) -> Survey:
    draft = SurveyDraft(measures=SIX, own=own, open_for=open_for)
    return surveys.set_up(session, event, draft, viewer=OPERATOR, base_version=base)


def sheet(session: Session, survey: Survey, pair: str = "", **given: int) -> str:
    draft = AnswerDraft(given=given or {"trust": 8}, pair=pair)
    return surveys.answer(session, survey, uuid.uuid4(), draft)


def sheets(share_above: float, people: int = 100) -> list[int]:
    """Answers of which such a share is above 7, some just above and some just below."""
    above = round(share_above * people)
    return [8 + n % 3 for n in range(above)] + [1 + n % 7 for n in range(people - above)]


def test_the_figures_of_the_source_come_out_of_answers_made_to_match() -> None:
    before = {"trust": 0.19, "aware": 0.29, "heard": 0.44}
    after = {"trust": 0.34, "aware": 0.54, "heard": 0.85}

    def raw(parts: dict[str, float]) -> list[dict[str, int]]:
        columns = {code: sheets(part) for code, part in parts.items()}
        return [{code: values[n] for code, values in columns.items()} for n in range(100)]

    questions = [{"code": code, "asks": code} for code in before]
    found = {one.code: one for one in measured(questions, raw(before), raw(after))}
    shown = {
        code: (round(100 * one.before.share), round(100 * one.after.share))  # type: ignore[union-attr]
        for code, one in found.items()
    }
    assert shown == {"trust": (19, 34), "aware": (29, 54), "heard": (44, 85)}
    assert all(one.change is not None and one.change.is_sure for one in found.values())


def test_intervals_are_those_of_the_papers() -> None:
    low, high = wilson(81, 263)  # Newcombe 1998, table I, method 3
    assert (round(low, 4), round(high, 4)) == (0.2553, 0.3662)
    first, last = share([1] * 32 + [9] * 48), share([1] * 14 + [9] * 56)
    assert first is not None
    assert last is not None
    grown = change(first, last)  # the same, table II (a), method 10, the other way round
    assert (round(grown.by, 4), round(grown.low, 4), round(grown.high, 4)) == (0.2, 0.0524, 0.3339)


@given(
    st.lists(st.integers(1, 10), min_size=5, max_size=80), st.lists(st.integers(1, 10), min_size=5)
)
def test_a_share_and_its_change_lie_within_their_intervals(
    before: list[int], after: list[int]
) -> None:
    first, last = share(before), share(after)
    assert first is not None
    assert last is not None
    for one in (first, last):
        assert 0 <= one.low <= one.share + 1e-9
        assert one.share - 1e-9 <= one.high <= 1
    grown = change(first, last)
    assert -1 <= grown.low <= grown.by + 1e-9
    assert grown.by - 1e-9 <= grown.high <= 1


@pytest.mark.parametrize("people", range(5))
def test_what_fewer_than_five_answered_is_not_shown(people: int) -> None:
    assert share([9] * people) is None
    assert share([9] * 5) is not None


def test_an_answer_tells_nothing_of_who_gave_it(session: Session, event: Engagement) -> None:
    survey = asked(session, event)
    words = sheet(session, survey, trust=3)
    kept = session.scalars(select(SurveyAnswer)).one()
    columns = set(SurveyAnswer.__table__.columns.keys())
    assert columns == {"id", "uid", "survey_id", "phase", "given", "pair", "day"}
    assert kept.uid.version == 4  # holds no time
    assert words not in str(vars(kept))


def test_the_words_from_before_pair_the_sheet_after_and_answer_once(
    session: Session, event: Engagement
) -> None:
    survey = asked(session, event)
    words = sheet(session, survey)
    asked(session, event, "after", base=1)
    assert sheet(session, survey, pair=f"  {words.upper().replace(' ', '-')} ") == ""
    for wrong in (words, "nobody had these 11"):
        with pytest.raises(Invalid) as problem:
            sheet(session, survey, pair=wrong)
        assert set(problem.value.problems) == {"pair"}
    sheet(session, survey)
    found = surveys.results(session, event, viewer=OPERATOR)
    assert found is not None
    assert (found.before, found.after, found.paired) == (1, 2, 1)


def test_a_sheet_that_is_sent_again_counts_once_and_gets_the_same_words(
    session: Session, event: Engagement
) -> None:
    survey, uid = asked(session, event), uuid.uuid4()
    draft = AnswerDraft(given={"trust": 8})
    first = surveys.answer(session, survey, uid, draft)
    assert first
    assert surveys.answer(session, survey, uid, draft) == first
    assert len(session.scalars(select(SurveyAnswer)).all()) == 1


def test_many_sheets_get_words_of_their_own(session: Session, event: Engagement) -> None:
    survey = asked(session, event)
    words = [sheet(session, survey) for _ in range(60)]
    assert len(set(words)) == 60


def shown(session: Session, event: Engagement, code: str = "trust") -> tuple[int, int]:
    """How many answers stand behind the shares that are shown, before and after."""
    found = surveys.results(session, event, viewer=OPERATOR)
    assert found is not None
    one = next(one for one in found.measures if one.code == code)
    before, after = (0 if share is None else share.answered for share in (one.before, one.after))
    return before, after


def test_no_figure_moves_by_fewer_than_five_answers_however_often_it_is_looked_at(
    session: Session, event: Engagement
) -> None:
    survey, seen = asked(session, event), [0]
    for number in range(1, 24):
        draft = AnswerDraft(given={"trust": 9} if number % 3 else {"trust": 9, "heard": 2})
        surveys.answer(session, survey, uuid.uuid4(), draft)
        assert shown(session, event)[0] == seen[-1]  # nothing while answers are taken
        if number % 2:
            for open_for in ("", "before"):
                asked(session, event, open_for, base=survey.version)
                now_is = shown(session, event)[0]
                assert now_is == seen[-1] or now_is - seen[-1] >= 5
                seen.append(now_is)
    assert seen[-1] > 15
    assert shown(session, event, "heard") == (5, 0)


def test_before_the_event_nobody_is_asked_whether_they_come_again(
    session: Session, event: Engagement
) -> None:
    survey = asked(session, event)
    codes = [one["code"] for one in surveys.asked_now(survey)]
    assert codes == ["trust", "aware", "heard", "join"]
    with pytest.raises(Invalid):
        sheet(session, survey, again=9)
    asked(session, event, "after", base=1)
    assert [one["code"] for one in surveys.asked_now(survey)] == list(SIX)
    only = SurveyDraft(measures=("again",), open_for="before")
    other = make_entry(session, "engagement", session.get_one(Team, event.team_id), title="Other")
    assert isinstance(other, Engagement)
    with pytest.raises(Invalid):
        surveys.set_up(session, other, only, viewer=OPERATOR)


def test_a_sheet_from_before_is_not_counted_after(session: Session, event: Engagement) -> None:
    survey = asked(session, event)
    draft = AnswerDraft(given={"trust": 2})
    asked(session, event, "after", base=1)
    with pytest.raises(Invalid):
        surveys.answer(session, survey, uuid.uuid4(), draft, phase="before")
    assert session.scalars(select(SurveyAnswer)).all() == []


def test_a_sheet_that_was_begun_while_it_was_open_is_not_counted_once_it_is_closed(
    session: Session, event: Engagement
) -> None:
    survey = asked(session, event)
    asked(session, event, "", base=1)
    with pytest.raises(NotFound):
        sheet(session, survey)


def test_a_sheet_that_was_sent_is_not_taken_for_somebody_elses(
    session: Session, event: Engagement
) -> None:
    survey, uid = asked(session, event), uuid.uuid4()
    surveys.answer(session, survey, uid, AnswerDraft(given={"trust": 8}))
    with pytest.raises(Invalid) as problem:
        surveys.answer(session, survey, uid, AnswerDraft(given={"trust": 3}))
    assert problem.value.problems == {"given": surveys.USED}


def test_answers_are_taken_only_while_it_is_open_and_the_event_is_there(
    session: Session, event: Engagement
) -> None:
    survey = asked(session, event, "")
    with pytest.raises(NotFound):
        surveys.open_one(session, survey.code)
    asked(session, event, "before", base=1)
    assert surveys.open_one(session, survey.code)[0] is survey
    entries.withdraw(session, event, viewer=OPERATOR, why="Never was")
    with pytest.raises(NotFound):
        surveys.open_one(session, survey.code)


def test_a_question_that_is_not_asked_is_refused(session: Session, event: Engagement) -> None:
    survey = asked(session, event)
    with pytest.raises(Invalid):
        sheet(session, survey, shoe=9)


@pytest.mark.parametrize("value", [0, 11, "ten", None])
def test_only_numbers_from_one_to_ten_are_answers(value: object) -> None:
    with pytest.raises(ValueError, match="given"):
        AnswerDraft.model_validate({"given": {"trust": value}})


def test_questions_that_were_answered_are_added_to_and_never_taken_away(
    session: Session, event: Engagement
) -> None:
    survey = asked(session, event, own="Was the room warm?")
    own = survey.questions[-1]["code"]
    surveys.answer(session, survey, uuid.uuid4(), AnswerDraft(given={own: 9}))
    fewer = SurveyDraft(measures=SIX, open_for="before")
    with pytest.raises(Conflict):
        surveys.set_up(session, event, fewer, viewer=OPERATOR, base_version=1)
    more = SurveyDraft(measures=SIX, own="Was there tea?\nWas the room warm?", open_for="before")
    surveys.set_up(session, event, more, viewer=OPERATOR, base_version=1)
    codes = {one["asks"]: one["code"] for one in survey.questions}
    assert codes["Was the room warm?"] == own
    with pytest.raises(Conflict):
        surveys.set_up(session, event, fewer, viewer=OPERATOR, base_version=1)


@pytest.mark.parametrize(
    ("draft", "field"),
    [
        ({"measures": ("height",)}, "measures"),
        ({"own": "Ring 07700 900123?"}, "own"),
        ({"measures": SIX, "own": "How far do you trust the police here?"}, "own"),
    ],
)
def test_a_question_must_be_one_that_can_be_asked(
    session: Session, event: Engagement, draft: dict[str, object], field: str
) -> None:
    with pytest.raises(Invalid) as problem:
        surveys.set_up(session, event, SurveyDraft.model_validate(draft), viewer=OPERATOR)
    assert set(problem.value.problems) == {field}


@pytest.mark.parametrize(
    "draft", [{}, {"own": "x" * 151}, {"measures": SIX, "own": "a\nb\nc\nd\ne"}]
)
def test_a_survey_asks_something_short_and_not_too_much(draft: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"(?i)question"):
        SurveyDraft.model_validate(draft)


def test_what_came_of_it_is_for_the_team_that_keeps_the_event(
    session: Session, event: Engagement
) -> None:
    asked(session, event)
    with pytest.raises(SignInFirst):
        surveys.results(session, event, viewer=PUBLIC)
    other = make_team(session, "Next door")
    stranger = viewer_for(make_user(session, other), other)
    with pytest.raises(NotAllowed):
        surveys.results(session, event, viewer=stranger)
    team = session.get_one(Team, event.team_id)
    reader = viewer_for(make_user(session, team, "viewer", "v@demo.example"), team, "viewer")
    assert surveys.results(session, event, viewer=reader) is not None
    with pytest.raises(NotAllowed):
        surveys.set_up(session, event, SurveyDraft(measures=SIX), viewer=reader, base_version=1)
