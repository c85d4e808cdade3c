"""How far long work has come: shown on a terminal, never written into a pipe."""

import sys
from types import TracebackType

import click


class Progress:
    """A line on the terminal that is written over; call it with how many are done.

    `with Progress("Entries") as said: ...; said(500, 2_000)`. It leaves nothing behind.
    """

    def __init__(self, what: str) -> None:
        self.what = what
        self._shown = 0

    def __enter__(self) -> "Progress":
        return self

    def __call__(self, done: int, total: int | None = None) -> None:
        """Show how many are done, and of how many where that is known."""
        if not sys.stderr.isatty():
            return
        said = f"{self.what}: {done:,}" + (f" of {total:,}" if total is not None else "")
        click.echo(f"\r{said:<{self._shown}}", nl=False, err=True)
        self._shown = len(said)

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        if self._shown:
            click.echo("\r" + " " * self._shown + "\r", nl=False, err=True)
