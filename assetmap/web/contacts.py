"""The people a team knows: the list, one person, adding and changing them.

A name that is looked for travels in a form, never in an address: addresses are kept in histories
and logs.
"""

import uuid
from collections.abc import Mapping
from typing import Any

from flask import Blueprint, Response, flash, g, redirect, render_template, request, session
from werkzeug.wrappers import Response as AnyResponse

from assetmap.db import db, local_day, now, streamed
from assetmap.errors import BadRequest, Conflict, Invalid, NotAllowed
from assetmap.models import Person, Team
from assetmap.register import (
    audit,
    audit_reading,
    consents,
    contacting,
    downloads,
    files,
    person_access,
    person_reading,
    person_taking,
    person_texts,
    persons,
)
from assetmap.register.person_reading import Known
from assetmap.schemas.persons import PersonDraft, PersonSearch, RoleDraft
from assetmap.schemas.reading import from_form, from_query
from assetmap.vocabulary import Channel, ContactChannel, ContactPurpose
from assetmap.web import contact_words, labels, taking
from assetmap.web.looking_over import FOR_CONTACT
from assetmap.web.taking import Question

bp = Blueprint("contacts", __name__)

MOST_TO_TAKE = 10_000
AT_ONCE = 200
NOT_OURS = frozenset({"csrf_token", "version"})
NOT_IN_ADDRESSES = "Look for a name with the form: an address is kept in histories and logs."
ROLE = ("entry", "title", "is_public")
TICK_ADULT = "Tick this. Somebody younger than 18 is reached through the group, and not kept."
COLUMNS = (
    *("uid", "name", "display_name", "email", "phone", "language", "preferred_channel"),
    *("home_area_code", "roles", "agreed_to", "do_not_contact", "last_contacted_on", "team"),
)
Answer = str | tuple[str, int] | AnyResponse


@bp.get("/contacts/")
def browse() -> str:
    """The people one may know of, by name."""
    if "text" in request.args:
        raise BadRequest(NOT_IN_ADDRESSES, {"text": NOT_IN_ADDRESSES})
    return _list(from_query(PersonSearch, request.args))


@bp.post("/contacts/")
def search() -> Answer:
    """Those of them that are looked for."""
    try:
        return _list(from_form(PersonSearch, request.form, ignore=NOT_OURS))
    except Invalid as error:
        return _list(PersonSearch(), error.problems), error.status


@bp.post("/contacts.csv")
def as_csv() -> Response:
    """The same as a file; where it holds many addresses it is asked what for."""
    ignored = NOT_OURS | {"purpose", "purpose_words"}
    wanted = from_form(PersonSearch, request.form, ignore=ignored)
    taken = person_taking.weigh(db.session, wanted, viewer=g.viewer, most=MOST_TO_TAKE)
    tried = "purpose_words" in request.form
    question = Question("/contacts.csv", "/contacts/", "people", tried, _said(wanted))
    purpose, asked = taking.what_for(taken, question)
    if asked is not None:
        return asked
    person_taking.took(
        db.session, taken, viewer=g.viewer, purpose=purpose, filters=_said(wanted).keys()
    )
    audit.before_it_leaves(db.session)
    db.session.commit()
    found = person_taking.to_take(db.session, wanted, taken, viewer=g.viewer, most=MOST_TO_TAKE)
    rows = [_row(known) for known in found]  # read: what leaves is what was written down
    leaving = downloads.while_allowed(db.session, rows, viewer=g.viewer, at_once=AT_ONCE)
    pieces = files.as_csv(db.session, leaving, COLUMNS, taken.level)
    answer = Response(streamed(pieces), content_type=files.TYPES[Channel.CSV])
    return taking.mark(answer, taken, f"assetmap-contacts-{local_day(now()).isoformat()}.csv")


@bp.get("/contacts/new")
def new() -> str:
    """A form for somebody; `at` names the group or place where they have a role."""
    moved = session.pop(FOR_CONTACT, {})  # out of the text of an entry
    return _form({"entry": request.args.get("at", "")[:40], "language": "en"} | moved)


