"""Whether the text index holds what the register does, and making it anew."""

from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session, with_polymorphic

from assetmap import access, textsearch
from assetmap.access import Viewer
from assetmap.models import Entry
from assetmap.register import indexing
from assetmap.textsearch import Query
from assetmap.vocabulary import Kind

AT_ONCE = 500
_EVERY_KIND = Query(tokens=(tuple(f"k:{kind.value}" for kind in Kind),))


@dataclass(frozen=True)
class Counts:
    """entries: those on the register; found: those of them the index finds; gone: what it finds
    though it was withdrawn or merged."""

    entries: int
    found: int
    gone: int

    @property
    def in_step(self) -> bool:
        """The index finds all that is on the register, and nothing else."""
        return self.entries == self.found and not self.gone


def counts(session: Session, *, viewer: Viewer) -> Counts:
    """How many entries there are, and how many the text index finds."""
    access.require_admin(viewer)
    live = access.visible_entries(viewer)
    indexed = textsearch.matches(Entry.tokens, Entry.id, _EVERY_KIND)
    count = select(func.count()).select_from(Entry)
    entries = session.scalar(count.where(live)) or 0
    found = session.scalar(count.where(live, indexed)) or 0
    every = session.scalar(count.where(indexed)) or 0
    return Counts(entries, found, every - found)


def build(session: Session, *, viewer: Viewer) -> int:
    """Index every entry again; how many."""
    access.require_admin(viewer)
    whole = with_polymorphic(Entry, "*")
    done, last = 0, 0
    while True:
        query = select(whole).where(whole.id > last).order_by(whole.id).limit(AT_ONCE)
        batch = session.scalars(query).all()
        if not batch:
            return done
        indexing.index(session, batch)
        done, last = done + len(batch), batch[-1].id
        session.expunge_all()  # in bounded memory, however many there are
