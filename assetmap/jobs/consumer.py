"""Doing the work that pages ask for: in a thread beside the server, or in a process of its own."""

import threading

from flask import Flask

from assetmap.outside.queue import Queue

STOP_WITHIN_S = 10


class Consumer:
    """Somebody who does the queue's work until stopped."""

    def __init__(self, queue: Queue) -> None:
        self._stopped = threading.Event()
        self._thread = threading.Thread(
            target=queue.run_until, args=(self._stopped,), name="jobs", daemon=True
        )

    def start(self) -> None:
        """Begin, in a thread of its own."""
        self._thread.start()

    def stop(self, within_s: float = STOP_WITHIN_S) -> None:
        """Take nothing more on, and wait so many seconds for what is being done."""
        self._stopped.set()
        self._thread.join(within_s)

    def wait(self) -> None:
        """Stay until stopped."""
        while self._thread.is_alive():
            self._thread.join(1)


def start(app: Flask) -> Consumer:
    """Begin to do the work that is asked for. Call `stop` on what this returns."""
    consumer = Consumer(app.extensions["queue"])
    consumer.start()
    return consumer