@bp.post("/contacts/new")
def log() -> Answer:
    """Add somebody, with their role or why they have none."""
    try:
        team_id = _team(request.form.get("team", ""))
        draft, role = _drafts()
        _look_over(draft)
        made = persons.log(db.session, draft, viewer=g.viewer, team_id=team_id, role=role)
    except Invalid as error:
        db.session.rollback()
        return _form(request.form, error.problems), error.status
    where = f"/contacts/{made.uid}"
    db.session.commit()
    flash("They are kept. Nothing may be sent to them before you keep what they agreed to.", "info")
    return redirect(where, 303)


@bp.get("/contacts/<uuid:uid>")
def show(uid: uuid.UUID) -> Answer:
    """One person: how to reach them, for what, and their roles."""
    known = person_reading.find(db.session, uid, viewer=g.viewer)
    if known.person.uid != uid:
        return redirect(f"/contacts/{known.person.uid}", 301)
    shown = page(known)
    _commit_reading()
    return shown


@bp.get("/contacts/<uuid:uid>/change")
def edit(uid: uuid.UUID) -> str:
    """What is kept of somebody, as a form."""
    known = mine(uid)
    shown = _form(_typed(known), known=known)
    _commit_reading()
    return shown


@bp.post("/contacts/<uuid:uid>/change")
def change(uid: uuid.UUID) -> Answer:
    """Save it."""
    person = persons.to_change(db.session, uid, viewer=g.viewer)
    try:
        draft = _person_draft()
        _look_over(draft, person)
        persons.change(db.session, person, draft, viewer=g.viewer, base_version=version())
    except Invalid as error:
        db.session.rollback()
        shown = _form(request.form, error.problems, known=mine(uid))
        db.session.commit()
        return shown, error.status
    db.session.commit()
    flash("Saved.", "success")
    return redirect(f"/contacts/{uid}", 303)


def page(
    known: Known,
    problems: Mapping[str, str] | None = None,
    typed: Mapping[str, Any] | None = None,
) -> str:
    """The page of one person. problems, typed: of a form on it that was refused."""
    return render_template(
        "contacts/show.html",
        known=known,
        person=known.person,
        ways=_ways(known.ways),
        history=list(reversed(known.consents)),
        words=contact_words,
        language=labels.language(known.person.language),
        is_officer=person_access.is_officer(g.viewer, known.person),
        tell_by=known.person.to_tell_by if known.of_team else None,
        today=local_day(now()),
        may_audit=known.of_team and audit_reading.may_audit(g.viewer),
        problems=problems or {},
        typed=typed or {},
    )


def mine(uid: uuid.UUID) -> Known:
    """Somebody whom the viewer may change, for a form. Raises NotFound, NotAllowed."""
    known = person_reading.find(db.session, uid, viewer=g.viewer, brief=True)
    if not known.may_change:
        raise NotAllowed("Your role does not let you change this person.")
    return known


def version() -> int:
    """The version a form was made from. Raises Conflict for a form that has none."""
    given = request.form.get("version", "")
    if not (given.isascii() and given.isdigit() and len(given) < 10):
        raise Conflict("This page is too old. Open it again.")
    return int(given)


def _commit_reading() -> None:
    """Put on the audit who was shown what; last, because what was read is let go of."""
    audit.before_it_leaves(db.session)
    db.session.commit()


def _list(wanted: PersonSearch, problems: Mapping[str, str] | None = None) -> str:
    found = person_reading.every(db.session, wanted, viewer=g.viewer)
    shown = render_template(
        "contacts/list.html",
        found=found,
        wanted=wanted,
        said=_said(wanted),
        teams=[(str(team.uid), team.name) for team in person_access.own_teams(g.viewer)],
        may_add=person_access.may_add(g.viewer),
        words=contact_words,
        problems=problems or {},
        today=local_day(now()),
    )
    _commit_reading()
    return shown


def _said(wanted: PersonSearch) -> dict[str, str]:
    """What narrows and orders the list, as a form says it."""
    given = wanted.model_dump(mode="json", exclude_defaults=True, exclude={"cursor", "limit"})
    return {
        name: str(value).lower() if isinstance(value, bool) else str(value)
        for name, value in given.items()
    }


