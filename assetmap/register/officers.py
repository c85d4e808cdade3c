"""The data officers and auditors of the body that keeps the register: what concerns all of it,
such as how long things are kept and what is held of somebody, is theirs."""

from sqlalchemy import exists
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
    return None in viewer.bodies and bool(viewer.teams_where(READERS))


def is_officer(session: Session, viewer: Viewer) -> bool:
    """A data officer of the body that keeps the register, or the operator of the service."""
    return viewer.is_operator or _holds(session, viewer, OFFICERS)


def require_officer(session: Session, viewer: Viewer) -> None:
    """Raise SignInFirst or NotAllowed for anybody but such a data officer."""
    access.require_sign_in(viewer)
    if not is_officer(session, viewer):
        raise NotAllowed("Only a data officer of the body that keeps the register does this.")


def require_reader(session: Session, viewer: Viewer) -> None:
    """Raise SignInFirst or NotAllowed for anybody but its data officers and auditors."""
    access.require_sign_in(viewer)
    if not viewer.is_operator and not _holds(session, viewer, READERS):
        raise NotAllowed(
            "Only data officers and auditors of the body that keeps the register see this."
        )


def _holds(session: Session, viewer: Viewer, wanted: frozenset[Role]) -> bool:
    held = viewer.teams_where(wanted)
    if viewer.bodies <= {None}:  # in no partner's team, so any role is in one of ours
        return bool(held)
    own = exists().where(Team.id.in_(held), Team.partner_id.is_(None))
    return bool(held) and bool(session.scalar(own.select()))
