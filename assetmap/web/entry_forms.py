"""Logging and editing: the form, what it refuses, what it may repeat, and who else changed it."""

import uuid
from collections.abc import Mapping
from typing import Any

from flask import flash, g, redirect, render_template, request, session
from flask.typing import ResponseReturnValue
from uuid6 import uuid7

from assetmap import access
from assetmap.db import db, local_day, now
from assetmap.errors import BadRequest, Conflict, Invalid, OutsideLimits
from assetmap.formats import numbers
from assetmap.models import Category, Entry
from assetmap.register import (
    audit,
    audit_taking,
    conflicts,
    duplicates,
    entries,
    links,
    pointers,
    reasons,
    snapshots,
    stories,
)
from assetmap.register.duplicates import Suspect
from assetmap.register.entries import PreconditionRequired
from assetmap.schemas.entries import DRAFTS, EntryDraft
from assetmap.vocabulary import Kind
from assetmap.web import (
    changes,
    entry_page,
    fields,
    following,
    forms,
    labels,
    looking_over,
    passing_on,
    whereabouts,
)
from assetmap.web.entry_requests import done, to_change, uid_from
from assetmap.web.looking_over import FOR_CONTACT, Looked
from assetmap.web.questions import DAYS, PARTY, WEEKS

CHECKED_FOR_TWINS = (Kind.ASSET, Kind.GROUP, Kind.OFFER)
FOUND_BY_PLACE = (Kind.ASSET, Kind.GROUP, Kind.OFFER, Kind.FINDING)
CONFIRMED = ("anyway", "placeless")  # what a person pressed a button for, whatever a form lacks
LOGGED_FROM_A_WALK = (Kind.FINDING, Kind.ASSET, Kind.GROUP, Kind.OFFER)
_REDRAW = ("line", "polygon")


def new(kind: Kind) -> ResponseReturnValue:
    """An empty form; `from` names the walkabout, event or hotspot it is logged on, `after` the
    walkabout or event that one is planned to follow, `like` an event to copy, `template` a sort."""
    access.team_to_log_for(g.viewer, None)
    begun = following.begun(kind)
    said = following.first_typed(kind, begun)
    return _form(kind, said, uid=uuid7(), origin=_origin(), begun=begun)


def create(kind: Kind) -> ResponseReturnValue:
    """Log what the form says; sending it twice logs it once."""
    uid = uid_from("uid")
    origin, begun = _origin(), following.begun(kind)
    said = following.completed(forms.of_form(kind, request.form), begun)
    if request.form.get("do") in _REDRAW:
        return _form(kind, said, uid=uid, origin=origin, begun=begun)
    if passing_on.is_asked(kind):
        return passing_on.from_form(kind, said, origin=origin)
    looked = looking_over.look_over(kind, said)
    if looked.to_pass_on:
        return passing_on.from_form(kind, said, origin=origin)
    said = looked.said
    try:
        draft = forms.draft(db.session, kind, said, viewer=g.viewer)
        suspects, placeless = _twins(draft, uid), _is_placeless(draft)
        if suspects or placeless or looked.waiting:
            more: dict[str, Any] = {"suspects": suspects, "placeless": placeless, "begun": begun}
            return _form(kind, said, uid=uid, origin=origin, looked=looked, **more)
        entry, is_new = entries.log(db.session, draft, viewer=g.viewer, uid=uid, team_id=_team())
        links.log_from(db.session, entry, origin.uid if origin else None, viewer=g.viewer)
        if is_new:
            following.carry_over(entry, begun)
    except (Invalid, OutsideLimits) as error:
        db.session.rollback()
        problems, origin, begun = _problems(kind, error), _origin(), following.begun(kind)
        return _form(
            kind, said, uid=uid, origin=origin, begun=begun, problems=problems, looked=looked
        ), error.status
    except PreconditionRequired:  # sent, then changed on the way back: a change to what was sent
        db.session.rollback()
        return _save(kind, uid, said, base_version=1)
    if looked.for_contact:
        return _to_add_contact(entry, looked)
    return done(entry, "", "/logged" + (f"?from={origin.uid}" if origin else ""))


def logged(kind: Kind, uid: uuid.UUID) -> ResponseReturnValue:
    """It is on the register: its reference, and what to do next."""
    entry = entries.find(db.session, uid, viewer=g.viewer, kind=kind)
    origin = _origin()
    return render_template(
        "entries/logged.html",
        entry=entry,
        origin=origin,
        placeless=entry.exact_location is None and entry.covers is None,
        ran_out=entry_page.ran_out(entry),
        may_change=access.may_change(g.viewer, entry),
        others=sorted(LOGGED_FROM_A_WALK, key=lambda one: one != kind) if origin else (kind,),
    )


