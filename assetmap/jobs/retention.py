"""Planning each day what has been kept long enough, and carrying out what was approved."""

import uuid

import structlog
from flask import Flask
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from assetmap import access, spatial
from assetmap.access import OPERATOR, Viewer
from assetmap.db import db
from assetmap.errors import RegisterError
from assetmap.models import RetentionRun
from assetmap.outside.queue import Queue
from assetmap.register import audit, retention, retention_doing
from assetmap.vocabulary import Channel

log = structlog.get_logger()


def register(app: Flask, queue: Queue) -> None:
    """Say what is done under which name."""
    queue.register("retention.carry_out", lambda uid: carry_out(app, uuid.UUID(uid)))


def carry_out(app: Flask, uid: uuid.UUID) -> None:
    """Do an approved run to its end, each part in a transaction of its own.

    What goes wrong is logged; the run stays approved and can be gone on with.
    """
    with app.app_context():
        audit.came_by(db.session, audit.Asked(Channel.JOB.value))
        try:
            while _do_some(uid):
                pass
        except (SQLAlchemyError, RegisterError, OSError) as error:
            db.session.rollback()
            log.exception("what was kept long enough could not be cleared", exc_info=error)


def plan(app: Flask) -> None:
    """Plan anew what has no fresh plan. Nothing is cleared before somebody approves it."""
    with app.app_context():
        audit.came_by(db.session, audit.Asked(Channel.JOB.value))
        try:
            spatial.writing(db.session)
            made = retention.plan(db.session, viewer=OPERATOR, but_fresh=True)
            said = {run.entity: run.due_count for run in made}
            db.session.commit()
        except SQLAlchemyError as error:
            db.session.rollback()
            log.exception("what was kept long enough could not be planned", exc_info=error)
        else:
            log.info("planned", due=said)


def _do_some(uid: uuid.UUID) -> bool:
    """One part of it; whether there is more."""
    spatial.writing(db.session)
    run = retention_doing.carry_out_some(db.session, uid, viewer=_viewer(uid))
    status = run.status
    db.session.commit()
    return status == "approved"


def _viewer(uid: uuid.UUID) -> Viewer:
    """Whoever approved it, as they are now."""
    by = db.session.scalar(select(RetentionRun.approved_by_id).where(RetentionRun.uid == uid))
    viewer = OPERATOR if by is None else access.viewer_of(db.session, by)
    return viewer if viewer.is_signed_in else OPERATOR  # shut out since; what was approved stands
