"""Clearing away once a day what nobody needs any more."""

import structlog
from flask import Flask
from sqlalchemy.exc import SQLAlchemyError

from assetmap import connections
from assetmap.access import OPERATOR
from assetmap.db import db
from assetmap.register import clearing

log = structlog.get_logger()


def tidy(app: Flask) -> None:
    """Clear what may go; what goes wrong is logged, and tried again another day."""
    with app.app_context():
        try:
            found = clearing.find(db.session, viewer=OPERATOR)
            connections.read_enough(db.session)
            clearing.clear(db.session, found, viewer=OPERATOR)
            db.session.commit()
        except (SQLAlchemyError, OSError) as error:
            db.session.rollback()
            log.exception("what nobody needs could not be cleared", exc_info=error)
        else:
            log.info("cleared", what=str(found))
