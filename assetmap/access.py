"""Who may see and do what: written once, as SQL for lists and as a check for one record."""

from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import compress, product
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Row,
    Select,
    and_,
    case,
    exists,
    false,
    literal_column,
    or_,
    select,
    true,
)
from sqlalchemy.orm import aliased, object_session

from assetmap.connections import one_of, one_of_keys, spelt
from assetmap.errors import NotAllowed, OutsideLimits, SignInFirst
from assetmap.models import Area, Category, Entry, EntryArea, Team
from assetmap.viewers import (
    OPERATOR,
    PUBLIC,
    WHOLE,
    WRITERS,
    Grant,
    Limit,
    Narrowing,
    Viewer,
    alike,
    as_partner,
    as_public,
    everywhere,
    grant_of,
    only_limited,
    still_as,
    viewer_of,
)
from assetmap.vocabulary import Kind, Role, SharedField, Visibility

__all__ = [
    "OPERATOR",
    "PUBLIC",
    "WHOLE",
    "WRITERS",
    "Grant",
    "Limit",
    "Narrowing",
    "Viewer",
    "as_partner",
    "as_public",
    "everywhere",
    "grant_of",
    "still_as",
    "viewer_of",
]
KEEPERS = frozenset({Role.EDITOR, Role.DATA_OFFICER})
EVENTS = (Kind.ENGAGEMENT.value, Kind.WALKABOUT.value)
WRITERS_AND_ANALYSTS = WRITERS | {Role.ANALYST}
READS_CONTACTS = frozenset(Role) - {Role.ANALYST}
_OPEN = spelt([Visibility.PUBLIC])
_WITH_PARTNERS = (*_OPEN, *spelt([Visibility.PARTNER]))
_IN_TEAM = (*_WITH_PARTNERS, *spelt([Visibility.TEAM]))
# so said that no index answers it: most are open, and all their keys would be read beside a few
_IS_OPEN = Entry.visibility.in_(_OPEN).is_(true())
_LIVE = and_(Entry.withdrawn_at.is_(None), Entry.merged_into_id.is_(None))
Top = aliased(Category)
_READ_AS = tuple(f"reads_{what.value}" for what in SharedField)
_READS = {  # by what such columns say
    said: frozenset(compress(SharedField, said))
    for said in product((False, True), repeat=len(SharedField))
}
# one viewer's rule is one object: neither put together nor looked through by SQLAlchemy again
once = lru_cache(1024)


@once
def visible_entries(viewer: Viewer) -> ColumnElement[bool]:
    """The rows of `entry` this viewer may see. Every query of entries starts here."""
    return and_(_LIVE, may_see(viewer))


@once
def may_see(viewer: Viewer) -> ColumnElement[bool]:
    """The same rule for rows that may also be withdrawn or merged, as their history needs."""
    if viewer.is_operator:
        return true()
    seen = or_(_IS_OPEN, *_ways(viewer))
    return seen if viewer.behind is None else and_(seen, may_see(viewer.behind))


def _ways(viewer: Viewer) -> Iterator[ColumnElement[bool]]:
    """How the viewer comes to see what is not open to everybody."""
    yield from _all_of(Entry.visibility.in_(_WITH_PARTNERS), _shared(viewer))
    yield from _all_of(Entry.visibility.in_(_IN_TEAM), _held(viewer))
    yield from _held(viewer, KEEPERS)


@once
def in_some_places(viewer: Viewer) -> ColumnElement[bool]:
    """Of the rows the viewer may see, those that they may see by nothing that holds everywhere."""
    whole = everywhere(viewer)
    if viewer.behind is not None:
        return and_(visible_entries(viewer), ~may_see(whole))
    return and_(_LIVE, or_(false(), *_ways(only_limited(viewer))), ~may_see(whole))


