"""Answering proposals: what differs, accepting all of it or some, refusing it with a reason."""

import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from assetmap import access, spatial
from assetmap.access import Viewer
from assetmap.db import now
from assetmap.errors import Conflict, Invalid, NotAllowed, NotFound
from assetmap.models import Entry, Proposal
from assetmap.register import (
    duplicates,
    entries,
    proposal_letters,
    proposal_reading,
    proposals,
    snapshots,
    stories,
)
from assetmap.register.duplicates import Suspect
from assetmap.register.proposal_reading import Found
from assetmap.schemas.entries import DRAFTS
from assetmap.schemas.proposals import PLACE, About, ProposalState
from assetmap.schemas.reading import checked
from assetmap.viewers import PUBLIC, viewer_of
from assetmap.vocabulary import AuditAction, CheckedHow, Kind, Role

ALONG = frozenset(PLACE) - {"geometry"}  # accepted with the place, never alone


@dataclass(frozen=True)
class Difference:
    """One field of a proposal. then: what it held when the proposal was made, where that is known;
    now: what it holds. has_changed: somebody else has changed it since."""

    name: str
    then: Any
    now: Any
    proposed: Any
    has_changed: bool
    is_so: bool  # it holds what was proposed


@dataclass(frozen=True)
class Answered:
    """A proposal that was answered. is_new: false for the same answer given twice."""

    proposal: Proposal
    entry: Entry | None
    is_new: bool = True


def whole(session: Session, found: Found, *, viewer: Viewer) -> Entry:
    """The entry of a proposal, with all that an answer needs. Raises NotFound."""
    if found.entry is None:
        raise NotFound("What this was about is not on the register any more.")
    return stories.whole(session, found.entry.uid, Kind(found.entry.kind), viewer=viewer)


def differences(session: Session, proposal: Proposal, entry: Entry) -> list[Difference]:
    """Each field of a proposal beside what the entry holds; for those who may change the entry."""
    names = [name for name in proposal.changes if name not in ALONG]
    present = snapshots.plain(entry, names)
    then = snapshots.at_version(session, entry, proposal.base_version or 1, present)
    return [
        Difference(
            name,
            then[name],
            present[name],
            proposal.changes[name],
            has_changed=then[name] != present[name],
            is_so=present[name] == proposal.changes[name],
        )
        for name in names
    ]


def likely_same(session: Session, proposal: Proposal, *, viewer: Viewer) -> Sequence[Suspect]:
    """What a proposed new entry may repeat."""
    draft = snapshots.draft_of(proposal.kind, proposal.changes)
    return duplicates.likely_same(session, draft, viewer=viewer)


def accept(
    session: Session,
    uid: uuid.UUID,
    names: Collection[str],
    *,
    viewer: Viewer,
    version: int | None = None,
    team_id: int | None = None,
) -> Answered:
    """Make some or all of the proposed changes, by the register's one way of changing things.

    names: the fields to accept. version: of the entry as whoever accepts has seen it; what others
    have changed since stays, and Conflict holds both values of what they changed differently.
    Raises NotFound for what the viewer may not answer, Conflict when it is answered already,
    Invalid when nothing is accepted of a proposal that has changes.
    """
    found, again = _to_answer(session, uid, _ACCEPTED, viewer=viewer)
    if again is not None:
        return again
    proposal = found.proposal
    is_new = proposal.about == About.NEW
    chosen = {
        name: value
        for name, value in proposal.changes.items()
        if is_new or name in names or (name in ALONG and "geometry" in names)
    }
    if proposal.changes and not chosen:
        raise Invalid.field("field", "Tick what you accept, or refuse all of it.")
    entry = (
        _log(session, proposal, viewer=viewer, team_id=team_id)
        if is_new
        else _change(session, found, chosen, viewer=viewer, version=version)
    )
    is_all = len(chosen) == len(proposal.changes)
    state = ProposalState.ACCEPTED if is_all else ProposalState.PARTLY
    proposal.accepted = sorted(set(chosen) - ALONG)
    _tell(session, proposal, entry, state)
    proposal.entry_id = entry.id
    proposal.end(state, now(), viewer.user_id)
    action = AuditAction.PROPOSAL_ACCEPTED
    proposals.note(session, action, proposal, entry, viewer=viewer, fields=proposal.accepted)
    session.flush()  # its page shows it next
    return Answered(proposal, entry)


