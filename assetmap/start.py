"""How a process of the service begins: without searching for garbage while it loads.

Nothing made by loading is ever thrown away, so a search through it is time lost: a fifth of a
start, and a sixth of a second in the middle of somebody's request whenever everything is searched.
"""

import gc
import multiprocessing
import os
import signal
import time
from threading import Thread
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flask import Flask

NEW_OBJECTS = 10_000  # so many before a search: a page makes thousands and keeps few
LAST_ANSWERS_S = 10  # for what is being answered when the service is killed


def main() -> None:
    """The `assetmap` command."""
    gc.disable()
    from assetmap.app import main as run

    settle()
    run()


def create_app() -> "Flask":
    """The service with its settings from the environment, for the processes that answer."""
    gc.disable()
    from assetmap.app import create_app as create

    app = create()
    settle()
    Thread(target=_end_with_parent, daemon=True).start()
    return app


def _end_with_parent() -> None:
    """A killed service cannot stop the processes that answer for it: left to themselves they would
    keep the port, and answer beside the ones of the next start."""
    parent = multiprocessing.parent_process()
    if parent is None:
        return
    parent.join()
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(LAST_ANSWERS_S)
    os._exit(1)


def settle() -> None:
    """From here on search again, and only what is new."""
    gc.freeze()
    gc.set_threshold(NEW_OBJECTS)
    gc.enable()