@once
def may_read(viewer: Viewer, what: SharedField) -> ColumnElement[bool]:
    """Of entries this viewer may see, those of which they may read a guarded field.

    Contact details are open to whom the entry's `contact_visibility` says, to partners when an
    agreement names them, and never to people who only analyse. The exact place, the notes and the
    photos that are no public ones are the team's, and whoever's an agreement says.
    """
    if viewer.is_operator:
        return true()
    shared = list(_granted_by(grant for grant in viewer.grants if what in grant.fields))
    with_partners = Entry.visibility.in_(_WITH_PARTNERS)
    if what is SharedField.CONTACT:
        if viewer.roles and not viewer.teams_where(READS_CONTACTS):
            shared = []
        colleagues = _colleagues(viewer) if viewer.teams_where(READS_CONTACTS) else []
        ways = [
            and_(Entry.visibility.in_(_OPEN), Entry.contact_visibility.in_(_OPEN)),
            *_all_of(
                and_(with_partners, Entry.contact_visibility.in_(_WITH_PARTNERS)),
                [*shared, *colleagues],
            ),
            *_held(viewer, READS_CONTACTS),
        ]
    else:
        ways = [*_all_of(with_partners, shared), *_held(viewer)]
    read = or_(false(), *ways)
    return read if viewer.behind is None else and_(read, may_read(viewer.behind, what))


@once
def reads(viewer: Viewer) -> tuple[ColumnElement[Any], ...]:
    """Columns that say which guarded fields of each entry the viewer may read; see `read_of`."""
    return tuple(
        case((may_read(viewer, what), literal_column("1")), else_=literal_column("0")).label(name)
        for what, name in zip(SharedField, _READ_AS, strict=True)
    )


def read_of(row: Row[Any]) -> frozenset[SharedField]:
    """The guarded fields that a row with the columns of `reads` says may be read."""
    return _READS[tuple(bool(getattr(row, name)) for name in _READ_AS)]


@once
def of_own_teams(viewer: Viewer) -> ColumnElement[bool]:
    """Entries of the viewer's teams, within the limits of their roles."""
    if viewer.is_operator:
        return true()
    own = or_(false(), *_held(viewer))
    return own if viewer.behind is None else and_(own, of_own_teams(viewer.behind))


@once
def of_colleagues(viewer: Viewer) -> ColumnElement[bool]:
    """Entries that any team of the viewer's own bodies keeps and that are not for one team."""
    if viewer.is_operator:
        return true()
    ways = (and_(Entry.visibility.in_(_WITH_PARTNERS), way) for way in _colleagues(viewer))
    return or_(false(), *ways)


def held_by(viewer: Viewer, wanted: frozenset[Role]) -> ColumnElement[bool]:
    """Entries of the teams in which somebody has one of these roles, within their limits."""
    return or_(false(), *_held(viewer, wanted))


def shared_by(grant: Grant) -> ColumnElement[bool]:
    """Entries that an agreement opens to its receivers."""
    said = given(frozenset({grant.giver}), grant.kinds, grant.limit)
    return and_(Entry.visibility.in_(_WITH_PARTNERS), said)


def _shared(viewer: Viewer) -> Iterator[ColumnElement[bool]]:
    """Entries that colleagues in other teams keep, and those that agreements open."""
    yield from _colleagues(viewer)
    yield from _granted_by(viewer.grants)


def _all_of(
    what: ColumnElement[bool], ways: Iterable[ColumnElement[bool]]
) -> list[ColumnElement[bool]]:
    """What holds in any of these ways, where there are any: asked once, not for each of them."""
    some = list(ways)
    return [and_(what, or_(*some))] if some else []


def _granted_by(grants: Iterable[Grant]) -> Iterator[ColumnElement[bool]]:
    """Entries that agreements speak of; of those that differ in nothing but who gives, at once."""
    for (kinds, limit), some in alike(grants).items():
        yield given(frozenset(grant.giver for grant in some), kinds, limit)


