"""Changing the classification, for administrators: a form for each verb, then a confirmation."""

from collections.abc import Callable, Mapping
from typing import Any

from flask import Blueprint, flash, g, redirect, render_template, request
from werkzeug.wrappers import Response

from assetmap import access
from assetmap.db import db
from assetmap.errors import Invalid, NotFound
from assetmap.models import Category
from assetmap.register import categories
from assetmap.schemas import categories as schemas
from assetmap.schemas.reading import from_form
from assetmap.web.categories import ONE_SCHEME, SCHEMES
from assetmap.web.labels import VISIBILITIES

bp = Blueprint("category_changes", __name__, url_prefix="/categories")

NOT_OURS = frozenset({"csrf_token"})
VERB = "<any(rename, move, merge, deprecate, restore):verb>"
FORMS: Mapping[str, type[Any]] = {
    "rename": schemas.Rename,
    "move": schemas.Move,
    "merge": schemas.Merge,
    "deprecate": schemas.Retire,
    "restore": schemas.Retire,
}
Answer = str | tuple[str, int] | Response


@bp.get(f"/{ONE_SCHEME}/new-term")
def new_term(scheme: str) -> str:
    """A form for a new term."""
    access.require_admin(g.viewer)
    return _new_form(scheme, request.args, {})


@bp.post(f"/{ONE_SCHEME}/new-term")
def add(scheme: str) -> Answer:
    """Add a term."""
    access.require_admin(g.viewer)
    try:
        new = from_form(schemas.NewTerm, request.form, ignore=NOT_OURS)
        term = categories.add(db.session, scheme, new, viewer=g.viewer)
    except Invalid as error:
        db.session.rollback()
        return _new_form(scheme, request.form, error.problems), error.status
    address = _address(term)
    db.session.commit()
    flash("The term is added and can be chosen from now on.", "success")
    return redirect(address, 303)


@bp.get(f"/{ONE_SCHEME}/<code>/{VERB}")
def change_form(scheme: str, code: str, verb: str) -> str:
    """A form for one change to a term."""
    access.require_admin(g.viewer)
    return _change_form(scheme, code, verb, None, {})


@bp.post(f"/{ONE_SCHEME}/<code>/{VERB}")
def change(scheme: str, code: str, verb: str) -> Answer:
    """Make a change; one that carries entries elsewhere is asked about once more."""
    access.require_admin(g.viewer)
    term = categories.find(db.session, scheme, code)
    try:
        form = from_form(FORMS[verb], request.form, ignore=NOT_OURS)
        if verb in ("move", "merge") and form.confirmed is None:
            return _confirmation(term, verb, form)
        done = DO[verb](term, form)
    except Invalid as error:
        db.session.rollback()
        return _change_form(scheme, code, verb, request.form, error.problems), error.status
    address = _address(term)
    db.session.commit()
    flash(done, "success")
    return redirect(address, 303)


def _rename(term: Category, form: schemas.Rename) -> str:
    count = categories.rename(
        db.session,
        term,
        label=form.label,
        scope_note=form.scope_note,
        viewer=g.viewer,
        why=form.why,
    )
    return f"The new words are kept. {_entries(count)} found by them now."


def _move(term: Category, form: schemas.Move) -> str:
    parent = _other(term, "parent", form.parent)
    count = categories.move(db.session, term, parent, viewer=g.viewer, why=form.why)
    return f"The term is under “{parent.label}” now. {_entries(count)} found there."


def _merge(term: Category, form: schemas.Merge) -> str:
    into = _other(term, "into", form.into)
    count = categories.merge(db.session, term, into, viewer=g.viewer, why=form.why)
    return f"“{term.label}” is merged into “{into.label}”. {_entries(count)} found there now."


def _deprecate(term: Category, form: schemas.Retire) -> str:
    categories.deprecate(db.session, term, viewer=g.viewer, why=form.why)
    return "The term is no longer offered. What has it keeps it."


def _restore(term: Category, form: schemas.Retire) -> str:
    categories.restore(db.session, term, viewer=g.viewer, why=form.why)
    return "The term can be chosen again."


DO: Mapping[str, Callable[[Category, Any], str]] = {
    "rename": _rename,
    "move": _move,
    "merge": _merge,
    "deprecate": _deprecate,
    "restore": _restore,
}


def _entries(count: int) -> str:
    return "1 entry is" if count == 1 else f"{count:,} entries are"


def _other(term: Category, field: str, code: str) -> Category:
    try:
        return categories.find(db.session, term.scheme, code)
    except NotFound as error:
        raise Invalid.field(field, "Choose one from the list.") from error


def _address(term: Category) -> str:
    return f"/categories/{term.scheme}/{term.code}"


def _confirmation(term: Category, verb: str, form: Any) -> str:
    field = "into" if verb == "merge" else "parent"
    target = _other(term, field, getattr(form, field))
    return render_template(
        "categories/confirm.html",
        term=term,
        verb=verb,
        target=target,
        affected=categories.affected(db.session, term),
        fields={field: target.code, "why": form.why, "confirmed": "yes"},
        address=_address(term),
        section="/categories/",
    )


def _new_form(scheme: str, typed: Mapping[str, str], problems: Mapping[str, str]) -> str:
    tops = categories.tree(db.session, scheme, viewer=g.viewer)
    return render_template(
        "categories/new.html",
        scheme=scheme,
        scheme_name=SCHEMES[scheme],
        parents=[(b.category.code, b.category.label) for b in tops if b.category.active],
        visibilities=VISIBILITIES,
        typed=typed,
        problems=problems,
        section="/categories/",
    )


def _change_form(
    scheme: str,
    code: str,
    verb: str,
    typed: Mapping[str, str] | None,
    problems: Mapping[str, str],
) -> str:
    term = categories.find(db.session, scheme, code)
    if typed is None:
        typed = {"label": term.label, "scope_note": term.scope_note}
    tree = [b for b in categories.tree(db.session, scheme, viewer=g.viewer) if b.category.active]
    tops = [(b.category.code, b.category.label) for b in tree if b.category.id != term.parent_id]
    others: Any = [one for one in tops if one[0] != term.code]
    if verb == "merge" and term.level == 2:
        others = {
            branch.category.label: [
                (leaf.category.code, leaf.category.label)
                for leaf in branch.leaves
                if leaf.category.active and leaf.category.id != term.id
            ]
            for branch in tree
        }
    return render_template(
        "categories/change.html",
        term=term,
        verb=verb,
        others=others,
        affected=categories.affected(db.session, term),
        typed=typed,
        problems=problems,
        address=_address(term),
        scheme_name=SCHEMES[scheme],
        section="/categories/",
    )
