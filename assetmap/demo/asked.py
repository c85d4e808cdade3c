"""What people of the demo town answered before and after an event, and on their phones at it."""

import random
import uuid
from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from assetmap.access import OPERATOR
from assetmap.db import local_day
from assetmap.models import (
    CounterDay,
    Engagement,
    MonitoringCount,
    Poll,
    PollAnswer,
    Survey,
    SurveyAnswer,
)
from assetmap.register import counters, monitoring, polls, surveys
from assetmap.schemas.counters import STEPS, CounterDraft
from assetmap.schemas.polls import PollDraft
from assetmap.schemas.surveys import SurveyDraft

ASKED_AT = "Towpath innovation hub"
# of a hundred answers, those above 7: before, after
ABOVE = {
    "trust": (19, 34),
    "aware": (29, 54),
    "heard": (44, 85),
    "join": (31, 52),
    "again": (None, 79),
    "recommend": (None, 74),
}
BEFORE, AFTER, BOTH = 62, 59, 51
# asked as they went, with how many chose each
HEARD_BY = "How did you hear of today?"
HEARD = {"From a neighbour": 23, "A poster or leaflet": 14, "Online": 13, "From an officer": 9}
SEED = 7
# what the room was asked, answers to choose from, and how many chose each; of a scale from 1
POLLS = (
    (
        "What would bring you to the towpath after dark?",
        (
            "Lamps along the whole path",
            "Company: a group to walk with",
            "A warden",
            "Nothing would",
        ),
        (24, 19, 9, 3),
    ),
    ("How sure are you that something will come of today?", (), (1, 2, 3, 4, 7, 8, 10, 11, 6, 4)),
)
# who came, of as many sheets: how many gave each answer of layers/monitoring.csv
SHEETS = 47
CAME = {
    "age": (2, 6, 7, 9, 11, 8, 3),
    "sex": (26, 19),
    "disability": (5, 7, 31),
    "ethnic_group": (29, 2, 8, 5, 1),
    "religion": (17, 14, 0, 1, 0, 6, 2, 1),
}
# where codes hung: on three days, how many scanned each, were interested, and joined
CODES = {
    "Poster in the library": ((9, 14, 11), (4, 5, 3), (1, 2, 4)),
    "Till of the corner shop": ((3, 8, 6), (1, 2, 2), (1, 1, 1)),
}


def ask(session: Session) -> None:
    """Set the six questions of a hub, and put in what its people answered."""
    event = session.scalars(select(Engagement).where(Engagement.title == ASKED_AT)).one()
    chance = random.Random(SEED)  # noqa: S311  # the same town for everybody
    for base, (phase, people) in enumerate([("before", BEFORE), ("after", AFTER), ("", 0)]):
        draft = SurveyDraft(
            measures=tuple(ABOVE), choices="\n".join([HEARD_BY, *HEARD]), open_for=phase
        )
        survey = surveys.set_up(session, event, draft, viewer=OPERATOR, base_version=base)
        _answer(session, survey, event, phase, people, chance)
        session.flush()
    _ask_the_room(session, event)
    _ask_who_came(session, event)
    _hang_codes(session, event)


def _ask_the_room(session: Session, event: Engagement) -> None:
    """Put in what the room was asked at the end of the day, and what its phones chose."""
    for number, (asks, options, counts) in enumerate(POLLS):
        kind = "choice" if options else "scale"
        draft = PollDraft(asks=asks, kind=kind, options="\n".join(options))
        uid = uuid.uuid5(event.uid, asks)
        poll: Poll = polls.add(session, event, uid, draft, viewer=OPERATOR)
        poll.opened_at = event.ends_at - timedelta(minutes=40 - 10 * number)
        poll.closes_at = poll.opened_at + timedelta(minutes=5)
        chosen = [number for number, people in enumerate(counts, 1) for _ in range(people)]
        session.add_all(
            PollAnswer(poll_id=poll.id, voter=f"{key:064d}", chosen=one)
            for key, one in enumerate(chosen)
        )
    session.flush()


def _ask_who_came(session: Session, event: Engagement) -> None:
    """Put in what they liked to say of themselves as they went: of each answer, how many."""
    form = monitoring.start(session, event, viewer=OPERATOR)
    form.opened_at, form.closes_at = event.ends_at, event.ends_at + timedelta(hours=2)
    form.sheets = SHEETS
    session.add_all(
        MonitoringCount(
            monitoring_id=form.id, dimension=one.dimension, category=code, people=people
        )
        for one in monitoring.questions()
        for (code, _), people in zip(one.answers, CAME[one.dimension], strict=True)
    )
    session.flush()


def _hang_codes(session: Session, event: Engagement) -> None:
    """Hang codes up for it two weeks before, and put in how far those who scanned them went."""
    days = [local_day(event.starts_at) - timedelta(days=ago) for ago in (12, 7, 3)]
    for hangs_at, of_each in CODES.items():
        uid = uuid.uuid5(event.uid, hangs_at)
        made = counters.add(session, event, uid, CounterDraft(hangs_at=hangs_at), viewer=OPERATOR)
        session.add_all(
            CounterDay(counter_id=made.id, day=day, step=step, times=times)
            for step, counts in zip(STEPS, of_each, strict=True)
            for day, times in zip(days, counts, strict=True)
        )
    session.flush()


def _answer(
    session: Session,
    survey: Survey,
    event: Engagement,
    phase: str,
    people: int,
    chance: random.Random,
) -> None:
    at = 0 if phase == "before" else 1
    columns = {
        code: _column(part, people, chance)
        for code, parts in ABOVE.items()
        if (part := parts[at]) is not None
    }
    if phase == "after":
        code = survey.questions[-1]["code"]
        columns[code] = [at for at, count in enumerate(HEARD.values(), 1) for _ in range(count)]
    for number in range(people):
        pair = f"{'0' * 60}{number:04d}" if number < BOTH else None
        session.add(
            SurveyAnswer(
                uid=uuid.UUID(int=chance.getrandbits(128), version=4),
                survey_id=survey.id,
                phase=phase,
                given={code: values[number] for code, values in columns.items()},
                pair=pair,
                day=local_day(event.starts_at),
            )
        )


def _column(above: int, people: int, chance: random.Random) -> Sequence[int]:
    """Answers of which so many of a hundred are above 7, in no order."""
    count = round(above * people / 100)
    values = [chance.choice((8, 8, 9, 10)) for _ in range(count)]
    values += [chance.choice((2, 3, 4, 5, 5, 6, 6, 7)) for _ in range(people - count)]
    chance.shuffle(values)
    return values
