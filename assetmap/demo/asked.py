"""What people of the demo town answered before and after an event."""

import random
import uuid
from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from assetmap.access import OPERATOR
from assetmap.db import local_day
from assetmap.models import Engagement, Survey, SurveyAnswer
from assetmap.register import surveys
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
SEED = 7


def ask(session: Session) -> None:
    """Set the six questions of a hub, and put in what its people answered."""
    event = session.scalars(select(Engagement).where(Engagement.title == ASKED_AT)).one()
    chance = random.Random(SEED)  # noqa: S311  # the same town for everybody
    for base, (phase, people) in enumerate([("before", BEFORE), ("after", AFTER), ("", 0)]):
        draft = SurveyDraft(measures=tuple(ABOVE), open_for=phase)
        survey = surveys.set_up(session, event, draft, viewer=OPERATOR, base_version=base)
        _answer(session, survey, event, phase, people, chance)
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
