"""A file that is being made, and may be gone on with when that breaks off."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from assetmap.outside.alone import hold


@dataclass(frozen=True)
class PartFile:
    """A file that has its own name only when it is whole. Beside what there is of it stands a small
    file that says how far that goes."""

    whole: Path

    @property
    def path(self) -> Path:
        """What there is of it; it ends like the whole, as some programs want it."""
        return self.whole.with_name(f"{self.whole.stem}.part{self.whole.suffix}")

    @property
    def about(self) -> Path:
        """What is said of it."""
        return self.whole.with_name(f"{self.whole.name}.part.json")

    @contextmanager
    def writing(self) -> Iterator[bool]:
        """Hold it while writing; gives False when another process does already."""
        lock = self.whole.with_name(f"{self.whole.name}.part.lock")
        held = hold(lock)
        try:
            yield held is not None
        finally:
            if held is not None:
                lock.unlink(missing_ok=True)
                held.close()

    def say(self, given: dict[str, Any]) -> None:
        """Say how far it goes. Raises OSError."""
        written = self.about.with_name(f"{self.about.name}.new")
        written.write_bytes(orjson.dumps(given))
        written.replace(self.about)

    def said(self) -> dict[str, Any] | None:
        """What was last said; None when nothing was."""
        try:
            found = orjson.loads(self.about.read_bytes())
        except (FileNotFoundError, orjson.JSONDecodeError):
            return None
        return found if isinstance(found, dict) else None

    def finish(self) -> None:
        """It is whole."""
        with self.path.open("rb") as file:
            os.fsync(file.fileno())
        self.path.replace(self.whole)
        self.about.unlink(missing_ok=True)
