"""The tables of an event: laid out for so many people, each with who leads and who takes notes."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from assetmap import access
from assetmap.access import Viewer
from assetmap.db import now
from assetmap.errors import Conflict, Invalid, NotFound
from assetmap.models import Engagement, EventHelper, EventTable
from assetmap.register import entries, plans, snapshots, table_helpers, text_hygiene
from assetmap.schemas.tables import JOBS, MOST_TABLES, Layout, TableDraft

_FROM = tuple(f"{job}_from" for job in JOBS)
_FIELDS = tuple(name for name in TableDraft.model_fields if name not in _FROM)


def of(session: Session, event: Engagement, *, viewer: Viewer) -> Sequence[EventTable]:
    """The tables of an event by their numbers. Raises NotAllowed outside its team."""
    plans.require_inside(session, event, viewer=viewer)
    return (
        session.scalars(
            select(EventTable)
            .where(EventTable.engagement_id == event.id)
            .order_by(EventTable.number)
            .limit(MOST_TABLES)
            .options(
                joinedload(EventTable.helpers).options(
                    joinedload(EventHelper.offer), joinedload(EventHelper.role)
                )
            )
        )
        .unique()
        .all()
    )


def lay_out(
    session: Session, event: Engagement, wanted: Layout, *, viewer: Viewer
) -> Sequence[EventTable]:
    """Lay out as few tables as seat these people, as evenly as can be; asking the same again
    changes nothing.

    Raises NotAllowed, Invalid for more people than the event has places, Conflict where tables
    are there already.
    """
    access.require_change(viewer, event)
    entries.wait_for(session, event)
    if event.capacity is not None and wanted.people > event.capacity:
        raise Invalid.field(
            "people", f"The event has {event.capacity:,} places. Seat fewer, or give it more first."
        )
    sizes = seats_for(wanted.people, wanted.seats)
    kept = of(session, event, viewer=viewer)
    if [table.seats for table in kept] == sizes:
        return kept
    if kept:
        raise Conflict("This event has tables already. Change them one by one.")
    made = [
        EventTable(engagement_id=event.id, number=number, seats=seats, helpers=[])
        for number, seats in enumerate(sizes, 1)
    ]
    session.add_all(made)
    told = {"tables": [None, f"{len(made)} for {wanted.people} people"]}
    entries.remember(session, event, "tables changed", told, viewer=viewer)
    return made


def seats_for(people: int, most: int) -> list[int]:
    """How many sit at each of the fewest tables that have at most so many seats; none differs by
    more than one from another, the larger first."""
    count = -(-people // most)
    least, larger = divmod(people, count)
    return [least + 1] * larger + [least] * (count - larger)


def put(
    session: Session,
    event: Engagement,
    number: int,
    draft: TableDraft,
    *,
    viewer: Viewer,
    base_version: int | None = None,
) -> EventTable:
    """Change a table, or add the one after the last; the same again changes nothing.

    Raises NotAllowed, NotFound, Invalid, Conflict where somebody changed it since `base_version`.
    """
    access.require_change(viewer, event)
    entries.wait_for(session, event)
    tables = of(session, event, viewer=viewer)
    kept = next((one for one in tables if one.number == number), None)
    if kept is None and (number != len(tables) + 1 or number > MOST_TABLES):
        raise NotFound("This event has no such table.")
    before = as_said(kept) if kept else {}
    after = snapshots.as_json(draft.model_dump())
    if kept is not None and before == after:
        return kept
    if kept is not None and kept.version != base_version:
        raise Conflict("Somebody else changed this table a moment ago.")
    _check_seats(event, tables, kept, draft)
    for name in ("theme", "facilitator", "note_taker"):
        if after[name] != before.get(name):
            text_hygiene.refuse(name, after[name])
    made = kept or EventTable(engagement_id=event.id, number=number, version=0, helpers=[])
    for name in _FIELDS:
        setattr(made, name, getattr(draft, name))
    made.version, made.updated_at = made.version + 1, now()
    session.add(made)
    changed = {
        f"table {number}: {name}": [before.get(name) or None, after[name] or None]
        for name in _FIELDS
        if (before.get(name) or None) != (after[name] or None)
    }
    wanted = {job: after[f"{job}_from"] for job in JOBS}
    changed |= table_helpers.choose(session, event, made, wanted, viewer=viewer)
    entries.remember(session, event, "tables changed", changed, viewer=viewer)
    return made


def as_said(table: EventTable) -> dict[str, Any]:
    """What is kept of a table, in the words of its draft."""
    sources = {one.job: one.source for one in table.helpers}
    said = {name: getattr(table, name) for name in _FIELDS}
    return said | {f"{job}_from": sources.get(job, "") for job in JOBS}


def clear(session: Session, event: Engagement, *, viewer: Viewer) -> None:
    """Take all tables away, to lay them out anew; notes keep the numbers they were taken at."""
    access.require_change(viewer, event)
    entries.wait_for(session, event)
    tables = of(session, event, viewer=viewer)
    for table in tables:
        for helper in list(table.helpers):
            table_helpers.let_go(session, event, helper, viewer=viewer)
            table.helpers.remove(helper)
            session.flush()  # the next one at the same offer must not see it
        session.delete(table)
    if tables:
        told = {"tables": [f"{len(tables)}", None]}
        entries.remember(session, event, "tables changed", told, viewer=viewer)


def _check_seats(
    event: Engagement, tables: Sequence[EventTable], kept: EventTable | None, draft: TableDraft
) -> None:
    others = sum(one.seats for one in tables if one is not kept)
    if event.capacity is not None and others + draft.seats > event.capacity:
        left = max(0, event.capacity - others)
        raise Invalid.field(
            "seats",
            f"The event has {event.capacity:,} places, of which {left} are left. Seat fewer, or"
            " give it more first.",
        )
