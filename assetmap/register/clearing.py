"""Clearing away what nobody needs any more: uploads of old imports, removed photos and voice
notes, lost words."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, func, or_, select
from sqlalchemy.orm import Session

from assetmap import access
from assetmap.access import Viewer
from assetmap.db import now
from assetmap.models import Attachment, Import, SearchWord, SearchWordCut
from assetmap.outside.import_folder import ImportFolder
from assetmap.register import attachments, deployment, wording

KEPT_FOR = timedelta(days=30)
ROWS_KEPT_FOR = timedelta(days=365)  # what was refused may be mended and uploaded again
AT_ONCE = 300


@dataclass(frozen=True)
class Unneeded:
    """What may go.

    uploads: folders of imports that were over before `before`; what undoing them or downloading
    their refused rows needs stays. rows: folders of imports that were over a year ago, of which
    nothing stays. photos: names of files, also of voice notes, that nothing shown since then has.
    words: what corrects slips, though no public entry has it now.
    """

    before: datetime
    uploads: Sequence[ImportFolder]
    rows: Sequence[ImportFolder]
    photos: Sequence[str]
    words: Sequence[str]

    def __str__(self) -> str:
        counts = (
            (len(self.uploads), "upload", "uploads"),
            (len(self.rows), "import’s refused rows", "imports’ refused rows"),
            (len(self.photos), "photo file", "photo files"),
            (len(self.words), "word that nothing public has", "words that nothing public has"),
        )
        return ", ".join(f"{n:,} {one if n == 1 else many}" for n, one, many in counts)


def find(session: Session, *, viewer: Viewer, before: datetime | None = None) -> Unneeded:
    """What may go; writes nothing. before: nothing younger goes, 30 days ago unless given."""
    access.require_admin(viewer)
    before = before or now() - KEPT_FOR
    of_rows = before + KEPT_FOR - ROWS_KEPT_FOR
    return Unneeded(
        before,
        [one for one in _over(session, before) if one.is_older_than(before.timestamp())],
        [one for one in _over(session, of_rows) if one.was_left_before(of_rows.timestamp())],
        list(_photos(session, before)),
        [word for part in _all_words(session) for word in wording.unheld(session, part)],
    )


def clear(session: Session, found: Unneeded, *, viewer: Viewer) -> None:
    """Clear it, in a transaction that writes; doing it again, or twice at once, does no harm.

    Each thing is looked at once more, so that what has come back into use meanwhile stays. Of a
    photo only the file goes: a killed process leaves nothing that is shown without its file.
    """
    access.require_admin(viewer)
    for folder in found.uploads:
        with folder.working() as is_ours:
            if is_ours:
                folder.forget_upload()
    for folder in found.rows:
        with folder.working() as is_ours:
            if is_ours:
                folder.forget_everything()
    store = attachments.store(session)
    for name in found.photos:
        attachments.lock(session, _sha256(name))
        if not _used(session, [_sha256(name)], found.before):
            store.forget(name)
    for start in range(0, len(found.words), AT_ONCE):
        gone = wording.unheld(session, found.words[start : start + AT_ONCE])
        session.execute(delete(SearchWordCut).where(SearchWordCut.word.in_(gone)))
        session.execute(delete(SearchWord).where(SearchWord.word.in_(gone)))


def _over(session: Session, before: datetime) -> Iterator[ImportFolder]:
    """The folders of all imports but those that were not over by then."""
    over = func.coalesce(Import.undone_at, Import.finished_at, Import.created_at)
    young = set(session.scalars(select(Import.uid).where(over >= before)))
    for uid, folder in ImportFolder.every(deployment.instance(session)):
        if uid not in young:
            yield folder


def _photos(session: Session, before: datetime) -> Iterator[str]:
    old = list(attachments.store(session).unused_since(before.timestamp()))
    for start in range(0, len(old), AT_ONCE):
        part = old[start : start + AT_ONCE]
        used = _used(session, [_sha256(name) for name in part], before)
        yield from (name for name in part if _sha256(name) not in used)


def _used(session: Session, sums: Sequence[str], before: datetime) -> set[str]:
    """Those of these checksums that are of a photo, or of one removed since."""
    lately = or_(Attachment.removed_at.is_(None), Attachment.removed_at >= before)
    query = select(Attachment.sha256).where(Attachment.sha256.in_(sums), lately)
    return set(session.scalars(query))


def _sha256(name: str) -> str:
    return name.partition(".")[0]


def _all_words(session: Session) -> Iterator[Sequence[str]]:
    last = ""
    while part := session.scalars(
        select(SearchWord.word)
        .where(SearchWord.word > last)
        .order_by(SearchWord.word)
        .limit(AT_ONCE)
    ).all():
        yield part
        last = part[-1]
