"""Rich pictures of an event: adding them, what they may be used for, and marking what they tell."""

import uuid
from collections.abc import Mapping
from typing import Any

from flask import Blueprint, g, request
from flask.typing import ResponseReturnValue
from uuid6 import uuid7

from assetmap import access
from assetmap.db import db
from assetmap.errors import Conflict, Invalid, Unavailable
from assetmap.models import Engagement, RichPicture
from assetmap.register import attachments, plans, pointers, rich_pictures
from assetmap.schemas.attachments import PhotoDetails
from assetmap.schemas.pictures import FindingFrom, PictureDraft, RegionDraft
from assetmap.schemas.reading import from_form
from assetmap.web import event_pages
from assetmap.web.entry_requests import done, event_shown, uid_from

bp = Blueprint("pictures", __name__, url_prefix="/engagements/<uuid:uid>/pictures")

NOT_OURS = frozenset({"csrf_token", "version", "uid", "photo"})
SHOWS = [("problem", "How people see it now"), ("solution", "What it would look like if it worked")]
SCOPES = [
    ("internal", "Our team only"),
    ("partners", "Partners who sign in"),
    ("public", "Everybody"),
]
AGREED_BY = [("", "Nobody yet"), ("guardians", "Their parents or guardians"), ("school", "School")]
USES = [
    ("display", "Shown on a wall at events"),
    ("report", "Printed in reports"),
    ("publish", "Published, for everybody to see"),
]
LISTS = ("uses",)


@bp.get("/")
def show(uid: uuid.UUID) -> str:
    """The pictures of an event, and a form to add one."""
    return _page(event_shown(uid), {"uid": str(uuid7()), "shows": "problem", "scope": "internal"})


@bp.post("/")
def add(uid: uuid.UUID) -> ResponseReturnValue:
    """Keep a picture: written anew, without what the camera wrote into it."""
    event, picture = _to_add(uid), uid_from("uid")
    try:
        draft = from_form(PictureDraft, request.form, ignore=NOT_OURS)
        sent = request.files.get("photo")
        if sent is None or not sent.filename:
            raise Invalid.field("photo", "Choose a photo of the picture.")
        details = PhotoDetails(alt_text=draft.alt_text, caption=draft.title)
        photo = attachments.attach(db.session, event, sent.read(), details, viewer=g.viewer)
        db.session.flush()  # the picture needs its key
        rich_pictures.put(db.session, event, picture, photo, draft, viewer=g.viewer)
    except (Conflict, Invalid, Unavailable) as error:
        db.session.rollback()
        return _page(_to_add(uid), _typed(), _problems(error, "photo")), error.status
    return done(event, "The picture is kept. Mark what it tells.", f"/pictures/{picture}")


@bp.get("/<uuid:picture>")
def one(uid: uuid.UUID, picture: uuid.UUID) -> str:
    """A picture with its parts on it, and beside it as a table."""
    return _one(event_shown(uid), picture)


@bp.post("/<uuid:picture>")
def change(uid: uuid.UUID, picture: uuid.UUID) -> ResponseReturnValue:
    """Keep what is said of it, unless somebody else changed that meanwhile."""
    event = _to_add(uid)
    try:
        kept = rich_pictures.find(db.session, event, picture, viewer=g.viewer)
        draft = from_form(PictureDraft, request.form, ignore=NOT_OURS)
        base = request.form.get("version", type=int)
        rich_pictures.put(
            db.session, event, picture, kept.photo, draft, viewer=g.viewer, base_version=base
        )
    except (Conflict, Invalid) as error:
        db.session.rollback()
        shown = _one(_to_add(uid), picture, said=_typed(), problems=_problems(error, "title"))
        return shown, error.status
    return done(event, "The change is kept.", f"/pictures/{picture}")


@bp.post("/<uuid:picture>/withdraw")
def withdraw(uid: uuid.UUID, picture: uuid.UUID) -> ResponseReturnValue:
    """Show it to nobody any more."""
    event = _to_add(uid)
    rich_pictures.withdraw(db.session, event, picture, viewer=g.viewer)
    return done(event, "The picture is withdrawn: nobody is shown it any more.", "/pictures/")


@bp.post("/<uuid:picture>/regions")
def mark(uid: uuid.UUID, picture: uuid.UUID) -> ResponseReturnValue:
    """Mark a part and say what it tells."""
    event = _to_add(uid)
    try:
        kept = rich_pictures.find(db.session, event, picture, viewer=g.viewer)
        draft = from_form(RegionDraft, request.form, ignore=NOT_OURS)
        rich_pictures.mark(db.session, event, kept, uid_from("uid"), draft, viewer=g.viewer)
    except (Conflict, Invalid) as error:
        db.session.rollback()
        problems = _problems(error, "insight")
        return _one(_to_add(uid), picture, typed=_typed(), problems=problems), error.status
    return done(event, "It is marked.", f"/pictures/{picture}#parts")


