"""Files too large to be made while somebody waits: made away from the page, kept for a day.

A parcel lies in a folder of its own, with who asked for what. It is made some thousands of entries
at a time, so that other work has its turn, and goes on where it was when it is stopped.
"""

import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from pydantic import ValidationError
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from assetmap import access
from assetmap.access import PUBLIC, Narrowing, Viewer
from assetmap.connections import has_key
from assetmap.db import now
from assetmap.errors import Conflict, NotAllowed, NotFound, TooManyAtOnce
from assetmap.formats import geopackage
from assetmap.models import Entry
from assetmap.outside.parcel_folder import ParcelFolder
from assetmap.register import deployment, downloads, files, looking
from assetmap.register.downloads import Account
from assetmap.register.files import Taken
from assetmap.schemas.parcels import ParcelAsked, State
from assetmap.schemas.search import EntrySearch
from assetmap.viewers import rights_of
from assetmap.vocabulary import Channel

KEPT_FOR = timedelta(days=1)
PER_TURN = 20_000
KEYS_AT_ONCE = 10_000
MOST_KEPT = 5  # of one person, or of all who have not signed in
WAITING = "Waiting for its turn"
NO_SUCH = "There is no such file. It may have been let go of: it is kept for a day."
ENOUGH = (
    "{} files of this sort are being made or kept already, which is the most. Ask again when one of"
    " them was removed, or let go of after a day."
)
CHANGED = "What you may see has changed since this file was made. Ask for it anew."


@dataclass(frozen=True)
class Parcel:
    """A GeoPackage that is being made or was, and for whom."""

    uid: uuid.UUID
    folder: ParcelFolder
    asked: ParcelAsked

    @property
    def path(self) -> str:
        """Where its page is, below the service's root."""
        return f"/files/{self.uid}"

    @property
    def state(self) -> State:
        """How it stands."""
        if self.folder.said("made"):
            return "ready"
        if self.problem:
            return "failed"
        if self.folder.said("progress").get("waiting"):
            return "waiting"
        return "making" if self.folder.is_worked_in() else "stopped"

    @property
    def problem(self) -> str:
        """Why it could not be made."""
        return str(self.folder.said("problem").get("text", ""))

    @property
    def done(self) -> int:
        """How many entries it holds."""
        said = self.folder.said("made") or self.folder.said("progress")
        return int(said.get("done", 0))

    @property
    def kept_until(self) -> datetime:
        """When it is let go of."""
        made = self.folder.said("made").get("at")
        return (datetime.fromisoformat(made) if made else self.asked.at) + KEPT_FOR


def begin(session: Session, wanted: EntrySearch, taken: Taken, *, root: str, count: int) -> Parcel:
    """Write down what is to be made; the same that was asked for before is that. The door then asks
    for the work.

    Raises NotAllowed for whoever looks as somebody else, TooManyAtOnce.
    """
    viewer, account = taken.viewer, taken.account
    if viewer.behind is not None:
        raise NotAllowed(f"You are looking as {looking.called(viewer)}. Stop looking to do this.")
    asked = ParcelAsked(
        by=viewer.user_id,
        team_id=viewer.narrowing.team_id,
        without=tuple(sorted(viewer.narrowing.without)),
        rights=rights_of(viewer),
        search=wanted,
        level=taken.level,
        purpose=account.purpose if account else "",
        filters=tuple(account.filters) if account else (),
        name=taken.name,
        root=root,
        count=count,
        at=now(),
    )
    instance = deployment.instance(session)
    let_go_of_old(instance)
    kept = [one for one in _every(instance) if one.asked.by == asked.by]
    for one in kept:
        if one.asked.what == asked.what and one.state != "failed":
            return one
    if len(kept) >= MOST_KEPT:
        raise TooManyAtOnce(ENOUGH.format(len(kept)))
    uid = uuid.uuid4()
    folder = ParcelFolder.of(instance, uid)
    folder.path.mkdir(parents=True)
    folder.say("asked", asked.model_dump(mode="json"))
    folder.say("progress", {"waiting": True})
    return Parcel(uid, folder, asked)


def of_uid(session: Session, uid: uuid.UUID, *, viewer: Viewer) -> Parcel:
    """The parcel, for who asked for it; one that nobody in particular asked for is everybody's who
    knows its address. Raises NotFound."""
    found = _read(uid, ParcelFolder.of(deployment.instance(session), uid))
    is_theirs = found is not None and found.asked.by in (None, viewer.user_id)
    if found is None or not is_theirs or found.kept_until < now():
        raise NotFound(NO_SUCH)
    return found