def _row(known: Known) -> dict[str, object]:
    person, today = known.person, local_day(now())
    reach = not person.do_not_contact  # a list is taken away to be written to
    return {
        "uid": str(person.uid),
        "name": person.name,
        "display_name": person.display_name,
        "email": person.email if reach else "",
        "phone": person.phone if reach else "",
        "language": person.language,
        "preferred_channel": person.preferred_channel,
        "home_area_code": known.home_area_code,
        "roles": [
            f"{held.role.title}, {held.entry.title} ({held.entry.ref})"
            for held in known.roles
            if held.role.holds_on(today)
        ],
        "agreed_to": [
            f"{purpose.value} by {channel.value}"
            for purpose, channels in known.agreed.items()
            for channel in channels
        ],
        "do_not_contact": person.do_not_contact,
        "last_contacted_on": person.last_contacted_on,
        "team": person.team.name,
    }


def _ways(
    found: Mapping[tuple[ContactPurpose, ContactChannel], contacting.Decision],
) -> list[dict[str, Any]]:
    """What was ever agreed to or refused, by purpose and channel: the decision, and the link that
    ends it. Ways that nothing was ever said about are left out."""
    return [
        {
            "purpose": purpose,
            "channel": channel,
            "decision": decision,
            "link": f"/stop/{consents.link_token(db.session, decision.consent)}"
            if decision.consent
            else "",
        }
        for (purpose, channel), decision in found.items()
        if decision.rule not in ("none", "no_address", "do_not_contact", "gone", "restricted")
    ]


def _drafts() -> tuple[PersonDraft, RoleDraft | None]:
    """A person and their role, where one is given. Raises Invalid for both at once."""
    problems: dict[str, str] = {}
    draft, role = None, None
    try:
        draft = _person_draft()
    except Invalid as error:
        problems |= error.problems
    if any(request.form.get(name, "").strip() for name in ("entry", "title")):
        try:
            role = from_form(RoleDraft, request.form, ignore=frozenset(request.form) - set(ROLE))
        except Invalid as error:
            problems |= error.problems
    if problems or draft is None:
        raise Invalid("Some answers need mending.", problems)
    return draft, role


def _person_draft() -> PersonDraft:
    try:
        ignored = frozenset(request.form) - set(persons.FIELDS)
        return from_form(PersonDraft, request.form, ignore=ignored)
    except Invalid as error:
        if "is_adult" not in request.form:
            error.problems["is_adult"] = TICK_ADULT
        raise


def _look_over(draft: PersonDraft, person: Person | None = None) -> None:
    """Raise Invalid for text that perhaps should not be kept, unless they have looked at it."""
    if request.form.get("looked") == "yes":
        return
    unchanged = {
        name: ""
        for name in ("notes", "no_role_reason")
        if person is not None and getattr(draft, name) == getattr(person, name)
    }
    if found := person_texts.doubts(draft.model_copy(update=unchanged)):
        raise Invalid("Look at this once more.", found)


def _team(given: str) -> int | None:
    teams = {str(team.uid): team for team in _teams_to_add_to()}
    if not given:
        return next(iter(teams.values())).id if len(teams) == 1 else None
    if given not in teams:
        raise Invalid.field("team", "Choose a team that you add people for.")
    return teams[given].id


def _teams_to_add_to() -> list[Team]:
    found = list(person_reading.teams_to_add_to(db.session, viewer=g.viewer))
    if not found:
        raise NotAllowed("You are not in a team that adds people.")
    return found


def _form(
    typed: Mapping[str, Any],
    problems: Mapping[str, str] | None = None,
    known: Known | None = None,
) -> str:
    teams = [] if known else _teams_to_add_to()
    return render_template(
        "contacts/form.html",
        known=known,
        typed=typed,
        problems=problems or {},
        teams=[(str(team.uid), team.name) for team in teams],
        sources=list(contact_words.GOT_FROM.items()),
        channels=[("", "They did not say"), *contact_words.CHANNELS.items()],
    )


def _typed(known: Known) -> dict[str, Any]:
    said = {name: getattr(known.person, name) for name in persons.FIELDS}
    return said | {"notes": known.notes, "is_adult": "true", "version": known.person.version}
