"""What can be done to an entry beside editing it: check, move on, withdraw, bring back."""

import uuid

from flask import g, render_template, request
from flask.typing import ResponseReturnValue

from assetmap.db import db
from assetmap.errors import Conflict, Invalid
from assetmap.models import Entry, Finding
from assetmap.register import entries, pointers, stories
from assetmap.vocabulary import CheckedHow, Kind
from assetmap.web import entry_page, labels, passing_on
from assetmap.web.entry_requests import done, of_this_version, to_add_to, to_change

SCANNED = (("walkabout", "complete"), ("engagement", "closed"))


def check(kind: Kind, uid: uuid.UUID) -> ResponseReturnValue:
    """Still here, in one press."""
    entry = of_this_version(kind, uid, to_add_to)
    how = request.form.get("how", CheckedHow.VISIT.value)
    if how not in {one.value for one in CheckedHow}:
        raise Invalid.field("how", "Choose how it was checked.")
    entries.check(db.session, entry, viewer=g.viewer, how=how)
    return done(entry, "Thank you. It is marked as checked today.")


def choose_state(kind: Kind, uid: uuid.UUID) -> ResponseReturnValue:
    """The states it may go to, in words."""
    entry = to_change(kind, uid)
    return _state_form(entry, {})


def move(kind: Kind, uid: uuid.UUID) -> ResponseReturnValue:
    """Take it to the state that was chosen."""
    entry = of_this_version(kind, uid)
    said = request.form
    status = said.get("status", "")
    if status not in dict(entry_page.next_states(entry)):
        return _state_form(entry, {"status": "Choose what it becomes."}), 422
    partners = {str(key) for key, _ in pointers.partners(db.session)}
    if status == "assigned" and said.get("partner_id") not in partners:
        return _state_form(entry, {"partner_id": "Choose who takes it on."}), 422
    if _is_scan_open(entry, status):
        return _state_form(entry, {"scan_status": "Answer the intelligence scan first."}), 422
    try:
        entries.move(
            db.session,
            entry,
            status,
            viewer=g.viewer,
            why=said.get("why", "")[:500],
            **_details(entry, status),
        )
    except Invalid as error:
        db.session.rollback()
        return _state_form(to_change(kind, uid), error.problems), 422
    except Conflict as error:
        db.session.rollback()
        return _state_form(to_change(kind, uid), {"status": str(error)}), 409
    words = f"It is now: {labels.said(status).lower()}."
    if _scan(entry, status).get("scan_status") == "found":
        return passing_on.after_scan(entry, words)
    return done(entry, words)


def ask_why(kind: Kind, uid: uuid.UUID) -> ResponseReturnValue:
    """Why should it be withdrawn?"""
    return render_template("entries/withdraw.html", entry=to_change(kind, uid), problems={})


def withdraw(kind: Kind, uid: uuid.UUID) -> ResponseReturnValue:
    """Take it out of every output; the next page has the way back."""
    entry = of_this_version(kind, uid)
    try:
        entries.withdraw(db.session, entry, viewer=g.viewer, why=request.form.get("why", "")[:500])
    except Invalid as error:
        page = render_template("entries/withdraw.html", entry=entry, problems=error.problems)
        return page, 422
    return done(entry, "", "/withdrawn")


def withdrawn(kind: Kind, uid: uuid.UUID) -> ResponseReturnValue:
    """It is withdrawn; bring it back with one press."""
    entry = stories.withdrawn(db.session, uid, kind, viewer=g.viewer)
    return render_template("entries/withdrawn.html", entry=entry)


def bring_back(kind: Kind, uid: uuid.UUID) -> ResponseReturnValue:
    """Undo a withdrawal."""
    stories.withdrawn(db.session, uid, kind, viewer=g.viewer)
    entry = entries.bring_back(db.session, uid, viewer=g.viewer)
    return done(entry, "It is back on the register.")


def _details(entry: Entry, status: str) -> dict[str, object]:
    said = request.form
    if not isinstance(entry, Finding):
        return _scan(entry, status)
    match status:
        case "resolved":
            return {"resolution": said.get("resolution", "")[:2000]}
        case "verified":
            return {"by_resident": said.get("by_resident") == "yes"}
        case "assigned":
            return {"partner_id": int(said["partner_id"])}
        case _:
            return {}


def _scan(entry: Entry, status: str) -> dict[str, object]:
    """What was answered to the scan, on the way to a state that demands it."""
    given = request.form.get("scan_status", "")
    if (entry.kind, status) not in SCANNED or given not in dict(labels.SCANS[1:]):
        return {}
    return {"scan_status": given}


def _is_scan_open(entry: Entry, status: str) -> bool:
    demanded = (entry.kind, status) in SCANNED
    return demanded and entry.column("scan_status") == "pending" and not _scan(entry, status)


def _state_form(entry: Entry, problems: dict[str, str]) -> str:
    states = entry_page.next_states(entry)
    offered = dict(states)
    assignable = entry.kind == Kind.FINDING and "assigned" in offered
    return render_template(
        "entries/state.html",
        entry=entry,
        now="expired" if entry_page.ran_out(entry) else entry.status,
        states=states,
        problems=problems,
        said=request.form,
        partners=pointers.partners(db.session) if assignable else [],
        resolvable=entry.kind == Kind.FINDING and "resolved" in offered,
        scans=labels.SCANS[1:] if any((entry.kind, state) in SCANNED for state in offered) else (),
        verifiable=entry.kind == Kind.FINDING and "verified" in offered,
    )
