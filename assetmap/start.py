"""How a process of the service begins: without searching for garbage while it loads.

Nothing made by loading is ever thrown away, so a search through it is time lost: a fifth of a
start, and a sixth of a second in the middle of somebody's request whenever everything is searched.
"""

import gc
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flask import Flask

NEW_OBJECTS = 10_000  # so many before a search: a page makes thousands and keeps few


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
    return app


def settle() -> None:
    """From here on search again, and only what is new."""
    gc.freeze()
    gc.set_threshold(NEW_OBJECTS)
    gc.enable()
