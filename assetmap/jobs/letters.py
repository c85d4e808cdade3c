"""Taking to the mail server what was written because something changed."""

import structlog
from flask import Flask
from sqlalchemy.exc import SQLAlchemyError

from assetmap import connections
from assetmap.db import db
from assetmap.outside.mail import Mail
from assetmap.register import letters, search_alerts

log = structlog.get_logger()


def post(app: Flask) -> None:
    """Mail what waits. What the server does not take is tried again later, for a week.

    Without a server they wait for one; none goes to the log, where strangers' addresses would be.
    """
    mail: Mail = app.extensions["mail"]
    with app.app_context():
        try:
            if letters.any_too_old(db.session):
                _forget_old()
            while mail.is_set and letters.any_waiting(db.session):
                db.session.rollback()
                _post_some(mail)
            db.session.rollback()
        except SQLAlchemyError as error:
            db.session.rollback()
            log.error("letters could not be mailed", problem=type(error).__name__)


def _forget_old() -> None:
    connections.read_enough(db.session)
    count = letters.let_go_of_old(db.session)
    db.session.commit()
    log.warning("letters that no mail server took in a week were let go of", count=count)


def _post_some(mail: Mail) -> None:
    connections.writing(db.session)
    taken, gone = [], []
    for one in letters.take(db.session):
        if one.stop_at and not search_alerts.still_stands(db.session, one.text, one.stop_at):
            gone.append(one.id)  # what it tells has been hidden, or ended, since it was written
        else:
            taken.append((one.id, one.email, one.subject, one.text, one.stop_at))
    db.session.commit()  # nobody waits for the server
    gone += [key for key, *letter in taken if _sent(mail, *letter)]
    connections.writing(db.session)
    letters.let_go(db.session, gone)
    db.session.commit()


def _sent(mail: Mail, to: str, subject: str, text: str, stop_at: str) -> bool:
    headers = {
        "List-Unsubscribe": f"<{stop_at}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",  # RFC 8058
    }
    try:
        mail.send(to, subject, text, headers=headers if stop_at else None)
    except (OSError, ValueError) as error:
        log.error("a letter could not be mailed", problem=type(error).__name__)
        return False
    return True
