"""Making files that are too large to wait for, away from the page that asked for them."""

import uuid
from functools import partial

import structlog
from flask import Flask

from assetmap import spatial
from assetmap.db import db
from assetmap.errors import RegisterError
from assetmap.outside.parcel_folder import ParcelFolder
from assetmap.outside.queue import Queue
from assetmap.register import audit, parcels
from assetmap.settings import Settings
from assetmap.vocabulary import Channel

log = structlog.get_logger()

FULL = "The disk is full. Ask for it again later."
BROKEN = "Something went wrong, and it has been written down. Ask for it again."


def register(app: Flask, queue: Queue) -> None:
    """Say what is done under which name."""
    queue.register("parcels.make", partial(_make, app))


def _make(app: Flask, uid: str) -> None:
    """Some of it; then others have their turn."""
    settings: Settings = app.extensions["settings"]
    folder = ParcelFolder.of(settings.instance, uuid.UUID(uid))
    if not folder.path.exists():  # it was removed while it waited
        return
    with app.app_context(), folder.working() as is_ours:
        has_more = is_ours and _made_some(uid, folder)
        if has_more:
            folder.say("progress", folder.said("progress") | {"waiting": True})
    if has_more:
        queue: Queue = app.extensions["queue"]
        queue.enqueue("parcels.make", uid=uid)


def _made_some(uid: str, folder: ParcelFolder) -> bool:
    audit.came_by(db.session, audit.Asked(Channel.JOB.value))
    try:
        return parcels.make_some(db.session, uuid.UUID(uid), seal=db.session.commit)
    except Exception as error:
        if not folder.path.exists():  # it was removed meanwhile
            return False
        problem = str(error) if isinstance(error, RegisterError) else BROKEN
        if spatial.is_out_of_room(error):
            problem = FULL
        elif problem == BROKEN:
            log.exception("a file could not be made", uid=uid, exc_info=error)
        folder.say("problem", {"text": problem})
        return False
    finally:
        db.session.rollback()
