"""Searching all that is held of somebody, away from the page that asked for it."""

import uuid

import structlog
from flask import Flask
from sqlalchemy.exc import SQLAlchemyError

from assetmap import access, connections
from assetmap.access import OPERATOR
from assetmap.db import db
from assetmap.errors import RegisterError
from assetmap.outside.queue import Queue
from assetmap.register import audit, subject_requests, subject_search
from assetmap.vocabulary import Channel

log = structlog.get_logger()


def register(app: Flask, queue: Queue) -> None:
    """Say what is done under which name."""
    queue.register("requests.search", lambda uid, by: search(app, uuid.UUID(uid), by))


def search(app: Flask, uid: uuid.UUID, by: int) -> None:
    """Search for one request on behalf of who asked; what goes wrong is logged, without a name."""
    with app.app_context():
        audit.came_by(db.session, audit.Asked(Channel.JOB.value))
        try:
            viewer = access.viewer_of(db.session, by) if by else OPERATOR
            request = subject_requests.to_change(db.session, uid, viewer=viewer)
            found = subject_search.look(db.session, request)
            connections.read_enough(db.session)  # nobody waits while everything is searched
            request = subject_requests.to_change(db.session, uid, viewer=viewer)
            subject_search.keep(db.session, request, found, viewer=viewer)
            db.session.commit()
        except (SQLAlchemyError, RegisterError) as error:
            db.session.rollback()
            log.error(
                "a request could not be searched for", uid=str(uid), kind=type(error).__name__
            )
