"""The classification: reading it with counts, and every change an administrator makes to it."""

from collections.abc import Iterable, Sequence
from typing import Any

from rapidfuzz import fuzz, process
from sqlalchemy import func, select
from sqlalchemy.orm import Session, joinedload

from assetmap import access, spatial, textsearch
from assetmap.access import Viewer
from assetmap.db import now
from assetmap.errors import BadRequest, Conflict, Invalid, NotFound
from assetmap.models import Category, CategoryChange, CategoryMapping, Entry
from assetmap.register import audit, retagging
from assetmap.register.category_tree import KINDS, Branch, Leaf, matching, tree, trees, wards
from assetmap.register.default_categories import load_default
from assetmap.schemas.categories import LOCAL, LONGEST_CODE, NewTerm
from assetmap.vocabulary import AuditAction

__all__ = [
    "KINDS",
    "Branch",
    "Leaf",
    "add",
    "affected",
    "deprecate",
    "find",
    "history",
    "load_default",
    "mappings",
    "matching",
    "merge",
    "move",
    "rename",
    "resolve",
    "restore",
    "tree",
    "trees",
    "wards",
]

CLOSE_ENOUGH = 60  # of 100: below this a suggestion only puzzles


def find(session: Session, scheme: str, code: str) -> Category:
    """The term with this code. Raises NotFound when there is none."""
    category = session.scalar(
        select(Category)
        .where(Category.scheme == scheme, Category.code == code)
        .options(joinedload(Category.parent), joinedload(Category.replaced_by))
    )
    if category is None:
        raise NotFound("There is no such category.")
    return category


def resolve(session: Session, scheme: str | None, codes: Iterable[str]) -> list[Category]:
    """The terms that codes stand for today; one merged into another stands for that other.

    Without a scheme, every scheme is looked in. Raises BadRequest for "category", with the
    nearest codes, when one is unknown.
    """
    wanted = list(dict.fromkeys(code.strip() for code in codes))
    query = select(Category).where(Category.code.in_(wanted)).order_by(Category.id)
    if scheme is not None:
        query = query.where(Category.scheme == scheme)
    named: dict[str, list[Category]] = {}
    for one in session.scalars(query) if wanted else ():
        named.setdefault(one.code, []).append(one)
    for code in wanted:
        if code not in named:
            raise _unknown(session, scheme, code)
    found = [_today(session, one) for code in wanted for one in named[code]]
    return list({one.id: one for one in found}.values())


def _today(session: Session, category: Category) -> Category:
    # a term is only ever merged into one in use, so the chain ends
    while category.replaced_by_id is not None:
        category = session.get_one(Category, category.replaced_by_id)
    return category


def _unknown(session: Session, scheme: str | None, code: str) -> BadRequest:
    query = select(Category.code).where(Category.active).order_by(Category.code)
    if scheme is not None:
        query = query.where(Category.scheme == scheme)
    near = process.extract(
        code, session.scalars(query).all(), scorer=fuzz.ratio, limit=3, score_cutoff=CLOSE_ENOUGH
    )
    problem = f"There is no category “{code[:LONGEST_CODE]}”."
    if near:
        problem += f" Did you mean {' or '.join(one for one, _, _ in near)}?"
    return BadRequest(problem, {"category": problem})


def mappings(session: Session, scheme: str) -> dict[int, list[CategoryMapping]]:
    """What each term of a scheme is called elsewhere, by the term's key."""
    found: dict[int, list[CategoryMapping]] = {}
    rows = session.scalars(
        select(CategoryMapping)
        .join(Category, Category.id == CategoryMapping.category_id)
        .where(Category.scheme == scheme)
        .order_by(CategoryMapping.id)
    )
    for row in rows:
        found.setdefault(row.category_id, []).append(row)
    return found


def history(
    session: Session, category: Category | None = None, limit: int = 100
) -> Sequence[CategoryChange]:
    """What was done to a term, or to any, the latest first."""
    query = select(CategoryChange).order_by(CategoryChange.id.desc()).limit(limit)
    if category is not None:
        query = query.where(CategoryChange.category_id == category.id)
    return session.scalars(
        query.options(joinedload(CategoryChange.by), joinedload(CategoryChange.category))
    ).all()


def affected(session: Session, category: Category) -> int:
    """How many entries carry a term or one below it, whoever may see them."""
    return (
        session.scalar(
            select(func.count())
            .select_from(Entry)
            .where(Entry.category_id.in_(retagging.keys_below(category)))
        )
        or 0
    )


def add(session: Session, scheme: str, new: NewTerm, *, viewer: Viewer) -> Category:
    """Add a term under the top term it names, or a new top term."""
    _begin(session, viewer)
    parent = _top(session, scheme, new.parent) if new.parent else None
    _refuse_twin(session, scheme, parent.id if parent else None, new.label)
    last = session.scalar(select(func.max(Category.sort)).where(Category.scheme == scheme))
    term = Category(
        scheme=scheme,
        code=_free_code(session, scheme, new),
        label=new.label,
        scope_note=new.scope_note,
        level=2 if parent else 1,
        parent_id=parent.id if parent else None,
        sort=(last or 0) + 1,
        default_visibility=new.default_visibility,
    )
    session.add(term)
    session.flush()  # what is written down points at it
    _keep(session, term, "added", {"label": [None, term.label]}, viewer=viewer, why=new.why)
    return term


