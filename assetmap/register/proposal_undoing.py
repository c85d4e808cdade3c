"""Taking back what was accepted of a proposal, by the entry's own history."""

import uuid
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from assetmap import access, spatial
from assetmap.access import Viewer
from assetmap.db import now
from assetmap.errors import Conflict, NotAllowed
from assetmap.models import Entry, History, Proposal
from assetmap.register import entries, proposal_answers, proposal_reading, proposals, snapshots
from assetmap.register.proposal_reading import Found
from assetmap.schemas.entries import DRAFTS
from assetmap.schemas.proposals import About, ProposalState
from assetmap.schemas.reading import checked
from assetmap.vocabulary import AuditAction, Kind

UNDONE = "It was accepted, and taken back since."
ACCEPTED = (ProposalState.ACCEPTED.value, ProposalState.PARTLY.value)


def may_undo(found: Found) -> bool:
    """Whether there is something to take back: fields that were accepted of an entry that is
    there, by somebody who may answer."""
    proposal = found.proposal
    is_kept = bool(proposal.accepted and proposal.changes)  # the values go after a time
    is_done = proposal.state in ACCEPTED and is_kept
    return found.may_answer and found.entry is not None and is_done and not _is_new(proposal)


def undo(session: Session, uid: uuid.UUID, *, viewer: Viewer) -> Entry:
    """Give every accepted field the value it had before, as a new version.

    What others have changed since stays; Conflict holds both values of an accepted field that
    somebody has changed again. Raises NotFound for what the viewer may not answer, Conflict when
    there is nothing to take back, also the second time.
    """
    spatial.lock_for_writing(session, f"answer {uid}")
    found = proposal_reading.find(session, uid, viewer=viewer)
    if not found.may_answer:
        raise NotAllowed("Only people who may change this entry can take it back.")
    if not may_undo(found):
        raise Conflict("There is nothing to take back of this suggestion.")
    proposal = found.proposal
    entry = proposal_answers.whole(session, found, viewer=viewer)
    access.require_change(viewer, entry)
    before, version = _before(session, proposal, entry)
    why = f"Suggestion {proposal.ref} taken back"
    values = {name: value for name, value in before.items() if name != "status"}
    if values:
        model = DRAFTS[Kind(entry.kind)]
        wanted = snapshots.of(session, entry) | values
        draft = checked(model, {n: v for n, v in wanted.items() if n in model.model_fields})
        entries.change(session, entry, draft, viewer=viewer, base_version=version, why=why)
    if "status" in before and entry.status != before["status"]:
        entries.move(session, entry, before["status"], viewer=viewer, why=why)
    fields = proposal.accepted
    proposal.accepted = []
    proposal.end(ProposalState.REFUSED, now(), viewer.user_id, UNDONE)
    action = AuditAction.PROPOSAL_REFUSED
    proposals.note(session, action, proposal, entry, viewer=viewer, fields=fields)
    session.flush()  # its page shows it next
    return entry


def _before(session: Session, proposal: Proposal, entry: Entry) -> tuple[dict[str, Any], int]:
    """What the accepted fields held before, and the version that accepting made."""
    rows = session.scalars(
        select(History)
        .where(History.entry_id == entry.id, History.why == proposal_answers.why_of(proposal))
        .order_by(History.version.desc())
    ).all()
    found: dict[str, Any] = {}
    for row in rows:
        found |= {name: both[0] for name, both in row.changes.items() if name in proposal.changes}
    if not found:
        raise Conflict("It said so already when this was accepted: there is nothing to take back.")
    return found, rows[0].version


def _is_new(proposal: Proposal) -> bool:
    return proposal.about == About.NEW
