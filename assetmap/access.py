"""Who may see and do what: written once, as SQL for lists and as a check for one record."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, and_, case, exists, false, or_, select, true
from sqlalchemy.orm import Session, aliased

from assetmap.db import now
from assetmap.errors import NotAllowed, SignInFirst
from assetmap.models import (
    Area,
    Category,
    Entry,
    EntryArea,
    Membership,
    Partner,
    SharingAgreement,
    Team,
    User,
)
from assetmap.vocabulary import Role, SharedField, Visibility

WRITERS = frozenset({Role.LOGGER, Role.EDITOR, Role.ORGANISER, Role.APPROVER, Role.ADMIN})
KEEPERS = frozenset({Role.EDITOR, Role.DATA_OFFICER, Role.ADMIN})
READS_CONTACTS = frozenset(Role) - {Role.ANALYST}
_OPEN = (Visibility.PUBLIC.value,)
_WITH_PARTNERS = (Visibility.PUBLIC.value, Visibility.PARTNER.value)
_IN_TEAM = (*_WITH_PARTNERS, Visibility.TEAM.value)
Top = aliased(Category)


@dataclass(frozen=True)
class Limit:
    """Where a role or an agreement holds: areas as "type:code", codes of categories; none: all."""

    areas: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()


@dataclass(frozen=True)
class Grant:
    """What a sharing agreement that runs today lets its receivers see. giver: a partner's key,
    None for the body that keeps the register."""

    agreement_id: int
    giver: int | None
    kinds: tuple[str, ...]
    limit: Limit
    fields: frozenset[str]


@dataclass(frozen=True)
class Narrowing:
    """What somebody has less than their person has: a token that acts in one team, a session in
    which roles of weight still wait for the second factor."""

    team_id: int | None = None
    without: frozenset[str] = frozenset()

    def lets(self, team_id: int, role: str) -> bool:
        """Whether a role in a team is left."""
        return self.team_id in (None, team_id) and role not in self.without


WHOLE = Narrowing()


@dataclass(frozen=True)
class Viewer:
    """Whoever is asking: a signed-in person, an API token, the command line or the public.

    bodies: keys of the partners the person's teams belong to, None for the body that keeps the
    register. limits: of a role in a team, where it does not hold everywhere. behind: who really
    asks, when somebody looks at the register as another would see it.
    """

    name: str = "public"
    user_id: int | None = None
    roles: Mapping[int, frozenset[str]] = field(default_factory=dict)  # team id → roles in it
    is_operator: bool = False  # the command line on the server itself
    bodies: frozenset[int | None] = frozenset()
    grants: tuple[Grant, ...] = ()
    limits: Mapping[tuple[int, str], Limit] = field(default_factory=dict)
    behind: "Viewer | None" = None
    narrowing: Narrowing = WHOLE

    @property
    def is_signed_in(self) -> bool:
        """A known person, rather than a passer-by."""
        return self.user_id is not None or self.is_operator

    def teams_where(self, wanted: frozenset[Role] | None = None) -> tuple[int, ...]:
        """The teams in which this person has one of the roles, or any role, in a stable order."""
        return tuple(sorted(t for t, held in self.roles.items() if wanted is None or held & wanted))

    @property
    def may_log(self) -> bool:
        """May add entries for at least one team."""
        return self.is_operator or bool(self.teams_where(WRITERS))

    @property
    def is_admin(self) -> bool:
        """May change what everybody shares: the classification, areas, people."""
        return self.is_operator or bool(self.teams_where(frozenset({Role.ADMIN})))


PUBLIC = Viewer()
OPERATOR = Viewer(name="command line", is_operator=True)


def viewer_of(session: Session, user_id: int, narrowing: Narrowing = WHOLE) -> Viewer:
    """The person as they are now; the public when they are gone or shut out."""
    rows = session.execute(
        select(
            User.name,
            Membership.team_id,
            Membership.role,
            Membership.areas,
            Membership.categories,
            Team.partner_id,
        )
        .outerjoin(Membership, Membership.user_id == User.id)
        .outerjoin(Team, Team.id == Membership.team_id)
        .where(User.id == user_id, User.is_active)
    ).all()
    if not rows:
        return PUBLIC
    name = rows[0].name
    rows = [one for one in rows if one.team_id and narrowing.lets(one.team_id, one.role)]
    held: dict[int, set[str]] = {}
    limits: dict[tuple[int, str], Limit] = {}
    for row in rows:
        held.setdefault(row.team_id, set()).add(row.role)
        if row.areas or row.categories:
            limits[row.team_id, row.role] = Limit(tuple(row.areas), tuple(row.categories))
    bodies = frozenset(row.partner_id for row in rows)
    return Viewer(
        name,
        user_id,
        {team: frozenset(roles) for team, roles in held.items()},
        bodies=bodies,
        grants=grants_to(session, bodies, now().date()),
        limits=limits,
        narrowing=narrowing,
    )


def grants_to(session: Session, bodies: frozenset[int | None], on: date) -> tuple[Grant, ...]:
    """What the agreements that run on a day let the people of these partners see."""
    receivers = sorted(body for body in bodies if body is not None)
    if not receivers:
        return ()
    running = session.scalars(
        select(SharingAgreement)
        .where(
            SharingAgreement.receiver_id.in_(receivers),
            SharingAgreement.starts_on <= on,
            SharingAgreement.ends_on >= on,
            SharingAgreement.signed_on.is_not(None),
            SharingAgreement.ended_at.is_(None),
        )
        .order_by(SharingAgreement.id)
    )
    return tuple(grant_of(one) for one in running)


def grant_of(agreed: SharingAgreement) -> Grant:
    """What an agreement opens while it runs."""
    return Grant(
        agreed.id,
        agreed.giver_id,
        tuple(agreed.kinds),
        Limit(tuple(agreed.areas), tuple(agreed.categories)),
        frozenset(agreed.fields),
    )


def as_public(viewer: Viewer) -> Viewer:
    """The register as a passer-by sees it, of what the viewer sees."""
    return replace(PUBLIC, behind=viewer)


def as_partner(session: Session, partner: Partner, viewer: Viewer) -> Viewer:
    """The register as people of a partner see it, of what the viewer sees."""
    bodies = frozenset({partner.id})
    return Viewer(
        partner.name,
        viewer.user_id,
        bodies=bodies,
        grants=grants_to(session, bodies, now().date()),
        behind=viewer,
    )


def still_as(session: Session, viewer: Viewer) -> Viewer:
    """The viewer, who has been reading for a while. Raises NotAllowed when what they may see
    has changed since: a download that went on would hold what nobody may have any more."""
    if viewer.behind is not None or viewer.user_id is None:
        return viewer
    if viewer_of(session, viewer.user_id, viewer.narrowing) != viewer:
        raise NotAllowed("What you may see has changed since you began. Start again.")
    return viewer


def visible_entries(viewer: Viewer) -> ColumnElement[bool]:
    """The rows of `entry` this viewer may see. Every query of entries starts here."""
    live = and_(Entry.withdrawn_at.is_(None), Entry.merged_into_id.is_(None))
    return and_(live, may_see(viewer))


def may_see(viewer: Viewer) -> ColumnElement[bool]:
    """The same rule for rows that may also be withdrawn or merged, as their history needs."""
    if viewer.is_operator:
        return true()
    seen = or_(
        Entry.visibility.in_(_OPEN),
        *(and_(Entry.visibility.in_(_WITH_PARTNERS), way) for way in _shared(viewer)),
        *(and_(Entry.visibility.in_(_IN_TEAM), way) for way in _held(viewer)),
        *(way for way in _held(viewer, KEEPERS)),
    )
    return seen if viewer.behind is None else and_(seen, may_see(viewer.behind))


def may_read(viewer: Viewer, what: SharedField) -> ColumnElement[bool]:
    """Of entries this viewer may see, those of which they may read a guarded field.

    Contact details are open to whom the entry's `contact_visibility` says, to partners when an
    agreement names them, and never to people who only analyse. The exact place, the notes and the
    photos that are no public ones are the team's, and whoever's an agreement says.
    """
    if viewer.is_operator:
        return true()
    given = [_granted(grant) for grant in viewer.grants if what in grant.fields]
    with_partners = Entry.visibility.in_(_WITH_PARTNERS)
    if what is SharedField.CONTACT:
        if viewer.roles and not viewer.teams_where(READS_CONTACTS):
            given = []
        colleagues = _colleagues(viewer) if viewer.teams_where(READS_CONTACTS) else []
        ways = [
            and_(Entry.visibility.in_(_OPEN), Entry.contact_visibility.in_(_OPEN)),
            *(
                and_(with_partners, Entry.contact_visibility.in_(_WITH_PARTNERS), way)
                for way in [*given, *colleagues]
            ),
            *_held(viewer, READS_CONTACTS),
        ]
    else:
        ways = [*(and_(with_partners, way) for way in given), *_held(viewer)]
    read = or_(false(), *ways)
    return read if viewer.behind is None else and_(read, may_read(viewer.behind, what))


def reads(viewer: Viewer) -> list[ColumnElement[Any]]:
    """Columns that say which guarded fields of each entry the viewer may read; see `read_of`."""
    return [
        case((may_read(viewer, what), 1), else_=0).label(f"reads_{what.value}")
        for what in SharedField
    ]


def read_of(row: Row[Any]) -> frozenset[SharedField]:
    """The guarded fields that a row with the columns of `reads` says may be read."""
    said = row._mapping  # SQLAlchemy's own way to read a row by name
    return frozenset(what for what in SharedField if said[f"reads_{what.value}"])


def shared_by(grant: Grant) -> ColumnElement[bool]:
    """Entries that an agreement opens to its receivers."""
    return and_(Entry.visibility.in_(_WITH_PARTNERS), _granted(grant))


def agreements_used(viewer: Viewer) -> dict[int, ColumnElement[bool]]:
    """By key of an agreement, the entries that it alone may have opened to the viewer."""
    partners_only = Entry.visibility == Visibility.PARTNER.value
    return {grant.agreement_id: and_(partners_only, _granted(grant)) for grant in viewer.grants}


def _shared(viewer: Viewer) -> Iterator[ColumnElement[bool]]:
    """Entries that colleagues in other teams keep, and those that agreements open."""
    yield from _colleagues(viewer)
    for grant in viewer.grants:
        yield _granted(grant)


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
        yield Entry.team_id.in_(whole)


def _granted(grant: Grant) -> ColumnElement[bool]:
    """Entries that an agreement speaks of."""
    return and_(
        Entry.team_id.in_(_teams_of(frozenset({grant.giver}))),
        Entry.kind.in_(grant.kinds),
        _within(grant.limit),
    )


def _teams_of(bodies: frozenset[int | None]) -> Select[int]:
    keys = sorted(body for body in bodies if body is not None)
    ours = or_(Team.partner_id.in_(keys), *([Team.partner_id.is_(None)] if None in bodies else []))
    return select(Team.id).where(ours)


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
                    EntryArea.entry_id == Entry.id, (Area.type + ":" + Area.code).in_(limit.areas)
                )
            )
        )
    if limit.categories:
        terms = (
            select(Category.id)
            .outerjoin(Top, Top.id == Category.parent_id)
            .where(or_(Category.code.in_(limit.categories), Top.code.in_(limit.categories)))
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


def may_change(viewer: Viewer, team_id: int) -> bool:
    """May add to and edit this team's entries."""
    return viewer.is_operator or team_id in viewer.teams_where(WRITERS)


def require_change(viewer: Viewer, team_id: int) -> None:
    """Raise SignInFirst or NotAllowed unless the viewer may add to and edit the team's entries."""
    require_sign_in(viewer)
    if not may_change(viewer, team_id):
        raise NotAllowed("Only the team that owns this entry can change it.")


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
        require_change(viewer, team_id)
        return team_id
    teams = viewer.teams_where(WRITERS)
    if not teams:
        raise NotAllowed("You are not in a team that logs entries.")
    return teams[0]
