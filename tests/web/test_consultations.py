"""Consultations by the clock: on pages, for programs, and in the plan."""

from datetime import UTC, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from assetmap.access import OPERATOR
from assetmap.db import local_day, now
from assetmap.models import Engagement, Team, Telling
from assetmap.register import consultations, plans
from assetmap.settings import LOCAL
from tests.make import commit, make_entry, make_team, make_user
from tests.queries import MOST_ON_A_PAGE, counted
from tests.web.pages import sign_in

TODAY = local_day(now())


@pytest.fixture
def team(session: Session) -> Team:
    return make_team(session)


def open_for(
    session: Session, team: Team, title: str, opened: int, closes: int, **more: Any
) -> Engagement:
    """A consultation that opened so many days ago and closes in so many, at this hour by the clocks
    people had then."""
    here = now().astimezone(LOCAL)
    made = make_entry(
        session,
        "engagement",
        team,
        title=title,
        engagement_kind="consultation",
        status="planned",
        starts_at=(here - timedelta(days=opened)).astimezone(UTC),
        ends_at=(here + timedelta(days=closes)).astimezone(UTC),
        **more,
    )
    commit()
    assert isinstance(made, Engagement)
    return made


def tell(session: Session, event: Engagement, days_ago: int) -> None:
    day = TODAY - timedelta(days=days_ago)
    session.add(Telling(engagement_id=event.id, told_on=day, told_by=["poster"], told_to="public"))
    commit()


def test_a_consultation_is_overdue_until_people_are_told_and_what_is_overdue_comes_first(
    client: FlaskClient, session: Session, team: Team
) -> None:
    open_for(session, team, "Bins", 10, 40)
    late = open_for(session, team, "Streets", 100, -60, feedback_due=TODAY - timedelta(days=3))
    waits = open_for(session, team, "Parks", 60, -10)
    hidden = open_for(session, team, "Inside", 10, 5, visibility="team")
    tell(session, late, 80)  # while it was open: that is no answer yet

    with counted() as asked:
        page = client.get("/consultations/").text
    assert len(asked) <= MOST_ON_A_PAGE
    assert page.index("Streets") < page.index("Parks") < page.index("Bins")
    assert "1 answer is overdue." in page
    assert "3 days ago" in page
    assert "Inside" not in page
    found = client.get("/api/consultations").json["consultations"]  # type: ignore[index]
    assert [(one["title"], one["state"]) for one in found] == [
        ("Streets", "overdue"),
        ("Parks", "waiting"),
        ("Bins", "open"),
    ]
    assert found[1]["answer_due"] == (TODAY + timedelta(days=12 * 7 - 10)).isoformat()
    assert [one["is_promised"] for one in found] == [True, False, False]
    assert "Answer overdue" in client.get(late.path).text
    assert "To be answered" in client.get(f"{waits.path}/said").text

    tell(session, late, 1)
    assert "2 days late" in client.get("/consultations/").text
    sign_in(client, make_user(session, team, "organiser", "olu@demo.example"))
    assert hidden.title in client.get("/consultations/").text


def test_a_consultation_that_is_open_for_too_short_a_time_says_so_on_its_page_and_in_its_plan(
    client: FlaskClient, session: Session, team: Team
) -> None:
    brief = open_for(session, team, "Brief", 0, 12)
    fair = open_for(session, team, "Fair", 0, 41)
    assert "Less than 6 weeks" in client.get(brief.path).text
    assert "Less than" not in client.get(fair.path).text
    points = {
        event.title: next(
            one.evidence
            for one in plans.of(session, event, viewer=OPERATOR)
            if one.evidence and "are fair" in one.evidence.said
        )
        for event in (brief, fair)
    }
    assert [points[title].is_enough for title in ("Brief", "Fair")] == [False, True]


@pytest.mark.parametrize(
    ("opened", "closes", "told", "state", "left"),
    [
        (-3, 40, [], "not_open", 3),
        (42, 0, [], "open", 0),
        (42, -1, [], "waiting", 83),
        (200, -84, [], "waiting", 0),
        (200, -85, [], "overdue", -1),
        (200, -85, [85], "answered", -1),
        (200, -85, [86], "overdue", -1),
    ],
)
def test_the_clock_goes_from_opening_to_closing_to_the_day_of_the_answer(
    session: Session, team: Team, opened: int, closes: int, told: list[int], state: str, left: int
) -> None:
    event = open_for(session, team, "Any", opened, closes)
    days = [TODAY - timedelta(days=ago) for ago in told]
    clock = consultations.of(session, event, days)
    assert (clock.state, clock.days_left) == (state, left)


def test_what_is_not_a_consultation_has_no_clock(
    client: FlaskClient, session: Session, team: Team
) -> None:
    event = make_entry(session, "engagement", team, title="Panel", engagement_kind="surgery")
    commit()
    assert consultations.find(session, event) is None
    assert "Answer due" not in client.get(event.path).text
    assert "There is no consultation yet" in client.get("/consultations/").text
