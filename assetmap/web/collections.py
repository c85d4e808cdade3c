"""Collections: entries picked by hand, shown in a list and on a map, shared and taken away."""

import uuid
from collections.abc import Mapping
from typing import Any

from flask import Blueprint, flash, g, redirect, render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session
from uuid6 import uuid7
from werkzeug.datastructures import MultiDict

from assetmap.db import db, local_day, now
from assetmap.errors import BadRequest, Conflict, Invalid
from assetmap.models import Collection
from assetmap.register import (
    classification,
    collections,
    search,
    search_choices,
    sharing,
)
from assetmap.register.search import Hit
from assetmap.schemas.collections import MOST_AT_ONCE, CollectionDraft, PickedDraft
from assetmap.schemas.reading import checked
from assetmap.web import labels, search_address, search_page
from assetmap.web.entry_requests import uid_from

bp = Blueprint("collections", __name__, url_prefix="/collections")
NONE: Mapping[str, str] = {}
PAGE = "100"
NEW = "new"


@bp.get("/")
def browse() -> str:
    """One's own, and those of one's teams."""
    found = collections.every(db.session, viewer=g.viewer)
    return render_template(
        "collections/list.html",
        found=found,
        counts=collections.counts(db.session, found, viewer=g.viewer),
        removed=collections.removed(db.session, viewer=g.viewer),
        may_change=sharing.may_change,
        section="/",
    )


@bp.get("/new")
def new() -> str:
    """A form for the name."""
    return _form(MultiDict())


@bp.post("/new")
def make() -> ResponseReturnValue:
    """Begin a collection, empty."""
    try:
        made, _ = collections.put(db.session, uid_from("uid"), _draft(), viewer=g.viewer)
    except (Invalid, Conflict) as error:
        db.session.rollback()
        return _form(request.form, _problems(error)), error.status
    return _done(made.path, "The collection is there. Add to it from a search, or from an entry.")


@bp.get("/add")
def choose() -> str:
    """Where to put the entries that the address names."""
    return _adding(request.args)


@bp.post("/add")
def add() -> ResponseReturnValue:
    """Put them there: into a collection, or a new one."""
    typed = request.form
    try:
        picked = checked(PickedDraft, {"entry": typed.getlist("entry")})
        made = _wanted()
        number = collections.add(db.session, made, picked.entry, viewer=g.viewer)
    except (Invalid, Conflict) as error:
        db.session.rollback()
        return _adding(typed, _problems(error)), error.status
    one = "1 entry is" if number == 1 else f"{number} entries are"
    return _done(made.path, f"{one} added." if number else "They were there already.")


@bp.get("/<uuid:uid>")
def show(uid: uuid.UUID) -> str:
    """What of it one may see: a list, a map and ways to take it along."""
    made = collections.find(db.session, uid, viewer=g.viewer)
    given = {"collection": str(uid), "status": "any", "limit": PAGE}
    cursor, first = request.args.get("cursor", ""), request.args.get("first", "")
    more = {"cursor": cursor, "first": first} if cursor else {}
    asked = search_address.read(db.session, MultiDict({**given, **more}))
    if asked.wanted is None:
        raise BadRequest.field("cursor", "Begin again on the first page.")
    found = search.search(db.session, asked.wanted, viewer=g.viewer)
    others = search_choices.others(db.session, found.hits, viewer=g.viewer)
    after = asked.first + len(found.hits)
    return render_template(
        "collections/show.html",
        made=made,
        found=found,
        cards=search_page.cards(found, asked, others.givers, today := local_day(now())),
        pins=search_page.pins(found.hits, asked.first),
        next_url=f"{made.path}?cursor={found.next_cursor}&first={after}"
        if found.next_cursor
        else "",
        query=f"?collection={uid}&status=any",
        may_change=sharing.may_change(g.viewer, made),
        may_fill=collections.may_fill(g.viewer, made),
        level=_level(found.hits),
        today=today,
        asked=asked,
        section="/",
    )


@bp.get("/<uuid:uid>/edit")
def edit(uid: uuid.UUID) -> str:
    """Its name and who may open it, as a form."""
    made = collections.to_change(db.session, uid, viewer=g.viewer)
    typed = {"name": made.name, "version": str(made.version)}
    if made.team is not None:
        typed["team"] = str(made.team.uid)
    return _form(MultiDict(typed), made=made)


@bp.post("/<uuid:uid>/edit")
def change(uid: uuid.UUID) -> ResponseReturnValue:
    """Call it something else, or share it with others."""
    version = request.form.get("version", "")
    base = int(version) if version.isdecimal() and len(version) < 10 else None
    try:
        made, _ = collections.put(db.session, uid, _draft(), viewer=g.viewer, base_version=base)
    except (Invalid, Conflict) as error:
        db.session.rollback()
        made = collections.to_change(db.session, uid, viewer=g.viewer)
        typed = request.form.copy()
        if isinstance(error, Conflict):  # saved over what it has now shown
            typed["version"] = str(made.version)
        return _form(typed, _problems(error), made=made), error.status
    return _done(made.path, "Saved.")