@bp.post("/<uuid:picture>/regions/<uuid:region>/remove")
def unmark(uid: uuid.UUID, picture: uuid.UUID, region: uuid.UUID) -> ResponseReturnValue:
    """Take a part away."""
    event = _to_add(uid)
    kept = rich_pictures.find(db.session, event, picture, viewer=g.viewer)
    rich_pictures.unmark(db.session, event, kept, region, viewer=g.viewer)
    return done(event, "The part is taken away.", f"/pictures/{picture}#parts")


@bp.post("/<uuid:picture>/regions/<uuid:region>/finding")
def become_finding(uid: uuid.UUID, picture: uuid.UUID, region: uuid.UUID) -> ResponseReturnValue:
    """Log what a part tells as a finding of the event."""
    event = _to_add(uid)
    try:
        kept = rich_pictures.find(db.session, event, picture, viewer=g.viewer)
        found = rich_pictures.region(kept, region)
        wanted = from_form(FindingFrom, request.form, ignore=NOT_OURS)
        made = rich_pictures.become_finding(db.session, event, found, wanted, viewer=g.viewer)
    except Invalid as error:
        db.session.rollback()
        problems = {f"category-{region}": "Choose what sort of finding it is."}
        return _one(_to_add(uid), picture, problems=problems), error.status
    return done(made, "It is a finding now. Say how bad it is, and exactly where.")


def _to_add(uid: uuid.UUID) -> Engagement:
    """The event, for somebody who logs for its team."""
    event = event_shown(uid)
    plans.require_inside(db.session, event, viewer=g.viewer)
    access.require_add_to(g.viewer, event.team_id)
    return event


def _typed() -> dict[str, Any]:
    return request.form.to_dict() | {name: request.form.getlist(name) for name in LISTS}


def _problems(error: Exception, otherwise: str) -> dict[str, str]:
    return dict(error.problems) if isinstance(error, Invalid) else {otherwise: str(error)}


def _page(
    event: Engagement, typed: Mapping[str, Any], problems: Mapping[str, str] | None = None
) -> str:
    found = rich_pictures.of(db.session, event, viewer=g.viewer)
    return event_pages.read(
        event,
        "pictures/list.html",
        is_again=problems is not None,
        pictures=[(one, _state(one), _parts(one)) for one in found],
        typed=typed,
        problems=dict(problems or {}),
        may_add=access.may_add_to(g.viewer, event.team_id),
        **_choices(),
    )


def _one(
    event: Engagement,
    uid: uuid.UUID,
    *,
    typed: Mapping[str, Any] | None = None,
    said: Mapping[str, Any] | None = None,
    problems: Mapping[str, str] | None = None,
) -> str:
    kept = rich_pictures.find(db.session, event, uid, viewer=g.viewer)
    terms = pointers.terms(db.session, "finding")
    groups: dict[str, list[tuple[str, str]]] = {}
    for term in terms:
        groups.setdefault(term.heading, []).append((term.code, term.label))
    return event_pages.read(
        event,
        "pictures/show.html",
        is_again=problems is not None,
        picture=kept,
        state=_state(kept),
        parts=_parts(kept),
        findings=rich_pictures.findings(db.session, [kept], viewer=g.viewer),
        categories=groups,
        typed=typed or {"uid": str(uuid7())},
        said=said or rich_pictures.as_said(kept),
        is_changing=said is not None,
        problems=dict(problems or {}),
        may_add=access.may_add_to(g.viewer, event.team_id) and kept.withdrawn_at is None,
        **_choices(),
    )


def _choices() -> dict[str, Any]:
    return {"shows": SHOWS, "scopes": SCOPES, "agreed_by": AGREED_BY, "uses": USES}


def _parts(picture: RichPicture) -> list[dict[str, Any]]:
    """What is marked on it: as points of a drawing, and in words for a table."""
    found = []
    for one in picture.regions:
        if one.removed_at is not None:
            continue
        across, down = zip(*one.corners, strict=True)
        found.append(
            {
                "uid": one.uid,
                "number": one.number,
                "insight": one.insight,
                "points": " ".join(f"{x:g},{y:g}" for x, y in one.corners),
                "label": (min(across), min(down)),
                "where": f"{min(across):g} to {max(across):g} from the left,"
                f" {min(down):g} to {max(down):g} from the top",
            }
        )
    return found


def _state(picture: RichPicture) -> str:
    """Who is shown it, and why, in words."""
    if picture.withdrawn_at is not None:
        return "Withdrawn: nobody is shown it"
    if picture.photo.removed_at is not None:
        return "Its photo was taken away"
    open_to = dict(SCOPES)[picture.photo.consent_scope]
    if not picture.under_18:
        return f"Open to: {open_to.lower()}"
    if not picture.agreed_by:
        return "By under-18s, nobody has agreed to its use yet: our team only"
    uses = [words.split(",")[0].lower() for code, words in USES if code in picture.uses]
    return f"By under-18s, agreed to be {' and '.join(uses)}: {open_to.lower()}"
