"""Who signs in: for the administrators of a team, the people and the roles in it."""

import uuid
from collections.abc import Mapping

from flask import Blueprint, flash, g, redirect, render_template, request
from werkzeug.wrappers import Response

from assetmap import gate
from assetmap.db import db
from assetmap.errors import Invalid
from assetmap.models import User
from assetmap.register import (
    authenticators,
    deployment,
    invite_approving,
    letters,
    partners,
    people,
    role_limits,
    search_choices,
    work_accounts,
)
from assetmap.schemas.people import (
    AsksApproval,
    Confirmed,
    HeldRole,
    NewPerson,
    PeopleFilter,
    RoleLimits,
)
from assetmap.schemas.reading import checked, from_form, from_query
from assetmap.vocabulary import ROLE_LABELS
from assetmap.web import labels

bp = Blueprint("people", __name__, url_prefix="/people")
bp.before_request(gate.in_person)

NOT_OURS = frozenset({"csrf_token"})
Answer = str | tuple[str, int] | Response


@bp.get("/")
def everyone() -> str:
    """Everybody in the teams one looks after, and a form to let somebody in."""
    return _list({}, {})


@bp.post("/")
def add() -> Answer:
    """Let somebody sign in with a role in a team."""
    try:
        new = from_form(NewPerson, request.form, ignore=NOT_OURS)
        user, changed = people.add(db.session, new, viewer=g.viewer)
    except Invalid as error:
        db.session.rollback()
        return _list(request.form, error.problems), error.status
    address, name = _address(user), user.name
    db.session.commit()
    role = ROLE_LABELS[new.role].lower()
    now = "is" if changed else "already is"
    flash(f"{name} {now} {role} in {new.team}.", "success" if changed else "info")
    return redirect(address, 303)


@bp.post("/teams/<uuid:uid>/approval")
def approval(uid: uuid.UUID) -> Answer:
    """Have a team's invitations approved before they go, or no longer."""
    wanted = from_form(AsksApproval, request.form, ignore=NOT_OURS)
    team = invite_approving.set_for(db.session, uid, asks=wanted.asks, viewer=g.viewer)
    now = "are approved before they go" if team.asks_approval else "go without approval"
    flash(f"Invitations of {team.name} {now}.", "success")
    db.session.commit()
    return redirect("/people/", 303)


@bp.get("/<uuid:uid>")
def person(uid: uuid.UUID) -> str:
    """One person: their roles in the teams one looks after."""
    return _person(uid, {})


@bp.post("/<uuid:uid>/roles")
def give(uid: uuid.UUID) -> Answer:
    """Give them another role."""
    user = people.by_uid(db.session, uid, viewer=g.viewer)
    typed = {"team": request.form.get("team", ""), "role": request.form.get("role", "")}
    try:
        new = checked(NewPerson, {"email": user.email, **typed})
        _, changed = people.add(db.session, new, viewer=g.viewer)
    except Invalid as error:
        db.session.rollback()
        return _person(uid, error.problems), error.status
    db.session.commit()
    flash("The role is given." if changed else "They have this role already.", "success")
    return redirect(f"/people/{uid}", 303)


@bp.get("/<uuid:uid>/limits")
def limits(uid: uuid.UUID) -> str:
    """Where one of their roles holds; `team` and `role` say which."""
    held = from_query(HeldRole, request.args)
    return _limits(uid, held.team, held.role or "", None, {})


@bp.post("/<uuid:uid>/limits")
def limit(uid: uuid.UUID) -> Answer:
    """Let a role of theirs hold in some areas and for some categories alone, or everywhere."""
    user = people.by_uid(db.session, uid, viewer=g.viewer)
    form = request.form
    try:
        wanted = from_form(RoleLimits, form, ignore=NOT_OURS)
        changed = role_limits.limit(db.session, user, wanted, viewer=g.viewer)
    except Invalid as error:
        db.session.rollback()
        team, role = form.get("team", ""), form.get("role", "")
        typed = {name: form.getlist(name) for name in ("areas", "categories")}
        return _limits(uid, team, role, typed, error.problems), error.status
    db.session.commit()
    flash("Where the role holds is changed." if changed else "Nothing to change.", "success")
    return redirect(f"/people/{uid}", 303)


