"""By which sharing agreements somebody comes to see an entry, or something that it holds."""

from collections.abc import Callable, Collection, Iterable
from typing import Any

from sqlalchemy import ColumnElement, and_, case, func, literal, null, or_, select

from assetmap import access
from assetmap.access import Grant, Viewer
from assetmap.connections import said_of, spelt
from assetmap.models import Entry, Team
from assetmap.viewers import alike
from assetmap.vocabulary import Kind, Precision, SharedField, Visibility

_CLOSED = {
    SharedField.CONTACT: or_(
        Entry.visibility != Visibility.PUBLIC.value,
        Entry.contact_visibility != Visibility.PUBLIC.value,
    ),
    SharedField.EXACT_LOCATION: or_(
        Entry.precision != Precision.EXACT.value, Entry.kind == Kind.WALKABOUT.value
    ),  # where a walkabout stops is for its team, however it is drawn
    SharedField.NOTES: Entry.notes != "",
}


@access.once
def covered_by(viewer: Viewer) -> ColumnElement[Any]:
    """A column `covered_by`: the keys of the agreements that speak of an entry, as text with a
    comma after each; for `agreements_of`.

    It is none for what the viewer's own teams keep, and whoever has no agreement.
    """
    if not viewer.grants:
        return null().label("covered_by")
    giver = select(func.coalesce(Team.partner_id, 0)).where(Team.id == Entry.team_id)
    named: ColumnElement[str] = literal("")
    for (kinds, limit), some in alike(viewer.grants).items():
        keys: dict[int, str] = {}
        for grant in some:
            keys[grant.giver or 0] = f"{keys.get(grant.giver or 0, '')}{grant.agreement_id},"
        speak = access.given(frozenset(grant.giver for grant in some), kinds, limit)
        named += case((speak, said_of(giver.scalar_subquery(), keys)), else_="")
    shared = Entry.visibility.in_(spelt([Visibility.PUBLIC, Visibility.PARTNER]))
    covered = and_(shared, ~access.of_own_teams(viewer))
    return case((covered, named), else_=null()).label("covered_by")


@access.once
def held_closed(viewer: Viewer) -> ColumnElement[Any]:
    """A column `held_closed`: the names of what an entry holds that fewer may read than everybody,
    each with a comma; none for whoever has no agreement."""
    if not viewer.grants:
        return null().label("held_closed")
    named: ColumnElement[str] = literal("")
    for what, closed in _CLOSED.items():
        named += case((closed, f"{what.value},"), else_="")
    return named.label("held_closed")


def agreements_of(
    viewer: Viewer, covered: str | None, fields: Iterable[str], *, is_public: bool
) -> dict[int | None, list[str]]:
    """The agreements that opened an entry to the viewer, each with those of the fields that it
    opened; under None what no agreement opened.

    covered: as `covered_by` says. fields: guarded ones that were read. is_public: the entry itself
    needs no agreement. Of several that open a field, the one that opens the most is named.
    """
    grants = _covering(viewer, covered)
    found: dict[int | None, list[str]] = {}
    for field in fields:
        by = next((grant.agreement_id for grant in grants if field in grant.fields), None)
        found.setdefault(by, []).append(field)
    if grants and not is_public and not found.keys() - {None}:
        found[grants[0].agreement_id] = found.pop(None, [])
    return found or {None: []}


def by_agreement(
    viewer: Viewer, rows: Iterable[Any], written: Callable[[str], Collection[SharedField]]
) -> dict[int | None, tuple[list[Any], set[str]]]:
    """Rows with `covered_by`, `held_closed`, `kind`, `visibility` and `contacts`, by the agreements
    that opened them, with the guarded fields that each opened; contact details under None too.

    written: what of such fields is given away of an entry of a kind, to whom it is open.
    """
    known: dict[Any, dict[int | None, list[str]]] = {}
    found: dict[int | None, tuple[list[Any], set[str]]] = {}
    for row in rows:
        like = (row.covered_by, row.held_closed, row.kind, row.visibility, bool(row.contacts))
        if like not in known:
            known[like] = _of_row(viewer, row, written(row.kind))
        for key, fields in known[like].items():
            some, names = found.setdefault(key, ([], set()))
            some.append(row)
            names.update(fields)
    return found


def _of_row(
    viewer: Viewer, row: Any, written: Collection[SharedField]
) -> dict[int | None, list[str]]:
    opens = {field for grant in _covering(viewer, row.covered_by) for field in grant.fields}
    held = opens.intersection((row.held_closed or "").split(","), written)
    fields = sorted(held if row.contacts else held - {SharedField.CONTACT.value})
    is_public = row.visibility == Visibility.PUBLIC.value
    found = agreements_of(viewer, row.covered_by, fields, is_public=is_public)
    if row.contacts and SharedField.CONTACT.value not in fields:
        found.setdefault(None, []).append(SharedField.CONTACT.value)
    return found


def _covering(viewer: Viewer, covered: str | None) -> list[Grant]:
    keys = set((covered or "").split(","))
    grants = (grant for grant in viewer.grants if str(grant.agreement_id) in keys)
    return sorted(grants, key=lambda grant: (-len(grant.fields), grant.agreement_id))
