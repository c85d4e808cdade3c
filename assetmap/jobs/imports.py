"""Previewing, importing and undoing, away from the page that asked for it."""

import uuid
from collections.abc import Callable
from functools import partial
from typing import Any

import structlog
from flask import Flask
from sqlalchemy import select
from sqlalchemy.exc import OperationalError, SQLAlchemyError

from assetmap import access, connections, spatial
from assetmap.access import OPERATOR, Viewer
from assetmap.db import db
from assetmap.errors import RegisterError
from assetmap.models import Import
from assetmap.outside.import_folder import ImportFolder
from assetmap.outside.queue import Queue
from assetmap.register import audit, imports
from assetmap.register.imports import Importer
from assetmap.settings import Settings
from assetmap.vocabulary import Channel, Kind

log = structlog.get_logger()

FULL = "The disk is full. Nothing was changed."
BUSY = "The register was busy for too long. Nothing was changed. Start again."
BROKEN = "Something went wrong. Nothing was changed, and it has been written down."


def register(app: Flask, queue: Queue) -> None:
    """Say what is done under which name."""
    for name, work in (("preview", _preview), ("import", _import), ("undo", _undo)):
        queue.register(f"imports.{name}", partial(_do, app, work))


Work = Callable[[Import, ImportFolder], None]


def _do(app: Flask, work: Work, uid: str) -> None:
    with app.app_context():
        audit.came_by(db.session, audit.Asked(Channel.JOB.value))
        settings: Settings = app.extensions["settings"]
        folder = ImportFolder.of(settings.instance, uuid.UUID(uid))
        with folder.working() as is_ours:
            if is_ours:
                _try(work, uuid.UUID(uid), folder)


def _try(
    work: Callable[[Import, ImportFolder], None], uid: uuid.UUID, folder: ImportFolder
) -> None:
    """Do it, and where it fails leave the reason on the import and nothing else."""
    try:
        work(_found(uid), folder)
    except Exception as error:
        db.session.rollback()
        problem = _in_words(error)
        if problem == BROKEN:
            log.exception("an import failed", uid=str(uid), exc_info=error)
        _fail(uid, problem)
    folder.unsay("progress")


def _in_words(error: Exception) -> str:
    if isinstance(error, RegisterError):
        return str(error)
    if isinstance(error, OSError | SQLAlchemyError) and spatial.is_out_of_room(error):
        return FULL
    if isinstance(error, OperationalError) and connections.is_busy(error):
        return BUSY
    return BROKEN


def _fail(uid: uuid.UUID, problem: str) -> None:
    spatial.writing(db.session)
    failed = _found(uid)
    if failed.status != "done":  # an undo that failed leaves the import as it was
        failed.status = "failed"
    failed.problem = problem[:1000]
    db.session.commit()


def _found(uid: uuid.UUID) -> Import:
    return db.session.scalars(select(Import).where(Import.uid == uid)).one()


def _preview(done: Import, folder: ImportFolder) -> None:
    """Plan, and leave the plan's counts and samples in the folder."""
    importer = _importer(done, folder)
    plan = importer.plan()
    folder.say("preview", plan.as_json())
    db.session.rollback()  # let go of what was read before taking a turn to write
    spatial.writing(db.session)
    done = _found(done.uid)
    done.status, done.problem, done.counts = "previewed", "", dict(plan.counts)
    db.session.commit()


def _import(done: Import, folder: ImportFolder) -> None:
    uid, importer = done.uid, _importer(done, folder)
    importer.plan()
    db.session.rollback()
    spatial.writing(db.session)
    done = _found(uid)
    if done.status in ("done", "undone"):  # the button was pressed twice
        return
    plan = importer.carry_out(done)
    db.session.commit()
    folder.say("preview", plan.as_json())


def _undo(done: Import, folder: ImportFolder) -> None:
    number, viewer = done.id, _viewer(done, folder)
    db.session.rollback()
    spatial.writing(db.session)
    _, undone = imports.undo(db.session, number, viewer=viewer, progress=_teller(folder))
    db.session.commit()
    folder.say("undone", vars(undone))


def _importer(done: Import, folder: ImportFolder) -> Importer:
    kept = imports.stored(done)
    table = imports.sniffed(db.session, folder.upload, done.filename, header=kept.mapping.header)
    return Importer(
        db.session,
        table,
        done.filename,
        Kind(done.kind),
        kept.mapping,
        kept.options,
        folder.path,
        _viewer(done, folder),
        done.team_id,
        progress=_teller(folder),
    )


def _viewer(done: Import, folder: ImportFolder) -> Viewer:
    """Whoever asked for this work, who need not have begun the import, as they are now: a role
    that was taken away meanwhile is gone."""
    by = folder.said("progress").get("by") or done.created_by_id
    return OPERATOR if by is None else access.viewer_of(db.session, by)


def _teller(folder: ImportFolder) -> Callable[[str, int, int], None]:
    work = folder.said("progress").get("work", "")

    def tell(text: str, done: int, total: int) -> None:
        said: dict[str, Any] = {"work": work, "text": text, "done": done, "total": total}
        folder.say("progress", said)

    return tell
