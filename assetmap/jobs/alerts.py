"""Telling people, each day, what is new in their saved searches."""

import structlog
from flask import Flask
from sqlalchemy.exc import SQLAlchemyError

from assetmap import connections
from assetmap.db import db, local_day, now
from assetmap.register import audit, search_alerts
from assetmap.vocabulary import Channel

log = structlog.get_logger()


def tell(app: Flask) -> None:
    """Write to everybody whose day it is and for whom something is new: each in a transaction of
    their own, so that one that fails keeps nobody else's back, and is tried again."""
    with app.app_context():
        audit.came_by(db.session, audit.Asked(Channel.JOB.value))
        try:
            keys = search_alerts.due(db.session, local_day(now()))
            db.session.rollback()
        except SQLAlchemyError as error:
            db.session.rollback()
            log.exception("nobody could be told what is new", exc_info=error)
            return
        told = sum(_told(key) for key in keys)
        log.info("people told what is new", told=told, looked_into=len(keys))


def _told(key: int) -> bool:
    try:
        connections.writing(db.session)
        told = search_alerts.tell(db.session, key, now())
        db.session.commit()
    except SQLAlchemyError as error:
        db.session.rollback()
        log.exception("somebody could not be told what is new", exc_info=error)
        return False
    return told
