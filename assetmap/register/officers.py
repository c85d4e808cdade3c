"""The data officers and auditors of the body that keeps the register: what concerns all of it,
such as how long things are kept and what is held of somebody, is theirs. No role that is limited
to some areas or categories reaches all of it."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from assetmap import access
from assetmap.access import Viewer
from assetmap.errors import NotAllowed
from assetmap.models import Team
from assetmap.vocabulary import Role

OFFICERS = frozenset({Role.DATA_OFFICER})
READERS = frozenset({Role.DATA_OFFICER, Role.AUDITOR})


def may_look(viewer: Viewer) -> bool:
    """Whether the way in is worth showing; whether it is open is asked there."""
    return None in viewer.bodies and bool(_teams(viewer, READERS))


def may_work(viewer: Viewer) -> bool:
    """The same for what data officers alone have on their desks."""
    return None in viewer.bodies and bool(_teams(viewer, OFFICERS))


def is_officer(session: Session, viewer: Viewer) -> bool:
    """A data officer of the body that keeps the register, or the operator of the service."""
    return viewer.is_operator or bool(_held(session, viewer) & _teams(viewer, OFFICERS))


def require_officer(session: Session, viewer: Viewer) -> None:
    """Raise SignInFirst or NotAllowed for anybody but such a data officer."""
    access.require_sign_in(viewer)
    if not is_officer(session, viewer):
        raise NotAllowed("Only a data officer of the body that keeps the register does this.")


def require_reader(session: Session, viewer: Viewer) -> bool:
    """Raise SignInFirst or NotAllowed for anybody but its data officers and auditors.

    Says whether it is a data officer, who may change what is read.
    """
    access.require_sign_in(viewer)
    if viewer.is_operator:
        return True
    held = _held(session, viewer)
    if not held:
        raise NotAllowed(
            "Only data officers and auditors of the body that keeps the register see this."
        )
    return bool(held & _teams(viewer, OFFICERS))


def _held(session: Session, viewer: Viewer) -> frozenset[int]:
    """Teams of the body that keeps the register in which the viewer is one of them."""
    held = _teams(viewer, READERS)
    if not held or viewer.bodies <= {None}:  # in no partner's team, so each is one of ours
        return held
    own = select(Team.id).where(Team.id.in_(held), Team.partner_id.is_(None))
    return frozenset(session.scalars(own))


def _teams(viewer: Viewer, wanted: frozenset[Role]) -> frozenset[int]:
    return frozenset(
        team
        for team, held in viewer.roles.items()
        if any((team, role) not in viewer.limits for role in held & wanted)
    )
