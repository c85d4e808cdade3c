"""Drawing panels out of invite lists, away from the page that asked for them."""

import uuid

import structlog
from flask import Flask

from assetmap import spatial
from assetmap.db import db
from assetmap.outside.queue import Queue
from assetmap.register import audit, balancing
from assetmap.sortition.solving import TooHard
from assetmap.vocabulary import Channel

log = structlog.get_logger()

TOO_FEW = "Fewer people are there by now than there are seats. Draw it again with fewer seats."
TOO_HARD = (
    "So many quotas overlap that no panel was found in five minutes. Take some of them away, or"
    " give those that are left more room, and draw it again."
)
BROKEN = "Something went wrong, and it has been written down. Draw it again."


def register(app: Flask, queue: Queue) -> None:
    """Say what is done under which name."""
    queue.register("panels.draw", lambda uid: draw(app, uuid.UUID(uid)))


def draw(app: Flask, uid: uuid.UUID) -> None:
    """Draw one; what goes wrong is logged, and said on its page."""
    with app.app_context():
        audit.came_by(db.session, audit.Asked(Channel.JOB.value))
        try:
            while not _drawn(uid):
                log.info("a panel is drawn again: its pool has changed meanwhile", uid=str(uid))
        except TooHard:
            _fail(uid, TOO_HARD)
        except Exception as error:
            log.exception("a panel could not be drawn", uid=str(uid), exc_info=error)
            _fail(uid, BROKEN)


def _fail(uid: uuid.UUID, problem: str) -> None:
    db.session.rollback()
    spatial.writing(db.session)
    balancing.fail(db.session, uid, problem)
    db.session.commit()


def _drawn(uid: uuid.UUID) -> bool:
    """Whether it is drawn and kept; not where its pool has become another meanwhile."""
    begun = balancing.begun(db.session, uid)
    db.session.rollback()  # nobody waits while it is drawn
    if begun is None:
        return True
    pool, seed, reserves = begun
    is_kept = True
    if pool.seats > len(pool.people):  # of whom two were merged
        spatial.writing(db.session)
        balancing.fail(db.session, uid, TOO_FEW)
    else:
        found = balancing.solved(pool, seed=seed, reserves=reserves)
        spatial.writing(db.session)
        is_kept = balancing.keep(db.session, uid, pool, found)
    db.session.commit()
    return is_kept
