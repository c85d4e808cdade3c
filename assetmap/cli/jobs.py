"""`assetmap jobs`: the work that pages ask for, done in a process of its own."""

from flask import Flask, current_app
from flask.cli import AppGroup

from assetmap.cli.group import reads
from assetmap.outside.queue import Queue

jobs = AppGroup("jobs", help="The work that pages ask for, in a process of its own.")


@jobs.command("run")
@reads
def run() -> None:
    """Do what is asked for until Ctrl-C. `assetmap serve` does so too, by itself."""
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
    queue: Queue = app.extensions["queue"]
    try:
        queue.run()
    except KeyboardInterrupt:
        return
