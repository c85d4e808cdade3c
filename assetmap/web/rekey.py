"""Keying in a paper sheet at a desk: rows fast, all or nothing, and taken back with one press."""

import uuid
from collections.abc import Sequence
from typing import Any

from flask import Blueprint, flash, g, redirect, render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from sqlalchemy.orm import Session

from assetmap import access
from assetmap.db import db, local_day, now
from assetmap.errors import BadRequest, Conflict, Invalid, NotAllowed, NotFound
from assetmap.models import Category, Entry, Walkabout
from assetmap.register import duplicates, entries, links, paper, reasons, text_hygiene
from assetmap.register.entries import PreconditionRequired
from assetmap.schemas.entries import EntryDraft
from assetmap.vocabulary import Kind
from assetmap.web import labels, rekey_checks, rekey_rows
from assetmap.web.entry_forms import CHECKED_FOR_TWINS
from assetmap.web.rekey_rows import Desk, Row

bp = Blueprint("rekey", __name__)

NEW = "new"
SHEET_KINDS = {"1": Kind.FINDING, "2": Kind.OFFER, "3": Kind.ASSET}
MENDED = "Some cells need mending. Nothing has been saved yet."
TWIN = "Say whether it is on the register already."
HOLDS = "Look at what it seems to hold."
LABELS = {
    "title": "What",
    "category": "Code",
    "where": "Where",
    "severity": "How bad",
    "who": "Who offers",
    "note": "Note",
}
WHY = "Keyed in from paper by mistake"


@bp.get("/walkabouts/<uuid:uid>/rekey")
def form(uid: uuid.UUID) -> str:
    """An empty table; the code on a sheet says which pack and which sheet."""
    walkabout = _walkabout(uid)
    kind = SHEET_KINDS.get(request.args.get("sheet", ""), Kind.FINDING)
    number, places = paper.numbered(db.session, walkabout, _pack(), viewer=g.viewer)
    return _shown(walkabout, number, places, rekey_rows.blank(rekey_rows.AT_FIRST, kind))


@bp.post("/walkabouts/<uuid:uid>/rekey")
def save(uid: uuid.UUID) -> ResponseReturnValue:
    """Log every row, or none: what is wrong is said row by row, and what was typed is kept."""
    walkabout = _walkabout(uid)
    number, places = paper.numbered(db.session, walkabout, _pack(), viewer=g.viewer)
    rows = rekey_rows.of_form(request.form)
    if request.form.get("do") == "more":
        room = min(rekey_rows.AT_FIRST, rekey_rows.MOST - len(rows))
        following = rekey_rows.blank(room, Kind(rows[-1].kind), len(rows) + 1)
        return _shown(walkabout, number, places, rows + following, focus=len(rows) + 1)
    by_number = {place.number: place for place in places}
    desk = Desk(db.session, walkabout, by_number, _terms(db.session), g.viewer)
    typed = {str(box): request.form.get(box, "") for box in rekey_checks.BOXES}
    problems: dict[str, str] = {}
    try:
        marks = rekey_checks.read(typed, by_number)
    except Invalid as error:
        marks, problems = [], dict(error.problems)
    drafts = [(row, _read(desk, row)) for row in rows if not row.is_blank]
    if request.form.get("do") != "save" or problems or _waits(rows) or not (drafts or marks):
        if not (drafts or marks or problems):
            problems = {"title-1": "Nothing is keyed in yet."}
        return _again(uid, rows, problems)
    try:
        kept = [_keep(row, draft, walkabout) for row, draft in drafts]
        left = rekey_checks.keep(db.session, marks, by_number, _day(walkabout), viewer=g.viewer)
    except Invalid as error:
        db.session.rollback()
        return _again(uid, rows, error.problems)
    again = sum(row.same not in ("", NEW) for row, _ in drafts)
    if again:
        flash(f"{again} on the register already: tied to this walkabout, not added.", "info")
    _say_checked(len(marks) - len(left), left)
    added = zip((row for row, _ in drafts), kept, strict=True)
    query = "&".join(f"entry={one}" for row, one in added if row.same in ("", NEW))
    db.session.commit()
    return redirect(f"/walkabouts/{uid}/rekeyed?pack={number}&{query}", 303)


@bp.get("/walkabouts/<uuid:uid>/rekeyed")
def done(uid: uuid.UUID) -> str:
    """What was just logged, and the way back."""
    walkabout = _walkabout(uid)
    logged = _own(request.args.getlist("entry"))
    return render_template(
        "walkabouts/rekeyed.html", walkabout=walkabout, logged=logged, pack=_pack() or 0
    )


@bp.post("/walkabouts/<uuid:uid>/rekeyed")
def undo(uid: uuid.UUID) -> ResponseReturnValue:
    """Withdraw what was just logged, all of it or none."""
    walkabout = _walkabout(uid)
    back = f"{walkabout.path}/rekey"
    logged = _own(request.form.getlist("entry"))
    for entry in logged:
        entries.withdraw(db.session, entry, viewer=g.viewer, why=WHY)
    flash(f"{len(logged)} withdrawn. What was checked or tied stays so.", "success")
    db.session.commit()
    return redirect(back, 303)


def _walkabout(uid: uuid.UUID) -> Walkabout:
    """The walkabout, for somebody who logs. Raises NotFound, NotAllowed."""
    found = entries.find(db.session, uid, viewer=g.viewer, kind=Kind.WALKABOUT)
    reasons.require(db.session, found, viewer=g.viewer)
    if not g.viewer.may_log:
        raise NotAllowed("You can look at the register but not add to it.")
    assert isinstance(found, Walkabout)
    return found


