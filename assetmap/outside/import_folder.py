"""Where an uploaded file waits while it is looked at, and how far the work on it has come."""

import shutil
import uuid
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from time import time
from typing import IO

from assetmap.outside.work_folder import WorkFolder

_BLOCK = 1_000_000
PASSING = "passing-"
PASSED = 600  # s: a folder without anything new for so long is at an end, if nobody holds it


@dataclass(frozen=True)
class ImportFolder(WorkFolder):
    """The folder of one import, below the instance folder."""

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


def _are_older(paths: Iterable[Path], before: float) -> bool:
    times = [path.stat().st_mtime for path in paths]
    return bool(times) and max(times) < before
