"""Suggesting a correction, or something that is missing: for everybody, with or without an
account. A form holds only what whoever sees it may read."""

import json
import uuid
from collections.abc import Mapping
from typing import Any

from flask import current_app, flash, g, redirect, render_template, request
from flask.typing import ResponseReturnValue
from uuid6 import uuid7

from assetmap.db import db
from assetmap.errors import BadRequest, Invalid
from assetmap.gate import limiter
from assetmap.outside.mail import Mail
from assetmap.register import audit, audit_taking, proposals, reasons
from assetmap.register.proposals import Shown
from assetmap.schemas.entries import REFERENCES
from assetmap.schemas.proposals import HOW_OFTEN, NEW_KINDS, SUGGESTABLE, About, Suggestion
from assetmap.schemas.reading import from_form
from assetmap.vocabulary import Kind
from assetmap.web import entry_forms, fields, forms
from assetmap.web.questions import DAYS, WEEKS, Ask

TRIES = limiter.shared_limit(HOW_OFTEN, scope="suggestions", methods=["POST"])
THANKS = "Thank you. The people who keep this will look at what you suggest."
THANKS_NEW = "Thank you. Somebody will look at what you suggest."
CLOSED = {
    Kind.ASSET: "It has closed for good",
    Kind.GROUP: "The group does not meet any more",
    Kind.OFFER: "It is not offered any more",
    Kind.WALKABOUT: "It does not take place",
    Kind.ENGAGEMENT: "It does not take place",
}
PIN = ("where", "longitude", "latitude", "accuracy_m", "location_method")
NOT_MOVING = (Kind.WALKABOUT, Kind.HOTSPOT)


def ask(kind: Kind, uid: uuid.UUID) -> str:
    """A short form: what is wrong, the details as they stand, a note."""
    about = proposals.shown(db.session, uid, kind, viewer=g.viewer)
    reasons.require(db.session, about.entry, viewer=g.viewer)
    unnamed = {about.taken[one]: "" for one in REFERENCES if about.taken.get(one)}
    said = forms.of_snapshot(db.session, kind, about.taken, viewer=g.viewer, known=unnamed)
    shown = _form(about, _boxes_of(about, said), {"about": request.args.get("about", "")})
    audit_taking.read_one(db.session, about.entry, about.reads, viewer=g.viewer)
    audit.before_it_leaves(db.session)
    db.session.commit()
    return shown


@TRIES
def send(kind: Kind, uid: uuid.UUID) -> ResponseReturnValue:
    """Keep what the form says until somebody answers it."""
    about = proposals.shown(db.session, uid, kind, viewer=g.viewer)
    reasons.require(db.session, about.entry, viewer=g.viewer)
    present = forms.of_snapshot(db.session, kind, about.taken, viewer=g.viewer)
    boxes = _posted(_asks(about))
    try:
        said = from_form(Suggestion, request.form)
        changed = _changed(boxes, _boxes_of(about, present))
        draft = forms.draft(
            db.session, kind, present | changed, viewer=g.viewer, before=about.taken
        )
        made, _ = proposals.propose(
            db.session,
            about,
            draft,
            said,
            viewer=g.viewer,
            uid=_uid(),
            base_version=_version(),
        )
    except Invalid as error:
        db.session.rollback()
        about = proposals.shown(db.session, uid, kind, viewer=g.viewer)
        problems = forms.shown_under(error.problems)
        return _form(about, boxes, request.form, problems), error.status
    return _done(made.path if g.viewer.is_signed_in else about.entry.path, THANKS)


def ask_new() -> str:
    """A form for a place or a group that is missing."""
    kind = _new_kind()
    said = forms.of_snapshot(db.session, kind, None, viewer=g.viewer)
    said["title"] = request.args.get("title", "")[:160]
    return _new_form(kind, said, {})


@TRIES
def send_new() -> ResponseReturnValue:
    """Keep what is missing until somebody answers it."""
    kind = _new_kind()
    empty = forms.of_snapshot(db.session, kind, None, viewer=g.viewer)
    boxes = _posted(_new_asks(kind))
    form = request.form.copy()
    form["about"] = About.NEW.value
    try:
        said = from_form(Suggestion, form)
        draft = forms.draft(db.session, kind, empty | boxes, viewer=g.viewer)
        made, _ = proposals.propose_new(db.session, draft, said, viewer=g.viewer, uid=_uid())
    except Invalid as error:
        db.session.rollback()
        problems = forms.shown_under(error.problems)
        return _new_form(kind, empty | boxes, form, problems), error.status
    return _done(made.path if g.viewer.is_signed_in else "/", THANKS_NEW)


