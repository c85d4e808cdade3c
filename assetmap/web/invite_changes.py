"""An invite list over time: frozen or live, changed by hand, and what is other than on a day."""

import uuid
from collections.abc import Mapping
from typing import Any

from flask import Blueprint, flash, g, redirect, render_template, request
from flask.typing import ResponseReturnValue

from assetmap.db import db
from assetmap.errors import Conflict, Invalid
from assetmap.models import InviteList, Person
from assetmap.register import (
    audit,
    invite_comparing,
    invite_hand,
    invite_lists,
    invite_words,
)
from assetmap.register.invite_comparing import Other
from assetmap.schemas.invite_lists import HandDraft
from assetmap.schemas.reading import from_form
from assetmap.web import invite_pages
from assetmap.web.entry_requests import uid_from

bp = Blueprint("invite_changes", __name__, url_prefix="/invite-lists/<uuid:uid>")

NOT_OURS = frozenset({"csrf_token"})
NONE: Mapping[str, str] = {}
MOST_SHOWN = 100


@bp.get("/changes")
def show(uid: uuid.UUID) -> str:
    """Who came and went between two days, what was changed by hand, and what happened to it."""
    return _page(uid)


@bp.post("/freeze")
def freeze(uid: uuid.UUID) -> ResponseReturnValue:
    """Keep to whom it comes to now."""
    made = invite_lists.to_change(db.session, uid, viewer=g.viewer)
    try:
        invite_lists.freeze(db.session, made, viewer=g.viewer)
    except Conflict as error:
        return _done(made, str(error), tone="warning")
    return _done(made, "Frozen: it stays as it is today. Whoever says no is left out all the same.")


@bp.post("/live")
def make_live(uid: uuid.UUID) -> ResponseReturnValue:
    """Work it out anew from now on."""
    made = invite_lists.to_change(db.session, uid, viewer=g.viewer)
    invite_lists.make_live(db.session, made, viewer=g.viewer)
    return _done(made, "It is worked out anew each time from now on.")


@bp.post("/keep")
def keep(uid: uuid.UUID) -> ResponseReturnValue:
    """Keep a copy of today, to compare with."""
    made = invite_lists.to_change(db.session, uid, viewer=g.viewer)
    invite_lists.keep(db.session, made, viewer=g.viewer)
    return _done(made, "A copy of today is kept.", "/changes")


@bp.post("/by-hand")
def by_hand(uid: uuid.UUID) -> ResponseReturnValue:
    """Add somebody, or take somebody off."""
    made = invite_lists.to_change(db.session, uid, viewer=g.viewer)
    try:
        draft = from_form(HandDraft, request.form, ignore=NOT_OURS)
        person = invite_hand.change(db.session, made, draft, viewer=g.viewer)
    except Invalid as error:
        db.session.rollback()
        return _page(uid, error.problems, request.form), error.status
    if draft.verb == "removed":
        return _done(made, f"{person.called} is taken off the list.", "/changes")
    if why := _stays_off(made, person):
        said = f"{person.called} is added, and stays off the list as long as this is so: {why}."
        return _done(made, said, "/changes", "warning")
    return _done(made, f"{person.called} is added to the list.", "/changes")


@bp.post("/by-hand/undo")
def undo(uid: uuid.UUID) -> ResponseReturnValue:
    """Take back what was done by hand."""
    made = invite_lists.to_change(db.session, uid, viewer=g.viewer)
    invite_hand.undo(db.session, made, uid_from("act"), viewer=g.viewer)
    return _done(made, "Undone.", "/changes")


def _stays_off(made: InviteList, person: Person) -> str:
    """Why somebody is not on a list though they were added, in words for who may know it."""
    built = invite_lists.build(db.session, made, viewer=g.viewer)
    for part in built.left_out:
        for row in part.all:
            if any(one.id == person.id for one in row.people):
                told = invite_words.left_out(db.session, part.rule)
                return told if row.of_team else "they may not be asked now"
    return ""


def _page(
    uid: uuid.UUID, problems: Mapping[str, str] = NONE, typed: Mapping[str, Any] = NONE
) -> str:
    found = invite_pages.opened(uid, with_history=True)
    made, acts = found.made, found.acts[:MOST_SHOWN]
    held = [act for act in found.acts if invite_hand.is_held(act)]
    about = {act.person_id for act in (*acts, *held) if act.person_id is not None}
    compared = invite_comparing.compare(
        db.session,
        found,
        _copy("before"),
        _copy("after"),
        beside=about,
        viewer=g.viewer,
    )
    changed = compared.changed
    people = {key: one for key, one in compared.people.items() if key in about}
    shown = render_template(
        "invite_lists/changes.html",
        made=made,
        entry=made.engagement,
        copies=compared.copies,
        before=compared.before,
        after=compared.after,
        changed=changed,
        acts=acts,
        people=people,
        held=held,
        why=_why,
        may_change=invite_lists.may_change(g.viewer, made),
        typed=typed,
        problems=dict(problems),
    )
    others = (*changed.came, *changed.went) if changed else ()
    told = {one.person.id: (one.person, one.agreement_id) for one in people.values()}
    told |= {one.person.id: (one.person, one.agreement_id) for one in others}
    invite_lists.note_shown(db.session, made, told.values(), viewer=g.viewer)
    audit.before_it_leaves(db.session)
    db.session.commit()
    return shown


def _copy(name: str) -> uuid.UUID | None:
    return uid_from(name) if request.args.get(name) else None


def _why(one: Other) -> str:
    """Why somebody came or went, in words that name nobody."""
    if one.rule:
        return invite_words.left_out(db.session, one.rule)
    because = (f"{way.group.title} {invite_words.why(way.group.reasons)}" for way in one.through)
    return "; ".join(because) or "added by hand"


def _done(
    made: InviteList, words: str, onward: str = "", tone: str = "success"
) -> ResponseReturnValue:
    path = made.path + onward
    flash(words, tone)
    db.session.commit()
    return redirect(path, 303)
