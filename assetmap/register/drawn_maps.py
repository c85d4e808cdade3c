"""Maps that were drawn a moment ago, kept until anything they show changes.

Many people look at the same country. What is kept is what one set of rights may see on one day,
and it is asked for each time whether anything has changed: a write is seen by the next map.
"""

from collections import OrderedDict
from collections.abc import Callable
from threading import Lock
from weakref import WeakKeyDictionary

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from assetmap.access import Viewer, everywhere
from assetmap.db import local_day, now
from assetmap.register import clusters, common_knowledge
from assetmap.register.common_knowledge import Version
from assetmap.schemas.search import MapSearch
from assetmap.viewers import rights_of

MOST_BYTES = 16 * 2**20  # in each process that answers


class Kept:
    """Answers with the version of the register they were drawn from; the longest unused goes."""

    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        self._most, self._held, self._lock = most_bytes, 0, Lock()
        self._answers: OrderedDict[object, tuple[Version, bytes]] = OrderedDict()

    def get(self, key: object, version: Version) -> bytes | None:
        """The answer that was drawn from this version of the register."""
        with self._lock:
            found = self._answers.get(key)
            if found is None or found[0] != version:
                return None
            self._answers.move_to_end(key)
            return found[1]

    def put(self, key: object, version: Version, answer: bytes) -> None:
        """Keep an answer in place of an older one."""
        with self._lock:
            self._held += len(answer) - len(self._answers.pop(key, ((), b""))[1])
            self._answers[key] = (version, answer)
            while self._held > self._most:
                _, (_, gone) = self._answers.popitem(last=False)
                self._held -= len(gone)


_of_engine: WeakKeyDictionary[Engine, Kept] = WeakKeyDictionary()


def answer(
    session: Session,
    wanted: MapSearch,
    write: Callable[[clusters.OnMap], bytes],
    *,
    viewer: Viewer,
) -> bytes:
    """What `write` makes of a map, or made of it when nothing was different.

    Kept for what the counts of cells can say and for whoever sees the same everywhere: what else a
    search asks, and limits to some places, hang on more than the version tells.
    """
    is_seen_alike = viewer.behind is None and everywhere(viewer) == viewer
    if not clusters.is_plain(wanted) or wanted.without or not is_seen_alike:
        return write(clusters.on_map(session, wanted, viewer=viewer))
    engine = session.connection().engine
    kept = _of_engine.setdefault(engine, Kept())
    key = (rights_of(viewer), viewer.is_operator, local_day(now()), wanted.model_dump_json())
    version = common_knowledge.version(session)
    found = kept.get(key, version)
    if found is None:
        found = write(clusters.on_map(session, wanted, viewer=viewer))
        kept.put(key, version, found)
    return found