def _form(
    about: Shown,
    boxes: Mapping[str, Any],
    said: Mapping[str, Any],
    problems: Mapping[str, str] | None = None,
) -> str:
    kind = Kind(about.entry.kind)
    asks = _asks(about)
    return render_template(
        "proposals/suggest.html",
        entry=about.entry,
        kind=kind,
        is_owner=about.is_owner,
        abouts=_abouts(about),
        asks=asks,
        has_place="geometry" in about.fields,
        labels={ask.name: ask.label for ask in asks},
        boxes=boxes,
        was=said.get("was") or json.dumps(boxes, ensure_ascii=False),
        said=said,
        problems=problems or {},
        uid=said.get("uid") or uuid7(),
        base_version=said.get("base_version") or about.entry.version,
        mails=_mails(),
        days=DAYS,
        weeks=WEEKS,
        walkers=(),
    )


def _new_form(
    kind: Kind,
    boxes: Mapping[str, Any],
    said: Mapping[str, Any],
    problems: Mapping[str, str] | None = None,
) -> str:
    asks = _new_asks(kind)
    return render_template(
        "proposals/new.html",
        kind=kind,
        kinds=NEW_KINDS,
        asks=asks,
        labels={ask.name: ask.label for ask in asks},
        boxes=boxes,
        categories=entry_forms.categories_of("asset"),
        said=said,
        problems=problems or {},
        uid=said.get("uid") or uuid7(),
        mails=_mails(),
        days=DAYS,
        weeks=WEEKS,
        walkers=(),
    )


def _abouts(about: Shown) -> list[tuple[str, str, str]]:
    """What may be wrong with an entry."""
    kind = Kind(about.entry.kind)
    found = [(About.RIGHT.value, "Nothing: it is still right", "")] if about.is_owner else []
    if kind in CLOSED:
        found.append((About.CLOSED.value, CLOSED[kind], ""))
    if kind not in NOT_MOVING:
        found.append((About.MOVED.value, "It has moved, or is in the wrong place", ""))
    found.append((About.DETAILS.value, "Some details are wrong or missing", ""))
    found.append((About.OTHER.value, "Something else", ""))
    return found


def _asks(about: Shown) -> list[Ask]:
    kind = Kind(about.entry.kind)
    return [ask for ask in fields.asks(kind) if ask.name in about.fields]


def _new_asks(kind: Kind) -> list[Ask]:
    wanted = ("category", *SUGGESTABLE[kind])
    return [ask for ask in fields.asks(kind) if ask.name in wanted]


def _boxes_of(about: Shown, said: Mapping[str, Any]) -> dict[str, Any]:
    """Of everything a form could hold, what this one may."""
    names = [box for ask in _asks(about) for box in forms.boxes(ask)]
    if "geometry" in about.fields:
        names += PIN
    return {name: said.get(name, "") for name in names}


def _posted(asks: list[Ask]) -> dict[str, Any]:
    """What was sent for these questions, and for the place."""
    found: dict[str, Any] = {}
    for ask in asks:
        for box in forms.boxes(ask):
            is_list = ask.widget == "many" or box.endswith("_days")
            found[box] = request.form.getlist(box) if is_list else request.form.get(box, "")
    return found | {name: request.form.get(name, "") for name in PIN}


def _changed(boxes: Mapping[str, Any], present: Mapping[str, Any]) -> dict[str, Any]:
    """The boxes that hold something else than when the form was shown."""
    try:
        was = json.loads(request.form.get("was", ""))
    except (ValueError, RecursionError):
        was = None
    was = dict(present) | was if isinstance(was, dict) else present
    return {
        name: value
        for name, value in boxes.items()
        if name in present and _as_sent(value) != _as_sent(was.get(name, ""))
    }


def _as_sent(value: Any) -> Any:
    """Browsers end the lines of a box in their own way."""
    return value.replace("\r\n", "\n").strip() if isinstance(value, str) else value


def _done(path: str, thanks: str) -> ResponseReturnValue:
    flash(thanks, "success")
    db.session.commit()
    return redirect(path, 303)


def _uid() -> uuid.UUID:
    try:
        return uuid.UUID(request.form.get("uid", ""))
    except ValueError as error:
        raise BadRequest.field("uid", "Open the form again and send it from there.") from error


def _version() -> int:
    given = request.form.get("base_version", "")
    if not (given.isascii() and given.isdigit() and len(given) < 10):
        raise BadRequest.field("base_version", "Open the form again and send it from there.")
    return int(given)


def _new_kind() -> Kind:
    given = request.values.get("kind", Kind.ASSET.value)
    if given not in NEW_KINDS:
        raise BadRequest.field("kind", "Choose a place or a group.")
    return Kind(given)


def _mails() -> bool:
    mail: Mail = current_app.extensions["mail"]
    return mail.is_set