def refuse(session: Session, uid: uuid.UUID, why: str, *, viewer: Viewer) -> Answered:
    """Refuse a proposal for a reason that its maker reads. Raises as `accept` does."""
    found, again = _to_answer(session, uid, (ProposalState.REFUSED,), viewer=viewer)
    if again is not None:
        return again
    if not why.strip():
        raise Invalid.field("why", "Say why; whoever suggested it reads it.")
    proposal = found.proposal
    _tell(session, proposal, found.entry, ProposalState.REFUSED, why.strip()[:500])
    proposal.end(ProposalState.REFUSED, now(), viewer.user_id, why.strip()[:500])
    action = AuditAction.PROPOSAL_REFUSED
    proposals.note(session, action, proposal, found.entry, viewer=viewer)
    session.flush()  # its page shows it next
    return Answered(proposal, found.entry)


def why_of(proposal: Proposal) -> str:
    """What the history says of a change that was suggested."""
    return f"Suggestion {proposal.ref}"


def note_address_read(session: Session, found: Found, *, viewer: Viewer) -> None:
    """Keep account of somebody's reading where a stranger may be written to."""
    if found.may_answer and found.proposal.reply_to:
        action, proposal = AuditAction.READ, found.proposal
        proposals.note(session, action, proposal, found.entry, viewer=viewer, fields=["reply_to"])


_ACCEPTED = (ProposalState.ACCEPTED, ProposalState.PARTLY)


def _to_answer(
    session: Session, uid: uuid.UUID, wanted: Collection[str], *, viewer: Viewer
) -> tuple[Found, Answered | None]:
    """The proposal, for whoever may answer it; and its answer, where this person gave it just so.

    Two who answer at once take turns: the second is told.
    """
    spatial.lock_for_writing(session, f"answer {uid}")
    found = proposal_reading.find(session, uid, viewer=viewer)
    if not found.may_answer:
        raise NotAllowed("Only people who may change this entry can answer.")
    proposal = found.proposal
    if proposal.is_open:
        return found, None
    if proposal.state in wanted and proposal.answered_by_id == viewer.user_id:
        return found, Answered(proposal, found.entry, is_new=False)
    raise Conflict("Somebody has answered this already, or it was taken back. Look at it again.")


def _change(
    session: Session,
    found: Found,
    chosen: Mapping[str, Any],
    *,
    viewer: Viewer,
    version: int | None,
) -> Entry:
    entry = whole(session, found, viewer=viewer)
    access.require_change(viewer, entry)
    why = why_of(found.proposal)
    values = {name: value for name, value in chosen.items() if name != "status"}
    if values:
        taken = snapshots.of(session, entry)
        model = DRAFTS[Kind(entry.kind)]
        whole_draft = {n: v for n, v in (taken | values).items() if n in model.model_fields}
        draft = checked(model, whole_draft)
        base = entry.version if version is None else version
        entries.change(session, entry, draft, viewer=viewer, base_version=base, why=why)
    if "status" in chosen and entry.status != chosen["status"]:
        entries.move(session, entry, chosen["status"], viewer=viewer, why=why)
    if found.proposal.about == About.RIGHT:
        entries.check(session, entry, viewer=viewer, how=CheckedHow.TOLD)
    return entry


def _log(session: Session, proposal: Proposal, *, viewer: Viewer, team_id: int | None) -> Entry:
    """Put what was proposed on the register, for a team in which the viewer edits."""
    teams = viewer.teams_where(frozenset({Role.EDITOR}))
    if team_id is None and teams:
        team_id = teams[0]
    if not viewer.is_operator and team_id not in teams:
        raise Invalid.field("team", "Choose one of your teams.")
    draft = snapshots.draft_of(proposal.kind, proposal.changes)
    why = why_of(proposal)
    entry, _ = entries.log(session, draft, viewer=viewer, team_id=team_id, why=why)
    return entry


def _tell(
    session: Session, proposal: Proposal, entry: Entry | None, state: ProposalState, why: str = ""
) -> None:
    """Write to its maker; the entry is named only as far as its maker may see it now."""
    if proposal.reply_to is None:
        return
    maker = PUBLIC if proposal.by_id is None else viewer_of(session, proposal.by_id)
    title = ""
    if entry is not None:
        try:
            title = entries.find(session, entry.uid, viewer=maker).title
        except NotFound:
            title = ""
    which = proposal.accepted
    proposal_letters.write(
        session, proposal, proposal.reply_to, state, title=title, why=why, which=which
    )
