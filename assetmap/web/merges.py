"""Two entries that are one: compare them, fold one into the other, and undo it."""

import uuid
from collections.abc import Mapping
from typing import Any

from flask import Blueprint, abort, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from assetmap.db import db
from assetmap.errors import Conflict, NotFound
from assetmap.models import Entry
from assetmap.register import links, merging, merging_events, pointers, reasons, snapshots
from assetmap.web import changes, entry_requests, labels

bp = Blueprint("merges", __name__, url_prefix="/merges")

LONGEST_REASON = 500
OF_BOTH = {
    "survey": "a survey",
    "parts": "a running order",
    "tables": "tables",
    "monitoring": "a form of who came",
}
BESIDE = {  # an event, and goes along
    "said": "what was said and done",
    "told": "when people were told",
    "plan": "settled points of the plan",
    "parts": "running order",
    "tables": "tables",
    "notes": "notes",
    "pictures": "rich pictures",
    "polls": "questions to the room",
    "survey": "survey",
    "monitoring": "who came",
    "arrivals": "counts at the door",
    "guests": "groups that are wanted",
    "people_met": "people met",
    "costs": "budget",
    "papers": "papers",
    "invite_lists": "invite lists",
}


@bp.get("/new")
def compare() -> ResponseReturnValue:
    """Both entries side by side; ?keep= and ?gone= are uids or references. Without the second,
    the page where it is chosen."""
    if not request.args.get("gone"):
        keep = merging.one(db.session, request.args.get("keep", ""), viewer=g.viewer)
        return redirect(f"{keep.path}/same")
    keep, gone = _pair(request.args)
    return _page(keep, gone, problems={})


@bp.post("/")
def merge() -> ResponseReturnValue:
    """Fold one entry into the other."""
    keep, gone = _pair(request.form)
    seen = request.form.get("versions", "")
    if seen != _versions(keep, gone):
        raise Conflict(entry_requests.STALE)
    why = request.form.get("why", "")
    if len(why) > LONGEST_REASON:
        problems = {"why": f"Use {LONGEST_REASON} characters or fewer."}
        return _page(keep, gone, problems), 422
    record = merging.merge(db.session, keep, gone, viewer=g.viewer, why=why)
    flash(f"{gone.ref} is now part of this entry. Its old address leads here.", "success")
    path = url_for("merges.done", uid=record.uid)
    db.session.commit()
    return redirect(path, 303)


@bp.get("/<uuid:uid>")
def done(uid: uuid.UUID) -> str:
    """What a merge did, and the button that undoes it."""
    record, keep, gone = merging.find(db.session, uid, viewer=g.viewer)
    return render_template(
        "merges/done.html", merge=record, keep=keep, gone=gone, moved=_moved(record.moved)
    )


@bp.post("/<uuid:uid>/undo")
def undo(uid: uuid.UUID) -> ResponseReturnValue:
    """Take a merge apart; pressed again, the page that says it is."""
    record, _, _ = merging.find(db.session, uid, viewer=g.viewer)
    if record.undone_at is not None:
        return redirect(url_for("merges.done", uid=uid), 303)
    keep, gone = merging.undo(db.session, uid, viewer=g.viewer)
    flash(f"The merge is undone: {keep.ref} and {gone.ref} are two entries again.", "success")
    path = keep.path
    db.session.commit()
    return redirect(path, 303)


def _pair(given: Any) -> tuple[Entry, Entry]:
    """The two that a page or form names. Raises what `merging.pair` does; where somebody has made
    them one already, in another tab or with a second press, the answer is the way to that merge."""
    keep, gone = (str(given.get(name, "")) for name in ("keep", "gone"))
    try:
        both = merging.pair(db.session, keep, gone, viewer=g.viewer)
    except NotFound:
        made = merging.made_before(db.session, keep, gone, viewer=g.viewer)
        if made is None:
            raise
        flash("These two are one entry already.", "success")
        abort(redirect(url_for("merges.done", uid=made), 303))
    for entry in both:
        reasons.require(db.session, entry, viewer=g.viewer)
    return both


def _page(keep: Entry, gone: Entry, problems: dict[str, str]) -> str:
    tied = links.counted(db.session, (keep, gone), viewer=g.viewer)
    return render_template(
        "merges/compare.html",
        keep=keep,
        gone=gone,
        rows=_rows(keep, gone),
        stays=merging.stays_with(gone, keep),
        left_behind=[OF_BOTH[name] for name in merging_events.left_behind(db.session, keep, gone)],
        tied=[_counted(n, "link", "links") for n in tied],
        versions=_versions(keep, gone),
        why=request.form.get("why", ""),
        problems=problems,
    )


def _rows(keep: Entry, gone: Entry) -> list[dict[str, Any]]:
    """Every field that either has a value for, in words, and whether they differ."""
    mine, theirs = snapshots.several(db.session, (keep, gone))
    called = pointers.named(db.session, changes.uids(mine, theirs), viewer=g.viewer)
    rows = []
    for name in mine:
        here = _said(name, mine[name], keep, called)
        there = _said(name, theirs[name], gone, called)
        if here or there:
            rows.append(
                {
                    "label": labels.field_name(name),
                    "keep": here,
                    "gone": there,
                    "differs": here != there,
                }
            )
    return sorted(rows, key=lambda row: not row["differs"])


def _said(name: str, value: Any, entry: Entry, called: Mapping[str, str]) -> str:
    """A field's value in words."""
    if value and name == "category" and entry.category is not None:
        return entry.category.label
    return changes.compared(name, value, called)


def _moved(moved: dict[str, Any]) -> list[str]:
    """What moved over, in words."""
    counts = (
        ("link", "links", len(moved["links"])),
        ("photo", "photos", len(moved["photos"])),
        ("entry that named it", "entries that named it", sum(map(len, moved["pointers"].values()))),
        ("blank field filled in", "blank fields filled in", len(moved["filled"])),
    )
    beside = [words for name, words in BESIDE.items() if moved.get(name)]
    along = [f"what lies beside it: {', '.join(beside)}"] if beside else []
    return [*(_counted(n, one, many) for one, many, n in counts if n), *along]


def _counted(n: int, one: str, many: str) -> str:
    return f"{n} {one if n == 1 else many}"


def _versions(keep: Entry, gone: Entry) -> str:
    return f"{keep.version}.{gone.version}"
