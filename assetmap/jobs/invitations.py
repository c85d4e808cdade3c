"""Taking invitations to the mail server: each composed, and asked about anew, just before."""

from smtplib import SMTPRecipientsRefused

import structlog
from flask import Flask
from sqlalchemy.exc import SQLAlchemyError

from assetmap import connections
from assetmap.db import db
from assetmap.outside.mail import Mail, NobodyThere
from assetmap.register import invite_sending

log = structlog.get_logger()


def post(app: Flask) -> None:
    """Mail what waits. What the server does not take is tried again later, until the event begins;
    without a server they wait for one."""
    mail: Mail = app.extensions["mail"]
    if not mail.is_set:
        return
    with app.app_context():
        try:
            while invite_sending.any_waiting(db.session):
                db.session.rollback()
                if not _post_some(mail):
                    break  # the server is away: the rest waits with what was tried
            db.session.rollback()
        except SQLAlchemyError as error:
            db.session.rollback()
            log.error("invitations could not be mailed", problem=type(error).__name__)


def _post_some(mail: Mail) -> bool:
    """Whether the server could be reached with all of them; what is left waits its turn."""
    connections.writing(db.session)
    keys = invite_sending.take(db.session)
    db.session.commit()  # nobody waits for the server
    return all(_post_one(mail, key) for key in keys)


def _post_one(mail: Mail, key: int) -> bool:
    """One message, in transactions of its own."""
    connections.writing(db.session)
    message = invite_sending.compose(db.session, key)
    db.session.commit()  # what was stopped is, whatever the server says of others
    if message is None:
        return True
    is_there = True
    try:
        mail.send(
            message.to, message.subject, message.text, headers=message.headers, key=message.key
        )
    except NobodyThere:
        is_there = False
    except (OSError, ValueError) as error:
        log.error("an invitation could not be mailed", problem=type(error).__name__)
        return isinstance(error, ValueError | SMTPRecipientsRefused)  # of this one alone
    connections.writing(db.session)
    (invite_sending.sent if is_there else invite_sending.bounced)(db.session, key)
    db.session.commit()
    return True
