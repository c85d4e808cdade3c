"""The groups that an event wants to have there, and where they are wanted besides."""

import uuid
from collections.abc import Mapping
from typing import Any

from flask import Blueprint, g, request
from flask.typing import ResponseReturnValue

from assetmap import access
from assetmap.db import db
from assetmap.models import Engagement
from assetmap.register import entries, guests, pointers
from assetmap.schemas.guests import Wanted
from assetmap.schemas.reading import from_form
from assetmap.vocabulary import Kind
from assetmap.web import event_pages, labels
from assetmap.web.entry_requests import done, event_shown, event_to_change, uid_from
from assetmap.web.event_pages import NONE, Back

bp = Blueprint("guests", __name__, url_prefix="/engagements/<uuid:uid>/groups")

NOT_OURS = frozenset({"csrf_token"})


@bp.get("/")
def show(uid: uuid.UUID) -> str:
    """Those that are wanted with what they clash with, and others near by."""
    return _page(event_shown(uid))


@bp.post("/")
def want(uid: uuid.UUID) -> ResponseReturnValue:
    """Want those that were ticked, and the one that was typed."""
    event = event_to_change(uid)

    def keep() -> ResponseReturnValue:
        wanted = from_form(Wanted, request.form, ignore=NOT_OURS)
        groups = [
            entries.find(db.session, one, viewer=g.viewer, kind=Kind.GROUP) for one in wanted.groups
        ]
        if wanted.name:
            kinds = (Kind.GROUP,)
            groups.append(
                pointers.entry_called(db.session, wanted.name, kinds, viewer=g.viewer, field="name")
            )
        fresh = guests.want(db.session, event, groups, viewer=g.viewer)
        words = f"{labels.counted(len(fresh), Kind.GROUP)} added." if fresh else ""
        return done(event, words or "Nothing was ticked that is not wanted already.", "/groups/")

    def again(back: Back) -> str:
        return _page(event_to_change(uid), request.form, back.problems or {"name": back.said})

    return event_pages.kept_or(keep, again)


@bp.post("/let-go")
def let_go(uid: uuid.UUID) -> ResponseReturnValue:
    """Want it no longer."""
    event = event_to_change(uid)
    group = entries.find(db.session, uid_from("group"), viewer=g.viewer, kind=Kind.GROUP)
    guests.let_go(db.session, event, group, viewer=g.viewer)
    return done(event, f"{group.title} is not wanted any longer.", "/groups/")


def _page(
    event: Engagement, typed: Mapping[str, Any] = NONE, problems: Mapping[str, str] = NONE
) -> str:
    wanted = guests.of(db.session, event, viewer=g.viewer)
    may_change = access.may_change(g.viewer, event)
    return event_pages.read(
        event,
        "planning/groups.html",
        is_again=bool(problems),
        wanted=wanted,
        clashes=sum(bool(one.same_day) for one in wanted),
        near=guests.near(db.session, event, wanted, viewer=g.viewer) if may_change else (),
        typed=typed,
        ticked=request.form.getlist("groups"),
        problems=dict(problems),
    )
