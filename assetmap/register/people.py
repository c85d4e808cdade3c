"""The people who sign in: their roles in teams, and letting them in and out.

Roles in a team are given and taken by its administrators. A team that has none yet is looked after
by the administrators of the body that keeps the register, who make partners and teams too.
"""

import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, and_, exists, func, or_, select, true
from sqlalchemy.orm import Session, aliased, contains_eager, joinedload, selectinload

from assetmap import access, spatial, textsearch
from assetmap.access import OPERATOR, Viewer
from assetmap.db import now
from assetmap.errors import Conflict, Invalid, NotAllowed, NotFound, SignInFirst
from assetmap.models import Membership, SignInLink, Team, User
from assetmap.register import (
    audit,
    authenticators,
    feeds,
    partners,
    sessions,
    sign_in,
    tokens,
    work_accounts,
)
from assetmap.register.secret import hashed
from assetmap.schemas.people import HeldRole, NewPerson
from assetmap.schemas.reading import checked
from assetmap.schemas.text import small_address
from assetmap.vocabulary import AuditAction, Role

DEMO_ADDRESSES = "@demo.example"  # a domain that nobody can own
MOST_DEMO_PEOPLE = 20
MOST = 10_000
LAST_ADMIN = "{team} would have no administrator. Make somebody else one first."
_WITH_TEAMS = selectinload(User.memberships).joinedload(Membership.team)


@dataclass(frozen=True)
class Removed:
    """What taking somebody out ended."""

    user: User
    roles: int
    shut_out: bool
    sessions: int = 0
    tokens: int = 0


def add(session: Session, new: NewPerson, *, viewer: Viewer) -> tuple[User, bool]:
    """Let somebody sign in with a role in a team, both made when missing.

    Returns the person and whether anything changed: adding them again changes nothing. Only the
    operator names the body a team belongs to, or changes a name that is there.
    Raises NotAllowed for a team one does not look after.
    """
    access.require_admin(viewer)
    spatial.lock_for_writing(session, "people")
    team, changed = _team(session, new, viewer)
    user = session.scalar(select(User).where(User.email == small_address(new.email)))
    if user is None:
        user = User(name=new.name or _name_from(new.email), email=new.email, is_active=True)
        session.add(user)
        session.flush()  # the membership needs its key
        changed = True
    if viewer.is_operator and new.name and user.name != new.name:
        user.name, changed = new.name, True
    if not user.is_active:
        user.is_active, changed = True, True
    held = select(Membership.id).where(
        Membership.user_id == user.id, Membership.team_id == team.id, Membership.role == new.role
    )
    if session.scalar(held) is None:
        session.add(Membership(user_id=user.id, team_id=team.id, role=new.role))
        changed = True
        _note(session, user, {"given": new.role.value, "team": team.id}, [team.id], viewer)
    session.flush()  # so that a failure shows before success is told
    return user, changed


def remove(session: Session, user: User, held: HeldRole, *, viewer: Viewer) -> Removed:
    """Take a role in a team from somebody; without a role, all they have in it.

    Raises NotFound when they have no such role, NotAllowed for a team one does not look after and
    for one's own role that is limited, which could else be had again without its limits;
    Conflict when the team would have no administrator.
    """
    access.require_admin(viewer)
    spatial.lock_for_writing(session, "people")
    team = session.scalar(select(Team).where(Team.name == held.team))
    if team is None or not _looks_after(session, [team.id], viewer):
        raise NotFound("You look after no team of this name.")
    theirs = [Membership.user_id == user.id, Membership.team_id == team.id]
    if held.role is not None:
        theirs.append(Membership.role == held.role)
    found = session.scalars(select(Membership).where(*theirs)).all()
    if not found:
        raise NotFound("They have no such role in this team.")
    if any(one.role == Role.ADMIN for one in found):
        _keep_an_admin(session, user, team)
    if user.id == viewer.user_id and any(one.areas or one.categories for one in found):
        raise NotAllowed("Ask another administrator: a role of your own that is limited stays so.")
    for one in found:
        session.delete(one)
        _note(session, user, {"taken": one.role, "team": team.id}, [team.id], viewer)
    session.flush()  # so that a failure shows before success is told
    return Removed(user, len(found), shut_out=False)


