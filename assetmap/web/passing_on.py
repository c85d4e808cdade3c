"""The form that passes something on: from an entry, from a form being filled in, or new."""

from collections.abc import Mapping
from typing import Any

from flask import flash, g, redirect, render_template, request
from flask.typing import ResponseReturnValue
from uuid6 import uuid7

from assetmap import vocabulary as words
from assetmap.db import db
from assetmap.models import Entry
from assetmap.register import passing_on, reasons, referral_access, referral_raising
from assetmap.vocabulary import Kind
from assetmap.web import fields, forms, labels

ASKED = "pass_on"  # what the button on a form sends as `do`
URGENCIES = (
    ("immediate", "At once", "Somebody may come to harm within hours. Call 999 first."),
    ("same_day", "Today", ""),
    ("routine", "In the next days", ""),
)
MAY_BE_NAMED = (
    ("no", "No", "Nothing will say who told us."),
    ("yes", "Yes, they have agreed", "Your name goes along, as who passed it on."),
)
CATEGORIES = tuple(words.REFERRAL_LABELS.items())
_PROSE = ("text", "prose", "lines", "stops")
_KEPT = frozenset({"category", "website", "join_link", "email", "phone", "postcode"})


def is_asked(kind: Kind) -> bool:
    """Whether a posted form of an entry is to be passed on instead: the button was pressed, or a
    finding is of a category that is never written down."""
    if request.form.get("do") == ASKED:
        return True
    code = request.form.get("category", "")
    return kind == Kind.FINDING and referral_raising.is_route_only(db.session, code)


def from_form(
    kind: Kind,
    said: forms.Typed,
    *,
    entry: Entry | None = None,
    origin: Entry | None = None,
) -> str:
    """The form, with all that was typed about an entry that was not saved. Nothing is kept yet.

    entry: the one that was being edited. origin: what a new one was logged on.
    """
    referral_access.require_pass_on(g.viewer)
    code = str(said.get("category") or "")
    stub = kind == Kind.FINDING and entry is None
    stub = stub and referral_raising.is_route_only(db.session, code)
    typed = {
        "words": _typed_words(kind, said, entry),
        "where": _where(said),
        "finding_category": code if stub else "",
        "finding": request.form.get("uid", "") if stub else "",
        "team": request.form.get("team", ""),
    }
    return form(typed, entry=entry, origin=origin, is_stub=stub)


def after_scan(entry: Entry, words: str) -> ResponseReturnValue:
    """Keep what was done, and go on to pass on what the scan found."""
    onward = f"/referrals/new?from={entry.uid}"
    flash(f"{words} Now pass on what was found.", "success")
    db.session.commit()
    return redirect(onward, 303)


def form(
    typed: Mapping[str, Any],
    problems: Mapping[str, str] | None = None,
    *,
    entry: Entry | None = None,
    origin: Entry | None = None,
    is_stub: bool = False,
) -> str:
    """The form itself. typed: what is in it already."""
    held: Mapping[str, str] = {}  # what waits for a reason to be read is passed on unread
    if entry is not None and not reasons.asks(db.session, entry, viewer=g.viewer):
        held = passing_on.readable(db.session, entry, viewer=g.viewer)
    return render_template(
        "referrals/new.html",
        entry=entry,
        origin=origin,
        is_stub=is_stub,
        whole=entry is not None and entry.kind == Kind.FINDING,
        held=[(name, _name(entry, name), held[name]) for name in held] if entry else [],
        typed={"uid": str(uuid7()), "fields": [], **typed},
        problems=problems or {},
        categories=CATEGORIES,
        urgencies=URGENCIES,
        may_be_named=MAY_BE_NAMED,
    )


def _name(entry: Entry, name: str) -> str:
    return field_label(Kind(entry.kind), name)


def field_label(kind: Kind, name: str) -> str:
    """What a form calls a field, in words."""
    return forms.label_of(kind, name) or labels.field_name(name)


def _typed_words(kind: Kind, said: forms.Typed, entry: Entry | None) -> str:
    """What was typed into the boxes for words, each under its label; not what is there already."""
    held = passing_on.texts_of(entry) if entry is not None else {}
    parts = []
    for ask in fields.asks(kind):
        given = str(said.get(ask.name) or "").strip() if ask.widget in _PROSE else ""
        if given and ask.name not in _KEPT and given != held.get(ask.name, "").strip():
            parts.append(f"{ask.label}: {given}")
    return "\n".join(parts)[:8000]


def _where(said: forms.Typed) -> str:
    if said.get("longitude") and said.get("latitude"):
        return f"{said['longitude']}, {said['latitude']}"
    return str(said.get("postcode") or "")
