"""Whom to invite: the lists of a team, building one, and keeping who was asked."""

import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from flask import Blueprint, flash, g, redirect, render_template, request
from flask.typing import ResponseReturnValue
from uuid6 import uuid7
from werkzeug.datastructures import MultiDict

from assetmap.db import db
from assetmap.errors import BadRequest, Conflict, Invalid
from assetmap.models import Engagement, InviteList
from assetmap.register import (
    asking,
    audit,
    collections,
    entries,
    invite_lists,
    invite_words,
    pointers,
    saved_searches,
    search_choices,
    sharing,
)
from assetmap.register.invite_opening import Opened
from assetmap.register.invite_people import Built, Row
from assetmap.schemas.invite_lists import AskedDraft, Criteria, InvitePage
from assetmap.schemas.reading import from_form, from_query
from assetmap.vocabulary import Kind
from assetmap.web import contact_words, invite_forms, invite_pages
from assetmap.web.entry_requests import uid_from

bp = Blueprint("invite_lists", __name__, url_prefix="/invite-lists")

NOT_OURS = frozenset({"csrf_token"})
MOST_NAMED = 50
WHERE = (
    ("either", "At these places, or serving them from elsewhere"),
    ("at", "At these places"),
    ("serving", "Serving these places, wherever they are themselves"),
)
NONE: Mapping[str, str] = {}


@bp.get("/")
def browse() -> str:
    """The lists one may read; of one event, where it is named."""
    event = _event(request.args.get("event", ""))
    found = invite_lists.every(db.session, viewer=g.viewer, event=event)
    return render_template(
        "invite_lists/list.html",
        found=found,
        removed=invite_lists.removed(db.session, viewer=g.viewer),
        event=event,
        may_build=invite_lists.may_build(g.viewer, event.team_id)
        if event
        else bool(invite_lists.teams(db.session, viewer=g.viewer)),
    )


@bp.get("/new")
def new() -> str:
    """A form for a list; `event` says what for."""
    given = request.args.get("event", "")
    event = _event(given)
    invite_lists.require_building(db.session, event, viewer=g.viewer)
    name = event.title[:80] if event else ""
    typed = MultiDict({"event": given, "name": name, "where": "either", "buffer_m": "500"})
    return _form(typed, event=event)


@bp.post("/new")
def make() -> ResponseReturnValue:
    """Build it."""
    uid = uid_from("uid")
    try:
        draft = invite_forms.draft(db.session, request.form)
        made = invite_lists.put(db.session, uid, draft, viewer=g.viewer).made
    except (Invalid, Conflict) as error:
        db.session.rollback()
        event = _event(request.form.get("event", ""))
        return _form(request.form, _problems(error), event=event), error.status
    return _done(made, "The list is built.")


@bp.get("/<uuid:uid>")
def show(uid: uuid.UUID) -> str:
    """Who is on it now, why, and who is left out."""
    return _page(invite_pages.opened(uid))


@bp.get("/<uuid:uid>/edit")
def edit(uid: uuid.UUID) -> str:
    """What it is made of, as a form."""
    made = invite_lists.to_change(db.session, uid, viewer=g.viewer)
    return _form(invite_forms.typed_of(db.session, made), made=made, event=made.engagement)


@bp.post("/<uuid:uid>/edit")
def change(uid: uuid.UUID) -> ResponseReturnValue:
    """Make it of something else."""
    try:
        draft = invite_forms.draft(db.session, request.form)
        version = request.form.get("version", "")
        made = invite_lists.put(
            db.session,
            uid,
            draft,
            viewer=g.viewer,
            base_version=int(version) if version.isdecimal() and len(version) < 10 else None,
        ).made
    except (Invalid, Conflict) as error:
        db.session.rollback()
        made = invite_lists.to_change(db.session, uid, viewer=g.viewer)
        typed = request.form.copy()
        if isinstance(error, Conflict):  # saved over what it has now shown
            typed["version"] = str(made.version)
        page = _form(typed, _problems(error), made=made, event=made.engagement)
        return page, error.status
    return _done(made, "Saved.")


@bp.post("/<uuid:uid>/asked")
def asked(uid: uuid.UUID) -> ResponseReturnValue:
    """Keep that those who were ticked have been asked."""
    made = invite_lists.to_change(db.session, uid, viewer=g.viewer)
    try:
        draft = from_form(AskedDraft, request.form, ignore=NOT_OURS)
        rows = asking.ask(db.session, made, draft, viewer=g.viewer)
    except Invalid as error:
        db.session.rollback()
        again = invite_pages.opened(uid)
        problems = dict(error.problems)
        if "people" in problems and not request.form.getlist("people"):
            problems["people"] = "Tick whom you have asked."
        return _page(again, problems), error.status
    one = "1 person has" if len(rows) == 1 else f"{len(rows)} people have"
    return _done(made, f"Kept: {one} been asked." if rows else "They had been asked already.")


@bp.post("/<uuid:uid>/asked/take-back")
def take_back(uid: uuid.UUID) -> ResponseReturnValue:
    """They were not asked after all."""
    made = invite_lists.to_change(db.session, uid, viewer=g.viewer)
    person = asking.take_back(db.session, made, uid_from("person"), viewer=g.viewer)
    return _done(made, f"Taken back: {person.called} was not asked.")


