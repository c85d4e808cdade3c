"""The category browser: what the terms mean, how much carries each, and the list to take away."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from flask import Blueprint, Response, g, render_template, request, url_for

from assetmap.db import db
from assetmap.formats import csv
from assetmap.gate import public
from assetmap.models import Category, CategoryChange, CategoryMapping
from assetmap.models.category import VOCABULARIES
from assetmap.register import categories
from assetmap.register.categories import Branch
from assetmap.register.default_categories import VOCABULARY_NAMES, in_words
from assetmap.schemas.categories import TreeFilter
from assetmap.schemas.reading import from_query
from assetmap.settings import LOCAL

bp = Blueprint("categories", __name__, url_prefix="/categories")

SCHEMES = {"asset": "Assets and groups", "offer": "Offers", "finding": "Findings"}
ONE_SCHEME = "<any(asset, offer, finding):scheme>"
COLUMNS = (
    *("scheme", "level", "code", "parent", "label", "scope_note", "core", "route_only"),
    *("default_visibility", "in_use", "replaced_by", "entries"),
    *VOCABULARIES,
)
VERBS = {
    "added": "Added",
    "renamed": "Renamed",
    "moved": "Moved",
    "deprecated": "No longer used",
    "restored": "In use again",
    "merged": "Merged into another term",
    "took over": "Took over another term",
}
_FIELDS = {
    "label": "Name",
    "scope_note": "Meaning",
    "parent": "Under",
    "replaced_by": "Now",
    "from": "From",
}


@bp.get("/")
@public
def browse() -> str:
    """Every term of the three classifications."""
    return _tree(tuple(SCHEMES))


@bp.get(f"/{ONE_SCHEME}/")
@public
def scheme_page(scheme: str) -> str:
    """The terms of one classification."""
    return _tree((scheme,))


@bp.get(f"/{ONE_SCHEME}.csv")
@public
def download(scheme: str) -> Response:
    """A classification as a spreadsheet, with what each term is called elsewhere."""
    branches = categories.tree(db.session, scheme, viewer=g.viewer)
    rows = list(_rows(branches, categories.mappings(db.session, scheme)))
    answer = Response(csv.write(rows, COLUMNS), mimetype="text/csv")
    answer.headers["Content-Disposition"] = f'attachment; filename="{scheme}-categories.csv"'
    return answer


@bp.get("/changes")
def changes() -> str:
    """What was done to the classification, for those who work with it."""
    told = categories.history(db.session)
    return render_template("categories/changes.html", changes=_told(told, naming=True))


@bp.get(f"/{ONE_SCHEME}/<code>")
@public
def term_page(scheme: str, code: str) -> str:
    """One term: what it means, what has it, where, and what was done to it."""
    term = categories.find(db.session, scheme, code)
    branches = categories.tree(db.session, scheme, viewer=g.viewer)
    branch = next(b for b in branches if b.category.id == (term.parent_id or term.id))
    leaf = next((one for one in branch.leaves if one.category.id == term.id), None)
    mapped = categories.mappings(db.session, scheme).get(term.id, [])
    return render_template(
        "categories/term.html",
        term=term,
        count=leaf.count if leaf else branch.count,
        leaves=branch.leaves if leaf is None else (),
        scheme_name=SCHEMES[scheme],
        mapped=_elsewhere(mapped),
        wards=categories.wards(db.session, term, viewer=g.viewer),
        changes=_told(categories.history(db.session, term)),
        search_url=search_url,
        section="/categories/",
    )


def search_url(term: Category, **more: str) -> str:
    """The search for everything that carries a term."""
    kinds = [kind.value for kind in categories.KINDS[term.scheme]]
    return "/?" + _query(category=term.code, kind=kinds, **more)


def _query(**given: Any) -> str:
    # url_for quotes as the rest of the service does; the search page is the root
    return url_for("categories.browse", **given).partition("?")[2]


def _tree(schemes: Sequence[str]) -> str:
    wanted = from_query(TreeFilter, request.args)
    grown = categories.trees(db.session, viewer=g.viewer, schemes=schemes)
    if wanted.text:
        grown = {name: categories.matching(tree, wanted.text) for name, tree in grown.items()}
    return render_template(
        "categories/tree.html",
        trees={name: _in_use(tree) for name, tree in grown.items()},
        retired={name: list(_retired(tree)) for name, tree in grown.items()},
        names=SCHEMES,
        chosen=schemes[0] if len(schemes) == 1 else "",
        text=wanted.text,
        search_url=search_url,
        section="/categories/",
    )


def _in_use(branches: Iterable[Branch]) -> list[Branch]:
    return [
        Branch(
            branch.category,
            branch.count,
            tuple(leaf for leaf in branch.leaves if leaf.category.active),
        )
        for branch in branches
        if branch.category.active
    ]


def _retired(branches: Iterable[Branch]) -> Iterator[Category]:
    for branch in branches:
        below = (leaf.category for leaf in branch.leaves)
        yield from (term for term in (branch.category, *below) if not term.active)


def _rows(
    branches: Iterable[Branch], mapped: dict[int, list[CategoryMapping]]
) -> Iterator[dict[str, object]]:
    for branch in branches:
        yield _row(branch.category, "", branch.count, mapped)
        for leaf in branch.leaves:
            yield _row(leaf.category, branch.category.code, leaf.count, mapped)


def _row(
    term: Category, parent: str, count: int, mapped: dict[int, list[CategoryMapping]]
) -> dict[str, object]:
    elsewhere = mapped.get(term.id, [])
    named = {
        vocabulary: [one.value for one in elsewhere if one.vocabulary == vocabulary]
        for vocabulary in VOCABULARIES
    }
    return {
        "scheme": term.scheme,
        "level": term.level,
        "code": term.code,
        "parent": parent,
        "label": term.label,
        "scope_note": term.scope_note,
        "core": term.core,
        "route_only": term.route_only,
        "default_visibility": term.default_visibility,
        "in_use": term.active,
        "replaced_by": term.replaced_by.code if term.replaced_by else None,
        "entries": count,
        **named,
    }


def _elsewhere(mapped: Iterable[CategoryMapping]) -> list[tuple[str, str]]:
    said: dict[str, list[str]] = {}
    for one in mapped:
        said.setdefault(one.vocabulary, []).append(in_words(one.vocabulary, one.value))
    return [
        (VOCABULARY_NAMES[name], "; ".join(said[name])) for name in VOCABULARIES if name in said
    ]


def _told(changes: Iterable[CategoryChange], *, naming: bool = False) -> list[dict[str, Any]]:
    """Changes as the timeline shows them; only those who signed in learn who made them."""
    return [
        {
            "at": one.at.astimezone(LOCAL),
            "who": (one.by.name if one.by else "the command line") if g.viewer.is_signed_in else "",
            "what": f"{one.category.label}: {VERBS[one.verb].lower()}"
            if naming
            else VERBS[one.verb],
            "why": one.why if g.viewer.is_signed_in else "",
            "fields": [
                {"label": _FIELDS[name], "before": before, "after": after}
                for name, (before, after) in one.changes.items()
                if name in _FIELDS
            ],
        }
        for one in changes
    ]
