"""Photos of an entry: the pictures themselves, and the page that adds and removes them."""

import uuid

from flask import Blueprint, g, make_response, render_template, request
from flask.typing import ResponseReturnValue

from assetmap.db import db
from assetmap.errors import Invalid, Unavailable
from assetmap.gate import public
from assetmap.models import Entry
from assetmap.register import attachments, audit, audit_taking, reasons
from assetmap.schemas.attachments import PhotoDetails
from assetmap.schemas.reading import from_form
from assetmap.vocabulary import Kind
from assetmap.web.entry_requests import done, to_add_to

bp = Blueprint("photos", __name__)

_NOT_DETAILS = frozenset({"csrf_token", "photo"})


@bp.get("/photos/<uuid:uid>.jpg")
@public
def picture(uid: uuid.UUID) -> ResponseReturnValue:
    """The picture; `?small=1` for the small one."""
    kept, entry = attachments.with_entry(db.session, uid, viewer=g.viewer)
    reasons.require(db.session, entry, viewer=g.viewer)
    small = request.args.get("small") == "1"
    answer = make_response(attachments.content(db.session, kept, small=small))
    if not small:
        audit_taking.read_photo(db.session, entry, viewer=g.viewer)
        audit.before_it_leaves(db.session)
        db.session.commit()
    answer.content_type = "image/jpeg"
    answer.headers["Cache-Control"] = "private, no-cache"  # it may be withdrawn at any moment
    answer.headers["Content-Disposition"] = "inline"
    answer.add_etag()
    return answer.make_conditional(request)


def show(kind: Kind, uid: uuid.UUID) -> ResponseReturnValue:
    """The photos of an entry and a form to add one."""
    return _page(to_add_to(kind, uid), {})


def add(kind: Kind, uid: uuid.UUID) -> ResponseReturnValue:
    """Keep a photo: re-encoded, without what the camera wrote into it."""
    entry = to_add_to(kind, uid)
    try:
        details = from_form(PhotoDetails, request.form, ignore=_NOT_DETAILS)
        sent = request.files.get("photo")
        if sent is None or not sent.filename:
            raise Invalid.field("photo", "Choose a photo.")
        attachments.attach(db.session, entry, sent.read(), details, viewer=g.viewer)
    except Invalid as error:
        db.session.rollback()
        return _page(to_add_to(kind, uid), error.problems), 422
    except Unavailable as error:
        db.session.rollback()
        page = _page(to_add_to(kind, uid), {"photo": str(error)})
        return page, error.status, {"Retry-After": str(error.retry_after_s)}
    return done(entry, "The photo is added.", "/photos")


def remove(kind: Kind, uid: uuid.UUID, photo: uuid.UUID) -> ResponseReturnValue:
    """Take a photo away."""
    entry = to_add_to(kind, uid)
    attachments.remove(db.session, photo, viewer=g.viewer)
    return done(entry, "The photo is gone.", "/photos")


def _page(entry: Entry, problems: dict[str, str]) -> str:
    return render_template(
        "entries/photos.html",
        entry=entry,
        photos=[
            one for one in attachments.of(db.session, entry, viewer=g.viewer) if not one.is_sound
        ],
        problems=problems,
        said=request.form,
    )
