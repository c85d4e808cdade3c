"""Moving photos and voice notes from the folder to the bucket, or back, while they are in use.

A file is written, read back and compared before the one it came from goes, so that whatever breaks
off leaves it in one place or in both, and doing it again goes on from there.
"""

import hashlib
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from itertools import islice
from typing import Literal

from assetmap import access
from assetmap.access import Viewer
from assetmap.errors import Unavailable
from assetmap.outside.media import NAME, Kept, Place

AT_ONCE = 8  # files that are on their way together
STEP = 200
Told = Literal["moved", "gone", "damaged"]


@dataclass
class Moved:
    """How far it has come. damaged: names of files that are not what their names say, which were
    left where they are."""

    files: int = 0
    bytes: int = 0
    damaged: list[str] = field(default_factory=list)


def to_move(source: Place, *, viewer: Viewer) -> Moved:
    """How much there is to move; moves nothing."""
    access.require_admin(viewer)
    found = Moved()
    for one in _whole_names(source):
        found.files += 1
        found.bytes += one.bytes
    return found


def move(
    source: Place,
    target: Place,
    moved: Moved,
    *,
    viewer: Viewer,
    told: Callable[[int], None],
) -> None:
    """Move every file. moved: is kept up to date, so that it says how far it came when it breaks
    off with Unavailable. told: is given the number moved now and then."""
    access.require_admin(viewer)
    left = _whole_names(source)
    with ThreadPoolExecutor(AT_ONCE) as pool:
        while some := list(islice(left, STEP)):
            each = pool.map(partial(carry, source, target), [one.name for one in some])
            for one, said in zip(some, each, strict=True):
                if said == "moved":
                    moved.files += 1
                    moved.bytes += one.bytes
                elif said == "damaged":
                    moved.damaged.append(one.name)
            told(moved.files)


def carry(source: Place, target: Place, name: str) -> Told:
    """Move one file; says what became of it. Raises Unavailable when the target did not keep it.

    One that is forgotten meanwhile does not come back: `PhotoStore.forget` removes it from where it
    came from first.
    """
    content = source.read(name)
    if content is None:
        return "gone"
    if not _is_what_it_is_called(name, content):
        return "damaged"
    if target.read(name) != content:
        target.write(name, content, again=True)
        if target.read(name) != content:
            raise Unavailable("What was written is not there.", "it lost what it was given")
    if not source.has(name):
        target.remove(name)
        return "gone"
    source.remove(name)
    return "moved"


def _whole_names(source: Place) -> Iterator[Kept]:
    """What is there, without halves that a killed process left."""
    return (one for one in source.every() if NAME.fullmatch(one.name))


def _is_what_it_is_called(name: str, content: bytes) -> bool:
    """Whether a file has the checksum of its name. A small version is called after its photo: it
    is known by being a JPEG that has an end."""
    if name.endswith(".small.jpg"):
        return content.startswith(b"\xff\xd8") and content.endswith(b"\xff\xd9")
    return hashlib.sha256(content).hexdigest() == name.partition(".")[0]
