"""The tables of an event: laying them out, who leads and who writes, and what each has noted."""

import uuid
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from flask import Blueprint, g, render_template, request
from flask.typing import ResponseReturnValue

from assetmap import access
from assetmap.db import db
from assetmap.errors import Invalid, NotFound
from assetmap.models import Engagement, EventTable
from assetmap.register import notes, running, table_helpers, tables
from assetmap.schemas.reading import from_form
from assetmap.schemas.tables import JOBS, MOST_TABLES, Layout, TableDraft
from assetmap.web import event_pages
from assetmap.web.entry_requests import done, event_shown, event_to_change
from assetmap.web.event_pages import NONE, Back

bp = Blueprint("tables", __name__, url_prefix="/engagements/<uuid:uid>/tables")

NOT_OURS = frozenset({"csrf_token", "version"})
WORKED_AT = ("understand", "solve", "prioritise")  # what people sit at tables for
STALE = "Somebody else changed this table. What you typed is kept; saving replaces theirs."


@bp.get("/")
def show(uid: uuid.UUID) -> str:
    """Tables and parts as a grid, with how much was noted at each."""
    return _page(event_shown(uid))


@bp.post("/")
def lay_out(uid: uuid.UUID) -> ResponseReturnValue:
    """Lay out tables for so many people."""
    event = event_to_change(uid)
    try:
        wanted = from_form(Layout, request.form, ignore=NOT_OURS)
        count = len(tables.lay_out(db.session, event, wanted, viewer=g.viewer))
    except Invalid as error:
        db.session.rollback()
        return _page(event_to_change(uid), request.form, error.problems), error.status
    words = "table is" if count == 1 else "tables are"
    return done(event, f"{count} {words} laid out.", "/tables/")


@bp.post("/clear")
def clear(uid: uuid.UUID) -> ResponseReturnValue:
    """Take all tables away, to lay them out anew."""
    event = event_to_change(uid)
    tables.clear(db.session, event, viewer=g.viewer)
    return done(event, "The tables are taken away. What was noted stays.", "/tables/")


@bp.get("/<int:number>")
def ask(uid: uuid.UUID, number: int) -> str:
    """The form of one table; of the one after the last, to add it."""
    event, kept = _found(uid, number)
    return _form(event, number, tables.as_said(kept) if kept else {"seats": 9}, kept)


@bp.post("/<int:number>")
def keep(uid: uuid.UUID, number: int) -> ResponseReturnValue:
    """Keep what was typed, unless somebody else changed it meanwhile."""
    event, _ = _found(uid, number)

    def put() -> ResponseReturnValue:
        draft = from_form(TableDraft, request.form, ignore=NOT_OURS)
        base = request.form.get("version", type=int)
        tables.put(db.session, event, number, draft, viewer=g.viewer, base_version=base)
        return done(event, f"Table {number} is kept.", "/tables/")

    def again(back: Back) -> str:
        event, kept = _found(uid, number)
        stale = "" if back.problems else STALE
        return _form(event, number, request.form, kept, back.problems, stale=stale)

    return event_pages.kept_or(put, again)


def _found(uid: uuid.UUID, number: int) -> tuple[Engagement, EventTable | None]:
    event = event_to_change(uid)
    kept = tables.of(db.session, event, viewer=g.viewer)
    if not 1 <= number <= min(len(kept) + 1, MOST_TABLES):
        raise NotFound("This event has no such table.")
    return event, next((one for one in kept if one.number == number), None)


def _page(
    event: Engagement,
    typed: Mapping[str, Any] | None = None,
    problems: Mapping[str, str] | None = None,
) -> str:
    found = tables.of(db.session, event, viewer=g.viewer)
    parts = [
        part for part in running.of(db.session, event, viewer=g.viewer) if part.kind in WORKED_AT
    ]
    noted = notes.of(db.session, event, viewer=g.viewer)
    return event_pages.read(
        event,
        "running/tables.html",
        is_again=problems is not None,
        tables=found,
        parts=parts,
        counts=Counter((note.table, note.part_id) for note in noted),
        at_table=Counter(note.table for note in noted),
        found_at=table_helpers.shown(db.session, found, viewer=g.viewer),
        seats=sum(table.seats for table in found),
        is_full=len(found) >= MOST_TABLES,
        expected=event.attendance_count or event.capacity,
        unfilled=_unfilled(found),
        shared=_shared(found),
        typed=typed or {"people": event.capacity or "", "seats": 9},
        problems=dict(problems or {}),
        may_add=access.may_add_to(g.viewer, event.team_id),
    )


def _unfilled(found: Sequence[EventTable]) -> list[str]:
    """What is still missing at the tables, in words."""
    filled = Counter(
        job
        for table in found
        for job in JOBS
        if getattr(table, job) or any(one.job == job for one in table.helpers)
    )
    said = zip(JOBS, ("somebody to lead", "somebody to take notes"), strict=True)
    missing = [(len(found) - filled[job], what) for job, what in said]
    return [f"{n} of {len(found)} without {what}" for n, what in missing if n]


def _shared(found: Sequence[EventTable]) -> list[str]:
    """The tables that the same offer or contact is to help at, which are several."""
    at: dict[tuple[int | None, int | None], set[int]] = {}
    for table in found:
        for one in table.helpers:
            at.setdefault((one.offer_id, one.role_id), set()).add(table.number)
    shared = (sorted(numbers) for who, numbers in at.items() if any(who) and len(numbers) > 1)
    return [", ".join(str(number) for number in numbers) for numbers in shared]


def _sources(event: Engagement, kept: EventTable | None) -> dict[str, list[tuple[str, str]]]:
    """What may be chosen for those at a table, under headings; and what is chosen already."""
    may = table_helpers.choices(db.session, event, viewer=g.viewer)
    offered = [(f"offer:{one.uid}", f"{one.title} ({one.ref})") for one in may.offers]
    known = [
        (f"contact:{one.uid}", f"{one.person.called}, {one.title}, {one.entry.title}")
        for one in may.contacts
    ]
    there = {source for source, _ in [*offered, *known]}
    held = table_helpers.shown(db.session, [kept] if kept else [], viewer=g.viewer)
    now = {one.source: _called(one) for one in held.values() if one.source not in there}
    groups = {
        "Chosen already": list(now.items()),
        "Offers": offered,
        "Contacts of the groups": known,
    }
    return {title: some for title, some in groups.items() if some}


def _called(found: table_helpers.Found) -> str:
    if found.offer is not None:
        return f"{found.offer.title} ({found.offer.ref})"
    if found.contact is not None:
        return f"{found.contact.person.called}, {found.contact.title}"
    return "One that is not open to you"


def _form(
    event: Engagement,
    number: int,
    typed: Mapping[str, Any],
    kept: EventTable | None,
    problems: Mapping[str, str] = NONE,
    *,
    stale: str = "",
) -> str:
    return render_template(
        "running/table.html",
        entry=event,
        number=number,
        typed=typed,
        problems=problems,
        stale=stale,
        version=event_pages.version(kept, problems),
        sources=_sources(event, kept),
    )
