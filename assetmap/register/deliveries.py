"""What phones deliver: each thing once, whatever is sent again, and nothing of it lost.

A phone numbers what it queues. The receipt of a number is written with what it delivered, so a
lost answer costs nothing: the same number again is known, and does nothing more.
"""

import uuid
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, Literal

from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session
from uuid6 import uuid7

from assetmap import access, spatial
from assetmap.access import Viewer
from assetmap.db import local_day, now
from assetmap.errors import Conflict, Invalid, NotAllowed
from assetmap.models import Entry, Proposal, Receipt
from assetmap.models.states import MOVES
from assetmap.register import entries, proposals, sending, snapshots
from assetmap.schemas.entries import DRAFTS
from assetmap.schemas.proposals import CLOSES, About, Suggestion
from assetmap.schemas.reading import checked
from assetmap.vocabulary import CheckedHow, Kind

What = Literal["entry", "change", "check", "photo", "voice", "track", "status"]
Seen = Literal["here", "changed", "gone"]
MOST_GAPS = 100
OLDEST_CHECK = timedelta(days=366)  # a phone found again in a drawer
TOLD: Mapping[Seen, str] = {
    "here": "It is still here.",
    "changed": "It has changed: look at it again.",
    "gone": "It is gone.",
}
IN_ONE = timedelta(seconds=5)  # what one transaction writes
AHEAD = timedelta(days=1)  # its clock may be in another time zone


@dataclass(frozen=True)
class Delivery:
    """Which queue something came from, and its number in it."""

    device: uuid.UUID
    number: int


@dataclass(frozen=True)
class Received:
    """What has arrived of a queue. missing: first and last number of each gap below `highest`."""

    count: int
    highest: int
    missing: Sequence[tuple[int, int]] = field(default=())


@dataclass(frozen=True)
class Kept:
    """What became of a look at an entry: the entry as it is now, and the suggestion it made."""

    entry: Entry
    proposal: Proposal | None = None


def take(
    session: Session, delivery: Delivery | None, what: What, about: uuid.UUID, *, viewer: Viewer
) -> bool:
    """Write the receipt; False when this number was received before, and nothing is to be done.

    Without a delivery there is no receipt, and everything is new. Raises NotAllowed for the queue
    of somebody else, Conflict for a number that delivered something else.
    """
    if delivery is None:
        return True
    access.require_sign_in(viewer)
    if viewer.user_id is None:
        raise NotAllowed("Only people's own phones deliver.")
    spatial.lock_for_writing(session, f"device {delivery.device}")
    _require_own(session, delivery.device, viewer)
    known = session.scalar(
        select(Receipt).where(Receipt.device == delivery.device, Receipt.number == delivery.number)
    )
    if known is not None:
        if (known.what, known.about) != (what, about):
            raise Conflict(f"Number {delivery.number} of this phone delivered something else.")
        return False
    session.add(
        Receipt(
            device=delivery.device,
            number=delivery.number,
            user_id=viewer.user_id,
            what=what,
            about=about,
        )
    )
    return True


def leads_to(session: Session, uid: uuid.UUID, *, viewer: Viewer) -> uuid.UUID:
    """The entry that a delivery is for now: what was merged since it was taken along leads on."""
    heir = entries.successor(session, uid, viewer=viewer)
    return uid if heir is None else heir.uid


def left_with_the_desk(
    session: Session,
    came: Delivery | None,
    about: uuid.UUID,
    *,
    viewer: Viewer,
    base_version: int | None = None,
) -> uuid.UUID | None:
    """The suggestion that a delivery which was received before has made: it was kept with the
    receipt, in one transaction. base_version: what a change began from; None for a look."""
    if came is None:
        return None
    at = session.scalar(
        select(Receipt.received_at).where(
            Receipt.device == came.device, Receipt.number == came.number
        )
    )
    if at is None:
        return None
    return session.scalar(
        select(Proposal.uid)
        .join(Entry, Entry.id == Proposal.entry_id)
        .where(
            Entry.uid == about,
            Proposal.from_phone,
            Proposal.by_id == viewer.user_id,
            Proposal.about != About.DETAILS
            if base_version is None
            else and_(Proposal.about == About.DETAILS, Proposal.base_version == base_version),
            Proposal.created_at.between(at - IN_ONE, at + IN_ONE),
        )
        .order_by(Proposal.created_at, Proposal.id)
        .limit(1)
    )


def received(session: Session, device: uuid.UUID, *, viewer: Viewer) -> Received:
    """What has arrived from one's own queue. Raises NotAllowed for that of somebody else."""
    access.require_sign_in(viewer)
    _require_own(session, device, viewer)
    of_it = Receipt.device == device
    count, highest = session.execute(
        select(func.count(), func.coalesce(func.max(Receipt.number), 0)).where(of_it)
    ).one()
    if count == highest:
        return Received(count, highest)
    before = func.lag(Receipt.number, 1, 0).over(order_by=Receipt.number).label("before")
    numbered = select(Receipt.number, before).where(of_it).subquery()
    gaps = session.execute(
        select(numbered.c.before + 1, numbered.c.number - 1)
        .where(numbered.c.number > numbered.c.before + 1)
        .order_by(numbered.c.number)
        .limit(MOST_GAPS)
    )
    return Received(count, highest, [(first, last) for first, last in gaps])


