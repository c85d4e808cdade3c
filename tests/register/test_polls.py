"""Asking the room: who may answer, how often, and what is shown of it."""

import uuid
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from assetmap import privacy
from assetmap.access import OPERATOR
from assetmap.db import now
from assetmap.errors import Conflict, Invalid, NotAllowed, NotFound, NotOpen
from assetmap.models import Engagement, Poll, PollAnswer, Team
from assetmap.register import merging, polls
from assetmap.schemas.polls import PollDraft, Vote
from tests.make import make_entry, make_team, make_user, viewer_for


@pytest.fixture
def event(session: Session) -> Engagement:
    return an_event(session)


def an_event(session: Session, **fields: Any) -> Engagement:
    begins = now().replace(microsecond=0) - timedelta(hours=1)
    when: dict[str, Any] = {"starts_at": begins, "ends_at": begins + timedelta(hours=3)}
    team = session.scalars(select(Team)).first() or make_team(session)
    made = make_entry(session, "engagement", team, **{**when, **fields})
    assert isinstance(made, Engagement)
    return made


def written(session: Session, event: Engagement, asks: str = "Which?", options: str = "") -> Poll:
    kind = "choice" if options else "scale"
    draft = PollDraft(asks=asks, kind=kind, options=options)
    return polls.add(session, event, uuid.uuid4(), draft, viewer=OPERATOR)


def vote(session: Session, poll: Poll, *chosen: int) -> None:
    for number in chosen:
        polls.answer(session, poll, uuid.uuid4().hex, Vote(chosen=number))


def test_a_phone_answers_once_and_again_until_it_is_closed_and_then_never(
    session: Session, event: Engagement
) -> None:
    poll = written(session, event, options="Lamps\nBins\nBenches\nLamps")
    assert poll.options == ["Lamps", "Bins", "Benches"]
    with pytest.raises(NotOpen):
        vote(session, poll, 1)
    assert polls.room(session, poll.code).poll is None
    polls.start(session, event, poll.uid, viewer=OPERATOR)
    assert polls.room(session, poll.code.upper()).poll is poll
    for chosen in (1, 1, 2):
        polls.answer(session, poll, "a phone", Vote(chosen=chosen))
        assert polls.chosen(session, poll, "a phone") == chosen
    assert session.scalars(select(PollAnswer.chosen)).all() == [2]
    with pytest.raises(Invalid):
        vote(session, poll, 4)
    vote(session, poll, *[1] * 9, *[2] * 5)
    assert polls.of(session, event, viewer=OPERATOR)[0].shares is None
    polls.close(session, event, poll.uid, viewer=OPERATOR)
    polls.close(session, event, poll.uid, viewer=OPERATOR)
    with pytest.raises(NotOpen):
        polls.answer(session, poll, "a phone", Vote(chosen=1))
    with pytest.raises(Conflict, match="Write it anew"):
        polls.start(session, event, poll.uid, viewer=OPERATOR)
    (asked,) = polls.of(session, event, viewer=OPERATOR)
    assert asked.answered == 15
    assert [one.above if one else None for one in asked.shares or ()] == [9, 6, 0]


def test_one_question_is_open_at_a_time_and_none_once_the_event_is_over(
    session: Session, event: Engagement
) -> None:
    first, second = (written(session, event, asks) for asks in ("One?", "Two?"))
    assert first.code == second.code
    with pytest.raises(Conflict, match="not been asked"):
        polls.close(session, event, first.uid, viewer=OPERATOR)
    for poll in (first, first, second):
        polls.start(session, event, poll.uid, viewer=OPERATOR)
    assert [one.state for one in polls.of(session, event, viewer=OPERATOR)] == ["closed", "open"]
    assert second.state(event.ends_at + timedelta(minutes=119)) == "open"
    assert second.state(event.ends_at + timedelta(hours=2)) == "closed"
    with pytest.raises(NotOpen):
        vote(session, first, 3)
    vote(session, second, *[9] * 3, *[2] * 3)
    polls.remove(session, event, second.uid, viewer=OPERATOR)
    polls.put_back(session, event, second.uid, viewer=OPERATOR)
    asked = polls.of(session, event, viewer=OPERATOR)
    assert asked[0].above is None
    assert asked[1].above is not None
    assert (asked[1].above.above, asked[1].above.answered) == (3, 6)
    past = an_event(
        session,
        title="Over",
        starts_at=now() - timedelta(hours=5),
        ends_at=now() - timedelta(hours=2),
    )
    late = written(session, past)
    assert late.code != first.code
    with pytest.raises(Conflict, match="over"):
        polls.start(session, past, late.uid, viewer=OPERATOR)


def test_only_its_team_writes_and_reads_questions_and_a_merge_takes_them_along(
    session: Session, event: Engagement
) -> None:
    others = make_team(session, "Others")
    stranger = viewer_for(make_user(session, others), others)
    poll = written(session, event)
    again = PollDraft(asks="Which?", kind="scale")
    assert polls.add(session, event, poll.uid, again, viewer=OPERATOR) is poll
    with pytest.raises(Conflict):
        polls.add(session, event, poll.uid, PollDraft(asks="No?", options="a\nb"), viewer=OPERATOR)
    with pytest.raises(NotAllowed):
        polls.of(session, event, viewer=stranger)
    with pytest.raises(NotAllowed):
        polls.start(session, event, poll.uid, viewer=stranger)
    keep = an_event(session, title="The same")
    polls.start(session, event, poll.uid, viewer=OPERATOR)
    merging.merge(session, keep, event, viewer=OPERATOR)
    assert polls.room(session, poll.code).event is keep
    with pytest.raises(NotFound):
        polls.room(session, "nothing")


@pytest.mark.parametrize(
    ("given", "wrong"),
    [
        ({"asks": ""}, "asks"),
        ({"asks": "Which?", "options": "one"}, "options"),
        ({"asks": "Which?", "options": "\n".join("abcdefghijk")}, "options"),
        ({"asks": "Which?", "options": "a\n" + "b" * 81}, "options"),
        ({"asks": "Which?", "kind": "scale", "options": "a\nb"}, "options"),
    ],
)
def test_a_question_that_nobody_could_answer_is_refused(given: dict[str, Any], wrong: str) -> None:
    with pytest.raises(ValueError, match=wrong):
        PollDraft(**given)


@given(st.lists(st.integers(0, 40), min_size=2, max_size=10))
def test_no_hidden_count_can_be_told_from_those_shown_and_their_sum(counts: list[int]) -> None:
    shown = privacy.counts_shown(counts)
    hidden = [count for count, said in zip(counts, shown, strict=True) if said is None]
    assert all(said in (None, count) for count, said in zip(counts, shown, strict=True))
    assert not any(said is not None and 0 < said < privacy.LEAST for said in shown)
    if hidden and any(shown):
        assert len(hidden) > 1
        assert sum(hidden) >= privacy.LEAST
        assert sum(hidden) not in (len(hidden), 4 * len(hidden)) or max(hidden) > 4
    if not any(0 < count < privacy.LEAST for count in counts):
        assert shown == counts


def test_answers_hold_no_time_and_no_person(session: Session, event: Engagement) -> None:
    names = set(PollAnswer.__table__.columns.keys())
    assert names == {"id", "poll_id", "voter", "chosen"}
    first, second = written(session, event), written(session, event, "Two?")
    for poll in (first, second):
        polls.start(session, event, poll.uid, viewer=OPERATOR)
        polls.answer(session, poll, "one phone", Vote(chosen=3))
    assert session.scalar(select(func.count(PollAnswer.voter.distinct()))) == 2
