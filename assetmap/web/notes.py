"""Taking notes at an event, one after another; weighing the ideas and taking some on."""

import uuid
from collections import Counter
from collections.abc import Mapping
from typing import Any

from flask import Blueprint, g, render_template, request
from flask.typing import ResponseReturnValue
from uuid6 import uuid7

from assetmap import access
from assetmap.db import db
from assetmap.errors import BadRequest, Conflict, Invalid, Unavailable
from assetmap.models import Engagement, EventNote
from assetmap.register import attachments, notes, plans, running, tables
from assetmap.schemas.attachments import PhotoDetails
from assetmap.schemas.reading import checked, from_form
from assetmap.schemas.tables import MOST_TABLES, NOTES, FlipChart, NoteDraft
from assetmap.web import event_pages
from assetmap.web.entry_requests import done, event_shown, event_to_change, uid_from
from assetmap.web.event_pages import NONE, Back

bp = Blueprint("notes", __name__, url_prefix="/engagements/<uuid:uid>")

NOT_OURS = frozenset({"csrf_token", "version", "uid"})
CALLED = {
    "idea": "An idea",
    "knowledge": "What somebody knows",
    "concern": "A worry",
    "decision": "Something decided",
    "quote": "Somebody's own words",
}
MARKS = [("", "Not marked"), *((str(n), str(n)) for n in range(1, 6))]
WEIGHED = ("votes", "realistic", "difference", "chosen")
KEPT_BEFORE = (
    "A note was kept with this form already: it is in the list below. Keep this as one more?"
)
STALE = "Somebody else changed this note. What you typed is kept; saving replaces theirs."


@bp.get("/notes/")
def show(uid: uuid.UUID) -> str:
    """The form for the next note, and those taken, of one table where `table` says so."""
    event = event_shown(uid)
    typed = {"uid": str(uuid7()), "kind": "idea", "table": _table() or ""}
    typed["part"] = request.args.get("part", "")
    return _page(event, typed)


@bp.post("/notes/")
def add(uid: uuid.UUID) -> ResponseReturnValue:
    """Keep it and be ready for the next, at the same table and part."""
    event, note = _to_note(uid), uid_from("uid")

    def keep() -> ResponseReturnValue:
        draft = from_form(NoteDraft, request.form, ignore=NOT_OURS)
        _refuse_no_table(event, "table", draft.table)
        notes.put(db.session, event, note, draft, viewer=g.viewer)
        at = f"?table={draft.table or ''}&part={draft.part or ''}"
        return done(event, "Noted.", f"/notes/{at}#text")

    def again(back: Back) -> str:
        event, typed = _to_note(uid), request.form.to_dict()
        if back.problems:
            return _page(event, typed, back.problems)
        # its words were kept once already: these are another note's
        return _page(
            event,
            typed | {"uid": str(uuid7())},
            {"text": KEPT_BEFORE if event.is_live else back.said},
        )

    return event_pages.kept_or(keep, again)


@bp.get("/notes/<uuid:note>")
def edit(uid: uuid.UUID, note: uuid.UUID) -> str:
    """The form of one note."""
    event = _to_note(uid)
    kept = notes.find(db.session, event, note, viewer=g.viewer)
    return _form(event, kept, notes.as_said(kept))


@bp.post("/notes/<uuid:note>")
def change(uid: uuid.UUID, note: uuid.UUID) -> ResponseReturnValue:
    """Keep what was changed, unless somebody else did so meanwhile; what people make of an idea
    is kept with it."""
    event = _to_note(uid)
    kept = notes.find(db.session, event, note, viewer=g.viewer)

    def keep() -> ResponseReturnValue:
        weighed = {name: getattr(kept, name) for name in WEIGHED}
        draft = from_form(NoteDraft, request.form, ignore=NOT_OURS)
        if draft.kind == "idea" or _is_weighed(kept):
            draft = checked(NoteDraft, draft.model_dump() | weighed)
        if draft.table != kept.table:
            _refuse_no_table(event, "table", draft.table)
        base = request.form.get("version", type=int)
        notes.put(db.session, event, note, draft, viewer=g.viewer, base_version=base)
        return done(event, "The change is kept.", f"/notes/#note-{note}")

    def again(back: Back) -> str:
        event = _to_note(uid)
        kept = notes.find(db.session, event, note, viewer=g.viewer)
        stale = "" if back.problems else STALE
        return _form(event, kept, request.form, back.problems, stale=stale)

    return event_pages.kept_or(keep, again)


