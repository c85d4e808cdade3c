"""Who is signed in where: begun at sign-in, known here, and therefore ended here, at once."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from sqlalchemy import ColumnElement, Update, and_, delete, exists, or_, select, update
from sqlalchemy.orm import Session, contains_eager

from assetmap import access
from assetmap.access import Viewer
from assetmap.db import now
from assetmap.errors import NotAllowed
from assetmap.models import User, UserSession
from assetmap.register.person_notes import note
from assetmap.register.secret import fresh, hashed
from assetmap.viewers import PUBLIC, Narrowing, viewer_from, with_roles
from assetmap.vocabulary import PRIVILEGED, AuditAction

SHARED_IDLE_MINUTES = 15
MINUTE = timedelta(minutes=1)
CODE_MINUTES = 10  # in which an authenticator's code must come
MOST = 50  # places somebody is signed in at; beginning one more ends the oldest
FAMILIES = (
    ("Edge", r"Edg(?:e|A|iOS)?/"),
    ("Opera", r"OPR/"),
    ("Samsung Internet", r"SamsungBrowser/"),
    ("Firefox", r"Firefox/|FxiOS/"),
    ("Chrome", r"Chrome/|Chromium/|CriOS/"),
    ("Safari", r"Safari/"),
)
SYSTEMS = (
    ("Android", r"Android"),
    ("iPhone or iPad", r"iPhone|iPad"),
    ("Windows", r"Windows"),
    ("Mac", r"Mac OS X|Macintosh"),
    ("Chromebook", r"CrOS"),
    ("Linux", r"Linux"),
)


@dataclass(frozen=True)
class Limits:
    """How long somebody stays signed in: in all, and without doing anything."""

    hours: int
    idle_minutes: int

    @property
    def idle(self) -> timedelta:
        """The longest rest on a device of one's own."""
        return timedelta(minutes=self.idle_minutes)

    @property
    def idle_on_shared(self) -> timedelta:
        """The longest rest on a device that others use too."""
        return min(self.idle, timedelta(minutes=SHARED_IDLE_MINUTES))


@dataclass(frozen=True)
class Begun:
    """A session that was begun: its row, and the secret for the cookie."""

    row: UserSession
    secret: str


def begin(
    session: Session,
    user: User,
    limits: Limits,
    *,
    shared_device: bool = False,
    agent: str = "",
    awaits_code: bool = False,
    proved: bool = False,
) -> Begun:
    """Sign somebody in with one browser. agent: what it calls itself; only its family is kept.

    With awaits_code they are nobody yet, and have ten minutes to give the code.
    """
    at = now()
    secret = fresh()
    lasts = timedelta(minutes=CODE_MINUTES) if awaits_code else timedelta(hours=limits.hours)
    row = UserSession(
        user_id=user.id,
        secret_hash=hashed(secret),
        created_at=at,
        last_seen_at=at,
        expires_at=at + lasts,
        shared_device=shared_device,
        agent=family(agent),
        awaits_code=awaits_code,
        proved_at=at if proved else None,
    )
    _make_room(session, user.id, limits)
    user.last_seen_at = at
    session.add(row)
    session.flush()  # so that a failure shows before the cookie goes out
    return Begun(row, secret)


def recognise(
    session: Session, secret: str, limits: Limits, *, proof_needed: bool = False
) -> tuple[UserSession, Viewer] | None:
    """The session of a cookie's secret and whose it is, by one query; None when it ended, ran out
    or rested too long, or its person is shut out. While it waits for a code it is the public's.

    proof_needed: roles of weight wait for a second factor.
    """
    kept = select(UserSession).join(User, User.id == UserSession.user_id)
    kept = kept.where(UserSession.secret_hash == hashed(secret), _lives(limits))
    rows = session.execute(with_roles(kept)).all()
    if not rows:
        return None
    row: UserSession = rows[0][0]
    if row.awaits_code:
        return row, PUBLIC
    is_proved = proof_needed and row.proved_at is not None
    held_back = PRIVILEGED if proof_needed and not is_proved else frozenset()
    holds = partial(_holds, row.secret_hash, limits, is_proved=is_proved)
    narrowing = Narrowing(without=frozenset(held_back), holds=holds)
    return row, viewer_from(row.user_id, rows, narrowing)


def _holds(secret_hash: str, limits: Limits, *, is_proved: bool) -> ColumnElement[bool]:
    """A session goes on. Asked by its secret: SQLite gives the key of one that ended to the next.

    is_proved: a second factor lent it roles of weight, and still does.
    """
    goes_on = exists().where(UserSession.secret_hash == secret_hash, _lives(limits))
    return goes_on.where(UserSession.proved_at.is_not(None)) if is_proved else goes_on


