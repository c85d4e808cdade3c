"""Where photos and voice notes are kept: files named by their checksum, in folders of 256."""

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path


class PhotoStore:
    """A folder of photos with thumbnails, and of voice notes; the same bytes are kept once."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def keep(self, sha256: str, photo: bytes, thumbnail: bytes) -> None:
        """Write both, each whole or not at all."""
        for name, content in ((sha256, photo), (f"{sha256}.small", thumbnail)):
            self._write(self._path(sha256, name), content)

    def read(self, sha256: str, *, small: bool = False) -> bytes | None:
        """The bytes, or None when they are gone."""
        path = self._path(sha256, f"{sha256}.small" if small else sha256)
        return path.read_bytes() if path.is_file() else None

    def keep_sound(self, sha256: str, sound: bytes) -> None:
        """Write a voice note, whole or not at all."""
        self._write(self._path(sha256, sha256, "sound"), sound)

    def read_sound(self, sha256: str) -> bytes | None:
        """The bytes, or None when they are gone."""
        path = self._path(sha256, sha256, "sound")
        return path.read_bytes() if path.is_file() else None

    def unused_since(self, before: float) -> Iterator[str]:
        """Names of what was last written before a time (seconds since 1970), in order; halves that
        a killed process left among them."""
        for path in sorted(self._folder.glob("[0-9a-f][0-9a-f]/*")):
            try:
                if path.stat().st_mtime < before:
                    yield path.name
            except FileNotFoundError:
                continue  # somebody else cleared it

    def forget(self, name: str) -> None:
        """Remove a file by its name; no harm when it is gone."""
        for path in self._folder.glob(f"[0-9a-f][0-9a-f]/{name}"):
            path.unlink(missing_ok=True)

    def _path(self, sha256: str, name: str, ending: str = "jpg") -> Path:
        return self._folder / sha256[:2] / f"{name}.{ending}"

    def _write(self, path: Path, content: bytes) -> None:
        if path.exists():
            return
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
