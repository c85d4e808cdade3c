"""Owners of listings: invited by a link, known by name, and heard first. They change nothing
themselves: what they propose waits like everybody's, and says that it comes from the owner."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Select, and_, select
from sqlalchemy.orm import Session, contains_eager, joinedload

from assetmap import access, spatial
from assetmap.access import Viewer
from assetmap.db import local_day, now
from assetmap.errors import Conflict, Invalid, NotFound, SignInFirst
from assetmap.models import Claim, Entry, User
from assetmap.register import audit, deployment, letters
from assetmap.register.months import months_after, start_of
from assetmap.register.secret import fresh, hashed
from assetmap.schemas.proposals import CLAIMABLE
from assetmap.schemas.text import small_address
from assetmap.viewers import PUBLIC
from assetmap.vocabulary import AuditAction, Kind, Visibility

LASTS = timedelta(days=14)
FIRST_REMINDER, LAST_REMINDER = timedelta(days=30), timedelta(days=7)
A_DAY = timedelta(days=1)
SPENT = "This invitation has been used, was taken back or is too old. Ask for a new one."
NOT_OPEN = "Only what everybody may see can have an owner who keeps it."

SUBJECT = "Is your listing still right?"
REMINDER = """You keep {title} right on the register of places, groups and offers of help.

Please sign in and say that it is still right, or what has changed:

{link}

If you do not, you are its owner no longer from {day} on. The listing stays; the team that keeps it
looks after it, and can invite you again.
"""


@dataclass(frozen=True)
class Invitation:
    """An invitation that can be taken up. is_known: whoever it went to signs in already, and does
    so first; is_here: they have."""

    claim: Claim
    entry: Entry
    is_known: bool
    is_here: bool


def invite(session: Session, entry: Entry, email: str, *, viewer: Viewer) -> str:
    """A secret for the owner of a listing, good once and for 14 days; earlier ones end.

    Raises NotAllowed for who may not change the entry, Invalid for an entry that is not public.
    """
    access.require_change(viewer, entry)
    if Kind(entry.kind) not in CLAIMABLE:
        raise NotFound("Only places, groups and offers have owners.")
    if entry.visibility != Visibility.PUBLIC:
        raise Invalid.field("email", NOT_OPEN)
    at = now()
    spatial.lock_for_writing(session, f"claims {entry.id}")
    for earlier in session.scalars(_held(entry).where(Claim.used_at.is_(None))):
        earlier.end(at)
    secret = fresh()
    made = Claim(
        entry_id=entry.id,
        team_id=entry.team_id,
        email=email,
        token_hash=hashed(secret),
        created_at=at,
        created_by_id=viewer.user_id,
        expires_at=at + LASTS,
    )
    session.add(made)
    session.flush()  # so that a failure shows before the link goes out
    _note(session, AuditAction.OWNER_INVITED, made, entry, viewer=viewer)
    return secret


def of(session: Session, entry: Entry, *, viewer: Viewer) -> Sequence[Claim]:
    """Who keeps a listing, and the invitation that waits, for who may change it."""
    access.require_change(viewer, entry)
    held = _held(entry).options(joinedload(Claim.user)).order_by(Claim.id)
    at = now()
    return [
        one
        for one in session.scalars(held)
        if (one.lapses_at and one.lapses_at > at) or (one.email is not None and one.expires_at > at)
    ]


def end(session: Session, uid: uuid.UUID, *, viewer: Viewer) -> Entry:
    """Take an invitation back, or let an owner be one no longer; twice changes nothing. Gives the
    entry. Raises NotFound for what the viewer may not change."""
    claim = session.scalar(
        select(Claim)
        .join(Entry, Entry.id == Claim.entry_id)
        .where(Claim.uid == uid, access.visible_entries(viewer))
        .options(contains_eager(Claim.entry))
    )
    if claim is None or not access.may_change(viewer, claim.entry):
        raise NotFound("There is no such invitation.")
    if claim.ended_at is None:
        claim.end(now())
        _note(session, AuditAction.CLAIM_ENDED, claim, claim.entry, viewer=viewer)
        session.flush()  # what is asked next must know
    return claim.entry


def invitation(session: Session, secret: str, *, viewer: Viewer) -> Invitation:
    """What a link invites to. Raises NotFound when it can't be taken up any more: also when the
    listing is no longer public, or another team's."""
    claim = session.scalar(
        select(Claim)
        .join(Entry, Entry.id == Claim.entry_id)
        .where(
            Claim.token_hash == hashed(secret),
            Claim.used_at.is_(None),
            Claim.ended_at.is_(None),
            Claim.email.is_not(None),  # erased, because whom it went to asked
            Claim.expires_at > now(),
            Claim.team_id == Entry.team_id,
            access.visible_entries(PUBLIC),
        )
        .options(contains_eager(Claim.entry))
        .execution_options(populate_existing=True)
    )
    if claim is None:
        raise NotFound(SPENT)
    user = _person(session, claim)
    if user is not None and not user.is_active:
        raise NotFound(SPENT)
    is_here = user is not None and user.id == viewer.user_id
    return Invitation(claim, claim.entry, user is not None, is_here)


