"""Proposals: what people without the right to change an entry would have changed, kept until
somebody with the right answers. `proposal_answers` answers them."""

import hashlib
import json
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session
from uuid6 import uuid7

from assetmap import spatial
from assetmap.access import Viewer
from assetmap.db import now
from assetmap.errors import Conflict, Invalid, NotFound, TooMany
from assetmap.models import Entry, Proposal, User
from assetmap.register import audit, claims, proposal_reading, snapshots, stories, writing
from assetmap.register.snapshots import Snapshot
from assetmap.schemas.entries import RECURRING, EntryDraft
from assetmap.schemas.proposals import (
    CLOSES,
    CONTACT,
    NEW_KINDS,
    PLACE,
    SUGGESTABLE,
    About,
    ProposalState,
    Suggestion,
)
from assetmap.vocabulary import AuditAction, Kind, Precision, SharedField

MOST_HERE = 25  # of strangers, waiting about one entry
MOST_NEW = 500  # of strangers, waiting for new entries
MOST_OF_ONE = 200  # of one person, waiting
MOST_FROM_PHONES = 5_000  # of one who logs: a phone that is refused would keep all it holds back
SAY = "Say what is wrong, or correct one of the details."
FULL = "Many suggestions wait to be read already. Please try again in a few days."


@dataclass(frozen=True)
class Shown:
    """An entry as somebody may propose a change to it.

    fields: those they may read and propose other values for. taken: all of the entry, to make a
    draft with; only its `fields` may be shown. reads: what of those is not open to everybody.
    """

    entry: Entry
    fields: tuple[str, ...]
    taken: Snapshot
    is_owner: bool
    reads: frozenset[SharedField] = frozenset()


def shown(session: Session, uid: uuid.UUID, kind: Kind, *, viewer: Viewer) -> Shown:
    """The entry to propose a change to. Raises NotFound when the viewer sees none."""
    entry, reads = stories.seen(session, uid, kind, viewer=viewer)
    return Shown(
        entry,
        _open_fields(entry, reads),
        snapshots.of(session, entry),
        claims.is_owner(session, entry, viewer=viewer),
        reads - {SharedField.NOTES},
    )


def propose(
    session: Session,
    about: Shown,
    draft: EntryDraft,
    said: Suggestion,
    *,
    viewer: Viewer,
    uid: uuid.UUID,
    base_version: int,
    from_phone: bool = False,
) -> tuple[Proposal, bool]:
    """Keep what somebody proposes of an entry. Gives it, and whether it is new.

    The same proposal sent again while it waits is the one there is. Raises Invalid when nothing
    is said or a value can't be kept, Conflict for a version that the entry never had, TooMany
    when too much waits already.
    """
    entry, kind = about.entry, Kind(about.entry.kind)
    if not 1 <= base_version <= entry.version:
        raise Conflict("The page you came from is from another time. Open it again.")
    if said.about == About.NEW or (said.about == About.RIGHT and not about.is_owner):
        raise Invalid.field("about", "Choose what is wrong.")
    _check_values(session, draft)
    wanted = snapshots.of_draft(draft)
    changes = {name: wanted[name] for name in about.fields if wanted[name] != about.taken[name]}
    if "geometry" in changes:
        changes |= {name: wanted[name] for name in PLACE}
    if said.about == About.CLOSED and CLOSES.get(kind) not in (None, entry.status):
        changes["status"] = CLOSES[kind]
    if not (changes or said.note or said.about in (About.CLOSED, About.RIGHT)):
        raise Invalid.field("note", SAY)
    made = Proposal(
        uid=uid,
        entry_id=entry.id,
        kind=kind.value,
        about=said.about,
        base_version=base_version,
        changes=changes,
        note=said.note,
        from_owner=about.is_owner,
        from_phone=from_phone,
    )
    kept = _keep(session, made, said, entry, viewer=viewer)
    if about.is_owner:
        claims.confirm(session, entry, viewer=viewer)
    return kept


def propose_new(
    session: Session, draft: EntryDraft, said: Suggestion, *, viewer: Viewer, uid: uuid.UUID
) -> tuple[Proposal, bool]:
    """Keep what somebody proposes to add. As `propose`; raises what `entries.log` would."""
    if draft.kind not in NEW_KINDS:
        raise NotFound("Only places and groups can be suggested.")
    _check_values(session, draft)
    blank = writing.new_entry(draft.kind)
    writing.category_of(session, blank, draft)
    wanted = snapshots.of_draft(draft)
    names = ("category", *SUGGESTABLE[draft.kind], *PLACE)
    changes = {name: wanted[name] for name in names if wanted[name] not in (None, "", [], {})}
    made = Proposal(
        uid=uid, kind=draft.kind.value, about=About.NEW.value, changes=changes, note=said.note
    )
    return _keep(session, made, said, None, viewer=viewer)


