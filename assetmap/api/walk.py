"""What the phone app asks for: who is signed in, what to take along, what has arrived."""

import gzip
import hashlib
import uuid
from dataclasses import asdict
from datetime import datetime
from http import HTTPStatus
from typing import Any, Literal

from flask import Blueprint, Response, current_app, g, request
from flask_wtf.csrf import generate_csrf
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import select

from assetmap.api.contract import Operation, Reply
from assetmap.db import db, now
from assetmap.errors import NotFound
from assetmap.formats import basemap, geojson
from assetmap.models import Team, User
from assetmap.register import audit, audit_taking, deliveries, packs, wording
from assetmap.register.packs import Pack, Walk
from assetmap.register.weighing import Taking
from assetmap.schemas.features import Given
from assetmap.schemas.search import Place
from assetmap.schemas.stops import Stop
from assetmap.settings import Settings
from assetmap.viewers import WRITERS
from assetmap.vocabulary import Channel

bp = Blueprint("api_walk", __name__, url_prefix="/api/walk")
Scheme = Literal["asset", "offer", "finding"]
QUICK = 5  # of gzip: some 50 ms for the largest pack
PMTILES = "application/vnd.pmtiles"


class Named(Given):
    """Somebody, or a team."""

    uid: uuid.UUID
    name: str


class SessionGiven(Given):
    """Who is signed in on this phone, and the token that goes with what they send."""

    user: Named
    teams: list[Named] = Field(description="those they may log for")
    csrf_token: str = Field(description="goes in X-CSRFToken when a cookie says who asks")
    time: datetime = Field(description="now, to tell a wrong clock by")


class WalkGiven(Given):
    """A walkabout one may join."""

    uid: uuid.UUID
    ref: str
    title: str
    status: str
    starts_at: datetime
    ends_at: datetime | None
    team: str
    version: int
    bbox: list[float] | None = Field(description="around its planned area: w, s, e, n")


class WalksGiven(Given):
    """Walkabouts one may join, those of today first."""

    walkabouts: list[WalkGiven]


class TermGiven(Given):
    """A term of the classification, for the phone."""

    scheme: Scheme
    code: str
    label: str
    hint: str
    parent: str | None
    words: list[str] = Field(description="other words for it")
    route_only: bool
    core: bool


class NearbyGiven(Given):
    """An entry as the phone keeps it to know it again."""

    uid: uuid.UUID
    kind: str
    title: str
    category: str | None
    longitude: float
    latitude: float
    where: str
    status: str
    version: int
    checked_on: str | None
    due: bool = Field(description="true: look whether it is still so")
    may_change: bool
    phone: str = Field(description="empty where one may not read it")
    fields: dict[str, Any] | None = Field(
        description="what may be changed of it on the way, as drafts name it; null: too far, or"
        " not yours to change"
    )


class MapGiven(Given):
    """The vector base map of the area."""

    url: str
    style: str
    attribution: str


class PackGiven(Given):
    """What to take along: it needs no signal after this."""

    walkabout: WalkGiven
    area: dict[str, Any] | None = Field(description="GeoJSON of the planned area or line")
    stops: list[Stop] = Field(description="planned, in the order they are walked")
    bbox: list[float]
    made_at: datetime
    categories: list[TermGiven]
    entries: list[NearbyGiven] = Field(description="the nearest to the middle first")
    states: dict[str, dict[str, list[str]]] = Field(
        description="by kind and state, those it may be taken to from there on the way"
    )
    is_whole: bool = Field(description="false: there are more than the nearest ones here")
    map: MapGiven | None


class ReceivedGiven(Given):
    """What has arrived of a phone's queue."""

    count: int = Field(ge=0)
    highest: int = Field(ge=0)
    missing: list[list[int]] = Field(description="first and last number of each gap")


