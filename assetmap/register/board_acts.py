"""What is done to several rows of a walkabout's board at once: to all of them, or to none."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.orm import Session, joinedload, undefer, with_polymorphic

from assetmap import access
from assetmap.access import Viewer
from assetmap.errors import Conflict, Invalid, NotAllowed, NotFound
from assetmap.models import Category, Entry, Walkabout
from assetmap.models.columns import values
from assetmap.models.states import MOVES
from assetmap.register import entries, links, merging, reasons, snapshots
from assetmap.register.board import finds_in, logged_on
from assetmap.schemas.board import BoardAct
from assetmap.schemas.entries import DRAFTS
from assetmap.vocabulary import Kind, Relation, Visibility

MOST_MERGED = 20
MOST_NAMED = 5
# states that ask for more than a press: who takes it on, what was done, why
BY_ITSELF = frozenset({"assigned", "resolved", "withdrawn", "expired", "in_use"})
_OPENNESS = values(Visibility)  # the most open first


@dataclass
class Done:
    """What was done: of each row its key and the version it has now, and merges by their uid."""

    rows: list[tuple[int, int]] = field(default_factory=list)
    merges: list[str] = field(default_factory=list)

    @property
    def count(self) -> int:
        """How many entries it changed."""
        return len(self.rows) + len(self.merges)


def states_for(kind: Kind) -> tuple[str, ...]:
    """States that several entries of a kind may be taken to at once."""
    reached = {state for ways in MOVES[kind].values() for state in ways}
    return tuple(state for state in MOVES[kind] if state in reached - BY_ITSELF)


def do(session: Session, walked: Walkabout, act: BoardAct, *, viewer: Viewer) -> Done:
    """Do one thing to every row that is ticked.

    Raises Conflict naming rows that changed since they were shown, NotAllowed naming those that
    are not the viewer's, Invalid saying what can't be done to which row. Nothing is done then: the
    caller rolls back.
    """
    rows = _ticked(session, walked, act.row, viewer=viewer)
    match act.do:
        case "classify":
            return _classify(session, rows, act.to_category, viewer=viewer)
        case "publish":
            return _publish(session, rows, act.visibility, anyway=act.anyway, viewer=viewer)
        case "state":
            return _move(session, rows, act.to_status, viewer=viewer)
        case "merge":
            return _merge(session, rows, act.keep, why=act.why, viewer=viewer)
        case "about":
            return _link(session, rows, act.hotspot, viewer=viewer)
        case _:
            return _withdraw(session, rows, act.why, viewer=viewer)


def _ticked(
    session: Session, walked: Walkabout, given: Iterable[str], *, viewer: Viewer
) -> list[Entry]:
    """The entries ticked, whole, in that order, as they were shown and the viewer's to change."""
    wanted = dict(pairs(given))
    if not wanted:
        raise Invalid.field("row", "Tick at least one row.")
    session.execute(held(wanted))
    whole = with_polymorphic(Entry, "*")
    visible = select(Entry.id).where(Entry.id.in_(wanted), logged_on(walked, viewer))
    query = select(whole).where(whole.id.in_(visible)).execution_options(populate_existing=True)
    query = query.options(
        undefer(whole.exact_location),
        joinedload(whole.category).joinedload(Category.parent),
        joinedload(whole.team),
    )
    found = {entry.id: entry for entry in session.scalars(query)}
    if gone := len(wanted.keys() - found.keys()):
        words = "1 row is" if gone == 1 else f"{gone} rows are"
        raise Conflict(f"{words} no longer here: merged or withdrawn meanwhile. Nothing was done.")
    rows = [found[key] for key in wanted]
    if changed := [row for row in rows if row.version != wanted[row.id]]:
        raise Conflict(f"Somebody changed {named(changed)} meanwhile. Nothing was done.")
    if theirs := [row for row in rows if not access.may_change(viewer, row)]:
        raise NotAllowed(f"{named(theirs)}: not yours to change. Nothing was done.")
    if closed := reasons.waiting(session, rows, viewer=viewer):
        refs = ", ".join(row.ref for row in closed)
        raise Invalid.field("row", f"{refs}: restricted. Open it and say why you need to see it.")
    return rows


def held(keys: Iterable[int]) -> Select[tuple[int]]:
    """Keep entries from being changed by others until the transaction ends, always in one order, so
    that two who change many wait for one another and not each for the other."""
    rows = select(Entry.__table__.c.id).where(Entry.__table__.c.id.in_(keys))
    return rows.order_by(Entry.__table__.c.id).with_for_update()


def pairs(given: Iterable[str]) -> list[tuple[int, int]]:
    """Keys and versions out of what a form holds, such as 12.3. Raises Invalid."""
    found = []
    for one in given:
        key, _, version = one.partition(".")
        if not all(part.isascii() and part.isdigit() and len(part) < 16 for part in (key, version)):
            raise Invalid.field("row", "Open the board again and tick the rows there.")
        found.append((int(key), int(version)))
    return found


def named(rows: Sequence[Entry]) -> str:
    """Some rows in words: the first of them by reference and title."""
    said = ", ".join(f"{row.ref} “{row.title}”" for row in rows[:MOST_NAMED])
    more = len(rows) - MOST_NAMED
    return f"{said} and {more} more" if more > 0 else said