def _pack() -> int | None:
    given = request.values.get("pack", "")
    if not given or given == "0":
        return None
    if not given.isdecimal() or len(given) > 5:
        raise BadRequest.field("pack", "Give the number of the pack that stands on its sheets.")
    return int(given)


def _terms(session: Session) -> list[paper.Term]:
    query = select(Category).where(Category.active).order_by(Category.sort, Category.id)
    return paper.terms_of(session.scalars(query).all())


def _read(desk: Desk, row: Row) -> EntryDraft | None:
    """A row's draft, unless something about it has to be looked at first."""
    words = {"title": row.said["title"], "description": row.said["note"]}
    row.finds = [one for one in text_hygiene.look_over(words) if one.key not in row.leave]
    draft = rekey_rows.draft(desk, row)
    if draft is None:
        return None
    if draft.kind in CHECKED_FOR_TWINS and not row.same:
        found = duplicates.likely_same(db.session, draft, viewer=g.viewer, limit=3)
        row.suspects = [] if any(one.hit.entry.uid == row.uid for one in found) else found
    return draft


def _waits(rows: Sequence[Row]) -> bool:
    return any(row.problems or row.suspects or row.finds for row in rows)


def _keep(row: Row, draft: EntryDraft | None, walkabout: Walkabout) -> uuid.UUID:
    """Log a row, or tie what it was said to be. Raises Invalid for its cell."""
    assert draft is not None  # rows without one wait
    try:
        if row.same and row.same != NEW:
            entry = entries.find(db.session, _uid(row.same), viewer=g.viewer)
        else:
            ours = access.may_add_to(g.viewer, walkabout.team_id)
            team = walkabout.team_id if ours else None
            entry, _ = entries.log(db.session, draft, viewer=g.viewer, uid=row.uid, team_id=team)
        links.log_from(db.session, entry, walkabout.uid, viewer=g.viewer)
    except Invalid as error:
        row.refuse(error.problems)
        raise Invalid(MENDED) from error
    except (PreconditionRequired, Conflict) as error:
        row.refuse({"title": "This row is on the register already, and was changed there since."})
        raise Invalid(MENDED) from error
    except (NotFound, NotAllowed) as error:
        row.refuse({"title": str(error)})
        raise Invalid(MENDED) from error
    return entry.uid


def _uid(given: str) -> uuid.UUID:
    try:
        return uuid.UUID(given)
    except ValueError as error:
        raise Invalid.field("title", "Choose which one it is.") from error


def _day(walkabout: Walkabout) -> Any:
    """The day of the walk, when it was; today, when it says another."""
    today, walked = local_day(now()), local_day(walkabout.starts_at)
    return walked if 0 <= (today - walked).days < 365 else today


def _say_checked(count: int, left: Sequence[int]) -> None:
    if count:
        flash(f"{count} {'place' if count == 1 else 'places'} of the check list kept.", "success")
    if left:
        named = ", ".join(map(str, left))
        flash(f"Left as they were, because another team keeps them: {named}.", "info")


def _own(given: Sequence[str]) -> Sequence[Entry]:
    """Entries by these uids that the viewer logged and may see."""
    uids = [_uid(one) for one in given[: rekey_rows.MOST]]
    query = select(Entry).where(
        Entry.uid.in_(uids),
        Entry.created_by_id == g.viewer.user_id,
        access.visible_entries(g.viewer),
    )
    return db.session.scalars(query.order_by(Entry.id)).all() if uids else []


def _again(uid: uuid.UUID, rows: Sequence[Row], problems: Any) -> tuple[str, int]:
    walkabout = _walkabout(uid)
    number, places = paper.numbered(db.session, walkabout, _pack(), viewer=g.viewer)
    waits = bool(problems) or _waits(rows)
    page = _shown(walkabout, number, places, rows, problems=problems, is_right=not waits)
    return page, 422 if waits else 200


def _shown(
    walkabout: Walkabout,
    pack: int,
    places: Sequence[paper.Numbered],
    rows: Sequence[Row],
    *,
    problems: Any = None,
    focus: int = 0,
    is_right: bool = False,
) -> str:
    found = {f"{cell}-{row.number}": words for row in rows for cell, words in row.problems.items()}
    asked = {
        **{f"same-{row.number}-1": f"Row {row.number}: {TWIN}" for row in rows if row.suspects},
        **{
            f"leave-{row.number}-{one.key}": f"Row {row.number}: {HOLDS}"
            for row in rows
            for one in row.finds
        },
    }
    named = {
        f"{cell}-{row.number}": f"Row {row.number}, {label.lower()}"
        for row in rows
        for cell, label in LABELS.items()
    }
    return render_template(
        "walkabouts/rekey.html",
        walkabout=walkabout,
        pack=pack,
        places=places,
        rows=rows,
        cells=rekey_rows.CELLS,
        kinds=[(kind.value, labels.said(kind.value)) for kind in rekey_rows.KINDS],
        terms=_terms(db.session),
        scheme_of=paper.scheme_of,
        problems=dict(problems or {}) | found | asked,
        named=named | rekey_checks.LABELS,
        typed={box: request.form.get(box, "") for box in rekey_checks.BOXES},
        focus=focus,
        is_right=is_right,
        most=rekey_rows.MOST,
    )