def change(
    session: Session,
    uid: uuid.UUID,
    kind: Kind,
    fields: Mapping[str, Any],
    *,
    viewer: Viewer,
    base_version: int,
) -> Entry:
    """Change only these fields of what was read at `base_version`; others stay as they are now.

    Raises what `sending.put` raises for a change.
    """
    access.require_sign_in(viewer)
    spatial.lock_for_writing(session, f"entry {uid}")
    entry = sending.to_change(session, uid, kind, viewer=viewer)
    access.require_change(viewer, entry)
    draft = _drafted(session, entry, fields, base_version)
    sending.change(session, entry, draft, viewer=viewer, base_version=base_version)
    return entry


def suggest(
    session: Session,
    uid: uuid.UUID,
    kind: Kind,
    fields: Mapping[str, Any],
    *,
    viewer: Viewer,
    base_version: int,
    note: str = "",
) -> Proposal | None:
    """Keep a change that could not be made as a suggestion, for somebody who may answer it; None
    where the entry says so already."""
    about = proposals.shown(session, uid, kind, viewer=viewer)
    names = [name for name in fields if name in about.fields]
    given = {name: about.taken[name] for name in DRAFTS[kind].model_fields}
    draft = checked(DRAFTS[kind], given | {name: fields[name] for name in names})
    wanted = snapshots.of_draft(draft)
    if len(names) == len(fields) and all(wanted[name] == about.taken[name] for name in names):
        return None
    said = Suggestion(about=About.DETAILS, note=note or _left_out(fields, about.fields))
    made, _ = proposals.propose(
        session,
        about,
        draft,
        said,
        viewer=viewer,
        uid=uuid7(),
        base_version=min(base_version, about.entry.version),
        from_phone=True,
    )
    return made


def saw(
    session: Session,
    uid: uuid.UUID,
    found: Seen,
    *,
    viewer: Viewer,
    how: str = CheckedHow.VISIT,
    on: date | None = None,
    note: str = "",
) -> Kept:
    """Somebody looked whether an entry is still so: here, changed, or gone.

    Gone takes it to the state that says so where the viewer may do that; what they may not do,
    and what changed, waits as a suggestion. A look older than the last one changes nothing.
    """
    access.require_sign_in(viewer)
    spatial.lock_for_writing(session, f"entry {uid}")
    entry = entries.find(session, uid, viewer=viewer)
    day = _day(on)
    if found == "here":
        if entry.checked_on is not None and entry.checked_on > day:
            return Kept(entry)
        with suppress(NotAllowed):  # then it is for its own team to say so
            entries.check(session, entry, viewer=viewer, how=how, on=day)
            return Kept(entry)
    status = CLOSES.get(Kind(entry.kind))
    may_close = status in (entry.status, *MOVES[entry.kind][entry.status])
    if found == "gone" and status and may_close and access.may_change(viewer, entry):
        if entry.status != status:
            entries.move(session, entry, status, viewer=viewer, why=note or "Gone when looked for")
        return Kept(entry)
    about = About.CLOSED if found == "gone" and may_close else About.OTHER
    told = note or TOLD[found]
    shown = proposals.shown(session, uid, Kind(entry.kind), viewer=viewer)
    draft = snapshots.draft_of(entry.kind, shown.taken)
    made, _ = proposals.propose(
        session,
        shown,
        draft,
        Suggestion(about=about, note=f"{told} (looked on {day.isoformat()})"),
        viewer=viewer,
        uid=uuid7(),
        base_version=entry.version,
        from_phone=True,
    )
    return Kept(entry, made)


def _day(on: date | None) -> date:
    today = local_day(now())
    if on is None:
        return today
    if not today - OLDEST_CHECK <= on <= today + AHEAD:
        raise Invalid.field("on", "Give a day of the last twelve months.")
    return min(on, today)


def _drafted(session: Session, entry: Entry, fields: Mapping[str, Any], version: int) -> Any:
    """The whole draft that these changed fields make of the entry as it was at a version."""
    model = DRAFTS[Kind(entry.kind)]
    unknown = sorted(fields.keys() - model.model_fields.keys())
    if unknown:
        raise Invalid.field(unknown[0][:40], "There is no such field. Check the spelling.")
    if not 1 <= version <= entry.version:
        raise Conflict(f"There is no version {version} of this entry.")
    then = snapshots.at_version(session, entry, version, snapshots.of(session, entry))
    return checked(model, {name: then[name] for name in model.model_fields} | dict(fields))


def _left_out(fields: Mapping[str, Any], open_ones: Sequence[str]) -> str:
    """What a suggestion has no place for is told in its note."""
    told = [f"{name.replace('_', ' ')}: {fields[name]}" for name in fields if name not in open_ones]
    return f"Also changed on the phone: {'; '.join(sorted(told))}"[:2000] if told else ""


def _require_own(session: Session, device: uuid.UUID, viewer: Viewer) -> None:
    owner = session.scalar(select(Receipt.user_id).where(Receipt.device == device).limit(1))
    if owner is not None and owner != viewer.user_id:
        raise NotAllowed("This phone's queue belongs to somebody else. Sign in as that person.")
