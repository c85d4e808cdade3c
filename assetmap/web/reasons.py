"""Asking why, before a restricted record is shown."""

import uuid

from flask import g, redirect, render_template, request
from flask.typing import ResponseReturnValue

from assetmap.db import db
from assetmap.errors import Invalid
from assetmap.models import Entry
from assetmap.register import audit_taking, reasons, stories
from assetmap.vocabulary import PURPOSES, Kind


def question(entry: Entry, problems: dict[str, str] | None = None) -> str:
    """A page that asks, and shows nothing of the record but its reference."""
    return render_template(
        "entries/reason.html",
        ref=entry.ref,
        path=entry.path,
        purposes=list(PURPOSES.items()),
        problems=problems or {},
        given=request.form,
    )


def answer(kind: Kind, uid: uuid.UUID) -> ResponseReturnValue:
    """Keep what was answered, and show the record."""
    entry = stories.whole(db.session, uid, kind, viewer=g.viewer)
    path = entry.path
    try:
        said = audit_taking.purpose(
            request.form.get("purpose", ""), request.form.get("purpose_words", "")
        )
        if not said:
            raise Invalid.field("purpose", "Choose why you need to see it.")
    except Invalid as error:
        return question(entry, error.problems), error.status
    if reasons.asks(db.session, entry, viewer=g.viewer):
        reasons.give(db.session, entry, said, viewer=g.viewer)
    db.session.commit()
    return redirect(path, 303)
