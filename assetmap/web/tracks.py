"""Where a walkabout went: on a map, measured against its plan, in and out as GPX."""

import uuid

from flask import Blueprint, Response, g, render_template, request
from flask.typing import ResponseReturnValue
from uuid6 import uuid7

from assetmap import access, spatial
from assetmap.db import db, now
from assetmap.errors import Invalid, NotAllowed
from assetmap.formats import geojson
from assetmap.formats import tracks as lines
from assetmap.models import Entry, Walkabout
from assetmap.register import audit, classification, entries, snapshots, tracks
from assetmap.register.tracks import Way
from assetmap.schemas.entries import WalkaboutDraft
from assetmap.schemas.reading import checked
from assetmap.vocabulary import AuditAction, Channel, Kind
from assetmap.web import taking
from assetmap.web.entry_requests import done, to_add_to
from assetmap.web.pins import pin

bp = Blueprint("tracks", __name__, url_prefix="/walkabouts")


@bp.get("/<uuid:uid>/tracks")
def show(uid: uuid.UUID) -> str:
    """The way on a map, how much of the plan it covers, and a form for a GPX file."""
    return _page(uid, {})


@bp.post("/<uuid:uid>/tracks")
def add(uid: uuid.UUID) -> ResponseReturnValue:
    """Keep the way that a GPX file holds."""
    walkabout = to_add_to(Kind.WALKABOUT, uid)
    try:
        sent = request.files.get("file")
        if sent is None or not sent.filename:
            raise Invalid.field("file", "Choose a GPX file.")
        if request.form.get("takes") == "stops":
            return _plan(walkabout, sent.read(lines.MOST_GPX_BYTES + 1))
        trim_m = _trim(request.form.get("trim_m", ""))
        begun_at = walkabout.starts_at if isinstance(walkabout, Walkabout) else None
        fixes = lines.read_gpx(sent.read(lines.MOST_GPX_BYTES + 1), begun_at or now())
        tracks.keep(db.session, walkabout, uuid7(), fixes, viewer=g.viewer, trim_m=trim_m)
    except Invalid as error:
        db.session.rollback()
        problems = {
            "file" if name == "points" else name: what for name, what in error.problems.items()
        }
        return _page(uid, problems), 422
    return done(walkabout, "The way is kept, without its two ends.", "/tracks")


@bp.post("/<uuid:uid>/tracks/<uuid:track>/remove")
def remove(uid: uuid.UUID, track: uuid.UUID) -> ResponseReturnValue:
    """Forget one for good."""
    walkabout = to_add_to(Kind.WALKABOUT, uid)
    tracks.remove(db.session, walkabout, track, viewer=g.viewer)
    return done(walkabout, "The way is forgotten.", "/tracks")


@bp.get("/<uuid:uid>/tracks.gpx")
def as_gpx(uid: uuid.UUID) -> Response:
    """The way as a file for other programs."""
    walkabout = to_add_to(Kind.WALKABOUT, uid)
    way = _way(walkabout)
    walked = [[(x, y) for x, y in line] for track in way.tracks for line in track.lines]
    level = classification.of(db.session, walkabout.kind, walkabout.visibility)
    marking = classification.marking(db.session, level)
    gpx = lines.write_gpx(walkabout.title, walked, _placed(walkabout), marking)
    name = f"{walkabout.ref}.gpx"
    audit.note(
        db.session,
        AuditAction.EXPORTED,
        viewer=g.viewer,
        entries=[walkabout],
        channel=Channel.GPX,
        details={"kind": Kind.WALKABOUT.value},
    )
    audit.before_it_leaves(db.session)
    db.session.commit()
    return taking.mark_as(Response(gpx, mimetype="application/gpx+xml"), level, name)


def _plan(walkabout: Entry, data: bytes) -> ResponseReturnValue:
    """Take the waypoints of a file as what is planned, in place of what was."""
    access.require_change(g.viewer, walkabout)
    taken = snapshots.of(db.session, walkabout)
    stops = [{"name": n, "longitude": x, "latitude": y} for n, x, y in lines.read_stops(data)]
    given = {name: taken[name] for name in WalkaboutDraft.model_fields} | {"stops": stops}
    try:
        draft = checked(WalkaboutDraft, given)
    except Invalid as error:
        raise Invalid.field("file", next(iter(error.problems.values()))) from error
    entries.change(db.session, walkabout, draft, viewer=g.viewer, base_version=walkabout.version)
    return done(walkabout, f"{len(stops)} stops are planned.")


def _placed(walkabout: Entry) -> list[tuple[str, float, float]]:
    held = walkabout.stops if isinstance(walkabout, Walkabout) else []
    return [
        (one["name"], one["longitude"], one["latitude"])
        for one in held
        if one.get("longitude") is not None
    ]


def _page(uid: uuid.UUID, problems: dict[str, str]) -> str:
    walkabout = to_add_to(Kind.WALKABOUT, uid)
    way = _way(walkabout)
    plan = spatial.shape_of(walkabout.location)
    walked = [line for track in way.tracks for line in track.lines]
    shape = {"type": "MultiLineString", "coordinates": walked} if walked else None
    drawn = geojson.geometry(plan)
    return render_template(
        "walkabouts/tracks.html",
        entry=walkabout,
        way=way,
        problems=problems,
        has_stops=bool(_placed(walkabout)),
        takes=request.form.get("takes", "way"),
        may_change=access.may_change(g.viewer, walkabout),
        trim_m=request.form.get("trim_m", f"{lines.LEAST_TRIM_M:.0f}"),
        pins=[pin(walkabout, geometry=drawn)] if drawn is not None else [],
        shapes=shape
        and {
            "type": "FeatureCollection",
            "features": [{"type": "Feature", "geometry": shape, "properties": {}}],
        },
    )


def _way(walkabout: Entry) -> Way:
    way = tracks.of(db.session, walkabout, viewer=g.viewer)
    if way is None:
        raise NotAllowed("Where a walkabout went is for its own team.")
    return way


def _trim(said: str) -> float:
    try:
        metres = float(said or lines.LEAST_TRIM_M)
    except ValueError as error:
        raise Invalid.field("trim_m", "Give a number of metres.") from error
    least, most = lines.LEAST_TRIM_M, lines.MOST_TRIM_M
    if not least <= metres <= most:
        raise Invalid.field("trim_m", f"Give {least:.0f} to {most:.0f} metres.")
    return metres
