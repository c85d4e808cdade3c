"""Voice notes of an entry: the sound itself, and the page where they are written down."""

import uuid

from flask import Blueprint, g, make_response, render_template, request
from flask.typing import ResponseReturnValue

from assetmap import access
from assetmap.db import db
from assetmap.errors import Invalid
from assetmap.models import Entry
from assetmap.register import audit, audit_taking, reasons, voice_notes
from assetmap.schemas.attachments import Transcript
from assetmap.schemas.reading import from_form
from assetmap.vocabulary import Kind
from assetmap.web.entry_requests import done, to_add_to

bp = Blueprint("voice_notes", __name__)

_NOT_WORDS = frozenset({"csrf_token"})
_ENDINGS = {"audio/webm": "webm", "audio/mp4": "m4a", "audio/ogg": "ogg"}
_POLICY = "default-src 'none'; media-src 'self'; frame-ancestors 'none'"


@bp.get("/voice-notes/<uuid:uid>")
def sound(uid: uuid.UUID) -> ResponseReturnValue:
    """The recording, whole or the part asked for; whoever begins to hear it is accounted for."""
    kept, entry = voice_notes.find(db.session, uid, viewer=g.viewer)
    reasons.require(db.session, entry, viewer=g.viewer)
    data = voice_notes.content(db.session, kept)
    answer = make_response(data)
    answer.content_type = kept.mime
    answer.headers["Cache-Control"] = "private, no-cache"  # it may be removed at any moment
    answer.headers["Content-Security-Policy"] = _POLICY
    name = f"{entry.ref}-voice-note.{_ENDINGS[kept.mime]}"
    answer.headers["Content-Disposition"] = f'inline; filename="{name}"'
    if request.range is None or request.range.ranges[0][0] == 0:
        audit_taking.heard(db.session, entry, viewer=g.viewer)
        audit.before_it_leaves(db.session)
        db.session.commit()
    answer.add_etag()
    return answer.make_conditional(request, accept_ranges=True, complete_length=len(data))


def show(kind: Kind, uid: uuid.UUID) -> ResponseReturnValue:
    """The voice notes of an entry, with what each says."""
    return _page(to_add_to(kind, uid))


def write(kind: Kind, uid: uuid.UUID, note: uuid.UUID) -> ResponseReturnValue:
    """Keep what a voice note says."""
    entry = to_add_to(kind, uid)
    try:
        said = from_form(Transcript, request.form, ignore=_NOT_WORDS)
    except Invalid as error:
        return _page(entry, note, error.problems), 422
    voice_notes.write_down(db.session, note, said.transcript, viewer=g.viewer)
    return done(entry, "What it says is kept.", "/voice-notes")


def remove(kind: Kind, uid: uuid.UUID, note: uuid.UUID) -> ResponseReturnValue:
    """Take a voice note away."""
    entry = to_add_to(kind, uid)
    voice_notes.remove(db.session, note, viewer=g.viewer)
    return done(entry, "The voice note is taken away. It can be put back below.", "/voice-notes")


def put_back(kind: Kind, uid: uuid.UUID, note: uuid.UUID) -> ResponseReturnValue:
    """Put back one that was taken away."""
    entry = to_add_to(kind, uid)
    voice_notes.put_back(db.session, note, viewer=g.viewer)
    return done(entry, "The voice note is back.", "/voice-notes")


def _page(
    entry: Entry, wrong: uuid.UUID | None = None, problems: dict[str, str] | None = None
) -> str:
    every = voice_notes.of(db.session, entry, viewer=g.viewer)
    shown = render_template(
        "entries/voice_notes.html",
        entry=entry,
        notes=[one for one in every if one.removed_at is None],
        removed=[one for one in every if one.removed_at is not None],
        may_change=access.may_change(g.viewer, entry),
        wrong=wrong,
        problems={f"said-{wrong}": said for said in (problems or {}).values()},
        typed=request.form.get("transcript", ""),
    )
    audit_taking.heard(db.session, entry, viewer=g.viewer)
    audit.before_it_leaves(db.session)
    db.session.commit()
    return shown