class WhereFrom(BaseModel):
    """Where somebody stands, for a walkabout without an area."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    near: Place | None = Field(None, description="lon,lat in degrees")


@bp.get("/session")
@Operation(gives=SessionGiven)
def session() -> Reply:
    """Read who is signed in here, and which teams they log for."""
    user = db.session.get(User, g.viewer.user_id) if g.viewer.user_id else None
    if user is None:
        raise NotFound("Only people walk.")
    teams = db.session.scalars(
        select(Team).where(Team.id.in_(g.viewer.teams_where(WRITERS))).order_by(Team.name)
    )
    return Reply(
        {
            "user": {"uid": user.uid, "name": user.name},
            "teams": [{"uid": team.uid, "name": team.name} for team in teams],
            "csrf_token": "" if g.by_token else generate_csrf(),
            "time": now(),
        }
    )


@bp.get("/walkabouts")
@Operation(gives=WalksGiven)
def walkabouts() -> Reply:
    """List the walkabouts of your teams that are planned or under way."""
    found = packs.walks(db.session, viewer=g.viewer)
    return Reply({"walkabouts": [_walk(one) for one in found]})


@bp.get("/packs/<uuid:uid>")
@Operation(
    gives=PackGiven,
    query=WhereFrom,
    refuses=(404, 422, 428),
)
def pack(uid: uuid.UUID, query: WhereFrom) -> Reply:
    """Take a walkabout along: its area, the classification, and what is there already."""
    made = packs.pack(db.session, uid, viewer=g.viewer, near=query.near)
    body = _pack(made, request.query_string.decode("ascii", "replace"))
    tag = hashlib.sha256(geojson.dumps(body)).hexdigest()[:40]  # of all but when it was made
    if not request.if_none_match.contains_weak(tag):
        _keep_account(made)
    return Reply(body | {"made_at": now()}, etag=tag)


@bp.after_request
def packed(answer: Response) -> Response:
    """A pack is mostly words, and fetched where signal is poor: compressed it is a quarter. It
    holds no secret that its length could give away."""
    if request.endpoint != f"{bp.name}.pack" or answer.status_code != HTTPStatus.OK:
        return answer
    answer.vary.add("Accept-Encoding")
    if request.accept_encodings.quality("gzip") > 0:
        answer.data = gzip.compress(answer.get_data(), QUICK, mtime=0)
        answer.content_encoding = "gzip"
    return answer


@bp.get("/maps/<uuid:uid>.pmtiles")
@Operation(
    gives=bytes,
    query=WhereFrom,
    refuses=(404, 422, 428),
    media=PMTILES,
)
def area_map(uid: uuid.UUID, query: WhereFrom) -> Reply:
    """The base map of a walkabout's area, whole, to keep on the phone."""
    walk = packs.find(db.session, uid, viewer=g.viewer)
    settings: Settings = current_app.extensions["settings"]
    path = settings.base_map_path
    if path is None or not path.is_file():
        raise NotFound("There is no base map to take along.")
    return Reply(basemap.cut(path, packs.around(db.session, walk, query.near, viewer=g.viewer)))


@bp.get("/receipts/<uuid:device>")
@Operation(gives=ReceivedGiven, refuses=(403, 404))
def receipts(device: uuid.UUID) -> Reply:
    """Read what has arrived of a phone's queue, and which numbers are missing."""
    found = deliveries.received(db.session, device, viewer=g.viewer)
    missing = [list(gap) for gap in found.missing]
    return Reply({"count": found.count, "highest": found.highest, "missing": missing})


def _keep_account(made: Pack) -> None:
    """A pack is a download like any other."""
    rows = packs.to_account(db.session, made.lines, viewer=g.viewer)
    taking = Taking(rows, sum(row.contacts for row in rows), "")
    audit_taking.took(db.session, taking, Channel.JSON, viewer=g.viewer)
    audit.before_it_leaves(db.session)
    db.session.commit()


def _walk(one: Walk) -> dict[str, Any]:
    walkabout = one.walkabout
    return {
        "uid": walkabout.uid,
        "ref": walkabout.ref,
        "title": walkabout.title,
        "status": walkabout.status,
        "starts_at": walkabout.starts_at,
        "ends_at": walkabout.ends_at,
        "team": one.team,
        "version": walkabout.version,
        "bbox": one.box and list(one.box),
    }


def _pack(made: Pack, stands: str) -> dict[str, Any]:
    tops = {term.id: term.code for term in made.terms if term.parent_id is None}
    return {
        "walkabout": _walk(made.walk),
        "area": geojson.geometry(made.area),
        "stops": made.stops,
        "bbox": list(made.box),
        "categories": [
            {
                "scheme": term.scheme,
                "code": term.code,
                "label": term.label,
                "hint": term.scope_note,
                "parent": tops.get(term.parent_id) if term.parent_id else None,
                "words": wording.also_said(term.label, term.scope_note),
                "route_only": term.route_only,
                "core": term.core,
            }
            for term in made.terms
        ],
        "entries": [asdict(line) for line in made.lines],
        "states": packs.moves(),
        "is_whole": made.is_whole,
        "map": _map(made.walk, stands),
    }


def _map(walk: Walk, stands: str) -> dict[str, Any] | None:
    settings: Settings = current_app.extensions["settings"]
    path = settings.base_map_path
    if path is None or not path.is_file():
        return None
    found = basemap.described(path, path.stat().st_mtime)
    url = f"/api/walk/maps/{walk.walkabout.uid}.pmtiles"
    return {
        "url": f"{url}?{stands}" if stands else url,
        "style": found.style,
        "attribution": found.attribution,
    }
