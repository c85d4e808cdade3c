"""Doing the work that pages ask for: in a thread beside the server, or in a process of its own."""

import threading
from collections.abc import Callable
from functools import partial

from flask import Flask

from assetmap.jobs import agreements, alerts, invitations, letters, owners, retention, tidying
from assetmap.outside.queue import Queue

STOP_WITHIN_S = 10
FIRST_S = 600  # after starting, so that what starts often is not slowed
DAY_S = 24 * 3600
POST_S = 15


class Consumer:
    """Somebody who does the queue's work, mails letters, and does what is to be done daily, until
    stopped."""

    def __init__(self, queue: Queue, daily: Callable[[], None], post: Callable[[], None]) -> None:
        self._stopped = threading.Event()
        self._beside = [
            threading.Thread(target=self._repeat, args=given, name=name, daemon=True)
            for name, *given in (("daily", daily, FIRST_S, DAY_S), ("post", post, POST_S, POST_S))
        ]
        self._thread = threading.Thread(
            target=queue.run_until, args=(self._stopped,), name="jobs", daemon=True
        )

    def start(self) -> None:
        """Begin, in threads of its own."""
        self._thread.start()
        for thread in self._beside:
            thread.start()

    def stop(self, within_s: float = STOP_WITHIN_S) -> None:
        """Take nothing more on, and wait so many seconds for what is being done."""
        self._stopped.set()
        self._thread.join(within_s)
        for thread in self._beside:
            thread.join(within_s)

    def wait(self) -> None:
        """Stay until stopped."""
        while self._thread.is_alive():
            self._thread.join(1)

    def _repeat(self, work: Callable[[], None], first_s: float, pause_s: float) -> None:
        pause = first_s
        while not self._stopped.wait(pause):
            work()
            pause = pause_s


def start(app: Flask) -> Consumer:
    """Begin to do the work that is asked for. Call `stop` on what this returns."""
    consumer = Consumer(app.extensions["queue"], partial(_daily, app), partial(_post, app))
    consumer.start()
    return consumer


def _daily(app: Flask) -> None:
    """Clear what nobody needs, plan what a person then approves, ask owners whether they still
    are, warn of agreements that end, and tell what is new in saved searches."""
    tidying.tidy(app)
    retention.plan(app)
    owners.remind(app)
    agreements.warn(app)
    alerts.tell(app)


def _post(app: Flask) -> None:
    """Mail what waits: letters, and invitations."""
    letters.post(app)
    invitations.post(app)
