"""Saved searches for programs: keeping them, sharing them, and what to ask to run them."""

import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from flask import Blueprint, g
from pydantic import Field

from assetmap.api.contract import Operation, Reply, base_version, root
from assetmap.db import db
from assetmap.models import SavedSearch
from assetmap.register import saved_searches, search_alerts
from assetmap.schemas.features import Given
from assetmap.schemas.reading import checked
from assetmap.schemas.saved_searches import NewsDraft, SavedSearchDraft, query_of
from assetmap.schemas.search import Filters

bp = Blueprint("api_saved_searches", __name__, url_prefix="/api/saved-searches")


class SavedSearchGiven(Given):
    """A search under a name."""

    uid: uuid.UUID
    version: int
    name: str
    team: uuid.UUID | None = Field(description="uid of the team that it is shared with")
    yours: bool = Field(description="whether you saved it")
    criteria: Filters
    run: str = Field(description="address at which it is run, with the rights of whoever asks")
    every: str = Field(description="how often you are told what is new: daily, weekly or never")
    updated_at: datetime


class SavedSearchesGiven(Given):
    """The searches you may run, by name."""

    searches: list[SavedSearchGiven]


@bp.get("")
@Operation(gives=SavedSearchesGiven)
def saved() -> Reply:
    """List your saved searches, and those shared with your teams."""
    found = saved_searches.every(db.session, viewer=g.viewer)
    told = search_alerts.of(db.session, viewer=g.viewer)
    return Reply({"searches": [_given(one, told) for one in found]})


@bp.get("/<uuid:uid>")
@Operation(gives=SavedSearchGiven, refuses=(404,))
def read_saved(uid: uuid.UUID) -> Reply:
    """Read what a saved search asks for, and where it is run."""
    made = saved_searches.find(db.session, uid, viewer=g.viewer)
    return Reply(_given(made, search_alerts.of(db.session, viewer=g.viewer)))


@bp.put("/<uuid:uid>")
@Operation(
    gives=SavedSearchGiven,
    also={201: "Saved"},
    sends=SavedSearchDraft,
    headers=("If-Match",),
    refuses=(403, 404, 409, 412),
)
def save(uid: uuid.UUID, body: Any) -> Reply:
    """Save a search under the uid you chose for it, or change its name, its team or what it asks.

    To change, say in If-Match which version you changed. The same sent again changes nothing.
    """
    draft = checked(SavedSearchDraft, body)
    done = saved_searches.put(db.session, uid, draft, viewer=g.viewer, base_version=base_version())
    made = saved_searches.find(db.session, uid, viewer=g.viewer)
    told = search_alerts.of(db.session, viewer=g.viewer)
    answer, version = _given(made, told), str(made.version)
    db.session.commit()
    headers = {"Location": f"{root()}/api/saved-searches/{uid}"} if done.is_new else {}
    return Reply(answer, 201 if done.is_new else 200, etag=version, headers=headers)


@bp.delete("/<uuid:uid>")
@Operation(status=204, refuses=(403, 404))
def forget(uid: uuid.UUID) -> Reply:
    """Take a saved search away; on its page it can be put back."""
    made = saved_searches.to_change(db.session, uid, viewer=g.viewer)
    saved_searches.remove(db.session, made, viewer=g.viewer)
    db.session.commit()
    return Reply(status=204)


@bp.put("/<uuid:uid>/news")
@Operation(gives=SavedSearchGiven, body=NewsDraft, refuses=(403, 404))
def tell_news(uid: uuid.UUID, body: NewsDraft) -> Reply:
    """Be told by e-mail what is new in a saved search, daily or weekly, or no longer."""
    made = saved_searches.find(db.session, uid, viewer=g.viewer)
    search_alerts.put(db.session, made, body.every, viewer=g.viewer)
    db.session.flush()  # it is read next
    answer = _given(made, search_alerts.of(db.session, viewer=g.viewer))
    db.session.commit()
    return Reply(answer)


def _given(made: SavedSearch, told: Mapping[int, str]) -> dict[str, Any]:
    criteria = saved_searches.criteria_of(made)
    return {
        "uid": made.uid,
        "version": made.version,
        "name": made.name,
        "team": made.team.uid if made.team else None,
        "yours": made.owner_id == g.viewer.user_id,
        "criteria": criteria.model_dump(mode="json"),
        "run": f"{root()}/api/entries?{query_of(criteria)}",
        "every": told.get(made.id, "never"),
        "updated_at": made.updated_at,
    }
