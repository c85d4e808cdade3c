"""Telling people by e-mail what is new in a saved search: what they may see when it is written."""

import base64
import hashlib
import hmac
import re
import uuid
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta

from sqlalchemy import and_, delete, or_, select
from sqlalchemy.orm import Session, joinedload

from assetmap.access import Viewer
from assetmap.connections import lock_for_writing
from assetmap.db import local_day, now
from assetmap.errors import BadRequest, Invalid, NotFound
from assetmap.models import SavedSearch, SearchAlert, User
from assetmap.register import (
    audit,
    audit_taking,
    deployment,
    letters,
    saved_searches,
    search_news,
    sharing,
)
from assetmap.register.search_news import News
from assetmap.viewers import Narrowing, viewer_of
from assetmap.vocabulary import PRIVILEGED, AuditAction, Kind

AT_ONCE = 500
WEEK = timedelta(days=7)
SETTLED = timedelta(minutes=2)  # what is being written now is told next time
NO_SUCH_LINK = "This link is broken. Take the whole of it from the e-mail."
WITHOUT_WEIGHT = Narrowing(None, frozenset(PRIVILEGED))
_SEAL_BYTES = 16
_UID = re.compile(r"(?<=/)[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}(?=\s)")
SUBJECT = "{count} new in “{name}”"
MESSAGE = """New since {day:%-d %B %Y} in your saved search “{name}”, as far as you may see it now:

{lines}

See them: {root}{path}

Offers, what was seen on walkabouts and what a team keeps to itself are only counted here.

To get no more e-mails about this search: {stop}
"""


def of(session: Session, *, viewer: Viewer) -> Mapping[int, str]:
    """By the key of a saved search, how often the viewer is told what is new."""
    rows = session.execute(
        select(SearchAlert.saved_search_id, SearchAlert.every).where(
            SearchAlert.user_id == viewer.user_id, SearchAlert.ended_at.is_(None)
        )
    )
    return {row.saved_search_id: row.every for row in rows}


def put(session: Session, made: SavedSearch, every: str, *, viewer: Viewer) -> None:
    """Have the viewer told of what comes from now on: `daily`, `weekly`, or `never`. The same again
    changes nothing. Raises Invalid."""
    if every not in ("daily", "weekly", "never"):
        raise Invalid.field("every", "Choose daily, weekly or never.")
    user_id = sharing.person(viewer)
    lock_for_writing(session, f"saved searches of {user_id}")
    kept = session.scalar(
        select(SearchAlert).where(
            SearchAlert.saved_search_id == made.id, SearchAlert.user_id == user_id
        )
    )
    is_on = kept is not None and kept.ended_at is None
    if every == (kept.every if kept is not None and is_on else "never"):
        return
    if every == "never":
        assert kept is not None  # it is on
        kept.ended_at = now()
    elif kept is not None:
        if not is_on:
            kept.heard_at, kept.told_on, kept.ended_at = now(), local_day(now()), None
        kept.every = every
    else:
        session.add(
            SearchAlert(
                saved_search_id=made.id, user_id=user_id, every=every, told_on=local_day(now())
            )
        )
    saved_searches.note(session, AuditAction.CHANGED, made, viewer=viewer, fields=["alert"])


def due(session: Session, today: date) -> Sequence[int]:
    """Keys of the alerts to look into today."""
    query = (
        select(SearchAlert.id)
        .where(
            SearchAlert.ended_at.is_(None),
            or_(
                and_(SearchAlert.every == "daily", SearchAlert.told_on < today),
                SearchAlert.told_on <= today - WEEK,
            ),
        )
        .order_by(SearchAlert.told_on, SearchAlert.id)
        .limit(AT_ONCE)
    )
    return session.scalars(query).all()


def tell(session: Session, key: int, at: datetime) -> bool:
    """Write the letter of one alert, in one transaction with what was told; says whether there was
    anything to tell. It ends where the person is shut out, or the search is not theirs to run."""
    alert = session.scalar(
        select(SearchAlert)
        .where(SearchAlert.id == key, SearchAlert.ended_at.is_(None))
        .options(joinedload(SearchAlert.search))
        .with_for_update(of=SearchAlert)
    )
    today = local_day(at)
    if alert is None or alert.told_on >= today:
        return False  # somebody else was faster
    viewer = viewer_of(session, alert.user_id, WITHOUT_WEIGHT)
    made = alert.search
    if viewer.user_id is None or not _may_run(session, made, viewer):
        alert.ended_at = at
        return False
    alert.told_on = today
    if made.removed_at is not None:
        return False  # until it is put back
    until = at - SETTLED
    try:
        news = search_news.since(session, made, alert.heard_at, until, viewer=viewer)
    except BadRequest:
        return False  # an area or a term that is there no more: its page says so
    before, alert.heard_at = alert.heard_at, max(until, alert.heard_at)
    if not news.total:
        return False
    _write(session, alert, news, before)
    named = [one.entry for one in news.named]
    audit_taking.told(session, named, viewer=viewer, scope="letter")
    audit.note(
        session,
        AuditAction.READ,
        viewer=viewer,
        entity="saved_search",
        uid=made.uid,
        teams=viewer.teams_where(),
        details={"found": news.total},
    )
    return True