def withdraw(session: Session, uid: uuid.UUID, *, viewer: Viewer) -> Proposal:
    """Take back what one has proposed; a second time changes nothing. Raises Conflict when it
    was answered, NotFound for somebody else's."""
    found = proposal_reading.find(session, uid, viewer=viewer)
    if not found.is_mine:
        raise NotFound("There is no such suggestion, or it is not open to you.")
    proposal = found.proposal
    if proposal.state == ProposalState.WITHDRAWN:
        return proposal
    if not proposal.is_open:
        raise Conflict("It has been answered already.")
    proposal.end(ProposalState.WITHDRAWN, now(), viewer.user_id)
    note(session, AuditAction.PROPOSAL_WITHDRAWN, proposal, found.entry, viewer=viewer)
    session.flush()  # its page shows it next
    return proposal


def note(
    session: Session,
    action: AuditAction,
    proposal: Proposal,
    entry: Entry | None,
    *,
    viewer: Viewer,
    fields: Sequence[str] = (),
) -> None:
    """Keep account of what was done with a proposal: never a word of what it says."""
    audit.note(
        session,
        action,
        viewer=viewer,
        entity="proposal",
        uid=proposal.uid,
        entries=[entry] if entry is not None else (),
        fields=fields,
    )


def _open_fields(entry: Entry, reads: frozenset[SharedField]) -> tuple[str, ...]:
    """What may be proposed of what is shown: what somebody may not read, no form may hold."""
    hidden: set[str] = set()
    if SharedField.CONTACT not in reads:
        hidden.update(CONTACT)
    if SharedField.EXACT_LOCATION not in reads and entry.precision != Precision.EXACT:
        hidden.update(("geometry", "address", "postcode"))
    return tuple(name for name in SUGGESTABLE[Kind(entry.kind)] if name not in hidden)


def _check_values(session: Session, draft: EntryDraft) -> None:
    """What a draft's own rules can't know: where the register lies, which rules recur."""
    writing.clean_geometry(session, draft.geometry)
    writing.whole_postcode(draft.postcode)
    for name in RECURRING:
        if given := getattr(draft, name, ""):
            writing.recurring(name, given)


def _keep(
    session: Session, made: Proposal, said: Suggestion, entry: Entry | None, *, viewer: Viewer
) -> tuple[Proposal, bool]:
    made.by_id = viewer.user_id
    if not viewer.is_signed_in:
        made.reply_to = said.reply_to or None
    elif said.tell_me:
        made.reply_to = session.scalar(select(User.email).where(User.id == viewer.user_id))
    made.digest = _digest(made)
    spatial.lock_for_writing(session, f"proposal {made.digest}")
    same = or_(Proposal.digest == made.digest, Proposal.uid == made.uid)
    for known in session.scalars(select(Proposal).where(same)):
        if known.digest == made.digest or (not known.is_open and _says(known) == _says(made)):
            return known, False
        made.uid = uuid7()  # another one, sent from the same page
    _refuse_too_many(session, made, viewer)
    session.add(made)
    session.flush()  # its number is read out to whoever made it
    note(session, AuditAction.PROPOSED, made, entry, viewer=viewer, fields=sorted(made.changes))
    return made, True


def _says(made: Proposal) -> list[Any]:
    return [made.kind, made.about, made.changes, made.note, made.by_id]


def _digest(made: Proposal) -> str:
    said = [made.entry_id, made.reply_to, *_says(made)]
    plain = json.dumps(said, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(plain.encode()).hexdigest()


def _refuse_too_many(session: Session, made: Proposal, viewer: Viewer) -> None:
    open_ones = select(func.count()).where(Proposal.state == ProposalState.OPEN.value)
    if viewer.user_id is not None:
        query = open_ones.where(Proposal.by_id == viewer.user_id)
        most = MOST_FROM_PHONES if made.from_phone and viewer.may_log else MOST_OF_ONE
    elif made.entry_id is not None:
        of_strangers = Proposal.by_id.is_(None)
        query, most = open_ones.where(Proposal.entry_id == made.entry_id, of_strangers), MOST_HERE
    else:
        query, most = open_ones.where(Proposal.entry_id.is_(None)), MOST_NEW
    if (session.scalar(query) or 0) >= most:
        raise TooMany(FULL)
