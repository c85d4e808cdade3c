"""`assetmap jobs`: the work that pages ask for, done in a process of its own."""

from flask import Flask, current_app
from flask.cli import AppGroup

from assetmap.cli.group import reads

jobs = AppGroup("jobs", help="The work that pages ask for, in a process of its own.")


@jobs.command("run")
@reads
def run() -> None:
    """Do what is asked for until Ctrl-C. `assetmap serve` does so too, by itself."""
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
    consumer = app.extensions["start_jobs"](app)
    try:
        consumer.wait()
    except KeyboardInterrupt:
        consumer.stop()
