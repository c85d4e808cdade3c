"""Files that are too large to wait for: asked for, waited for, fetched while they are kept."""

import uuid
from typing import Any

from flask import Blueprint, Response, current_app, g, jsonify, redirect, render_template, send_file
from werkzeug.wrappers import Response as Answer

from assetmap.db import db
from assetmap.gate import public
from assetmap.outside.queue import Queue
from assetmap.register import files, parcels
from assetmap.register.parcels import Parcel
from assetmap.vocabulary import Channel

bp = Blueprint("parcels", __name__, url_prefix="/files")


@bp.get("/<uuid:uid>")
@public
def show(uid: uuid.UUID) -> str:
    """A file, wherever it has come to."""
    parcel = parcels.of_uid(db.session, uid, viewer=g.viewer)
    return render_template("files/show.html", parcel=parcel, **_state(parcel))


@bp.get("/<uuid:uid>/progress")
@public
def progress(uid: uuid.UUID) -> Response:
    """How far it has come, for the page that waits."""
    parcel = parcels.of_uid(db.session, uid, viewer=g.viewer)
    return jsonify(_state(parcel) | {"next_url": parcel.path})


@bp.get("/<uuid:uid>.gpkg")
@public
def fetch(uid: uuid.UUID) -> Response:
    """The file, or the part of it that is asked for."""
    parcel, path = parcels.fetch(db.session, uid, viewer=g.viewer)
    answer = send_file(path, mimetype=files.TYPES[Channel.GEOPACKAGE])
    answer.headers.update(files.headers(db.session, parcel.asked.level, parcel.asked.name))
    return answer


@bp.post("/<uuid:uid>/again")
@public
def again(uid: uuid.UUID) -> Answer:
    """Go on with one that was stopped. Harmless when it was not: only one can be at work."""
    parcel = parcels.of_uid(db.session, uid, viewer=g.viewer)
    return ask_for(parcel)


@bp.post("/<uuid:uid>/remove")
@public
def remove(uid: uuid.UUID) -> Answer:
    """Let go of a file before its time."""
    parcels.of_uid(db.session, uid, viewer=g.viewer).folder.remove()
    return redirect("/", 303)


def ask_for(parcel: Parcel) -> Answer:
    """Ask for the work where it is not done or being done, and go to the page that waits for it.
    Commits."""
    if parcel.state not in ("ready", "making"):
        parcels.ask_again(parcel)
        db.session.commit()
        queue: Queue = current_app.extensions["queue"]
        queue.enqueue("parcels.make", uid=str(parcel.uid))
    return redirect(parcel.path, 303)


def _state(parcel: Parcel) -> dict[str, Any]:
    state = parcel.state
    said = {"waiting": parcels.WAITING, "making": "Writing the file"}
    return {
        "state": state,
        "text": said.get(state, ""),
        "done": parcel.done,
        "total": parcel.asked.count,
        "finished": state not in said,
    }
