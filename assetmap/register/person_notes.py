"""Keeping account of what has to do with a person's signing in."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from assetmap.access import Viewer
from assetmap.models import Membership, User
from assetmap.register import audit
from assetmap.register.audit import Details
from assetmap.vocabulary import AuditAction


def note(
    session: Session,
    action: AuditAction,
    user: User,
    *,
    viewer: Viewer,
    details: Details | None = None,
) -> None:
    """Note it; the auditors of the person's teams see it. details: counts and names of things."""
    teams = session.scalars(
        select(Membership.team_id).where(Membership.user_id == user.id).distinct()
    ).all()
    audit.note(
        session,
        action,
        viewer=viewer,
        entity="user",
        uid=user.uid,
        teams=teams,
        details=details,
    )