def ask_again(parcel: Parcel) -> None:
    """Say that it waits for its turn once more, and that nothing is wrong with it yet."""
    parcel.folder.say("progress", {"waiting": True, "done": parcel.done})
    parcel.folder.unsay("problem")


def make_some(session: Session, uid: uuid.UUID, *, seal: Callable[[], None]) -> bool:
    """Put some thousands of entries more into the file, each on the account before; whether there
    may be more. In the order in which they were logged.

    seal: makes what was noted last. Raises NotFound, NotAllowed when what they may see has changed.
    """
    parcel = _read(uid, ParcelFolder.of(deployment.instance(session), uid))
    if parcel is None:
        raise NotFound(NO_SUCH)
    if parcel.state == "ready":  # it was asked for twice
        return False
    asked, path = parcel.asked, parcel.folder.file
    viewer = _viewer(session, asked)
    done, ref = geopackage.last(path, "ref")
    parcel.folder.say("progress", {"done": done})
    if not done:
        path.unlink(missing_ok=True)
    account = None
    if asked.by is not None:
        account = Account(Channel.GEOPACKAGE, asked.level, seal, asked.purpose, asked.filters)
    key = int(ref.rpartition("-")[2] or 0)
    found = downloads.every(
        session, asked.search, viewer=viewer, most=PER_TURN, account=account, after=key
    )
    before = done
    for count in files.as_geopackage(
        session, found, path, level=asked.level, root=asked.root, has_begun=done > 0
    ):
        done += count
        parcel.folder.say("progress", {"done": done})
    if done > before and done < files.MOST:
        return True
    parcel.folder.say("made", {"done": done, "at": now().isoformat()})
    return False


def fetch(session: Session, uid: uuid.UUID, *, viewer: Viewer) -> tuple[Parcel, Path]:
    """The file, when it is made and the viewer may still see all that is in it.

    Raises NotFound, Conflict when it is not ready or they may not: then it is gone for good.
    """
    parcel = of_uid(session, uid, viewer=viewer)
    if parcel.state != "ready":
        raise Conflict("This file is not ready yet.")
    sees = viewer if parcel.asked.by is not None else PUBLIC
    if rights_of(sees) != parcel.asked.rights:
        raise Conflict(CHANGED)
    for keys in _keys(parcel.folder.file):
        seen = select(func.count()).where(has_key(Entry.id, "keys"), access.visible_entries(sees))
        if session.execute(seen, {"keys": keys}).scalar_one() != len(keys):
            parcel.folder.remove()
            raise Conflict(CHANGED)
    return parcel, parcel.folder.file


def let_go_of_old(instance: Path) -> None:
    """Remove what was kept for a day, and what lies about of others."""
    old = [one.folder for one in _every(instance) if one.kept_until < now()]
    old += [one for _, one in ParcelFolder.every(instance) if one.was_left(KEPT_FOR)]
    for folder in old:
        folder.remove()


def let_go_of_all(session: Session) -> None:
    """Remove every one: what was erased must not be in files that wait to be fetched."""
    for parcel in _every(deployment.instance(session)):
        parcel.folder.remove()


def _viewer(session: Session, asked: ParcelAsked) -> Viewer:
    """Whoever asked, as they are now. Raises NotAllowed when they may not see the same any more."""
    if asked.by is None:
        return PUBLIC
    narrowing = Narrowing(asked.team_id, frozenset(asked.without))
    viewer = access.viewer_of(session, asked.by, narrowing)
    if rights_of(viewer) != asked.rights:
        raise NotAllowed(CHANGED)
    return viewer


def _keys(file: Path) -> Iterator[list[int]]:
    for refs in geopackage.every(file, "ref", at_once=KEYS_AT_ONCE):
        yield [int(ref.rpartition("-")[2]) for ref in refs]


def _every(instance: Path) -> Iterator[Parcel]:
    for uid, folder in ParcelFolder.every(instance):
        if (parcel := _read(uid, folder)) is not None:
            yield parcel


def _read(uid: uuid.UUID, folder: ParcelFolder) -> Parcel | None:
    try:
        return Parcel(uid, folder, ParcelAsked.model_validate(folder.said("asked")))
    except ValidationError:
        return None