def still_stands(session: Session, text: str, stop_at: str) -> bool:
    """Whether a letter that waited may go: it has not been ended, whoever it is to may still run
    the search, and may see, and be told in a letter of, each entry that it names."""
    try:
        alert = of_link(session, stop_at.rpartition("/")[2])
    except NotFound:
        return False
    viewer, made = viewer_of(session, alert.user_id, WITHOUT_WEIGHT), alert.search
    if alert.ended_at is not None or viewer.user_id is None or made.removed_at is not None:
        return False
    named = {uuid.UUID(one) for one in _UID.findall(text)} - {made.uid}
    return _may_run(session, made, viewer) and named <= search_news.nameable(
        session, named, viewer=viewer
    )


def stop_link(session: Session, alert: SearchAlert) -> str:
    """The address that ends an alert: it names nobody, and works as long as the alert is kept."""
    seal = _seal(session, alert.uid.bytes)
    return f"{deployment.address(session)}/stop-alert/{_text(alert.uid.bytes + seal)}"


def of_link(session: Session, token: str) -> SearchAlert:
    """The alert that a link is about. Raises NotFound for a forged or broken one."""
    try:
        plain = base64.urlsafe_b64decode(token.encode("ascii") + b"=" * (-len(token) % 4))
    except ValueError as error:
        raise NotFound(NO_SUCH_LINK) from error
    named, seal = plain[:16], plain[16:]
    if not hmac.compare_digest(seal, _seal(session, named)) or _text(plain) != token:
        raise NotFound(NO_SUCH_LINK)
    query = select(SearchAlert).where(SearchAlert.uid == uuid.UUID(bytes=named))
    alert = session.scalar(query.options(joinedload(SearchAlert.search)))
    if alert is None:
        raise NotFound(NO_SUCH_LINK)
    return alert


def end_by_link(session: Session, token: str) -> None:
    """End it. Pressed again, it is as ended as before. Raises NotFound."""
    alert = of_link(session, token)
    if alert.ended_at is None:
        alert.ended_at = now()


def forget_of(session: Session, user_id: int) -> None:
    """Let go of what somebody was told, and of what others were of their own searches."""
    own = select(SavedSearch.id).where(
        SavedSearch.owner_id == user_id, SavedSearch.team_id.is_(None)
    )
    about = or_(SearchAlert.user_id == user_id, SearchAlert.saved_search_id.in_(own))
    session.execute(delete(SearchAlert).where(about))


def _may_run(session: Session, made: SavedSearch, viewer: Viewer) -> bool:
    """Whether it is still theirs or their team's, taken away or not."""
    return made.owner_id == viewer.user_id or made.team_id in viewer.roles


def _write(session: Session, alert: SearchAlert, news: News, before: datetime) -> None:
    made, root, stop = alert.search, deployment.address(session), stop_link(session, alert)
    lines = [f"{number:,} {_word(kind, number)}" for kind, number in news.counts]
    lines += ["", *(f"- {one.called}: {root}{one.path}" for one in news.named)]
    text = MESSAGE.format(
        day=local_day(before),
        name=made.name,
        lines="\n".join(lines).strip(),
        root=root,
        path=made.path,
        stop=stop,
    )
    email = session.scalars(select(User.email).where(User.id == alert.user_id)).one()
    subject = SUBJECT.format(count=f"{news.total:,}", name=made.name)
    letters.write(session, email, subject, text, stop_at=stop)


def _word(kind: Kind, number: int) -> str:
    return kind.value if number == 1 else kind.plural


def _text(plain: bytes) -> str:
    return base64.urlsafe_b64encode(plain).decode().rstrip("=")


def _seal(session: Session, named: bytes) -> bytes:
    key = b"alert link:" + deployment.lasting_key(session).encode()
    return hmac.new(key, named, hashlib.sha256).digest()[:_SEAL_BYTES]
