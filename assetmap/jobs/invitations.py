"""Taking invitations, and requests for help, to the mail server: each message composed, and asked
about anew, just before."""

from collections.abc import Sequence
from smtplib import SMTPRecipientsRefused
from typing import Protocol

import structlog
from flask import Flask
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from assetmap import connections
from assetmap.db import db
from assetmap.outside.mail import Mail, NobodyThere, NotReached
from assetmap.register import help_sending, invite_sending, mail_queue
from assetmap.register.invite_sending import Composed

log = structlog.get_logger()


class Queue(Protocol):
    """Messages that wait for the mail server, by key."""

    MESSAGES: mail_queue.Messages

    def compose(self, session: Session, key: int) -> Composed | None:
        """One as it goes out; None where it must not."""

    def sent(self, session: Session, key: int) -> None:
        """The server has it."""

    def bounced(self, session: Session, key: int) -> None:
        """Nobody is there."""


QUEUES: tuple[Queue, ...] = (invite_sending, help_sending)


def post(app: Flask) -> None:
    """Mail what waits. What the server does not take is tried again later, until it has become
    pointless; without a server they wait for one."""
    mail: Mail = app.extensions["mail"]
    if not mail.is_set:
        return
    with app.app_context():
        for queue in QUEUES:
            try:
                _post_all(mail, queue)
            except SQLAlchemyError as error:
                db.session.rollback()
                log.error("messages could not be mailed", problem=type(error).__name__)


def _post_all(mail: Mail, queue: Queue) -> None:
    while mail_queue.any_waiting(db.session, queue.MESSAGES):
        db.session.rollback()
        if not _post_some(mail, queue):
            break  # the server is away: the rest waits with what was tried
    db.session.rollback()


def _post_some(mail: Mail, queue: Queue) -> bool:
    """Whether the server could be reached with all of them; what is left waits its turn."""
    connections.writing(db.session)
    keys = mail_queue.take(db.session, queue.MESSAGES)
    db.session.commit()  # nobody waits for the server
    for done, key in enumerate(keys):
        try:
            goes_on = _post_one(mail, queue, key)
        except NotReached as error:
            _say(error.__cause__ or error)
            _give_back(queue, keys[done:])
            return False
        if not goes_on:  # whether the server has this one nobody knows: it waits, the rest need not
            _give_back(queue, keys[done + 1 :])
            return False
    return True


def _give_back(queue: Queue, keys: Sequence[int]) -> None:
    connections.writing(db.session)
    mail_queue.give_back(db.session, queue.MESSAGES, keys)
    db.session.commit()


def _post_one(mail: Mail, queue: Queue, key: int) -> bool:
    """One message, in transactions of its own; whether others may follow."""
    connections.writing(db.session)
    message = queue.compose(db.session, key)
    db.session.commit()  # what was stopped is, whatever the server says of others
    if message is None:
        return True
    is_there = True
    try:
        mail.send(
            message.to, message.subject, message.text, headers=message.headers, key=message.key
        )
    except NotReached:
        raise
    except NobodyThere:
        is_there = False
    except (OSError, ValueError) as error:
        _say(error)
        return isinstance(error, ValueError | SMTPRecipientsRefused)  # of this one alone
    connections.writing(db.session)
    (queue.sent if is_there else queue.bounced)(db.session, key)
    db.session.commit()
    return True


def _say(error: BaseException) -> None:
    log.error("a message could not be mailed", problem=type(error).__name__)
