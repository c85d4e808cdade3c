"""Asking the owners of listings, each day, who have not said for long that they still are."""

import structlog
from flask import Flask
from sqlalchemy.exc import SQLAlchemyError

from assetmap import connections
from assetmap.access import OPERATOR
from assetmap.db import db
from assetmap.register import audit, claims
from assetmap.vocabulary import Channel

log = structlog.get_logger()


def remind(app: Flask) -> None:
    """Write to owners whose listing lapses soon, and end what has lapsed."""
    with app.app_context():
        audit.came_by(db.session, audit.Asked(Channel.JOB.value))
        try:
            connections.writing(db.session)
            told = claims.remind(db.session, viewer=OPERATOR)
            db.session.commit()
        except SQLAlchemyError as error:
            db.session.rollback()
            log.exception("owners could not be reminded", exc_info=error)
        else:
            log.info("owners reminded", told=told)
