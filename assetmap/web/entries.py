"""The pages that every kind of entry has: its own page, its form, and what can be done to it."""

import uuid
from collections.abc import Callable
from functools import partial, update_wrapper
from typing import Any

from flask import Blueprint, g, redirect, render_template, request
from flask.typing import ResponseReturnValue

from assetmap.db import db
from assetmap.errors import NotFound
from assetmap.gate import public
from assetmap.register import (
    audit,
    audit_reading,
    audit_taking,
    classification,
    entries,
    event_contacts,
    help_requests,
    help_uses,
    person_access,
    person_reading,
    reasons,
    stories,
)
from assetmap.vocabulary import Kind
from assetmap.web import (
    consultations,
    entry_actions,
    entry_forms,
    entry_links,
    entry_page,
    gatherings,
    help_words,
    photos,
    suggest,
    voice_notes,
)
from assetmap.web import reasons as ask_why

View = Callable[..., ResponseReturnValue]

_CLOSED: dict[tuple[str, str], View] = {
    ("/new", "GET"): entry_forms.new,
    ("/new", "POST"): entry_forms.create,
    ("/<uuid:uid>/logged", "GET"): entry_forms.logged,
    ("/<uuid:uid>/again", "POST"): entry_forms.found_again,
    ("/<uuid:uid>/edit", "GET"): entry_forms.edit,
    ("/<uuid:uid>/edit", "POST"): entry_forms.update,
    ("/<uuid:uid>/check", "POST"): entry_actions.check,
    ("/<uuid:uid>/reason", "POST"): ask_why.answer,
    ("/<uuid:uid>/state", "GET"): entry_actions.choose_state,
    ("/<uuid:uid>/state", "POST"): entry_actions.move,
    ("/<uuid:uid>/withdraw", "GET"): entry_actions.ask_why,
    ("/<uuid:uid>/withdraw", "POST"): entry_actions.withdraw,
    ("/<uuid:uid>/withdrawn", "GET"): entry_actions.withdrawn,
    ("/<uuid:uid>/bring-back", "POST"): entry_actions.bring_back,
    ("/<uuid:uid>/links", "GET"): entry_links.show,
    ("/<uuid:uid>/links", "POST"): entry_links.add,
    ("/<uuid:uid>/unlink", "POST"): entry_links.remove,
    ("/<uuid:uid>/same", "GET"): entry_links.same,
    ("/<uuid:uid>/photos", "GET"): photos.show,
    ("/<uuid:uid>/photos", "POST"): photos.add,
    ("/<uuid:uid>/photos/<uuid:photo>/remove", "POST"): photos.remove,
    ("/<uuid:uid>/voice-notes", "GET"): voice_notes.show,
    ("/<uuid:uid>/voice-notes/<uuid:note>/words", "POST"): voice_notes.write,
    ("/<uuid:uid>/voice-notes/<uuid:note>/remove", "POST"): voice_notes.remove,
    ("/<uuid:uid>/voice-notes/<uuid:note>/put-back", "POST"): voice_notes.put_back,
}


def pages(kind: Kind) -> Blueprint:
    """The blueprint of a kind, under its plural: /assets/, /offers/…"""
    bp = Blueprint(kind.plural, __name__)
    root = f"/{kind.plural}"
    listed = kind in entry_page.GATHERINGS
    _add(bp, f"{root}/", "index", "GET", _open(gatherings.index if listed else to_search, kind))
    if listed:
        for method in ("GET", "POST"):  # the second says what it is for
            _add(bp, f"{root}.csv", f"csv_{method}", method, _open(gatherings.as_csv, kind))
    _add(bp, f"{root}/<uuid:uid>", "show", "GET", _open(show, kind))
    _add(bp, f"{root}/<uuid:uid>/suggest", "suggest", "GET", _open(suggest.ask, kind))
    _add(bp, f"{root}/<uuid:uid>/suggest", "send", "POST", _open(suggest.send, kind))
    for (rule, method), view in _CLOSED.items():
        _add(bp, root + rule, f"{view.__module__}.{view.__name__}", method, _of(view, kind))
    return bp


def to_search(kind: Kind) -> ResponseReturnValue:
    """The search, for this kind only, with whatever else the address asked for."""
    asked = request.query_string.decode("ascii", "ignore")
    return redirect(f"/?kind={kind.value}" + (f"&{asked}" if asked else ""))


def show(kind: Kind, uid: uuid.UUID) -> ResponseReturnValue:
    """Everything about one entry. One that was merged leads on to its successor."""
    try:
        story = stories.tell(db.session, uid, kind, viewer=g.viewer)
    except NotFound:
        onward = entries.successor(db.session, uid, viewer=g.viewer)
        if onward is None:
            raise
        return redirect(onward.path, 301)
    if reasons.asks(db.session, story.entry, viewer=g.viewer):
        return ask_why.question(story.entry)
    context = entry_page.context(story, viewer=g.viewer)
    g.waiting = story.beside.total
    has_people = kind in (Kind.ASSET, Kind.GROUP)
    inside, new_contacts = (
        event_contacts.beside(db.session, story.entry, viewer=g.viewer)
        if kind is Kind.ENGAGEMENT
        else (False, 0)
    )
    shown = render_template(
        "entries/show.html",
        is_owner=story.beside.is_owner,
        suggested=story.beside.here if context["may_change"] else 0,
        **context,
        clock=consultations.shown(db.session, story.entry),
        is_inside=inside,
        new_contacts=new_contacts,
        people=person_reading.at_entry(db.session, story.entry, viewer=g.viewer)
        if has_people
        else [],
        uses=help_uses.of(db.session, story.entry, viewer=g.viewer)
        if kind is Kind.OFFER and g.viewer.is_signed_in
        else None,
        answers=help_words.STATES,
        may_ask_help=bool(help_requests.teams(g.viewer)),
        may_add_people=has_people and person_access.may_add(g.viewer),
        may_audit=audit_reading.may_audit(g.viewer),
        level=classification.of(db.session, kind, story.entry.visibility),
    )
    audit_taking.read_one(
        db.session,
        story.entry,
        story.reads,
        viewer=g.viewer,
        photos=story.photos,
        covered=story.covered,
    )
    audit.before_it_leaves(db.session)
    db.session.commit()
    return shown


def _open(view: View, kind: Kind) -> Any:
    return public(_of(view, kind))


def _of(view: View, kind: Kind) -> Any:
    """The view for one kind, under its own name: the rate limiter asks for it."""
    return update_wrapper(partial(view, kind), view)


def _add(bp: Blueprint, rule: str, name: str, method: str, view: Any) -> None:
    bp.add_url_rule(rule, name.replace(".", "_"), view, methods=[method])
