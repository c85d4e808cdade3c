"""Taking back what was done on a walkabout's board, by whoever did it, row by row as it was."""

import uuid
from collections.abc import Iterable, Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session, undefer, with_polymorphic

from assetmap import access
from assetmap.access import Viewer
from assetmap.errors import Conflict, Invalid
from assetmap.models import Entry, History
from assetmap.register import board_acts, entries, links, merging, reasons, snapshots
from assetmap.vocabulary import Relation

_TIED = f"link {Relation.ABOUT.value}"


def undo(session: Session, rows: Iterable[str], merges: Sequence[str], *, viewer: Viewer) -> int:
    """Put back what the viewer's last act left: rows as keys and versions, merges as uids. Gives
    how many entries it was.

    Raises Conflict naming rows that changed since, or that somebody else changed; nothing is
    undone then: the caller rolls back.
    """
    access.require_sign_in(viewer)
    wanted = dict(board_acts.pairs(rows))
    if not (wanted or merges):
        raise Invalid.field("row", "There is nothing to take back.")
    found = _as_left(session, wanted, viewer=viewer)
    for row, last in found:
        _put_back(session, row, last, viewer=viewer)
    for uid in reversed(merges):
        merging.undo(session, _uid(uid), viewer=viewer)
    return len(found) + len(merges)


def _as_left(
    session: Session, wanted: dict[int, int], *, viewer: Viewer
) -> list[tuple[Entry, History]]:
    """Each row with the version that is undone, when that is still its last and the viewer's."""
    session.execute(board_acts.held(wanted))
    whole = with_polymorphic(Entry, "*")
    query = (
        select(whole, History)
        .join(History, (History.entry_id == whole.id) & (History.version == whole.version))
        .where(whole.id.in_(wanted), access.changeable(viewer))
        .options(undefer(whole.exact_location))
        .order_by(whole.id)
    )
    found = [(row[0], row[1]) for row in session.execute(query)]
    if len(found) != len(wanted):
        raise Conflict("Some of these are not there any more, or not yours. Nothing was undone.")
    late = [
        row for row, last in found if row.version != wanted[row.id] or last.by_id != viewer.user_id
    ]
    if late or reasons.waiting(session, [row for row, _ in found], viewer=viewer):
        rows = board_acts.named(late) or "Some of these"
        raise Conflict(f"{rows} changed since. Nothing was undone.")
    return found


def _put_back(session: Session, row: Entry, last: History, *, viewer: Viewer) -> None:
    if last.verb == "withdrawn" and row.withdrawn_at is not None:
        entries.bring_back(session, row.uid, viewer=viewer)
    elif last.verb == "linked" and _TIED in last.changes:
        other = entries.find(session, _uid(last.changes[_TIED][1]), viewer=viewer)
        links.unlink(session, row, Relation.ABOUT, other, viewer=viewer)
    elif last.changes.keys() <= {"category", "visibility", *snapshots.state_names(row.kind)}:
        before = snapshots.at_version(session, row, row.version - 1, snapshots.of(session, row))
        entries.restore(session, row, before, verb="taken back", viewer=viewer, why="")
    else:
        raise Conflict(f"{board_acts.named([row])} changed since. Nothing was undone.")


def _uid(given: str) -> uuid.UUID:
    try:
        return uuid.UUID(given)
    except ValueError as error:
        raise Invalid.field("row", "Open the board again.") from error
