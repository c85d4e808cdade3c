"""Who passes something on, who receives it, and the account that is kept of both.

Whoever logs may pass something on, and cannot read it again. Approvers and data officers of the
body that keeps the register, or of a partner that is the police, receive it: the first decide what
leaves, the second answer for what is kept. No other partner's people read one, no role that is
limited to some areas or categories, nobody on the command line and no program.
"""

from collections.abc import Sequence

from sqlalchemy.orm import Session

from assetmap import access
from assetmap.access import Viewer
from assetmap.errors import NotAllowed
from assetmap.models import Entry, Referral
from assetmap.register import audit
from assetmap.vocabulary import AuditAction, Role

RECEIVERS = frozenset({Role.APPROVER, Role.DATA_OFFICER})
ENTITY = "referral"


def may_pass_on(viewer: Viewer) -> bool:
    """Whether somebody may pass something on: whoever logs, and whoever receives."""
    return viewer.may_log or bool(viewer.teams_where(RECEIVERS))


def may_receive(viewer: Viewer) -> bool:
    """Whether somebody reads referrals. They do not while they look as somebody else."""
    return viewer.behind is None and bool(viewer.receiving.intersection(_unlimited(viewer)))


def require_receiver(viewer: Viewer) -> None:
    """Raise SignInFirst or NotAllowed unless the viewer may read referrals."""
    access.require_sign_in(viewer)
    if not may_receive(viewer):
        raise NotAllowed(
            "Only approvers and data officers of the body that keeps the register, or of the"
            " police, read this."
        )


def note(
    session: Session,
    action: AuditAction,
    about: Referral,
    *,
    viewer: Viewer,
    entries: Sequence[Entry] = (),
    fields: Sequence[str] = (),
) -> None:
    """Keep account of it by its uid alone: neither what it says nor what it is about."""
    session.flush()  # it has a uid from here on
    teams = [*viewer.roles, *([about.team_id] if about.team_id else [])]
    audit.note(
        session,
        action,
        viewer=viewer,
        entity=ENTITY,
        uid=about.uid,
        entries=entries,
        fields=fields,
        teams=teams,
    )


def _unlimited(viewer: Viewer) -> list[int]:
    """Teams in which the viewer has a role that receives, and that nothing limits."""
    return [
        team
        for team, held in sorted(viewer.roles.items())
        if any((team, role) not in viewer.limits for role in held & RECEIVERS)
    ]


def require_pass_on(viewer: Viewer) -> None:
    """Raise SignInFirst or NotAllowed unless the viewer may pass something on."""
    access.require_sign_in(viewer)
    if not may_pass_on(viewer):
        raise NotAllowed("Only people who log can pass something on here. Call 101; or 999.")


def require_operator(viewer: Viewer) -> None:
    """Raise NotAllowed for anybody but the operator of the service."""
    if not viewer.is_operator:
        raise NotAllowed("Only the operator of the service can do this.")
