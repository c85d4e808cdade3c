"""All that a search finds, as a file."""

from typing import Any

from flask import Blueprint, g, request

from assetmap import gate
from assetmap.api.contract import Operation, Reply, root, said_why
from assetmap.db import db, local_day, now
from assetmap.register import audit_taking, files
from assetmap.register.downloads import Account
from assetmap.register.weighing import Weight
from assetmap.schemas import features as shapes
from assetmap.schemas.search import FileSearch
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

    Unless words, a place or a sort ask for another order. Where it breaks off, ask again with
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
    is refused.
    """
    return _taken(query, Channel.GEOPACKAGE)


def _taken(query: FileSearch, form: Channel) -> Reply:
    wanted, account = query.as_search(), None
    if audit_taking.is_known(g.viewer):
        purpose = said_why()
        weight = Weight(db.session, wanted, viewer=g.viewer)
        audit_taking.require_purpose(db.session, weight, purpose)
        account = Account(form, weight.level, db.session.commit, purpose, [*request.args])
    name = f"assetmap-search-{local_day(now()).isoformat()}.{form}"
    taken = files.Taken(g.viewer, form, name, account, query)
    said = files.headers_of(db.session, wanted, taken)
    return Reply(files.pieces(db.session, wanted, taken, root=root()), headers=said)
