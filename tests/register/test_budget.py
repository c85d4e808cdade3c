"""What an event costs, and the papers that must hold on its day."""

import uuid
from datetime import date, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from assetmap.access import OPERATOR
from assetmap.db import local_day
from assetmap.errors import Conflict, Invalid, NotAllowed, NotFound
from assetmap.models import Engagement, EventPaper, History, Team
from assetmap.register import budget, merging, plan_evidence
from assetmap.schemas.budget import CostDraft, PaperDraft
from tests.make import make_entry, make_team, make_user, viewer_for


@pytest.fixture
def team(session: Session) -> Team:
    return make_team(session)


@pytest.fixture
def event(session: Session, team: Team) -> Engagement:
    made = make_entry(session, "engagement", team, title="Canal hub")
    assert isinstance(made, Engagement)
    return made


def test_money_is_summed_told_in_pounds_and_taken_away_and_put_back(
    session: Session, event: Engagement
) -> None:
    tea, uid = CostDraft(what="Tea", planned_pence=1050), uuid.uuid4()
    for _ in range(2):
        budget.put(session, event, "costs", uid, tea, viewer=OPERATOR)
    vouchers = CostDraft(kind="vouchers", what="Cards", planned_pence=500, spent_pence=0, given=0)
    budget.put(session, event, "costs", uuid.uuid4(), vouchers, viewer=OPERATOR)
    dearer = CostDraft(what="Tea", planned_pence=1050, spent_pence=1200)
    with pytest.raises(Conflict):
        budget.put(session, event, "costs", uid, dearer, viewer=OPERATOR, base_version=9)
    budget.put(session, event, "costs", uid, dearer, viewer=OPERATOR, base_version=1)
    found = budget.of(session, event, viewer=OPERATOR)
    assert (found.planned, found.spent) == (1550, 1200)
    told = session.scalars(select(History.changes).where(History.verb == "cost changed")).one()
    assert told == {"cost “Tea”: spent": [None, "£12"]}
    budget.remove(session, event, "costs", uid, viewer=OPERATOR)
    found = budget.of(session, event, viewer=OPERATOR)
    assert (found.planned, [one.what for _, one in found.removed]) == (500, ["Tea"])
    with pytest.raises(NotFound):
        budget.remove(session, event, "costs", uid, viewer=OPERATOR)
    with pytest.raises(Conflict):
        budget.put(session, event, "costs", uid, tea, viewer=OPERATOR)
    budget.put_back(session, event, "costs", uid, viewer=OPERATOR)
    assert budget.of(session, event, viewer=OPERATOR).planned == 1550


@pytest.mark.parametrize(
    ("last_on", "today", "expected"),
    [
        (None, 0, "holds"),
        (40, -5, "holds"),
        (0, -5, "holds"),
        (-1, -5, "short"),
        (-1, 0, "over"),
        (-1, 90, "over"),
        (3, 90, "holds"),  # it held on the day
    ],
)
def test_a_paper_warns_by_the_day_of_the_event(
    event: Engagement, last_on: int | None, today: int, expected: str
) -> None:
    day = local_day(event.ends_at)
    last = None if last_on is None else day + timedelta(days=last_on)
    paper = EventPaper(kind="insurance", what="Cover", last_on=last)
    assert budget.state(paper, event, day + timedelta(days=today)) == expected


def test_the_plan_shows_papers_that_hold_and_says_which_do_not(
    session: Session, event: Engagement
) -> None:
    day = local_day(event.ends_at)

    def told(rule: str) -> plan_evidence.Evidence:
        return plan_evidence.of(session, event, viewer=OPERATOR)[rule]

    def paper(kind: str, last_on: date) -> None:
        draft = PaperDraft(kind=kind, what="Cover", last_on=last_on)
        budget.put(session, event, "papers", uuid.uuid4(), draft, viewer=OPERATOR)

    assert told("papers").said == "Not written down: insurance and a risk assessment."
    assert told("budget").said == "No money is written down."
    paper("insurance", day - timedelta(days=1))
    paper("risk_assessment", day)
    assert told("papers").said == "Run out before the event is over: insurance."
    paper("insurance", day)
    assert told("papers").is_enough
    cost = CostDraft(what="Hall", planned_pence=12_000, spent_pence=11_950)
    budget.put(session, event, "costs", uuid.uuid4(), cost, viewer=OPERATOR)
    assert told("budget").said == "Planned £120, spent £119.50. Say why it is worth that."


def test_money_and_papers_are_for_the_team_name_nobody_and_go_along_in_a_merge(
    session: Session, team: Team, event: Engagement
) -> None:
    other = make_team(session, "Others")
    stranger = viewer_for(make_user(session, other, "organiser"), other, "organiser")
    cost = CostDraft(what="Tea")
    with pytest.raises(NotAllowed):
        budget.of(session, event, viewer=stranger)
    with pytest.raises(NotAllowed):
        budget.put(session, event, "costs", uuid.uuid4(), cost, viewer=stranger)
    named = PaperDraft(what="Cover", kept_at="Ring 07700 900123")
    with pytest.raises(Invalid):
        budget.put(session, event, "papers", uuid.uuid4(), named, viewer=OPERATOR)
    twin = make_entry(session, "engagement", team, title="Canal hub, again")
    assert isinstance(twin, Engagement)
    budget.put(session, twin, "costs", uuid.uuid4(), cost, viewer=OPERATOR)
    budget.put(session, twin, "papers", uuid.uuid4(), PaperDraft(what="Cover"), viewer=OPERATOR)
    merging.merge(session, event, twin, viewer=OPERATOR)
    kept = budget.of(session, event, viewer=OPERATOR)
    assert (len(kept.costs), len(kept.papers)) == (1, 1)