def _colleagues(viewer: Viewer) -> list[ColumnElement[bool]]:
    """Entries of every team of the viewer's own bodies: within one body nothing is shared out."""
    return [Entry.team_id.in_(_teams_of(viewer.bodies))] if viewer.bodies else []


def _held(viewer: Viewer, wanted: frozenset[Role] | None = None) -> Iterator[ColumnElement[bool]]:
    """Entries of the viewer's teams, within the limits of the roles they hold there."""
    whole: list[int] = []
    for team, roles in sorted(viewer.roles.items()):
        held = [role for role in sorted(roles) if wanted is None or role in wanted]
        limits = [viewer.limits.get((team, role)) for role in held]
        if held and None in limits:
            whole.append(team)
            continue
        for limit in limits:
            if limit is not None:
                yield and_(Entry.team_id == team, _within(limit))
    if whole:
        yield one_of_keys(Entry.team_id, whole)


def given(
    givers: frozenset[int | None], kinds: tuple[str, ...], limit: Limit
) -> ColumnElement[bool]:
    """Entries that agreements of these givers speak of; see `alike`."""
    return and_(Entry.team_id.in_(_teams_of(givers)), one_of(Entry.kind, kinds), _within(limit))


def _teams_of(bodies: frozenset[int | None]) -> Select[int]:
    keys = sorted(body for body in bodies if body is not None)
    no_body = [Team.partner_id.is_(None)] if None in bodies else []
    return select(Team.id).where(or_(one_of_keys(Team.partner_id, keys), *no_body))


def _within(limit: Limit) -> ColumnElement[bool]:
    """Entries in one of the areas, as they are shown, and in one of the categories.

    A term stands for all below it. Walkabouts, events and hotspots have no category, and no limit
    by category keeps them out.
    """
    conditions: list[ColumnElement[bool]] = []
    if limit.areas:
        inside = select(EntryArea.entry_id).join(Area, Area.id == EntryArea.area_id)
        conditions.append(
            exists(
                inside.where(
                    EntryArea.entry_id == Entry.id, one_of(Area.type + ":" + Area.code, limit.areas)
                )
            )
        )
    if limit.categories:
        terms = (
            select(Category.id)
            .outerjoin(Top, Top.id == Category.parent_id)
            .where(or_(*(one_of(one, limit.categories) for one in (Category.code, Top.code))))
        )
        conditions.append(or_(Entry.category_id.is_(None), Entry.category_id.in_(terms)))
    return and_(true(), *conditions)


def tokens_of(visibility: str, team_id: int) -> list[str]:
    """What the text index holds of who may see an entry; see `visible_tokens`."""
    return [f"v:{visibility}", f"m:{team_id}"]


def visible_tokens(viewer: Viewer) -> tuple[str, ...]:
    """Tokens of which every visible entry has one. A help to the index, never the rule itself."""
    if viewer.is_operator:
        return ()
    shared = ("v:public", "v:partner") if viewer.bodies else ("v:public",)
    return (*shared, *(f"m:{team}" for team in viewer.teams_where()))


def sees_exactly(viewer: Viewer, team_id: int) -> bool:
    """May see the exact place and the owner's notes of this team's entries."""
    return viewer.is_operator or team_id in viewer.roles


def may_add_to(viewer: Viewer, team_id: int) -> bool:
    """May log entries for this team, and say of its entries that they are still there."""
    return viewer.is_operator or team_id in viewer.teams_where(WRITERS)


def may_change(viewer: Viewer, entry: Entry) -> bool:
    """May edit, move and withdraw an entry that is on the register.

    Editors may with all of their team's, organisers with its events and walkabouts, analysts with
    its hotspots, and whoever logs may with what they logged themselves: each within the areas and
    categories their role is limited to.
    """
    if viewer.is_operator:
        return True
    is_own = viewer.user_id is not None and entry.created_by_id == viewer.user_id
    rules = {
        Role.EDITOR: True,
        Role.ORGANISER: is_own or entry.kind in EVENTS,
        Role.ANALYST: entry.kind == Kind.HOTSPOT,
        Role.LOGGER: is_own,
    }
    held = viewer.roles.get(entry.team_id, frozenset())
    return any(
        allowed and role in held and _is_within(viewer.limits.get((entry.team_id, role)), entry)
        for role, allowed in rules.items()
    )


