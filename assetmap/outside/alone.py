"""One process at a time at work in a folder or on a file, or so many in the same places."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO


@contextmanager
def alone_in(folder: Path) -> Iterator[bool]:
    """Hold a folder while working in it; gives False when another process does already.

    The system lets go of it however the work ends, so that a killed process is noticed.
    """
    folder.mkdir(parents=True, exist_ok=True)
    held = hold(folder / "lock")
    try:
        yield held is not None
    finally:
        if held is not None:
            held.close()


def hold(lock: Path) -> IO[bytes] | None:
    """Hold what this file stands for until what is returned is closed, or nobody has it any more;
    None when somebody else does, in this process or another. Who holds it may remove the file."""
    while True:
        file = lock.open("wb")
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.close()
            return None
        with suppress(FileNotFoundError):
            if os.path.samestat(lock.stat(), os.fstat(file.fileno())):
                return file
        file.close()  # it was removed between the two, and may be there anew


def hold_one(folder: Path, name: str, of: int) -> IO[bytes] | None:
    """Hold one of so many places of this name, as `hold` does; None when all are held."""
    folder.mkdir(parents=True, exist_ok=True)
    tried = (hold(folder / f"{name}-{number}") for number in range(of))
    return next((held for held in tried if held is not None), None)