@bp.post("/<uuid:uid>/remove")
def remove(uid: uuid.UUID) -> ResponseReturnValue:
    """Take the list away."""
    made = invite_lists.to_change(db.session, uid, viewer=g.viewer)
    invite_lists.remove(db.session, made, viewer=g.viewer)
    flash("The list is taken away. Who was asked stays known.", "success")
    db.session.commit()
    return redirect("/invite-lists/", 303)


@bp.post("/<uuid:uid>/put-back")
def put_back(uid: uuid.UUID) -> ResponseReturnValue:
    """Undo that."""
    return _done(invite_lists.put_back(db.session, uid, viewer=g.viewer), "The list is back.")


def _page(found: Opened, problems: Mapping[str, str] = NONE) -> str:
    wanted = from_query(InvitePage, request.args)
    made = found.made
    built = invite_lists.build(db.session, made, viewer=g.viewer, hand=found.hand)
    said = invite_lists.criteria_of(made)
    last = wanted.first - 1 + wanted.limit
    rows = built.rows[wanted.first - 1 : last]
    if wanted.first > 1 and not rows:
        raise BadRequest.field("first", "There are not so many.")
    named = [row for one in built.left_out for row in one.named[:MOST_NAMED]]
    shown = render_template(
        "invite_lists/show.html",
        made=made,
        entry=made.engagement,
        said=said,
        drawn=_drawn(said),
        from_where=_from_where(built),
        built=built,
        rows=rows,
        first=wanted.first,
        next_first=last + 1 if len(built.rows) > last else 0,
        left_out=[(one, invite_words.left_out(db.session, one.rule)) for one in built.left_out],
        most_named=MOST_NAMED,
        because=_because,
        words=contact_words,
        channels=_channels(built),
        may_change=invite_lists.may_change(g.viewer, made),
        ticked=request.form.getlist("people"),
        problems=dict(problems),
    )
    invite_lists.note_read(db.session, made, [*rows, *built.asked, *named], viewer=g.viewer)
    audit.before_it_leaves(db.session)
    db.session.commit()
    return shown


def _form(
    typed: MultiDict[str, str],
    problems: Mapping[str, str] = NONE,
    *,
    made: InviteList | None = None,
    event: Engagement | None = None,
) -> str:
    teams = [] if made or event else invite_lists.teams(db.session, viewer=g.viewer)
    terms = search_choices.branches(search_choices.terms(db.session), [Kind.GROUP.value], [])
    return render_template(
        "invite_lists/form.html",
        made=made,
        event=event,
        typed=typed,
        ticked=typed.getlist("category"),
        problems=dict(problems),
        form_uid=typed.get("uid") or uuid7(),
        teams=[(str(team.uid), team.name) for team in teams],
        hotspots=list(pointers.suggestions(db.session, (Kind.HOTSPOT,), viewer=g.viewer).items()),
        kept=_kept(typed),
        branches=terms.get("asset", []),
        where=WHERE,
    )


def _kept(typed: MultiDict[str, str]) -> Mapping[str, list[tuple[str, str]]]:
    """The saved searches and collections to choose from. One that is chosen and not the viewer's
    stays chosen."""
    found: Mapping[str, Sequence[sharing.Shared]] = {
        "saved_search": saved_searches.every(db.session, viewer=g.viewer),
        "collection": collections.every(db.session, viewer=g.viewer),
    }
    choices = {name: [(str(one.uid), one.name) for one in some] for name, some in found.items()}
    for name, some in choices.items():
        chosen = typed.get(name, "")
        if chosen and chosen not in dict(some):
            some.append((chosen, "Somebody else’s, or taken away"))
    return choices


def _event(given: str) -> Engagement | None:
    """The event that is named, if one is. Raises BadRequest, NotFound."""
    if not given:
        return None
    uid = uid_from("event")
    event = entries.find(db.session, uid, viewer=g.viewer, kind=Kind.ENGAGEMENT)
    assert isinstance(event, Engagement)  # the kind that was asked for
    return event


def _problems(error: Invalid | Conflict) -> Mapping[str, str]:
    return error.problems if isinstance(error, Invalid) else {"name": str(error)}


def _because(row: Row) -> list[tuple[str, str, str, str]]:
    """Through which group: what they are there, its name and path, and why it is on the list."""
    return [
        (
            way.title,
            way.group.title,
            way.group.path,
            invite_words.why(way.group.reasons),
        )
        for way in row.through
    ]


def _drawn(said: Criteria) -> Mapping[str, Any] | None:
    """The shape that it comes from, for the map."""
    if said.within is None:
        return None
    shape = {"type": "Feature", "properties": {}, "geometry": said.within}
    return {"type": "FeatureCollection", "features": [shape]}


def _from_where(built: Built) -> list[tuple[str, int]]:
    """Each rule in words, with how many groups it brought."""
    counts: dict[str, int] = {}
    for group in built.groups:
        for reason in group.reasons:
            words = invite_words.because(reason)
            counts[words] = counts.get(words, 0) + 1
    return sorted(counts.items(), key=lambda one: (-one[1], one[0]))


def _channels(built: Built) -> Sequence[tuple[str, Any]]:
    """The channels by which somebody on the list may be asked."""
    there = {channel for row in built.rows for channel in row.ways}
    return [(one.value, name) for one, name in contact_words.CHANNELS.items() if one in there]


def _done(made: InviteList, words: str) -> ResponseReturnValue:
    path = made.path
    flash(words, "success")
    db.session.commit()
    return redirect(path, 303)
