"""Clearing away once a day what nobody needs any more."""

from collections.abc import Callable

import structlog
from flask import Flask
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from assetmap import connections
from assetmap.access import OPERATOR
from assetmap.db import db
from assetmap.errors import Unavailable
from assetmap.register import (
    audit_said,
    clearing,
    deployment,
    map_cells,
    monitoring,
    parcels,
    referral_keeping,
    replies,
)

log = structlog.get_logger()


def tidy(app: Flask) -> None:
    """Clear what may go; what goes wrong is logged, and tried again another day."""
    _purge(app)
    # what people typed a year ago for why they took or read something
    _do(app, audit_said.let_go, "words of purposes could not be let go of")
    _do(app, map_cells.add_up, "the cells of the map could not be added up")
    _do(app, monitoring.let_go, "what told sheets apart could not be let go of")
    _do(app, replies.let_go_of_needs, "what people needed at events could not be deleted")
    with app.app_context():
        parcels.let_go_of_old(deployment.instance(db.session))
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


def _do(app: Flask, work: Callable[[Session], None], if_not: str) -> None:
    """One piece of work by itself; if_not: what the log says when it fails."""
    with app.app_context():
        try:
            connections.writing(db.session)
            work(db.session)
            db.session.commit()
        except SQLAlchemyError as error:
            db.session.rollback()
            log.exception(if_not, exc_info=error)


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