@bp.post("/<uuid:uid>/take-out")
def take_out(uid: uuid.UUID) -> Answer:
    """Take a role in a team from them."""
    user = people.by_uid(db.session, uid, viewer=g.viewer)
    held = from_form(HeldRole, request.form, ignore=NOT_OURS)
    people.remove(db.session, user, held, viewer=g.viewer)
    left = people.is_looked_after(db.session, user, viewer=g.viewer)
    db.session.commit()
    flash(f"The role in {held.team} is taken from them.", "success")
    return redirect(f"/people/{uid}" if left else "/people/", 303)


@bp.post("/<uuid:uid>/reset")
def reset(uid: uuid.UUID) -> Response:
    """Take away the authenticator they lost, and the work account they had."""
    user = people.by_uid(db.session, uid, viewer=g.viewer)
    people.reset(db.session, user, viewer=g.viewer)
    db.session.commit()
    flash("Done. A link alone signs them in now, and so does a new work account.", "success")
    return redirect(f"/people/{uid}", 303)


@bp.post("/<uuid:uid>/shut-out")
def shut_out(uid: uuid.UUID) -> Answer:
    """End every role, session, token and link of theirs."""
    user = people.by_uid(db.session, uid, viewer=g.viewer)
    try:
        from_form(Confirmed, request.form, ignore=NOT_OURS)
    except Invalid as error:
        return _person(uid, error.problems), error.status
    name = user.name
    people.shut_out(db.session, user, viewer=g.viewer)
    db.session.commit()
    flash(
        f"{name} is shut out: signed out everywhere, with no role, token or link left.", "success"
    )
    return redirect("/people/", 303)


def _address(user: User) -> str:
    return f"/people/{user.uid}"


def _list(typed: Mapping[str, str], problems: Mapping[str, str]) -> str:
    wanted = from_query(PeopleFilter, request.args)
    teams = people.teams(db.session, viewer=g.viewer)
    return render_template(
        "people/list.html",
        people=people.everyone(db.session, viewer=g.viewer, text=wanted.text, team=wanted.only),
        teams=[(team.name, team.name) for team in teams],
        looked_after=teams,
        mine={team.id for team in teams},
        roles=list(ROLE_LABELS.items()),
        role_labels=ROLE_LABELS,
        wanted=wanted,
        typed=typed,
        problems=problems,
        keeper=partners.is_keeper(db.session, g.viewer),
        unsent=0 if deployment.has_mail(db.session) else letters.waiting(db.session),
    )


def _person(uid: uuid.UUID, problems: Mapping[str, str]) -> str:
    user = people.by_uid(db.session, uid, viewer=g.viewer)
    teams = people.teams(db.session, viewer=g.viewer)
    mine = {team.id for team in teams}
    held = [one for one in user.memberships if one.team_id in mine]
    return render_template(
        "people/person.html",
        person=user,
        held=held,
        only_in=role_limits.by_role(db.session, held),
        may_reset=authenticators.has_one(db.session, user.id)
        or work_accounts.has_one(db.session, user.id),
        elsewhere=any(one.team_id not in mine for one in user.memberships),
        teams=[(team.name, team.name) for team in teams],
        roles=list(ROLE_LABELS.items()),
        role_labels=ROLE_LABELS,
        typed=request.form,
        problems=problems,
    )


def _limits(
    uid: uuid.UUID,
    team: str,
    role: str,
    typed: Mapping[str, list[str]] | None,
    problems: Mapping[str, str],
) -> str:
    user = people.by_uid(db.session, uid, viewer=g.viewer)
    held = role_limits.of(db.session, user, team, role, viewer=g.viewer)
    now = {"areas": held.areas, "categories": held.categories} if typed is None else typed
    ticked = {*now["categories"], *held.categories}
    return render_template(
        "people/limits.html",
        person=user,
        held=held,
        role_label=ROLE_LABELS[held.role],
        typed=now,
        terms=[
            (term.code, f"{labels.said(term.scheme)}: {term.label}")
            for term in search_choices.terms(db.session).every
            if (term.level == 1 and term.active) or term.code in ticked
        ],
        problems=problems,
    )
