"""Proposals about what has left the register: nobody can answer them any more."""

from collections.abc import Collection

from sqlalchemy import update
from sqlalchemy.orm import Session

from assetmap.db import now
from assetmap.models import Claim, Proposal
from assetmap.register import proposal_letters
from assetmap.schemas.proposals import ProposalState


def overtake(session: Session, entry_ids: Collection[int]) -> None:
    """End whatever still waits about entries that were withdrawn or merged into others, tell those
    who suggested it, and end the invitations to their owners."""
    at = now()
    proposal_letters.tell_overtaken(session, entry_ids)
    session.execute(
        update(Proposal)
        .where(Proposal.entry_id.in_(entry_ids), Proposal.state == ProposalState.OPEN.value)
        .values(state=ProposalState.OVERTAKEN.value, answered_at=at, reply_to=None, digest=None)
    )
    session.execute(
        update(Claim)
        .where(Claim.entry_id.in_(entry_ids), Claim.ended_at.is_(None), Claim.used_at.is_(None))
        .values(ended_at=at, email=None)
    )