@once
def changeable(viewer: Viewer) -> ColumnElement[bool]:
    """The rows that `may_change` says yes to, of all those the viewer may see or could see before
    they were withdrawn or merged: the same rule, for lists."""
    if viewer.is_operator:
        return true()
    own = and_(Entry.created_by_id.is_not(None), Entry.created_by_id == viewer.user_id)
    rules: dict[str, ColumnElement[bool]] = {
        Role.EDITOR: true(),
        Role.ORGANISER: or_(own, Entry.kind.in_(EVENTS)),
        Role.ANALYST: Entry.kind == Kind.HOTSPOT.value,
        Role.LOGGER: own,
    }
    ways = [
        and_(Entry.team_id == team, rules[role], _within(viewer.limits.get((team, role), Limit())))
        for team, held in sorted(viewer.roles.items())
        for role in sorted(held & rules.keys())
    ]
    return and_(may_see(viewer), or_(false(), *ways))


def require_change(viewer: Viewer, entry: Entry) -> None:
    """Raise SignInFirst or NotAllowed unless the viewer may change the entry."""
    require_sign_in(viewer)
    if not may_change(viewer, entry):
        raise NotAllowed(
            "Your role does not let you change this entry."
            if entry.team_id in viewer.roles
            else "Only the team that owns this entry can change it."
        )


def require_add_to(viewer: Viewer, team_id: int) -> None:
    """Raise SignInFirst or NotAllowed unless the viewer may log entries for the team."""
    require_sign_in(viewer)
    if not may_add_to(viewer, team_id):
        raise NotAllowed("Only people who log for the team that owns this can do it.")


def require_whole_team(viewer: Viewer, team_id: int) -> None:
    """Raise NotAllowed unless the viewer may log for the team, and nothing limits where."""
    require_add_to(viewer, team_id)
    if not viewer.is_operator and all(
        (team_id, role) in viewer.limits for role in viewer.roles[team_id] if role in WRITERS
    ):
        raise NotAllowed("Your role is limited to some areas or categories. Ask an editor.")


def require_within(viewer: Viewer, entry: Entry) -> None:
    """Raise OutsideLimits for an entry, already flushed, where no role of the viewer's that lets
    them write holds."""
    roles = viewer.roles.get(entry.team_id, frozenset()) & WRITERS_AND_ANALYSTS
    if not viewer.is_operator and not any(
        _is_within(viewer.limits.get((entry.team_id, role)), entry) for role in sorted(roles)
    ):
        raise OutsideLimits("Your role covers other areas or categories than this entry's.")


def _is_within(limit: Limit | None, entry: Entry) -> bool:
    if limit is None:
        return True
    session = object_session(entry)
    found = select(Entry.id).where(Entry.id == entry.id, _within(limit))
    return session is not None and session.scalar(found) is not None


def require_sign_in(viewer: Viewer) -> None:
    """Raise SignInFirst for the public."""
    if not viewer.is_signed_in:
        raise SignInFirst("Sign in to do this.")


def require_admin(viewer: Viewer) -> None:
    """Raise SignInFirst or NotAllowed unless the viewer is an administrator."""
    require_sign_in(viewer)
    if not viewer.is_admin:
        raise NotAllowed("Only an administrator can do this.")


def team_to_log_for(viewer: Viewer, team_id: int | None) -> int:
    """The team that will own what is logged: the one named, or the person's first."""
    require_sign_in(viewer)
    if team_id is not None:
        require_add_to(viewer, team_id)
        return team_id
    teams = viewer.teams_where(WRITERS)
    if not teams:
        raise NotAllowed("You are not in a team that logs entries.")
    return teams[0]
