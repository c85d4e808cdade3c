"""Where the bytes of photos and voice notes lie: what any place for them can do, and a folder of
this machine. A file is named by the checksum of the photo or voice note that it is, or is a small
version of."""

import errno
import os
import re
import tempfile
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import NamedTuple, Protocol

import structlog

from assetmap.errors import Unavailable
from assetmap.outside.alone import alone_in
from assetmap.settings import Settings

log = structlog.get_logger()

FULL = "The disk is full: photos and voice notes cannot be kept until there is room."
_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
NAME = re.compile(r"[0-9a-f]{64}\.(?:jpg|small\.jpg|sound)")


class Kept(NamedTuple):
    """A file there is: its name, when it was written (seconds since 1970), and its bytes."""

    name: str
    written_at: float
    bytes: int


class Place(Protocol):
    """Somewhere files are kept by name. One that is full, or cannot be reached, raises
    Unavailable."""

    def write(self, name: str, content: bytes, *, again: bool = False) -> None:
        """Keep a file, whole or not at all; one that is there stays, unless it is written again."""

    def read(self, name: str) -> bytes | None:
        """The bytes, or None when there is no such file."""

    def has(self, name: str) -> bool:
        """Whether there is such a file."""

    def every(self) -> Iterator[Kept]:
        """All files, in the order of their names."""

    def remove(self, name: str) -> None:
        """Remove a file; no harm when it is gone."""


def path_of(name: str) -> str:
    """Where a file lies in its place: in one of 256 folders."""
    return f"{name[:2]}/{name}"


class Folder:
    """A folder of this machine. What a killed process left half written has a name of its own."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __str__(self) -> str:
        return f"the folder {self.path}"

    def write(self, name: str, content: bytes, *, again: bool = False) -> None:
        """Keep a file, whole or not at all; one that is there stays, unless it is written again."""
        path = self.path / path_of(name)
        if path.exists() and not again:
            return
        try:
            self._write(path, content)
        except OSError as error:
            if error.errno not in _NO_ROOM:
                raise
            log.warning("there is no room for photos", folder=str(self.path))
            raise Unavailable(FULL, "the disk is full") from error

    def _write(self, path: Path, content: bytes) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, half = tempfile.mkstemp(dir=path.parent)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            Path(half).replace(path)
        except BaseException:
            Path(half).unlink(missing_ok=True)
            raise

    def read(self, name: str) -> bytes | None:
        """The bytes, or None when there is no such file."""
        try:
            return (self.path / path_of(name)).read_bytes()
        except FileNotFoundError:
            return None

    def has(self, name: str) -> bool:
        """Whether there is such a file."""
        return (self.path / path_of(name)).exists()

    def every(self) -> Iterator[Kept]:
        """All files in the order of their names, halves among them."""
        for path in sorted(self.path.glob("[0-9a-f][0-9a-f]/*"), key=lambda one: one.name):
            try:
                found = path.stat()
            except FileNotFoundError:
                continue  # somebody else cleared it
            yield Kept(path.name, found.st_mtime, found.st_size)

    def remove(self, name: str) -> None:
        """Remove a file, or a half; no harm when it is gone."""
        if NAME.fullmatch(name):
            (self.path / path_of(name)).unlink(missing_ok=True)
            return
        for path in self.path.glob(f"[0-9a-f][0-9a-f]/{name}"):
            path.unlink(missing_ok=True)

    def working(self) -> AbstractContextManager[bool]:
        """Hold the folder while files are moved from or to it; see `alone_in`."""
        return alone_in(self.path)


def folder(settings: Settings) -> Folder:
    """The folder of this installation, used unless a bucket is set."""
    return Folder(settings.instance / "photos")
