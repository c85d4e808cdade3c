"""The bodies that work with one another through the register, and the teams that are theirs.

A team that belongs to no partner is the body's own that keeps the register. Partners and teams are
made by its administrators, and on the command line.
"""

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, exists, func, select, true
from sqlalchemy.orm import Session, aliased

from assetmap import access, spatial
from assetmap.access import Viewer
from assetmap.errors import Conflict, Invalid, NotAllowed
from assetmap.models import Membership, Partner, Team
from assetmap.register import audit
from assetmap.schemas.people import NewPartner, NewTeam
from assetmap.vocabulary import AuditAction, Role

MOST = 1000


@dataclass(frozen=True)
class TeamLine:
    """A team, and how many people are in it."""

    team: Team
    people: int


@dataclass(frozen=True)
class Body:
    """A partner with its teams; None stands for the body that keeps the register."""

    partner: Partner | None
    teams: tuple[TeamLine, ...]


def keeps_register(viewer: Viewer) -> ColumnElement[bool]:
    """Whether the viewer administers a team of the body that keeps the register."""
    if viewer.is_operator:
        return true()
    own = aliased(Team)
    administered = viewer.teams_where(frozenset({Role.ADMIN}))
    return exists().where(own.id.in_(administered), own.partner_id.is_(None))


def is_keeper(session: Session, viewer: Viewer) -> bool:
    """The same, asked at once."""
    return bool(session.scalar(select(keeps_register(viewer))))


def require_keeper(session: Session, viewer: Viewer) -> None:
    """Raise SignInFirst or NotAllowed unless the viewer administers the keeper's own team."""
    access.require_sign_in(viewer)
    if not is_keeper(session, viewer):
        raise NotAllowed("Only administrators of the body that keeps the register do this.")


def add(session: Session, new: NewPartner, *, viewer: Viewer) -> tuple[Partner, bool]:
    """Make a body known. Returns it and whether it is new: adding it again changes nothing.

    Raises Conflict when there is one of this name of another kind.
    """
    require_keeper(session, viewer)
    spatial.lock_for_writing(session, "people")
    there = session.scalar(select(Partner).where(func.lower(Partner.name) == new.name.lower()))
    if there is not None:
        if there.kind != new.kind:
            raise Conflict(f"There is a partner of this name, of the kind {there.kind}.")
        return there, False
    partner = Partner(name=new.name, kind=new.kind)
    session.add(partner)
    session.flush()  # so that a failure shows before success is told
    _note(session, AuditAction.CREATED, "partner", partner.uid, viewer.roles, viewer)
    return partner, True


def add_team(session: Session, name: str, partner: str = "", *, viewer: Viewer) -> Team:
    """Make a team, of a partner or of the body that keeps the register.

    Raises Conflict when there is one of this name, Invalid for a partner that is not known.
    """
    require_keeper(session, viewer)
    spatial.lock_for_writing(session, "people")
    if session.scalar(select(Team.id).where(Team.name == name)) is not None:
        raise Conflict("There is a team of this name already.")
    team = Team(name=name, partner_id=_key(session, partner))
    session.add(team)
    session.flush()  # people are put in it next
    _note(session, AuditAction.CREATED, "team", team.uid, [team.id], viewer)
    return team


def set_team(session: Session, new: NewTeam, *, viewer: Viewer) -> bool:
    """Make a team, or move one that is there to another body. Says whether anything changed."""
    team = session.scalar(select(Team).where(Team.name == new.name))
    if team is None:
        add_team(session, new.name, new.partner, viewer=viewer)
        return True
    return belong(session, team, new.partner, viewer=viewer)


def belong(session: Session, team: Team, partner: str, *, viewer: Viewer) -> bool:
    """Make a team a partner's. What its people see changes at once. Says whether it was another's.

    Raises NotAllowed for anybody but the operator, Invalid for a partner that is not known.
    """
    key = _key(session, partner)
    if team.partner_id == key:
        return False
    if not viewer.is_operator:
        raise NotAllowed("Only the operator of the service moves a team to another body.")
    team.partner_id = key
    session.flush()  # so that a failure shows before success is told
    _note(session, AuditAction.CHANGED, "team", team.uid, [team.id], viewer, ["partner"])
    return True


def bodies(session: Session, *, viewer: Viewer) -> Sequence[Body]:
    """The body that keeps the register and all partners by name, with their teams."""
    access.require_admin(viewer)
    people = func.count(Membership.user_id.distinct())
    rows = session.execute(
        select(Team, people)
        .outerjoin(Membership, Membership.team_id == Team.id)
        .group_by(Team.id)
        .order_by(Team.name)
        .limit(MOST)
    )
    theirs: dict[int | None, list[TeamLine]] = {}
    for team, count in rows:
        theirs.setdefault(team.partner_id, []).append(TeamLine(team, count))
    known = session.scalars(select(Partner).order_by(Partner.name).limit(MOST)).all()
    ours = Body(None, tuple(theirs.get(None, ())))
    return [ours, *(Body(one, tuple(theirs.get(one.id, ()))) for one in known)]


def _note(
    session: Session,
    action: AuditAction,
    entity: str,
    uid: uuid.UUID,
    teams: Iterable[int],
    viewer: Viewer,
    fields: Iterable[str] = (),
) -> None:
    audit.note(session, action, viewer=viewer, entity=entity, uid=uid, teams=teams, fields=fields)


def _key(session: Session, name: str) -> int | None:
    if not name:
        return None
    key = session.scalar(select(Partner.id).where(func.lower(Partner.name) == name.lower()))
    if key is None:
        raise Invalid.field("partner", f"There is no partner called {name}. Add it first.")
    return key