@bp.post("/notes/<uuid:note>/remove")
def remove(uid: uuid.UUID, note: uuid.UUID) -> ResponseReturnValue:
    """Take it away."""
    event = _to_note(uid)
    notes.remove(db.session, event, note, viewer=g.viewer)
    return done(event, "The note is taken away. It can be put back below.", "/notes/")


@bp.post("/notes/<uuid:note>/put-back")
def put_back(uid: uuid.UUID, note: uuid.UUID) -> ResponseReturnValue:
    """Put it back."""
    event = _to_note(uid)
    notes.put_back(db.session, event, note, viewer=g.viewer)
    return done(event, "The note is back.", f"/notes/#note-{note}")


@bp.post("/notes/photos")
def add_photo(uid: uuid.UUID) -> ResponseReturnValue:
    """Keep a photo of a table's flip chart: re-encoded, without what the camera wrote into it."""
    event = _to_note(uid)
    try:
        chart = from_form(FlipChart, request.form, ignore=NOT_OURS | {"photo"})
        sent = request.files.get("photo")
        if sent is None or not sent.filename:
            raise Invalid.field("photo", "Choose a photo.")
        _refuse_no_table(event, "at_table", chart.at_table)
        details = PhotoDetails(alt_text=chart.alt_text)
        attachments.attach(
            db.session, event, sent.read(), details, viewer=g.viewer, table=chart.at_table
        )
    except (Conflict, Invalid, Unavailable) as error:
        db.session.rollback()
        told = dict(error.problems) if isinstance(error, Invalid) else {"photo": str(error)}
        typed = {"uid": str(uuid7()), "kind": "idea", **request.form.to_dict()}
        return _page(_to_note(uid), typed, told), error.status
    return done(event, "The photo is kept.", f"/notes/?table={chart.at_table}#photos")


@bp.post("/notes/photos/<uuid:photo>/remove")
def remove_photo(uid: uuid.UUID, photo: uuid.UUID) -> ResponseReturnValue:
    """Take a photo away."""
    event = _to_note(uid)
    attachments.remove(db.session, photo, viewer=g.viewer)
    return done(event, "The photo is gone.", "/notes/")


@bp.get("/ideas/")
def ideas(uid: uuid.UUID) -> str:
    """The ideas, those with the most votes first, and which are taken on."""
    return _ideas(event_shown(uid))


@bp.post("/ideas/<uuid:note>")
def weigh(uid: uuid.UUID, note: uuid.UUID) -> ResponseReturnValue:
    """Keep what people make of an idea."""
    event = event_to_change(uid)
    kept = notes.find(db.session, event, note, viewer=g.viewer)
    try:
        said = {name: value for name, value in notes.as_said(kept).items() if name not in WEIGHED}
        typed = {name: value for name in WEIGHED if (value := request.form.get(name, "").strip())}
        draft = checked(NoteDraft, said | typed)
        base = request.form.get("version", type=int)
        notes.put(db.session, event, note, draft, viewer=g.viewer, base_version=base)
    except (Conflict, Invalid) as error:
        db.session.rollback()
        told = dict(error.problems) if isinstance(error, Invalid) else {"votes": STALE}
        return _ideas(event_shown(uid), {note: told}, request.form), error.status
    return done(event, "It is kept.", f"/ideas/#idea-{note}")


