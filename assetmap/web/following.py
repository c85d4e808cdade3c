"""What a new walkabout or event is begun from: the one before it, another like it, a template."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import g, request

from assetmap import layers
from assetmap.db import db, now
from assetmap.errors import BadRequest
from assetmap.models import Engagement, Entry
from assetmap.register import links, running, series, snapshots
from assetmap.schemas.running import PartDraft
from assetmap.vocabulary import Kind, Relation
from assetmap.web import forms, next_walk
from assetmap.web.entry_requests import event_to_change, uid_from

_MOMENT = "%Y-%m-%dT%H:%M"  # as a box for a moment holds it
_OF_ONE_EVENT = {
    "scan_status": "pending",
    **dict.fromkeys(
        ("join_link", "attendance_count", "feedback_due", "checked_on", "checked_how", "review_due")
    ),
}
_CARRIED = (Relation.ABOUT.value, Relation.HELD_AT.value)


@dataclass(frozen=True)
class Begun:
    """What the form is begun from. name, value: how an address says so."""

    name: str
    value: str
    entry: Entry | None = None
    template: Mapping[str, Any] | None = None


def begun(kind: Kind) -> Begun | None:
    """What `after`, `like` or `template` name; None for an empty form. Raises BadRequest, NotFound,
    NotAllowed for an event that is not the viewer's to change."""
    if (walked := next_walk.before(kind)) is not None:
        return Begun("after", str(walked.uid), walked)
    if kind is not Kind.ENGAGEMENT:
        return None
    for name in ("after", "like"):
        if request.values.get(name):
            event = event_to_change(uid_from(name))
            return Begun(name, str(event.uid), event)
    if code := request.values.get("template"):
        return Begun("template", code, template=template(code))
    return None


def template(code: str) -> Mapping[str, Any]:
    """The template of a code. Raises BadRequest where there is none."""
    try:
        return layers.event_template(code)
    except KeyError as error:
        raise BadRequest.field("template", "There is no such template.") from error


def first_typed(kind: Kind, start: Begun | None) -> forms.Typed | None:
    """What the form holds at first; None for the usual answers."""
    if start is None:
        return None
    if start.template is not None:
        said = forms.of_snapshot(db.session, kind, None, viewer=g.viewer)
        return said | {name: value for name, value in start.template.items() if name in said}
    if isinstance(start.entry, Engagement):
        return _like(start.entry, is_next=start.name == "after")
    return next_walk.planned(start.entry)


def completed(said: forms.Typed, start: Begun | None) -> forms.Typed:
    """What was typed, with the end worked out from a template where it was left empty."""
    if start is None or start.template is None or said.get("ends_at"):
        return said
    try:
        begins = datetime.strptime(str(said.get("starts_at")), _MOMENT)  # noqa: DTZ007  # a wall clock
        ends = begins + running.lasts(start.template)
    except (ValueError, OverflowError):  # the form says what is wrong with when it starts
        return said
    return said | {"ends_at": ends.strftime(_MOMENT)}


def carry_over(entry: Entry, start: Begun | None) -> None:
    """Tie a new entry to the one it follows, and give an event its running order and what it is
    about, and its venue where that is the same."""
    if start is None:
        return
    if start.entry is not None and start.name == "after":
        links.link(db.session, start.entry, Relation.LED_TO, entry, viewer=g.viewer)
    if not isinstance(entry, Engagement):
        return
    if start.template is not None:
        drafts = running.parts_of(start.template)
    else:
        assert isinstance(start.entry, Engagement)  # no other kind is copied
        kept = running.of(db.session, start.entry, viewer=g.viewer)
        drafts = [PartDraft(**running.as_said(part)) for part in kept]
        _tie_alike(start.entry, entry)
    running.begin(db.session, entry, drafts, viewer=g.viewer)


def _tie_alike(old: Engagement, new: Engagement) -> None:
    here, there = (snapshots.of(db.session, one)["geometry"] for one in (old, new))
    for tie in links.direct(db.session, old, viewer=g.viewer):
        moved = tie.relation == Relation.HELD_AT and here != there
        if tie.starts and tie.relation in _CARRIED and not moved:
            links.link(db.session, new, Relation(tie.relation), tie.other, viewer=g.viewer)


def _like(event: Engagement, *, is_next: bool) -> forms.Typed:
    """The form of an event that another is copied from, on a later day."""
    before = series.of(db.session, event, viewer=g.viewer).last if is_next else None
    starts = series.next_start(event, before, now())
    taken = snapshots.of(db.session, event) | _OF_ONE_EVENT
    taken["starts_at"] = starts.isoformat()
    taken["ends_at"] = (starts + (event.ends_at - event.starts_at)).isoformat()
    return forms.of_snapshot(db.session, Kind.ENGAGEMENT, taken, viewer=g.viewer)
