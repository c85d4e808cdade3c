"""Tying an entry to others by hand, and folding two that are the same into one."""

import uuid

from flask import g, render_template, request
from flask.typing import ResponseReturnValue

from assetmap import access
from assetmap.db import db, local_day, now
from assetmap.errors import BadRequest, Invalid
from assetmap.models import Entry
from assetmap.register import duplicates, entries, links, merging, pointers
from assetmap.schemas.gatherings import OtherEntry
from assetmap.schemas.reading import from_query
from assetmap.vocabulary import Kind, Relation
from assetmap.web import entry_page, labels
from assetmap.web.entry_requests import done, to_add_to, uid_from


def show(kind: Kind, uid: uuid.UUID) -> ResponseReturnValue:
    """What an entry is tied to, and a form to tie it to another."""
    return _page(to_add_to(kind, uid), {})


def add(kind: Kind, uid: uuid.UUID) -> ResponseReturnValue:
    """Tie it to the entry with the reference or name that was typed, or that was chosen."""
    entry = to_add_to(kind, uid)
    relation, starts = _relation()
    said = request.form.getlist("other")  # what is in the box, then the choice that was pressed
    typed = said[-1].strip() if said else ""
    if not typed:
        return _page(entry, {"other": "Give a reference or a name."}), 422
    try:
        other = pointers.entry_called(
            db.session, typed, tuple(Kind), viewer=g.viewer, field="other"
        )
        first, last = (entry, other) if starts else (other, entry)
        links.link(db.session, first, relation, last, viewer=g.viewer)
    except Invalid as error:
        db.session.rollback()
        entry = to_add_to(kind, uid)
        found = pointers.like(db.session, typed, tuple(Kind), viewer=g.viewer)
        return _page(entry, error.problems, [one for one in found if one.id != entry.id]), 422
    return done(
        entry, f"Linked: {labels.RELATIONS[relation.value, starts].lower()} {other.title}", "/links"
    )


def remove(kind: Kind, uid: uuid.UUID) -> ResponseReturnValue:
    """Untie it from another."""
    entry = to_add_to(kind, uid)
    relation, starts = _relation()
    other = entries.find(db.session, uid_from("other"), viewer=g.viewer)
    first, last = (entry, other) if starts else (other, entry)
    links.unlink(db.session, first, relation, last, viewer=g.viewer)
    return done(entry, "The link is gone.", "/links")


def same(kind: Kind, uid: uuid.UUID) -> ResponseReturnValue:
    """Entries that may be the same as this one, or that words find, and merges to undo."""
    entry = to_add_to(kind, uid)
    asked = from_query(OtherEntry, request.args).text.strip()
    suspects = [] if asked else duplicates.like_entry(db.session, entry, viewer=g.viewer)
    return render_template(
        "entries/same.html",
        entry=entry,
        today=local_day(now()),
        asked=asked,
        found=duplicates.called(db.session, entry, asked, viewer=g.viewer),
        suspects=[one for one in suspects if one.hit.entry.kind == entry.kind],
        may_merge=access.may_change(g.viewer, entry),
        merges=[one for one in merging.of(db.session, entry) if one.kept_id == entry.id],
    )


def _page(entry: Entry, problems: dict[str, str], found: list[Entry] | None = None) -> str:
    return render_template(
        "entries/links.html",
        entry=entry,
        ties=[
            {
                "value": f"{tie.relation} {'yes' if tie.starts else 'no'}",
                "words": labels.RELATIONS[tie.relation, tie.starts],
                "other": tie.other,
            }
            for tie in links.direct(db.session, entry, viewer=g.viewer)
        ],
        relations=entry_page.relations(Kind(entry.kind)),
        problems=problems,
        said=request.form,
        found=found or [],
    )


def _relation() -> tuple[Relation, bool]:
    name, _, starts = request.form.get("relation", "").partition(" ")
    if name not in {one.value for one in Relation} or starts not in ("yes", "no"):
        raise BadRequest.field("relation", "Choose how they are tied.")
    return Relation(name), starts == "yes"