@bp.post("/<uuid:uid>/take-out")
def take_out(uid: uuid.UUID) -> ResponseReturnValue:
    """Take an entry out of it."""
    made = collections.find(db.session, uid, viewer=g.viewer)
    gone = collections.take_out(db.session, made, uid_from("entry"), viewer=g.viewer)
    return _done(made.path, "Taken out. The entry itself stays." if gone else "It was not there.")


@bp.post("/<uuid:uid>/remove")
def remove(uid: uuid.UUID) -> ResponseReturnValue:
    """Take the collection away."""
    made = collections.to_change(db.session, uid, viewer=g.viewer)
    collections.remove(db.session, made, viewer=g.viewer)
    return _done("/collections/", f"“{made.name}” is taken away. Its entries stay on the register.")


@bp.post("/<uuid:uid>/put-back")
def put_back(uid: uuid.UUID) -> ResponseReturnValue:
    """Undo that."""
    try:
        made = collections.put_back(db.session, uid, viewer=g.viewer)
    except Invalid as error:
        db.session.rollback()
        flash(" ".join(error.problems.values()), "error")
        return redirect("/collections/", 303)
    return _done("/collections/", f"“{made.name}” is back.")


def _wanted() -> Collection:
    """The collection that was chosen, or the new one that was named."""
    chosen = request.form.get("collection", "")
    named = request.form.get("name", "").strip()
    if chosen not in ("", NEW) and named:
        raise Invalid.field("collection", "Choose “A new one”, or take the name of it away.")
    if chosen in ("", NEW):
        if chosen == "" and not named:
            raise Invalid.field("collection", "Choose a collection, or name a new one.")
        return collections.put(db.session, uid_from("uid"), _draft(), viewer=g.viewer)[0]
    return collections.find(db.session, uid_from("collection"), viewer=g.viewer)


def _draft() -> CollectionDraft:
    said: dict[str, Any] = {name: request.form.get(name, "") for name in ("name", "team")}
    return checked(CollectionDraft, {name: value for name, value in said.items() if value.strip()})


def _adding(typed: MultiDict[str, str], problems: Mapping[str, str] = NONE) -> str:
    uids = [one for one in typed.getlist("entry") if one][:MOST_AT_ONCE]
    ticked = checked(PickedDraft, {"entry": uids}).entry if uids else []
    hits = _picked(db.session, ticked)
    mine = [
        one
        for one in collections.every(db.session, viewer=g.viewer)
        if collections.may_fill(g.viewer, one)
    ]
    choices = [(str(one.uid), one.name) for one in mine]
    return render_template(
        "collections/add.html",
        entries=hits,
        ticked=[uid for uid, _ in hits],
        collections=[("", "Choose one"), *choices, (NEW, "A new one")],
        typed=typed,
        problems=dict(problems),
        form_uid=typed.get("uid") or uuid7(),
        only_new=not mine,
        section="/",
    )


def _picked(session: Session, uids: list[uuid.UUID]) -> list[tuple[str, str]]:
    """Uid, and title with its kind, of those that the viewer may see, as they came."""
    found = collections.named(session, uids, viewer=g.viewer)
    shown = {uid: f"{title} ({labels.said(kind).lower()})" for uid, (title, kind) in found.items()}
    return [(str(uid), shown[uid]) for uid in uids if uid in shown]


def _form(
    typed: MultiDict[str, str],
    problems: Mapping[str, str] = NONE,
    *,
    made: Collection | None = None,
) -> str:
    sharing.person(g.viewer)
    teams = {str(team.uid): team.name for team in g.viewer.called.values()}
    if made is not None and made.team is not None:
        teams.setdefault(str(made.team.uid), made.team.name)
    ordered = sorted(teams.items(), key=lambda one: one[1].casefold())
    return render_template(
        "collections/form.html",
        made=made,
        typed=typed,
        problems=dict(problems),
        form_uid=typed.get("uid") or uuid7(),
        sharing=[("", "Only I"), *((uid, f"Everybody in {name}") for uid, name in ordered)],
        section="/",
    )


def _level(hits: list[Hit]) -> str:
    return classification.highest(
        db.session, ((hit.entry.kind, hit.entry.visibility) for hit in hits)
    )


def _problems(error: Invalid | Conflict) -> Mapping[str, str]:
    return error.problems if isinstance(error, Invalid) else {"name": str(error)}


def _done(path: str, words: str) -> ResponseReturnValue:
    flash(words, "success")
    db.session.commit()
    return redirect(path, 303)
