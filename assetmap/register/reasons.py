"""Why somebody looks at a record that is restricted: asked once a working day, and kept.

The answer is on the audit, beside the reading that it was given for. Whoever logged a record
themselves is not asked.
"""

from datetime import timedelta
from http import HTTPStatus

from sqlalchemy import select
from sqlalchemy.orm import Session

from assetmap.access import Viewer
from assetmap.db import now
from assetmap.errors import RegisterError
from assetmap.models import AuditEntry, AuditSubject, Entry
from assetmap.register import audit
from assetmap.vocabulary import AuditAction, Kind, Visibility

HOLDS = timedelta(hours=8)


class ReasonRequired(RegisterError):
    """A restricted record is shown only when it is said why."""

    status = HTTPStatus.PRECONDITION_REQUIRED
    title = "Say why you need to see this"


def asks(session: Session, entry: Entry, *, viewer: Viewer) -> bool:
    """Whether the viewer, who may see the entry, has yet to say why they need to."""
    really = viewer.behind or viewer
    if entry.visibility != Visibility.RESTRICTED or really.is_operator:
        return False
    if entry.created_by_id == really.user_id:
        return False
    said = (
        select(AuditEntry.seq)
        .join(AuditSubject, AuditSubject.seq == AuditEntry.seq)
        .where(
            AuditSubject.uid == entry.uid,
            AuditEntry.actor_id == really.user_id,
            AuditEntry.action == AuditAction.READ,
            AuditEntry.purpose != "",
            AuditEntry.at > now() - HOLDS,
        )
    )
    return session.scalar(said.limit(1)) is None


def give(session: Session, entry: Entry, purpose: str, *, viewer: Viewer) -> None:
    """Keep why somebody looks at a restricted entry. purpose: as `audit_taking.purpose` has it."""
    audit.note(
        session,
        AuditAction.READ,
        viewer=viewer,
        entries=[entry],
        purpose=purpose,
        details={"kind": Kind(entry.kind).value},
    )


def require(session: Session, entry: Entry, purpose: str = "", *, viewer: Viewer) -> None:
    """Go on only when it is, or was, said why. Raises ReasonRequired."""
    if not asks(session, entry, viewer=viewer):
        return
    if not purpose:
        raise ReasonRequired(
            "This record is restricted. Open its page and say first why you need to see it;"
            " programs send the header X-Purpose."
        )
    give(session, entry, purpose, viewer=viewer)