def _to_note(uid: uuid.UUID) -> Engagement:
    """The event, for somebody who logs for its team."""
    event = event_shown(uid)
    plans.require_inside(db.session, event, viewer=g.viewer)
    access.require_add_to(g.viewer, event.team_id)
    return event


def _refuse_no_table(event: Engagement, field: str, number: int | None) -> None:
    """Refuse a slip of the finger. What a phone noted without signal is never refused for it."""
    there = [one.number for one in tables.of(db.session, event, viewer=g.viewer)]
    if there and number is not None and number not in there:
        raise Invalid.field(field, f"There is no table {number}: the last is {there[-1]}.")


def _is_weighed(kept: EventNote) -> bool:
    """Whether people have made something of it, so that it stays an idea."""
    return any(getattr(kept, name) for name in WEIGHED) or kept.action_id is not None


def _table() -> int | None:
    """The table that the address names. Raises BadRequest."""
    given = request.args.get("table", "")
    if not given:
        return None
    if not given.isdecimal() or not 1 <= int(given[:4]) <= MOST_TABLES:
        raise BadRequest.field("table", f"Give a number from 1 to {MOST_TABLES}.")
    return int(given)


def _page(
    event: Engagement, typed: Mapping[str, Any], problems: Mapping[str, str] | None = None
) -> str:
    table = None if problems else _table()
    may_add = access.may_add_to(g.viewer, event.team_id)
    removed = notes.of(db.session, event, viewer=g.viewer, removed=True) if may_add else ()
    photos = attachments.of(db.session, event, viewer=g.viewer, at_tables=True)
    return event_pages.read(
        event,
        "running/notes.html",
        is_again=problems is not None,
        noted=notes.of(db.session, event, viewer=g.viewer, table=table),
        photos=[one for one in photos if table in (None, one.at_table)],
        removed=[(one.text, f"{event.path}/notes/{one.uid}/put-back") for one in removed],
        typed=typed,
        problems=dict(problems or {}),
        asks_again=event_pages.asks_again(typed, problems or NONE),
        called=CALLED,
        kinds=[(one, CALLED[one]) for one in NOTES],
        parts=_parts(event),
        table=table,
        may_add=may_add,
    )


def _parts(event: Engagement, kept: EventNote | None = None) -> list[tuple[str, str]]:
    """The parts to choose from; of a note also the one it was taken in, though that is gone."""
    found = list(running.of(db.session, event, viewer=g.viewer))
    if kept and kept.part and kept.part not in found:
        found.append(kept.part)
    return [("", "Not said"), *((str(part.uid), part.title) for part in found)]


def _form(
    event: Engagement,
    kept: EventNote,
    typed: Mapping[str, Any],
    problems: Mapping[str, str] = NONE,
    *,
    stale: str = "",
) -> str:
    return render_template(
        "running/note.html",
        entry=event,
        kept=kept,
        typed=typed,
        problems=problems,
        stale=stale,
        asks_again=event_pages.asks_again(typed, problems),
        version=event_pages.version(kept, problems),
        kinds=[(one, CALLED[one]) for one in NOTES if one == "idea" or not _is_weighed(kept)],
        parts=_parts(event, kept),
    )


def _plain(note: EventNote) -> str:
    """Its words so that two who wrote down the same thing are seen to have."""
    return " ".join(note.text.casefold().split()).rstrip(".!")


def _ideas(
    event: Engagement,
    problems: Mapping[uuid.UUID, dict[str, str]] | None = None,
    typed: Mapping[str, str] | None = None,
) -> str:
    found = notes.of(db.session, event, viewer=g.viewer, kind="idea")
    return event_pages.read(
        event,
        "running/ideas.html",
        is_again=problems is not None,
        ideas=found,
        words=Counter(_plain(one) for one in found),
        plain=_plain,
        taken=[one for one in found if one.chosen],
        problems=problems or {},
        typed=typed or {},
        marks=MARKS,
        may_add=access.may_add_to(g.viewer, event.team_id),
    )
