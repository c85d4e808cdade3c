"""What searches look up that is the same for everybody, kept until anything changes.

Each search asks once whether anything has: what was learnt before the last write is forgotten.
"""

from dataclasses import dataclass, field
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from assetmap.models import DataVersion
from assetmap.register.search_tokens import Terms

MOST = 5_000  # answers in each process that answers
_VERSION = select(func.count(), func.max(DataVersion.id), func.sum(DataVersion.lot))
Version = tuple[Any, ...]


@dataclass
class Facts:
    """What one version of the register answered.

    slips: by word, the words it may be a slip of, or None where a public entry has it; terms:
    what codes of categories stand for; areas: key and type of each area that a code may mean.
    """

    version: Version
    slips: dict[str, list[str] | None] = field(default_factory=dict)
    terms: dict[tuple[str, ...], Terms] = field(default_factory=dict)
    areas: dict[str, list[Any]] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.slips) + len(self.terms) + len(self.areas)


_of_engine: WeakKeyDictionary[Engine, Facts] = WeakKeyDictionary()


def version(session: Session) -> Version:
    """What tells the register as it is now from any other. Ask for it first: what is looked up
    after it may be newer than it says, and never older."""
    return tuple(session.connection().execute(_VERSION).one())


def facts(session: Session) -> Facts:
    """What is known of the register as it is now, to read and to add to."""
    engine, now = session.connection().engine, version(session)
    known = _of_engine.get(engine)
    if known is None or known.version != now or len(known) > MOST:
        known = _of_engine[engine] = Facts(now)
    return known
