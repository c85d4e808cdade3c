"""Rich pictures of an event and what their parts tell, for programs."""

import uuid
from datetime import date
from typing import Any

from flask import Blueprint, g

from assetmap.api.contract import Operation, Reply, base_version
from assetmap.api.running import found, read
from assetmap.db import db
from assetmap.errors import Invalid
from assetmap.models import PictureRegion, RichPicture
from assetmap.register import attachments, rich_pictures
from assetmap.schemas.features import Given
from assetmap.schemas.pictures import FindingFrom, NewPicture, PictureDraft, RegionDraft
from assetmap.schemas.reading import checked

bp = Blueprint("api_pictures", __name__, url_prefix="/api/engagements/<uuid:uid>/pictures")


class PartGiven(Given):
    """A part of a rich picture; the finding that was made of it has its uid."""

    uid: uuid.UUID
    number: int
    insight: str
    corners: list[list[float]]
    is_finding: bool


class PictureGiven(Given):
    """A rich picture. photo: its photo, unless nobody is shown it any more."""

    uid: uuid.UUID
    version: int
    photo: uuid.UUID | None
    is_withdrawn: bool
    title: str
    alt_text: str
    made_by: str
    shows: str
    under_18: bool
    scope: str
    agreed_by: str
    agreed_as: str
    agreed_on: date | None
    uses: list[str]
    parts: list[PartGiven]


class PicturesGiven(Given):
    """The rich pictures of an event, the oldest first."""

    pictures: list[PictureGiven]


class FindingGiven(Given):
    """The finding that a part became."""

    uid: uuid.UUID
    ref: str


@bp.get("")
@Operation(gives=PicturesGiven, headers=("X-Purpose",), refuses=(403, 404, 428))
def pictures(uid: uuid.UUID) -> Reply:
    """Read the rich pictures of an event of your team, with what their parts tell."""
    event = found(uid)
    kept = rich_pictures.of(db.session, event, viewer=g.viewer)
    made = rich_pictures.findings(db.session, kept, viewer=g.viewer)
    return read(event, {"pictures": [_picture(one, made) for one in kept]})


@bp.put("/<uuid:picture>")
@Operation(
    gives=PictureGiven,
    sends=NewPicture,
    headers=("If-Match", "X-Purpose"),
    refuses=(403, 404, 409, 412, 428),
)
def put_picture(uid: uuid.UUID, picture: uuid.UUID, body: Any) -> Reply:
    """Keep a photo of the event as a rich picture, or change what is said of one (If-Match)."""
    event, sent = found(uid), checked(NewPicture, body)
    photo, entry = attachments.with_entry(db.session, sent.photo, viewer=g.viewer)
    if entry.id != event.id:
        raise Invalid.field("photo", "Give the uid of a photo of this event.")
    draft = checked(PictureDraft, sent.model_dump(exclude={"photo"}))
    kept = rich_pictures.put(
        db.session, event, picture, photo, draft, viewer=g.viewer, base_version=base_version()
    )
    made = rich_pictures.findings(db.session, [kept], viewer=g.viewer)
    answer, version = _picture(kept, made), str(kept.version)
    db.session.commit()
    return Reply(answer, etag=version)


@bp.delete("/<uuid:picture>")
@Operation(gives=PictureGiven, headers=("X-Purpose",), refuses=(403, 404, 409, 428))
def withdraw_picture(uid: uuid.UUID, picture: uuid.UUID) -> Reply:
    """Show a picture to nobody any more; what was read out of it stays."""
    event = found(uid)
    kept = rich_pictures.withdraw(db.session, event, picture, viewer=g.viewer)
    made = rich_pictures.findings(db.session, [kept], viewer=g.viewer)
    answer = _picture(kept, made)
    db.session.commit()
    return Reply(answer)


@bp.put("/<uuid:picture>/parts/<uuid:part>")
@Operation(gives=PartGiven, sends=RegionDraft, headers=("X-Purpose",), refuses=(403, 404, 409, 428))
def put_picture_part(uid: uuid.UUID, picture: uuid.UUID, part: uuid.UUID, body: Any) -> Reply:
    """Mark a part of a picture and say what it tells; the same again adds nothing."""
    event, draft = found(uid), checked(RegionDraft, body)
    kept = rich_pictures.find(db.session, event, picture, viewer=g.viewer)
    made = rich_pictures.mark(db.session, event, kept, part, draft, viewer=g.viewer)
    answer = _part(made, is_finding=False)
    db.session.commit()
    return Reply(answer)


@bp.put("/<uuid:picture>/parts/<uuid:part>/finding")
@Operation(
    gives=FindingGiven, sends=FindingFrom, headers=("X-Purpose",), refuses=(403, 404, 409, 428)
)
def put_picture_finding(uid: uuid.UUID, picture: uuid.UUID, part: uuid.UUID, body: Any) -> Reply:
    """Log what a part tells as a finding of the event; the same again logs one."""
    event, wanted = found(uid), checked(FindingFrom, body)
    kept = rich_pictures.find(db.session, event, picture, viewer=g.viewer)
    region = rich_pictures.region(kept, part)
    made = rich_pictures.become_finding(db.session, event, region, wanted, viewer=g.viewer)
    answer = {"uid": made.uid, "ref": made.ref}
    db.session.commit()
    return Reply(answer)


def _picture(kept: RichPicture, made: Any) -> dict[str, Any]:
    is_gone = kept.photo.removed_at is not None
    return rich_pictures.as_said(kept) | {
        "uid": kept.uid,
        "version": kept.version,
        "photo": None if is_gone else kept.photo.uid,
        "is_withdrawn": kept.withdrawn_at is not None,
        "parts": [
            _part(one, is_finding=one.uid in made) for one in kept.regions if one.removed_at is None
        ],
    }


def _part(one: PictureRegion, *, is_finding: bool) -> dict[str, Any]:
    said = {"uid": one.uid, "number": one.number, "insight": one.insight}
    return said | {"corners": one.corners, "is_finding": is_finding}
