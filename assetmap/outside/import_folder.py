"""Where an uploaded file waits while it is looked at, and how far the work on it has come.

How far is written to a small file and not to the database, which the work itself keeps busy.
"""

import os
import shutil
import uuid
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from time import time
from typing import IO, Any

import orjson

from assetmap.outside.alone import alone_in

_BLOCK = 1_000_000
PASSING = "passing-"
PASSED = 600  # s: a folder without anything new for so long is at an end, if nobody holds it


@dataclass(frozen=True)
class ImportFolder:
    """The folder of one import, below the instance folder."""

    path: Path

    @classmethod
    def of(cls, instance: Path, uid: uuid.UUID) -> "ImportFolder":
        """The folder that belongs to an import."""
        return cls(instance / "imports" / str(uid))

    @classmethod
    def every(cls, instance: Path) -> Iterator[tuple[uuid.UUID, "ImportFolder"]]:
        """The folders there are, each with the uid of its import."""
        for path in sorted((instance / "imports").glob("*-*-*-*-*")):
            with suppress(ValueError):
                yield uuid.UUID(path.name), cls(path)

    @classmethod
    @contextmanager
    def passing(cls, instance: Path) -> Iterator["ImportFolder"]:
        """A folder for an import that no page shows, gone with it. What an earlier one left behind
        that was killed, rows of its file, goes now."""
        for left in map(cls, (instance / "imports").glob(f"{PASSING}*")):
            if left.was_left_before(time() - PASSED) and not left.is_worked_in():
                left.remove()
        made = cls(instance / "imports" / f"{PASSING}{uuid.uuid4()}")
        with made.working():
            try:
                yield made
            finally:
                made.remove()

    @property
    def upload(self) -> Path:
        """The file as it was uploaded."""
        return self.path / "upload"

    def keep(self, content: IO[bytes]) -> None:
        """Keep an uploaded file; all of it, or nothing of it. Raises OSError."""
        self.path.mkdir(parents=True, exist_ok=True)
        part = self.path / "upload.part"
        try:
            with part.open("wb") as file:
                shutil.copyfileobj(content, file, _BLOCK)
            part.replace(self.upload)
        except OSError:
            self.remove()
            raise

    def say(self, name: str, given: dict[str, Any]) -> None:
        """Write a small file that is always whole for whoever reads it."""
        part = self.path / f"{name}.{os.getpid()}.part"
        part.write_bytes(orjson.dumps(given))
        part.replace(self.path / f"{name}.json")

    def said(self, name: str) -> dict[str, Any]:
        """What was last said; nothing when nothing was."""
        try:
            found = orjson.loads((self.path / f"{name}.json").read_bytes())
        except (OSError, orjson.JSONDecodeError):
            return {}
        return found if isinstance(found, dict) else {}

    def remove(self) -> None:
        """Forget the upload and all that was made of it."""
        shutil.rmtree(self.path, ignore_errors=True)

    def is_older_than(self, before: float) -> bool:
        """Whether it holds an upload, all of it from before a time (seconds since 1970)."""
        return _are_older(self._of_the_upload(), before)

    def was_left_before(self, before: float) -> bool:
        """Whether it holds anything at all, and nothing from since a time."""
        return _are_older(self._everything(), before)

    def forget_everything(self) -> None:
        """Remove what is left: rows that were put aside, and what was said of them."""
        for path in self._everything():
            path.unlink(missing_ok=True)

    def forget_upload(self) -> None:
        """Remove the upload and what was worked out from it; what was refused, and said, stays."""
        for path in self._of_the_upload():
            path.unlink(missing_ok=True)

    def _everything(self) -> Iterator[Path]:
        return (path for path in self.path.iterdir() if path.name != "lock")

    def _of_the_upload(self) -> Iterator[Path]:
        for pattern in ("upload", "*.part", "*.jsonl"):
            yield from self.path.glob(pattern)

    def unsay(self, name: str) -> None:
        """Take back what was last said."""
        (self.path / f"{name}.json").unlink(missing_ok=True)

    def working(self) -> AbstractContextManager[bool]:
        """Hold the folder while working in it; see `alone_in`."""
        return alone_in(self.path)

    def is_worked_in(self) -> bool:
        """Whether some process is at work in it now."""
        if not self.path.exists():
            return False
        with self.working() as free:
            return not free


def _are_older(paths: Iterable[Path], before: float) -> bool:
    times = [path.stat().st_mtime for path in paths]
    return bool(times) and max(times) < before