def rename(
    session: Session, term: Category, *, label: str, scope_note: str, viewer: Viewer, why: str = ""
) -> int:
    """Give a term other words. Its entries are found by them; returns how many there are."""
    _begin(session, viewer)
    changes = {
        name: [before, after]
        for name, before, after in (
            ("label", term.label, label),
            ("scope_note", term.scope_note, scope_note),
        )
        if before != after
    }
    if not changes:
        return 0
    if "label" in changes:
        _refuse_twin(session, term.scheme, term.parent_id, label, but=term)
    term.label, term.scope_note = label, scope_note
    session.flush()  # the text index reads the label
    count = retagging.reindex(session, [term.id]) if "label" in changes else 0
    _keep(session, term, "renamed", changes, viewer=viewer, why=why, entries=count)
    return count


def move(
    session: Session, term: Category, parent: Category, *, viewer: Viewer, why: str = ""
) -> int:
    """Put a term under another top term; returns how many entries went with it."""
    _begin(session, viewer)
    if not parent.active:
        raise Invalid.field("parent", "Choose a top term that is in use.")
    before = session.get(Category, term.parent_id) if term.parent_id else None
    if parent.id == term.parent_id:
        raise Invalid.field("parent", f"“{term.label}” is there already.")
    _refuse_twin(session, term.scheme, parent.id, term.label, but=term)
    term.move(parent)
    session.flush()  # the text index reads the parent
    count = retagging.reindex(session, [term.id])
    changes = {"parent": [before.label if before else None, parent.label]}
    _keep(session, term, "moved", changes, viewer=viewer, why=why, entries=count)
    return count


def deprecate(session: Session, term: Category, *, viewer: Viewer, why: str = "") -> None:
    """Keep a term on what has it, but offer it for nothing new."""
    _begin(session, viewer)
    in_use = select(Category.id).where(Category.parent_id == term.id, Category.active).limit(1)
    if session.scalar(in_use) is not None:
        raise Conflict(f"Move, merge or deprecate the terms under “{term.label}” first.")
    term.deprecate(now())
    _keep(session, term, "deprecated", {"active": [True, False]}, viewer=viewer, why=why)


def restore(session: Session, term: Category, *, viewer: Viewer, why: str = "") -> None:
    """Offer a deprecated or merged term again. What was merged stays where it went."""
    _begin(session, viewer)
    parent = session.get(Category, term.parent_id) if term.parent_id else None
    if parent is not None and not parent.active:
        raise Conflict(f"Restore “{parent.label}” first, or move this term.")
    _refuse_twin(session, term.scheme, term.parent_id, term.label, but=term)
    term.restore()
    _keep(session, term, "restored", {"active": [False, True]}, viewer=viewer, why=why)


def merge(
    session: Session, term: Category, into: Category, *, viewer: Viewer, why: str = ""
) -> int:
    """Let one term take over another's entries, mappings and lower terms.

    The old term stays, deprecated, and its code finds the new one. Returns how many entries
    were re-tagged; the history of each says so.
    """
    _begin(session, viewer)
    if term.route_only != into.route_only:
        raise Invalid.field(
            "into", "One of the two must hold no details and the other may: they cannot be merged."
        )
    term.deprecate(now(), replaced_by=into)
    session.flush()  # from here on nobody can choose the old term
    reason = f"“{term.label}” was merged into “{into.label}”. {why}".strip()
    count = retagging.retag(session, term, into, viewer=viewer, why=reason)
    count += retagging.adopt(session, term, into)
    retagging.move_mappings(session, term, into)
    changes = {"replaced_by": [None, into.label]}
    _keep(session, term, "merged", changes, viewer=viewer, why=why, entries=count)
    _keep(session, into, "took over", {"from": [None, term.label]}, viewer=viewer, entries=count)
    return count


def _begin(session: Session, viewer: Viewer) -> None:
    access.require_admin(viewer)
    spatial.lock_for_writing(session, "classification")


def _top(session: Session, scheme: str, code: str) -> Category:
    parent = session.scalar(
        select(Category).where(
            Category.scheme == scheme, Category.code == code, Category.level == 1, Category.active
        )
    )
    if parent is None:
        raise Invalid.field("parent", "Choose a top term of this classification that is in use.")
    return parent


def _refuse_twin(
    session: Session, scheme: str, parent_id: int | None, label: str, but: Category | None = None
) -> None:
    """Two terms with one name side by side could not be told apart."""
    beside = select(Category.id, Category.label).where(
        Category.scheme == scheme, Category.parent_id == parent_id, Category.active
    )
    for key, other in session.execute(beside):
        if other.casefold() == label.casefold() and (but is None or key != but.id):
            raise Invalid.field("label", f"There is a term called “{other}” there already.")


def _free_code(session: Session, scheme: str, new: NewTerm) -> str:
    taken = set(session.scalars(select(Category.code).where(Category.scheme == scheme)))
    words = [word for word in textsearch.words(new.label) if word.isascii()]
    given = new.code or "_".join(words) or "term"
    code = (LOCAL + given.removeprefix(LOCAL))[:LONGEST_CODE].rstrip("_")
    if code not in taken:
        return code
    if new.code:
        raise Invalid.field("code", f"{code} is taken. Codes are never used again.")
    numbered = (f"{code[: LONGEST_CODE - 4]}_{number}" for number in range(2, 1000))
    return next(one for one in numbered if one not in taken)


def _keep(
    session: Session,
    term: Category,
    verb: str,
    changes: dict[str, list[Any]],
    *,
    viewer: Viewer,
    why: str = "",
    entries: int = 0,
) -> None:
    session.add(
        CategoryChange(
            category_id=term.id,
            by_id=viewer.user_id,
            verb=verb,
            why=why,
            changes=changes,
            entries=entries,
        )
    )
    said: audit.Details = {"scheme": term.scheme, "code": term.code, "entries": entries}
    what = AuditAction.CREATED if verb == "added" else AuditAction.CHANGED
    audit.note(
        session,
        what,
        viewer=viewer,
        entity="category",
        teams=viewer.roles,
        fields=changes,
        details=said,
    )
    session.flush()  # the door's next query shows it
