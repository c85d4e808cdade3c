"""Entries that lie near each other, side by side in the table.

PostgreSQL keeps rows as they came. What one place is asked for is then spread over the whole table,
and over the whole list of whatever word is asked for with it: a search in a box has to open all of
the two. In order of their places it opens a page or two of each. SQLite keeps rows by their keys.
"""

from sqlalchemy import bindparam, func, select, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from assetmap import access
from assetmap.access import Viewer
from assetmap.connections import is_busy
from assetmap.errors import Busy
from assetmap.loading import keeps_as_told
from assetmap.models import Entry

INDEX = "idx_entry_location"
FROM = 50_000  # entries; with fewer it makes no difference that anybody would notice
_WAIT = text("SET LOCAL lock_timeout = '5s'")
_IN_ORDER = (text(f"CLUSTER entry USING {INDEX}"), text("ANALYZE entry"))
_EVER = text(
    "SELECT indisclustered FROM pg_index WHERE indexrelid = to_regclass(:index)"
).bindparams(bindparam("index", INDEX))


def is_due(session: Session) -> bool:
    """Whether there are many entries, and nobody has ever put them in order."""
    if not keeps_as_told(session) or session.scalar(_EVER):
        return False
    some = select(Entry.id).offset(FROM).limit(1)
    return session.scalar(some) is not None


def arrange(session: Session, *, viewer: Viewer) -> int:
    """Put entries in the order of their places; how many there are. Until the transaction ends,
    nobody else reads or writes one.

    Raises Busy, with nothing changed, where somebody does so for longer than five seconds.
    """
    access.require_admin(viewer)
    session.execute(_WAIT)
    try:
        for statement in _IN_ORDER:
            session.execute(statement)
    except OperationalError as error:
        if not is_busy(error):
            raise
        raise Busy("Somebody is reading or writing for longer. Try again later.") from error
    return session.scalar(select(func.count()).select_from(Entry)) or 0
