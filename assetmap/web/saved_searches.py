"""Saved searches: keeping what one sees on the search page, running it again, sharing it."""

import uuid
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl

from flask import Blueprint, flash, g, redirect, render_template, request
from flask.typing import ResponseReturnValue
from uuid6 import uuid7
from werkzeug.datastructures import MultiDict

from assetmap.db import db
from assetmap.errors import Conflict, Invalid
from assetmap.models import SavedSearch
from assetmap.register import saved_searches, search_alerts, sharing
from assetmap.schemas.reading import checked
from assetmap.schemas.saved_searches import NOTHING, SavedSearchDraft, kept, query_of
from assetmap.schemas.search import Filters
from assetmap.web import saved_words, search_address
from assetmap.web.entry_requests import uid_from

bp = Blueprint("saved_searches", __name__, url_prefix="/saved-searches")
NONE: Mapping[str, str] = {}
MOST_TYPED = 200_000  # characters of an address: a shape of many points, and the rest


@bp.get("/")
def browse() -> str:
    """One's own, and those of one's teams."""
    found = saved_searches.every(db.session, viewer=g.viewer)
    said = saved_words.described(db.session, found)
    return render_template(
        "saved_searches/list.html",
        found=list(zip(found, said, strict=True)),
        removed=saved_searches.removed(db.session, viewer=g.viewer),
        may_change=sharing.may_change,
        told=search_alerts.of(db.session, viewer=g.viewer),
        section="/",
    )


@bp.get("/new")
def new() -> str:
    """A form for the name; `search` is what stands behind the address of a search page."""
    search = request.args.get("search", "")
    _criteria(search)
    return _form(MultiDict({"search": search}))


@bp.post("/new")
def make() -> ResponseReturnValue:
    """Keep it."""
    uid = uid_from("uid")
    try:
        criteria = _criteria(request.form.get("search", ""))
        made = saved_searches.put(db.session, uid, _draft(criteria), viewer=g.viewer).made
    except (Invalid, Conflict) as error:
        db.session.rollback()
        return _form(request.form, _problems(error)), error.status
    return _done(f"Saved as “{made.name}”.")


@bp.get("/<uuid:uid>")
def run(uid: uuid.UUID) -> ResponseReturnValue:
    """Run it: on the search page, with the rights of whoever runs it."""
    made = saved_searches.find(db.session, uid, viewer=g.viewer)
    return redirect(f"/?{query_of(saved_searches.criteria_of(made))}")


@bp.get("/<uuid:uid>/edit")
def edit(uid: uuid.UUID) -> str:
    """Its name and who may run it, as a form."""
    made = saved_searches.to_change(db.session, uid, viewer=g.viewer)
    typed = {"name": made.name, "version": str(made.version)}
    if made.team is not None:
        typed["team"] = str(made.team.uid)
    return _form(MultiDict(typed), made=made)


@bp.post("/<uuid:uid>/edit")
def change(uid: uuid.UUID) -> ResponseReturnValue:
    """Call it something else, or share it with others."""
    made = saved_searches.to_change(db.session, uid, viewer=g.viewer)
    version = request.form.get("version", "")
    try:
        saved_searches.put(
            db.session,
            uid,
            _draft(saved_searches.criteria_of(made)),
            viewer=g.viewer,
            base_version=int(version) if version.isdecimal() and len(version) < 10 else None,
        )
    except (Invalid, Conflict) as error:
        db.session.rollback()
        made = saved_searches.to_change(db.session, uid, viewer=g.viewer)
        typed = request.form.copy()
        if isinstance(error, Conflict):  # saved over what it has now shown
            typed["version"] = str(made.version)
        return _form(typed, _problems(error), made=made), error.status
    return _done("Saved.")


@bp.post("/<uuid:uid>/remove")
def remove(uid: uuid.UUID) -> ResponseReturnValue:
    """Take it away."""
    made = saved_searches.to_change(db.session, uid, viewer=g.viewer)
    saved_searches.remove(db.session, made, viewer=g.viewer)
    return _done(f"“{made.name}” is taken away.")


@bp.post("/<uuid:uid>/put-back")
def put_back(uid: uuid.UUID) -> ResponseReturnValue:
    """Undo that."""
    try:
        made = saved_searches.put_back(db.session, uid, viewer=g.viewer)
    except Invalid as error:
        db.session.rollback()
        flash(" ".join(error.problems.values()), "error")
        return redirect("/saved-searches/", 303)
    return _done(f"“{made.name}” is back.")


def _criteria(search: str) -> Filters:
    """What the address of a search page asks for. Raises Invalid."""
    if len(search) > MOST_TYPED:
        raise Invalid.field("criteria", "This search is too long to keep. Draw a simpler shape.")
    query = search.partition("?")[2] or search
    asked = search_address.read(db.session, MultiDict(parse_qsl(query.partition("#")[0])))
    if asked.problems or asked.wanted is None:
        said = " ".join(asked.problems.values())
        raise Invalid.field("criteria", said or NOTHING)
    return asked.wanted


def _draft(criteria: Filters) -> SavedSearchDraft:
    said: dict[str, Any] = {name: request.form.get(name, "") for name in ("name", "team")}
    given = {name: value for name, value in said.items() if value.strip()}
    return checked(SavedSearchDraft, given | {"criteria": kept(criteria)})


def _form(
    typed: MultiDict[str, str],
    problems: Mapping[str, str] = NONE,
    *,
    made: SavedSearch | None = None,
) -> str:
    teams = {str(team.uid): team.name for team in g.viewer.called.values()}
    if made is not None and made.team is not None:
        teams.setdefault(str(made.team.uid), made.team.name)
    sharing = sorted(teams.items(), key=lambda one: one[1].casefold())
    if made is not None:
        said = saved_words.described(db.session, [made])[0]
    else:
        said = _shown(typed.get("search", ""))
    return render_template(
        "saved_searches/form.html",
        made=made,
        typed=typed,
        said=said,
        problems=dict(problems),
        form_uid=typed.get("uid") or uuid7(),
        sharing=[("", "Only I"), *((uid, f"Everybody in {name}") for uid, name in sharing)],
        section="/",
    )


def _shown(search: str) -> str:
    """What is about to be kept, in words."""
    try:
        criteria = kept(_criteria(search))
    except Invalid:
        return ""
    return saved_words.described(db.session, [SavedSearch(criteria=criteria)])[0]


def _problems(error: Invalid | Conflict) -> Mapping[str, str]:
    """By box; what is wrong with the search stands at the name, which is the only box to mend."""
    if isinstance(error, Conflict):
        return {"name": str(error)}
    return {
        name if name in ("name", "team") else "name": said for name, said in error.problems.items()
    }


def _done(words: str) -> ResponseReturnValue:
    flash(words, "success")
    db.session.commit()
    return redirect("/saved-searches/", 303)
