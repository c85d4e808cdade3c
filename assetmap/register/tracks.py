"""Where a walkabout went: kept for its own team, cut at both ends, measured against its plan."""

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session, undefer

from assetmap import access, spatial
from assetmap.access import Viewer
from assetmap.db import now
from assetmap.errors import Conflict, Invalid, NotFound
from assetmap.formats import tracks as lines
from assetmap.formats.tracks import Fix
from assetmap.models import Entry, Link, Track, Walkabout
from assetmap.register import deployment, entries
from assetmap.vocabulary import Kind, Relation

MOST_M = 200_000  # of one way: anything longer was no walk
MOST = 40  # of one walkabout: a phone each, and pieces


@dataclass(frozen=True)
class Way:
    """How far a walkabout went. covered: of its planned area, 0 to 1, None where none is planned.
    findings: logged on it that the viewer may see."""

    tracks: Sequence[Track]
    length_m: float
    covered: float | None
    findings: int

    @property
    def findings_per_km(self) -> float | None:
        """None below two hundred metres, where it would say nothing."""
        return self.findings / (self.length_m / 1000) if self.length_m >= 200 else None


def keep(
    session: Session,
    walkabout: Entry,
    uid: uuid.UUID,
    fixes: Iterable[Fix],
    *,
    viewer: Viewer,
    trim_m: float,
) -> Track:
    """Keep a way that was walked. Sending it again puts it in place of what was sent before.

    Raises Invalid for "points" when nothing is left of it, NotAllowed unless the viewer logs for
    the walkabout's team, Conflict for a uid that another walkabout's track has.
    """
    access.require_add_to(viewer, walkabout.team_id)
    walked = lines.clean(fixes, trim_m=trim_m)
    if walked is None:
        raise Invalid.field("points", "Nothing is left of it: it is shorter than what is cut off.")
    if walked.length_m > MOST_M:
        raise Invalid.field("points", f"A way is at most {MOST_M // 1000} km long.")
    west, south, east, north = deployment.extent(session)
    spots = [spot for line in walked.lines for spot in line]
    if not all(west <= x <= east and south <= y <= north for x, y in spots):
        raise Invalid.field("points", "This is outside the area that the register covers.")
    spatial.lock_for_writing(session, f"track {uid}")
    entries.wait_for(session, walkabout)
    known = session.scalar(select(Track).where(Track.uid == uid))
    if known is not None and known.walkabout_id != walkabout.id:
        raise Conflict("This track belongs to another walkabout.")
    if known is None and _count(session, walkabout) >= MOST:
        raise Invalid.field("points", f"A walkabout has at most {MOST} tracks.")
    track = known or Track(uid=uid, walkabout_id=walkabout.id, created_by_id=viewer.user_id)
    before = round(known.length_m) if known is not None else None
    track.lines = [[list(spot) for spot in line] for line in walked.lines]
    track.length_m = round(walked.length_m, 1)
    ahead = max(timedelta(), walked.ended_at - now())  # nobody has walked tomorrow
    track.started_at, track.ended_at = walked.started_at - ahead, walked.ended_at - ahead
    session.add(track)
    if before != round(track.length_m):
        changes = {"track": [before and f"{before:,} m", f"{round(track.length_m):,} m"]}
        entries.remember(session, walkabout, "track added", changes, viewer=viewer)
    return track


def remove(session: Session, walkabout: Entry, uid: uuid.UUID, *, viewer: Viewer) -> None:
    """Forget a way for good. Raises NotFound for one that is not there, or not the viewer's."""
    track = session.scalar(
        select(Track).where(Track.uid == uid, Track.walkabout_id == walkabout.id)
    )
    if track is None:
        raise NotFound("There is no such track.")
    if track.created_by_id is None or track.created_by_id != viewer.user_id:
        access.require_change(viewer, walkabout)
    session.delete(track)
    changes = {"track": [f"{round(track.length_m):,} m", None]}
    entries.remember(session, walkabout, "track removed", changes, viewer=viewer)


def of(session: Session, walkabout: Entry, *, viewer: Viewer) -> Way | None:
    """The way that a walkabout went; None for all but its own team: it shows where staff were."""
    if not access.sees_exactly(viewer, walkabout.team_id):
        return None
    found = session.scalars(
        select(Track).where(Track.walkabout_id == walkabout.id).order_by(Track.id).limit(MOST)
    ).all()
    plan = session.scalar(
        select(Walkabout).where(Walkabout.id == walkabout.id).options(undefer(Walkabout.location))
    )
    shape = spatial.shape_of(plan.location) if plan is not None else None
    walked = [[(x, y) for x, y in line] for track in found for line in track.lines]
    return Way(
        found,
        sum(track.length_m for track in found),
        lines.covered(shape, walked) if shape is not None else None,
        _findings(session, walkabout, viewer=viewer),
    )


def _findings(session: Session, walkabout: Entry, *, viewer: Viewer) -> int:
    logged = (
        select(func.count())
        .select_from(Entry)
        .join(Link, Link.from_id == Entry.id)
        .where(
            Link.to_id == walkabout.id,
            Link.relation == Relation.FOUND_ON.value,
            Entry.kind == Kind.FINDING.value,
            access.visible_entries(viewer),
        )
    )
    return session.scalar(logged) or 0


def _count(session: Session, walkabout: Entry) -> int:
    of_it = select(func.count()).where(Track.walkabout_id == walkabout.id)
    return session.scalar(of_it) or 0
