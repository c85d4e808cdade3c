"""Work that is done after the answer has left: a queue in a small database of its own.

Whoever asks for work names it; whoever does it has registered under that name. So the doors need
not know one another.
"""

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import structlog
from huey import SqliteHuey
from huey.exceptions import HueyException

log = structlog.get_logger()

Work = Callable[..., None]
PAUSE_S = 0.5
LOCK_S = 10


class Queue:
    """Work by name. `immediate` does it at once, in the caller's own thread, for tests."""

    def __init__(self, file: Path, *, immediate: bool = False) -> None:
        self._known: dict[str, Work] = {}
        self._immediate = immediate
        self._file = file
        self._huey: Any = None
        self._made = threading.Lock()

    def register(self, name: str, work: Work) -> None:
        """Say what is to be done when work of this name is asked for."""
        self._known[name] = work

    def enqueue(self, name: str, **given: Any) -> None:
        """Ask for work. `given` must be plain values: it may wait on disk. Raises KeyError."""
        if name not in self._known:
            raise KeyError(name)
        if self._immediate:
            self._known[name](**given)
            return
        huey, do = self._opened()
        huey.enqueue(do.s(name, given))

    def do_next(self) -> bool:
        """Do the work that has waited longest; whether there was any. A failure is logged."""
        huey, _ = self._opened()
        task = huey.dequeue()
        if task is None:
            return False
        try:
            huey.execute(task)
        except HueyException:
            log.exception("a job could not be done", task=str(task))
        return True

    def run_until(self, stopped: threading.Event) -> None:
        """Do what is asked for, one after another, until told to stop."""
        while not stopped.is_set():
            try:
                busy = self.do_next()
            except OSError as error:
                log.error("the queue cannot be read", problem=str(error))
                busy = False
            if not busy:
                stopped.wait(PAUSE_S)

    def _opened(self) -> tuple[Any, Any]:
        with self._made:
            if self._huey is None:
                self._file.parent.mkdir(parents=True, exist_ok=True)
                huey = SqliteHuey(
                    "assetmap", filename=str(self._file), results=False, timeout=LOCK_S
                )
                self._huey = huey, huey.task(name="work")(self._do)
        found: tuple[Any, Any] = self._huey
        return found

    def _do(self, name: str, given: dict[str, Any]) -> None:
        work = self._known.get(name)
        if work is None:
            log.error("nobody does this work", name=name)
            return
        try:
            work(**given)
        except Exception as error:
            log.exception("a job failed", name=name, exc_info=error)
            raise
