"""Taking out of closed findings whatever could tell of a person; what is left can be counted."""

from collections.abc import Sequence

from shapely.geometry.base import BaseGeometry as Shape
from sqlalchemy import delete, or_, select, update
from sqlalchemy.orm import Session

from assetmap import spatial
from assetmap.access import Viewer
from assetmap.db import now
from assetmap.models import Attachment, Entry, Finding, History, Merge, Proposal
from assetmap.register import indexing, places, writing
from assetmap.vocabulary import Precision

TITLE = "A closed finding"
RESOLUTION = "What was done is no longer kept."
VERB = "anonymised"
_BLANK = ("description", "notes", "address", "external_ref")


def anonymise_findings(session: Session, keys: Sequence[int], *, viewer: Viewer) -> Sequence[Entry]:
    """Keep of these findings their category, severity, days and the small area, no words at all.

    Their words leave the history, the photos and the text index too, what was suggested about them
    goes, and a merge they were in can not be undone any more.
    """
    found = session.scalars(select(Finding).where(Finding.id.in_(keys)).order_by(Finding.id)).all()
    exact = _places(session, keys)
    _forget_around(session, keys)
    for finding in found:
        _blank(finding)
        finding.precision = Precision.LSOA.value
        shown = places.shown(session, exact.get(finding.id), finding.precision)
        finding.exact_location = finding.covers = None
        finding.location = spatial.stored(shown)
        finding.longitude, finding.latitude = writing.middle_of(shown)
        finding.version += 1
        finding.updated_at, finding.updated_by_id = now(), viewer.user_id
        session.add(_row(finding, viewer))
        indexing.assign_areas(session, finding, shown)
    session.flush()  # the index reads what is there
    indexing.index(session, found)
    return found


def _places(session: Session, keys: Sequence[int]) -> dict[int, Shape]:
    rows = session.execute(
        select(Entry.id, Entry.exact_location, Entry.location).where(Entry.id.in_(keys))
    )
    shapes = {key: spatial.shape_of(exact or shown) for key, exact, shown in rows}
    return {key: shape for key, shape in shapes.items() if shape is not None}


def _blank(finding: Finding) -> None:
    finding.title, finding.title_folded = TITLE, TITLE.lower()
    for name in _BLANK:
        setattr(finding, name, "")
    finding.resolution = RESOLUTION if finding.resolution else ""
    finding.postcode = finding.source = finding.external_id = None
    finding.tags = []
    finding.radius_m = finding.accuracy_m = None
    finding.created_by_id = finding.checked_by_id = finding.withdrawn_by_id = None
    if finding.withdrawn_why is not None:
        finding.withdrawn_why = ""


def _row(finding: Finding, viewer: Viewer) -> History:
    return History(
        entry_id=finding.id, version=finding.version, by_id=viewer.user_id, verb=VERB, changes={}
    )


def _forget_around(session: Session, keys: Sequence[int]) -> None:
    """Words and people in their histories, captions, voice notes and merges; that something was
    done stays."""
    session.execute(
        update(History)
        .where(History.entry_id.in_(keys))
        .values(changes={}, why="", by_id=None)
        .execution_options(synchronize_session=False)
    )
    session.execute(
        update(Attachment)
        .where(Attachment.entry_id.in_(keys))
        .values(
            caption="",
            alt_text="",
            transcript="",
            consent_scope="internal",
            created_by_id=None,
            taken_at=None,
            removed_at=now(),
        )
        .execution_options(synchronize_session=False)
    )
    session.execute(
        delete(Proposal)
        .where(Proposal.entry_id.in_(keys))
        .execution_options(synchronize_session=False)
    )
    session.execute(
        delete(Merge)
        .where(or_(Merge.kept_id.in_(keys), Merge.gone_id.in_(keys)))
        .execution_options(synchronize_session=False)
    )
