"""Two people changed one entry: what each wrote, laid side by side for one of them to choose."""

from sqlalchemy.orm import Session

from assetmap.errors import Conflict
from assetmap.models import Entry
from assetmap.register import snapshots, writing
from assetmap.register.snapshots import Snapshot
from assetmap.schemas.entries import EntryDraft


def base(session: Session, entry: Entry, version: int) -> Snapshot:
    """The entry as it was at a version. Raises Conflict for a version it never had."""
    if not 1 <= version <= entry.version:
        raise Conflict("The page you changed is from another time. Open it again.")
    return snapshots.at_version(session, entry, version, snapshots.of(session, entry))


def rebased(session: Session, entry: Entry, draft: EntryDraft, version: int) -> Snapshot:
    """What the entry would hold if everything changed in a draft made from `version` won.

    What the draft left as it was keeps what others have written since.
    """
    before = base(session, entry, version)
    theirs = snapshots.of(session, entry)
    mine = snapshots.of_draft(writing.settled(session, entry, draft))
    return {name: mine[name] if mine[name] != before.get(name) else theirs[name] for name in mine}