def _each(rows: Iterable[Entry], work: Callable[[Entry], object]) -> Done:
    """Do something to each row; keep those that it changed. Raises Invalid naming the first that
    it can't be done to."""
    done = Done()
    for row in rows:
        ref, title, version = row.ref, row.title, row.version
        try:
            work(row)
        except (Invalid, Conflict) as error:
            words = error.problems.values() if isinstance(error, Invalid) else ()
            said = " ".join(words) or str(error)
            raise Invalid.field("row", f"{ref} “{title}”: {said} Nothing was done.") from error
        if row.version != version:
            done.rows.append((row.id, row.version))
    return done


def _changed(session: Session, row: Entry, viewer: Viewer, **fields: Any) -> None:
    taken = snapshots.of(session, row)
    if all(taken[name] == value for name, value in fields.items()):
        return
    draft = snapshots.draft_of(row.kind, taken | fields)
    entries.change(session, row, draft, viewer=viewer, base_version=row.version)


def _classify(session: Session, rows: Sequence[Entry], given: str, *, viewer: Viewer) -> Done:
    scheme, _, code = given.partition(":")
    if not code:
        raise Invalid.field("to_category", "Choose a category.")
    if other := [row for row in rows if DRAFTS[Kind(row.kind)].scheme != scheme]:
        raise Invalid.field("to_category", f"This category is not for {named(other)}.")
    return _each(rows, lambda row: _changed(session, row, viewer, category=code))


def _publish(
    session: Session, rows: Sequence[Entry], to: str, *, anyway: bool, viewer: Viewer
) -> Done:
    """Open rows to more people; what is as open already stays as it is."""
    if to not in _OPENNESS or to == Visibility.RESTRICTED:
        raise Invalid.field("visibility", "Choose who may see them.")
    if closed := [row for row in rows if row.visibility == Visibility.RESTRICTED]:
        raise Invalid.field("visibility", f"{named(closed)}: restricted. Open them one by one.")
    wanted = [row for row in rows if _OPENNESS.index(row.visibility) > _OPENNESS.index(to)]
    beyond = [row for row in wanted if _OPENNESS.index(_usual(row)) > _OPENNESS.index(to)]
    if beyond and not anyway:
        words = f"The category keeps {named(beyond)} more closely."
        raise Invalid.field("anyway", f"{words} Tick “all the same” if you mean it.")
    unread = [row for row in wanted if to == Visibility.PUBLIC and finds_in(row)]
    if unread and not anyway:
        words = f"Look first at the words of {named(unread)}."
        raise Invalid.field("anyway", f"{words} Tick “all the same” when they may stay.")
    return _each(wanted, lambda row: _changed(session, row, viewer, visibility=to))


def _usual(row: Entry) -> str:
    """Who may see entries of this category when nobody says otherwise."""
    return (row.category and row.category.default_visibility) or Visibility.PUBLIC.value


def _move(session: Session, rows: Sequence[Entry], given: str, *, viewer: Viewer) -> Done:
    kind, _, status = given.partition(":")
    if kind not in set(Kind) or status not in states_for(Kind(kind)):
        raise Invalid.field("to_status", "Choose a state.")
    if other := [row for row in rows if row.kind != kind]:
        raise Invalid.field("to_status", f"This state is not for {named(other)}.")
    wanted = [row for row in rows if row.status != status]
    return _each(wanted, lambda row: entries.move(session, row, status, viewer=viewer))


def _merge(session: Session, rows: Sequence[Entry], keep: str, *, why: str, viewer: Viewer) -> Done:
    stays = next((row for row in rows if str(row.id) == keep), None) if keep else rows[0]
    if stays is None:
        raise Invalid.field("keep", "Tick the one that stays too.")
    if not 2 <= len(rows) <= MOST_MERGED:
        raise Invalid.field("keep", f"Tick from two to {MOST_MERGED} rows that are one.")
    if other := [row for row in rows if row.kind != stays.kind]:
        raise Invalid.field("keep", f"{named(other)}: another kind than {named([stays])}.")
    made: list[str] = []

    def fold(row: Entry) -> None:
        record = merging.merge(session, stays, row, viewer=viewer, why=why)
        session.flush()  # the next one is folded into what this one made
        made.append(str(record.uid))

    _each([row for row in rows if row is not stays], fold)
    return Done([], made)


def _link(session: Session, rows: Sequence[Entry], uid: str, *, viewer: Viewer) -> Done:
    try:
        hotspot = entries.find(session, UUID(uid), viewer=viewer, kind=Kind.HOTSPOT)
    except (ValueError, NotFound) as error:
        raise Invalid.field("hotspot", "Choose a hotspot.") from error
    about = Relation.ABOUT
    return _each(rows, lambda row: links.link(session, row, about, hotspot, viewer=viewer))


def _withdraw(session: Session, rows: Sequence[Entry], why: str, *, viewer: Viewer) -> Done:
    if not why:
        raise Invalid.field("why", "Say why they are not needed.")
    return _each(rows, lambda row: entries.withdraw(session, row, viewer=viewer, why=why))
