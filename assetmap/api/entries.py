"""Entries of every kind: the search, and what can be asked of and done to any one of them."""

import uuid
from typing import Annotated, Any

from flask import Blueprint, g, request
from pydantic import BaseModel, ConfigDict, Field

from assetmap import gate
from assetmap.api.arriving import DELIVERY, delivery
from assetmap.api.contract import (
    GEOJSON,
    Operation,
    Reply,
    page_links,
    read_json,
    require_reason,
    said_why,
)
from assetmap.api.kinds import as_it_is, known_already
from assetmap.db import db, local_day, now
from assetmap.models import Entry
from assetmap.models.states import ALL_STATES
from assetmap.register import (
    audit,
    audit_taking,
    deliveries,
    entries,
    features,
    histories,
    links,
    reasons,
    search,
    sending,
    snapshots,
)
from assetmap.register.links import Step
from assetmap.register.search import Facet, Results
from assetmap.schemas import features as shapes
from assetmap.schemas.reading import checked
from assetmap.schemas.search import ListSearch
from assetmap.schemas.text import Day, Line, Prose
from assetmap.vocabulary import CheckedHow, Relation

bp = Blueprint("api_entries", __name__, url_prefix="/api/entries")


class _Asked(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Check(_Asked):
    """How somebody made sure, when, and what they found."""

    how: CheckedHow = CheckedHow.VISIT
    on: Day | None = Field(None, description="today unless said; no more than a year ago")
    found: deliveries.Seen = Field("here", description="still here, changed, or gone")
    note: Annotated[str, Line(500)] = Field("", description="what has changed")


class Move(_Asked):
    """The state to go to, and what the register asks for on the way there."""

    status: Annotated[str, Line(20, 1)] = Field(..., json_schema_extra={"enum": [*ALL_STATES]})
    why: Annotated[str, Line(500)] = ""
    resolution: Annotated[str, Prose(2000)] = Field("", description="what was done, for resolved")
    by_resident: bool = Field(False, description="for verified: a resident went to look")
    partner: Annotated[str, Line(120)] | None = Field(
        None, description="for assigned: name or uid of the body that will see to it"
    )
    until: Day | None = Field(None, description="for an expired offer: its new last day")


class Tie(_Asked):
    """Read as: this entry … relation … that one."""

    relation: Relation
    to: uuid.UUID


class Untie(_Asked):
    """The link to take away; some programs can't send a body with DELETE."""

    relation: Relation | None = None
    to: uuid.UUID | None = None


class Tied(shapes.Given):
    """A link as it now is."""

    start: uuid.UUID = Field(serialization_alias="from", alias="from")
    relation: Relation
    to: uuid.UUID


class Depth(_Asked):
    """How much of the chain to give."""

    limit: int = Field(200, ge=1, le=1000, description="most entries each way, the nearest first")


class Pages(_Asked):
    """How much of the history to give."""

    limit: int = Field(100, ge=1, le=500, description="most versions, the latest first")


class Version(shapes.Given):
    """What happened to an entry once."""

    version: int
    at: str = Field(json_schema_extra={"format": "date-time"})
    by: str | None
    verb: str
    why: str
    changes: dict[str, list[Any]] = Field(description="field: [before, after]")


class History(shapes.Given):
    """What happened to an entry, the latest first."""

    history: list[Version]


@bp.get("")
@gate.public
@Operation(
    gives=shapes.collection_given(),
    query=ListSearch,
    headers=("X-Purpose",),
    refuses=(428,),
    media=GEOJSON,
)
def find(query: ListSearch) -> Reply:
    """Search the register by words, area, category, place, provenance and state.

    Everything given must match; several values of one parameter mean any of them. Follow the link
    whose rel is next for more. Each Feature says in `why` how it matched.
    """
    found = search.search(db.session, query, viewer=g.viewer, facets=query.counts)
    why = said_why()
    shown = [hit.entry for hit in found.hits]
    reasons.require_for_all(db.session, shown, why, viewer=g.viewer)
    today = local_day(now())
    answer = Reply(
        {
            "type": "FeatureCollection",
            **(_over_all(found) if query.counts else {}),
            "numberReturned": len(found.hits),
            "links": page_links(found.next_cursor, GEOJSON),
            "features": [
                features.feature(hit, today, features.why(hit, query, today=today))
                for hit in found.hits
            ],
        }
    )
    audit_taking.read(db.session, found.hits, viewer=g.viewer, filters=request.args, purpose=why)
    audit.before_it_leaves(db.session)
    db.session.commit()
    return answer


@bp.get("/<uuid:uid>/provenance")
@gate.public
@Operation(gives=shapes.provenance_given(), query=Depth, headers=("X-Purpose",), refuses=(404, 428))
def provenance(uid: uuid.UUID, query: Depth) -> Reply:
    """What an entry came from and what it led to, the nearest first."""
    entry = entries.find(db.session, uid, viewer=g.viewer)
    reasons.require(db.session, entry, said_why(), viewer=g.viewer)
    chain = links.chain(db.session, entry, viewer=g.viewer, most=query.limit)
    along, why = [step.hit for step in [*chain.came_from, *chain.led_to]], said_why()
    reasons.require_for_all(db.session, [hit.entry for hit in along], why, viewer=g.viewer)
    audit_taking.read(db.session, along, viewer=g.viewer, filters=(), purpose=why)
    uids = {hit.entry.id: hit.entry.uid for hit in along}
    uids[entry.id] = entry.uid
    answer = Reply(
        {
            "came_from": [_step(step, uids) for step in chain.came_from],
            "led_to": [_step(step, uids) for step in chain.led_to],
        }
    )
    audit.before_it_leaves(db.session)
    db.session.commit()
    return answer


@bp.get("/<uuid:uid>/history")
@gate.public
@Operation(gives=History, query=Pages, headers=("X-Purpose",), refuses=(404, 428))
def history(uid: uuid.UUID, query: Pages) -> Reply:
    """What happened to an entry, field by field; its own team also learns who did it and why."""
    entry = entries.find(db.session, uid, viewer=g.viewer)
    reasons.require(db.session, entry, said_why(), viewer=g.viewer)
    rows = histories.of(db.session, entry, viewer=g.viewer, limit=query.limit)
    answer = Reply(
        {
            "history": [
                {
                    "version": row.version,
                    "at": snapshots.as_json(row.at),
                    "by": row.by.name if row.by else None,
                    "verb": row.verb,
                    "why": row.why,
                    "changes": row.changes,
                }
                for row in rows
            ]
        }
    )
    audit_taking.read_history(db.session, entry, viewer=g.viewer)
    audit.before_it_leaves(db.session)
    db.session.commit()
    return answer


@bp.post("/<uuid:uid>/check")
@Operation(
    gives=shapes.any_feature(),
    body=Check,
    kept=shapes.Accepted,
    headers=("X-Purpose", *DELIVERY),
    refuses=(403, 404, 409, 428),
    media=GEOJSON,
)
def check(uid: uuid.UUID, body: Check) -> Reply:
    """Still here: say that somebody made sure of an entry, or that it has changed or is gone.

    What changed, and what is gone but not yours to close, is kept as a suggestion (202).
    """
    now_at = deliveries.leads_to(db.session, uid, viewer=g.viewer)
    require_reason(now_at)
    if not deliveries.take(db.session, delivery(), "check", uid, viewer=g.viewer):
        return known_already(now_at)
    kept = deliveries.saw(
        db.session, now_at, body.found, viewer=g.viewer, how=body.how, on=body.on, note=body.note
    )
    if kept.proposal is None:
        answer = _whole(kept.entry)
    else:
        answer = Reply({"received": True, "proposal": str(kept.proposal.uid)}, 202)
    db.session.commit()
    return answer


@bp.post("/<uuid:uid>/status")
@Operation(
    gives=shapes.any_feature(),
    body=Move,
    kept=shapes.Accepted,
    headers=("X-Purpose", *DELIVERY),
    refuses=(403, 404, 409, 428),
    media=GEOJSON,
)
def move(uid: uuid.UUID, body: Move) -> Reply:
    """Take an entry to another state; one that is in it already stays as it is."""
    require_reason(uid)
    if not deliveries.take(db.session, delivery(), "status", uid, viewer=g.viewer):
        return as_it_is(uid)
    entry = sending.to_another_state(
        db.session,
        uid,
        body.status,
        viewer=g.viewer,
        why=body.why,
        resolution=body.resolution,
        by_resident=body.by_resident,
        partner=body.partner,
        until=body.until,
    )
    answer = _whole(entry)
    db.session.commit()
    return answer


@bp.post("/<uuid:uid>/links")
@Operation(gives=Tied, body=Tie, refuses=(403, 404, 409))
def link(uid: uuid.UUID, body: Tie) -> Reply:
    """Tie an entry to another; saying the same twice adds nothing."""
    start = entries.find(db.session, uid, viewer=g.viewer)
    end = sending.named(db.session, body.to, "to", viewer=g.viewer)
    links.link(db.session, start, body.relation, end, viewer=g.viewer)
    db.session.commit()
    return Reply({"from": uid, "relation": body.relation, "to": body.to})


@bp.delete("/<uuid:uid>/links")
@Operation(status=204, query=Untie, refuses=(403, 404, 409, 413, 415, 422))
def unlink(uid: uuid.UUID, query: Untie) -> Reply:
    """Untie an entry from another, named in the address or in a body like the one that tied it."""
    tie = checked(Tie, query.model_dump(exclude_none=True) or (read_json() if request.data else {}))
    start = entries.find(db.session, uid, viewer=g.viewer)
    end = entries.find(db.session, tie.to, viewer=g.viewer)
    links.unlink(db.session, start, tie.relation, end, viewer=g.viewer)
    db.session.commit()
    return Reply(status=204)


def _whole(entry: Entry) -> Reply:
    body = sending.whole(db.session, entry, viewer=g.viewer)
    return Reply(body, etag=str(body["properties"]["version"]))


def _over_all(found: Results) -> dict[str, Any]:
    facets = {"kind": found.kinds, "category": found.categories, "area": found.areas}
    return {
        "numberMatched": found.total,
        "facets": {name: _counts(some) for name, some in facets.items()},
    }


def _counts(facets: list[Facet]) -> list[dict[str, Any]]:
    return [
        {"code": one.code, "label": one.label, "count": one.count, "parent": one.parent}
        for one in facets
    ]


def _step(step: Step, uids: dict[int, uuid.UUID]) -> dict[str, Any]:
    return {
        "depth": step.depth,
        "relation": step.relation,
        "via": uids.get(step.via_id),
        "feature": features.feature(step.hit, local_day(now())),
    }
