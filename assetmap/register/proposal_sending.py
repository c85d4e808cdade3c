"""Proposals as programs send them: the fields of an entry by name, with the values proposed."""

import uuid
from collections.abc import Collection

from sqlalchemy.orm import Session
from uuid6 import uuid7

from assetmap import access
from assetmap.access import Viewer
from assetmap.errors import Invalid
from assetmap.models import Proposal
from assetmap.register import entries, proposal_answers, proposal_reading, proposals
from assetmap.register.proposal_answers import ALONG, Answered
from assetmap.schemas.entries import DRAFTS, EntryDraft
from assetmap.schemas.proposals import PLACE, SUGGESTABLE, About, ProposalSent, Suggestion
from assetmap.schemas.reading import checked
from assetmap.vocabulary import Kind

NOT_TO_SUGGEST = "This cannot be suggested, or is not open to you."


def send(session: Session, sent: ProposalSent, *, viewer: Viewer) -> tuple[Proposal, bool]:
    """Keep what a program proposes. Gives it, and whether it is new.

    Raises SignInFirst, NotFound for an entry the viewer sees none of, Invalid naming each field,
    Conflict for a version the entry never had, TooMany.
    """
    access.require_sign_in(viewer)
    said = Suggestion(about=About(sent.about), note=sent.note, tell_me=sent.tell_me)
    uid = sent.uid or uuid7()
    if sent.entry is None:
        return _send_new(session, sent, said, viewer=viewer, uid=uid)
    kind = Kind(entries.find(session, sent.entry, viewer=viewer).kind)
    about = proposals.shown(session, sent.entry, kind, viewer=viewer)
    _refuse_others(sent, about.fields)
    wanted = about.taken | sent.changes
    draft = _draft(kind, wanted)
    base = sent.version or about.entry.version
    return proposals.propose(session, about, draft, said, viewer=viewer, uid=uid, base_version=base)


def accept(
    session: Session,
    uid: uuid.UUID,
    names: Collection[str] | None,
    team: uuid.UUID | None,
    *,
    viewer: Viewer,
    version: int | None = None,
) -> Answered:
    """Accept fields by name, all of them unless any are given. Raises as
    `proposal_answers.accept`, and Invalid for a field or a team that is none."""
    proposal = proposal_reading.find(session, uid, viewer=viewer).proposal
    proposed = set(proposal.changes) - ALONG
    if unknown := set(names or ()) - proposed:
        raise Invalid.field("fields", f"It proposes nothing for: {', '.join(sorted(unknown))}.")
    team_id = None
    if team is not None:
        team_id = next((key for key, one in viewer.called.items() if one.uid == team), None)
        if team_id is None:
            raise Invalid.field("team", "Choose one of your teams.")
    return proposal_answers.accept(
        session,
        uid,
        proposed if names is None else names,
        viewer=viewer,
        version=version,
        team_id=team_id,
    )


def _send_new(
    session: Session, sent: ProposalSent, said: Suggestion, *, viewer: Viewer, uid: uuid.UUID
) -> tuple[Proposal, bool]:
    if sent.kind is None or sent.version is not None or sent.about != About.NEW:
        raise Invalid.field("entry", "Name an entry; or give a kind, and say that it is new.")
    kind = Kind(sent.kind)
    _refuse_others(sent, ("category", *SUGGESTABLE[kind]))
    draft = _draft(kind, sent.changes)
    return proposals.propose_new(session, draft, said, viewer=viewer, uid=uid)


def _refuse_others(sent: ProposalSent, names: Collection[str]) -> None:
    known = {*names, *(PLACE if "geometry" in names and "geometry" in sent.changes else ())}
    if problems := {name[:40]: NOT_TO_SUGGEST for name in sent.changes if name not in known}:
        raise Invalid("Some of this cannot be suggested.", problems)


def _draft(kind: Kind, wanted: dict[str, object]) -> EntryDraft:
    model = DRAFTS[kind]
    return checked(model, {n: value for n, value in wanted.items() if n in model.model_fields})
