"""Warning, each day, of sharing agreements that end soon."""

import structlog
from flask import Flask
from sqlalchemy.exc import SQLAlchemyError

from assetmap import connections
from assetmap.db import db, local_day, now
from assetmap.register import agreement_letters

log = structlog.get_logger()


def warn(app: Flask) -> None:
    """Write to the data officers of both bodies 60, 30 and 7 days before one ends."""
    with app.app_context():
        try:
            connections.writing(db.session)
            told = agreement_letters.warn(db.session, local_day(now()))
            db.session.commit()
        except SQLAlchemyError as error:
            db.session.rollback()
            log.exception("nobody could be told which agreements end", exc_info=error)
        else:
            log.info("agreements that end soon", told=len(told))
