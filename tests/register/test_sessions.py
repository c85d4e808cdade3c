"""Where somebody is signed in: limits, ends, and what is kept of it."""

from datetime import timedelta

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from assetmap.access import viewer_of
from assetmap.db import now
from assetmap.errors import NotAllowed
from assetmap.models import User, UserSession
from assetmap.register import sessions
from tests.make import make_team, make_user

LIMITS = sessions.Limits(hours=12, idle_minutes=60)
AGENTS = {
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0": (
        "Firefox on Windows"
    ),
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like"
    " Gecko) Version/18.0 Mobile/15E148 Safari/604.1": "Safari on iPhone or iPad",
    "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0"
    " Safari/537.36 Edg/140.0.0.0": "Edge on Windows",
    "Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 Chrome/140.0 Mobile Safari/537.36": (
        "Chrome on Android"
    ),
    "curl/8.1 <script>": "Another browser",
    "": "Another browser",
}


@pytest.fixture
def user(session: Session) -> User:
    return make_user(session, make_team(session))


def later(session: Session, row: UserSession, **by: float) -> None:
    """Let so much time pass for a session, without waiting for it."""
    gone = timedelta(**by)
    session.execute(
        update(UserSession)
        .where(UserSession.id == row.id)
        .values(
            created_at=row.created_at - gone,
            last_seen_at=row.last_seen_at - gone,
            expires_at=row.expires_at - gone,
        )
    )
    session.expire_all()


@pytest.mark.parametrize(
    ("shared", "minutes", "lives"),
    [(False, 59, True), (False, 61, False), (True, 14, True), (True, 16, False)],
)
def test_a_session_rests_an_hour_and_on_a_shared_device_a_quarter(
    session: Session, user: User, shared: bool, minutes: int, lives: bool
) -> None:
    begun = sessions.begin(session, user, LIMITS, shared_device=shared)
    later(session, begun.row, minutes=minutes)
    assert (sessions.find(session, begun.secret, LIMITS) is not None) is lives


def test_a_session_ends_after_its_hours_however_busy_it_is(session: Session, user: User) -> None:
    begun = sessions.begin(session, user, LIMITS)
    later(session, begun.row, hours=12, minutes=1)
    session.execute(update(UserSession).values(last_seen_at=now()))
    assert sessions.find(session, begun.secret, LIMITS) is None


def test_a_session_that_waits_for_a_code_has_ten_minutes(session: Session, user: User) -> None:
    begun = sessions.begin(session, user, LIMITS, awaits_code=True)
    assert sessions.waiting(session, begun.secret, LIMITS) is not None
    later(session, begun.row, minutes=11)
    assert sessions.waiting(session, begun.secret, LIMITS) is None


def test_neither_the_secret_nor_an_address_is_kept(session: Session, user: User) -> None:
    begun = sessions.begin(session, user, LIMITS, agent="Firefox/1 (Windows; 10.1.2.3; Jo's)")
    kept = session.execute(select(UserSession.__table__)).one()
    said = " ".join(str(value) for value in kept)
    assert begun.secret not in said
    assert "10.1.2.3" not in said
    assert "Jo" not in said


@pytest.mark.parametrize("agent", AGENTS)
def test_a_browser_is_known_by_its_family(agent: str) -> None:
    assert sessions.family(agent) == AGENTS[agent]


def test_each_session_ends_by_itself_and_all_but_one_together(session: Session, user: User) -> None:
    viewer = viewer_of(session, user.id)
    begun = [sessions.begin(session, user, LIMITS) for _ in range(4)]
    assert sessions.end_one(session, begun[0].row.id, user.id, viewer=viewer)
    assert not sessions.end_one(session, begun[0].row.id, user.id, viewer=viewer)
    assert sessions.end_all(session, user, viewer=viewer, but=begun[1].row.id) == 2
    assert [sessions.find(session, one.secret, LIMITS) is None for one in begun] == [
        True,
        False,
        True,
        True,
    ]


def test_nobody_sees_or_ends_another_persons_sessions(session: Session, user: User) -> None:
    other = make_user(session, make_team(session, "Hilltop"), "admin", "other@demo.example")
    begun = sessions.begin(session, user, LIMITS)
    viewer = viewer_of(session, other.id)
    with pytest.raises(NotAllowed):
        sessions.of(session, user.id, LIMITS, viewer=viewer)
    assert not sessions.end_one(session, begun.row.id, other.id, viewer=viewer)
    assert sessions.find(session, begun.secret, LIMITS) is not None


def test_the_oldest_goes_when_somebody_is_signed_in_at_too_many_places(
    session: Session, user: User
) -> None:
    begun = [sessions.begin(session, user, LIMITS) for _ in range(sessions.MOST + 3)]
    alive = [sessions.find(session, one.secret, LIMITS) is not None for one in begun]
    assert alive == [False] * 3 + [True] * sessions.MOST


def test_a_session_is_noted_as_used_at_most_once_a_minute(session: Session, user: User) -> None:
    begun = sessions.begin(session, user, LIMITS)
    assert sessions.seen(begun.row) is None
    later(session, begun.row, minutes=2)
    assert sessions.seen(begun.row) is not None
