"""Collections for programs: keeping them, sharing them, and what is in them."""

import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from flask import Blueprint, g
from pydantic import Field

from assetmap.api.contract import Operation, Reply, base_version, root
from assetmap.db import db
from assetmap.models import Collection
from assetmap.register import collections
from assetmap.schemas.collections import CollectionDraft, PickedDraft
from assetmap.schemas.features import Given
from assetmap.schemas.reading import checked

bp = Blueprint("api_collections", __name__, url_prefix="/api/collections")


class CollectionGiven(Given):
    """A collection. Its entries are at `entries`, as a search gives them."""

    uid: uuid.UUID
    version: int
    name: str
    team: uuid.UUID | None = Field(description="uid of the team that it is shared with")
    yours: bool = Field(description="whether you made it")
    count: int = Field(ge=0, description="how many entries of it you may see")
    entries: str = Field(description="address of these entries")
    updated_at: datetime


class CollectionsGiven(Given):
    """The collections you may open, by name."""

    collections: list[CollectionGiven]


@bp.get("")
@Operation(gives=CollectionsGiven)
def collected() -> Reply:
    """List your collections, and those shared with your teams."""
    found = collections.every(db.session, viewer=g.viewer)
    counts = collections.counts(db.session, found, viewer=g.viewer)
    return Reply({"collections": [_given(one, counts) for one in found]})


@bp.get("/<uuid:uid>")
@Operation(gives=CollectionGiven, refuses=(404,))
def read_collection(uid: uuid.UUID) -> Reply:
    """Read what a collection is called, how many entries of it you may see, and where they are."""
    made = collections.find(db.session, uid, viewer=g.viewer)
    return Reply(_one(made))


@bp.put("/<uuid:uid>")
@Operation(
    gives=CollectionGiven,
    also={201: "Begun"},
    sends=CollectionDraft,
    headers=("If-Match",),
    refuses=(403, 404, 409, 412),
)
def keep_collection(uid: uuid.UUID, body: Any) -> Reply:
    """Begin a collection under the uid you chose for it, or change its name or its team.

    To change, say in If-Match which version you changed. The same sent again changes nothing.
    """
    draft = checked(CollectionDraft, body)
    _, is_new = collections.put(
        db.session, uid, draft, viewer=g.viewer, base_version=base_version()
    )
    made = collections.find(db.session, uid, viewer=g.viewer)
    answer, version = _one(made), str(made.version)
    db.session.commit()
    headers = {"Location": f"{root()}/api/collections/{uid}"} if is_new else {}
    return Reply(answer, 201 if is_new else 200, etag=version, headers=headers)


@bp.delete("/<uuid:uid>")
@Operation(status=204, refuses=(403, 404))
def forget_collection(uid: uuid.UUID) -> Reply:
    """Take a collection away; on the page of collections it can be put back."""
    made = collections.to_change(db.session, uid, viewer=g.viewer)
    collections.remove(db.session, made, viewer=g.viewer)
    db.session.commit()
    return Reply(status=204)


@bp.post("/<uuid:uid>/entries")
@Operation(gives=CollectionGiven, body=PickedDraft, refuses=(403, 404))
def pick(uid: uuid.UUID, body: PickedDraft) -> Reply:
    """Put entries into a collection. The same sent again adds nothing."""
    made = collections.find(db.session, uid, viewer=g.viewer)
    collections.add(db.session, made, body.entry, viewer=g.viewer)
    db.session.flush()  # they are counted next
    answer = _one(made)
    db.session.commit()
    return Reply(answer)


@bp.delete("/<uuid:uid>/entries/<uuid:entry>")
@Operation(status=204, refuses=(403, 404))
def unpick(uid: uuid.UUID, entry: uuid.UUID) -> Reply:
    """Take an entry out of a collection; the entry itself stays."""
    made = collections.find(db.session, uid, viewer=g.viewer)
    collections.take_out(db.session, made, entry, viewer=g.viewer)
    db.session.commit()
    return Reply(status=204)


def _one(made: Collection) -> dict[str, Any]:
    return _given(made, collections.counts(db.session, [made], viewer=g.viewer))


def _given(made: Collection, counts: Mapping[int, int]) -> dict[str, Any]:
    return {
        "uid": made.uid,
        "version": made.version,
        "name": made.name,
        "team": made.team.uid if made.team else None,
        "yours": made.owner_id == g.viewer.user_id,
        "count": counts.get(made.id, 0),
        "entries": f"{root()}/api/entries?collection={made.uid}&status=any",
        "updated_at": made.updated_at,
    }
