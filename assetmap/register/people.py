"""The people who sign in: adding them to teams, listing them, and whom a link is for."""

from collections.abc import Sequence

from sqlalchemy import func, select
from sqlalchemy.orm import Session, selectinload

from assetmap import access, spatial
from assetmap.access import Viewer
from assetmap.db import now
from assetmap.models import Membership, SignInLink, Team, User
from assetmap.register import audit
from assetmap.register.sign_in import hashed
from assetmap.schemas.people import NewPerson
from assetmap.vocabulary import AuditAction

DEMO_ADDRESSES = "@demo.example"  # a domain that nobody can own
MOST_DEMO_PEOPLE = 20
_WITH_TEAMS = selectinload(User.memberships).joinedload(Membership.team)


def add(session: Session, new: NewPerson, *, viewer: Viewer) -> tuple[User, bool]:
    """Let somebody sign in with a role in a team, both made when missing.

    Returns the person and whether anything changed: adding them again changes nothing.
    """
    access.require_admin(viewer)
    spatial.lock_for_writing(session, "people")
    team = session.scalar(select(Team).where(Team.name == new.team))
    user = session.scalar(select(User).where(func.lower(User.email) == new.email.lower()))
    changed = team is None or user is None
    if team is None:
        team = Team(name=new.team)
        session.add(team)
    if user is None:
        user = User(name=new.name or _name_from(new.email), email=new.email, is_active=True)
        session.add(user)
    session.flush()  # the membership needs both keys
    if new.name and user.name != new.name:
        user.name, changed = new.name, True
    if not user.is_active:
        user.is_active, changed = True, True
    held = select(Membership.id).where(
        Membership.user_id == user.id, Membership.team_id == team.id, Membership.role == new.role
    )
    if session.scalar(held) is None:
        session.add(Membership(user_id=user.id, team_id=team.id, role=new.role))
        changed = True
        audit.note(
            session,
            AuditAction.ROLE_CHANGED,
            viewer=viewer,
            entity="user",
            uid=user.uid,
            teams=[team.id],
            details={"given": new.role.value, "team": team.id},
        )
    session.flush()  # so that a failure shows before success is told
    return user, changed


def note(session: Session, action: AuditAction, user: User, *, viewer: Viewer) -> None:
    """Keep account of what has to do with a person's signing in; their teams' auditors see it."""
    teams = session.scalars(
        select(Membership.team_id).where(Membership.user_id == user.id).distinct()
    ).all()
    audit.note(session, action, viewer=viewer, entity="user", uid=user.uid, teams=teams)


def everyone(session: Session, *, viewer: Viewer) -> Sequence[User]:
    """Everybody who signs in, with their teams and roles."""
    access.require_admin(viewer)
    return session.scalars(
        select(User).order_by(User.email).options(_WITH_TEAMS).limit(10_000)
    ).all()


def demo_people(session: Session) -> Sequence[User]:
    """The people of the demo, in the order they were made."""
    return session.scalars(
        select(User)
        .where(func.lower(User.email).endswith(DEMO_ADDRESSES, autoescape=True), User.is_active)
        .order_by(User.id)
        .options(_WITH_TEAMS)
        .limit(MOST_DEMO_PEOPLE)
    ).all()


def person_of_link(session: Session, secret: str) -> User | None:
    """Whom a sign-in link would sign in, without spending it; nobody once it is spent or old."""
    return session.scalar(
        select(User)
        .join(SignInLink, SignInLink.user_id == User.id)
        .where(
            SignInLink.token_hash == hashed(secret),
            SignInLink.used_at.is_(None),
            SignInLink.expires_at > now(),
            User.is_active,
        )
    )


def _name_from(email: str) -> str:
    words = email.partition("@")[0].replace(".", " ").replace("_", " ").split()
    return " ".join(word.capitalize() for word in words)[:80] or email[:80]