def take(session: Session, secret: str, name: str, *, viewer: Viewer) -> tuple[User, bool]:
    """Take an invitation up, once. Gives the owner, and whether they are new here and the link
    therefore signs them in: it went to their address.

    Raises NotFound for a link that is spent, SignInFirst for somebody known here who has not
    signed in: a link that lives for days opens no account that is there already.
    """
    spatial.lock_for_writing(session, f"claim {hashed(secret)}")
    invited = invitation(session, secret, viewer=viewer)
    claim = invited.claim
    if invited.is_known and not invited.is_here:
        raise SignInFirst("Sign in first, with the address that the invitation went to.")
    user = _person(session, claim)
    if user is None:
        if not name:
            raise Invalid.field("name", "Say what to call you.")
        user = User(name=name, email=claim.email or "", is_active=True)
        session.add(user)
        session.flush()  # the claim needs its key
    held = _held(claim.entry).where(Claim.user_id == user.id, runs())
    if session.scalar(held.limit(1)) is not None:
        raise Conflict("You keep this listing already.")
    claim.user_id, claim.used_at, claim.email = user.id, now(), None
    claim.lapses_at = _until(session)
    owner = Viewer(user.name, user.id)
    _note(session, AuditAction.CLAIMED, claim, claim.entry, viewer=owner)
    session.flush()  # so that a failure shows before anybody is let in
    return user, not invited.is_known


def kept(session: Session, *, viewer: Viewer) -> Sequence[Claim]:
    """The listings that somebody keeps as their owner, as far as they may see them."""
    if viewer.user_id is None:
        return []
    mine = (
        select(Claim)
        .join(Entry, Entry.id == Claim.entry_id)
        .where(Claim.user_id == viewer.user_id, runs(), access.visible_entries(viewer))
        .options(contains_eager(Claim.entry))
    )
    return session.scalars(mine.order_by(Entry.title, Entry.id)).all()


def is_owner(session: Session, entry: Entry, *, viewer: Viewer) -> bool:
    """Whether somebody keeps a listing as its owner."""
    if viewer.user_id is None or viewer.behind is not None:
        return False
    held = _held(entry).where(Claim.user_id == viewer.user_id, runs())
    return session.scalar(held.limit(1)) is not None


def runs() -> ColumnElement[bool]:
    """Claims that were taken up, and have neither been ended nor lapsed."""
    return and_(Claim.ended_at.is_(None), Claim.lapses_at > now())


def confirm(session: Session, entry: Entry, *, viewer: Viewer) -> None:
    """The owner has said something of their listing: they are its owner for as long again."""
    held = _held(entry).where(Claim.user_id == viewer.user_id, runs())
    for claim in session.scalars(held):
        claim.lapses_at, claim.reminded_at = _until(session), None


def remind(session: Session, *, viewer: Viewer) -> int:
    """Write to owners whose listing lapses within 30 days, and again within 7; end what has
    lapsed. Says how many were written to. For the daily job."""
    at = now()
    soon = at + FIRST_REMINDER
    due = (
        select(Claim)
        .join(Entry, Entry.id == Claim.entry_id)
        .where(Claim.ended_at.is_(None), Claim.lapses_at < soon)
        .options(contains_eager(Claim.entry), joinedload(Claim.user))
    )
    told = 0
    for claim in session.scalars(due.order_by(Claim.id)).all():
        if claim.lapses_at is None or claim.user is None:
            continue
        if claim.lapses_at <= at:
            claim.end(at)
            _note(session, AuditAction.CLAIM_ENDED, claim, claim.entry, viewer=viewer)
        elif _is_to_be_reminded(claim, at) and claim.entry.is_live and claim.user.is_active:
            claim.reminded_at = at
            _write_reminder(session, claim, claim.user.email, claim.lapses_at)
            told += 1
    return told


def _is_to_be_reminded(claim: Claim, at: datetime) -> bool:
    if claim.reminded_at is None or claim.lapses_at is None:
        return True
    last = claim.lapses_at - LAST_REMINDER
    return last <= at and claim.reminded_at < last


def _write_reminder(session: Session, claim: Claim, to: str, until: datetime) -> None:
    entry = claim.entry
    is_shown = session.scalar(
        select(Entry.id).where(Entry.id == entry.id, access.visible_entries(PUBLIC))
    )
    text = REMINDER.format(
        title=f"“{entry.title}”" if is_shown else "a listing",
        link=f"{deployment.address(session)}{entry.path}/suggest?about=right",
        day=f"{until.day} {until:%B %Y}",
    )
    letters.write(session, to, SUBJECT, text)


def _until(session: Session) -> datetime:
    return start_of(months_after(local_day(now()), deployment.owner_months(session)) + A_DAY)


def _held(entry: Entry) -> Select[Claim]:
    return select(Claim).where(Claim.entry_id == entry.id, Claim.ended_at.is_(None))


def _person(session: Session, claim: Claim) -> User | None:
    return session.scalar(select(User).where(User.email == small_address(claim.email or "")))


def _note(
    session: Session, action: AuditAction, claim: Claim, entry: Entry, *, viewer: Viewer
) -> None:
    audit.note(session, action, viewer=viewer, entity="claim", uid=claim.uid, entries=[entry])
