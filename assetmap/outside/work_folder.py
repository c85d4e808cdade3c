"""A folder in which long work is done, that says how far the work has come.

How far is written to a small file and not to the database, which the work itself keeps busy.
"""

import os
import shutil
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from assetmap.outside.alone import alone_in


@dataclass(frozen=True)
class WorkFolder:
    """A folder below the instance folder, for one piece of work."""

    path: Path

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

    def unsay(self, name: str) -> None:
        """Take back what was last said."""
        (self.path / f"{name}.json").unlink(missing_ok=True)

    def remove(self) -> None:
        """Forget all that is in it."""
        shutil.rmtree(self.path, ignore_errors=True)

    def working(self) -> AbstractContextManager[bool]:
        """Hold the folder while working in it; see `alone_in`."""
        return alone_in(self.path)

    def is_worked_in(self) -> bool:
        """Whether some process is at work in it now."""
        if not self.path.exists():
            return False
        with self.working() as free:
            return not free