def find(session: Session, secret: str, limits: Limits) -> UserSession | None:
    """The session of a cookie's secret, unless it is over."""
    found = recognise(session, secret, limits)
    return found[0] if found else None


def waiting(session: Session, secret: str, limits: Limits) -> UserSession | None:
    """The session that waits for a code, with its person; none once it is over."""
    return session.scalar(
        select(UserSession)
        .join(UserSession.user)
        .where(
            UserSession.secret_hash == hashed(secret),
            UserSession.awaits_code,
            User.is_active,
            _lives(limits),
        )
        .options(contains_eager(UserSession.user))
    )


def seen(row: UserSession) -> Update | None:
    """What notes that a session is in use; nothing within a minute of the last time."""
    if now() - row.last_seen_at < MINUTE:
        return None
    return update(UserSession).where(UserSession.id == row.id).values(last_seen_at=now())


def of(session: Session, user_id: int, limits: Limits, *, viewer: Viewer) -> Sequence[UserSession]:
    """Where a person is signed in, the latest seen first."""
    _require_own(user_id, viewer)
    return session.scalars(
        select(UserSession)
        .where(UserSession.user_id == user_id, ~UserSession.awaits_code, _lives(limits))
        .order_by(UserSession.last_seen_at.desc(), UserSession.id.desc())
        .limit(MOST)
    ).all()


def end(session: Session, secret: str) -> int | None:
    """End the session of a cookie; ending it twice changes nothing. Gives its person's key."""
    gone = delete(UserSession).where(UserSession.secret_hash == hashed(secret))
    return session.execute(gone.returning(UserSession.user_id)).scalar_one_or_none()


def prove(session: Session, session_id: int, *, proved: bool = True) -> None:
    """Keep that a second factor was given in a session, or that it no longer counts."""
    at = now() if proved else None
    session.execute(update(UserSession).where(UserSession.id == session_id).values(proved_at=at))


def end_one(session: Session, session_id: int, user_id: int, *, viewer: Viewer) -> bool:
    """End one of a person's sessions; False when it is no session of theirs, or has ended."""
    _require_own(user_id, viewer)
    gone = delete(UserSession).where(UserSession.id == session_id, UserSession.user_id == user_id)
    return bool(session.execute(gone).rowcount)  # type: ignore[attr-defined]


def end_all(session: Session, user: User, *, viewer: Viewer, but: int = 0) -> int:
    """Sign a person out everywhere, save in the session with this key. Says of how many places.

    Whoever calls has asked who may.
    """
    gone = delete(UserSession).where(UserSession.user_id == user.id, UserSession.id != but)
    ended = int(session.execute(gone).rowcount)  # type: ignore[attr-defined]
    if ended:
        said = {"sessions": ended}
        note(session, AuditAction.SIGNED_OUT, user, viewer=viewer, details=said)
    return ended


def family(agent: str) -> str:
    """A browser's family and system, such as "Firefox on Windows": enough to know it again."""
    known = [
        next((name for name, pattern in table if re.search(pattern, agent)), "")
        for table in (FAMILIES, SYSTEMS)
    ]
    return " on ".join(part for part in known if part) or "Another browser"


def _lives(limits: Limits) -> ColumnElement[bool]:
    at = now()
    seen = UserSession.last_seen_at
    return and_(
        UserSession.expires_at > at,
        or_(
            and_(UserSession.shared_device, seen > at - limits.idle_on_shared),
            and_(~UserSession.shared_device, seen > at - limits.idle),
        ),
    )


def _make_room(session: Session, user_id: int, limits: Limits) -> None:
    """Let go of what is over, of anybody's, and of somebody's oldest when there are too many."""
    at: datetime = now()
    session.execute(delete(UserSession).where(UserSession.expires_at <= at))
    session.execute(delete(UserSession).where(UserSession.user_id == user_id, ~_lives(limits)))
    newest = (
        select(UserSession.id)
        .where(UserSession.user_id == user_id)
        .order_by(UserSession.id.desc())
        .offset(MOST - 1)
        .limit(1000)
    )
    if oldest := session.scalars(newest).all():
        session.execute(delete(UserSession).where(UserSession.id.in_(oldest)))


def _require_own(user_id: int, viewer: Viewer) -> None:
    access.require_sign_in(viewer)
    if not viewer.is_operator and viewer.user_id != user_id:
        raise NotAllowed("Where somebody is signed in is their own business.")
