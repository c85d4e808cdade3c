"""The past that entries bring along."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from assetmap.access import OPERATOR, PUBLIC
from assetmap.errors import Invalid, SignInFirst
from assetmap.models import History
from assetmap.register import entries, links, past
from assetmap.register.past import Happening, Story, Tie
from assetmap.vocabulary import Relation
from tests.make import make_entry, make_team

SPRING, SUMMER = datetime(2026, 4, 1, 9, tzinfo=UTC), datetime(2026, 7, 1, 9, tzinfo=UTC)


def test_what_happened_before_is_told_with_its_days(session: Session) -> None:
    team = make_team(session)
    finding = make_entry(session, "finding", team, status="triaged")
    walk = make_entry(session, "walkabout", team)
    uid = finding.uid
    triaged = Happening(SUMMER, None, "triaged", {"status": ["new", "triaged"]})
    tie = Tie(finding.id, walk.id, Relation.FOUND_ON, SPRING, None)
    past.tell(session, [Story(finding.id, [triaged]), Story(walk.id, [])], [tie], viewer=OPERATOR)
    session.expire_all()
    found = entries.find(session, uid, viewer=OPERATOR)
    told = select(History).where(History.entry_id == found.id).order_by(History.version)
    first, last = session.scalars(told)
    assert (found.version, found.updated_at) == (2, SUMMER)
    assert (first.verb, last.verb, last.at) == ("logged", "triaged", SUMMER)
    assert [step.hit.entry.id for step in links.chain(session, found, viewer=OPERATOR).came_from]
    entries.move(session, found, "no_action", viewer=OPERATOR)
    assert found.version == 3


def test_a_story_that_goes_back_in_time_is_refused(session: Session) -> None:
    entry = make_entry(session, "asset", make_team(session))
    backwards = [Happening(SUMMER, None, "checked"), Happening(SPRING, None, "checked")]
    with pytest.raises(Invalid, match="out of order"):
        past.tell(session, [Story(entry.id, backwards)], [], viewer=OPERATOR)


def test_nobody_but_an_administrator_writes_the_past(session: Session) -> None:
    with pytest.raises(SignInFirst):
        past.tell(session, [], [], viewer=PUBLIC)
