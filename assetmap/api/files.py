"""All that a search finds, as a file."""

import uuid
from typing import Any

from flask import Blueprint, current_app, g, request

from assetmap import gate
from assetmap.api.contract import Operation, Reply, root, said_why
from assetmap.db import db, local_day, now
from assetmap.outside.queue import Queue
from assetmap.register import audit_taking, files, parcels
from assetmap.register.downloads import Account
from assetmap.register.parcels import Parcel
from assetmap.register.weighing import Weight
from assetmap.schemas import features as shapes
from assetmap.schemas.parcels import ParcelGiven
from assetmap.schemas.search import EntrySearch, FileSearch
from assetmap.vocabulary import Channel

bp = Blueprint("api_files", __name__, url_prefix="/api")


def _file(form: Channel, gives: Any = bytes) -> Operation:
    return Operation(
        gives=gives,
        query=FileSearch,
        headers=("X-Purpose",),
        refuses=(428,),
        media=files.TYPES[form],
        is_sent_as_read=True,
    )


@bp.get("/entries.csv")
@gate.public
@_file(Channel.CSV)
def as_csv(query: FileSearch) -> Reply:
    """Take all that a search finds away as CSV, in the order in which entries were logged.

    Unless a place or a sort asks for another order. Where it breaks off, ask again with
    `after` and the `ref` of the last row that arrived whole: what comes is the rest of that order,
    with a header of its own. Many contact details leave only when X-Purpose says what for.
    """
    return _taken(query, Channel.CSV)


@bp.get("/entries.geojson")
@gate.public
@_file(Channel.GEOJSON, shapes.file_given())
def as_geojson(query: FileSearch) -> Reply:
    """Take all that a search finds away as GeoJSON, a feature to a line.

    In the same order as CSV, and gone on with in the same way.
    """
    return _taken(query, Channel.GEOJSON)


@bp.get("/entries.gpkg")
@gate.public
@_file(Channel.GEOPACKAGE)
def as_geopackage(query: FileSearch) -> Reply:
    """Take what a search finds away as a GeoPackage, which is made whole before it is sent.

    The layer `entries` has the columns of the CSV. A search that finds more than 50,000 entries
    is refused: POST has it made while you wait elsewhere.
    """
    return _taken(query, Channel.GEOPACKAGE)


@bp.post("/entries.gpkg")
@Operation(
    gives=ParcelGiven, status=202, query=FileSearch, headers=("X-Purpose",), refuses=(403, 404, 428)
)
def ask_for_geopackage(query: FileSearch) -> Reply:
    """Ask for a GeoPackage of all that a search finds, up to a million entries.

    Look at `/api/files/{uid}` until it is ready, then fetch it from `href`, whole or in ranges, as
    often as you like for a day. It is on the account once, as it is made.
    """
    wanted, taken = _asked(query, Channel.GEOPACKAGE)
    count = Weight(db.session, wanted, viewer=g.viewer).count
    parcel = parcels.begin(db.session, wanted, taken, root=root(), count=count)
    begun = Reply(_given(parcel), status=202, headers={"Location": f"/api/files/{parcel.uid}"})
    if parcel.state not in ("ready", "making"):
        db.session.commit()
        queue: Queue = current_app.extensions["queue"]
        queue.enqueue("parcels.make", uid=str(parcel.uid))
    return begun


@bp.get("/files/<uuid:uid>")
@Operation(gives=ParcelGiven, refuses=(404,))
def how_it_stands(uid: uuid.UUID) -> Reply:
    """Look how a file stands that you asked for."""
    return Reply(_given(parcels.of_uid(db.session, uid, viewer=g.viewer)))


def _given(parcel: Parcel) -> dict[str, Any]:
    is_ready = parcel.state == "ready"
    return {
        "uid": parcel.uid,
        "state": parcel.state,
        "done": parcel.done,
        "total": parcel.asked.count,
        "problem": parcel.problem,
        "href": f"{root()}{parcel.path}.gpkg" if is_ready else None,
        "kept_until": parcel.kept_until if is_ready else None,
    }


def _taken(query: FileSearch, form: Channel) -> Reply:
    wanted, taken = _asked(query, form)
    said = files.headers_of(db.session, wanted, taken)
    return Reply(files.pieces(db.session, wanted, taken, root=root()), headers=said)


def _asked(query: FileSearch, form: Channel) -> tuple[EntrySearch, files.Taken]:
    """What is looked for, and how it is taken away. Raises PurposeRequired."""
    wanted, account = query.as_search(), None
    if audit_taking.is_known(g.viewer):
        purpose = said_why()
        weight = Weight(db.session, wanted, viewer=g.viewer)
        audit_taking.require_purpose(db.session, weight, purpose)
        account = Account(form, weight.level, db.session.commit, purpose, [*request.args])
    name = f"assetmap-search-{local_day(now()).isoformat()}.{form}"
    return wanted, files.Taken(g.viewer, form, name, account, query)
