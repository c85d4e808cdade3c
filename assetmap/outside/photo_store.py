"""The store of photos and voice notes: files named by their checksum, in a folder or a bucket."""

from collections.abc import Iterator
from heapq import merge
from itertools import groupby
from operator import attrgetter

from assetmap.outside.media import Place

_NAME = attrgetter("name")


class PhotoStore:
    """Photos with thumbnails, and voice notes; the same bytes are kept once.

    place: where they are kept. former: where they were kept before and some may be still, until
    they are moved; nothing new goes there. Everything here raises Unavailable when the place cannot
    be reached.
    """

    def __init__(self, place: Place, former: Place | None = None) -> None:
        self._place, self._former = place, former

    def keep(self, sha256: str, photo: bytes, thumbnail: bytes) -> None:
        """Write both, each whole or not at all."""
        self._place.write(f"{sha256}.jpg", photo)
        self._place.write(f"{sha256}.small.jpg", thumbnail)

    def read(self, sha256: str, *, small: bool = False) -> bytes | None:
        """The bytes, or None when they are gone."""
        return self._read(f"{sha256}.small.jpg" if small else f"{sha256}.jpg")

    def keep_sound(self, sha256: str, sound: bytes) -> None:
        """Write a voice note, whole or not at all."""
        self._place.write(f"{sha256}.sound", sound)

    def read_sound(self, sha256: str) -> bytes | None:
        """The bytes, or None when they are gone."""
        return self._read(f"{sha256}.sound")

    def unused_since(self, before: float) -> Iterator[str]:
        """Names of what was last written before a time (seconds since 1970), in order; halves that
        a killed process left among them."""
        every = [place.every() for place in (self._place, self._former) if place]
        for name, same in groupby(merge(*every, key=_NAME), key=_NAME):
            if max(one.written_at for one in same) < before:
                yield name

    def forget(self, name: str) -> None:
        """Remove a file by its name; no harm when it is gone.

        A file that is being moved meanwhile goes too: whoever moves it looks, once it is written,
        whether the one it came from is still there. So that one goes before the other, whichever
        way it moves.
        """
        for place in (self._former, self._place, self._former):
            if place:
                place.remove(name)

    def _read(self, name: str) -> bytes | None:
        if self._former and (left := self._former.read(name)) is not None:
            return left
        found = self._place.read(name)
        if found is None and self._former:
            return self._former.read(name)  # moved back between the two looks
        return found