def found_again(kind: Kind, uid: uuid.UUID) -> ResponseReturnValue:
    """“This is the one”: nothing is added; it is tied to where it was met again."""
    entry = entries.find(db.session, uid, viewer=g.viewer, kind=kind)
    origin = _origin()
    if origin is not None:
        links.log_from(db.session, entry, origin.uid, viewer=g.viewer)
    return done(entry, "It was on the register already. Nothing was added twice.")


def edit(kind: Kind, uid: uuid.UUID) -> ResponseReturnValue:
    """The form of an entry, filled in; who may see it and not change it may suggest a change."""
    entry, reads = stories.seen(db.session, uid, kind, viewer=g.viewer)
    if not access.may_change(g.viewer, entry):
        return redirect(f"{entry.path}/suggest", 303)
    reasons.require(db.session, entry, viewer=g.viewer)
    shown = _form(kind, None, entry=entry)
    audit_taking.read_one(db.session, entry, reads, viewer=g.viewer)
    audit.before_it_leaves(db.session)
    db.session.commit()
    return shown


def update(kind: Kind, uid: uuid.UUID) -> ResponseReturnValue:
    """Save what the form says, on top of what others have changed meanwhile."""
    said = forms.of_form(kind, request.form)
    if request.form.get("do") in _REDRAW:
        return _form(kind, said, entry=to_change(kind, uid), base_version=_base_version())
    if passing_on.is_asked(kind):
        return passing_on.from_form(kind, said, entry=to_change(kind, uid))
    return _save(kind, uid, said, base_version=_base_version())


def _save(
    kind: Kind, uid: uuid.UUID, said: forms.Typed, *, base_version: int
) -> ResponseReturnValue:
    entry = to_change(kind, uid)
    before = conflicts.base(db.session, entry, base_version)
    looked = looking_over.look_over(kind, said, before)
    if looked.to_pass_on:
        return passing_on.from_form(kind, said, entry=entry)
    said, draft = looked.said, None
    try:
        draft = forms.draft(db.session, kind, said, viewer=g.viewer, before=before)
        if looked.waiting:
            return _form(kind, said, entry=entry, base_version=base_version, looked=looked)
        draft = _with_choices(draft, before)
        entries.change(
            db.session,
            entry,
            draft,
            viewer=g.viewer,
            base_version=base_version,
            why=request.form.get("why", "")[:500],
        )
    except (Invalid, OutsideLimits) as error:
        db.session.rollback()
        shown: dict[str, Any] = {"problems": _problems(kind, error), "looked": looked}
        entry = to_change(kind, uid)
        return _form(kind, said, entry=entry, base_version=base_version, **shown), error.status
    except Conflict as clash:
        if draft is None or not clash.fields:
            raise
        return _clash(kind, entry, draft, clash, base_version), 409
    if _found_now(draft, before):
        return passing_on.after_scan(entry, "Saved.")
    if looked.for_contact:
        return _to_add_contact(entry, looked)
    return done(entry, "Saved.")


def _to_add_contact(entry: Entry, looked: Looked) -> ResponseReturnValue:
    """Saved without what belongs to a contact; go on to add one, with it in the form. It goes
    there in the browser's cookie, never in an address, and the form takes it out."""
    path = looking_over.to_add_contact(entry)
    session[FOR_CONTACT] = looked.for_contact
    flash("Saved without it. Add whom it reaches as a contact.", "success")
    db.session.commit()
    return redirect(path, 303)


def _found_now(draft: EntryDraft, before: snapshots.Snapshot) -> bool:
    """Whether the scan has just been answered with a yes."""
    return getattr(draft, "scan_status", "") == "found" != before.get("scan_status")


def _problems(kind: Kind, error: Invalid | OutsideLimits) -> dict[str, str]:
    """Under the boxes that people see. What lies outside somebody's limits is under the category,
    which the place may be to blame for too, or under the place, where there is no category."""
    if isinstance(error, Invalid):
        return forms.shown_under(error.problems)
    return {"category" if "category" in DRAFTS[kind].model_fields else "where": str(error)}


def _clash(kind: Kind, entry: Entry, draft: EntryDraft, clash: Conflict, base_version: int) -> str:
    """The form again, made from the newest version: both values of what clashes, side by side."""
    mine = conflicts.rebased(db.session, entry, draft, base_version)
    named = changes.uids(*({name: one} for name, both in clash.fields.items() for one in both))
    called = pointers.named(db.session, named, viewer=g.viewer)
    clashes = [
        {
            "name": name,
            "label": forms.label_of(kind, name) or labels.field_name(name),
            "theirs": changes.compared(name, theirs, called) or "(empty)",
            "mine": changes.compared(name, yours, called) or "(empty)",
        }
        for name, (theirs, yours) in clash.fields.items()
        if name == "geometry" or name not in whereabouts.PLACE
    ]
    said = forms.of_snapshot(db.session, kind, mine, viewer=g.viewer)
    return _form(kind, said, entry=entry, clashes=clashes)


