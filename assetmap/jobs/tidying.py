"""Clearing away once a day what nobody needs any more."""

import structlog
from flask import Flask
from sqlalchemy.exc import SQLAlchemyError

from assetmap import connections
from assetmap.access import OPERATOR
from assetmap.db import db
from assetmap.errors import Unavailable
from assetmap.register import audit_said, clearing, map_cells, referral_keeping

log = structlog.get_logger()


def tidy(app: Flask) -> None:
    """Clear what may go; what goes wrong is logged, and tried again another day."""
    _purge(app)
    _forget_words(app)
    _add_up(app)
    with app.app_context():
        try:
            found = clearing.find(db.session, viewer=OPERATOR)
            connections.read_enough(db.session)
            clearing.clear(db.session, found, viewer=OPERATOR)
            connections.learn_sizes(db.session)
            db.session.commit()
        except (SQLAlchemyError, OSError, Unavailable) as error:
            db.session.rollback()
            log.exception("what nobody needs could not be cleared", exc_info=error)
        else:
            log.info("cleared", what=str(found))


def _add_up(app: Flask) -> None:
    """Keep the counts of the map's cells few."""
    with app.app_context():
        try:
            connections.writing(db.session)
            map_cells.add_up(db.session)
            db.session.commit()
        except SQLAlchemyError as error:
            db.session.rollback()
            log.exception("the cells of the map could not be added up", exc_info=error)


def _forget_words(app: Flask) -> None:
    """Let go of what people typed a year ago for why they took or read something."""
    with app.app_context():
        try:
            connections.writing(db.session)
            audit_said.let_go(db.session)
            db.session.commit()
        except SQLAlchemyError as error:
            db.session.rollback()
            log.exception("words of purposes could not be let go of", exc_info=error)


def _purge(app: Flask) -> None:
    """Let go of referrals whose days are over, whatever becomes of the rest."""
    with app.app_context():
        try:
            connections.writing(db.session)
            found = referral_keeping.due(db.session, viewer=OPERATOR)
            referral_keeping.purge_due(db.session, found, viewer=OPERATOR)
            db.session.commit()
            connections.empty_log(db.session)
        except SQLAlchemyError as error:
            db.session.rollback()
            log.exception("referrals could not be purged", exc_info=error)
        else:
            log.info("referrals purged", what=str(found))
