"""What the JSON door says of itself: its OpenAPI document, and whether it is well."""

from typing import Any

from flask import Blueprint, current_app

from assetmap import gate
from assetmap.api.contract import Operation, Reply
from assetmap.db import db
from assetmap.errors import RegisterError
from assetmap.register import health
from assetmap.schemas.features import Given

bp = Blueprint("api_about", __name__)


class Health(Given):
    """The register can answer."""

    status: str


class Unwell(RegisterError):
    """The database is away, or not of this version's shape."""

    status = 503  # type: ignore[assignment]
    title = "Not ready"


@bp.get("/api/openapi.json")
@gate.public
@Operation(gives=dict[str, Any])
def openapi() -> Reply:
    """Read this document."""
    return Reply(current_app.extensions["openapi"]())


@bp.get("/health")
@gate.public
@Operation(gives=Health)
def well() -> Reply:
    """Ask whether the service can answer: its database is there and of the right shape."""
    if not health.is_well(db.session):
        raise Unwell("The register can't answer just now.")
    return Reply({"status": "ok"})
