"""The bodies that work with one another through the register, and their teams."""

from collections.abc import Mapping

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from assetmap import gate
from assetmap.db import db
from assetmap.errors import Conflict, Invalid
from assetmap.register import partners
from assetmap.schemas.people import NewPartner, NewTeam
from assetmap.schemas.reading import checked, from_form
from assetmap.vocabulary import PARTNER_KIND_LABELS

bp = Blueprint("partners", __name__, url_prefix="/partners")
bp.before_request(gate.in_person)

NOT_OURS = frozenset({"csrf_token"})
Answer = str | tuple[str, int] | Response


@bp.get("/")
def bodies() -> str:
    """Every body with its teams; for who keeps the register, forms to add more."""
    return _page({})


@bp.post("/")
def add() -> Answer:
    """Make a body known."""
    try:
        new = from_form(NewPartner, request.form, ignore=NOT_OURS)
        _, is_new = partners.add(db.session, new, viewer=g.viewer)
    except Invalid as error:
        db.session.rollback()
        return _page(error.problems), error.status
    except Conflict as error:
        db.session.rollback()
        return _page({"name": str(error)}), error.status
    db.session.commit()
    flash(f"{new.name} is a partner." if is_new else f"{new.name} already is a partner.", "success")
    return redirect("/partners/", 303)


@bp.post("/teams")
def add_team() -> Answer:
    """Make a team; people are put in it on the page of people."""
    given = {"name": request.form.get("team", ""), "partner": request.form.get("partner", "")}
    try:
        new = checked(NewTeam, given)
        partners.add_team(db.session, new.name, new.partner, viewer=g.viewer)
    except Invalid as error:
        db.session.rollback()
        return _page({"team": error.problems.get("name", str(error))}), error.status
    except Conflict as error:
        db.session.rollback()
        return _page({"team": str(error)}), error.status
    db.session.commit()
    flash(f"{new.name} is there. Let its administrator in next.", "success")
    return redirect(url_for("people.everyone", only=new.name), 303)


def _page(problems: Mapping[str, str]) -> str:
    found = partners.bodies(db.session, viewer=g.viewer)
    return render_template(
        "people/partners.html",
        bodies=found,
        kinds=list(PARTNER_KIND_LABELS.items()),
        kind_labels=PARTNER_KIND_LABELS,
        choices=[(one.partner.name, one.partner.name) for one in found if one.partner],
        keeper=partners.is_keeper(db.session, g.viewer),
        typed=request.form,
        problems=problems,
    )
