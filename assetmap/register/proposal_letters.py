"""Telling people by mail what became of what they suggested."""

from collections.abc import Collection

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from assetmap.models import Proposal, User
from assetmap.register import letters
from assetmap.schemas.proposals import ProposalState

SUBJECT = "What became of your suggestion"
SAID = {
    ProposalState.ACCEPTED: "It was accepted, and the register says so now.",
    ProposalState.PARTLY: "Part of it was accepted, and the register says so now: {which}.",
    ProposalState.REFUSED: "It was not accepted.",
    ProposalState.OVERTAKEN: (
        "Nobody can answer it any more: what it was about has been withdrawn, or put together with"
        " another entry, since."
    ),
}
MESSAGE = """You suggested something about {title} ({ref}).

{said}{why}

Thank you for helping to keep the register right.{gone}
"""
CALLED = {"geometry": "where it is", "title": "the name"}
GONE = " Your address has been deleted from it."


def write(
    session: Session,
    proposal: Proposal,
    to: str,
    state: ProposalState,
    *,
    title: str = "",
    why: str = "",
    which: Collection[str] = (),
) -> None:
    """Tell the maker of a proposal how it stands. title: of the entry, where they may see it.
    which: fields, where some alone were accepted."""
    named = ", ".join(CALLED.get(name, name.replace("_", " ")) for name in which)
    text = MESSAGE.format(
        title=f"“{title}”" if title else "an entry of the register",
        ref=proposal.ref,
        said=SAID[state].format(which=named),
        why=f"\n\nThe reason given: {why}" if why else "",
        gone=GONE if proposal.by_id is None else "",
    )
    letters.write(session, to, SUBJECT, text)


def tell_overtaken(session: Session, entry_ids: Collection[int]) -> None:
    """Tell everybody whose proposals about these entries are about to be ended unanswered: at the
    address they left, or their account's."""
    to = func.coalesce(Proposal.reply_to, User.email)
    waiting = (
        select(Proposal, to)
        .outerjoin(User, (User.id == Proposal.by_id) & User.is_active)
        .where(
            Proposal.entry_id.in_(entry_ids), Proposal.state == ProposalState.OPEN.value, to != ""
        )
    )
    for proposal, address in session.execute(waiting):
        write(session, proposal, address, ProposalState.OVERTAKEN)