def shut_out(session: Session, user: User, *, viewer: Viewer) -> Removed:
    """End all somebody has here at once: roles, sessions, tokens and links; they stay known.

    Raises NotAllowed unless one looks after every team they are in, Conflict when a team would
    have no administrator.
    """
    access.require_admin(viewer)
    spatial.lock_for_writing(session, "people")
    held = session.scalars(
        select(Membership).where(Membership.user_id == user.id).options(joinedload(Membership.team))
    ).all()
    if not may_shut_out(session, held, viewer):
        raise NotAllowed("They are in a team that you do not look after.")
    for one in held:
        if one.role == Role.ADMIN:
            _keep_an_admin(session, user, one.team)
    for one in held:
        session.delete(one)
    user.is_active = False
    _note(session, user, {"shut_out": True}, {one.team_id for one in held}, viewer)
    ended = Removed(
        user,
        len(held),
        shut_out=True,
        sessions=sessions.end_all(session, user, viewer=viewer),
        tokens=tokens.revoke_all(session, user, viewer=viewer),
    )
    sign_in.spend_links(session, user)
    feeds.end(session, user, viewer=viewer)
    session.flush()  # so that a failure shows before success is told
    return ended


def reset(session: Session, user: User, *, viewer: Viewer) -> bool:
    """Take away an authenticator that somebody lost and the work account they had, and sign them
    out everywhere.

    Says whether there was one. Raises NotAllowed for one's own, which a code takes away, and
    unless one looks after every team they are in.
    """
    access.require_admin(viewer)
    held = session.scalars(select(Membership).where(Membership.user_id == user.id)).all()
    if user.id == viewer.user_id:
        raise NotAllowed("Take your own away on your account page, with a code.")
    if not may_shut_out(session, held, viewer):
        raise NotAllowed("They are in a team that you do not look after.")
    sessions.end_all(session, user, viewer=viewer)
    had_account = work_accounts.forget(session, user)
    if had_account:
        _note(session, user, {"work_account": "taken away"}, {one.team_id for one in held}, viewer)
    return authenticators.take_away(session, user, viewer=viewer) or had_account


def may_shut_out(session: Session, held: Sequence[Membership], viewer: Viewer) -> bool:
    """Whether the viewer looks after every team of somebody's, of which there must be one."""
    teams = {one.team_id for one in held}
    return viewer.is_operator or (bool(teams) and _looks_after(session, teams, viewer))


def looked_after(viewer: Viewer) -> ColumnElement[bool]:
    """The teams whose roles the viewer gives and takes."""
    if viewer.is_operator:
        return true()
    own = Team.id.in_(viewer.teams_where(frozenset({Role.ADMIN})))
    other = aliased(Membership)
    person = aliased(User)
    has_admin = exists().where(
        other.team_id == Team.id,
        other.role == Role.ADMIN,
        person.id == other.user_id,
        person.is_active,
    )
    return or_(own, and_(partners.keeps_register(viewer), ~has_admin))


def teams(session: Session, *, viewer: Viewer) -> Sequence[Team]:
    """The teams whose roles the viewer gives and takes, by name."""
    access.require_admin(viewer)
    return session.scalars(
        select(Team).where(looked_after(viewer)).order_by(Team.name).limit(MOST)
    ).all()


def everyone(session: Session, *, viewer: Viewer, text: str = "", team: str = "") -> Sequence[User]:
    """Everybody who signs in, with all their teams and roles; for administrators, those in a
    team they look after. text: part of a name or an address. team: name of the one to list."""
    access.require_admin(viewer)
    query = select(User).order_by(User.email).options(_WITH_TEAMS).limit(MOST)
    if not viewer.is_operator or team:
        inside = select(Membership.user_id).join(Team).where(looked_after(viewer))
        query = query.where(User.id.in_(inside.where(Team.name == team) if team else inside))
    if text:
        columns = (User.name.expression, User.email.expression)
        query = query.where(or_(*(textsearch.has_part(one, text) for one in columns)))
    return session.scalars(query).all()


def by_email(session: Session, email: str) -> User:
    """Anybody who is known, also when shut out. Raises Invalid for a stranger."""
    user = session.scalar(select(User).where(User.email == small_address(email)))
    if user is None:
        raise Invalid.field("email", f"Nobody signs in as {email}.")
    return user


