"""Why somebody looks at a record that is restricted: asked once a working day, and kept.

The answer is on the audit, beside the reading that it was given for. Whoever logged a record
themselves is not asked.
"""

from collections.abc import Iterable
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
    return bool(waiting(session, [entry], viewer=viewer))


def waiting(session: Session, entries: Iterable[Entry], *, viewer: Viewer) -> list[Entry]:
    """Of entries that the viewer may see, those of which they have yet to say why they need to."""
    really = viewer.behind or viewer
    closed = [
        entry
        for entry in entries
        if entry.visibility == Visibility.RESTRICTED
        and not really.is_operator
        and entry.created_by_id != really.user_id
    ]
    if not closed:
        return []
    said = (
        select(AuditSubject.uid)
        .join(AuditEntry, AuditEntry.seq == AuditSubject.seq)
        .where(
            AuditSubject.uid.in_([entry.uid for entry in closed]),
            AuditEntry.actor_id == really.user_id,
            AuditEntry.action == AuditAction.READ,
            AuditEntry.purpose != "",
            AuditEntry.at > now() - HOLDS,
        )
    )
    known = set(session.scalars(said))
    return [entry for entry in closed if entry.uid not in known]


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


def require_for_all(
    session: Session, entries: Iterable[Entry], purpose: str, *, viewer: Viewer
) -> None:
    """The same for what a program is given at once; whoever keeps account of its reading keeps the
    purpose too. Raises ReasonRequired."""
    if not purpose and (closed := waiting(session, entries, viewer=viewer)):
        count = f"{len(closed):,} restricted record{'s' if len(closed) > 1 else ''}"
        raise ReasonRequired(
            f"This would hold {count}. Say in the header X-Purpose why you need to see them."
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