def _with_choices(draft: EntryDraft, theirs: snapshots.Snapshot) -> EntryDraft:
    """The draft with the other person's value wherever “keep theirs” was chosen."""
    kept = [
        name
        for name in type(draft).model_fields
        if request.form.get(f"keep.{'geometry' if name in whereabouts.PLACE else name}") == "theirs"
    ]
    if not kept:
        return draft
    chosen = snapshots.of_draft(draft) | {name: theirs[name] for name in kept}
    return snapshots.draft_of(draft.kind, chosen)


def _form(
    kind: Kind,
    said: forms.Typed | None,
    *,
    uid: uuid.UUID | None = None,
    entry: Entry | None = None,
    origin: Entry | None = None,
    base_version: int | None = None,
    problems: Mapping[str, str] | None = None,
    looked: looking_over.Looked | None = None,
    **more: Any,
) -> str:
    suggestions: dict[str, str] = {}
    if kind == Kind.OFFER:
        kinds = (Kind.GROUP, Kind.ASSET)
        suggestions = pointers.suggestions(db.session, kinds, viewer=g.viewer)
    if said is None:
        taken = snapshots.of(db.session, entry) if entry else None
        said = forms.of_snapshot(db.session, kind, taken, viewer=g.viewer, known=suggestions)
    return render_template(
        "entries/form.html",
        **{"suspects": [], "clashes": [], "placeless": False, "begun": None} | more,
        **looking_over.shown(kind, looked),
        confirmed=[name for name in CONFIRMED if request.form.get(name)],
        **_choices(kind, entry),
        kind=kind,
        entry=entry,
        uid=uid,
        origin=origin,
        said=said,
        problems=problems or {},
        base_version=base_version or (entry.version if entry else None),
        shape=_shape(kind, str(said.get("geometry") or "")),
        suggestions=list(suggestions.values()),
        teams=[] if entry else pointers.own_teams(db.session, viewer=g.viewer),
        team=request.form.get("team", ""),
        why=request.form.get("why", ""),
        today=local_day(now()),
    )


def _choices(kind: Kind, entry: Entry | None) -> dict[str, Any]:
    """What the form of a kind asks, and what it offers to choose from."""
    scheme = DRAFTS[kind].scheme
    return {
        "sections": fields.SECTIONS[kind],
        "labels": {ask.name: ask.label for ask in fields.asks(kind)},
        "categories": categories_of(scheme, entry.category if entry else None) if scheme else {},
        "areas": pointers.area_choices(db.session),
        "days": DAYS,
        "weeks": WEEKS,
        "walkers": labels.choices(PARTY),
    }


def _shape(kind: Kind, drawn: str) -> str:
    """What is drawn on the map: what was asked for last, or what is there already."""
    usual = fields.SHAPES.get(kind, "point")
    asked = request.form.get("do", "")
    if usual == "point" or asked == "polygon":
        return usual
    return "line" if asked == "line" or "LineString" in drawn else usual


def categories_of(scheme: str, kept: Category | None = None) -> dict[str, list[tuple[str, str]]]:
    """The categories of a scheme to choose from, under their headings, with the one that an entry
    has already, even when nothing new may be given it."""
    found: dict[str, list[tuple[str, str]]] = {}
    for term in pointers.terms(db.session, scheme, kept):
        is_past = kept is not None and kept.code == term.code and not kept.active
        label = f"{term.label} (no longer used)" if is_past else term.label
        found.setdefault(term.heading, []).append((term.code, label))
    return found


def _twins(draft: EntryDraft, uid: uuid.UUID) -> list[Suspect]:
    """What it may repeat, unless the person has said to add it anyway, or it is sent again."""
    if draft.kind not in CHECKED_FOR_TWINS or request.form.get("anyway"):
        return []
    found = duplicates.likely_same(db.session, draft, viewer=g.viewer)
    return [] if any(one.hit.entry.uid == uid for one in found) else found


def _is_placeless(draft: EntryDraft) -> bool:
    """Whether nobody will find it by place, and the person has not said that this is meant."""
    if draft.kind not in FOUND_BY_PLACE or request.form.get("placeless"):
        return False
    return not (draft.geometry or draft.postcode or draft.covers_areas)


def _origin() -> Entry | None:
    """The walkabout, event or hotspot that `from` names."""
    if not request.values.get("from"):
        return None
    found = entries.find(db.session, uid_from("from"), viewer=g.viewer)
    if found.kind not in entry_page.GATHERINGS:
        raise BadRequest.field("from", "Choose a walkabout, an engagement or a hotspot.")
    return found


def _team() -> int | None:
    given = request.form.get("team", "")
    return int(given) if given.isdecimal() and len(given) < 10 else None


def _base_version() -> int:
    given = numbers.plain(request.form.get("base_version", ""))
    if not given.isdecimal() or len(given) > 9:
        raise BadRequest.field("base_version", "Open the form again and send it from there.")
    return int(given)