def myself(session: Session, *, viewer: Viewer) -> User:
    """The person who asks, with their teams and roles. Raises SignInFirst for anybody else."""
    access.require_sign_in(viewer)
    query = (
        select(User)
        .outerjoin(User.memberships)
        .outerjoin(Membership.team)
        .where(User.id == viewer.user_id)
        .options(contains_eager(User.memberships).contains_eager(Membership.team))
        .order_by(Membership.id)
    )
    me = session.scalars(query).unique().one_or_none()
    if me is None:
        raise SignInFirst("Sign in to see this.")
    return me


def by_uid(session: Session, uid: uuid.UUID, *, viewer: Viewer) -> User:
    """Somebody in a team the viewer looks after. Raises NotFound for anybody else."""
    access.require_admin(viewer)
    inside = select(Membership.user_id).join(Team).where(looked_after(viewer))
    user = session.scalar(
        select(User).where(User.uid == uid, User.id.in_(inside)).options(_WITH_TEAMS)
    )
    if user is None:
        raise NotFound("There is no such person in a team you look after.")
    return user


def is_looked_after(session: Session, user: User, *, viewer: Viewer) -> bool:
    """Whether somebody is in a team the viewer looks after."""
    inside = select(Membership.id).join(Team).where(looked_after(viewer))
    return session.scalar(inside.where(Membership.user_id == user.id).limit(1)) is not None


def by_work_account(
    session: Session, key: str, email: str, name: str, *, team: str = ""
) -> User | None:
    """Whom somebody is that a provider vouches for; None for who is shut out or not known.

    key: what the provider tells the account by. email: a verified address, "" for none; it counts
    until an account is known as theirs. team: where strangers are let in to, as viewers; "" for
    nowhere.
    """
    known = work_accounts.person_of(session, key)
    if known is None and email:
        known = session.scalar(select(User).where(User.email == small_address(email)))
        if known is None and team:
            said = {"email": email, "name": name[:80], "team": team, "role": Role.VIEWER}
            known, _ = add(session, checked(NewPerson, said), viewer=OPERATOR)
        if known is None or not known.is_active or work_accounts.has_one(session, known.id):
            return None
        work_accounts.keep(session, known, key)
    if known is None or not known.is_active:
        return None
    return known


def demo_people(session: Session) -> Sequence[User]:
    """The people of the demo, in the order they were made."""
    return session.scalars(
        select(User)
        .where(User.email.endswith(DEMO_ADDRESSES, autoescape=True), User.is_active)
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


def _team(session: Session, new: NewPerson, viewer: Viewer) -> tuple[Team, bool]:
    """The team a role is for, made or moved to its body by who may; and whether it was."""
    team = session.scalar(select(Team).where(Team.name == new.team))
    if team is None:
        return partners.add_team(session, new.team, new.partner, viewer=viewer), True
    if not _looks_after(session, [team.id], viewer):
        raise NotAllowed("Only the team's own administrators give roles in it.")
    if new.partner:
        return team, partners.belong(session, team, new.partner, viewer=viewer)
    return team, False


def _looks_after(session: Session, team_ids: Collection[int], viewer: Viewer) -> bool:
    found = select(func.count()).select_from(Team).where(Team.id.in_(team_ids))
    return session.scalar(found.where(looked_after(viewer))) == len(team_ids)


def _keep_an_admin(session: Session, user: User, team: Team) -> None:
    """Raise Conflict when this person is the team's last administrator."""
    another = select(Membership.id).join(User, User.id == Membership.user_id)
    others = another.where(
        Membership.team_id == team.id,
        Membership.role == Role.ADMIN,
        Membership.user_id != user.id,
        User.is_active,
    )
    if session.scalar(others.limit(1)) is None:
        raise Conflict(LAST_ADMIN.format(team=team.name))


def _note(
    session: Session, user: User, said: audit.Details, teams: Collection[int], viewer: Viewer
) -> None:
    audit.note(
        session,
        AuditAction.ROLE_CHANGED,
        viewer=viewer,
        entity="user",
        uid=user.uid,
        teams=teams,
        details=said,
    )


def _name_from(email: str) -> str:
    words = email.partition("@")[0].replace(".", " ").replace("_", " ").split()
    return " ".join(word.capitalize() for word in words)[:80] or email[:80]
